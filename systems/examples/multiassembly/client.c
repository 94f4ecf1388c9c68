/* One text through the stations. */
#include "Client.h"
#include "../must.h"

struct self {
};

static int run(struct self *self)
{
    must(o_process(self, "hello "));
    return 0;
}
