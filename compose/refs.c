/* Names of instances and ends inside composites, without instances: what the text alone can tell. */
#include <string.h>

#include "resolve.h"

static struct map parts;

void parts_start(void)
{
    parts = (struct map){ 0 };
}

static void declare_part(struct component *component, struct part *part, const char *name,
                         uint32_t index)
{
    struct part_name *entry = NEW(struct part_name), *first;

    *entry = (struct part_name){ part, index, part->where };
    first = map_put(&parts, component, name, entry);
    if (first != entry) {
        error_at(&part->where, "the second instance \"%s\"", name);
        note_at(&first->where, "the first is here");
    }
}

void parts_declare(struct component *component)
{
    for (EACH(struct part, part, &component->parts)) {
        for (uint32_t i = 0; i < part->count; i++) {
            declare_part(component, part, name_of(text_format("%s%u", part->name, i)), i);
        }
        if (!part->count) {
            declare_part(component, part, part->name, NONE);
        }
    }
}

const struct part_name *part_find(const struct component *component, const char *name)
{
    return map_get(&parts, component, name);
}

/* The instance of that name in the scope; NULL: reported. */
static const struct part_name *find_part(struct component *scope, const char *name,
                                         const struct where *where)
{
    const struct part_name *found = part_find(scope, name);
    struct spell spell = { .wanted = name };

    if (found) {
        return found;
    }
    for (EACH(struct part, part, &scope->parts)) {
        if (part->name == name) {
            error_at(where, "\"%s\" is an array of instances: write %s0 .. %s%u", name, name, name,
                     part->count - 1);
            return NULL;
        }
        spell_offer(&spell,
                    part->count ? text_format("%s%u", part->name, part->count - 1) : part->name);
    }
    unknown_name(where, scope->is_composite ? "instance" : "instance in it:", &spell);
    return NULL;
}

struct component *ref_component(struct component *scope, const struct end_ref *ref, uint32_t count)
{
    for (uint32_t i = 0; scope && i < count; i++) {
        const struct part_name *found;

        if (i > 0 && !scope->is_composite) {
            error_at(ref->wheres.item[i], "\"%s\" has no instances in it: it is a %s \"%s\"",
                     (char *)ref->path.item[i - 1],
                     scope->is_hardware ? "piece of hardware" : "component", scope->name);
            return NULL;
        }
        found = find_part(scope, ref->path.item[i], ref->wheres.item[i]);
        scope = found ? found->part->component : NULL;
    }
    return scope;
}

static struct export_decl *export_find(struct component *component, const char *name)
{
    for (EACH(struct export_decl, export, &component->exports)) {
        if (export->name == name) {
            return export;
        }
    }
    return NULL;
}

static void unknown_end(struct component *component, const char *name, const struct where *where)
{
    struct spell spell = { .wanted = name };

    for (EACH(struct end, end, &component->ends)) {
        spell_offer(&spell, end->name);
    }
    for (EACH(struct export_decl, export, &component->exports)) {
        spell_offer(&spell, export->name);
    }
    if (!is_lost(name)) {
        error_at(where, "\"%s\" has no end \"%s\"%s", component->name, name, spell_hint(&spell));
    }
}

/* The end of that name of a component or, through its exports, of what is in it. */
static struct end *end_find(struct component *component, const char *name,
                            const struct where *where, uint32_t *element)
{
    struct export_decl *export = export_find(component, name);

    *element = NONE;
    if (export) {
        return ref_end(component, &export->ref, element);
    }
    for (EACH(struct end, end, &component->ends)) {
        if (end->name == name) {
            return end;
        }
    }
    unknown_end(component, name, where);
    return NULL;
}

struct end *ref_end(struct component *scope, const struct end_ref *ref, uint32_t *element)
{
    uint32_t count = ref->path.count;
    struct component *component;
    struct end *end;

    *element = NONE;
    if (count < 2) {
        error_at(&ref->where, "expected INSTANCE.END");
        return NULL;
    }
    component = ref_component(scope, ref, count - 1);
    if (!component) {
        return NULL;
    }
    end = end_find(component, ref->path.item[count - 1], ref->wheres.item[count - 1], element);
    if (!end || ref->element == NONE) {
        return end;
    }
    if (!end->count || *element != NONE) {
        error_at(&ref->where, "\"%s\" is no array", (char *)ref->path.item[count - 1]);
    } else if (ref->element >= end->count) {
        error_at(&ref->where, "\"%s\" has the elements 0 .. %u", (char *)ref->path.item[count - 1],
                 end->count - 1);
    }
    *element = ref->element;
    return end;
}
