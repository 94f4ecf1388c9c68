/* Gives back what it gets. */
#include <stdio.h>

#include "Server.h"

struct self {
};

static enum tess_err p_echo(struct self *self, int32_t x, int32_t *y)
{
    printf(SELF_PATH ": p_echo called with %d\n", (int)x);
    *y = x;
    return TESS_OK;
}

static enum tess_err c_echo(struct self *self, const struct my_struct *x, struct my_struct *y)
{
    printf(SELF_PATH ": c_echo called with {%d..%d}\n", (int)x->data[0], (int)x->data[99]);
    *y = *x;
    return TESS_OK;
}
