/* Random bytes look like that: no two blocks are the same, and half of the bits are set. */
#include <stdio.h>
#include <string.h>

#include "EntropyReader.h"

#define ROOM   4096u
#define BLOCKS 8u

struct self {
    uint8_t block[BLOCKS][ROOM];
    uint32_t wrong;
};

static void expect(struct self *self, uint32_t bytes, uint8_t *to, enum tess_err wanted)
{
    enum tess_err err = entropy_get(self, bytes, to);

    if (err != wanted) {
        printf("reader: FAILED: %u bytes give %u\n", (unsigned)bytes, (unsigned)err);
        self->wrong++;
    }
}

static uint32_t bits(const uint8_t *at)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < ROOM; i++) {
        count += (uint32_t)__builtin_popcount(at[i]);
    }
    return count;
}

static int run(struct self *self)
{
    expect(self, 0, self->block[0], TESS_OK);
    expect(self, ROOM + 1, self->block[0], TESS_ARG);
    for (uint32_t i = 0; i < BLOCKS; i++) {
        expect(self, ROOM, self->block[i], TESS_OK);
        /* 16384 with a deviation of 91: by chance it is beyond 900 in less than one of 10^22 blocks */
        self->wrong += bits(self->block[i]) < 16384 - 900 || bits(self->block[i]) > 16384 + 900;
        self->wrong += i && memcmp(self->block[i], self->block[i - 1], ROOM) == 0;
    }
    printf("reader: %s\n", self->wrong ? "FAILED" : "ok");
    over_emit(self);
    return 0;
}
