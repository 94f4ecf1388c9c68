/*
 * Budgets: charging keeps budget_ok (refills sorted, their sum the amount) and never brings processor time forward;
 * configuring establishes it.  Any refill ring of up to three
 * refills (the kernel has eight), counted from index 0.
 * cbmc: --unsigned-overflow-check
 */
#include "verify.h"
#include "stand_in.h"
#include "sched/budget.h"
#undef BUDGET_REFILLS
#define BUDGET_REFILLS 3u
#undef BUDGET_MIN
#define BUDGET_MIN 1u
#include "../../kernel/sched/budget.c"

static struct budget b;

/* Proposed for budget_ok: a refill is never empty, unless it is the slice of a budget that is never short. */
static bool refills_full(void)
{
    for (unsigned i = 0; i < BUDGET_REFILLS; i++) {
        if (i < b.count && b.refill[(b.head + i) % BUDGET_REFILLS].amount == 0 &&
            b.amount < b.period) {
            return false;
        }
    }
    return true;
}

static void any_budget(void)
{
    struct budget any;
    b = any;
    ASSUME(b.head == 0 && b.count >= 1 && b.count <= BUDGET_REFILLS);
    for (unsigned i = 0; i < BUDGET_REFILLS;
         i++) { /* what budget_ok leaves out: no sum or time wraps */
        ASSUME(b.refill[i].amount <= b.amount && b.refill[i].time <= VERIFY_TIME_MAX + BUDGET_MAX);
    }
    ASSUME(budget_ok(&b) && refills_full());
    ASSUME(b.consumed < VERIFY_TIME_MAX);
}

/* Processor time that becomes available up to and including `when`. */
static uint64_t available(uint64_t when)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < BUDGET_REFILLS; i++) {
        const struct refill *r = &b.refill[(b.head + i) % BUDGET_REFILLS];
        if (i < b.count && r->time <= when) {
            sum += r->amount;
        }
    }
    return sum;
}

PROOF(budget_configure_any, 4)
{
    any_budget();
    uint64_t amount = any_u64(), period = any_u64(), now = arch_now();
    ASSUME(amount >= BUDGET_MIN && amount <= period && period <= BUDGET_MAX);
    b.throttled = false;
    b.timer.kind = TIMER_OFF;
    budget_configure(&b, amount, period, now);
    CHECK(budget_ok(&b), "budget_ok");
    CHECK(available(now) == amount, "everything is available now");
    REACHED(end);
}

static uint64_t start, now, used;

/* Sums over a ring are hard for a solver: times below 1024 and amounts below 256 ticks, except in the last proof. */
static void small(void)
{
    ASSUME(now < 1024 && b.period < 256 && b.consumed == 0);
    for (unsigned i = 0; i < BUDGET_REFILLS; i++) {
        ASSUME(b.refill[i].time < 2048);
    }
}

static void any_charge(void)
{
    start = arch_now();
    now = arch_now();
    used = any_u64();
    ASSUME(used <= now - start);
    any_budget();
    ASSUME(b.refill[b.head].time <= start); /* it ran */
}

PROOF(budget_charge_keeps_sum, 4)
{
    any_charge();
    small();
    ASSUME(b.amount < b.period);
    uint64_t consumed = b.consumed;
    bool throttle;
    COUNTED(throttle = budget_charge(&b, used, start, now));
    b.throttled = b.timer.kind == TIMER_BUDGET;
    CHECK(budget_ok(&b), "refills sorted, their sum is the amount");
    CHECK(b.consumed == consumed + used, "the account grew by what was used");
    CHECK(refills_full(), "no refill is empty");
    CHECK(throttle || b.refill[b.head].amount > 0 || used == 0, "who may go on has something left");
    if (throttle) {
        REACHED(nothing left);
    } else {
        REACHED(something left);
    }
}

PROOF_SLOW(budget_charge_not_earlier, 4)
{
    any_charge();
    small();
    ASSUME(b.amount < b.period);
    uint64_t when = any_u64();
    ASSUME(when < start + b.period);
    uint64_t before = available(when);
    budget_charge(&b, used, start, now);
    CHECK(available(when) <= before,
          "before the period is over nothing is available that was not before");
    CHECK(used > before || available(when) <= before - used, "what was used is not available");
    if (used > 0 && used < before) {
        REACHED(a part of it);
    }
    if (used > before) {
        REACHED(overrun);
    }
}

PROOF(budget_charge_slice, 4)
{
    any_charge();
    ASSUME(b.amount == b.period);
    uint64_t before = b.refill[b.head].amount;
    bool throttle = budget_charge(&b, used, start, now);
    CHECK(!throttle, "a time slice is never short");
    CHECK(budget_ok(&b), "budget_ok");
    CHECK(b.refill[b.head].amount == (used < before ? before - used : 0), "what was used is gone");
    if (used < before) {
        REACHED(a part of it);
    } else {
        REACHED(the slice is over);
    }
}

PROOF(budget_charge_no_wrap, 4)
{
    any_charge();
    budget_charge(&b, used, start, now); /* the checks of arithmetic are the proof */
    CHECK(b.count >= 1 && b.count <= BUDGET_REFILLS && b.head < BUDGET_REFILLS,
          "the ring is a ring");
    REACHED(end);
}
