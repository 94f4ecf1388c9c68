/* Sends the turn round four times. */
#include "Starter.h"
#include "../must.h"

struct self {
};

static int run(struct self *self)
{
    for (int round = 0; round < 4; round++) {
        must(first_take(self));
    }
    return 0;
}
