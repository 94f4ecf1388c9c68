/* Tests its stack when called. */
#include "Server.h"
#include "test_alignment.h"

struct self {
};

static enum tess_err b_f(struct self *self)
{
    printf("Server is testing alignment...\n");
    test_alignment();
    return TESS_OK;
}
