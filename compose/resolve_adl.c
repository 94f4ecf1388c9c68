/* Components: their ends and configs; composites: the names in their connections. */
#include <string.h>

#include "parse.h"
#include "resolve.h"

/* ---- ends, keeps ---- */

static void resolve_end(struct end *end)
{
    if (!end->type_name) {
        return;
    }
    if (end->kind == END_SHARES) {
        end->structure = find_name(NAME_STRUCTURE, end->type_name, &end->type_where);
        end->bytes = end->structure ? end->structure->bytes : 0;
    } else if (end->kind == END_PROVIDES &&
               strstr(" Mmio Irq Dma Untyped Cpu Trace ", text_format(" %s ", end->type_name))) {
        error_at(&end->type_where, "only hardware provides \"%s\"", end->type_name);
    } else {
        end->interface = find_name(NAME_INTERFACE, end->type_name, &end->type_where);
    }
}

/* ---- configs ---- */

/* A name: a constant of the enum, true or false. */
static bool name_value(const struct config *config, struct value *value)
{
    struct named name = { value->string, value->where };
    struct spell spell = { .wanted = value->string };
    const struct enumeration *e = config->type.enumeration;
    const struct constant *constant = e ? find_in(&e->constants, &name, "constant", e->name) : NULL;
    bool is_true = strcmp(value->string, "true") == 0;

    value->number = constant ? constant->value : is_true;
    if (!e && config->type.kind != TYPE_BOOL) {
        error_at(&value->where, "expected %s",
                 config->type.kind == TYPE_STRING ? "a string in quotes" : "a number");
        return false;
    }
    if (!e && !is_true && strcmp(value->string, "false") != 0) {
        spell_offer(&spell, "true");
        spell_offer(&spell, "false");
        error_at(&value->where, "expected true or false%s", spell_hint(&spell));
        return false;
    }
    value->kind = VALUE_NUMBER;
    return !e || constant;
}

