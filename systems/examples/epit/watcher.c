/* Seven seconds are enough. */
#include "Watcher.h"

struct self {
};

static int run(struct self *self)
{
    for (int i = 0; i < 7; i++) {
        second_wait(self);
    }
    return 0;
}
