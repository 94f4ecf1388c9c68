/*
 * Switching without asking the scheduler: what the message path (ipc/path.c) and the trap handlers share.
 *
 * A direct switch is allowed when the next thread is at least as urgent as every ready one, nothing is pending against
 * it, the FP registers are locked, and the budget moves along with the message or both are time slices that last.
 * Everything else goes through thread_ready, switch_to and schedule, which do the same in general.
 */
#ifndef KERNEL_SCHED_DIRECT_H
#define KERNEL_SCHED_DIRECT_H

#include "../ipc/ipc.h"
#include "../mem/mem.h"
#include "cpu.h"

/* It may be switched to at once: nobody more urgent, FP registers locked, nothing against it. */
ALWAYS_INLINE bool can_switch(const struct cpu *cpu, const struct thread *to)
{
    return to->prio >= cpu->hurdle && to->space->switch_word != 0;
}

/* Off the direct way only because the current thread used FP registers: lock them; true: try again. */
ALWAYS_INLINE bool lock_fpu(struct cpu *cpu)
{
    if (cpu->fpu_on) {
        cpu->fpu_on = 0;
        arch_fpu_enable(false);
        return true;
    }
    return false;
}

/* Both budgets are time slices (hence not throttled) and the running one, `old`, lasts: accounting is a subtraction. */
ALWAYS_INLINE bool slice_lasts(const struct cpu *cpu, const struct budget *old,
                               const struct budget *new, uint64_t now)
{
    return old->slice && new->slice &&now - cpu->budget_start < old->refill[0].amount;
}

/* Charge `old` (NULL: idle) and run on `new`. */
ALWAYS_INLINE void slice_switch(struct cpu *cpu, struct budget *old, struct budget *new,
                                uint64_t now)
{
    uint64_t end = now + new->refill[0].amount;

    if (old != NULL) {
        old->refill[0].amount =
            cpu->budget_end - now; /* budget_end == budget_start + what it had then */
    }
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
}

/*
 * `to`, taken out of whatever it waited in, runs instead of the current thread, which stays ready, first of its
 * priority.  False: not directly; nothing has changed.
 */
ALWAYS_INLINE bool preempt_directly(struct cpu *cpu, struct thread *cur, const struct thread *to,
                                    uint64_t *now)
{
    const struct budget *b = to->budget;

    if (to->prio <= cur->prio || !can_switch(cpu, to) || b == NULL) {
        return false;
    }
    *now = arch_now();
    return cpu->budget != NULL ? slice_lasts(cpu, cpu->budget, b, *now) : b->slice;
}

ALWAYS_INLINE void preempt_commit(struct cpu *cpu, struct thread *cur, struct thread *to,
                                  uint64_t now)
{
    if (cpu->budget != NULL) {
        ready_prepend(cpu, cur);
    }
    slice_switch(cpu, cpu->budget, to->budget, now);
    make_current(cpu, to, to->space->switch_word);
}

/* Whom a signal of n wakes now: a waiter, or the bound thread that is receiving and has time of its own; or NULL. */
ALWAYS_INLINE struct thread *signal_target(const struct notification *n)
{
    struct thread *t = n->waiters;

    if (t == NULL) {
        t = n->bound;
        if (t != NULL && (t->state != TESS_THREAD_RECV || t->budget == NULL)) {
            t = NULL;
        }
    }
    return t;
}

/* Take that one out of its queue; returns the bits it gets. */
ALWAYS_INLINE word_t signal_take(struct notification *n, struct thread *t, word_t bits)
{
    if (n->waiters != NULL) {
        queue_pop(&n->waiters, t);
        return bits;
    }
    queue_remove(&((struct endpoint *)t->waiting_on)->receivers, t);
    bits |= n->bits;
    n->bits = 0;
    return bits;
}

/*
 * A fault of kind goes straight to a handler that waits for it, like a call (ipc/path.c): look up, check, commit; the
 * caller transfers the words.  NULL: not directly; nothing has changed.
 */
ALWAYS_INLINE struct thread *fault_directly(struct cpu *cpu, struct thread *t, enum tess_fault kind,
                                            unsigned words)
{
    const struct cap *handler = &t->slot[THREAD_FAULT];

    (void)lock_fpu(cpu);
    if (handler->type != TESS_TYPE_endpoint || cpu->trace_on) {
        return NULL;
    }
    struct endpoint *e = (struct endpoint *)handler->object;
    struct thread *to = e->receivers;
    if (to == NULL || !can_switch(cpu, to)) {
        return NULL;
    }
    struct budget *mine = t->budget, *theirs = to->budget;
    if (theirs != NULL) {
        uint64_t now = arch_now();
        if (!slice_lasts(cpu, mine, theirs, now)) {
            return NULL;
        }
        /* ---- commit ---- */
        slice_switch(cpu, mine, theirs, now);
    } else {
        to->budget = mine;
        mine->holder = to;
        t->budget = NULL;
    }
    queue_pop(&e->receivers, to);
    to->caller = t;
    t->server = to;
    t->fault_kind = kind;
    t->state = TESS_THREAD_REPLY;
    make_current(cpu, to, to->space->switch_word);
    to->regs.x[0] = handler->badge;
    to->regs.x[1] = tess_tag(kind, words, 0) | TESS_TAG_FAULT;
    return to;
}

#endif
