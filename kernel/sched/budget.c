/* Sporadic replenishment; see budget.h. */
#include "budget.h"

void budget_configure(struct budget *b, uint64_t amount, uint64_t period, uint64_t now)
{
    b->consumed = budget_consumed(b);
    b->amount = amount;
    b->period = period;
    b->slice = amount == period;
    b->head = 0;
    b->count = 1;
    b->refill[0] = (struct refill){ now, amount };
}

static unsigned ring(const struct budget *b, unsigned i)
{
    return (b->head + i) % BUDGET_REFILLS;
}

/* `amount` comes back at `time`, not before any earlier refill.  A full ring: together with the last, at the later time. */
static void refill_later(struct budget *b, uint64_t amount, uint64_t time)
{
    struct refill *last = &b->refill[ring(b, b->count - 1u)];

    if (b->count > 0 && time < last->time) {
        time = last->time;
    }
    if (b->count == BUDGET_REFILLS) {
        last->amount += amount;
        last->time = time;
    } else {
        b->count++;
        b->refill[ring(b, b->count - 1u)] = (struct refill){ time, amount };
    }
}

bool budget_charge(struct budget *b, uint64_t used, uint64_t start, uint64_t now)
{
    if (b->slice) { /* a time slice: full again as soon as it is empty */
        struct refill *only = &b->refill[0];
        uint64_t take = used < only->amount ? used : only->amount;
        only->amount -= take;
        b->consumed += used - take;
        return false;
    }
    b->consumed += used;
    uint64_t back = 0; /* what this activation consumed, to come back at start + period */

    for (unsigned i = 0; i < BUDGET_REFILLS && used > 0; i++) {
        LOOP_BOUND(BUDGET_REFILLS);
        struct refill *r = &b->refill[b->head];
        uint64_t take = used < r->amount ? used : r->amount;

        r->amount -= take;
        used -= take;
        back += take;
        if (r->amount > 0 || b->count == 1) {
            break;
        }
        b->head = (uint8_t)ring(b, 1);
        b->count--;
    }
    if (back > 0) {
        struct refill *r = &b->refill[b->head];
        if (b->count == 1 && r->amount == 0) {
            *r = (struct refill){ start + b->period, back };
        } else {
            refill_later(b, back, start + b->period);
        }
    }
    return b->refill[b->head].time > now;
}

uint64_t budget_consumed(const struct budget *b)
{
    return b->consumed + (b->slice ? b->amount - b->refill[0].amount : 0);
}

void budget_next_slice(struct budget *b)
{
    b->consumed += b->amount - b->refill[0].amount;
    b->refill[0].amount = b->amount;
}

bool budget_ok(const struct budget *b)
{
    if (b->count == 0) {
        return b->amount == 0 && !b->throttled;
    }
    uint64_t sum = 0;
    bool ok = b->count <= BUDGET_REFILLS && b->head < BUDGET_REFILLS && b->amount <= b->period &&
              b->amount >= BUDGET_MIN && b->period <= BUDGET_MAX;

    for (unsigned i = 0; ok && i < b->count; i++) {
        LOOP_BOUND(BUDGET_REFILLS);
        const struct refill *r = &b->refill[ring(b, i)];
        sum += r->amount;
        ok = (r->amount > 0 || b->slice) && (i == 0 || b->refill[ring(b, i - 1)].time <= r->time);
    }
    return ok && b->slice == (b->amount == b->period) &&
           (b->slice ? sum <= b->amount && b->count == 1 && b->head == 0 : sum == b->amount) &&
           (b->throttled == (b->timer.kind == TIMER_BUDGET));
}
