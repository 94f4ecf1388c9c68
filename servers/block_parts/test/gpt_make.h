/* Makes partition tables for the tests: headers and entries of a disk, in memory. */
#ifndef BLOCK_PARTS_GPT_MAKE_H
#define BLOCK_PARTS_GPT_MAKE_H

#include "../gpt.h"

#define MAKE_ENTRIES 16u /* of 128 bytes: 4 sectors */
#define MAKE_ARRAY   (MAKE_ENTRIES * GPT_ENTRY_MIN / GPT_SECTOR)
#define MAKE_FIRST   (2 + MAKE_ARRAY) /* sector that a partition may have */

GPT_INLINE void make_put(uint8_t *at, uint64_t value, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++) {
        at[i] = (uint8_t)(value >> 8 * i);
    }
}

/* Entry number i, from 0. */
GPT_INLINE void make_entry(uint8_t *array, uint32_t i, uint64_t first, uint64_t sectors)
{
    uint8_t *at = array + i * GPT_ENTRY_MIN;

    memset(at + GPT_TYPE, 0x5a, 16);
    memset(at + GPT_ID, (int)i + 1, 16);
    make_put(at + GPT_BEGIN, first, 8);
    make_put(at + GPT_END, first + sectors - 1, 8);
}

/* Both checksums of a header whose array is this one. */
GPT_INLINE void make_sums(uint8_t *header, const uint8_t *array)
{
    make_put(header + GPT_ENTRIES_CRC, gpt_crc(0, array, MAKE_ENTRIES * GPT_ENTRY_MIN), 4);
    make_put(header + GPT_HEADER_CRC, gpt_header_crc(header, GPT_HEADER_MIN), 4);
}

/* The header of sector 1, with its array behind it, or of the last sector, with its array before it. */
GPT_INLINE void make_header(uint8_t *header, bool is_primary, uint64_t sectors,
                            const uint8_t *array)
{
    memset(header, 0, GPT_SECTOR);
    memcpy(header, "EFI PART", 8);
    make_put(header + GPT_REVISION, 0x10000, 4);
    make_put(header + GPT_HEADER_SIZE, GPT_HEADER_MIN, 4);
    make_put(header + GPT_MY_LBA, is_primary ? GPT_PRIMARY : sectors - 1, 8);
    make_put(header + GPT_OTHER_LBA, is_primary ? sectors - 1 : GPT_PRIMARY, 8);
    make_put(header + GPT_FIRST, MAKE_FIRST, 8);
    make_put(header + GPT_LAST, sectors - MAKE_ARRAY - 2, 8);
    make_put(header + GPT_ENTRIES, is_primary ? GPT_PRIMARY + 1 : sectors - 1 - MAKE_ARRAY, 8);
    make_put(header + GPT_COUNT, MAKE_ENTRIES, 4);
    make_put(header + GPT_ENTRY_SIZE, GPT_ENTRY_MIN, 4);
    make_sums(header, array);
}

#endif
