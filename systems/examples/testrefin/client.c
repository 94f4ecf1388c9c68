/* Has a number and a hundred numbers echoed. */
#include <string.h>

#include "Client.h"
#include "../must.h"

struct self {
};

static int run(struct self *self)
{
    struct my_struct a, b = { 0 };
    int32_t y;

    printf(SELF_PATH ": calling p_echo(&x) with x = 42\n");
    must(p_echo(self, 42, &y));
    printf(SELF_PATH ": result was %d\n", (int)y);
    for (int i = 0; i < 100; i++) {
        a.data[i] = i;
    }
    printf(SELF_PATH ": calling c_echo(&a, &b) with a = {0..99}\n");
    must(c_echo(self, &a, &b));
    expect(memcmp(&a, &b, sizeof a) == 0);
    printf(SELF_PATH ": result was b = {0..99}\n");
    return 0;
}
