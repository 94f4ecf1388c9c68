/* Numbers that look random and that a seed determines: for tests, and for components that misbehave on purpose. */
#ifndef TESS_RANDOM_H
#define TESS_RANDOM_H

#include <stdint.h>

/* The next of 2^64 - 1 numbers; *state is not 0.  xorshift64* (Vigna 2016). */
static inline uint64_t tess_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1dull;
}

#endif
