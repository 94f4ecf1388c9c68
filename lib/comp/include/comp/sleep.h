/* Waiting in a component. */
#ifndef COMP_SLEEP_H
#define COMP_SLEEP_H

#include <comp/comp.h>

/* Wait until the deadline (absolute ticks, tess/time.h), answering pings and handling events meanwhile.  Calls wait. */
COMP_INLINE void comp_sleep_until(uint64_t deadline)
{
    (void)comp_wait_signal(0, deadline);
}

#endif
