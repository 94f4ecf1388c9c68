/*
 * Machinery of the recursive descent.  An error sets `broken`; until recover() every accept fails and every expect is
 * silent, so that the parse functions need no error paths.  The names in what recover() skips are remembered:
 * resolve does not report them as unknown.
 */
#ifndef COMPOSE_PARSE_H
#define COMPOSE_PARSE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "arena.h"
#include "diag.h"
#include "lex.h"
#include "model.h"

struct parser {
    struct model *model;
    const struct source *source;
    const struct token *at;     /* the next token */
    const struct statement *as; /* the last statement that was begun */
    const struct where *word;   /* its first word */
    bool broken;
};

/* One kind of statement: how it begins, who parses the rest, and what the reference says of it. */
struct statement {
    /* "": taken without a word, if `second` stands behind the next token (0: always) */
    const char *word;
    /* Parses behind the word.  `to`: what it is part of or, with ADDS, the new thing that it makes. */
    void (*parse)(struct parser *p, void *to);
    const char *syntax, *help; /* a semicolon follows what has one at the end here */
    int second;
    uint32_t places;      /* IN_* of those bodies in which it may stand; 0: all */
    uint32_t which;       /* for `parse`: which of its statements this is */
    uint32_t bytes, list; /* size of the new thing, and offset of its list in what it is part of */
    uint32_t most;        /* length of that list; 0: no limit */
    /* Go on in that table, for what is at the offset `list`; word is NULL. */
    const struct statement *more;
};
#define ADDS(type, owner, member)                                                                  \
    .bytes = sizeof(struct type), .list = offsetof(struct owner, member)
#define GO_ON(table, owner, member) .more = table, .list = offsetof(struct owner, member)

#define SECOND 1000000000ull
#define HOUR   (3600 * SECOND)

#define IN_COMPONENT 1u
#define IN_SYSTEM    2u
#define IN_HARDWARE  4u
#define IN_LINE      8u /* inside another statement: no semicolon behind it */

const struct token *peek(const struct parser *p);
bool at_punct(const struct parser *p, int punct);
bool accept_word(struct parser *p, const char *word);
bool accept(struct parser *p, int punct);
void expect(struct parser *p, int punct);
/* The word is the first one of `what`, for the message. */
void expect_word(struct parser *p, const char *word, const char *what);
/* One of the words, of which there are several with blanks between: its number.  what: all that may stand there; NULL:
 * the words. */
uint32_t choose(struct parser *p, const char *words, const char *what);
/* Set it if the word stands there, and it is not set yet. */
bool accept_flag(struct parser *p, const char *word, bool *flag);
/* The end of a statement; if it is missing at the end of a line, this is reported and the parse goes on. */
void semicolon(struct parser *p);
/* A name that the text gives or uses; NULL if there is none. */
const char *expect_name(struct parser *p, const char *what, struct where *where);
/* The same, to what begins as struct named does. */
void parse_name(struct parser *p, void *named, const char *what);
/* NAME, NAME, ...: struct named. */
void parse_names(struct parser *p, struct list *list, int between, const char *what);
/* A number of that unit in low .. high. */
uint64_t expect_number(struct parser *p, const char *what, enum unit unit, uint64_t low,
                       uint64_t high);
/* The same between brackets: "<>", "()", "[]". */
uint64_t bracketed(struct parser *p, const char *brackets, const char *what, enum unit unit,
                   uint64_t low, uint64_t high);
/* A signed number without unit. */
int64_t expect_signed(struct parser *p, const char *what);
const char *expect_string(struct parser *p, const char *what, struct where *where);
/* Report an error at the next token, unless one is pending. */
void fail(struct parser *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Report that the present statement is there for the second time. */
void once(struct parser *p, bool was_there);

/* { statement statement ... }; each is recovered from by itself. */
void block(struct parser *p, void *to, const struct statement *table, uint32_t place,
           const char *what);
/* One statement of a table that may stand in `place`. */
void statement(struct parser *p, const struct statement *table, void *to, uint32_t place,
               const char *what);
/* The same; false, and no error: none of them stands there, which is offered all words. */
bool accept_statement(struct parser *p, const struct statement *table, void *to, uint32_t place,
                      struct spell *spell);
/* For words that stand alone: set the bool at the offset `which`. */
void parse_flag(struct parser *p, void *to);
/* Offer all its words. */
void offer_statements(const struct statement *table, struct spell *spell);
/* The table as Markdown. */
void statement_reference(const struct statement *table, FILE *out);

typedef void parse_function(struct parser *p, void *to);

/* ---- parse_idl.c ---- */
extern const struct statement interface_statements[], protocol_statements[];
parse_function parse_enumeration, parse_struct, parse_interface;
/* A type as written, without an array's count. */
void parse_type(struct parser *p, struct type *type);
/* [N] behind a name; 0: not there. */
uint32_t parse_count(struct parser *p, uint32_t max);
void offer_types(struct spell *spell);
void types_reference(FILE *out);

/* ---- parse_adl.c: components; which: IN_* of its body ---- */
extern const struct statement component_statements[];
parse_function parse_component;

/* ---- parse_connector.c ---- */
extern const struct statement connector_statements[];
parse_function parse_connector;

/* ---- parse_policy.c: budgets, restart ---- */
extern const struct statement policy_statements[];
extern const struct policy policy_default;

/* ---- parse_link.c: instances and what joins them ---- */
extern const struct statement transport_words[],
    adjectives[]; /* which: of transport_words: enum transport */
parse_function parse_instance, parse_connect, parse_export, parse_group, parse_deny, parse_until,
    parse_slot;
void parse_value(struct parser *p, struct value *value);

/* All of the tables above. */
void parse_reference(FILE *out);

#endif
