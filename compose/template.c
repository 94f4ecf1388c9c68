/* The template engine: lines, expressions, and the table of what they may read. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "back.h"
#include "lex.h"
#include "template.h"

/* ---- values ---- */

enum kind { KIND_NUMBER, KIND_TEXT, KIND_LIST, KIND_NODE };
enum node {
    NODE_CONNECTION,
    NODE_INSTANCE,
    NODE_END,
    NODE_INTERFACE,
    NODE_METHOD,
    NODE_PARAM,
    NODE_OBJECT
};

struct val {
    enum kind kind;
    enum node node; /* of a node, or of the items of a list */
    uint64_t number;
    const char *text;
    const void *at; /* node, struct list */
};

struct template
{
    FILE *out;
    const struct source *source;
    const struct connection *c;
    enum side side;
    struct {
        const char *name;
        uint32_t bytes;
        struct val val;
    } var[64];
    uint32_t vars;
    bool failed;
};

static struct val text_val(const char *text)
{
    return (struct val){ .kind = KIND_TEXT, .text = text ? text : "" };
}

static struct val number_val(uint64_t number)
{
    return (struct val){ .kind = KIND_NUMBER, .number = number };
}

static struct val node_val(enum node node, const void *at)
{
    return (struct val){ .kind = KIND_NODE, .node = node, .at = at };
}

/* ---- what there is to read ---- */

static const char *captured(void (*print)(FILE *, const struct method *), const struct method *m)
{
    char *text, *copy;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);

    print(out, m);
    fclose(out);
    copy = arena_alloc(bytes + 1);
    memcpy(copy, text, bytes + 1);
    free(text);
    return copy;
}

enum how {
    HOW_TEXT,
    HOW_BOOL,
    HOW_U32,
    HOW_U64,
    HOW_LIST,
    HOW_PARAMS, /* this and the next: of a method, as C text */
    HOW_ARGS,
    HOW_TYPE, /* of a parameter, as C text */
    HOW_SLOT, /* this and the next: of an object, what place has given it on this side */
    HOW_AT,
    HOW_BIT
};

#define FIELD(node, struct_name, field, how, of, help)                                             \
    {                                                                                              \
        node, #field, offsetof(struct struct_name, field), how, of, help                           \
    }

