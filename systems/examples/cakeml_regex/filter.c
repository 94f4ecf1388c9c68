/* Passes on what begins with the prefix. */
#include <string.h>

#include "PrefixFilter.h"

struct self {
};

static enum tess_err client_transfer_string(struct self *self, const char *s)
{
    if (strncmp(s, PREFIX, sizeof PREFIX - 1) != 0) {
        return TESS_OK;
    }
    return server_transfer_string(self, s);
}
