#include "text.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool read_at(FILE *from, uint64_t offset, void *to, size_t bytes)
{
    return offset <= INT32_MAX && fseek(from, (long)offset, SEEK_SET) == 0 &&
           fread(to, 1, bytes, from) == bytes;
}

static bool segment_read(FILE *from, const Elf64_Phdr *p, struct text *t)
{
    t->at = p->p_vaddr;
    t->words = p->p_filesz / 4;
    t->word = calloc(t->words + 1, 4);
    return t->word && p->p_filesz <= INT32_MAX && read_at(from, p->p_offset, t->word, t->words * 4);
}

static bool file_read(FILE *from, struct text *t)
{
    Elf64_Ehdr h;
    Elf64_Phdr p;

    if (!read_at(from, 0, &h, sizeof h) || memcmp(h.e_ident, ELFMAG, SELFMAG) != 0 ||
        h.e_ident[EI_CLASS] != ELFCLASS64 || h.e_machine != EM_AARCH64) {
        return false;
    }
    for (unsigned i = 0; i < h.e_phnum; i++) {
        if (!read_at(from, h.e_phoff + i * sizeof p, &p, sizeof p)) {
            return false;
        }
        if (p.p_type == PT_LOAD && (p.p_flags & PF_X)) {
            return segment_read(from, &p, t);
        }
    }
    return false;
}

bool text_read(const char *name, struct text *t)
{
    FILE *from = fopen(name, "rb");
    bool is_read = from && file_read(from, t);

    if (from) {
        fclose(from);
    }
    return is_read;
}

bool text_word(const struct text *t, uint64_t address, uint32_t *word)
{
    if (address < t->at || address % 4 || (address - t->at) / 4 >= t->words) {
        return false;
    }
    *word = t->word[(address - t->at) / 4];
    return true;
}
