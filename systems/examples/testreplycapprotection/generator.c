/* The first caller; its answer must find it. */
#include "Generator.h"
#include "../must.h"

struct self {
};

static int run(struct self *self)
{
    printf(SELF_PATH ": Calling Receiver...\n");
    must(a_switch_to(self));
    printf("All OK\n");
    return 0;
}
