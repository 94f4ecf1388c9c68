/*
 * Threads.
 *
 *   SUSPENDED --resume--> READY <--> NO_BUDGET       READY includes the running thread; it alone is in no queue
 *       ^                 |  ^  \__ fault, call __    NO_BUDGET: no budget, or its budget is throttled
 *       |suspend          |  |                    \
 *       '--- any state    v  | message, deadline   v  reply, gone, deadline
 *                    SEND RECV WAIT --------->   REPLY
 *
 * What a state says:  READY: in the ready queue of its CPU or current; budget != NULL, not throttled.
 *   SEND: in an endpoint's send queue.  RECV: in its receive queue.  WAIT: in a notification's queue.
 *   REPLY: server or reply_object names who answers, and that one's caller names the thread.
 *   IDLE: a guest in wfi (vm/vcpu.h), from READY; an interrupt for it makes it READY again.
 */
#ifndef KERNEL_SCHED_THREAD_H
#define KERNEL_SCHED_THREAD_H

#include "../cap/cnode.h"
#include "timer.h"

struct budget;
struct endpoint;
struct notification;
struct reply;
struct vcpu;
struct vspace;
struct cpu;

enum thread_slot { /* capabilities that a thread holds */
                   THREAD_CNODE,
                   THREAD_VSPACE,
                   THREAD_FAULT,
                   THREAD_BUFFER,
                   THREAD_TIMEOUT,
                   THREAD_BUDGET,
                   THREAD_NOTIFICATION,
                   THREAD_VCPU,
                   THREAD_SLOTS
};

enum send_kind { /* what a thread in a send queue wants */
                 SEND_ONLY,
                 SEND_CALL,
                 SEND_FAULT, /* words are in fault_word, tag in fault_tag */
};

#define THREAD_KICK    0x1u /* latched: fault before user code runs again */
#define THREAD_FOREIGN 0x2u
#define THREAD_SLOW    0x4u /* a reply to it must look at budgets: keep it off the message path */

struct fpu_state {
    uint64_t v[64]; /* 32 registers of 128 bits */
    uint32_t fpsr, fpcr;
    uint64_t spare;
};

struct thread {
    /* entry and exit paths (offsets.c): */
    struct tess_regs regs; /* x0..x30, sp, pc, pstate, tls */
    uint32_t
        svc_base; /* syndrome of native system call 0; of a foreign thread a value that never matches */
    uint32_t
        fault_kind;  /* enum tess_fault while it waits (SEND or REPLY) for its handler, else 0 */
    struct cpu *cpu; /* home CPU */
    word_t zero[8];  /* always zero: the exits clear scratch registers from here, two at a time */

    /* message path: */
    struct vspace
        *space;        /* never NULL; &vspace_none while the path must not switch to it directly */
    struct cap *slots; /* CNode: slots and */
    word_t slot_count; /* their number; 0 without a CNode */
    struct budget
        *budget; /* what it runs on, own or lent: budget->holder == this; NULL: none, or lent on */
    struct thread *caller;          /* whom it serves */
    struct notification *bound;     /* notification delivered at receives */
    struct thread *q_next, *q_prev; /* the one queue it is in */
    uint8_t state;                  /* enum tess_thread_state */
    uint8_t prio;
    uint8_t ceiling;   /* highest priority it may give */
    uint8_t flags;     /* THREAD_* */
    uint8_t send_kind; /* while in SEND */
    uint8_t spare[3];

    struct thread *server;          /* valid in REPLY: the thread that serves it; NULL: */
    struct reply *reply_object;     /* the object that holds it */
    void *waiting_on;               /* endpoint or notification; valid in SEND, RECV, WAIT */
    word_t badge;                   /* SEND: of the capability used */
    struct timer timer;             /* deadline */
    struct tess_ipc_buffer *buffer; /* direct map; NULL: none */
    struct vspace *vspace;          /* what the VSPACE slot names; NULL: none */
    word_t progress; /* of an invocation that was preempted and is being repeated; else 0 */
    uint64_t fault_tag;
    word_t fault_word[8];
    struct vcpu *vcpu; /* what the VCPU slot names: a guest (vm/vcpu.h); NULL: none */
    uint32_t refs;     /* capabilities */
    uint32_t id;       /* for traces */
    char name[16];

    struct container box;

    struct cap zombie __attribute__((aligned(64)));
    struct cap slot[THREAD_SLOTS];
    struct fpu_state fpu __attribute__((aligned(16)));
};
_Static_assert(sizeof(struct thread) <= TESS_SIZE_thread, "thread size is ABI");

ALWAYS_INLINE struct thread *timer_thread(struct timer *t)
{
    return (struct thread *)((char *)t - offsetof(struct thread, timer));
}

/* Circular queue of threads; *head is the first. */
ALWAYS_INLINE void queue_append(struct thread **head, struct thread *t)
{
    struct thread *first = *head;
    if (first == NULL) {
        t->q_next = t->q_prev = t;
        *head = t;
    } else {
        struct thread *last = first->q_prev;
        t->q_next = first;
        t->q_prev = last;
        last->q_next = t;
        first->q_prev = t;
    }
}

ALWAYS_INLINE void queue_pop(struct thread **head, struct thread *first)
{
    struct thread *next = first->q_next;
    if (likely(next == first)) {
        *head = NULL;
        __asm__(
            ""); /* or else the compiler shares the store with the other branch, at the price of a jump */
        return;
    }
    struct thread *last = first->q_prev;
    last->q_next = next;
    next->q_prev = last;
    *head = next;
}

ALWAYS_INLINE void queue_remove(struct thread **head, struct thread *t)
{
    struct thread *next = t->q_next;
    if (next == t) {
        *head = NULL;
    } else {
        t->q_prev->q_next = next;
        next->q_prev = t->q_prev;
        if (*head == t) {
            *head = next;
        }
    }
}

/* ---- thread.c: every change of state outside the message path ---- */

/* It can run again: into the ready queue, or NO_BUDGET.  Not for the running thread. */
void thread_ready(struct thread *t);
/* Take it out of whatever it is in (queue, reply link, timer); state becomes SUSPENDED. */
void thread_detach(struct thread *t);
/* End what a thread in SEND, RECV, WAIT or REPLY waits for with an error; it runs on.  After a fault: it tries again. */
void thread_abort(struct thread *t, enum tess_err err);
void thread_suspend(struct thread *t);
void thread_resume(struct thread *t);
void thread_kick(struct thread *t);
/* The thread's last capability is going: stop it, wake its caller with GONE. */
void thread_stop(struct thread *t);
/* Give up the caller it serves, who gets err. */
void thread_drop_caller(struct thread *t, enum tess_err err);
/* Recompute `space` after a change of vspace or flags. */
void thread_update_space(struct thread *t);
/* Results of a system call.  x2..x9 keep what they were: destroyed, but never another thread's. */
ALWAYS_INLINE void thread_result(struct thread *t, word_t badge, word_t tag)
{
    t->regs.x[0] = badge;
    t->regs.x[1] = tag;
}
ALWAYS_INLINE void thread_error(struct thread *t, enum tess_err err)
{
    thread_result(t, 0, (word_t)err << TESS_TAG_LABEL_SHIFT | TESS_TAG_ERROR);
}
bool thread_ok(const struct thread *t);

#endif
