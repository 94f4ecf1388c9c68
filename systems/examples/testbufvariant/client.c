/* Writes a number for the other one. */
#include "Client.h"
#include "../must.h"

struct self {
};

static int run(struct self *self)
{
    printf(SELF_PATH ": Writing a number...\n");
    d(self)[D_BYTES - 1] = 42;
    printf(SELF_PATH ": Switching to partner...\n");
    must(s_switch_to(self));
    printf("All OK\n");
    return 0;
}
