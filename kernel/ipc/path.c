/*
 * The message path: system calls that go straight from one thread to the other.
 *
 *      entry.S -> look up -> check -> commit -> transfer -> switch -> entry.S
 *
 * Above the line "commit" only reads; whatever is not direct leaves through path_slow before it (ipc/slow.c does the
 * same things in general).  This file is compiled so that it does not touch x10..x17 (the message) and x18..x30 (the
 * user's): they stay where they are until entry.S saves what the switch needs.  Hence no calls here, only tail calls.
 *
 * can_go_direct, the performance contract.  A call goes direct when
 *   - it has no capabilities and no deadline; with more than 8 words both sides have an IPC buffer,
 *   - a thread waits in receive, without a deadline of its own, and nothing is pending against it (THREAD_KICK ...),
 *   - its priority is at least that of every ready thread,
 *   - it is passive, and so runs on the caller's budget; or has its own, and both are time slices with something left.
 * A reply_recv goes direct when the same holds for the caller that is answered, nobody waits to send on the endpoint and
 * the bound notification has no bits; the answer to a fault then is RESUME.
 * A signal goes direct when nobody is to be woken, or somebody more urgent with a time slice of its own.
 * A yield, a recv, an ack_recv go direct when there is nothing to receive and a ready thread takes over (both on slices).
 * An invocation of a kernel object (cap/invoke.c) saves only what C destroys.
 */
#include "path.h"

#include "../dev/dev.h"
#include "../sched/direct.h"
#include "../vm/direct.h"

#define TAG_SIMPLE(tag)                                                                            \
    (((tag)&0xffff) <= TESS_MSG_REGS) /* no capabilities, no kernel bits, 0..8 words */

/* An argument that nobody reads or stores: whatever is in its register.  Never for path_slow, which stores all. */
ALWAYS_INLINE word_t any_word(void)
{
    word_t w;
    __asm__("" : "=r"(w));
    return w;
}

/* False: no such slot. */
ALWAYS_INLINE bool slot_of(const struct thread *self, word_t slot, struct cap **out)
{
    struct cap *slots = self->slots;
    word_t count = self->slot_count;

    __asm__("" : "+r"(slots), "+r"(count)); /* one load for both */
    struct cap *c = (struct cap *)((word_t)slots + slot * sizeof(struct cap));
    __asm__("" : "+r"(c)); /* one address for all its fields */
    *out = c;
    return slot < count;
}

ALWAYS_INLINE bool is_kind(const struct cap *c, unsigned type, unsigned right)
{
    return (c->kind & (0xff | right << 8)) == (type | right << 8);
}

ALWAYS_INLINE bool look_up(const struct thread *self, word_t slot, unsigned type, unsigned right,
                           struct cap **out)
{
    return slot_of(self, slot, out) && is_kind(*out, type, right);
}

/* `to`, passive or without what it lent, runs on what self ran on: a call lends it, a reply gives it back. */
ALWAYS_INLINE void lend(struct thread *self, struct thread *to)
{
    struct budget *b = self->budget;

    to->budget = b;
    b->holder = to;
    self->budget = NULL;
}

/* Everything of a call but the budget. */
ALWAYS_INLINE void call_commit(struct cap *c, word_t tag, struct thread *self, struct cpu *cpu,
                               struct thread *to)
{
    struct endpoint *ep = (struct endpoint *)c->object;

    queue_pop(&ep->receivers, to);
    to->caller = self;
    self->server = to;
    self->state = TESS_THREAD_REPLY;
    make_current(cpu, to, to->space->switch_word);
    return switch_native(c->badge, tag, to, any_word(), self);
}

/* The receiver has its own budget. */
static __attribute__((noinline)) void call_active(word_t slot, word_t tag, struct thread *to,
                                                  struct cap *c, struct thread *self,
                                                  struct cpu *cpu)
{
    struct budget *theirs = to->budget, *mine = self->budget;
    uint64_t now = arch_now();

    if (unlikely(!slice_lasts(cpu, mine, theirs, now))) {
        return path_slow(slot, tag, 0, 0, self, cpu);
    }
    /* ---- commit ---- */
    slice_switch(cpu, mine, theirs, now);
    return call_commit(c, tag, self, cpu, to);
}

/* Not directly: perhaps only because self used FP registers. */
static __attribute__((noinline)) void call_hurdle(word_t slot, word_t tag, word_t deadline,
                                                  word_t slot2, struct thread *self,
                                                  struct cpu *cpu)
{
    if (lock_fpu(cpu)) {
        return path_call(slot, tag, deadline, slot2, self, cpu);
    }
    return path_slow(slot, tag, deadline, slot2, self, cpu);
}

