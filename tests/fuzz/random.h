/* Random numbers that a seed determines (splitmix64: every state gives a different number, period 2^64). */
#ifndef FUZZ_RANDOM_H
#define FUZZ_RANDOM_H

#include <stdint.h>

static inline uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15ull;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

/* 0 .. n-1. */
static inline uint64_t random_below(uint64_t *state, uint64_t n)
{
    return (random_next(state) >> 32) * n >> 32;
}

/* True in percent of all cases. */
static inline int random_chance(uint64_t *state, unsigned percent)
{
    return random_below(state, 100) < percent;
}

#endif
