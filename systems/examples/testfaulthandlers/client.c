/* Runs out of its stack once.  Below every stack there is a page without memory. */
#include <stdio.h>
#include <string.h>

#include "Client.h"

struct self {
};

static unsigned overflow(unsigned depth)
{
    volatile char local[1024];

    memset((char *)local, (int)depth, sizeof local);
    return depth > 1u << 20 ? depth : overflow(depth + 1) + (unsigned)local[depth % 1024];
}

static int run(struct self *self)
{
    if (history(self)->starts++ == 0) {
        printf(SELF_PATH ": Attempting to cause a stack overflow...\n");
        printf(SELF_PATH ": survived it: %u\n", overflow(0));
    }
    printf(SELF_PATH ": FAULT HANDLER: started again after %u fault\n",
           (unsigned)history(self)->starts - 1);
    return 0;
}
