/* One ping. */
#include "Foo.h"
#include "../must.h"

struct self {
};

static int run(struct self *self)
{
    must(p_ping(self));
    return 0;
}
