/* Enums, structures, interfaces. */
#include <stdint.h>
#include <string.h>

#include "parse.h"

#define BOUND_MAX     (16u << 20) /* bytes of the largest parameter */
#define ARRAY_MAX     65536u
#define CONSTANTS_MAX 1024u

static const struct {
    const char *name;
    enum type_kind kind;
    uint32_t bits;
    const char *help;
} types[] = {
    { "u8", TYPE_UNSIGNED, 8, "`uint8_t`" },
    { "u16", TYPE_UNSIGNED, 16, "`uint16_t`" },
    { "u32", TYPE_UNSIGNED, 32, "`uint32_t`" },
    { "u64", TYPE_UNSIGNED, 64, "`uint64_t`" },
    { "i8", TYPE_SIGNED, 8, "`int8_t`" },
    { "i16", TYPE_SIGNED, 16, "`int16_t`" },
    { "i32", TYPE_SIGNED, 32, "`int32_t`" },
    { "i64", TYPE_SIGNED, 64, "`int64_t`" },
    { "f32", TYPE_FLOAT, 32, "`float`" },
    { "f64", TYPE_FLOAT, 64, "`double`" },
    { "bool", TYPE_BOOL, 8, "`bool`" },
    { "string", TYPE_STRING, 0, "`string<N>`: at most N characters, none of them NUL" },
    { "bytes", TYPE_BYTES, 0, "`bytes<N>`: at most N bytes" },
    { "cap", TYPE_CAP, 0, "`cap NAME`: a capability to that interface" },
    { "struct", TYPE_STRUCT, 0, "`struct NAME` or `NAME`: an enum, flags or a struct" },
};
#define TYPES (sizeof(types) / sizeof(types[0]))

void types_reference(FILE *out)
{
    fputs("| type | in C |\n|---|---|\n", out);
    for (size_t i = 0; i < TYPES; i++) {
        fprintf(out, "| `%s` | %s |\n", types[i].name, types[i].help);
    }
}

void offer_types(struct spell *spell)
{
    for (size_t i = 0; i < TYPES; i++) {
        spell_offer(spell, types[i].name);
    }
}

void parse_type(struct parser *p, struct type *type)
{
    size_t i = 0;

    *type = (struct type){ .where = peek(p)->where, .kind = TYPE_STRUCT };
    while (i < TYPES && !accept_word(p, types[i].name)) {
        i++;
    }
    if (i < TYPES) {
        type->kind = types[i].kind;
        type->bits = types[i].bits;
    }
    if (type->kind == TYPE_STRING || type->kind == TYPE_BYTES) {
        type->bound = (uint32_t)bracketed(
            p, "<>", type->kind == TYPE_STRING ? "the length of a string" : "the length of bytes",
            UNIT_SIZE, 1, BOUND_MAX);
    } else if (type->kind == TYPE_CAP) {
        type->name = expect_name(p, "the name of an interface", &type->where);
    } else if (type->kind == TYPE_STRUCT) { /* or an enum: resolve knows */
        type->name = expect_name(p, "a type", &type->where);
    }
}

uint32_t parse_count(struct parser *p, uint32_t max)
{
    return at_punct(p, '[')
               ? (uint32_t)bracketed(p, "[]", "the number of elements", UNIT_NONE, 1, max)
               : 0;
}

/* ---- enum, flags, struct ---- */

static void parse_constant(struct parser *p, struct enumeration *e, int64_t *next)
{
    struct constant *constant = NEW(struct constant);

    parse_name(p, constant, "the name of a constant");
    if (accept(p, '=')) {
        *next = expect_signed(p, "the value of a constant");
    } else if (e->is_flags) {
        fail(p, "each flag has a value: NAME = N");
    }
    constant->value = *next;
    *next += *next < INT64_MAX;
    if (e->constants.count == CONSTANTS_MAX) {
        fail(p, "more than %u constants", CONSTANTS_MAX);
    }
    if (!p->broken) {
        list_add(&e->constants, constant);
    }
}

