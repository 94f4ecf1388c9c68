/* Crashes one of three. */
#include "Client.h"
#include "../must.h"

struct self {
};

static void show(struct self *self)
{
    uint32_t starts[3];

    must(a_starts(self, &starts[0]));
    must(b_starts(self, &starts[1]));
    must(c_starts(self, &starts[2]));
    printf("starts: a %u, b %u, c %u\n", (unsigned)starts[0], (unsigned)starts[1],
           (unsigned)starts[2]);
}

static int run(struct self *self)
{
    show(self);
    printf("crash a: %s\n", tess_strerror(a_crash(self)));
    show(self);
    printf("crash c: %s\n", tess_strerror(c_crash(self)));
    show(self);
    return 0;
}
