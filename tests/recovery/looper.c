#include "Looper.h"

struct self {
    volatile uint64_t count;
};

int run(struct self *self)
{
    for (;;) {
        self->count++;
    }
}
