/* Random tags, words and memory to a server. */
#include <stdio.h>

#include "Attacker.h"
#include "random.h"

struct self {
    uint64_t state;
    uint32_t answers[32];
};

/* Right often enough to get behind the first comparison. */
static uint64_t random_tag(struct self *self)
{
    static const uint8_t lengths[] = { 5, 14, 13, 3, 1, 0, 0 };
    uint64_t label = random_next(&self->state) % 9;
    uint64_t length = label < 7 ? lengths[label] : 0;

    if (random_next(&self->state) % 4 == 0) {
        length = random_next(&self->state) % 65;
    }
    if (random_next(&self->state) % 16 == 0) {
        label = random_next(&self->state) >> 16;
    }
    return tess_tag(label, (unsigned)length, 0);
}

static void fill(struct self *self, volatile uint8_t *at, uint32_t bytes)
{
    uint8_t letter = random_next(&self->state) % 3 ? 'a' : 0;

    for (uint32_t i = 0; i < bytes; i++) {
        at[i] = letter ? letter : (uint8_t)random_next(&self->state);
    }
}

static int run(struct self *self)
{
    self->state = 88172645463325252ull;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct tess_words w;
        struct tess_msg m;

        for (uint32_t k = 0; k < 8; k++) {
            w.w[k] = random_word(&self->state);
        }
        fill(self, comp_area(), 8 * 56);
        if (i % 8 == 0) {
            fill(self, (volatile uint8_t *)MANY_BUFFER, 4096);
        }
        m = tess_call(MANY_SLOT, random_tag(self), 0, w);
        if (m.tag & TESS_TAG_ERROR) {
            printf("attacker: error %u in round %u\n", (unsigned)tess_msg_err(m.tag), (unsigned)i);
            return 1;
        }
        self->answers[tess_tag_label(m.tag) % 32]++;
    }
    printf("attacker: %s\n",
           self->answers[TESS_OK] > ROUNDS / 20 && self->answers[TESS_PROTOCOL] > ROUNDS / 20
               ? "some were taken, some refused"
               : "too much of one kind");
    return 0;
}
