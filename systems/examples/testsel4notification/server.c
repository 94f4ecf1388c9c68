/* Emits when asked to. */
#include "Server.h"

struct self {
};

static enum tess_err n_notify_me(struct self *self)
{
    e_emit(self);
    return TESS_OK;
}
