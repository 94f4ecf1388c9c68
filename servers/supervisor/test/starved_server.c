#include "StarvedServer.h"

struct self {
    char unused;
};

static enum tess_err answer_ask(struct self *self, uint64_t question, uint64_t *answer)
{
    (void)self;
    *answer = question + 1;
    return TESS_OK;
}
