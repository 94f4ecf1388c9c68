/* Reads the boot archive and ELF executables (System V ABI, chapters 4 and 5).  Nothing here enters the kernel. */
#include "image.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <tessera/archive.h>

struct elf_header {
    uint32_t magic;
    uint8_t class, data, version, pad[9];
    uint16_t type, machine;
    uint32_t version2;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_program {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

enum { MAGIC = 0x464c457f, CLASS64 = 2, LITTLE = 1, EXECUTABLE = 2, AARCH64 = 183, PHNUM_MAX = 64 };
enum { PT_LOAD = 1, PT_DYNAMIC = 2, PT_INTERP = 3 };
enum { PF_X = 1, PF_W = 2, PF_R = 4 };

const void *module_find(const void *archive, uint64_t archive_bytes, const char *name,
                        uint64_t *bytes)
{
    const struct archive *a = archive;

    if (archive_bytes < sizeof(*a) || a->magic != ARCHIVE_MAGIC || a->count > ARCHIVE_ENTRIES) {
        return NULL;
    }
    for (uint64_t i = 0; i < a->count; i++) {
        const struct archive_entry *e = &a->entry[i];
        if (strncmp(e->name, name, ARCHIVE_NAME) == 0 && e->offset % ARCHIVE_PAGE == 0 &&
            e->offset <= archive_bytes && e->bytes <= archive_bytes - e->offset) {
            *bytes = e->bytes;
            return (const char *)archive + e->offset;
        }
    }
    return NULL;
}

static const char *header_check(const struct elf_header *h, uint64_t bytes)
{
    if (bytes < sizeof(*h) || h->magic != MAGIC) {
        return "not an ELF file";
    }
    if (h->class != CLASS64 || h->data != LITTLE || h->machine != AARCH64) {
        return "not for aarch64";
    }
    if (h->type != EXECUTABLE) {
        return "not a static executable";
    }
    if (h->phentsize != sizeof(struct elf_program) || h->phnum == 0 || h->phnum > PHNUM_MAX ||
        h->phoff % 8 || h->phoff > bytes ||
        h->phnum * sizeof(struct elf_program) > bytes - h->phoff) {
        return "bad program headers";
    }
    return NULL;
}

static const char *segment_check(const struct elf_program *p, uint64_t bytes, uint64_t first,
                                 uint64_t end)
{
    if (p->vaddr % TESS_PAGE) {
        return "a segment's address is not page aligned";
    }
    if (p->vaddr < first || p->vaddr >= end || p->memsz > end - p->vaddr) {
        return "a segment is out of order or outside the address range";
    }
    if (p->filesz > p->memsz || p->offset > bytes || p->filesz > bytes - p->offset) {
        return "a segment is outside the file";
    }
    if (!(p->flags & PF_R) || ((p->flags & PF_W) && (p->flags & PF_X))) {
        return "a segment is not readable, or writable and executable";
    }
    return NULL;
}

static void segment_add(const char *elf, const struct elf_program *p, struct image *out)
{
    out->segment[out->count++] = (struct image_segment){
        .file = elf + p->offset,
        .at = p->vaddr,
        .file_bytes = p->filesz,
        .bytes = whole_pages(p->memsz),
        .rights = (p->flags & PF_R ? TESS_RIGHT_READ : 0) |
                  (p->flags & PF_W ? TESS_RIGHT_WRITE : 0) |
                  (p->flags & PF_X ? TESS_RIGHT_EXEC : 0),
    };
}

const char *image_read(const void *elf, uint64_t bytes, uint64_t first, uint64_t end,
                       struct image *out)
{
    const struct elf_header *h = elf;
    const char *what = header_check(h, bytes);
    bool entry_found = false;

    if (what) {
        return what;
    }
    const struct elf_program *p = (const struct elf_program *)((const char *)elf + h->phoff);
    out->entry = h->entry;
    out->count = 0;
    for (unsigned i = 0; i < h->phnum; i++, p++) {
        if (p->type == PT_DYNAMIC || p->type == PT_INTERP) {
            return "dynamically linked";
        }
        if (p->type != PT_LOAD || p->memsz == 0) {
            continue;
        }
        what = segment_check(p, bytes, first, end);
        if (what) {
            return what;
        }
        if (out->count == IMAGE_SEGMENTS) {
            return "too many segments";
        }
        entry_found |= (p->flags & PF_X) && h->entry >= p->vaddr && h->entry - p->vaddr < p->memsz;
        segment_add(elf, p, out);
        first = p->vaddr + out->segment[out->count - 1].bytes;
    }
    return entry_found ? NULL : "the entry is in no executable segment";
}
