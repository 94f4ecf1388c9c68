/* Counts when it is its turn, and gives the turn to the next one, if there is one. */
#include <stdio.h>

#include "Counter.h"

struct self {
};

static enum tess_err turn_take(struct self *self)
{
    uint32_t value = port(self)->value;

    if (value % 5 != ID) {
        return TESS_STATE;
    }
    printf("%u: My turn to increment (current value %u)\n", (unsigned)ID, (unsigned)value);
    port(self)->value = ++value;
    if (value == 20) {
        printf("%u: We're done, people\n", (unsigned)ID);
    }
    return next_connected() ? next_take(self) : TESS_OK;
}