#define TAG_LONG(tag)                                                                              \
    (((tag)&0xff80) == 0 && ((tag)&TESS_TAG_LEN_MASK) <= TESS_MSG_WORDS) /* words only */

/* Words 8.. of a message, from buffer to buffer. */
ALWAYS_INLINE void copy_words(const struct thread *from, struct thread *to, word_t tag)
{
    const uint64_t *src = &from->buffer->word[TESS_MSG_REGS];
    uint64_t *dst = &to->buffer->word[TESS_MSG_REGS];
    uint64_t *end = &to->buffer->word[tag & TESS_TAG_LEN_MASK];

    while (dst <
           end) { /* two at a time: one more than an odd length is inside the buffer and harmless */
        LOOP_BOUND((TESS_MSG_WORDS - TESS_MSG_REGS) / 2);
        uint64_t a = src[0], b = src[1];
        dst[0] = a;
        dst[1] = b;
        src += 2;
        dst += 2;
    }
}

/* A call with more words than registers. */
static __attribute__((noinline)) void call_long(word_t slot, word_t tag, word_t deadline,
                                                struct cap *c, struct thread *self, struct cpu *cpu)
{
    struct thread *to = ((struct endpoint *)c->object)->receivers;

    if (deadline != 0 || !TAG_LONG(tag) || to == NULL || !can_switch(cpu, to) ||
        self->buffer == NULL || to->buffer == NULL || to->budget != NULL) {
        return path_slow(slot, tag, deadline, 0, self, cpu);
    }
    /* ---- commit ---- */
    copy_words(self, to, tag);
    lend(self, to);
    return call_commit(c, tag, self, cpu, to);
}

/* Not an endpoint that self may send to: an invocation of a kernel object, or an error. */
static __attribute__((noinline)) void call_other(word_t slot, word_t tag, word_t deadline,
                                                 struct cap *c, struct thread *self,
                                                 struct cpu *cpu)
{
    unsigned type = c->type;

    if (type == TESS_TYPE_endpoint || type == TESS_TYPE_null) {
        return path_slow(slot, tag, deadline, 0, self, cpu);
    }
    return path_invoke(slot, tag, any_word(), c, self, cpu);
}

void path_call(word_t slot, word_t tag, word_t deadline, word_t slot2, struct thread *self,
               struct cpu *cpu)
{
    /* ---- look up, check ---- */
    struct cap *c;
    (void)slot2;
    if (unlikely(!slot_of(self, slot, &c))) {
        return path_slow(slot, tag, deadline, 0, self, cpu);
    }
    if (unlikely(!is_kind(c, TESS_TYPE_endpoint, TESS_RIGHT_SEND))) {
        return call_other(slot, tag, deadline, c, self, cpu);
    }
    if (unlikely(!TAG_SIMPLE(tag) || deadline != 0)) {
        return call_long(slot, tag, deadline, c, self, cpu);
    }
    struct thread *to = ((struct endpoint *)c->object)->receivers;
    if (unlikely(to == NULL || !can_switch(cpu, to))) {
        return call_hurdle(slot, tag, 0, 0, self, cpu);
    }
    if (unlikely(to->budget != NULL)) {
        return call_active(slot, tag, to, c, self, cpu);
    }
    /* ---- commit ---- */
    lend(self, to);
    return call_commit(c, tag, self, cpu, to);
}

/* Everything of a reply but the budget; self waits on the endpoint again. */
ALWAYS_INLINE void reply_commit(struct cap *c, struct thread *self, struct cpu *cpu,
                                struct thread *to)
{
    struct endpoint *ep = (struct endpoint *)c->object;

    self->caller = NULL;
    queue_append(&ep->receivers, self);
    self->waiting_on = ep;
    self->state = TESS_THREAD_RECV;
    make_current(cpu, to, to->space->switch_word);
}

/* The answer goes to a thread that waits for its fault handler: all its registers come back, and x0 from word 0. */
ALWAYS_INLINE void resume_faulted(struct thread *self, struct thread *to)
{
    if (to->fault_kind == TESS_FAULT_syscall) {
        arch_message_word0(&to->regs.x[0]);
    }
    to->fault_kind = 0;
    return switch_full(any_word(), any_word(), to, any_word(), self);
}

/* The caller kept its own budget: the server has its own, too (else THREAD_SLOW). */
static __attribute__((noinline)) void reply_active(word_t slot, word_t tag, struct thread *to,
                                                   struct cap *c, struct thread *self,
                                                   struct cpu *cpu)
{
    struct budget *theirs = to->budget, *mine = self->budget;
    uint64_t now = arch_now();