void parse_enumeration(struct parser *p, void *to)
{
    struct enumeration *e = to;
    uint32_t width;
    int64_t next = 0;

    e->is_flags = p->as->which;
    parse_name(p, e, e->is_flags ? "a name of flags" : "the name of an enum");
    expect(p, ':');
    width = choose(p, "u8 u16 u32 u64 i8 i16 i32 i64", "one of u8 u16 u32 u64 i8 i16 i32 i64");
    e->bits = types[width].bits;
    e->is_signed = types[width].kind == TYPE_SIGNED;
    expect(p, '{');
    do {
        parse_constant(p, e, &next);
    } while (accept(p, ',') && !at_punct(p, '}'));
    expect(p, '}');
}

static void parse_field(struct parser *p, void *to)
{
    struct field *field = to;

    parse_type(p, &field->type);
    parse_name(p, field, "the name of a field");
    field->type.count = parse_count(p, ARRAY_MAX);
}

void parse_struct(struct parser *p, void *structure)
{
    static const struct statement fields[] = {
        { "", .parse = parse_field, .syntax = ";", ADDS(field, structure, fields) },
    };

    parse_name(p, structure, "the name of a struct");
    block(p, structure, fields, 0, "a field");
}

/* ---- methods ---- */

/* [ N ], [ param ] or [ param * N ], then max SIZE. */
static void parse_extent(struct parser *p, struct extent *extent)
{
    expect(p, '[');
    extent->where = peek(p)->where;
    extent->factor = 1;
    if (peek(p)->kind == TOKEN_NAME) {
        extent->param = expect_name(p, "a parameter", &extent->where);
    }
    if (!extent->param || accept(p, '*')) {
        extent->factor = expect_number(p, "the size of a lent buffer", UNIT_SIZE, 1, BOUND_MAX);
    }
    expect(p, ']');
    extent->max = extent->param ? 0 : extent->factor;
    if (accept_word(p, "max")) {
        extent->max =
            expect_number(p, "the largest size of a lent buffer", UNIT_SIZE, 1, BOUND_MAX);
    } else if (extent->param) {
        fail(p, "expected \"max SIZE\": nothing is unbounded");
    }
}

/* lend in|out bytes NAME [extent] */
static void parse_lend(struct parser *p, struct param *param, bool is_result)
{
    param->is_lend = true;
    if (is_result) {
        fail(p, "a lent buffer stands in front of \"->\": lend out");
    }
    param->is_out = choose(p, "in out", NULL) == 1;
    param->type = (struct type){ .kind = TYPE_BYTES, .where = peek(p)->where };
    choose(p, "bytes", "\"bytes\": nothing else can be lent");
    parse_name(p, param, "the name of a parameter");
    parse_extent(p, &param->extent);
}

static void parse_params(struct parser *p, struct method *method, bool is_result)
{
    expect(p, '(');
    if (accept(p, ')')) {
        return;
    }
    do {
        struct param *param = NEW(struct param);

        param->is_out = is_result;
        param->word = param->offset = NONE;
        if (accept_word(p, "lend")) {
            parse_lend(p, param, is_result);
        } else {
            parse_type(p, &param->type);
            parse_name(p, param, "the name of a parameter");
            param->type.count = parse_count(p, ARRAY_MAX);
        }
        if (!p->broken) {
            list_add(&method->params, param);
        }
    } while (accept(p, ','));
    expect(p, ')');
}

static void parse_method(struct parser *p, void *to)
{
    struct method *method = to;

    method->kind = p->as->which;
    parse_name(p, method, "the name of a method");
    parse_params(p, method, false);
    if (accept(p, PUNCT_ARROW)) {
        parse_params(p, method, true);
    }
    method->is_dedupe = accept_word(p, "dedupe");
    if (accept_word(p, "covers")) {
        parse_name(p, &method->covers, "a parameter");
    }
}

/* ---- protocol ---- */

/* read, write -> Open within 50ms; */
static void parse_transition(struct parser *p, void *to)
{
    struct transition *transition = to;

    transition->where = peek(p)->where;
    parse_names(p, &transition->names, ',', "the name of a method");
    if (accept(p, PUNCT_ARROW)) {
        transition->target = expect_name(p, "the name of a state", &transition->where);
    }
    if (accept_word(p, "within")) {
        transition->within_ns = expect_number(p, "the limit of a call", UNIT_TIME, 1000, HOUR);
    }
}

