/* One text through the two pipelines, one to the first one's side entrance. */
#include "Client.h"
#include "../must.h"

struct self {
};

static int run(struct self *self)
{
    must(o1_process(self, "hello "));
    must(o2_process(self, "hello "));
    return 0;
}
