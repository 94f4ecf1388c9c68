/* Keeps the books over its own death, which comes at every second call, before anything is booked. */
#include <stdlib.h>

#include "Bank.h"

struct self {
};

static enum tess_err account_add(struct self *self, uint32_t amount, uint64_t *sum)
{
    struct books *b = books(self);

    if (++b->calls % 2 == 0) {
        abort();
    }
    b->sum += amount;
    *sum = b->sum;
    return TESS_OK;
}

static enum tess_err account_balance(struct self *self, uint64_t *sum)
{
    *sum = books(self)->sum;
    return TESS_OK;
}
