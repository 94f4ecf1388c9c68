/* Names of instances and ends inside composites, without instances: what the text alone can tell. */
#include "resolve.h"

struct part *find_part(struct component *scope, const struct named *name)
{
    struct spell spell = { .wanted = name->name };
    struct part *found = list_find(&scope->parts, name->name);

    for (EACH(struct part, part, &scope->parts)) {
        if (!found && part->array && part->array->name == name->name) {
            error_at(&name->where, "\"%s\" is an array of instances: write %s0 .. %s%u", name->name,
                     name->name, name->name, part->array->count - 1);
            return NULL;
        }
    }
    if (!found) {
        offer_list(&scope->parts, &spell);
        unknown_name(&name->where, scope->is_composite ? "instance" : "instance in it:", NULL,
                     &spell);
    }
    return found;
}

struct component *ref_component(struct component *scope, const struct end_ref *ref, uint32_t count)
{
    for (uint32_t i = 0; scope && i < count; i++) {
        const struct named *name = ref->path.item[i];
        const struct part *part;

        if (i > 0 && !scope->is_composite) {
            error_at(&name->where, "\"%s\" has no instances in it: it is a %s \"%s\"",
                     ((struct named *)ref->path.item[i - 1])->name,
                     scope->is_hardware ? "piece of hardware" : "component", scope->name);
            return NULL;
        }
        part = find_part(scope, name);
        scope = part ? part->component : NULL;
    }
    return scope;
}

/* The end of that name of a component or, through its exports, of what is in it. */
static struct end *find_end(struct component *component, const struct named *name,
                            uint32_t *element)
{
    struct spell spell = { .wanted = name->name };
    struct export_decl *export = list_find(&component->exports, name->name);
    struct end *end;

    if (export) {
        return ref_end(component, &export->ref, element);
    }
    end = list_find(&component->ends, name->name);
    if (!end) {
        offer_list(&component->ends, &spell);
        offer_list(&component->exports, &spell);
        unknown_name(&name->where, "end", component->name, &spell);
    }
    return end;
}

struct end *ref_end(struct component *scope, const struct end_ref *ref, uint32_t *element)
{
    uint32_t count = ref->path.count;
    const struct named *name = count ? ref->path.item[count - 1] : NULL;
    struct component *component;
    struct end *end;

    *element = NONE;
    if (count < 2) {
        error_at(&ref->where, "expected INSTANCE.END");
        return NULL;
    }
    component = ref_component(scope, ref, count - 1);
    end = component ? find_end(component, name, element) : NULL;
    if (!end || ref->element == NONE) {
        return end;
    }
    if (!end->count || *element != NONE) {
        error_at(&ref->where, "\"%s\" is no array", name->name);
    } else if (ref->element >= end->count) {
        error_at(&ref->where, "\"%s\" has the elements 0 .. %u", name->name, end->count - 1);
    }
    *element = ref->element;
    return end;
}
