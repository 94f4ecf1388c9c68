/* Keeps the processor busy: when it is idle, virtual time runs as fast as the build machine lets it. */
#include "Spinner.h"

struct self {
    volatile uint32_t rounds;
};

static int run(struct self *self)
{
    while (self->rounds < UINT32_MAX) {
        if (++self->rounds % 2000 == 0) {
            (void)comp_poll(0);
        }
    }
    return 0;
}
