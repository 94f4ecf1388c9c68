/* What a sector holds: words that depend on where it is and which version of it this is. */
#ifndef BLOCK_TEST_PATTERN_H
#define BLOCK_TEST_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#include <tess/random.h>

#define SECTOR_WORDS 64u /* of 64 bits */

static inline uint64_t pattern(uint64_t lba, uint64_t version, uint32_t i)
{
    return ((lba << 40) + (version << 8) + i) * 0x9e3779b97f4a7c15ull;
}

static inline void pattern_fill(void *to, uint64_t lba, uint32_t n, uint64_t version)
{
    uint64_t *word = to;

    for (uint32_t i = 0; i < n * SECTOR_WORDS; i++) {
        word[i] = pattern(lba + i / SECTOR_WORDS, version, i % SECTOR_WORDS);
    }
}

static inline bool pattern_is(const void *from, uint64_t lba, uint32_t n, uint64_t version)
{
    const uint64_t *word = from;
    uint64_t bad = 0;

    for (uint32_t i = 0; i < n * SECTOR_WORDS; i++) {
        bad |= word[i] ^ pattern(lba + i / SECTOR_WORDS, version, i % SECTOR_WORDS);
    }
    return bad == 0;
}

#endif
