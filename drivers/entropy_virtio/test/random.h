/* Pseudo-random numbers: xorshift64* (Vigna 2016). */
#ifndef ENTROPY_TEST_RANDOM_H
#define ENTROPY_TEST_RANDOM_H

#include <stdint.h>

/* The next of 2^64 - 1 numbers; *state is not 0. */
static inline uint64_t random_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1dull;
}

#endif
