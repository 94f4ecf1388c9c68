/* Messages with the place in the text that they are about, and help with spelling. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "diag.h"

static FILE *diag_out;
static bool diag_started;
static uint32_t errors, warnings;
static bool last_dropped; /* notes follow the message before them */

#define SEEN_MAX 1024u
static struct where seen[SEEN_MAX]; /* places that have had their error */

void diag_start(FILE *out)
{
    diag_out = out;
    diag_started = true;
    errors = warnings = 0;
    last_dropped = false;
}

uint32_t diag_errors(void)
{
    return errors;
}

uint32_t diag_warnings(void)
{
    return warnings;
}

void where_line(const struct where *where, uint32_t *line, uint32_t *column)
{
    const char *text = where->source->text;

    *line = 1;
    *column = 1;
    for (uint32_t i = 0; i < where->offset && i < where->source->bytes; i++) {
        *column = text[i] == '\n' ? 1 : *column + 1;
        *line += text[i] == '\n';
    }
}

/* The source line with a caret below; tabs stay tabs, so that the caret is right whatever their width. */
static void print_source(FILE *out, const struct where *where, uint32_t column)
{
    const char *text = where->source->text, *line = text + where->offset - (column - 1);
    uint32_t bytes = 0, left = where->source->bytes - (uint32_t)(line - text);

    while (bytes < left && line[bytes] != '\n') {
        bytes++;
    }
    fprintf(out, "    %.*s\n    ", (int)bytes, line);
    for (uint32_t i = 0; i + 1 < column; i++) {
        fputc(line[i] == '\t' ? '\t' : ' ', out);
    }
    fputc('^', out);
    for (uint32_t i = 1; i < where->length && column + i <= bytes; i++) {
        fputc('~', out);
    }
    fputc('\n', out);
}

static FILE *output(void)
{
    return diag_started ? diag_out : stderr;
}

static void print_message(const struct where *where, const char *kind, const char *format,
                          va_list args)
{
    bool has_place = where && where->source;
    uint32_t line = 0, column = 0;
    FILE *out = output();

    if (!out || last_dropped) {
        return;
    }
    if (has_place) {
        where_line(where, &line, &column);
        fprintf(out, "%s:%u:%u: ", where->source->path, line, column);
    } else {
        fputs("compose: ", out);
    }
    fprintf(out, "%s: ", kind);
    vfprintf(out, format, args);
    fputc('\n', out);
    if (has_place) {
        print_source(out, where, column);
    }
}

/* All three messages are alike but for their first word. */
#define PRINT(where, kind, format)                                                                 \
    do {                                                                                           \
        va_list args;                                                                              \
        va_start(args, format);                                                                    \
        print_message(where, kind, format, args);                                                  \
        va_end(args);                                                                              \
    } while (0)

static bool seen_before(const struct where *where)
{
    uint32_t known = errors < SEEN_MAX ? errors : SEEN_MAX;

    if (!where || !where->source) {
        return false;
    }
    for (uint32_t i = 0; i < known; i++) {
        if (seen[i].source == where->source && seen[i].offset == where->offset) {
            return true;
        }
    }
    return false;
}

void error_at(const struct where *where, const char *format, ...)
{
    bool was_seen = seen_before(where);

    last_dropped = was_seen || errors >= DIAG_LIMIT;
    if (was_seen) {
        return;
    }
    if (errors < SEEN_MAX) {
        seen[errors] = where ? *where : (struct where){ 0 };
    }
    if (errors++ == DIAG_LIMIT && output()) {
        fputs("compose: too many errors, the rest is not shown\n", output());
    }
    PRINT(where, "error", format);
}

void warning_at(const struct where *where, const char *format, ...)
{
    last_dropped = warnings++ >= DIAG_LIMIT;
    PRINT(where, "warning", format);
}

void note_at(const struct where *where, const char *format, ...)
{
    PRINT(where, "note", format);
}

/* ---- spelling ---- */

#define WORD_MAX 32u

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Insertions, deletions, substitutions and swaps of neighbours that turn a into b. */
static uint32_t distance(const char *a, const char *b)
{
    uint32_t m = (uint32_t)strlen(a), n = (uint32_t)strlen(b), d[WORD_MAX + 1][WORD_MAX + 1];

    if (m > WORD_MAX || n > WORD_MAX) {
        return WORD_MAX;
    }
    for (uint32_t i = 0; i <= m; i++) {
        for (uint32_t j = 0; j <= n; j++) {
            if (i == 0 || j == 0) {
                d[i][j] = i + j;
                continue;
            }
            d[i][j] = smaller(smaller(d[i][j - 1], d[i - 1][j]) + 1,
                              d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                d[i][j] = smaller(d[i][j], d[i - 2][j - 2] + 1);
            }
        }
    }
    return d[m][n];
}

void spell_offer(struct spell *spell, const char *candidate)
{
    uint32_t far = distance(spell->wanted, candidate);
    uint32_t length = (uint32_t)strlen(spell->wanted), limit = length <= 5 ? 1 : length / 3;

    if (far <= limit && far < length && (!spell->best || far < spell->distance)) {
        spell->best = candidate;
        spell->distance = far;
    }
}

const char *spell_hint(const struct spell *spell)
{
    return spell->best ? text_format(" (did you mean \"%s\"?)", spell->best) : "";
}
