/* Has the server test its stack, then tests its own. */
#include "Client.h"
#include "test_alignment.h"

struct self {
};

static int run(struct self *self)
{
    printf("Calling server...\n");
    must(a_f(self));
    printf("Back from server!\n");
    printf("Client is testing alignment...\n");
    test_alignment();
    printf("All is well in the universe!\n");
    return 0;
}
