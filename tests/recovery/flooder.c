#include "Flooder.h"

struct self {
    char unused;
};

/* For ever, but it keeps its heart beating: nothing is wrong with it but its manners. */
int run(struct self *self)
{
    while (!comp_poll(0)) {
        for (unsigned i = 0; i < 1000; i++) {
            flood_emit(self);
        }
    }
    return 0;
}
