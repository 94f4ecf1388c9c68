/* Text to tokens. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "diag.h"
#include "lex.h"

#define SOURCE_MAX (4u << 20) /* bytes of one file */

static const struct {
    const char *name;
    enum unit unit;
    uint64_t factor;
    const char *help;
} units[] = {
    { "KiB", UNIT_SIZE, 1024, "1024 bytes" },
    { "MiB", UNIT_SIZE, 1024 * 1024, "1024 KiB" },
    { "GiB", UNIT_SIZE, 1024 * 1024 * 1024, "1024 MiB" },
    { "ns", UNIT_TIME, 1, "nanoseconds" },
    { "us", UNIT_TIME, 1000, "microseconds" },
    { "ms", UNIT_TIME, 1000 * 1000, "milliseconds" },
    { "s", UNIT_TIME, 1000 * 1000 * 1000, "seconds" },
};
#define UNITS (sizeof(units) / sizeof(units[0]))

struct lexer {
    const struct source *source;
    uint32_t at, line;
    struct token *tokens;
    uint32_t count, room;
};

const char *unit_name(enum unit unit)
{
    return unit == UNIT_SIZE ? "size" : unit == UNIT_TIME ? "time" : "plain number";
}

static const struct {
    char text[3];
    int punct;
} pairs[] = { { "->", PUNCT_ARROW }, { "~>", PUNCT_INFLUENCE }, { "..", PUNCT_RANGE } };
#define PAIRS (sizeof(pairs) / sizeof(pairs[0]))

const char *punct_text(int punct)
{
    return punct >= PUNCT_ARROW ? pairs[punct - PUNCT_ARROW].text : text_format("%c", punct);
}

void lex_reference(FILE *out)
{
    fputs("| unit | of | is |\n|---|---|---|\n", out);
    for (size_t i = 0; i < UNITS; i++) {
        fprintf(out, "| `%s` | %s | %s |\n", units[i].name, unit_name(units[i].unit),
                units[i].help);
    }
}

struct source *source_from(const char *path, const char *text, uint32_t bytes)
{
    struct source *source = NEW(struct source);
    char *copy = arena_alloc((size_t)bytes + 1);

    memcpy(copy, text, bytes);
    *source = (struct source){ .path = name_of(path), .text = copy, .bytes = bytes };
    return source;
}

static const char *replaced_path, *replaced_text;
static uint32_t replaced_bytes;

void source_replace(const char *path, const char *text, uint32_t bytes)
{
    replaced_path = path;
    replaced_text = text;
    replaced_bytes = bytes;
}

struct source *source_read(const char *path)
{
    FILE *file = fopen(path, "rb");
    bool is_replaced = replaced_path && strcmp(path, replaced_path) == 0;
    struct source *source = NULL;
    char *text = malloc(SOURCE_MAX);
    size_t bytes = file && text ? fread(text, 1, SOURCE_MAX, file) : SOURCE_MAX;

    if (file && is_replaced) {
        source = source_from(path, replaced_text, replaced_bytes);
    } else if (bytes < SOURCE_MAX && !ferror(file)) {
        source = source_from(path, text, (uint32_t)bytes);
    }
    free(text);
    if (file) {
        fclose(file);
    }
    return source;
}

