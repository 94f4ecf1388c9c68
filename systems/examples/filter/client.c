/* Asks for something, and for something that it must not see. */
#include "Client.h"
#include "../must.h"

struct self {
};

static void look_up(struct self *self, const char *id)
{
    char value[32];

    printf("Looking up key \"%s\"... ", id);
    must(l_get_value(self, id, value));
    printf("received value \"%s\"\n", value);
}

static int run(struct self *self)
{
    look_up(self, "foo");
    printf("\nNow try to read something I shouldn't be able to...\n");
    look_up(self, "secret");
    return 0;
}
