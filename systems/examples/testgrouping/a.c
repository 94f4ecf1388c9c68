/* Eight stations add one each. */
#include "A.h"
#include "../must.h"

struct self {
};

static int run(struct self *self)
{
    int32_t next;

    must(p_increment(self, 0, &next));
    expect(next == 8);
    printf("All OK\n");
    return 0;
}
