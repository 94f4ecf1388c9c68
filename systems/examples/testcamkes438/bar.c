/* Passes the call on. */
#include "Bar.h"

struct self {
};

static enum tess_err incoming_echo(struct self *self, int32_t x, int32_t *echo)
{
    return outgoing_echo(self, x, echo);
}
