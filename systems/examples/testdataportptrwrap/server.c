/* Looks whether the number has come through. */
#include <stdio.h>

#include "Server.h"

struct self {
};

static enum tess_err p_post(struct self *self, uint32_t at)
{
    if (at >= D_BYTES || d(self)[at] != 42) {
        return TESS_ARG;
    }
    printf("All OK\n");
    return TESS_OK;
}
