/* Prints what came, and answers. */
#include <stdio.h>
#include <string.h>

#include "Server.h"

struct self {
};

static enum tess_err a_exchange(struct self *self, const char *input, const char *joint, char *ret,
                                char *output, char *joined)
{
    const char *reply = "This is a string from server.";

    printf("Server input: %s\n", input);
    printf("Server joint: %s\n", joint);
    strcpy(ret, reply);
    strcpy(output, reply);
    snprintf(joined, 128, "%s%s", input, reply);
    return TESS_OK;
}
