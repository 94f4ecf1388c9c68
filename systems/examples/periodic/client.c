/* Computes for a while and says now and then how far it is. */
#include <stdint.h>
#include <stdio.h>

#include "Client.h"

struct self {
};

static int run(struct self *self)
{
    volatile uint64_t acc = 0; /* computed in the long way on purpose */

    printf(SELF_PATH ": --- Starting ---\n");
    while (acc < 100000) {
        acc = (acc * 17 + 1) / 17 + 1;
        if (acc % 10000 == 0) {
            printf(SELF_PATH ": acc = %u\n", (unsigned)acc);
        }
    }
    printf(SELF_PATH ": *** DONE %u ***\n", (unsigned)acc);
    return 0;
}
