/*
 * The partition table of a disk with sectors of 512 bytes: GPT, Unified Extensible Firmware Interface specification 2.10, section 5.3.
 * The disk is not believed: what is found lies inside it, or it is not found.
 *
 * A table is a header in one sector, and an array of entries elsewhere; there are two of both, one at each end of the disk.
 * Read the header, then the array from beginning to end, in pieces; what was collected counts if gpt_end says so.
 */
#ifndef BLOCK_PARTS_GPT_H
#define BLOCK_PARTS_GPT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define GPT_INLINE static inline __attribute__((unused))

#define GPT_SECTOR    512u
#define GPT_PIECE     4096u      /* bytes of the array that are read at a time; whole entries */
#define GPT_BYTES_MAX (1u << 20) /* of the array */
#define GPT_ENTRY_MIN 128u
#define GPT_PRIMARY   1u /* sector of the first header; the second one is in the last sector */

enum { /* byte offsets in the header, table 5.5 */
       GPT_SIGNATURE = 0,
       GPT_REVISION = 8,
       GPT_HEADER_SIZE = 12,
       GPT_HEADER_CRC = 16,
       GPT_RESERVED = 20,
       GPT_MY_LBA = 24,
       GPT_OTHER_LBA = 32,
       GPT_FIRST = 40,
       GPT_LAST = 48,
       GPT_ENTRIES = 72,
       GPT_COUNT = 80,
       GPT_ENTRY_SIZE = 84,
       GPT_ENTRIES_CRC = 88,
       GPT_HEADER_MIN = 92,
};
enum {               /* in an entry, table 5.6 */
       GPT_TYPE = 0, /* 16 bytes; all zero: unused */
       GPT_ID = 16,
       GPT_BEGIN = 32,
       GPT_END = 40, /* the last sector */
};

/* A header that was found good. */
struct gpt {
    uint64_t first, last; /* sectors that partitions may have */
    uint64_t entries;     /* sector where the array begins */
    uint32_t count, size; /* entries, bytes of one */
    uint32_t bytes;       /* of the array, and up to where it has been read */
    uint32_t crc_wanted, crc;
    uint32_t at;
};

/* sectors 0: there is no such partition. */
struct gpt_part {
    uint64_t first, sectors;
};

GPT_INLINE uint64_t gpt_get(const uint8_t *at, uint32_t bytes)
{
    uint64_t value = 0;

    for (uint32_t i = bytes; i-- > 0;) {
        value = value << 8 | at[i];
    }
    return value;
}

/* CRC-32 (ISO 3309), which goes on from that of what lies before; of nothing: 0. */
GPT_INLINE uint32_t gpt_crc(uint32_t crc, const uint8_t *at, uint32_t bytes)
{
    static const uint32_t nibble[16] = { 0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
                                         0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
                                         0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                         0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c };

    crc = ~crc;
    for (; bytes > 0; bytes--) {
        crc ^= *at++;
        crc = crc >> 4 ^ nibble[crc & 15];
        crc = crc >> 4 ^ nibble[crc & 15];
    }
    return ~crc;
}

/* Its checksum, computed with 0 in its place. */
GPT_INLINE uint32_t gpt_header_crc(const uint8_t *sector, uint32_t size)
{
    static const uint8_t none[4];
    uint32_t crc = gpt_crc(0, sector, GPT_HEADER_CRC);

    crc = gpt_crc(crc, none, sizeof none);
    return gpt_crc(crc, sector + GPT_RESERVED, size - GPT_RESERVED);
}

/* Is what the sector lba of a disk with that many holds a header?  *g: what it says (5.3.2). */
GPT_INLINE bool gpt_begin(struct gpt *g, const uint8_t *sector, uint64_t lba, uint64_t sectors)
{
    uint64_t size = gpt_get(sector + GPT_HEADER_SIZE, 4), bytes, length;

    if (memcmp(sector, "EFI PART", 8) != 0 || size < GPT_HEADER_MIN || size > GPT_SECTOR ||
        gpt_get(sector + GPT_HEADER_CRC, 4) != gpt_header_crc(sector, (uint32_t)size) ||
        gpt_get(sector + GPT_REVISION, 4) >> 16 != 1 || gpt_get(sector + GPT_MY_LBA, 8) != lba) {
        return false;
    }
    *g = (struct gpt){ .first = gpt_get(sector + GPT_FIRST, 8),
                       .last = gpt_get(sector + GPT_LAST, 8),
                       .entries = gpt_get(sector + GPT_ENTRIES, 8),
                       .count = (uint32_t)gpt_get(sector + GPT_COUNT, 4),
                       .size = (uint32_t)gpt_get(sector + GPT_ENTRY_SIZE, 4),
                       .crc_wanted = (uint32_t)gpt_get(sector + GPT_ENTRIES_CRC, 4) };
    bytes = (uint64_t)g->count * g->size;
    if (g->size < GPT_ENTRY_MIN || g->size > GPT_PIECE || g->size & (g->size - 1) || bytes == 0 ||
        bytes > GPT_BYTES_MAX || g->first > g->last || g->first <= GPT_PRIMARY ||
        g->last >= sectors - 1) {
        return false;
    }
    g->bytes = (uint32_t)bytes;
    length = (bytes + GPT_SECTOR - 1) / GPT_SECTOR;
    return g->entries > GPT_PRIMARY && g->entries < sectors && length <= sectors - g->entries &&
           (g->entries + length <= g->first || g->entries > g->last); /* no partition holds it */
}

/* The next piece of the array: so many bytes from sector *lba on; 0: it has been read. */
GPT_INLINE uint32_t gpt_next(const struct gpt *g, uint64_t *lba)
{
    uint32_t left = g->bytes - g->at;

    *lba = g->entries + g->at / GPT_SECTOR;
    return left < GPT_PIECE ? left : GPT_PIECE;
}

/* That piece.  The partition numbers[i], from 1, goes to parts[i], if it lies where one may. */
GPT_INLINE void gpt_take(struct gpt *g, const uint8_t *piece, const uint32_t *numbers,
                         struct gpt_part *parts, uint32_t count)
{
    static const uint8_t unused[16];
    uint64_t lba;
    uint32_t bytes = gpt_next(g, &lba);

    for (uint32_t i = 0; i < count; i++) {
        uint64_t at = (uint64_t)(numbers[i] - 1) * g->size - g->at, begin, end;

        if (numbers[i] == 0 || at >= bytes) {
            continue;
        }
        begin = gpt_get(piece + at + GPT_BEGIN, 8);
        end = gpt_get(piece + at + GPT_END, 8);
        if (memcmp(piece + at + GPT_TYPE, unused, sizeof unused) != 0 && begin <= end &&
            begin >= g->first && end <= g->last) {
            parts[i] = (struct gpt_part){ begin, end - begin + 1 };
        }
    }
    g->crc = gpt_crc(g->crc, piece, bytes);
    g->at += bytes;
}

/* After the last piece: is it what was written?  What overlaps one before it is none. */
GPT_INLINE bool gpt_end(const struct gpt *g, struct gpt_part *parts, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < i; k++) {
            if (parts[i].first < parts[k].first + parts[k].sectors &&
                parts[k].first < parts[i].first + parts[i].sectors) {
                parts[i].sectors = 0;
            }
        }
    }
    return g->at == g->bytes && g->crc == g->crc_wanted;
}

#endif
