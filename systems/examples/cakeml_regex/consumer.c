/* Prints what gets through. */
#include <stdio.h>

#include "Consumer.h"

struct self {
};

static enum tess_err client_transfer_string(struct self *self, const char *s)
{
    printf("%s\n", s);
    return TESS_OK;
}
