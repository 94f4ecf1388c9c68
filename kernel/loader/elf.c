/* Checks of ELF executables (System V ABI, chapters 4 and 5; ELF for the Arm 64-bit Architecture). */
#include <loader/elf.h>

#include <stdbool.h>
#include <stddef.h>

#include <tessera/cap.h>

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

static uint64_t rights_of(uint32_t flags)
{
    return (flags & PF_R ? TESS_RIGHT_READ : 0) | (flags & PF_W ? TESS_RIGHT_WRITE : 0) |
           (flags & PF_X ? TESS_RIGHT_EXEC : 0);
}

static const char *segment_check(const struct elf_program *p, uint64_t bytes, uint64_t first,
                                 uint64_t end)
{
    if (p->vaddr % TESS_PAGE) {
        return "a segment's address is not page aligned";
    }
    if (p->vaddr < first || p->vaddr >= end || p->memsz > end - p->vaddr) {
        return "a segment is outside the address range";
    }
    if (p->filesz > p->memsz || p->offset > bytes || p->filesz > bytes - p->offset) {
        return "a segment is outside the file";
    }
    if ((p->flags & PF_W) && (p->flags & PF_X)) {
        return "a segment is writable and executable";
    }
    return NULL;
}

const char *elf_check(const void *file, uint64_t bytes, uint64_t first, uint64_t end,
                      struct elf *out)
{
    const struct elf_header *h = file;
    uint64_t free_from = first;
    bool entry_found = false;

    out->count = 0;
    if (bytes < sizeof(*h) || h->magic != MAGIC) {
        return "not an ELF file";
    }
    if (h->class != CLASS64 || h->data != LITTLE || h->machine != AARCH64) {
        return "not for aarch64, 64 bits, little endian";
    }
    if (h->type != EXECUTABLE) {
        return "not a static executable";
    }
    if (h->phentsize != sizeof(struct elf_program) || h->phnum > PHNUM_MAX || h->phoff % 8 ||
        h->phoff > bytes || h->phnum * sizeof(struct elf_program) > bytes - h->phoff) {
        return "bad program header table";
    }
    out->entry = h->entry;
    for (unsigned i = 0; i < h->phnum; i++) {
        const struct elf_program *p =
            (const struct elf_program *)((const char *)file + h->phoff) + i;
        const char *why;

        if (p->type == PT_DYNAMIC || p->type == PT_INTERP) {
            return "not a static executable";
        }
        if (p->type != PT_LOAD || !p->memsz) {
            continue;
        }
        why = segment_check(p, bytes, first, end);
        if (why) {
            return why;
        }
        if (p->vaddr < free_from) {
            return "segments overlap or are not sorted";
        }
        if (out->count == HANDOFF_SEGMENT) {
            return "too many segments";
        }
        struct handoff_segment *s = &out->segment[out->count++];
        s->va = p->vaddr;
        s->mem_bytes = (p->memsz + TESS_PAGE - 1) & ~(uint64_t)(TESS_PAGE - 1);
        s->file_paddr = (uint64_t)(uintptr_t)file + p->offset;
        s->file_bytes = p->filesz;
        s->rights = rights_of(p->flags);
        free_from = s->va + s->mem_bytes;
        if ((p->flags & PF_X) && h->entry >= p->vaddr && h->entry - p->vaddr < p->filesz &&
            h->entry % 4 == 0) {
            entry_found = true;
        }
    }
    return entry_found ? NULL : "the entry is not in an executable segment";
}
