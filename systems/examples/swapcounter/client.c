/* Has two numbers swapped. */
#include "Client.h"
#include "../must.h"

struct self {
};

static int run(struct self *self)
{
    int32_t x = 3, y = 5;
    uint32_t swaps;

    must(cs_swap(self, x, y, &x, &y, &swaps));
    expect(x == 5 && y == 3 && swaps == 1);
    printf("done\n");
    return 0;
}
