/* Crashes the server three times, and goes on calling it. */
#include "Client.h"
#include "../must.h"

struct self {
};

static int run(struct self *self)
{
    uint32_t result;

    for (unsigned i = 1; i <= 3; i++) {
        must(s_next(self, i, &result));
        printf("next(%u) = %u\n", i, (unsigned)result);
        printf("crash: %s\n", tess_strerror(s_crash(self)));
    }
    must(s_next(self, 41, &result));
    printf("next(41) = %u\n", (unsigned)result);
    return 0;
}
