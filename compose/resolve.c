/* Global names, and the order in which everything is resolved. */
#include <string.h>

#include "connector.h"
#include "passes.h"
#include "resolve.h"

struct global {
    enum name_kind kind;
    struct named *value;
};

static struct map globals, lost;
static const struct model *of;

static const struct {
    const char *name;
    size_t list; /* in the model */
} kinds[NAME_KINDS] = {
    [NAME_ENUMERATION] = { "an enum", offsetof(struct model, enumerations) },
    [NAME_STRUCTURE] = { "a struct", offsetof(struct model, structures) },
    [NAME_INTERFACE] = { "an interface", offsetof(struct model, interfaces) },
    [NAME_CONNECTOR] = { "a connector", offsetof(struct model, connectors) },
    [NAME_COMPONENT] = { "a component", offsetof(struct model, components) },
};

static const struct list *list_of(enum name_kind kind)
{
    return (const struct list *)((const char *)of + kinds[kind].list);
}

static void declare(enum name_kind kind, struct named *value)
{
    struct global *global = NEW(struct global), *first;

    *global = (struct global){ kind, value };
    first = map_put(&globals, NULL, value->name, global);
    if (first != global) {
        error_at(&value->where, "\"%s\" is declared twice", value->name);
        note_at(&first->value->where, "the first time was here");
    }
}

static void declare_all(const struct model *model)
{
    of = model;
    globals = lost = (struct map){ 0 };
    for (uint32_t i = 0; i < model->lost.count; i++) {
        map_put(&lost, NULL, model->lost.item[i], (void *)(uintptr_t)model);
    }
    for (enum name_kind kind = 0; kind < NAME_KINDS; kind++) {
        for (EACH(struct named, named, list_of(kind))) {
            declare(kind, named);
        }
    }
}

void *look_name(enum name_kind kind, const char *name)
{
    struct global *global = map_get(&globals, NULL, name);

    return global && global->kind == kind ? global->value : NULL;
}

bool is_any_lost(void)
{
    return lost.count != 0;
}

void unknown_name(const struct where *where, const char *what, const char *owner,
                  const struct spell *spell)
{
    if (map_get(&lost, NULL, spell->wanted)) {
        return;
    }
    if (owner) {
        error_at(where, "\"%s\" has no %s \"%s\"%s", owner, what, spell->wanted, spell_hint(spell));
    } else {
        error_at(where, "there is no %s \"%s\"%s", what, spell->wanted, spell_hint(spell));
    }
}

void offer_list(const struct list *list, struct spell *spell)
{
    for (EACH(struct named, named, list)) {
        spell_offer(spell, named->name);
    }
}

void offer_names(enum name_kind kind, struct spell *spell)
{
    offer_list(list_of(kind), spell);
}

void *find_in(const struct list *list, const struct named *name, const char *what,
              const char *owner)
{
    struct spell spell = { .wanted = name->name };
    void *found = list_find(list, name->name);

    if (!found) {
        offer_list(list, &spell);
        unknown_name(&name->where, what, owner, &spell);
    }
    return found;
}

void *find_name(enum name_kind kind, const char *name, const struct where *where)
{
    struct spell spell = { .wanted = name };
    struct global *global = map_get(&globals, NULL, name);

    if (!name || (global && global->kind == kind)) {
        return name ? global->value : NULL;
    }
    if (global) {
        error_at(where, "\"%s\" is %s, not %s", name, kinds[global->kind].name, kinds[kind].name);
        note_at(&global->value->where, "it is declared here");
        return NULL;
    }
    offer_names(kind, &spell);
    unknown_name(where, strchr(kinds[kind].name, ' ') + 1, NULL, &spell);
    return NULL;
}

bool unique_names(struct map *names, const struct list *list, const char *what)
{
    bool is_good = true;

    for (EACH(struct named, named, list)) {
        const struct named *first = map_put(names, NULL, named->name, named);

        if (first != named) {
            error_at(&named->where, "the second %s \"%s\"", what, named->name);
            note_at(&first->where, "the first is here");
            is_good = false;
        }
    }
    return is_good;
}

#define DEPTH_MAX 32u

/* Cut what contains itself, in any depth, or is nested too deeply. */
static void cut_nesting(struct component *component)
{
    uint32_t deepest = 0;

    component->mark = MARK_IN_WORK;
    for (EACH(struct part, part, &component->parts)) {
        struct component *inner = part->component;

        if (!inner) {
            continue;
        }
        if (inner->mark == MARK_IN_WORK) {
            error_at(&part->type_where, "\"%s\" contains itself", part->type_name);
            part->component = NULL;
            continue;
        }
        if (inner->mark == MARK_NEW) {
            cut_nesting(inner);
        }
        if (inner->depth >= DEPTH_MAX) {
            error_at(&part->type_where, "composites are nested deeper than %u", DEPTH_MAX);
            part->component = NULL;
        } else if (inner->depth + 1 > deepest) {
            deepest = inner->depth + 1;
        }
    }
    component->mark = MARK_DONE;
    component->depth = deepest;
}

bool resolve(struct model *model, const struct options *options)
{
    uint32_t before = diag_errors();

    (void)options;
    declare_all(model);
    for (EACH(struct enumeration, e, &model->enumerations)) {
        resolve_enumeration(e);
    }
    for (EACH(struct structure, s, &model->structures)) {
        resolve_structure(s);
    }
    for (EACH(struct interface, i, &model->interfaces)) {
        resolve_interface(i);
    }
    for (EACH(struct connector, c, &model->connectors)) {
        resolve_connector(c);
    }
    for (EACH(struct component, c, &model->components)) {
        resolve_component(c);
    }
    for (EACH(struct component, c, &model->components)) {
        if (c->mark == MARK_NEW) {
            cut_nesting(c);
        }
    }
    for (EACH(struct component, c, &model->components)) {
        resolve_composite(c);
    }
    return diag_errors() == before;
}
