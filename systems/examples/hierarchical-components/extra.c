/* The pipeline's side entrance. */
#include <stdio.h>

#include "Extra.h"

struct self {
};

static enum tess_err i_process(struct self *self, const char *input)
{
    printf("%sworld!\n", input);
    return TESS_OK;
}
