/*
 * Messages: file:line:column: error: text, the source line, and a caret under the place.  All errors of a run are
 * reported, up to DIAG_LIMIT; each once a place.
 */
#ifndef COMPOSE_DIAG_H
#define COMPOSE_DIAG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "model.h"

#define DIAG_LIMIT 50u

/* where may be NULL: no place.  The second error at the same place is dropped: it follows from the first. */
void error_at(const struct where *where, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void warning_at(const struct where *where, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A second place that belongs to the error or warning before it; dropped with it. */
void note_at(const struct where *where, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

uint32_t diag_errors(void);
uint32_t diag_warnings(void);
/* Forget all counts; messages go to `out` from now on (NULL: nowhere). */
void diag_start(FILE *out);

/* Line and column (from 1, in bytes) of a place. */
void where_line(const struct where *where, uint32_t *line, uint32_t *column);

/* Spelling help: offer candidates, then ask for the text " (did you mean "X"?)", or "" if none is near. */
struct spell {
    const char *wanted, *best;
    uint32_t distance;
};
void spell_offer(struct spell *spell, const char *candidate);
const char *spell_hint(const struct spell *spell);

#endif
