/*
 * Components that may take the place of an instance's (swap, slot).  They are given what the instance has, number for
 * number, so they must have the same ends; what is an instance's own (configs, kept memory) may be less.
 */
#include <string.h>

#include "elaborate.h"
#include "resolve.h"

/* Two components that are compared, and where the second is named. */
struct pair {
    const struct component *base, *other;
    const struct where *where;
};

static bool differ(const struct pair *p, const struct where *where, const char *what)
{
    error_at(p->where, "\"%s\" cannot take the place of \"%s\": %s", p->other->name, p->base->name,
             what);
    if (where) {
        note_at(where, "it is here");
    }
    return false;
}

/* ---- ends ---- */

static const char *end_difference(const struct end *a, const struct end *b)
{
    if (a->kind != b->kind) {
        return "is of another kind";
    }
    if (a->interface != b->interface) {
        return "has another interface";
    }
    if (a->structure != b->structure || a->bytes != b->bytes) {
        return "has another size or struct";
    }
    if (a->count != b->count) {
        return "has another number of elements";
    }
    if (a->is_optional != b->is_optional) {
        return a->is_optional ? "is not optional" : "is optional";
    }
    if (a->is_polled != b->is_polled) {
        return a->is_polled ? "is not polled" : "is polled";
    }
    return a->is_readonly != b->is_readonly ? "differs in \"readonly\"" : NULL;
}

static bool same_ends(const struct pair *p)
{
    uint32_t count = p->base->ends.count;

    for (uint32_t i = 0; i < count || i < p->other->ends.count; i++) {
        const struct end *a = i < count ? p->base->ends.item[i] : NULL;
        const struct end *b = i < p->other->ends.count ? p->other->ends.item[i] : NULL;
        const char *what;

        if (!b) {
            return differ(p, &a->where, text_format("it has no end \"%s\"", a->name));
        }
        if (!a) {
            return differ(p, &b->where, text_format("it has one end more, \"%s\"", b->name));
        }
        if (a->name != b->name) {
            return differ(p, &b->where,
                          text_format("its end %u is \"%s\", not \"%s\"", i + 1, b->name, a->name));
        }
        what = end_difference(a, b);
        if (what) {
            return differ(p, &b->where, text_format("its end \"%s\" %s", b->name, what));
        }
    }
    return true;
}

/* ---- configs, kept memory ---- */

static bool same_config(const struct config *a, const struct config *b)
{
    return a->type.kind == b->type.kind && a->type.bits == b->type.bits &&
           a->type.bound == b->type.bound && a->type.enumeration == b->type.enumeration &&
           a->has_range == b->has_range && a->low == b->low && a->high == b->high;
}

static bool same_configs(const struct pair *p)
{
    for (EACH(struct config, b, &p->other->configs)) {
        const struct config *a = list_find(&p->base->configs, b->name);

        if (!a) {
            return differ(p, &b->where, text_format("it has one config more, \"%s\"", b->name));
        }
        if (!same_config(a, b)) {
            return differ(p, &b->where,
                          text_format("its config \"%s\" has another type or range", b->name));
        }
    }
    return true;
}

static bool same_keeps(const struct pair *p)
{
    for (EACH(struct keep, b, &p->other->keeps)) {
        const struct keep *a = list_find(&p->base->keeps, b->name);

        if (!a) {
            return differ(p, &b->where, text_format("it keeps one thing more, \"%s\"", b->name));
        }
        if (a->structure != b->structure && a->version == b->version) {
            return differ(p, &b->where,
                          text_format("its \"%s\" is another struct of the same version", b->name));
        }
    }
    return true;
}

/* ---- the whole ---- */

static bool is_program(const struct component *c)
{
    return !c->is_system && !c->is_hardware && !c->is_composite;
}

static void never_quiet(const struct component *base, const struct where *where)
{
    for (EACH(struct end, end, &base->ends)) {
        bool quiet = end->kind != END_PROVIDES || !end->interface || !end->interface->states.count;

        if (!quiet) {
            for (EACH(struct state, state, &end->interface->states)) {
                quiet |= state->is_quiet;
            }
        }
        if (!quiet) {
            error_at(where, "no state of \"%s\" is quiet: \"%s\" could never be replaced",
                     end->interface->name, base->name);
        }
    }
}

static bool is_alternative(const struct pair *pair)
{
    if (!is_program(pair->other)) {
        error_at(pair->where, "\"%s\" is no program", pair->other->name);
        return false;
    }
    if (pair->base->is_reentrant && !pair->other->is_reentrant) {
        return differ(pair, &pair->other->where, "it is not reentrant");
    }
    return same_ends(pair) && same_configs(pair) && same_keeps(pair);
}

void resolve_alternatives(struct part *part)
{
    struct component *base = part->component;
    struct map seen = { 0 };

    if (!base || (!part->is_slot && !part->swaps.count)) {
        return;
    }
    if (!is_program(base)) {
        error_at(&part->type_where, "\"%s\" is no program that could be replaced", base->name);
        return;
    }
    map_put(&seen, NULL, base->name, base);
    for (EACH(struct named, name, &part->swaps)) {
        struct component *other = find_name(NAME_COMPONENT, name->name, &name->where);
        struct pair pair = { base, other, &name->where };

        if (other && map_put(&seen, NULL, name->name, name) != name) {
            error_at(&name->where, "\"%s\" is named twice", name->name);
        } else if (other && is_alternative(&pair)) {
            list_add(&part->alternatives, other);
        }
    }
    if (!part->is_slot) {
        never_quiet(base, &part->where);
    }
}

/* ---- elaborate ---- */

/* What the part sets is set here, too; and what has no default of its own is as in the first component. */
static struct value config_of(const struct instance *base, const struct config *config,
                              const struct part *part)
{
    const struct config *own = list_find(&base->component->configs, config->name);
    bool is_set = !config->has_value || list_find(&part->settings, config->name);

    return own && is_set ? base->configs[own->number] : config->value;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* What is not fixed is enough for the largest. */
static void policy_room(struct policy *p, uint32_t fixed, const struct policy *q)
{
    uint32_t free = ~fixed & q->set;

    p->mem = free & 1u << POLICY_MEM ? larger(p->mem, q->mem) : p->mem;
    p->stack = free & 1u << POLICY_STACK ? larger(p->stack, q->stack) : p->stack;
    p->heap = free & 1u << POLICY_HEAP ? larger(p->heap, q->heap) : p->heap;
    p->caps = free & 1u << POLICY_CAPS ? (uint32_t)larger(p->caps, q->caps) : p->caps;
}

void add_alternatives(struct instance *base, const struct part *part, uint32_t fixed)
{
    base->is_slot = part->is_slot;
    base->is_swappable = part->is_slot || part->alternatives.count;
    for (EACH(struct component, component, &part->alternatives)) {
        struct instance *other = NEW(struct instance);

        *other = *base;
        other->id = make_id(text_format("%s.%u", base->path, base->alternatives.count + 1));
        other->component = component;
        other->alternatives = (struct list){ 0 };
        other->configs = arena_alloc((component->configs.count + 1) * sizeof(struct value));
        for (EACH(struct config, config, &component->configs)) {
            other->configs[config->number] = config_of(base, config, part);
        }
        policy_room(&base->policy, fixed, &component->policy);
        list_add(&base->alternatives, other);
    }
}
