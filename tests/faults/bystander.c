/* Looks each fifth millisecond whether its memory and its peer are as they must be. */
#include <comp/sleep.h>

#include "Bystander.h"

#define WORDS 8192u
#define PART  512u /* words of a round */

struct self {
    uint64_t at;
    uint64_t word[WORDS];
};

static uint64_t pattern(uint64_t i)
{
    return (i + 1) * 0x9e3779b97f4a7c15ull;
}

static void look(struct self *self)
{
    uint64_t turned = 0, bad = 0;

    for (uint64_t i = 0; i < PART; i++) {
        uint64_t at = (self->at + i) % WORDS;
        bad += self->word[at] != pattern(at);
    }
    self->at = (self->at + PART) % WORDS;
    bad += peer_turn(self, self->at, &turned) != TESS_OK || turned != ~self->at;
    report(self)->wrong += bad != 0;
    report(self)->rounds++;
}

static int run(struct self *self)
{
    for (uint64_t i = 0; i < WORDS; i++) {
        self->word[i] = pattern(i);
    }
    for (;;) {
        comp_sleep_until(tess_deadline_ns(5000000));
        look(self);
    }
    return 0;
}