static char look(const struct lexer *x, uint32_t ahead)
{
    return x->at + ahead < x->source->bytes ? x->source->text[x->at + ahead] : '\0';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static struct where span(const struct lexer *x, uint32_t from)
{
    return (struct where){ x->source, from, x->at > from ? x->at - from : 1 };
}

static struct token *add(struct lexer *x, enum token_kind kind, uint32_t from)
{
    if (x->count == x->room) {
        uint32_t room = x->room ? 2 * x->room : 256;
        struct token *tokens = arena_alloc(room * sizeof(*tokens));

        if (x->count) {
            memcpy(tokens, x->tokens, x->count * sizeof(*tokens));
        }
        x->tokens = tokens;
        x->room = room;
    }
    x->tokens[x->count] =
        (struct token){ .kind = kind, .line = x->line, .where = span(x, from), .text = "" };
    return &x->tokens[x->count++];
}

/* Comments and blanks. */
static void skip_blank(struct lexer *x)
{
    for (;;) {
        const char *text = x->source->text + x->at, *end;

        if (text[0] == '/' && text[1] == '/') {
            end = text + strcspn(text, "\n");
        } else if (text[0] == '/' && text[1] == '*') {
            end = strstr(text + 2, "*/");
            if (!end) {
                error_at(&(struct where){ x->source, x->at, 2 }, "this comment has no end");
            }
            end = end ? end + 2 : x->source->text + x->source->bytes;
        } else {
            end = text + strspn(text, " \t\r\n");
        }
        if (end == text) {
            return;
        }
        for (; text < end; text++, x->at++) {
            x->line += *text == '\n';
        }
    }
}

/* The unit at text[from ..]; reports an unknown one. */
static void apply_unit(struct lexer *x, struct token *token, uint32_t from)
{
    uint32_t bytes = x->at - from;
    const char *word = intern(x->source->text + from, bytes);
    struct spell spell = { .wanted = word };

    for (size_t i = 0; i < UNITS; i++) {
        spell_offer(&spell, units[i].name);
        if (strcmp(units[i].name, word) == 0) {
            if (token->value > INT64_MAX / units[i].factor) {
                error_at(&token->where, "this number is too large");
                return;
            }
            token->value *= units[i].factor;
            token->unit = units[i].unit;
            return;
        }
    }
    error_at(&token->where, "\"%s\" is no unit%s", word, spell_hint(&spell));
}

static void lex_number(struct lexer *x)
{
    uint32_t from = x->at, unit;
    const char *text = x->source->text + from;
    bool is_hex = text[0] == '0' && text[1] == 'x', has_digits = true;
    struct token *token;
    uint64_t value = 0;
    char *end = (char *)(uintptr_t)text + 2;

    errno = 0;
    if (!is_hex) {
        value = strtoull(text, &end, 10);
    } else if (isxdigit((unsigned char)text[2])) {
        value = strtoull(text, &end, 16);
    } else {
        has_digits = false;
    }
    unit = x->at += (uint32_t)(end - text);
    while (is_letter(look(x, 0)) || is_digit(look(x, 0))) {
        x->at++;
    }
    token = add(x, TOKEN_NUMBER, from);
    token->value = value;
    if (!has_digits) {
        error_at(&token->where, "a hexadecimal number has digits behind 0x");
    } else if (errno == ERANGE) {
        error_at(&token->where, "this number is too large");
    } else if (!is_hex && end > text + 1 && text[0] == '0') {
        error_at(&token->where, "a decimal number does not begin with 0");
    } else if (unit < x->at) {
        apply_unit(x, token, unit);
    }
}

/* A string that is none: one error, and a token that fits nowhere, at the same place. */
static void bad_string(struct lexer *x, uint32_t from)
{
    bool has_end = x->at < x->source->bytes && look(x, 0) != '\n';
    struct where where = { x->source, has_end ? x->at : from, 1 };

    error_at(&where, has_end ? "a string holds printable ASCII without backslash"
                             : "this string has no end on its line");
    while (x->at < x->source->bytes && look(x, 0) != '\n' && look(x, 0) != '"') {
        x->at++;
    }
    x->at += look(x, 0) == '"';
    add(x, TOKEN_BAD, from)->where = where;
}

static void lex_string(struct lexer *x)
{
    uint32_t from = x->at++;

    while (look(x, 0) >= ' ' && look(x, 0) <= '~' && look(x, 0) != '"' && look(x, 0) != '\\') {
        x->at++;
    }
    if (look(x, 0) != '"') {
        bad_string(x, from);
        return;
    }
    x->at++;
    add(x, TOKEN_STRING, from)->text = intern(x->source->text + from + 1, x->at - from - 2);
}

static void lex_name(struct lexer *x)
{
    uint32_t from = x->at;
    struct token *token;

    while (is_letter(look(x, 0)) || is_digit(look(x, 0))) {
        x->at++;
    }
    token = add(x, TOKEN_NAME, from);
    token->text = intern(x->source->text + from, x->at - from);
}

static void lex_punct(struct lexer *x)
{
    uint32_t from = x->at;
    int punct = (unsigned char)look(x, 0);

    for (size_t i = 0; i < PAIRS; i++) {
        if (look(x, 0) == pairs[i].text[0] && look(x, 1) == pairs[i].text[1]) {
            x->at += 2;
            add(x, TOKEN_PUNCT, from)->punct = pairs[i].punct;
            return;
        }
    }
    x->at++;
    if (punct && strchr("{}()[]<>;:,.*=/-", punct)) {
        add(x, TOKEN_PUNCT, from)->punct = punct;
        return;
    }
    /* One message for a run of them: the bytes of one character of UTF-8, say. */
    while (x->at < x->source->bytes && (unsigned char)look(x, 0) >= 0x80) {
        x->at++;
    }
    error_at(&add(x, TOKEN_BAD, from)->where, "a character that means nothing");
}

struct token *lex(const struct source *source)
{
    struct lexer lexer = { .source = source, .line = 1 }, *x = &lexer;

    for (skip_blank(x); x->at < source->bytes; skip_blank(x)) {
        if (is_letter(look(x, 0))) {
            lex_name(x);
        } else if (is_digit(look(x, 0))) {
            lex_number(x);
        } else if (look(x, 0) == '"') {
            lex_string(x);
        } else {
            lex_punct(x);
        }
    }
    add(x, TOKEN_END, x->at);
    return x->tokens;
}
