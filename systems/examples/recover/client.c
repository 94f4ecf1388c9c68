/* Opens once, although the server dies twice. */
#include "Client.h"
#include "../must.h"

struct self {
};

static int run(struct self *self)
{
    uint32_t answer;

    must(s_open(self));
    for (uint32_t i = 1; i <= 3; i++) {
        must(s_ask(self, i, &answer));
        printf("answer %u\n", (unsigned)answer);
        if (i < 3) {
            printf("crash: %s\n", tess_strerror(s_crash(self)));
        }
    }
    return 0;
}
