/* The types that a component sees. */
#include "back.h"
#include "template.h"

static const struct model *whole;

void types_start(const struct model *model)
{
    whole = model;
}

struct types {
    struct list *list; /* struct type: enums and structs */
    struct map seen;
};

static void add_type(struct types *t, struct type *type);

static void add_interface(struct types *t, struct interface *i)
{
    struct type *error = NEW(struct type);

    error->enumeration = i->error;
    add_type(t, error);
    for (EACH(struct method, m, &i->methods)) {
        for (EACH(struct param, p, &m->params)) {
            add_type(t, &p->type);
        }
    }
}

static void add_type(struct types *t, struct type *type)
{
    const char *name = type->structure     ? type->structure->name
                       : type->enumeration ? type->enumeration->name
                       : type->interface   ? type->interface->name
                                           : NULL;

    if (!name || map_get(&t->seen, NULL, name)) {
        return;
    }
    map_put(&t->seen, NULL, name, type);
    if (type->interface) {
        add_interface(t, type->interface);
        return;
    }
    if (type->structure) {
        for (EACH(struct field, f, &type->structure->fields)) {
            add_type(t, &f->type);
        }
    }
    list_add(t->list, type);
}

static void add_structure(struct types *t, struct structure *structure)
{
    struct type *type = NEW(struct type);

    type->structure = structure;
    add_type(t, type);
}

struct val types_of(const struct instance *i)
{
    struct types t = { .list = NEW(struct list) };

    for (EACH(struct end, e, &i->component->ends)) {
        struct type *type = NEW(struct type);

        type->interface = e->interface;
        type->structure = e->structure;
        add_type(&t, type);
    }
    for (EACH(struct keep, k, &i->component->keeps)) {
        add_structure(&t, k->structure);
        /* What it converts from is one of them. */
        for (EACH(struct structure, other, &whole->structures)) {
            if (k->converts) {
                add_structure(&t, other);
            }
        }
    }
    for (EACH(struct config, c, &i->component->configs)) {
        add_type(&t, &c->type);
    }
    return list(NODE_type, t.list);
}
