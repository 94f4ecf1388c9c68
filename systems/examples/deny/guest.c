/* Is not trusted: may print, and nothing else. */
#include <stdio.h>

#include "Guest.h"

struct self {
};

static int run(struct self *self)
{
    printf("guest\n");
    return 0;
}
