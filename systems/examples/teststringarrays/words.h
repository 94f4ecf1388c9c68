/* What all three do with words. */
#ifndef TESTSTRINGARRAYS_WORDS_H
#define TESTSTRINGARRAYS_WORDS_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum {
    WORDS = 4,
    WORD_BYTES = 16,
};

/* Sets words to the texts of a list that ends with NULL: how many. */
#define SET_WORDS(words, ...) set_words((words)[0].text, (const char *const[]){ __VA_ARGS__, NULL })

static inline uint32_t set_words(uint8_t *to, const char *const *text)
{
    uint32_t count = 0;

    memset(to, 0, WORDS * WORD_BYTES);
    for (; text[count]; count++) {
        strncpy((char *)to + count * WORD_BYTES, text[count], WORD_BYTES - 1);
    }
    return count;
}

/* Prints `name_sz = 2, name = {"a", "b", }`; believes neither the count nor that the texts end. */
#define PRINT_WORDS(name, count, words) print_words(name, count, (words)[0].text)

static inline void print_words(const char *name, uint32_t count, const uint8_t *text)
{
    printf("%s_sz = %u, %s = {", name, (unsigned)count, name);
    for (uint32_t i = 0; i < count && i < WORDS; i++) {
        printf("\"%.*s\", ", WORD_BYTES, (const char *)text + i * WORD_BYTES);
    }
    printf("}");
}

#endif
