/* Posts a number. */
#include "Client.h"
#include "../must.h"

struct self {
};

static int run(struct self *self)
{
    d(self)[16] = 42;
    must(p_post(self, 16));
    return 0;
}
