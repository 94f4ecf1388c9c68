/* One call through each end. */
#include "Client.h"

struct self {
};

static int run(struct self *self)
{
    return f_foo(self) || g_foo(self);
}
