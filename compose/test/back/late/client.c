/* Lets calls time out, and has a sum computed at once. */
#include <stdio.h>

#include "Client.h"

struct self {
    uint8_t buf[4096];
};

static int run(struct self *self)
{
    uint32_t late = 0, wrong = 0;

    memset(self->buf, 1, sizeof self->buf);
    for (uint32_t i = 0; i < 20; i++) {
        uint32_t total = 0;

        late += slow_work(self, 6 + i % 7, 4096, self->buf) == TESS_TIMEOUT;
        while (slow_sum(self, 4096, self->buf, &total) == TESS_TIMEOUT) {
        }
        wrong += total != 4096;
    }
    printf("late: %u of 20, wrong: %u\n", (unsigned)late, (unsigned)wrong);
    return 0;
}
