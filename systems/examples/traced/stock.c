#include "Shelf.h"

struct self {
    uint32_t taken;
};

#define STOCK 10u

static enum tess_err shelf_take(struct self *self, uint32_t article, uint32_t count, uint32_t *left)
{
    (void)article;
    if (count > STOCK - self->taken) {
        return TESS_RANGE;
    }
    self->taken += count;
    *left = STOCK - self->taken;
    return TESS_OK;
}
