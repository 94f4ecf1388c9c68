/* The instructions of an ELF executable for aarch64 with one executable segment (System V ABI, chapters 4 and 5). */
#ifndef FAULTS_TEXT_H
#define FAULTS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    uint64_t at; /* address of the first word */
    size_t words;
    uint32_t *word; /* allocated */
};

/* Read it; false: it cannot be read, or is no such file. */
bool text_read(const char *name, struct text *t);

/* The word at that address; false: there is none. */
bool text_word(const struct text *t, uint64_t address, uint32_t *word);

#endif
