/* Builds structures of its configuration, and prints from them. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "Client.h"

enum {
    WORDS = 8,
};

struct client_config {
    const char *name;
    uint32_t age, height;
};
struct foo {
    int32_t a;
};
struct bah {
    int32_t b;
    struct foo c;
};
struct cat {
    int32_t b[4];
    int32_t c;
};

struct self {
    char text[128];
};

static const struct client_config config = { CONFIG_NAME, CONFIG_AGE, CONFIG_HEIGHT };
static const struct client_config inline_struct = { "", INLINE_AGE, INLINE_HEIGHT };
static const struct bah nested_struct = { NESTED_B, { NESTED_C_A } };
static const struct foo array_struct[] = { { NESTED_C_A }, { NESTED_C_A }, { NESTED_C_A } };
static const struct cat array_in_struct = { { 3, 4, 5, 6 }, 4 };

/* The words of a list, in the text buffer: how many. */
static unsigned split(struct self *self, const char *list, char *word[WORDS])
{
    char *rest;
    unsigned words = 0;

    strlcpy(self->text, list, sizeof self->text);
    for (char *w = strtok_r(self->text, " ", &rest); w && words < WORDS;
         w = strtok_r(NULL, " ", &rest)) {
        word[words++] = w;
    }
    return words;
}

static int run(struct self *self)
{
    char *word[WORDS] = { "" };
    unsigned words;

    printf("struct: %s: height plus age is %u\n", config.name,
           (unsigned)(config.height + config.age));
    printf("inline_struct: %u: height plus age is %u\n", (unsigned)inline_struct.age,
           (unsigned)(inline_struct.height + inline_struct.age));
    printf("nested_struct: %d: height\n", (int)nested_struct.c.a);
    printf("array_struct: contains %u items, first one is %d\n",
           (unsigned)(sizeof array_struct / sizeof array_struct[0]), (int)array_struct[0].a);
    words = split(self, NUMBERS, word);
    printf("numbers: contains %u items, first one is %d\n", words, atoi(word[0]));
    words = split(self, STRINGS, word);
    printf("strings: contains %u items, first one is \"%s\"\n", words, word[0]);
    printf("array_in_struct: array length: %u, first element %d\n",
           (unsigned)(sizeof array_in_struct.b / sizeof array_in_struct.b[0]),
           (int)array_in_struct.b[0]);
    return 0;
}
