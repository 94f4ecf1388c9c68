/* Sends ten strings of twenty characters, each after the one before was taken. */
#include <stdint.h>

#include "Sender.h"
#include "../shared.h"

struct self {
    uint32_t seed;
};

/* A linear congruential generator (Numerical Recipes, 2nd edition, chapter 7.1): the same strings in every run. */
static uint32_t next(struct self *self)
{
    self->seed = self->seed * 1664525u + 1013904223u;
    return self->seed >> 16;
}

static int run(struct self *self)
{
    char text[21] = "";

    self->seed = 100;
    for (int i = 0; i < 10; i++) {
        for (int n = 0; n < 20; n++) {
            text[n] = (char)('0' + next(self) % 72);
        }
        shared_put_string(data(self), text);
        notification_signal_emit(self);
        notification_ready_wait(self);
    }
    return 0;
}
