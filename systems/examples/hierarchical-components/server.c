/* The end of the chain: the text is printed. */
#include <stdio.h>

#include "Server.h"

struct self {
};

static enum tess_err i_process(struct self *self, const char *input)
{
    printf("%s\n", input);
    return TESS_OK;
}
