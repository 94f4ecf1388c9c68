#include <stdio.h>

#include "Main.h"

struct self {
};

static int run(struct self *self)
{
    printf("Hello, world!!\n");
    return 0;
}
