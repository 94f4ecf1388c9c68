#include "GlueServer.h"

struct self {
    char unused;
};

enum tess_err g_g(struct self *self, int32_t a, int32_t b, int32_t *sum)
{
    (void)self;
    *sum = a + b;
    return TESS_OK;
}
