/* The C declarations of the types that a component sees: each once, what it contains before it. */
#include <inttypes.h>

#include "back.h"

struct declared {
    FILE *out;
    struct list done;
};

static bool is_done(struct declared *d, void *what)
{
    for (EACH(void, other, &d->done)) {
        if (other == what) {
            return true;
        }
    }
    list_add(&d->done, what);
    return false;
}

static void declare_enum(struct declared *d, struct enumeration *e)
{
    const char *prefix = c_upper(e->name);

    if (is_done(d, e)) {
        return;
    }
    fprintf(d->out, "enum %s {\n", e->name);
    for (EACH(struct constant, k, &e->constants)) {
        fprintf(d->out, "    %s_%s = %" PRId64 ",\n", prefix, k->name, k->value);
    }
    fprintf(d->out, "};\n");
}

static void declare_type(struct declared *d, const struct type *type);
static void declare_interface(struct declared *d, struct interface *i);

static void declare_struct(struct declared *d, struct structure *s)
{
    if (is_done(d, s)) {
        return;
    }
    for (EACH(struct field, f, &s->fields)) {
        declare_type(d, &f->type);
    }
    fprintf(d->out, "struct %s {\n", s->name);
    for (EACH(struct field, f, &s->fields)) {
        /* a bool from elsewhere may be 2 */
        fprintf(d->out, "    %s %s", f->type.kind == TYPE_BOOL ? "uint8_t" : c_type(&f->type),
                f->name);
        if (f->type.count) {
            fprintf(d->out, "[%u]", f->type.count);
        }
        fprintf(d->out, ";\n");
    }
    fprintf(d->out, "};\n_Static_assert(sizeof(struct %s) == %u, \"layout\");\n", s->name,
            s->bytes);
}

static void declare_type(struct declared *d, const struct type *type)
{
    if (type->kind == TYPE_STRUCT) {
        declare_struct(d, type->structure);
    } else if (type->kind == TYPE_CAP) {
        declare_interface(d, type->interface);
    } else if (type->kind == TYPE_ENUM || type->kind == TYPE_FLAGS) {
        declare_enum(d, type->enumeration);
    }
}

static void declare_interface(struct declared *d, struct interface *i)
{
    if (is_done(d, i)) {
        return;
    }
    if (i->error) {
        declare_enum(d, i->error);
    }
    for (EACH(struct method, m, &i->methods)) {
        for (EACH(struct param, p, &m->params)) {
            declare_type(d, &p->type);
        }
    }
}

void c_declare_types(FILE *out, const struct model *model, const struct component *component)
{
    struct declared d = { .out = out };

    for (EACH(struct end, e, &component->ends)) {
        if (e->interface) {
            declare_interface(&d, e->interface);
        }
        if (e->structure) {
            declare_struct(&d, e->structure);
        }
    }
    for (EACH(struct keep, k, &component->keeps)) {
        if (k->structure) {
            declare_struct(&d, k->structure);
        }
        /* What it converts from is one of them. */
        for (EACH(struct structure, other, &model->structures)) {
            if (k->converts) {
                declare_struct(&d, other);
            }
        }
    }
    for (EACH(struct config, c, &component->configs)) {
        declare_type(&d, &c->type);
    }
}
