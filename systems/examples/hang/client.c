/* Calls a method that never returns. */
#include "Client.h"
#include "../must.h"

struct self {
};

static int run(struct self *self)
{
    uint32_t value;

    printf("hang: %s\n", tess_strerror(s_hang(self)));
    must(s_answer(self, &value));
    printf("answer: %u\n", (unsigned)value);
    return 0;
}
