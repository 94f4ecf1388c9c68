/* Prints its configuration. */
#include <stdio.h>

#include "Foo.h"

struct self {
};

static int run(struct self *self)
{
    printf("a = %d, b = %d\n", A, B);
    return 0;
}
