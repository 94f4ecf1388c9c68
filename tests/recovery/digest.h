/* What both sides of the test compute. */
#ifndef RECOVERY_DIGEST_H
#define RECOVERY_DIGEST_H

#include <stdint.h>

static inline uint64_t digest(const uint8_t *data, uint32_t bytes)
{
    uint64_t sum = 0xcbf29ce484222325ull;

    for (uint32_t i = 0; i < bytes; i++) {
        sum = (sum ^ data[i]) * 0x100000001b3ull;
    }
    return sum;
}

static inline uint64_t pseudo_random(uint64_t *state)
{
    *state = *state * 6364136223846793005ull + 1442695040888963407ull;
    return *state >> 33;
}

static inline void fill(void *to, uint32_t bytes, uint64_t seed)
{
    uint64_t *word = to;

    for (uint32_t i = 0; i < bytes / 8; i++) {
        word[i] = seed + i;
    }
}

#endif
