/* Writes two letters. */
#include "Writer.h"
#include "../must.h"

struct self {
};

static void box_arrived_handle(struct self *self)
{
    /* its own letters: not for it */
}

static int run(struct self *self)
{
    must(box_put(self, "hello"));
    done_wait(self);
    must(box_put(self, "world"));
    done_wait(self);
    return 0;
}
