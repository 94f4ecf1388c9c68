/* Keeps the processor busy: when it is idle, virtual time runs as fast as the build machine lets it. */
#include "Spinner.h"

struct self {
    uint32_t rounds;
};

static int run(struct self *self)
{
    while (self->rounds < UINT32_MAX) {
        for (volatile uint32_t i = 0; i < 2000; i++) {
        }
        self->rounds++;
        (void)comp_poll(0);
    }
    return 0;
}
