/* Programs: modules of the boot archive, and the ELF files in them. */
#ifndef SUPERVISOR_IMAGE_H
#define SUPERVISOR_IMAGE_H

#include <stdint.h>
#include <tessera/cap.h>

#define IMAGE_SEGMENTS 6u

struct image_segment {
    const void *file;
    uint64_t at;         /* address, page aligned */
    uint64_t file_bytes; /* the rest up to bytes is zero */
    uint64_t bytes;      /* whole pages */
    uint64_t rights;     /* TESS_RIGHT_*; never write and execute */
};

struct image {
    uint64_t entry;
    uint32_t count;
    struct image_segment segment[IMAGE_SEGMENTS]; /* sorted, not overlapping */
};

/* The module of that name in the boot archive; NULL: none, or the archive is damaged.  bytes: its size. */
const void *module_find(const void *archive, uint64_t archive_bytes, const char *name,
                        uint64_t *bytes);

/*
 * Check a static aarch64 executable that may use the addresses first .. end - 1, and describe it.  elf: 8-byte aligned,
 * not trusted.  NULL, or what is wrong with it.
 */
const char *image_read(const void *elf, uint64_t bytes, uint64_t first, uint64_t end,
                       struct image *out);

static inline uint64_t whole_pages(uint64_t bytes)
{
    return (bytes + TESS_PAGE - 1) & ~(uint64_t)(TESS_PAGE - 1);
}
#endif