    if (unlikely(!slice_lasts(cpu, mine, theirs, now))) {
        return path_slow(slot, tag, 0, 0, self, cpu);
    }
    /* ---- commit ---- */
    slice_switch(cpu, mine, theirs, now);
    reply_commit(c, self, cpu, to);
    if (to->fault_kind != 0) {
        return resume_faulted(self, to);
    }
    return switch_native(0, tag, to, any_word(), self);
}

/* An answer with more words than registers. */
static __attribute__((noinline)) void reply_long(word_t slot, word_t tag, struct thread *to,
                                                 struct cap *c, struct thread *self,
                                                 struct cpu *cpu)
{
    if (!TAG_LONG(tag) || to->fault_kind != 0 || to->budget != NULL || self->buffer == NULL ||
        to->buffer == NULL) {
        return path_slow(slot, tag, 0, 0, self, cpu);
    }
    /* ---- commit ---- */
    copy_words(self, to, tag);
    lend(self, to);
    reply_commit(c, self, cpu, to);
    return switch_native(0, tag, to, any_word(), self);
}

static __attribute__((noinline)) void reply_fault(word_t slot, word_t tag, struct thread *to,
                                                  struct cap *c, struct thread *self,
                                                  struct cpu *cpu)
{
    if (tag >> TESS_TAG_LABEL_SHIFT != TESS_FAULT_RESUME) {
        return path_slow(slot, tag, 0, 0, self, cpu);
    }
    if (to->budget != NULL) {
        return reply_active(slot, tag, to, c, self, cpu);
    }
    /* ---- commit ---- */
    lend(self, to);
    reply_commit(c, self, cpu, to);
    return resume_faulted(self, to);
}

/* Not directly: perhaps only because self used FP registers, or because it answers a guest. */
static __attribute__((noinline)) void reply_hurdle(word_t slot, word_t tag, struct thread *to,
                                                   struct cap *c, struct thread *self,
                                                   struct cpu *cpu)
{
    if (lock_fpu(cpu)) {
        return path_reply_recv(slot, tag, 0, 0, self, cpu);
    }
    if (to->vcpu != NULL && guest_directly(cpu, self, to, (struct endpoint *)c->object, tag)) {
        return switch_guest(any_word(), tag, to, any_word(), self, cpu);
    }
    return path_slow(slot, tag, 0, 0, self, cpu);
}

void path_reply_recv(word_t slot, word_t tag, word_t deadline, word_t slot2, struct thread *self,
                     struct cpu *cpu)
{
    /* ---- look up, check ---- */
    struct cap *c;
    struct thread *to = self->caller;
    if (unlikely(!look_up(self, slot, TESS_TYPE_endpoint, TESS_RIGHT_RECV, &c) || to == NULL ||
                 (deadline | slot2) != 0)) {
        return path_slow(slot, tag, deadline, slot2, self, cpu);
    }
    if (unlikely(!can_switch(cpu, to) || ((struct endpoint *)c->object)->senders != NULL ||
                 (self->bound != NULL && self->bound->bits != 0))) {
        return reply_hurdle(slot, tag, to, c, self, cpu);
    }
    if (unlikely(!TAG_SIMPLE(tag))) {
        return reply_long(slot, tag, to, c, self, cpu);
    }
    if (unlikely(to->fault_kind != 0)) {
        return reply_fault(slot, tag, to, c, self, cpu);
    }
    if (unlikely(to->budget != NULL)) {
        return reply_active(slot, tag, to, c, self, cpu);
    }
    /* ---- commit: the caller has no budget (else THREAD_SLOW), so self runs on what was lent ---- */
    lend(self, to);
    reply_commit(c, self, cpu, to);
    return switch_native(0, tag, to, any_word(), self);
}

/* Somebody waits for the signal and is more urgent than self, which stays ready. */
static __attribute__((noinline)) void signal_wake(word_t slot, word_t tag, struct notification *n,
                                                  struct cap *c, struct thread *self,
                                                  struct cpu *cpu)
{
    struct thread *to = signal_target(n);
    uint64_t now;

    (void)lock_fpu(cpu);
    if (!preempt_directly(cpu, self, to, &now)) {
        return path_slow(slot, tag, 0, 0, self, cpu);
    }
    /* ---- commit ---- */
    word_t bits = signal_take(n, to, c->badge);
    preempt_commit(cpu, self, to, now);
    return switch_signal(bits, TESS_TAG_SIGNAL, to, any_word(), self);
}

void path_signal(word_t slot, word_t tag, word_t deadline, word_t slot2, struct thread *self,
                 struct cpu *cpu)
{
    struct cap *c;

