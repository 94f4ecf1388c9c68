/* Adds what lies in the shared memory, and puts the sum there, too. */
#include <stdio.h>

#include "Adder.h"
#include "../shared.h"

enum {
    SLOTS = 4,
    RESULT_SLOT = 2,
};

struct self {
};

/* The slot and the count are the client's: both are checked, the count after it was copied. */
static enum tess_err a_calculate(struct self *self, uint32_t slot, uint32_t *result_slot)
{
    struct payload p;
    uint32_t sum = 0;

    if (slot >= SLOTS) {
        return TESS_RANGE;
    }
    shared_get(&p, &d(self)->slot[slot], sizeof p);
    if (p.count > sizeof p.operand / sizeof p.operand[0]) {
        return TESS_ARG;
    }
    for (uint32_t i = 0; i < p.count; i++) {
        printf(SELF_PATH ": Adding %d\n", (int)p.operand[i]);
        sum += (uint32_t)p.operand[i];
    }
    p.result = (int32_t)sum;
    shared_put(&d(self)->slot[RESULT_SLOT], &p, sizeof p);
    *result_slot = RESULT_SLOT;
    return TESS_OK;
}
