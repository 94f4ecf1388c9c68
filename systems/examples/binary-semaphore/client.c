/* Asks, waits, takes the answer. */
#include "Client.h"
#include "../must.h"

struct self {
};

static int run(struct self *self)
{
    enum tess_err err;
    int32_t echo = 0;

    must(echo_ask(self, 42));
    while ((err = echo_answer(self, &echo)) == TESS_AGAIN) {
        answered_wait(self);
    }
    must(err);
    printf("Echoing: %d == %d\n", 42, (int)echo);
    return 0;
}
