/* Gives back what it gets. */
#include "Answerer.h"

struct self {
};

static enum tess_err incoming_echo(struct self *self, int32_t x, int32_t *echo)
{
    *echo = x;
    return TESS_OK;
}
