/* Says that the interrupt came. */
#include <stdio.h>

#include "Watcher.h"

struct self {
};

static int run(struct self *self)
{
    interrupted_wait(self);
    printf("interrupted\n");
    return 0;
}
