/* One call with two strings in and three out. */
#include "Client.h"
#include "../must.h"

struct self {
};

static int run(struct self *self)
{
    const char *input = "This is a client string.";
    char ret[64], output[64], joined[128];

    must(a_exchange(self, input, input, ret, output, joined));
    printf("Client output: %s\n", output);
    printf("Client joint: %s\n", joined);
    printf("Client ret: %s\n", ret);
    return 0;
}
