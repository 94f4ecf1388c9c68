/* One call, through bar and back. */
#include "Caller.h"
#include "../must.h"

struct self {
};

static int run(struct self *self)
{
    int32_t echo;

    must(outgoing_echo(self, 42, &echo));
    expect(echo == 42);
    printf("All OK\n");
    return 0;
}
