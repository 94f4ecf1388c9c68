/* Adds numbers. */
#include <stdio.h>

#include "Adder.h"

struct self {
};

static enum tess_err a_calculate(struct self *self, const struct payload *data, int32_t *result)
{
    uint32_t count = data->count, sum = 0;

    if (count > 1000) {
        return TESS_ARG;
    }
    for (uint32_t i = 0; i < count; i++) {
        printf(SELF_PATH ": Adding %d\n", (int)data->operand[i]);
        sum += (uint32_t)data->operand[i];
    }
    *result = (int32_t)sum;
    return TESS_OK;
}
