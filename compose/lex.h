/* Tokens.  Words have no meaning here: which of them are keywords depends on where they stand. */
#ifndef COMPOSE_LEX_H
#define COMPOSE_LEX_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "model.h"

enum token_kind { TOKEN_END, TOKEN_NAME, TOKEN_NUMBER, TOKEN_STRING, TOKEN_PUNCT, TOKEN_BAD };

/* Punctuation is its character, or one of these. */
enum { PUNCT_ARROW = 256, PUNCT_INFLUENCE, PUNCT_RANGE }; /* ->  ~>  .. */

struct token {
    enum token_kind kind;
    int punct;
    enum unit unit;   /* TOKEN_NUMBER */
    uint32_t line;    /* from 1 */
    uint64_t value;   /* TOKEN_NUMBER: bytes, nanoseconds, or plain */
    const char *text; /* TOKEN_NAME: interned; TOKEN_STRING: interned, without the quotes */
    struct where where;
};

/* Read a file; NULL if it cannot be read.  The text is NUL-terminated. */
struct source *source_read(const char *path);
/* A source from memory. */
struct source *source_from(const char *path, const char *text, uint32_t bytes);
/* For tests: source_read of that path gives this text instead of the file's; NULL: no longer.  Both must last. */
void source_replace(const char *path, const char *text, uint32_t bytes);

/* All tokens of a source, the last one TOKEN_END; errors are reported and their characters left out. */
struct token *lex(const struct source *source);

/* "number", "size", "time": for messages. */
const char *unit_name(enum unit unit);
/* The text of punctuation, for messages. */
const char *punct_text(int punct);
/* Markdown table of the units. */
void lex_reference(FILE *out);

#endif