static void check_number(const struct config *config, const struct value *value)
{
    const struct type *type = &config->type;
    bool known = config->has_range || (config->has_value && config->value.kind == VALUE_NUMBER);
    enum unit unit = config->has_range ? config->range_unit : config->value.unit;

    if (known && value->unit != unit && value->number != 0) {
        error_at(&value->where, "\"%s\" is a %s, not a %s", config->name, unit_name(unit),
                 unit_name(value->unit));
    } else if (!number_fits(value->number, type->bits, type->kind == TYPE_SIGNED)) {
        error_at(&value->where, "%lld does not fit %c%u", (long long)value->number,
                 type->kind == TYPE_SIGNED ? 'i' : 'u', type->bits);
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
    bool is_signed = type->kind == TYPE_SIGNED;

    if (!resolve_type(type)) {
        return;
    }
    if (type->kind == TYPE_STRUCT || type->kind == TYPE_BYTES || type->kind == TYPE_CAP ||
        type->kind == TYPE_FLOAT) {
        error_at(&type->where, "a config is an integer, bool, enum, flags or string");
    } else if (config->has_range && type->kind != TYPE_UNSIGNED && !is_signed) {
        error_at(&config->where, "only a number has a range");
    } else if (config->has_range && (!number_fits(config->low, type->bits, is_signed) ||
                                     !number_fits(config->high, type->bits, is_signed))) {
        error_at(&config->where, "the range does not fit the type");
    } else if (config->has_value) {
        resolve_value(config, &config->value);
    }
}

/* ---- the parts of a composite ---- */

/* NAME = NAME; where the second is a config of the composite that the instance is in. */
static bool resolve_outer(struct component *scope, struct setting *setting)
{
    const struct type *type = &setting->config->type;
    struct config *config;

    if (setting->value.kind != VALUE_NAME) {
        return false;
    }
    config = list_find(&scope->configs, setting->value.string);
    if (!config) {
        return false;
    }
    if (config->type.kind != type->kind || config->type.bits != type->bits ||
        config->type.enumeration != type->enumeration || config->type.bound > type->bound) {
        error_at(&setting->value.where, "\"%s\" and \"%s\" are of different types", setting->name,
                 config->name);
        note_at(&config->type.where, "the other one is declared here");
    }
    setting->value.kind = VALUE_CONFIG;
    setting->outer = config;
    return true;
}

static void offer_configs(struct component *scope, struct setting *setting)
{
    struct spell spell = { .wanted = setting->value.string };

    if (setting->value.kind != VALUE_NAME || setting->config->type.enumeration ||
        setting->config->type.kind == TYPE_BOOL) {
        return;
    }
    offer_list(&scope->configs, &spell);
    if (spell.best) {
        unknown_name(&setting->value.where, "config", NULL, &spell);
    }
}

static void resolve_part(struct component *scope, struct part *part)
{
    struct component *component = part->component;

    if (!component) {
        return;
    }
    unique_names(&(struct map){ 0 }, &part->settings, "setting of");
    for (EACH(struct setting, setting, &part->settings)) {
        struct named name = { setting->name, setting->where };

        setting->config = find_in(&component->configs, &name, "config", component->name);
        if (setting->config && setting->config->type.bytes && !resolve_outer(scope, setting)) {
            offer_configs(scope, setting);
            resolve_value(setting->config, &setting->value);
        }
    }
    for (uint32_t i = 0; i < POLICY_FIELDS; i++) {
        if (component->is_hardware && part->policy.set & 1u << i) {
            error_at(&part->policy.where[i], "hardware has no budget and no restart");
        }
    }
    if (component->is_composite && part->policy.restart_with) {
        error_at(&part->policy.restart_where, "\"%s\" is a composite: say it of its instances",
                 part->name);
    }
}

/* instance C w[4]: four parts, alike but for the name. */
static void resolve_parts(struct component *component)
{
    struct list all = { 0 };

    for (EACH(struct part, part, &component->parts)) {
        part->component = find_name(NAME_COMPONENT, part->type_name, &part->type_where);
        for (uint32_t i = 0; i < part->count; i++) {
            struct part *one = NEW(struct part);

            *one = *part;
            one->name = name_of(text_format("%s%u", part->name, i));
            one->array = part;
            list_add(&all, one);
        }
        if (!part->count) {
            list_add(&all, part);
        }
    }
    component->parts = all;
    unique_names(&(struct map){ 0 }, &all, "instance");
}

/* A component is either a program or made of parts. */
static void check_shape(struct component *component)
{
    bool is_program = component->has_run || component->has_init || component->ends.count ||
                      component->keeps.count || component->sources.count;

    if (component->is_composite && is_program) {
        error_at(&component->where,
                 "\"%s\" has instances in it and is a program: it can be only one of both",
                 component->name);
    }
    if (component->is_composite) {
        return;
    }
    if (component->links.count || component->exports.count || component->groups.count ||
        component->denies.count) {
        error_at(&component->where, "\"%s\" has no instances to connect, export, group or deny",
                 component->name);
    }
    if (!component->is_hardware && !component->sources.count && !is_any_lost()) {
        error_at(&component->where, "\"%s\" has neither a source nor instances", component->name);
    }
}

void resolve_component(struct component *component)
{
    static const char what[] = "end, config or kept memory";
    struct map names = { 0 };
    uint32_t number = 0;

    unique_names(&names, &component->ends, what);
    unique_names(&names, &component->keeps, what);
    unique_names(&names, &component->configs, what);
    for (EACH(struct end, end, &component->ends)) {
        end->number = number++;
        resolve_end(end);
    }
    for (EACH(struct keep, keep, &component->keeps)) {
        keep->structure = find_name(NAME_STRUCTURE, keep->type_name, &keep->type_where);
    }
    number = 0;
    for (EACH(struct config, config, &component->configs)) {
        config->number = number++;
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

static void resolve_refs(struct component *component, struct list *refs)
{
    for (EACH(struct end_ref, ref, refs)) {
        uint32_t element;

        if (!ref->is_wild) {
            ref_end(component, ref, &element);
        } else if (ref->path.count != 1) {
            error_at(&ref->where, "a wildcard is *.END");
        } else if (ref->element != NONE) {
            error_at(&ref->where, "a wildcard takes all elements");
        }
    }
}

static void resolve_link_connector(struct link *link)
{
    struct spell spell = { .wanted = link->connector_name };

    link->connector = look_name(NAME_CONNECTOR, link->connector_name);
    if (link->connector_name && !link->connector) {
        offer_statements(transport_words, &spell);
        offer_statements(adjectives, &spell);
        offer_names(NAME_CONNECTOR, &spell);
        unknown_name(&link->connector_where, "connector", NULL, &spell);
    } else if (link->transport_again.source) {
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

static void resolve_instances(struct component *component, struct list *refs, bool must_run)
{
    for (EACH(struct end_ref, ref, refs)) {
        struct component *target = ref_component(component, ref, ref->path.count);

        if (target && must_run && !target->has_run) {
            error_at(&ref->where, "\"%s\" has no run function that could return", target->name);
        }
    }
}

/* restart with NAME: an instance of the same composite, not the one itself, a program. */
static void resolve_restart(struct component *component, struct part *part)
{
    struct named name = { part->policy.restart_with, part->policy.restart_where };
    struct part *with = name.name ? find_part(component, &name) : NULL;

    if (!with || !with->component) {
        return;
    }
    if (with->component->is_composite || with->component->is_hardware) {
        error_at(&name.where, "\"%s\" is no program that could restart", name.name);
    } else if (with == part || (with->array && with->array == part->array)) {
        error_at(&name.where, "\"%s\" cannot restart with itself", name.name);
    }
}

void resolve_composite(struct component *component)
{
    if (!component->is_composite) {
        return;
    }
    for (EACH(struct part, part, &component->parts)) {
        resolve_part(component, part);
        resolve_alternatives(part);
        resolve_restart(component, part);
    }
    for (EACH(struct link, link, &component->links)) {
        resolve_link(component, link);
    }
    unique_names(&(struct map){ 0 }, &component->exports, "export");
    for (EACH(struct export_decl, export, &component->exports)) {
        uint32_t element;

        ref_end(component, &export->ref, &element);
    }
    unique_names(&(struct map){ 0 }, &component->groups, "group");
    for (EACH(struct group_decl, group, &component->groups)) {
        resolve_instances(component, &group->members, false);
    }
    for (EACH(struct deny_decl, deny, &component->denies)) {
        ref_component(component, &deny->from, deny->from.path.count);
        ref_component(component, &deny->to, deny->to.path.count);
    }
    resolve_instances(component, &component->until, true);
}
