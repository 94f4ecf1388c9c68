/*
 * The boot archive: what lies behind the loader in an image, page aligned.  Written by tools/mkimage, checked by the
 * loader, handed to the root program as its modules.  Little endian.
 *
 *     page 0 .. 3   struct archive
 *     page 4 ..     the entries' bytes, each page aligned, the rest of the last page zero
 *
 * Entry 0 is the kernel ("kernel"), entry 1 the root program ("root"); more modules may follow.
 */
#ifndef TESSERA_ARCHIVE_H
#define TESSERA_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

#define ARCHIVE_MAGIC   0x7e55e7a0a2c41fe1ull
#define ARCHIVE_PAGE    4096u
#define ARCHIVE_HEADER  (4 * ARCHIVE_PAGE)
#define ARCHIVE_ENTRIES 320u
#define ARCHIVE_NAME    32u /* with the closing zero */
#define ARCHIVE_KERNEL  0u
#define ARCHIVE_ROOT    1u

struct archive_entry {
    char name[ARCHIVE_NAME];
    uint64_t offset; /* from the archive's first byte */
    uint64_t bytes;
};

struct archive {
    uint64_t magic;
    uint64_t header_sum; /* archive_sum of the header from body_sum on */
    uint64_t body_sum;   /* archive_sum of all further pages */
    uint64_t bytes;      /* of the whole archive, whole pages */
    uint64_t count;
    struct archive_entry entry[ARCHIVE_ENTRIES];
    uint8_t zero[ARCHIVE_HEADER - 5 * 8 - ARCHIVE_ENTRIES * 48];
};
_Static_assert(sizeof(struct archive) == ARCHIVE_HEADER, "the archive's header is four pages");

/*
 * FNV-1a over 64-bit words, with the 64-bit FNV prime.  Xor and multiplication by an odd number are invertible, so
 * a change within one word always changes the sum; others go unseen with probability 2^-64.
 */
static inline uint64_t archive_sum(const uint64_t *word, uint64_t words)
{
    uint64_t sum = 0xcbf29ce484222325ull;

    for (uint64_t i = 0; i < words; i++) {
        sum = (sum ^ word[i]) * 0x100000001b3ull;
    }
    return sum;
}

#define ARCHIVE_HEADER_WORDS ((ARCHIVE_HEADER - offsetof(struct archive, body_sum)) / 8)

#endif
