/* Objects of communication and the operations on them that the rest of the kernel needs. */
#ifndef KERNEL_IPC_IPC_H
#define KERNEL_IPC_IPC_H

#include "../sched/cpu.h"

struct endpoint {
    uint32_t refs;
    uint32_t spare;
    struct thread *receivers; /* queue; never both queues are non-empty */
    struct thread *senders;
    uint32_t sender_count;
};
_Static_assert(sizeof(struct endpoint) <= TESS_SIZE_endpoint, "endpoint size is ABI");

struct notification {
    uint32_t refs;
    uint32_t spare;
    word_t bits;
    struct thread *waiters; /* queue of threads in WAIT; then bits == 0 */
    struct thread *bound;   /* thread whose NOTIFICATION slot names this */
};
_Static_assert(sizeof(struct notification) <= TESS_SIZE_notification, "notification size is ABI");

struct reply {
    uint32_t refs;
    uint32_t spare;
    struct thread *caller; /* in REPLY with reply_object == this, or NULL */
};
_Static_assert(sizeof(struct reply) <= TESS_SIZE_reply, "reply size is ABI");

/* One interrupt line.  The capability of the notification lies in `slot` (holder HOLDER_IRQ). */
struct irq_line {
    struct cap slot;
    uint32_t refs;  /* irq capabilities to this line */
    uint8_t quiet;  /* IRQ_*: why nothing is delivered now; a wire is then silent by itself */
    uint8_t kernel; /* the kernel's own (timer): not for sale */
    uint64_t spare[7];
};
_Static_assert(sizeof(struct irq_line) == 128, "slots in it stay aligned");

#define IRQ_ACTIVE 1u /* it was delivered and is not yet acknowledged */
#define IRQ_MASKED 2u
#define IRQ_AGAIN                                                                                  \
    4u /* a message came while it was quiet: to be delivered when no other reason is left */

extern struct irq_line *irq_lines;
extern uint32_t irq_count;

/* ---- system calls, from the slow entry; the thread is cpu->current and its registers are saved ---- */
void ipc_syscall(struct cpu *cpu, struct thread *self, unsigned number);

/* ---- used elsewhere ---- */
/* t waited with or without a deadline and does so no more; it is in no queue. */
void ipc_unblock(struct thread *t);
/* The full slot that the thread names, or NULL. */
ALWAYS_INLINE struct cap *cap_lookup(const struct thread *t, word_t slot)
{
    if (unlikely(slot >= t->slot_count) || t->slots[slot].type == TESS_TYPE_null) {
        return NULL;
    }
    return &t->slots[slot];
}
/* Send a fault of t (current, or ready and queued nowhere) to handler; t waits for the answer, or is suspended when
 * there is no handler.  Words beyond `count` are 0. */
void ipc_fault(struct thread *t, const struct cap *handler, enum tess_fault kind,
               const word_t *words, unsigned count);
/* OR bits in; a waiter or a bound thread that is receiving gets them and is made ready or, if it is more urgent than the
 * current thread, is switched to. */
void notification_signal(struct cpu *cpu, struct notification *n, word_t bits);
/* An interrupt arrived on line; interrupt controller already told (ack, priority drop). */
void irq_deliver(struct cpu *cpu, uint32_t line);
/* Destruction, one step each; false: more to do. */
bool endpoint_empty_step(struct endpoint *e);
bool notification_empty_step(struct notification *n);
/* Senders with this badge get CANCELED.  *progress: 0 at first; kept for the repetition when K_PREEMPTED. */
enum tess_err endpoint_cancel(struct endpoint *e, word_t badge, word_t *progress);
void reply_drop(struct reply *r); /* its caller gets GONE */
void irq_ack(struct cpu *cpu, uint32_t line);
void irq_unbind(uint32_t line); /* its notification is going */
bool endpoint_ok(const struct endpoint *e);
bool notification_ok(const struct notification *n);
bool reply_ok(const struct reply *r);

/* ---- invocations ---- */
struct invocation;
enum tess_err reply_invoke(struct invocation *inv);
enum tess_err irq_invoke(struct invocation *inv);
enum tess_err irq_control_invoke(struct invocation *inv);

#endif
