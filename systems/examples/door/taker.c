#include <stdio.h>

#include "Taker.h"

struct self {
    char unused;
};

int run(struct self *self)
{
    uint64_t x = 0;
    enum tess_err err = in_take(self, &x);

    printf("taker: error %d, %llu\n", (int)err, (unsigned long long)x);
    err = in_take(self, &x);
    printf("taker: error %d\n", (int)err);
    return 0;
}
