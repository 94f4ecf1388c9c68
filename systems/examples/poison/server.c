/* Has a fault: it does not expect 0. */
#include <stdlib.h>

#include "Server.h"

struct self {
};

static enum tess_err s_divide(struct self *self, uint32_t a, uint32_t b, uint32_t *quotient)
{
    if (b == 0) {
        abort();
    }
    *quotient = a / b;
    return TESS_OK;
}
