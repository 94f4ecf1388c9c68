/*
 * Budget: `amount` ticks of processor time in any window of `period`, by sporadic replenishment.
 *
 * What is available now is refill[head].amount, from refill[head].time on; time consumed comes back one period after
 * the activation in which it was consumed.  The sum of all refills is always `amount`.  A budget with
 * amount == period is never short: it is a time slice, after which threads of equal priority take turns.
 *
 * A budget is bound to one thread (its owner).  At each moment at most one thread (its holder) runs on it: the owner,
 * or the passive server that the owner called, or whom that called ...; the reply gives it back.
 */
#ifndef KERNEL_SCHED_BUDGET_H
#define KERNEL_SCHED_BUDGET_H

#include "timer.h"

#define BUDGET_REFILLS 8
#define BUDGET_MIN     1000         /* ticks; less than this is spent on the switch itself */
#define BUDGET_MAX     (1ull << 40) /* ticks: times can be added without overflow */

struct thread;
struct cpu;

struct refill {
    uint64_t time;
    uint64_t amount;
};

struct budget {
    uint32_t refs;  /* capabilities */
    bool throttled; /* used up; timer runs until refill[head].time */
    uint8_t head;   /* refill ring */
    uint8_t count;  /* refills in it, 1..8 once configured, 0 before */
    bool slice;     /* amount == period: then head is 0, count 1, never throttled */
    uint64_t amount;
    uint64_t period;
    uint64_t consumed; /* since creation; of a slice without what is missing in the present one */
    struct thread *owner;  /* bound to it, else NULL */
    struct thread *holder; /* thread->budget == this, else NULL */
    struct timer timer;    /* TIMER_BUDGET while throttled */
    struct refill refill[BUDGET_REFILLS];
};
_Static_assert(sizeof(struct budget) <= TESS_SIZE_budget, "budget size is ABI");

/* Start over: everything available now. */
void budget_configure(struct budget *b, uint64_t amount, uint64_t period, uint64_t now);
/* Account `used` ticks of an activation that began at `start`.  True: nothing is left before refill[head].time. */
bool budget_charge(struct budget *b, uint64_t used, uint64_t start, uint64_t now);
/* Ticks consumed since creation. */
uint64_t budget_consumed(const struct budget *b);
/* A slice is used up: full again. */
void budget_next_slice(struct budget *b);
bool budget_ok(const struct budget *b);

#endif
