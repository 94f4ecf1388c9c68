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
    const struct token *at; /* the next token */
    bool broken;
};

/* One kind of statement: its first word, who parses the rest, and what the reference says of it. */
struct statement {
    const char *word;
    void (*parse)(struct parser *p, void *to, const struct where *where);
    const char *syntax, *help;
    uint32_t places; /* IN_* of those bodies in which it may stand */
};
#define IN_COMPONENT 1u
#define IN_SYSTEM    2u
#define IN_HARDWARE  4u

const struct token *peek(const struct parser *p);
bool at_word(const struct parser *p, const char *word);
bool at_punct(const struct parser *p, int punct);
bool accept_word(struct parser *p, const char *word);
bool accept(struct parser *p, int punct);
void expect(struct parser *p, int punct);
/* The end of a statement; if it is missing at the end of a line, this is reported and the parse goes on. */
void semicolon(struct parser *p);
/* A name that the text gives or uses; NULL if there is none. */
const char *expect_name(struct parser *p, const char *what, struct where *where);
/* A number of that unit in low .. high. */
uint64_t expect_number(struct parser *p, const char *what, enum unit unit, uint64_t low,
                       uint64_t high);
/* A signed number without unit. */
int64_t expect_signed(struct parser *p, const char *what);
const char *expect_string(struct parser *p, const char *what, struct where *where);
/* Report an error at the next token, unless one is pending. */
void fail(struct parser *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* An error at the next token: this word is none of those. */
void fail_word(struct parser *p, const char *what, const char *const *words);

/* { item item ... }; each item is recovered from by itself. */
void block(struct parser *p, void *to, void (*item)(struct parser *p, void *to));
/* One statement of a table, if it may stand in `place`. */
void statement(struct parser *p, const struct statement *table, void *to, uint32_t place,
               const char *what);
/* The table as Markdown. */
void statement_reference(const struct statement *table, FILE *out);

/* ---- parse_idl.c ---- */
extern const struct statement interface_statements[], protocol_statements[];
void parse_enum(struct parser *p, void *unused, const struct where *where);
void parse_flags(struct parser *p, void *unused, const struct where *where);
void parse_struct(struct parser *p, void *unused, const struct where *where);
void parse_interface(struct parser *p, void *unused, const struct where *where);
/* A type as written, without an array's count. */
void parse_type(struct parser *p, struct type *type);
/* [N] behind a name; 0: not there. */
uint32_t parse_count(struct parser *p, uint32_t max);
void types_reference(FILE *out);

/* ---- parse_adl.c: components ---- */
extern const struct statement component_statements[];
void parse_component(struct parser *p, void *unused, const struct where *where);
void parse_hardware(struct parser *p, void *unused, const struct where *where);
void parse_system(struct parser *p, void *unused, const struct where *where);

/* ---- parse_connector.c ---- */
extern const struct statement connector_statements[];
void parse_connector(struct parser *p, void *unused, const struct where *where);

/* ---- parse_policy.c: budgets, restart ---- */
extern const struct statement policy_statements[];
extern const struct policy policy_default;
/* True if a policy statement stood there. */
bool parse_policy(struct parser *p, struct policy *policy);

/* ---- parse_link.c: instances and what joins them ---- */
extern const struct statement adjectives[];
void parse_instance(struct parser *p, void *component, const struct where *where);
void parse_connect(struct parser *p, void *component, const struct where *where);
void parse_export(struct parser *p, void *component, const struct where *where);
void parse_group(struct parser *p, void *component, const struct where *where);
void parse_deny(struct parser *p, void *component, const struct where *where);
void parse_until(struct parser *p, void *component, const struct where *where);
void parse_slot(struct parser *p, void *component, const struct where *where);
void parse_value(struct parser *p, struct value *value);
void transports_reference(FILE *out);

/* All of the tables above. */
void parse_reference(FILE *out);

#endif
