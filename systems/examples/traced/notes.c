#include "Notes.h"

struct self {
    uint32_t last;
};

static enum tess_err in_write(struct self *self, uint32_t what)
{
    self->last = what;
    return TESS_OK;
}
