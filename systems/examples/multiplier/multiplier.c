/* Multiplies one array into a number, and another one in place. */
#include <stdio.h>
#include <string.h>

#include "Multiplier.h"

struct self {
};

static int32_t product_of(const int32_t *operand, uint32_t operands)
{
    int32_t product = 1;

    for (uint32_t i = 0; i < operands; i++) {
        printf(SELF_PATH ": multiplying %d\n", (int)operand[i]);
        product = (int32_t)((uint32_t)product * (uint32_t)operand[i]);
    }
    return product;
}

/* The counts are the caller's and believed only within the arrays. */
static enum tess_err a_calculate(struct self *self, uint32_t operands, const int32_t *operand,
                                 uint32_t places, const int32_t *place, int32_t *product,
                                 uint32_t *used, int32_t *was, uint32_t *places_left,
                                 int32_t *in_place)
{
    if (operands > 8 || places < 1 || places > 4) {
        return TESS_ARG;
    }
    *product = product_of(operand, operands);
    for (uint32_t i = 0; i < places; i++) {
        printf(SELF_PATH ": stashing %d\n", (int)place[i]);
        was[i] = place[i];
    }
    *used = places;
    memset(in_place, 0, 4 * sizeof *in_place);
    in_place[0] = (int32_t)((uint32_t)place[0] * (uint32_t)product_of(place + 1, places - 1));
    *places_left = 1;
    return TESS_OK;
}
