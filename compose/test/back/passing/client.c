/* Lends its capability, then gives it away. */
#include <stdio.h>

#include "Client.h"

struct self {
};

static int run(struct self *self)
{
    bool is_right = true;

    for (uint32_t i = 0; i < 100; i++) {
        uint32_t total = 0;

        is_right = is_right && !sum_sum(self, source_cap(self), 3, &total) && total % 3 == 0;
    }
    printf("client: %s\n", is_right ? "lent" : "could not lend");
    is_right = !sum_keep(self, source_cap(self));
    for (uint32_t i = 0; i < 100; i++) {
        uint32_t value = 0;

        is_right = is_right && !sum_again(self, &value) && value > 0;
    }
    printf("client: %s\n", is_right ? "given" : "could not give");
    return 0;
}
