/* Sends a thousand samples, then waits until they have been taken. */
#include "Source.h"

struct self {
};

static int run(struct self *self)
{
    for (uint32_t n = 1; n <= 1000; n++) {
        enum tess_err err = out_sample(self, n, (uint64_t)n * n);

        if (err) {
            return err;
        }
    }
    (void)out_last(self);
    done_wait(self);
    return 0;
}
