/* Numbers without order, the same in every run. */
#ifndef HOSTILE_RANDOM_H
#define HOSTILE_RANDOM_H

#include <stdint.h>

static inline uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Often small, often near a bound, sometimes anything. */
static inline uint64_t random_word(uint64_t *state)
{
    static const uint64_t bounds[] = { 0, 1, 2, 8, 20, 24, 30, 256, 600, 700, 1024, 3000 };
    uint64_t kind = random_next(state) % 4, bound = bounds[random_next(state) % 12];

    return kind == 0   ? random_next(state)
           : kind == 1 ? bound + random_next(state) % 3 - 1
           : kind == 2 ? random_next(state) % 32
                       : bound;
}

#endif
