/*
 * Is the time that a clock says plausible?  For a client of idl/clock.idl: wall clock and processor's counter are two oscillators that both run, so what the
 * clock says less what the counter says is always the same number, but for a drift.  Where that number can lie is known the better the more is asked.
 *
 * A clock that was set, or has stopped, says something else from then on: the driver's next incarnation says so as well, and is believed (comp/doubt.h).
 */
#ifndef PLAUSIBLE_CLOCK_H
#define PLAUSIBLE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define PLAUSIBLE_DRIFT                                                                            \
    1000u /* oscillators agree to one part in this: cheap ones to one in 10,000 */
#define PLAUSIBLE_SECOND 1000000000ll

/* What is known: at counter 0 the clock's time was between these; all zeros at first. */
struct plausible_clock {
    bool is_known;
    int64_t from, to; /* ns */
    uint64_t at;      /* ns of the counter: when that was so */
};

/*
 * The clock has said this many seconds; the counter, in ns, was `before` when it was asked and `after` when it had answered.  False: that cannot be, and
 * nothing has changed.  Seconds that no 64 bits of ns have room for cannot be.
 */
static inline bool plausible_clock_take(struct plausible_clock *c, uint64_t seconds,
                                        uint64_t before, uint64_t after)
{
    int64_t from, to, drift;

    if (seconds >= INT64_MAX / PLAUSIBLE_SECOND - 1 || after < before || after > INT64_MAX / 2) {
        return false;
    }
    from = (int64_t)seconds * PLAUSIBLE_SECOND - (int64_t)after;
    to = ((int64_t)seconds + 1) * PLAUSIBLE_SECOND - (int64_t)before;
    if (c->is_known) {
        drift = before > c->at ? (int64_t)((before - c->at) / PLAUSIBLE_DRIFT) : 0;
        if (from > c->to + drift || to < c->from - drift) {
            return false;
        }
        from = from > c->from - drift ? from : c->from - drift;
        to = to < c->to + drift ? to : c->to + drift;
    }
    *c = (struct plausible_clock){ true, from, to, after };
    return true;
}

#endif
