/*
 * What a mirror keeps on each of its disks: whose it is, and where the two may differ.
 *
 *     0                                    sectors                              end of the disk
 *     +-------------------------------------+-----------------+-----------------+
 *     | what the client sees                | label, even seq | label, odd seq  |
 *     +-------------------------------------+-----------------+-----------------+
 *
 * A label is written whole, in turn to one place and the other, so that one is always whole.  Its map has two bits a chunk. A chunk that is written is noted first on
 * both disks; that one disk lacks something is noted on the other before the client hears that its write is done. So of two labels the one with the higher number knows
 * all that its disk has and the other has not.
 */
#ifndef MIRROR_LABEL_H
#define MIRROR_LABEL_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <comp/crc32c.h>

#define LABEL_INLINE static inline __attribute__((unused))

#define LABEL_SECTOR    512u
#define LABEL_SECTORS   16u /* of one place */
#define LABEL_ROOM      (2 * LABEL_SECTORS)
#define LABEL_VERSION   1u
#define LABEL_CHUNKS    16384u
#define LABEL_CHUNK_MIN 7u /* 64 KiB: log2 of sectors; a request covers two chunks at most */

/* Of a chunk. */
enum chunk {
    CHUNK_SAME,
    CHUNK_WRITTEN, /* one disk may have got what the other has not; either will do */
    CHUNK_LACKS_0, /* disk 0 lacks something that the other has */
    CHUNK_LACKS_1,
};

struct label {
    char magic[8];
    uint32_t version;
    uint32_t crc; /* CRC-32C of all of it, with 0 here */
    char name[32];
    uint64_t number;  /* counts the labels that were written */
    uint64_t sectors; /* that the client sees */
    uint32_t disk;    /* 0 or 1 */
    uint32_t chunk;   /* log2 of the sectors of one */
    uint8_t reserved[440];
    uint8_t map[LABEL_CHUNKS / 4];
};
#define LABEL_BYTES sizeof(struct label)
_Static_assert(LABEL_BYTES % LABEL_SECTOR == 0 && LABEL_BYTES <= LABEL_SECTORS * LABEL_SECTOR, "");

LABEL_INLINE enum chunk label_chunk(const struct label *l, uint32_t chunk)
{
    return (enum chunk)(l->map[chunk / 4] >> chunk % 4 * 2 & 3);
}

LABEL_INLINE void label_set_chunk(struct label *l, uint32_t chunk, enum chunk is)
{
    uint32_t shift = chunk % 4 * 2;

    l->map[chunk / 4] = (uint8_t)((l->map[chunk / 4] & ~(3u << shift)) | (uint32_t)is << shift);
}

LABEL_INLINE uint64_t label_chunks(const struct label *l)
{
    return (l->sectors >> l->chunk) + ((l->sectors & ((1ull << l->chunk) - 1)) != 0);
}

/* For disks with so many sectors, the smaller one counts.  False: there is no room for a label. */
LABEL_INLINE bool label_make(struct label *l, const char *name, uint64_t sectors)
{
    if (sectors <= LABEL_ROOM) {
        return false;
    }
    *l = (struct label){ .magic = "TessMirr", .version = LABEL_VERSION, .chunk = LABEL_CHUNK_MIN };
    strncpy(l->name, name, sizeof l->name - 1);
    l->sectors = (sectors - LABEL_ROOM) / 8 * 8;
    while (label_chunks(l) > LABEL_CHUNKS) {
        l->chunk++;
    }
    return l->sectors != 0;
}

/* Where label `number` of a disk with so many sectors lies. */
LABEL_INLINE uint64_t label_place(uint64_t sectors, uint64_t number)
{
    return (sectors - LABEL_ROOM) / 8 * 8 + (number & 1) * LABEL_SECTORS;
}

/* Before it is written, to disk `disk`. */
LABEL_INLINE void label_seal(struct label *l, uint32_t disk)
{
    l->disk = disk;
    l->crc = 0;
    l->crc = comp_crc32c(l, LABEL_BYTES);
}

/* What was read is a label, of a disk with so many sectors; it is not believed to be sane. */
LABEL_INLINE bool label_is(const struct label *l, uint64_t sectors)
{
    struct label copy = *l;

    copy.crc = 0;
    return memcmp(l->magic, "TessMirr", 8) == 0 && l->version == LABEL_VERSION &&
           l->crc == comp_crc32c(&copy, LABEL_BYTES) && l->name[sizeof l->name - 1] == 0 &&
           l->disk < 2 && l->chunk >= LABEL_CHUNK_MIN && l->chunk < 64 && l->sectors != 0 &&
           sectors > LABEL_ROOM && l->sectors <= (sectors - LABEL_ROOM) / 8 * 8 &&
           label_chunks(l) <= LABEL_CHUNKS;
}

#endif
