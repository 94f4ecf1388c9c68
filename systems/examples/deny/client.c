/* Has a message signed. */
#include "Client.h"
#include "../must.h"

struct self {
};

static int run(struct self *self)
{
    uint32_t signature;

    must(vault_sign(self, 7, &signature));
    printf("signature: %u\n", (unsigned)signature);
    return 0;
}
