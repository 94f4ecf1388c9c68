/* Waiting in a component. */
#ifndef COMP_SLEEP_H
#define COMP_SLEEP_H

#include <comp/comp.h>

/* Wait until the deadline (absolute ticks, tess/time.h), answering pings and handling events meanwhile.  Calls wait. */
COMP_INLINE void comp_sleep_until(uint64_t deadline)
{
    (void)comp_wait_signal(0, deadline);
}

/*
 * The same in an init function, where no handler can be called yet: only pings are answered.  Returns the signals that came, for
 * comp_signal, when all is ready.
 */
COMP_INLINE uint64_t comp_sleep_early(uint64_t deadline)
{
    uint64_t came = 0;

    for (;;) {
        struct tess_msg m = tess_recv(COMP_SLOT_NOTE, deadline);

        if (tess_msg_err(m.tag)) {
            return came;
        }
        if (m.badge & COMP_BIT_PING) {
            comp_beat();
        }
        came |= m.badge & ~COMP_BIT_PING;
    }
}

#endif
