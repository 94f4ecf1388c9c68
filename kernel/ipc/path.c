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
 *   - the message has at most 8 words and no capabilities, there is no deadline,
 *   - a thread waits in receive, without a deadline of its own, and nothing is pending against it (THREAD_KICK ...),
 *   - its priority is at least that of every ready thread,
 *   - it is passive, and so runs on the caller's budget; or has its own with something left, and both are time slices.
 * A reply_recv goes direct when
 *   - the same holds for the reply's message and the caller that is answered,
 *   - nobody waits to send on the endpoint and the bound notification has no bits.
 */
#include "path.h"

#include "../mem/mem.h"

#define TAG_SIMPLE(tag) (((tag)&0xffff) <= TESS_MSG_REGS) /* no capabilities, no kernel bits, 0..8 words */

ALWAYS_INLINE struct cap *look_up(const struct thread *self, word_t slot, unsigned type, unsigned right)
{
    struct cap *slots = self->slots;
    word_t count = self->slot_count;

    __asm__("" : "+r"(slots), "+r"(count)); /* one load for both */
    if (unlikely(slot >= count)) {
        return NULL;
    }
    struct cap *c = &slots[slot];
    __asm__("" : "+r"(c)); /* one address for all its fields */
    if (unlikely((c->kind & (0xff | right << 8)) != (type | right << 8))) {
        return NULL;
    }
    return c;
}

/* It may be switched to at once: nothing against it, and nobody more urgent. */
ALWAYS_INLINE bool can_switch(const struct cpu *cpu, const struct thread *to)
{
    return to->prio >= cpu->top && to->space->switch_word != 0;
}

/* Both budgets are time slices and `old` lasts: accounting is a subtraction. */
ALWAYS_INLINE bool slice_lasts(const struct cpu *cpu, const struct budget *old, const struct budget *new, uint64_t now)
{
    return old->amount == old->period && new->amount == new->period &&
           now - cpu->budget_start < old->refill[old->head].amount;
}

ALWAYS_INLINE void slice_switch(struct cpu *cpu, struct budget *old, struct budget *new, uint64_t now)
{
    uint64_t used = now - cpu->budget_start;
    uint64_t end = now + new->refill[new->head].amount;

    old->refill[old->head].amount -= used;
    old->consumed += used;
    cpu->budget = new;
    cpu->budget_start = now;
    cpu->budget_end = end;
    if (end < cpu->armed) {
        cpu->armed = end;
        arch_timer_set(end);
    }
}

ALWAYS_INLINE void make_current(struct cpu *cpu, struct thread *to, word_t space_word)
{
    to->state = TESS_THREAD_READY;
    cpu->current = to;
    if (space_word != cpu->space_word) {
        cpu->space_word = space_word;
        arch_space_load(space_word);
    }
    if (unlikely(cpu->fpu_on)) {
        cpu->fpu_on = 0;
        arch_fpu_enable(false);
    }
}

/* Everything of a call but the budget. */
ALWAYS_INLINE void call_commit(struct cap *c, word_t tag, struct thread *self, struct cpu *cpu, struct thread *to)
{
    struct endpoint *ep = (struct endpoint *)c->object;

    queue_pop(&ep->receivers, to);
    to->caller = self;
    self->server = to;
    self->state = TESS_THREAD_REPLY;
    make_current(cpu, to, to->space->switch_word);
    return switch_native(c->badge, tag, to, 0, self);
}

/* The receiver has its own budget. */
static __attribute__((noinline)) void call_active(word_t slot, word_t tag, struct thread *to, struct cap *c, struct thread *self,
                                                  struct cpu *cpu)
{
    struct budget *theirs = to->budget, *mine = self->budget;
    uint64_t now = arch_now();

    if (unlikely(theirs->throttled || !slice_lasts(cpu, mine, theirs, now))) {
        return path_slow(slot, tag, 0, 0, self, cpu);
    }
    /* ---- commit ---- */
    slice_switch(cpu, mine, theirs, now);
    return call_commit(c, tag, self, cpu, to);
}

void path_call(word_t slot, word_t tag, word_t deadline, word_t slot2, struct thread *self, struct cpu *cpu)
{
    /* ---- look up, check ---- */
    struct cap *c = look_up(self, slot, TESS_TYPE_endpoint, TESS_RIGHT_SEND);
    if (unlikely(c == NULL || !TAG_SIMPLE(tag) || deadline != 0)) {
        return path_slow(slot, tag, deadline, slot2, self, cpu);
    }
    struct thread *to = ((struct endpoint *)c->object)->receivers;
    if (unlikely(to == NULL || !can_switch(cpu, to))) {
        return path_slow(slot, tag, 0, slot2, self, cpu);
    }
    if (unlikely(to->budget != NULL)) {
        return call_active(slot, tag, to, c, self, cpu);
    }
    /* ---- commit ---- */
    struct budget *mine = self->budget; /* lend */
    to->budget = mine;
    mine->holder = to;
    self->budget = NULL;
    return call_commit(c, tag, self, cpu, to);
}

