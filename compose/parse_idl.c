/* Enums, structures, interfaces. */
#include <stdint.h>
#include <string.h>

#include "parse.h"

#define BOUND_MAX     (16u << 20) /* bytes of the largest parameter */
#define ARRAY_MAX     65536u
#define CONSTANTS_MAX 1024u
#define STATES_MAX    256u
#define METHODS_MAX   1024u

static const struct {
    const char *name;
    enum type_kind kind;
    uint32_t bits;
    const char *help;
} scalars[] = {
    { "u8", TYPE_UNSIGNED, 8, "`uint8_t`" },    { "u16", TYPE_UNSIGNED, 16, "`uint16_t`" },
    { "u32", TYPE_UNSIGNED, 32, "`uint32_t`" }, { "u64", TYPE_UNSIGNED, 64, "`uint64_t`" },
    { "i8", TYPE_SIGNED, 8, "`int8_t`" },       { "i16", TYPE_SIGNED, 16, "`int16_t`" },
    { "i32", TYPE_SIGNED, 32, "`int32_t`" },    { "i64", TYPE_SIGNED, 64, "`int64_t`" },
    { "f32", TYPE_FLOAT, 32, "`float`" },       { "f64", TYPE_FLOAT, 64, "`double`" },
    { "bool", TYPE_BOOL, 8, "`bool`" },
};
#define SCALARS (sizeof(scalars) / sizeof(scalars[0]))

static const struct {
    const char *syntax, *help;
} other_types[] = {
    { "string<N>", "at most N characters, none of them NUL" },
    { "bytes<N>", "at most N bytes" },
    { "cap NAME", "a capability to that interface" },
    { "NAME", "an enum, flags or a struct; also `struct NAME`" },
};

void types_reference(FILE *out)
{
    fputs("| type | in C |\n|---|---|\n", out);
    for (size_t i = 0; i < SCALARS; i++) {
        fprintf(out, "| `%s` | %s |\n", scalars[i].name, scalars[i].help);
    }
    for (size_t i = 0; i < sizeof(other_types) / sizeof(other_types[0]); i++) {
        fprintf(out, "| `%s` | %s |\n", other_types[i].syntax, other_types[i].help);
    }
}

static uint32_t parse_bound(struct parser *p, const char *what)
{
    uint64_t bound;

    expect(p, '<');
    bound = expect_number(p, what, UNIT_SIZE, 1, BOUND_MAX);
    expect(p, '>');
    return (uint32_t)bound;
}

void parse_type(struct parser *p, struct type *type)
{
    *type = (struct type){ .where = peek(p)->where };
    for (size_t i = 0; i < SCALARS; i++) {
        if (accept_word(p, scalars[i].name)) {
            type->kind = scalars[i].kind;
            type->bits = scalars[i].bits;
            return;
        }
    }
    if (accept_word(p, "string")) {
        type->kind = TYPE_STRING;
        type->bound = parse_bound(p, "the length of a string");
    } else if (accept_word(p, "bytes")) {
        type->kind = TYPE_BYTES;
        type->bound = parse_bound(p, "the length of bytes");
    } else if (accept_word(p, "cap")) {
        type->kind = TYPE_CAP;
        type->name = expect_name(p, "the name of an interface", &type->where);
    } else {
        type->kind = TYPE_STRUCT; /* or an enum: resolve knows */
        accept_word(p, "struct");
        type->name = expect_name(p, "a type", &type->where);
    }
}

uint32_t parse_count(struct parser *p, uint32_t max)
{
    uint64_t count = 0;

    if (accept(p, '[')) {
        count = expect_number(p, "the number of elements", UNIT_NONE, 1, max);
        expect(p, ']');
    }
    return (uint32_t)count;
}

/* ---- enum, flags, struct ---- */

