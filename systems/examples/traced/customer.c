#include <stdio.h>

#include "Customer.h"

struct self {
    char unused;
};

static int run(struct self *self)
{
    uint32_t price = 0, events = 0;

    (void)shop_price(self, 3, &price);
    (void)shop_buy(self, 3, 2);
    (void)notes_write(self, 7);
    (void)shop_buy(self, 3, 100);
    (void)tracer_print(self, &events);
    printf("%u events\n", events);
    return 0;
}
