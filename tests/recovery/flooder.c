#include "Flooder.h"

struct self {
    char unused;
};

/* For ever, but it keeps its heart beating: nothing is wrong with it but its manners. */
int run(struct self *self)
{
    for (;;) {
        for (unsigned i = 0; i < 1000; i++) {
            flood_emit(self);
        }
        (void)comp_poll(0);
    }
}
