#include "Looper.h"

struct self {
    volatile uint64_t count;
};

int run(struct self *self)
{
    while (self->count + 1) {
        self->count++;
    }
    return 0;
}
