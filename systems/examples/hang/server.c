/* Hangs when told to. */
#include "Server.h"

struct self {
};

static enum tess_err s_hang(struct self *self)
{
    for (volatile int i = 0;; i = i + 1) {
    }
    return TESS_OK;
}

static enum tess_err s_answer(struct self *self, uint32_t *value)
{
    *value = 42;
    return TESS_OK;
}
