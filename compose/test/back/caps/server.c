/* Does next to nothing: its capabilities are what the test is about. */
#include "Server.h"

struct self {
};

static enum tess_err g_g(struct self *self, int32_t a, int32_t b, int32_t *r)
{
    *r = a + b;
    return TESS_OK;
}
