/* Has five numbers of a thousand added. */
#include "Client.h"
#include "../must.h"

struct self {
    struct payload data;
};

static int run(struct self *self)
{
    int32_t result;

    self->data = (struct payload){ .count = 5, .operand = { 342, 74, 283, 37, 534 } };
    printf(SELF_PATH ": what's the answer to 342 + 74 + 283 + 37 + 534 ?\n");
    must(a_calculate(self, &self->data, &result));
    printf(SELF_PATH ": result was %d\n", (int)result);
    return 0;
}
