/* Has five numbers added. */
#include "Client.h"
#include "../must.h"
#include "../shared.h"

struct self {
};

static int run(struct self *self)
{
    struct payload p = { .count = 5, .operand = { 342, 74, 283, 37, 534 } };
    uint32_t slot;

    printf(SELF_PATH ": what's the answer to 342 + 74 + 283 + 37 + 534 ?\n");
    shared_put(&d(self)->slot[1], &p, sizeof p);
    must(a_calculate(self, 1, &slot));
    expect(slot < 4);
    shared_get(&p, &d(self)->slot[slot], sizeof p);
    printf(SELF_PATH ": result was %d\n", (int)p.result);
    return 0;
}
