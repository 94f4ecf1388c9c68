/* Answers. */
#include "Responder.h"

struct self {
};

static enum tess_err e_switch_to(struct self *self)
{
    return TESS_OK;
}