static const struct {
    enum node node;
    const char *name;
    size_t offset;
    enum how how;
    enum node of;
    const char *help;
} fields[] = {
    FIELD(NODE_CONNECTION, connection, name, HOW_TEXT, 0, "for people"),
    FIELD(NODE_CONNECTION, connection, number, HOW_U32, 0, "from 0"),
    FIELD(NODE_CONNECTION, connection, timeout_ns, HOW_U64, 0, "nanoseconds; 0: none"),
    FIELD(NODE_INSTANCE, instance, path, HOW_TEXT, 0, "for people"),
    FIELD(NODE_INSTANCE, instance, id, HOW_TEXT, 0, "for C"),
    FIELD(NODE_END, end, name, HOW_TEXT, 0, "as declared"),
    FIELD(NODE_INTERFACE, interface, name, HOW_TEXT, 0, "as declared"),
    FIELD(NODE_INTERFACE, interface, methods, HOW_LIST, NODE_METHOD, "in order"),
    FIELD(NODE_METHOD, method, name, HOW_TEXT, 0, "as declared"),
    FIELD(NODE_METHOD, method, number, HOW_U32, 0, "from 0"),
    FIELD(NODE_METHOD, method, params, HOW_LIST, NODE_PARAM, "in first, then results"),
    { NODE_METHOD, "parameters", 0, HOW_PARAMS, 0, "C text behind `struct self *self`" },
    { NODE_METHOD, "arguments", 0, HOW_ARGS, 0, "C text behind `self`" },
    FIELD(NODE_PARAM, param, name, HOW_TEXT, 0, "as declared"),
    FIELD(NODE_PARAM, param, is_out, HOW_BOOL, 0, "a result"),
    FIELD(NODE_PARAM, param, is_lend, HOW_BOOL, 0, "a lent buffer"),
    { NODE_PARAM, "type", 0, HOW_TYPE, 0, "its C type" },
    FIELD(NODE_OBJECT, connector_object, name, HOW_TEXT, 0, "as declared"),
    FIELD(NODE_OBJECT, connector_object, bytes, HOW_U64, 0, "of a frame"),
    { NODE_OBJECT, "slot", 0, HOW_SLOT, 0, "of the capability on this side" },
    { NODE_OBJECT, "at", 0, HOW_AT, 0, "address of the frame on this side" },
    { NODE_OBJECT, "bit", 0, HOW_BIT, 0, "number of the signal's bit at its receiver" },
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

void template_reference(FILE *out)
{
    static const char *const nodes[] = { "connection", "instance, peer", "end, other", "interface",
                                         "a method",   "a parameter",    "an object" };

    fputs("| of | field | is |\n|---|---|---|\n", out);
    for (size_t i = 0; i < FIELDS; i++) {
        fprintf(out, "| %s | `%s` | %s |\n", nodes[fields[i].node], fields[i].name, fields[i].help);
    }
}

static struct val read_field(struct template *t, const void *node, size_t i)
{
    const char *at = (const char *)node + fields[i].offset;
    const struct connector_place *place = t->c->user;

    if (fields[i].node == NODE_OBJECT && place) {
        place += ((const struct connector_object *)node)->number;
    }
    switch (fields[i].how) {
    case HOW_TEXT:
        return text_val(*(const char *const *)at);
    case HOW_BOOL:
        return number_val(*(const bool *)at);
    case HOW_U32:
        return number_val(*(const uint32_t *)at);
    case HOW_U64:
        return number_val(*(const uint64_t *)at);
    case HOW_LIST:
        return (struct val){ .kind = KIND_LIST, .node = fields[i].of, .at = at };
    case HOW_PARAMS:
        return text_val(captured(c_params, node));
    case HOW_ARGS:
        return text_val(captured(c_args, node));
    case HOW_TYPE:
        return text_val(c_type(&((const struct param *)node)->type));
    case HOW_SLOT:
        return number_val(place->slot[t->side]);
    case HOW_AT:
        return text_val(text_format("0x%" PRIx64 "ull", place->at[t->side]));
    default:
        return number_val(place->bit);
    }
}

/* ---- expressions ---- */

static struct val fail(struct template *t, const char *at, const char *message)
{
    if (!t->failed) {
        uint32_t offset = (uint32_t)(at - t->source->text);

        error_at(&(struct where){ t->source, offset, 1 }, "template: %s", message);
    }
    t->failed = true;
    return text_val("");
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static void blanks(const char **at)
{
    while (**at == ' ') {
        ++*at;
    }
}

static uint32_t word(const char *at)
{
    uint32_t bytes = 0;

    while (is_name_char(at[bytes])) {
        bytes++;
    }
    return bytes;
}

static struct val variable(struct template *t, const char *at, uint32_t bytes)
{
    for (uint32_t i = t->vars; i-- > 0;) {
        if (t->var[i].bytes == bytes && memcmp(t->var[i].name, at, bytes) == 0) {
            return t->var[i].val;
        }
    }
    return fail(t, at, "there is no such name");
}

static struct val field(struct template *t, struct val val, const char *at, uint32_t bytes)
{
    for (size_t i = 0; val.kind == KIND_NODE && i < FIELDS; i++) {
        if (fields[i].node == val.node && strlen(fields[i].name) == bytes &&
            memcmp(fields[i].name, at, bytes) == 0) {
            return read_field(t, val.at, i);
        }
    }
    return fail(t, at, "there is no such field");
}

/* NAME.FIELD.FIELD, a number, or "text" */
static struct val operand(struct template *t, const char **at)
{
    const char *from;
    struct val val;

    blanks(at);
    from = *at;
    if (*from >= '0' && *from <= '9') {
        return number_val(strtoull(from, (char **)(uintptr_t)at, 10));
    }
    if (*from == '"') {
        const char *end = from + 1 + strcspn(from + 1, "\"\n");

        *at = end + (*end == '"');
        return *end == '"' ? text_val(intern(from + 1, (size_t)(end - from) - 1))
                           : fail(t, from, "this text has no end");
    }
    if (!word(from)) {
        return fail(t, from, "expected a name, a number or a text");
    }
    val = variable(t, from, word(from));
    for (*at += word(from); **at == '.' && !t->failed; *at += word(*at)) {
        ++*at;
        val = field(t, val, *at, word(*at));
    }
    return val;
}

static const char *as_text(struct template *t, struct val val, const char *at)
{
    if (val.kind == KIND_NUMBER) {
        return text_format("%" PRIu64, val.number);
    }
    return val.kind == KIND_TEXT ? val.text : fail(t, at, "this is no text").text;
}

/* Is it there: not 0, not "", not an empty list? */
static bool is_true(struct val val)
{
    return val.kind == KIND_NUMBER ? val.number != 0
           : val.kind == KIND_TEXT ? *val.text != '\0'
           : val.kind == KIND_LIST ? ((const struct list *)val.at)->count != 0
                                   : val.at != NULL;
}

/* OPERAND | not OPERAND | OPERAND == OPERAND | OPERAND != OPERAND */
static struct val expression(struct template *t, const char **at)
{
    const char *from = *at;
    struct val a, b;
    bool differ;

    blanks(at);
    if (strncmp(*at, "not ", 4) == 0) {
        *at += 4;
        return number_val(!is_true(operand(t, at)));
    }
    a = operand(t, at);
    blanks(at);
    differ = strncmp(*at, "!=", 2) == 0;
    if (!differ && strncmp(*at, "==", 2) != 0) {
        return a;
    }
    *at += 2;
    b = operand(t, at);
    return number_val((strcmp(as_text(t, a, from), as_text(t, b, from)) == 0) != differ);
}

static void set(struct template *t, const char *name, uint32_t bytes, struct val val)
{
    if (t->vars == sizeof(t->var) / sizeof(t->var[0])) {
        fail(t, name, "too many names");
        return;
    }
    t->var[t->vars].name = name;
    t->var[t->vars].bytes = bytes;
    t->var[t->vars++].val = val;
}

/* ---- lines ---- */

static const char *next_line(const char *at)
{
    at += strcspn(at, "\n");
    return at + (*at == '\n');
}

/* The directive of a line: text behind the "@"; NULL: it is printed. */
static const char *directive(const char *line)
{
    line += strspn(line, " ");
    return line[0] == '@' && line[1] != '{' ? line + 1 : NULL;
}

static bool is_directive(const char *line, const char *name)
{
    const char *at = directive(line);
    size_t bytes = strlen(name);

    return at && strncmp(at, name, bytes) == 0 && !is_name_char(at[bytes]);
}

static void print_line(struct template *t, const char *line)
{
    size_t left = strcspn(line, "\n");
    const char *end = line + left, *at = line;

    while (at < end && !t->failed) {
        const char *open = strstr(at, "@{");

        if (!open || open >= end) {
            break;
        }
        fwrite(at, 1, (size_t)(open - at), t->out);
        at = open + 2;
        fputs(as_text(t, expression(t, &at), open), t->out);
        blanks(&at);
        if (*at != '}') {
            fail(t, at, "expected \"}\"");
        }
        at += *at == '}';
    }
    if (at <= end) {
        fwrite(at, 1, (size_t)(end - at), t->out);
    }
    fputc('\n', t->out);
}

/* The @end of the @for or @if of that line, or (if asked for) its @else; the end of the text: reported. */
static const char *closing(struct template *t, const char *line, const char *end, bool may_be_else)
{
    uint32_t depth = 0;

    for (const char *at = next_line(line); at < end; at = next_line(at)) {
        if (depth == 0 && (is_directive(at, "end") || (may_be_else && is_directive(at, "else")))) {
            return at;
        }
        depth += is_directive(at, "for") || is_directive(at, "if");
        depth -= is_directive(at, "end") ? 1 : 0;
    }
    fail(t, line, "this has no @end");
    return end;
}

static void run(struct template *t, const char *at, const char *end, uint32_t depth);

/* The new name behind @for or @let, and the word behind it; false: reported. */
static bool new_name(struct template *t, const char **at, const char **name, uint32_t *bytes,
                     const char *behind, const char *message)
{
    blanks(at);
    *name = *at;
    *bytes = word(*at);
    *at += *bytes;
    blanks(at);
    if (!*bytes || strncmp(*at, behind, strlen(behind)) != 0) {
        fail(t, *at, message);
        return false;
    }
    *at += strlen(behind);
    return true;
}

/* @for NAME in LIST */
static const char *run_for(struct template *t, const char *line, const char *end, uint32_t depth)
{
    const char *at = directive(line) + 3, *name, *close = closing(t, line, end, false);
    struct val list;
    uint32_t bytes, vars = t->vars;

    if (!new_name(t, &at, &name, &bytes, "in ", "expected @for NAME in LIST")) {
        return end;
    }
    list = expression(t, &at);
    if (list.kind != KIND_LIST) {
        fail(t, name, "this is no list");
        return end;
    }
    for (EACH(void, item, (const struct list *)list.at)) {
        set(t, name, bytes, node_val(list.node, item));
        run(t, next_line(line), close, depth + 1);
        t->vars = vars;
    }
    return next_line(close);
}

/* @if EXPRESSION ... @else ... @end */
static const char *run_if(struct template *t, const char *line, const char *end, uint32_t depth)
{
    const char *at = directive(line) + 2, *close = closing(t, line, end, true), *other = close;
    bool is = is_true(expression(t, &at));

    if (is_directive(close, "else") && close < end) {
        close = closing(t, other, end, false);
    }
    if (is) {
        run(t, next_line(line), other, depth + 1);
    } else if (other != close) {
        run(t, next_line(other), close, depth + 1);
    }
    return next_line(close);
}

/* @let NAME = EXPRESSION */
static const char *run_let(struct template *t, const char *line)
{
    const char *at = directive(line) + 3, *name;
    uint32_t bytes;

    if (new_name(t, &at, &name, &bytes, "=", "expected @let NAME = VALUE")) {
        set(t, name, bytes, expression(t, &at));
    }
    return next_line(line);
}

#define NESTING_MAX 32u

static void run(struct template *t, const char *at, const char *end, uint32_t depth)
{
    while (at < end && !t->failed) {
        if (depth > NESTING_MAX) {
            fail(t, at, "nested too deeply");
        } else if (is_directive(at, "for")) {
            at = run_for(t, at, end, depth);
        } else if (is_directive(at, "if")) {
            at = run_if(t, at, end, depth);
        } else if (is_directive(at, "let")) {
            at = run_let(t, at);
        } else if (directive(at)) {
            fail(t, at, "a line with @ is @for, @if, @else, @end or @let");
        } else {
            print_line(t, at);
            at = next_line(at);
        }
    }
}

static void name(struct template *t, const char *name, struct val val)
{
    set(t, name, (uint32_t)strlen(name), val);
}

const char *template_prefix(const struct model *model, const struct connection *c, enum side side)
{
    const struct end *end = side == SIDE_FROM ? c->from_end : c->to_end;

    return text_format("%s_%u", end->name,
                       end->kind == END_PROVIDES ? index_at_server(model, c) : 0);
}

void template_print(FILE *out, const struct model *model, const struct connection *c,
                    enum side side)
{
    const struct connector *connector = c->link->connector;
    bool is_from = side == SIDE_FROM;
    const struct end *end = is_from ? c->from_end : c->to_end;
    struct template t = { .out = out, .c = c, .side = side };

    if (!connector->end[side].template) {
        return;
    }
    t.source = source_read(template_path(&connector->end[side]));
    if (!t.source || strlen(t.source->text) != t.source->bytes) {
        error_at(&connector->end[side].template_where, "this file cannot be read, or is no text");
        return;
    }
    name(&t, "connection", node_val(NODE_CONNECTION, c));
    name(&t, "prefix", text_val(template_prefix(model, c, side)));
    name(&t, "side", text_val(is_from ? "from" : "to"));
    name(&t, "end", node_val(NODE_END, end));
    name(&t, "other", node_val(NODE_END, is_from ? c->to_end : c->from_end));
    name(&t, "instance", node_val(NODE_INSTANCE, is_from ? c->from : c->to));
    name(&t, "peer", node_val(NODE_INSTANCE, is_from ? c->to : c->from));
    name(&t, "interface", node_val(NODE_INTERFACE, end->interface));
    for (EACH(struct connector_object, object, &connector->objects)) {
        name(&t, object->name, node_val(NODE_OBJECT, object));
    }
    run(&t, t.source->text, t.source->text + t.source->bytes, 0);
}
