/* Passes the pings of its group on. */
#include "Relay.h"

struct self {
};

static enum tess_err in_ping(struct self *self, uint32_t element)
{
    return out_ping(self);
}
