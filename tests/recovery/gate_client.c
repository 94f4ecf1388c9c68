/* Is always in a call that its server never ends. */
#include "GateClient.h"

#include <comp/sleep.h>

struct self {
    uint32_t unused;
};

int run(struct self *self)
{
    while (true) {
        enum tess_err err = hold_hold(self);

        show(self)->gone[WHICH] += err == TESS_GONE;
        comp_sleep_until(tess_deadline_ns(100000));
    }
    return 0;
}
