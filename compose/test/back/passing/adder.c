/* Adds what it gets from whoever the capability leads to. */
#include "Adder.h"

struct self {
    tess_cap kept;
};

static enum tess_err sum_sum(struct self *self, tess_cap from, uint32_t count, uint32_t *total)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t value = 0;
        enum tess_err err = Source_next(from, &value);

        if (err) {
            return err;
        }
        *total += value;
    }
    return TESS_OK;
}

static enum tess_err sum_keep(struct self *self, tess_cap from)
{
    enum tess_err err;

    if (self->kept) {
        return TESS_EXISTS;
    }
    err = tess_cnode_move(COMP_SLOT_CNODE, 0, from, SELF_SLOT_FIRST);
    self->kept = err ? 0 : SELF_SLOT_FIRST;
    return err;
}

static enum tess_err sum_again(struct self *self, uint32_t *value)
{
    return Source_next(self->kept, value);
}