    (void)deadline, (void)slot2;
    if (unlikely(!look_up(self, slot, TESS_TYPE_notification, TESS_RIGHT_SEND, &c))) {
        return path_slow(slot, tag, 0, 0, self, cpu);
    }
    struct notification *n = (struct notification *)c->object;
    if (signal_target(n) != NULL) {
        return signal_wake(slot, tag, n, c, self, cpu);
    }
    /* ---- commit ---- */
    n->bits |= c->badge;
    return exit_same(0, 0, self, cpu);
}

void path_yield(word_t slot, word_t tag, word_t deadline, word_t slot2, struct thread *self,
                struct cpu *cpu)
{
    unsigned prio = self->prio;
    struct thread *to = cpu->ready[prio];

    (void)slot, (void)tag, (void)deadline, (void)slot2;
    (void)lock_fpu(cpu);
    if (to == NULL) { /* nobody of the same priority, and no higher one is ready while self runs */
        return exit_same(0, 0, self, cpu);
    }
    uint64_t now = arch_now();
    if (!can_switch(cpu, to) || !slice_lasts(cpu, cpu->budget, to->budget, now)) {
        return path_slow(0, 0, 0, 0, self, cpu);
    }
    /* ---- commit ---- */
    slice_switch(cpu, cpu->budget, to->budget, now);
    queue_append(&cpu->ready[prio],
                 self); /* self takes the place of the first at the end: the bitmap stays */
    queue_remove(&cpu->ready[prio], to);
    make_current(cpu, to, to->space->switch_word);
    return switch_yield(any_word(), any_word(), to, any_word(), self);
}

/*
 * recv, and ack_recv of a driver that has served its interrupt: nothing is there, so self waits and the first ready
 * thread, often the interrupted one, goes on.
 */
ALWAYS_INLINE void wait_directly(word_t slot, word_t tag, word_t deadline, word_t slot2,
                                 struct thread *self, struct cpu *cpu, bool ack)
{
    struct cap *irq = NULL, *c;
    struct thread *to = cpu->ready[cpu->top];
    struct budget *mine = self->budget;

    (void)lock_fpu(cpu);
    if (!slot_of(self, slot, &c) ||
        (ack && (!look_up(self, slot2, TESS_TYPE_irq, 0, &irq) ||
                 irq_lines[irq->object].quiet != IRQ_ACTIVE)) ||
        deadline != 0 || to == NULL || mine->owner != self || !can_switch(cpu, to)) {
        return path_slow(slot, tag, deadline, slot2, self, cpu);
    }
    uint64_t now = arch_now();
    if (!slice_lasts(cpu, mine, to->budget, now)) {
        return path_slow(slot, tag, deadline, slot2, self, cpu);
    }
    if (is_kind(c, TESS_TYPE_notification, TESS_RIGHT_RECV)) {
        struct notification *n = (struct notification *)c->object;
        if (n->bits != 0) {
            return path_slow(slot, tag, deadline, slot2, self, cpu);
        }
        /* ---- commit ---- */
        queue_append(&n->waiters, self);
        self->waiting_on = n;
        self->state = TESS_THREAD_WAIT;
    } else {
        struct endpoint *e = (struct endpoint *)c->object;
        if (!is_kind(c, TESS_TYPE_endpoint, TESS_RIGHT_RECV) || e->senders != NULL ||
            self->caller != NULL || (self->bound != NULL && self->bound->bits != 0)) {
            return path_slow(slot, tag, deadline, slot2, self, cpu);
        }
        /* ---- commit ---- */
        queue_append(&e->receivers, self);
        self->waiting_on = e;
        self->state = TESS_THREAD_RECV;
    }
    if (ack) {
        irq_lines[irq->object].quiet = 0;
        gic_deactivate((uint32_t)irq->object);
    }
    ready_take(cpu, to);
    slice_switch(cpu, mine, to->budget, now);
    make_current(cpu, to, to->space->switch_word);
    return switch_full(any_word(), any_word(), to, any_word(), self);
}

void path_recv(word_t slot, word_t tag, word_t deadline, word_t slot2, struct thread *self,
               struct cpu *cpu)
{
    return wait_directly(slot, tag, deadline, slot2, self, cpu, false);
}

void path_ack_recv(word_t slot, word_t tag, word_t deadline, word_t slot2, struct thread *self,
                   struct cpu *cpu)
{
    return wait_directly(slot, tag, deadline, slot2, self, cpu, true);
}

void path_nop(word_t slot, word_t tag, word_t deadline, word_t slot2, struct thread *self,
              struct cpu *cpu)
{
    (void)slot, (void)tag, (void)deadline, (void)slot2;
    return exit_same(0, 0, self, cpu);
}
