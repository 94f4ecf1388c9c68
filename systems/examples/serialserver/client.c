#include <stdio.h>

#include "Client.h"

struct self {
};

static int run(struct self *self)
{
    printf("Hello Serial Server!\n");
    return 0;
}
