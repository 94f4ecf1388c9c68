/* Answers, and says when it is opened. */
#include <stdio.h>
#include <stdlib.h>

#include "Server.h"

struct self {
};

static enum tess_err s_open(struct self *self)
{
    printf("opened\n");
    return TESS_OK;
}

static enum tess_err s_ask(struct self *self, uint32_t question, uint32_t *answer)
{
    *answer = question * 10;
    return TESS_OK;
}

static enum tess_err s_crash(struct self *self)
{
    abort();
}
