/* Prints templates, and knows compose's own. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "back.h"
#include "lex.h"
#include "pieces.h"

static struct list definitions;

struct printer {
    FILE *out;
    struct {
        const char *name;
        struct val val;
    } var[64];
    uint32_t vars;
    bool failed;
};

static void set(struct printer *t, const struct where *where, const char *name, struct val val)
{
    if (t->vars == sizeof(t->var) / sizeof(t->var[0])) {
        template_fail(&t->failed, where, "too many names");
        return;
    }
    t->var[t->vars].name = name;
    t->var[t->vars++].val = val;
}

static struct val variable(struct printer *t, const struct expression *e)
{
    for (uint32_t i = t->vars; i-- > 0;) {
        if (t->var[i].name == e->name) {
            return t->var[i].val;
        }
    }
    template_fail(&t->failed, &e->where, "there is no such name");
    return text("");
}

/* Is it there: not 0, not "", not an empty list? */
static bool is_true(struct val val)
{
    return val.kind == VAL_NUMBER ? val.number != 0
           : val.kind == VAL_TEXT ? *val.text != '\0'
           : val.kind == VAL_LIST ? ((const struct list *)val.at)->count != 0
                                  : val.at != NULL;
}

static struct val field(struct printer *t, struct expression *e, struct val of)
{
    if (of.kind == VAL_NODE && of.at) {
        if (!e->field || e->node != of.node) {
            e->field = field_find(&of, e->name);
            e->node = of.node;
        }
        if (e->field) {
            return e->field(of.at);
        }
    }
    if (of.kind == VAL_LIST && strcmp(e->name, "count") == 0) {
        return number(((const struct list *)of.at)->count);
    }
    if (of.kind == VAL_LIST && strcmp(e->name, "first") == 0 && is_true(of)) {
        return node(of.node, ((const struct list *)of.at)->item[0]);
    }
    if (of.kind == VAL_NUMBER && strcmp(e->name, "hex") == 0) {
        return text(text_format("0x%" PRIx64 "ull", of.number));
    }
    if (of.kind == VAL_TEXT && strcmp(e->name, "upper") == 0) {
        return text(c_upper(of.text));
    }
    template_fail(&t->failed, &e->where, "there is no such field");
    return text("");
}

static const char *as_text(struct printer *t, struct val val, const struct where *where)
{
    if (val.kind == VAL_NUMBER) {
        return text_format("%" PRId64, val.number);
    }
    if (val.kind != VAL_TEXT) {
        template_fail(&t->failed, where, "this is no text");
    }
    return val.kind == VAL_TEXT ? val.text : "";
}

static struct val value(struct printer *t, struct expression *e);

static bool truth(struct printer *t, struct expression *e)
{
    return is_true(value(t, e));
}

static bool same(struct printer *t, struct expression *e)
{
    struct val a = value(t, e->left), b = value(t, e->right);

    return strcmp(as_text(t, a, &e->left->where), as_text(t, b, &e->right->where)) == 0;
}

static struct val value(struct printer *t, struct expression *e)
{
    if (t->failed) {
        return text("");
    }
    switch (e->operation) {
    case OP_CONSTANT:
        return e->constant;
    case OP_NAME:
        return variable(t, e);
    case OP_FIELD:
        return field(t, e, value(t, e->left));
    case OP_NOT:
        return number(!truth(t, e->left));
    case OP_EQUAL:
        return number(same(t, e));
    case OP_DIFFER:
        return number(!same(t, e));
    case OP_MORE:
        return number(value(t, e->left).number > value(t, e->right).number);
    case OP_AND:
        return number(truth(t, e->left) && truth(t, e->right));
    case OP_OR:
        return number(truth(t, e->left) || truth(t, e->right));
    default:
        return value(t, truth(t, e->left) ? e->middle : e->right);
    }
}

static void print(struct printer *t, const struct list *pieces);

static void print_for(struct printer *t, const struct piece *p)
{
    struct val list = value(t, p->value);
    uint32_t vars = t->vars;

    if (list.kind != VAL_LIST) {
        template_fail(&t->failed, &p->where, "this is no list");
        return;
    }
    for (EACH(void, item, (const struct list *)list.at)) {
        set(t, &p->where, p->name, node(list.node, item));
        print(t, &p->body);
        t->vars = vars;
    }
}

static void print_use(struct printer *t, const struct piece *p)
{
    const char *name = p->value->operation == OP_NAME
                           ? p->value->name
                           : name_of(as_text(t, value(t, p->value), &p->where));
    struct definition *d = list_find(&definitions, name);
    uint32_t vars = t->vars;
    struct val values[8];

    if (!d || d->params.count != p->values.count || d->params.count > 8) {
        template_fail(&t->failed, &p->where, "there is no such definition");
        return;
    }
    for (uint32_t i = 0; i < d->params.count; i++) {
        values[i] = value(t, p->values.item[i]);
    }
    for (uint32_t i = 0; i < d->params.count; i++) {
        set(t, &p->where, d->params.item[i], values[i]);
    }
    print(t, &d->body);
    t->vars = vars;
}

