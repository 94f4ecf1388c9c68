/* Reads a template: tags, and expressions. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "diag.h"
#include "pieces.h"

struct reader {
    const struct source *source;
    const char *at, *end;
    const char *
        stop; /* the word that ended the body that was read last: "end", "else", "elif"; NULL: none has */
    bool is_inside;           /* of @{ }: lines may end there */
    struct list *definitions; /* NULL: they are not allowed */
    bool failed;
    uint32_t depth;
};

static struct where place_of(const struct reader *r, const char *at)
{
    return (struct where){ r->source, (uint32_t)(at - r->source->text), 1 };
}

void template_fail(bool *failed, const struct where *where, const char *message)
{
    if (!*failed) {
        error_at(where, "template: %s", message);
    }
    *failed = true;
}

static void *bad(struct reader *r, const char *at, const char *message)
{
    struct where where = place_of(r, at);

    template_fail(&r->failed, &where, message);
    return NULL;
}

static void blanks(struct reader *r)
{
    r->at += strspn(r->at, r->is_inside ? " \n" : " ");
}

static bool is_name_char(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* The name that stands there, "" if none does. */
static const char *peek_word(const struct reader *r)
{
    size_t bytes = 0;

    while (is_name_char(r->at[bytes])) {
        bytes++;
    }
    return intern(r->at, bytes);
}

static const char *word(struct reader *r)
{
    const char *name;

    blanks(r);
    name = peek_word(r);
    r->at += strlen(name);
    return name;
}

static bool accept(struct reader *r, const char *text)
{
    size_t bytes = strlen(text);
    const char *from = r->at;
    bool is;

    blanks(r);
    is = strncmp(r->at, text, bytes) == 0 &&
         !(is_name_char(text[bytes - 1]) && is_name_char(r->at[bytes]));
    r->at = is ? r->at + bytes : from;
    return is;
}

static struct expression *expression(struct reader *r);

static struct expression *new_expression(struct reader *r, enum operation operation,
                                         struct expression *left, struct expression *right)
{
    struct expression *e = NEW(struct expression);

    *e = (struct expression){ operation, place_of(r, r->at), .left = left, .right = right };
    return e;
}

/* NAME.FIELD.FIELD, a number, "text" or ( ) */
static struct expression *operand(struct reader *r)
{
    struct expression *e;

    blanks(r);
    e = new_expression(r, OP_CONSTANT, NULL, NULL);
    if (isdigit((unsigned char)*r->at)) {
        e->constant = number(strtoll(r->at, (char **)(uintptr_t)&r->at, 10));
        return e;
    }
    if (*r->at == '"') {
        size_t bytes = strcspn(r->at + 1, "\"\n");

        if (r->at[bytes + 1] != '"') {
            return bad(r, r->at, "this text has no end");
        }
        e->constant = text(intern(r->at + 1, bytes));
        r->at += bytes + 2;
        return e;
    }
    if (accept(r, "(")) {
        e = expression(r);
        return accept(r, ")") ? e : bad(r, r->at, "expected \")\"");
    }
    e->operation = OP_NAME;
    e->name = word(r);
    if (!*e->name) {
        return bad(r, r->at, "expected a name, a number or a text");
    }
    while (*r->at == '.') {
        r->at++;
        e = new_expression(r, OP_FIELD, e, NULL);
        e->name = word(r);
    }
    return e;
}

static struct expression *comparison(struct reader *r)
{
    struct expression *e;

    if (accept(r, "not")) {
        return new_expression(r, OP_NOT, comparison(r), NULL);
    }
    e = operand(r);
    return accept(r, "==")   ? new_expression(r, OP_EQUAL, e, operand(r))
           : accept(r, "!=") ? new_expression(r, OP_DIFFER, e, operand(r))
           : accept(r, ">")  ? new_expression(r, OP_MORE, e, operand(r))
                             : e;
}

static struct expression *conjunction(struct reader *r)
{
    struct expression *e = comparison(r);

    while (accept(r, "and")) {
        e = new_expression(r, OP_AND, e, comparison(r));
    }
    return e;
}

/* A and B or C ? D : E */
static struct expression *expression(struct reader *r)
{
    struct expression *e = conjunction(r);

    while (accept(r, "or")) {
        e = new_expression(r, OP_OR, e, conjunction(r));
    }
    if (accept(r, "?")) {
        e = new_expression(r, OP_CHOICE, e, NULL);
        e->middle = operand(r);
        e->right = accept(r, ":") ? operand(r) : bad(r, r->at, "expected \":\"");
    }
    return e;
}

/* Behind what a tag says: its brace, or the rest of its line. */
static void close(struct reader *r)
{
    if (!r->is_inside) {
        r->at += strcspn(r->at, "\n");
        r->at += *r->at == '\n';
    } else if (!accept(r, "}")) {
        bad(r, r->at, "expected \"}\"");
    }
}

static void body(struct reader *r, struct list *pieces);

/* The body of what began at `where` and must have an end, but for what else may stop it. */
static void closed_body(struct reader *r, struct list *pieces, const struct where *where,
                        bool may_be_else)
{
    close(r);
    body(r, pieces);
    if (!r->stop || (!may_be_else && strcmp(r->stop, "end") != 0)) {
        template_fail(&r->failed, where, "this has no @end");
    }
}

static void read_if(struct reader *r, struct piece *p)
{
    p->kind = PIECE_IF;
    p->value = expression(r);
    closed_body(r, &p->body, &p->where, true);
    if (!r->failed && strcmp(r->stop, "elif") == 0) {
        struct piece *other = NEW(struct piece);

        other->where = p->where;
        list_add(&p->otherwise, other);
        read_if(r, other);
    } else if (!r->failed && strcmp(r->stop, "else") == 0) {
        closed_body(r, &p->otherwise, &p->where, false);
    }
}

/* The new name behind @for and @let, and the word behind it. */
static void new_name(struct reader *r, struct piece *p, const char *behind, const char *message)
{
    const char *at;

    p->name = word(r);
    blanks(r);
    at = r->at;
    if (!*p->name || !accept(r, behind)) {
        bad(r, at, message);
    }
}

static void read_for(struct reader *r, struct piece *p)
{
    struct where where = p->where;

    p->kind = PIECE_FOR;
    blanks(r);
    p->where = place_of(r, r->at);
    new_name(r, p, "in", "expected @for NAME in LIST");
    p->value = expression(r);
    closed_body(r, &p->body, &where, false);
}

static void read_use(struct reader *r, struct piece *p)
{
    p->kind = PIECE_USE;
    p->value = operand(r);
    for (blanks(r); *r->at != '\n' && *r->at != '}' && !r->failed; blanks(r)) {
        list_add(&p->values, operand(r));
    }
    close(r);
}

/* NAME PARAM ..., then lines until @end, or = and text. */
static void read_definition(struct reader *r, const struct where *where)
{
    struct definition *d = NEW(struct definition);
    const char *end = r->end;
    uint32_t depth = 0;

    d->name = word(r);
    for (const char *param = word(r); *param; param = word(r)) {
        list_add_name(&d->params, param);
    }
    list_add(r->definitions, d);
    if (!accept(r, "=")) {
        closed_body(r, &d->body, where, false);
        return;
    }
    blanks(r);
    for (r->end = r->at; depth || *r->end != '\n'; r->end++) { /* a line, but not inside of @{ } */
        depth += strncmp(r->end, "@{", 2) == 0;
        depth -= *r->end == '}' && depth;
    }
    body(r, &d->body);
    r->end = end;
    r->at++;
}

/* A word that ends a body. */
static bool stops(struct reader *r, const char *name)
{
    if (strcmp(name, "end") != 0 && strcmp(name, "else") != 0 && strcmp(name, "elif") != 0) {
        return false;
    }
    r->stop = name;
    r->at += strlen(name);
    if (strcmp(name, "end") == 0) {
        close(r);
    }
    return true;
}

/* What begins with a word, behind "@" or "@{"; false: none of these. */
static bool tag(struct reader *r, struct list *pieces, const char *name)
{
    struct piece *p = NEW(struct piece);

    p->where = place_of(r, r->at - 1);
    if (r->depth > 1 && stops(r, name)) {
        return true;
    }
    r->at += strlen(name);
    if (strcmp(name, "if") == 0) {
        read_if(r, p);
    } else if (strcmp(name, "for") == 0) {
        read_for(r, p);
    } else if (strcmp(name, "let") == 0) {
        p->kind = PIECE_LET;
        new_name(r, p, "=", "expected @let NAME = VALUE");
        p->value = expression(r);
        close(r);
    } else if (r->definitions && strcmp(name, "use") == 0) {
        read_use(r, p);
    } else if (r->definitions && strcmp(name, "glue") == 0) {
        p->kind = PIECE_GLUE;
        p->value = operand(r);
        p->side = accept(r, "from") ? SIDE_FROM : SIDE_TO;
        close(r);
    } else if (r->definitions && strcmp(name, "def") == 0) {
        read_definition(r, &p->where);
        r->stop = NULL;
        return true;
    } else {
        return false;
    }
    r->stop = NULL;
    list_add(pieces, p);
    return true;
}

#define NESTING_MAX 33u

/* A line that begins with "@"; false: this is none. */
static bool tag_line(struct reader *r, struct list *pieces)
{
    const char *line = r->at, *at = line + strspn(line, " ");

    if (at[0] != '@' || at[1] == '{' || (line > r->source->text && line[-1] != '\n')) {
        return false;
    }
    r->at = at + 1;
    r->is_inside = false;
    if (r->depth > NESTING_MAX) {
        bad(r, line, "nested too deeply");
    } else if (at[1] == '#') {
        close(r);
    } else if (!tag(r, pieces, peek_word(r)) && !r->failed) {
        bad(r, line, "a line with @ is @for, @if, @elif, @else, @end or @let");
    }
    return true;
}

static struct piece *add_piece(struct reader *r, struct list *pieces)
{
    struct piece *p = NEW(struct piece);

    p->where = place_of(r, r->at);
    list_add(pieces, p);
    return p;
}

/* @{VALUE}, or a tag inside of a line. */
static void inside(struct reader *r, struct list *pieces)
{
    const char *from = r->at, *name;

    r->at += 2;
    r->is_inside = true;
    blanks(r);
    name = peek_word(r);
    if (r->at[strlen(name)] == '.' || !tag(r, pieces, name)) {
        struct piece *p;

        r->at = from;
        p = add_piece(r, pieces);
        r->at += 2;
        p->kind = PIECE_VALUE;
        p->value = expression(r);
        close(r);
    }
}

static void body(struct reader *r, struct list *pieces)
{
    r->stop = NULL;
    r->depth++;
    while (r->at < r->end && !r->stop && !r->failed) {
        if (strncmp(r->at, "@{", 2) == 0) {
            inside(r, pieces);
        } else if (!tag_line(r, pieces)) {
            struct piece *p = add_piece(r, pieces);

            do {
                r->at++;
            } while (r->at < r->end && r->at[-1] != '\n' && strncmp(r->at, "@{", 2) != 0);
            p->where.length = (uint32_t)(r->at - r->source->text) - p->where.offset;
        }
    }
    r->depth--;
}

bool template_read(const struct source *source, struct list *pieces, struct list *definitions)
{
    struct reader r = { .source = source,
                        .at = source->text,
                        .end = source->text + source->bytes,
                        .definitions = definitions };

    body(&r, pieces);
    return !r.failed;
}
