/* Components: their ends and configs; composites: the names in their connections. */
#include <limits.h>
#include <string.h>

#include "lex.h"
#include "resolve.h"

/* ---- ends, keeps ---- */

static bool is_device_type(const char *name)
{
    return strcmp(name, "Mmio") == 0 || strcmp(name, "Irq") == 0 || strcmp(name, "Dma") == 0 ||
           strcmp(name, "Untyped") == 0;
}

static void resolve_end(struct end *end)
{
    if (!end->type_name) {
        return;
    }
    if (end->kind == END_SHARES) {
        end->structure = find_name(NAME_STRUCTURE, end->type_name, &end->type_where);
        end->bytes = end->structure ? end->structure->bytes : 0;
    } else if (end->kind == END_PROVIDES && is_device_type(end->type_name)) {
        error_at(&end->type_where, "only hardware provides \"%s\"", end->type_name);
    } else {
        end->interface = find_name(NAME_INTERFACE, end->type_name, &end->type_where);
    }
}

static void resolve_ends(struct component *component, struct map *names)
{
    uint32_t number = 0;

    for (EACH(struct end, end, &component->ends)) {
        end->number = number++;
        unique_name(names, NULL, end->name, &end->where, "end, config or kept memory");
        resolve_end(end);
    }
    for (EACH(struct keep, keep, &component->keeps)) {
        unique_name(names, NULL, keep->name, &keep->where, "end, config or kept memory");
        keep->structure = find_name(NAME_STRUCTURE, keep->type_name, &keep->type_where);
    }
}

/* ---- configs ---- */

static bool number_fits(const struct type *type, int64_t value)
{
    if (type->kind == TYPE_SIGNED) {
        int64_t limit = type->bits < 64 ? 1ll << (type->bits - 1) : INT64_MAX;

        return value >= -limit - (type->bits >= 64) && (value < limit || type->bits >= 64);
    }
    return value >= 0 && (type->bits >= 63 || value < 1ll << type->bits);
}

static bool constant_value(const struct type *type, struct value *value)
{
    struct spell spell = { .wanted = value->string };

    for (EACH(struct constant, c, &type->enumeration->constants)) {
        if (c->name == value->string) {
            value->kind = VALUE_NUMBER;
            value->number = c->value;
            return true;
        }
        spell_offer(&spell, c->name);
    }
    error_at(&value->where, "\"%s\" has no constant \"%s\"%s", type->enumeration->name,
             value->string, spell_hint(&spell));
    return false;
}

/* A name: a constant of the enum, true or false. */
static bool name_value(const struct config *config, struct value *value)
{
    struct spell spell = { .wanted = value->string };

    if (config->type.enumeration) {
        return constant_value(&config->type, value);
    }
    if (config->type.kind != TYPE_BOOL) {
        error_at(&value->where, "expected %s",
                 config->type.kind == TYPE_STRING ? "a string in quotes" : "a number");
        return false;
    }
    spell_offer(&spell, "true");
    spell_offer(&spell, "false");
    if (strcmp(value->string, "true") != 0 && strcmp(value->string, "false") != 0) {
        error_at(&value->where, "expected true or false%s", spell_hint(&spell));
        return false;
    }
    value->kind = VALUE_NUMBER;
    value->number = value->string[0] == 't';
    return true;
}

static enum unit config_unit(const struct config *config, bool *known)
{
    *known = config->has_range || (config->has_value && config->value.kind == VALUE_NUMBER);
    return config->has_range ? config->range_unit : config->value.unit;
}

static void check_number(const struct config *config, const struct value *value)
{
    bool known;
    enum unit unit = config_unit(config, &known);

    if (known && value->unit != unit && value->number != 0) {
        error_at(&value->where, "\"%s\" is a %s, not a %s", config->name, unit_name(unit),
                 unit_name(value->unit));
    } else if (!number_fits(&config->type, value->number)) {
        error_at(&value->where, "%lld does not fit %c%u", (long long)value->number,
                 config->type.kind == TYPE_SIGNED ? 'i' : 'u', config->type.bits);
    } else if (config->has_range && (value->number < config->low || value->number > config->high)) {
        error_at(&value->where, "\"%s\" must be in %lld .. %lld", config->name,
                 (long long)config->low, (long long)config->high);
    }
}

void resolve_value(const struct config *config, struct value *value)
{
    const struct type *type = &config->type;

    if (value->kind == VALUE_NAME) {
        if (!name_value(config, value)) {
            return;
        }
    } else if (type->kind == TYPE_ENUM || type->kind == TYPE_FLAGS) {
        error_at(&value->where, "expected a constant of \"%s\"", type->enumeration->name);
        return;
    } else if (type->kind == TYPE_BOOL) {
        error_at(&value->where, "expected true or false");
        return;
    }
    if ((value->kind == VALUE_STRING) != (type->kind == TYPE_STRING)) {
        error_at(&value->where, "expected %s",
                 type->kind == TYPE_STRING ? "a string in quotes" : "a number");
    } else if (value->kind == VALUE_STRING && strlen(value->string) > type->bound) {
        error_at(&value->where, "the string has more than %u characters", type->bound);
    } else if (type->kind == TYPE_UNSIGNED || type->kind == TYPE_SIGNED) {
        check_number(config, value);
    }
}

