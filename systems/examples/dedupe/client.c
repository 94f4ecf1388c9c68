/* Adds 1 to 5. */
#include "Client.h"
#include "../must.h"

struct self {
};

static int run(struct self *self)
{
    uint64_t sum;

    for (uint32_t amount = 1; amount <= 5; amount++) {
        must(account_add(self, amount, &sum));
        printf("added %u, sum %u\n", (unsigned)amount, (unsigned)sum);
    }
    must(account_balance(self, &sum));
    printf("balance %u\n", (unsigned)sum);
    return 0;
}
