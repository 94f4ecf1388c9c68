/* Swaps and counts. */
#include "Service.h"

struct self {
    uint32_t swaps;
};

static enum tess_err ss_swap(struct self *self, int32_t a, int32_t b, int32_t *new_a,
                             int32_t *new_b, uint32_t *swaps)
{
    *new_a = b;
    *new_b = a;
    *swaps = ++self->swaps;
    return TESS_OK;
}