static void resolve_config(struct config *config)
{
    struct type *type = &config->type;

    if (!resolve_type(type)) {
        return;
    }
    if (type->kind == TYPE_STRUCT || type->kind == TYPE_BYTES || type->kind == TYPE_CAP ||
        type->kind == TYPE_FLOAT) {
        error_at(&type->where, "a config is an integer, bool, enum, flags or string");
        return;
    }
    if (config->has_range && type->kind != TYPE_UNSIGNED && type->kind != TYPE_SIGNED) {
        error_at(&config->where, "only a number has a range");
        return;
    }
    if (config->has_range &&
        (!number_fits(type, config->low) || !number_fits(type, config->high))) {
        error_at(&config->where, "the range does not fit the type");
        return;
    }
    if (config->has_value) {
        resolve_value(config, &config->value);
    }
}

/* ---- the parts of a composite ---- */

static struct config *config_find(struct component *component, const struct setting *setting)
{
    struct spell spell = { .wanted = setting->name };

    for (EACH(struct config, config, &component->configs)) {
        if (config->name == setting->name) {
            return config;
        }
        spell_offer(&spell, config->name);
    }
    if (!is_lost(setting->name)) {
        error_at(&setting->where, "\"%s\" has no config \"%s\"%s", component->name, setting->name,
                 spell_hint(&spell));
    }
    return NULL;
}

/* NAME = NAME; where the second is a config of the composite that the instance is in. */
static bool resolve_outer(struct component *scope, struct setting *setting)
{
    const struct type *type = &setting->config->type;

    if (setting->value.kind != VALUE_NAME) {
        return false;
    }
    for (EACH(struct config, config, &scope->configs)) {
        if (config->name != setting->value.string) {
            continue;
        }
        if (config->type.kind != type->kind || config->type.bits != type->bits ||
            config->type.enumeration != type->enumeration || config->type.bound > type->bound) {
            error_at(&setting->value.where, "\"%s\" and \"%s\" are of different types",
                     setting->name, config->name);
            note_at(&config->type.where, "the other one is declared here");
        }
        setting->value.kind = VALUE_CONFIG;
        setting->outer = config;
        return true;
    }
    return false;
}

static void offer_configs(struct component *scope, struct setting *setting)
{
    struct spell spell = { .wanted = setting->value.string };

    if (setting->value.kind != VALUE_NAME || setting->config->type.enumeration ||
        setting->config->type.kind == TYPE_BOOL) {
        return;
    }
    for (EACH(struct config, config, &scope->configs)) {
        spell_offer(&spell, config->name);
    }
    if (spell.best) {
        unknown_name(&setting->value.where, "config", &spell);
    }
}

static void resolve_part(struct component *scope, struct part *part)
{
    struct map names = { 0 };

    if (!part->component) {
        return;
    }
    for (EACH(struct setting, setting, &part->settings)) {
        unique_name(&names, NULL, setting->name, &setting->where, "setting of");
        setting->config = config_find(part->component, setting);
        if (setting->config && setting->config->type.bytes && !resolve_outer(scope, setting)) {
            offer_configs(scope, setting);
            resolve_value(setting->config, &setting->value);
        }
    }
    for (uint32_t i = 0; i < POLICY_FIELDS; i++) {
        if (part->component->is_hardware && part->policy.set & 1u << i) {
            error_at(&part->policy.where[i], "hardware has no budget and no restart");
        }
    }
    if (part->component->is_composite && part->policy.restart_with) {
        error_at(&part->policy.restart_where, "\"%s\" is a composite: say it of its instances",
                 part->name);
    }
}

static void resolve_parts(struct component *component)
{
    for (EACH(struct part, part, &component->parts)) {
        part->component = find_name(NAME_COMPONENT, part->type_name, &part->type_where);
    }
}

/* A component is either a program or made of parts. */
static void check_shape(struct component *component)
{
    struct list inside[] = { component->links, component->exports, component->groups,
                             component->denies };
    struct list *own[] = { &component->ends, &component->keeps, &component->sources };
    bool is_program = component->has_run || component->has_init;

    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        is_program |= own[i]->count != 0;
    }
    if (component->is_composite && is_program) {
        error_at(&component->where,
                 "\"%s\" has instances in it and is a program: it can be only one of both",
                 component->name);
    }
    for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
        if (!component->is_composite && inside[i].count) {
            error_at(&component->where, "\"%s\" has no instances to connect, export, group or deny",
                     component->name);
        }
    }
    if (!component->is_composite && !component->is_hardware && !component->sources.count &&
        !is_any_lost()) {
        error_at(&component->where, "\"%s\" has neither a source nor instances", component->name);
    }
}

