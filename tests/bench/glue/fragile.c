#include "GlueFragile.h"

struct self {
    char unused;
};

enum tess_err fragile_crash(struct self *self)
{
    (void)self;
    __builtin_trap();
}

enum tess_err fragile_echo(struct self *self, uint64_t x, uint64_t *y)
{
    (void)self;
    *y = x;
    return TESS_OK;
}
