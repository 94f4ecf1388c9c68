/* A short piece of work, and one that is too long. */
#include "Client.h"
#include "../must.h"

struct self {
};

static int run(struct self *self)
{
    uint32_t done;

    printf("1 ms: %s\n", tess_strerror(s_work(self, 1, &done)));
    printf("60 ms: %s\n", tess_strerror(s_work(self, 60, &done)));
    return 0;
}
