/* Global names, and the order in which everything is resolved. */
#include <string.h>

#include "connector.h"
#include "passes.h"
#include "resolve.h"

struct global {
    enum name_kind kind;
    const char *name;
    const struct where *where;
    void *value;
};

static struct map globals, lost;
static struct list all_globals;

static const char *const kind_names[NAME_KINDS] = { "an enum", "a struct", "an interface",
                                                    "a component", "a connector" };

static void declare(enum name_kind kind, const char *name, const struct where *where, void *value)
{
    struct global *global = NEW(struct global), *first;

    *global = (struct global){ kind, name, where, value };
    first = map_put(&globals, NULL, name, global);
    if (first != global) {
        error_at(where, "\"%s\" is declared twice", name);
        note_at(first->where, "the first time was here");
        return;
    }
    list_add(&all_globals, global);
}

static void declare_all(struct model *model)
{
    globals = lost = (struct map){ 0 };
    all_globals = (struct list){ 0 };
    for (uint32_t i = 0; i < model->lost.count; i++) {
        map_put(&lost, NULL, model->lost.item[i], model);
    }
    for (EACH(struct enumeration, e, &model->enumerations)) {
        declare(NAME_ENUMERATION, e->name, &e->where, e);
    }
    for (EACH(struct structure, s, &model->structures)) {
        declare(NAME_STRUCTURE, s->name, &s->where, s);
    }
    for (EACH(struct interface, i, &model->interfaces)) {
        declare(NAME_INTERFACE, i->name, &i->where, i);
    }
    for (EACH(struct connector, c, &model->connectors)) {
        declare(NAME_CONNECTOR, c->name, &c->where, c);
    }
    for (EACH(struct component, c, &model->components)) {
        declare(NAME_COMPONENT, c->name, &c->where, c);
    }
}

void *look_name(enum name_kind kind, const char *name)
{
    struct global *global = map_get(&globals, NULL, name);

    return global && global->kind == kind ? global->value : NULL;
}

bool is_lost(const char *name)
{
    return map_get(&lost, NULL, name) != NULL;
}

bool is_any_lost(void)
{
    return lost.count != 0;
}

void unknown_name(const struct where *where, const char *what, const struct spell *spell)
{
    if (!is_lost(spell->wanted)) {
        error_at(where, "there is no %s \"%s\"%s", what, spell->wanted, spell_hint(spell));
    }
}

void offer_names(enum name_kind kind, struct spell *spell)
{
    for (EACH(struct global, g, &all_globals)) {
        if (g->kind == kind) {
            spell_offer(spell, g->name);
        }
    }
}

void *find_name(enum name_kind kind, const char *name, const struct where *where)
{
    struct spell spell = { .wanted = name };
    struct global *global = map_get(&globals, NULL, name);

    if (!name || (global && global->kind == kind)) {
        return name ? global->value : NULL;
    }
    if (global) {
        error_at(where, "\"%s\" is %s, not %s", name, kind_names[global->kind], kind_names[kind]);
        note_at(global->where, "it is declared here");
        return NULL;
    }
    offer_names(kind, &spell);
    unknown_name(where, strchr(kind_names[kind], ' ') + 1, &spell);
    return NULL;
}

bool unique_name(struct map *map, const void *scope, const char *name, const struct where *where,
                 const char *what)
{
    const struct where *first = map_put(map, scope, name, (void *)(uintptr_t)where);

    if (first == where) {
        return true;
    }
    error_at(where, "the second %s \"%s\"", what, name);
    note_at(first, "the first is here");
    return false;
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

bool resolve(struct model *model)
{
    uint32_t before = diag_errors();

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
    parts_start();
    for (EACH(struct component, c, &model->components)) {
        resolve_component(c);
        parts_declare(c);
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
