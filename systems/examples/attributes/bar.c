/* Prints its configuration. */
#include <stdio.h>

#include "Bar.h"

struct self {
};

static int run(struct self *self)
{
    printf("c = %d, d = %d\n", C, D);
    return 0;
}
