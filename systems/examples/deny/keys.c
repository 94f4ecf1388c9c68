/* Keeps a secret. */
#include "Keys.h"

struct self {
};

static enum tess_err vault_sign(struct self *self, uint32_t message, uint32_t *signature)
{
    *signature = message * 6;
    return TESS_OK;
}
