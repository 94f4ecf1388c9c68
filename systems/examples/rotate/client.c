/* Four structures change places. */
#include "Client.h"
#include "../must.h"

struct self {
};

static int run(struct self *self)
{
    struct my_type a = { 1 }, b = { 2 }, c = { 3 }, d = { 4 };

    printf("Beforehand we have (ret)%d, (in)%d, (out)%d, (inout)%d\n", (int)a.i, (int)b.i, (int)c.i,
           (int)d.i);
    must(p_rotate(self, &b, &d, &a, &c, &d));
    printf("Afterwards we have (ret)%d, (in)%d, (out)%d, (inout)%d\n", (int)a.i, (int)b.i, (int)c.i,
           (int)d.i);
    return 0;
}