/* Everything of a reply but the budget; self waits on the endpoint again. */
ALWAYS_INLINE void reply_commit(struct cap *c, struct thread *self, struct cpu *cpu, struct thread *to)
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
    return switch_full(0, 0, to, 0, self);
}

/* The caller kept its own budget: the server has its own, too. */
static __attribute__((noinline)) void reply_active(word_t slot, word_t tag, struct thread *to, struct cap *c, struct thread *self,
                                                   struct cpu *cpu)
{
    struct budget *theirs = to->budget, *mine = self->budget;
    uint64_t now = arch_now();

    if (unlikely(mine->owner != self || theirs->throttled || !slice_lasts(cpu, mine, theirs, now))) {
        return path_slow(slot, tag, 0, 0, self, cpu);
    }
    /* ---- commit ---- */
    slice_switch(cpu, mine, theirs, now);
    reply_commit(c, self, cpu, to);
    if (to->fault_kind != 0) {
        return resume_faulted(self, to);
    }
    return switch_native(0, tag, to, 0, self);
}

/* The caller has none (else THREAD_SLOW): self runs on what was lent with the call. */
ALWAYS_INLINE void give_back(struct thread *self, struct thread *to)
{
    struct budget *lent = self->budget;

    to->budget = lent;
    lent->holder = to;
    self->budget = NULL;
}

static __attribute__((noinline)) void reply_fault(word_t slot, word_t tag, struct thread *to, struct cap *c,
                                                  struct thread *self, struct cpu *cpu)
{
    if (tag >> TESS_TAG_LABEL_SHIFT != TESS_FAULT_RESUME) {
        return path_slow(slot, tag, 0, 0, self, cpu);
    }
    if (to->budget != NULL) {
        return reply_active(slot, tag, to, c, self, cpu);
    }
    /* ---- commit ---- */
    give_back(self, to);
    reply_commit(c, self, cpu, to);
    return resume_faulted(self, to);
}

void path_reply_recv(word_t slot, word_t tag, word_t deadline, word_t slot2, struct thread *self, struct cpu *cpu)
{
    /* ---- look up, check ---- */
    struct cap *c = look_up(self, slot, TESS_TYPE_endpoint, TESS_RIGHT_RECV);
    struct thread *to = self->caller;
    if (unlikely(c == NULL || to == NULL || !TAG_SIMPLE(tag) || (deadline | slot2) != 0)) {
        return path_slow(slot, tag, deadline, slot2, self, cpu);
    }
    if (unlikely(!can_switch(cpu, to) || ((struct endpoint *)c->object)->senders != NULL ||
                 (self->bound != NULL && self->bound->bits != 0))) {
        return path_slow(slot, tag, 0, 0, self, cpu);
    }
    if (unlikely(to->fault_kind != 0)) {
        return reply_fault(slot, tag, to, c, self, cpu);
    }
    if (unlikely(to->budget != NULL)) {
        return reply_active(slot, tag, to, c, self, cpu);
    }
    /* ---- commit ---- */
    give_back(self, to);
    reply_commit(c, self, cpu, to);
    return switch_native(0, tag, to, 0, self);
}

void path_signal(word_t slot, word_t tag, word_t deadline, word_t slot2, struct thread *self, struct cpu *cpu)
{
    struct cap *c = look_up(self, slot, TESS_TYPE_notification, TESS_RIGHT_SEND);
    if (unlikely(c == NULL)) {
        return path_slow(slot, tag, deadline, slot2, self, cpu);
    }
    struct notification *n = (struct notification *)c->object;
    if (n->waiters != NULL || (n->bound != NULL && n->bound->state == TESS_THREAD_RECV)) {
        return path_slow(slot, tag, deadline, slot2, self, cpu);
    }
    /* ---- commit ---- */
    n->bits |= c->badge;
    return exit_same(0, 0, self, cpu);
}

void path_nop(word_t slot, word_t tag, word_t deadline, word_t slot2, struct thread *self, struct cpu *cpu)
{
    (void)slot, (void)tag, (void)deadline, (void)slot2;
    return exit_same(0, 0, self, cpu);
}