void resolve_component(struct component *component)
{
    struct map names = { 0 };

    resolve_ends(component, &names);
    for (EACH(struct config, config, &component->configs)) {
        unique_name(&names, NULL, config->name, &config->where, "end, config or kept memory");
        resolve_config(config);
    }
    if (component->policy.restart_with) {
        error_at(&component->policy.restart_where,
                 "which instances restart together is said where they are");
    }
    resolve_parts(component);
    check_shape(component);
}

/* ---- names in connections ---- */

static void resolve_wild(struct component *component, const struct end_ref *ref)
{
    if (ref->path.count != 1) {
        error_at(&ref->where, "a wildcard is *.END");
    } else if (ref->element != NONE) {
        error_at(&ref->where, "a wildcard takes all elements");
    }
    (void)component;
}

static void resolve_refs(struct component *component, struct list *refs)
{
    for (EACH(struct end_ref, ref, refs)) {
        uint32_t element;

        if (ref->is_wild) {
            resolve_wild(component, ref);
        } else {
            ref_end(component, ref, &element);
        }
    }
}

static void resolve_link_connector(struct link *link)
{
    static const char *const words[] = { "direct",  "rpc",     "ring",  "event",     "share",
                                         "mmio",    "irq",     "dma",   "monitored", "traced",
                                         "timeout", "strikes", "filter" };
    struct spell spell = { .wanted = link->connector_name };

    if (link->connector_name) {
        link->connector = look_name(NAME_CONNECTOR, link->connector_name);
        if (!link->connector) {
            for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
                spell_offer(&spell, words[i]);
            }
            offer_names(NAME_CONNECTOR, &spell);
            unknown_name(&link->connector_where, "connector", &spell);
            return;
        }
    }
    if (link->transport_again.source) {
        error_at(&link->transport_again, "a connection has one connector");
    }
}

static void resolve_link(struct component *component, struct link *link)
{
    resolve_refs(component, &link->from);
    resolve_refs(component, &link->to);
    resolve_link_connector(link);
    if (link->filter_name) {
        link->filter = find_name(NAME_COMPONENT, link->filter_name, &link->filter_where);
    }
    if (link->from.count > 1 && link->to.count > 1) {
        error_at(&link->where, "lists on both sides: one of them must be a single end");
    }
}

static void resolve_instances(struct component *component, struct list *refs)
{
    for (EACH(struct end_ref, ref, refs)) {
        ref_component(component, ref, ref->path.count);
    }
}

static void resolve_until(struct component *component)
{
    for (EACH(struct end_ref, ref, &component->until)) {
        struct component *target = ref_component(component, ref, ref->path.count);

        if (target && !target->has_run) {
            error_at(&ref->where, "\"%s\" has no run function that could return", target->name);
        }
    }
}

static void resolve_slots(struct component *component, struct map *names)
{
    for (EACH(struct slot_decl, slot, &component->slots)) {
        unique_name(names, &component->slots, slot->name, &slot->where, "slot");
        for (EACH(struct end, end, &slot->needs)) {
            resolve_end(end);
        }
        for (EACH(struct end, end, &slot->provides)) {
            resolve_end(end);
        }
        if (slot->policy.restart_with) {
            error_at(&slot->policy.restart_where, "what comes into a slot restarts alone");
        }
    }
}

static void resolve_exports(struct component *component, struct map *names)
{
    for (EACH(struct export_decl, export, &component->exports)) {
        uint32_t element;

        unique_name(names, &component->exports, export->name, &export->where, "export");
        ref_end(component, &export->ref, &element);
    }
}

static void resolve_groups(struct component *component, struct map *names)
{
    for (EACH(struct group_decl, group, &component->groups)) {
        unique_name(names, &component->groups, group->name, &group->where, "group");
        resolve_instances(component, &group->members);
    }
}

/* restart with NAME: an instance of the same composite, not the one itself, a program. */
static void resolve_restart(struct component *component, struct part *part)
{
    const char *with = part->policy.restart_with;
    const struct where *where = &part->policy.restart_where;
    struct end_ref ref = { .where = *where, .element = NONE };
    struct component *target;

    if (!with) {
        return;
    }
    list_add_name(&ref.path, with);
    list_add(&ref.wheres, (void *)(uintptr_t)where);
    target = ref_component(component, &ref, 1);
    if (target && (target->is_composite || target->is_hardware)) {
        error_at(where, "\"%s\" is no program that could restart", with);
    } else if (target && part_find(component, with)->part == part) {
        error_at(where, "\"%s\" cannot restart with itself", with);
    }
}

void resolve_composite(struct component *component)
{
    struct map names = { 0 };

    if (!component->is_composite) {
        return;
    }
    for (EACH(struct part, part, &component->parts)) {
        resolve_part(component, part);
        resolve_restart(component, part);
    }
    for (EACH(struct link, link, &component->links)) {
        resolve_link(component, link);
    }
    resolve_exports(component, &names);
    resolve_groups(component, &names);
    for (EACH(struct deny_decl, deny, &component->denies)) {
        ref_component(component, &deny->from, deny->from.path.count);
        ref_component(component, &deny->to, deny->to.path.count);
    }
    resolve_until(component);
    resolve_slots(component, &names);
}