static void parse_constant(struct parser *p, struct enumeration *e, int64_t *next)
{
    struct constant *constant = NEW(struct constant);

    constant->name = expect_name(p, "the name of a constant", &constant->where);
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

/* The width of an enum: one of the integer types. */
static void parse_width(struct parser *p, struct enumeration *e)
{
    static const char *const words[] = {
        "u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", NULL
    };
    struct type type = { 0 };

    for (const char *const *word = words; *word; word++) {
        if (at_word(p, *word)) {
            parse_type(p, &type);
            e->bits = type.bits;
            e->is_signed = type.kind == TYPE_SIGNED;
            return;
        }
    }
    fail_word(p, "one of u8 u16 u32 u64 i8 i16 i32 i64", words);
}

static void parse_enumeration(struct parser *p, bool is_flags)
{
    struct enumeration *e = NEW(struct enumeration);
    int64_t next = 0;

    e->is_flags = is_flags;
    e->name = expect_name(p, is_flags ? "a name of flags" : "the name of an enum", &e->where);
    expect(p, ':');
    parse_width(p, e);
    expect(p, '{');
    do {
        parse_constant(p, e, &next);
    } while (accept(p, ',') && !at_punct(p, '}'));
    expect(p, '}');
    if (e->name && e->bits) {
        list_add(&p->model->enumerations, e);
    }
}

void parse_enum(struct parser *p, void *unused, const struct where *where)
{
    (void)unused, (void)where;
    parse_enumeration(p, false);
}

void parse_flags(struct parser *p, void *unused, const struct where *where)
{
    (void)unused, (void)where;
    parse_enumeration(p, true);
}

static void parse_field(struct parser *p, void *to)
{
    struct structure *structure = to;
    struct field *field = NEW(struct field);

    parse_type(p, &field->type);
    field->name = expect_name(p, "the name of a field", &field->where);
    field->type.count = parse_count(p, ARRAY_MAX);
    semicolon(p);
    if (!p->broken) {
        list_add(&structure->fields, field);
    }
}

void parse_struct(struct parser *p, void *unused, const struct where *where)
{
    struct structure *structure = NEW(struct structure);

    (void)unused, (void)where;
    structure->name = expect_name(p, "the name of a struct", &structure->where);
    block(p, structure, parse_field);
    if (structure->name) {
        list_add(&p->model->structures, structure);
    }
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
        if (accept(p, '*')) {
            extent->factor = expect_number(p, "the factor of an extent", UNIT_SIZE, 1, BOUND_MAX);
        }
    } else {
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
    if (accept_word(p, "out")) {
        param->is_out = true;
    } else if (!accept_word(p, "in")) {
        static const char *const words[] = { "in", "out", NULL };

        fail_word(p, "\"in\" or \"out\"", words);
    }
    param->type = (struct type){ .kind = TYPE_BYTES, .where = peek(p)->where };
    if (!accept_word(p, "bytes")) {
        static const char *const words[] = { "bytes", NULL };

        fail_word(p, "\"bytes\": nothing else can be lent", words);
    }
    param->name = expect_name(p, "the name of a parameter", &param->where);
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
            param->name = expect_name(p, "the name of a parameter", &param->where);
            param->type.count = parse_count(p, ARRAY_MAX);
        }
        if (!p->broken) {
            list_add(&method->params, param);
        }
    } while (accept(p, ','));
    expect(p, ')');
}

static void parse_method(struct parser *p, struct interface *interface, enum method_kind kind)
{
    struct method *method = NEW(struct method);

    method->kind = kind;
    method->name = expect_name(p, "the name of a method", &method->where);
    parse_params(p, method, false);
    if (accept(p, PUNCT_ARROW)) {
        parse_params(p, method, true);
    }
    method->is_dedupe = accept_word(p, "dedupe");
    semicolon(p);
    if (interface->methods.count == METHODS_MAX) {
        fail(p, "more than %u methods", METHODS_MAX);
    }
    if (!p->broken) {
        list_add(&interface->methods, method);
    }
}

static void parse_once(struct parser *p, void *interface, const struct where *where)
{
    (void)where;
    parse_method(p, interface, METHOD_ONCE);
}

static void parse_idempotent(struct parser *p, void *interface, const struct where *where)
{
    (void)where;
    parse_method(p, interface, METHOD_IDEMPOTENT);
}

/* ---- protocol ---- */

static void parse_method_names(struct parser *p, struct list *names, struct list *wheres)
{
    do {
        struct where *where = NEW(struct where);
        const char *name = expect_name(p, "the name of a method", where);

        if (name) {
            list_add_name(names, name);
            list_add(wheres, where);
        }
    } while (accept(p, ','));
}

/* read, write -> Open within 50ms; */
static void parse_transition(struct parser *p, void *to)
{
    struct state *state = to;
    struct transition *transition = NEW(struct transition);

    transition->where = peek(p)->where;
    parse_method_names(p, &transition->names, &transition->wheres);
    transition->target = state->name;
    if (accept(p, PUNCT_ARROW)) {
        transition->target = expect_name(p, "the name of a state", &transition->where);
    }
    if (accept_word(p, "within")) {
        transition->within_ns =
            expect_number(p, "the limit of a call", UNIT_TIME, 1000, 3600000000000);
    }
    semicolon(p);
    if (!p->broken) {
        list_add(&state->transitions, transition);
    }
}