static void print_piece(struct printer *t, const struct piece *p)
{
    switch (p->kind) {
    case PIECE_TEXT:
        fwrite(p->where.source->text + p->where.offset, 1, p->where.length, t->out);
        break;
    case PIECE_VALUE:
        fputs(as_text(t, value(t, p->value), &p->where), t->out);
        break;
    case PIECE_IF:
        print(t, truth(t, p->value) ? &p->body : &p->otherwise);
        break;
    case PIECE_FOR:
        print_for(t, p);
        break;
    case PIECE_LET:
        set(t, &p->where, p->name, value(t, p->value));
        break;
    case PIECE_USE:
        print_use(t, p);
        break;
    case PIECE_GLUE:
        template_print(t->out, value(t, p->value).at, p->side);
        break;
    }
}

/* What is named in a body is known until its end; an @if has none of its own. */
static void print(struct printer *t, const struct list *pieces)
{
    for (EACH(struct piece, p, pieces)) {
        if (!t->failed) {
            print_piece(t, p);
        }
    }
}

/* ---- the whole ---- */

void template_start(const struct model *model)
{
    types_start(model);
    definitions = (struct list){ 0 };
    for (uint32_t i = 0; i < glue_files_count; i++) {
        const struct glue_file *file = &glue_files[i];
        struct source *source = source_from(file->path, file->text, (uint32_t)strlen(file->text));

        template_read(source, &(struct list){ 0 }, &definitions);
    }
}

void template_use(FILE *out, const char *name, struct val val)
{
    struct expression argument = { .constant = val };
    struct expression constant = { .operation = OP_NAME, .name = name_of(name) };
    struct piece p = { .value = &constant };
    struct printer t = { .out = out };

    list_add(&p.values, &argument);
    print_use(&t, &p);
}

const char *template_text(const char *name, struct val val)
{
    char *text;
    const char *copy;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);

    template_use(out, name, val);
    fclose(out);
    copy = text_format("%s", text);
    free(text);
    return copy;
}

const char *template_prefix(const struct connection *c, enum side side)
{
    const struct end *end = side == SIDE_FROM ? c->from_end : c->to_end;

    return text_format("%s_%u", end->name, end->kind == END_PROVIDES ? c->index : 0);
}

static void name(struct printer *t, const char *name, struct val val)
{
    set(t, NULL, name_of(name), val);
}

/* What a template of the user's may name. */
static void names(struct printer *t, const struct connection *c, enum side side)
{
    bool is_from = side == SIDE_FROM;
    const struct port *from = port_of(c->from, c->from_end), *to = port_of(c->to, c->to_end);

    name(t, "connection", node(NODE_connection, c));
    name(t, "prefix", text(template_prefix(c, side)));
    name(t, "side", text(is_from ? "from" : "to"));
    name(t, "end", node(NODE_port, is_from ? from : to));
    name(t, "other", node(NODE_port, is_from ? to : from));
    name(t, "instance", node(NODE_instance, is_from ? c->from : c->to));
    name(t, "peer", node(NODE_instance, is_from ? c->to : c->from));
    name(t, "interface", node(NODE_interface, (is_from ? from : to)->end->interface));
    for (EACH(struct connector_object, object, &c->link->connector->objects)) {
        struct object_seen *seen = NEW(struct object_seen);

        *seen = (struct object_seen){ object, c->user ? &c->user[object->number] : NULL, side };
        name(t, object->name, node(NODE_object_seen, seen));
    }
}

static void print_user(FILE *out, const struct connection *c, enum side side)
{
    const struct connector_end *end = &c->link->connector->end[side];
    struct printer t = { .out = out };
    struct list pieces = { 0 };
    struct source *source;

    if (!end->template) {
        return;
    }
    source = source_read(template_path(end));
    if (!source || strlen(source->text) != source->bytes) {
        error_at(&end->template_where, "this file cannot be read, or is no text");
        return;
    }
    if (template_read(source, &pieces, NULL)) {
        names(&t, c, side);
        print(&t, &pieces);
    }
}

void template_print(FILE *out, const struct connection *c, enum side side)
{
    const char *name =
        name_of(text_format("%s_%s", transports[c->transport].name, side ? "to" : "from"));

    if (c->transport == TRANSPORT_USER) {
        print_user(out, c, side);
    } else if (list_find(&definitions, name)) {
        template_use(out, name, node(NODE_connection, c));
    }
}
