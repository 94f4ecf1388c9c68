/* The second call comes through another element than the first. */
#include <stdio.h>

#include "Server.h"

struct self {
    bool called[F_COUNT];
};

static enum tess_err f_foo(struct self *self, uint32_t element)
{
    self->called[element] = true;
    if (self->called[0] && self->called[1]) {
        printf("All OK\n");
    }
    return TESS_OK;
}
