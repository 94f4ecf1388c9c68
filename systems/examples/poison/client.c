/* A good request, a deadly one, a good one. */
#include "Client.h"
#include "../must.h"

struct self {
};

static void divide(struct self *self, uint32_t a, uint32_t b)
{
    uint32_t quotient = 0;
    enum tess_err err = s_divide(self, a, b, &quotient);

    printf("%u / %u: %s, %u\n", (unsigned)a, (unsigned)b, tess_strerror(err), (unsigned)quotient);
}

static int run(struct self *self)
{
    divide(self, 84, 2);
    divide(self, 1, 0);
    divide(self, 85, 5);
    return 0;
}