static void parse_state(struct parser *p, void *to, const struct where *where)
{
    struct interface *interface = to;
    struct state *state = NEW(struct state);

    state->name = expect_name(p, "the name of a state", &state->where);
    state->is_quiet = accept_word(p, "quiet");
    state->number = interface->states.count;
    block(p, state, parse_transition);
    if (interface->states.count == STATES_MAX) {
        error_at(where, "more than %u states", STATES_MAX);
    } else if (state->name) {
        list_add(&interface->states, state);
    }
}

static void parse_recover_item(struct parser *p, void *to)
{
    struct interface *interface = to;

    parse_method_names(p, &interface->recover_names, &interface->recover_wheres);
    semicolon(p);
}

static void parse_recover(struct parser *p, void *to, const struct where *where)
{
    struct interface *interface = to;

    if (interface->recover_names.count) {
        error_at(where, "the second \"recover\" of this interface");
    }
    block(p, interface, parse_recover_item);
}

const struct statement protocol_statements[] = {
    { "state", parse_state, "state NAME [quiet] { METHOD, ... [-> STATE] [within TIME]; ... }",
      "what is allowed in that state, and the state afterwards; in a quiet one the server may be "
      "swapped",
      1 },
    { "recover", parse_recover, "recover { METHOD; ... }",
      "what the client's glue calls first when the server was restarted", 1 },
    { 0 },
};

static void parse_protocol_item(struct parser *p, void *interface)
{
    statement(p, protocol_statements, interface, 1, "a part of a protocol");
}

static void parse_protocol(struct parser *p, void *to, const struct where *where)
{
    struct interface *interface = to;

    if (interface->states.count) {
        error_at(where, "the second protocol of this interface");
    }
    block(p, interface, parse_protocol_item);
    if (!interface->states.count) {
        error_at(where, "a protocol has at least one state");
    }
}

/* ---- interface ---- */

static void parse_error(struct parser *p, void *to, const struct where *where)
{
    struct interface *interface = to;

    if (interface->error_name) {
        error_at(where, "the second \"error\" of this interface");
    }
    interface->error_name = expect_name(p, "the name of an enum", &interface->error_where);
    semicolon(p);
}

static void parse_event(struct parser *p, void *to, const struct where *where)
{
    struct interface *interface = to;
    struct constant *event = NEW(struct constant);

    (void)where;
    event->name = expect_name(p, "the name of an event", &event->where);
    semicolon(p);
    if (event->name && !p->broken) {
        list_add(&interface->events, event);
    }
}

const struct statement interface_statements[] = {
    { "error", parse_error, "error ENUM;", "errors of its own, from 32 up", 1 },
    { "event", parse_event, "event NAME;", "a signal from the provider to whoever is connected",
      1 },
    { "idempotent", parse_idempotent, "idempotent NAME(TYPE NAME, ...) [-> (TYPE NAME, ...)];",
      "a method that may be executed twice", 1 },
    { "once", parse_once, "[once] NAME(TYPE NAME, ...) [-> (TYPE NAME, ...)] [dedupe];",
      "a method that is executed at most once; with dedupe exactly once", 1 },
    { "protocol", parse_protocol, "protocol { ... }", "which method is allowed when", 1 },
    { 0 },
};

static void parse_interface_item(struct parser *p, void *interface)
{
    if (peek(p)->kind == TOKEN_NAME && p->at[1].kind == TOKEN_PUNCT && p->at[1].punct == '(') {
        parse_method(p, interface, METHOD_ONCE);
    } else {
        statement(p, interface_statements, interface, 1, "a part of an interface");
    }
}

static void parse_version(struct parser *p, struct interface *interface)
{
    interface->major = 1;
    if (accept_word(p, "version")) {
        interface->major = (uint32_t)expect_number(p, "a version", UNIT_NONE, 0, 65535);
        expect(p, '.');
        interface->minor = (uint32_t)expect_number(p, "a version", UNIT_NONE, 0, 65535);
    } else if (!at_punct(p, '{')) {
        static const char *const words[] = { "version", NULL };

        fail_word(p, "\"version\" or \"{\"", words);
    }
}

void parse_interface(struct parser *p, void *unused, const struct where *where)
{
    struct interface *interface = NEW(struct interface);

    (void)unused, (void)where;
    interface->name = expect_name(p, "the name of an interface", &interface->where);
    parse_version(p, interface);
    block(p, interface, parse_interface_item);
    if (interface->name) {
        list_add(&p->model->interfaces, interface);
    }
}