static void parse_state(struct parser *p, void *to)
{
    static const struct statement transitions[] = {
        { "", .parse = parse_transition, .syntax = ";", ADDS(transition, state, transitions) },
    };
    struct state *state = to;

    parse_name(p, state, "the name of a state");
    state->is_quiet = accept_word(p, "quiet");
    block(p, state, transitions, 0, "a transition");
}

static void parse_recover_names(struct parser *p, void *to)
{
    parse_names(p, &((struct interface *)to)->recover_names, ',', "the name of a method");
}

static void parse_recover(struct parser *p, void *to)
{
    static const struct statement names[] = {
        { "", .parse = parse_recover_names, .syntax = ";" },
    };

    once(p, ((struct interface *)to)->recover_names.count);
    block(p, to, names, 0, "a method");
}

static void parse_patience(struct parser *p, void *to)
{
    struct interface *interface = to;

    once(p, interface->patience_ns != 0);
    interface->patience_ns = expect_number(p, "the life of a request", UNIT_TIME, 1000, HOUR);
}

const struct statement protocol_statements[] = {
    { "state", parse_state, "state NAME [quiet] { METHOD, ... [-> STATE] [within TIME]; ... }",
      "what is allowed in that state, and the state afterwards; in a quiet one the server "
      "may be swapped",
      ADDS(state, interface, states), .most = 256 },
    { "recover", parse_recover, "recover { METHOD; ... }",
      .help = "what the client's glue calls first when the server was restarted" },
    { "patience", parse_patience, "patience TIME;",
      .help = "so long a request in a queue is given to one incarnation of a late server after "
              "the other; without it, to two" },
    { 0 },
};

static void parse_protocol(struct parser *p, void *to)
{
    const struct where *where = p->word;
    struct interface *interface = to;

    once(p, interface->states.count);
    block(p, interface, protocol_statements, 0, "a part of a protocol");
    if (!interface->states.count) {
        error_at(where, "a protocol has at least one state");
    }
}

/* ---- interface ---- */

static void parse_error(struct parser *p, void *to)
{
    struct interface *interface = to;

    once(p, interface->error_name);
    interface->error_name = expect_name(p, "the name of an enum", &interface->error_where);
}

static void parse_event(struct parser *p, void *to)
{
    parse_name(p, to, "the name of an event");
}

#define METHOD(kind)                                                                               \
    .parse = parse_method, .which = kind, ADDS(method, interface, methods), .most = 1024

const struct statement interface_statements[] = {
    { "error", parse_error, "error ENUM;", .help = "errors of its own, from 32 up" },
    { "event", parse_event, "event NAME;", "a signal from the provider to whoever is connected",
      ADDS(constant, interface, events) },
    { "idempotent", METHOD(METHOD_IDEMPOTENT),
      .syntax = "idempotent NAME(TYPE NAME, ...) [-> (TYPE NAME, ...)] [covers PARAM];",
      .help =
          "a method that may be executed twice; covers: the parameter that is the number of the "
          "first block that it lends" },
    { "once", METHOD(METHOD_ONCE),
      .syntax = "[once] NAME(TYPE NAME, ...) [-> (TYPE NAME, ...)] [dedupe];",
      .help = "a method that is executed at most once; with dedupe exactly once" },
    { "protocol", parse_protocol, "protocol { ... }", .help = "which method is allowed when" },
    { "", .second = '(', METHOD(METHOD_ONCE), .syntax = ";" },
    { 0 },
};

void parse_interface(struct parser *p, void *to)
{
    struct interface *interface = to;

    parse_name(p, interface, "the name of an interface");
    interface->major = 1;
    if (!at_punct(p, '{')) {
        choose(p, "version", "\"version\" or \"{\"");
        interface->major = (uint32_t)expect_number(p, "a version", UNIT_NONE, 0, 65535);
        expect(p, '.');
        interface->minor = (uint32_t)expect_number(p, "a version", UNIT_NONE, 0, 65535);
    }
    block(p, interface, interface_statements, 0, "a part of an interface");
}
