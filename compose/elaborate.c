/*
 * One system as a flat list: composites are taken apart into leaf instances, references through exports become ends,
 * wildcards and lists become connections, filters become instances, arrays give out their elements.
 * All names have been checked by resolve.
 */
#include <string.h>

#include "elaborate.h"
#include "passes.h"
#include "resolve.h"

/* ---- instances ---- */

static struct map children; /* (composite, name) -> instance */
static struct map paths;    /* ids in use */
static struct instance root;

struct instance *instance_child(const struct instance *composite, const char *name)
{
    return map_get(&children, composite ? composite : &root, name);
}

const char *make_id(const char *path)
{
    const char *id = text_format("%s", path), *name;

    for (char *c = strpbrk(id, ".~[]"); c; c = strpbrk(c, ".~[]")) {
        *c = '_';
    }
    name = name_of(id);
    for (uint32_t n = 2; map_get(&paths, NULL, name); n++) {
        name = name_of(text_format("%s_%u", id, n));
    }
    map_put(&paths, NULL, name, &root);
    return name;
}

/* What the text says, or the value that the composite around has for its config. */
static struct value setting_value(const struct instance *parent, const struct setting *setting)
{
    struct value value = setting->value;

    if (value.kind == VALUE_CONFIG && parent) {
        value = parent->configs[setting->outer->number];
        value.where = setting->value.where;
        if (value.kind != VALUE_CONFIG) {
            resolve_value(setting->config, &value);
        }
    }
    return value;
}

static void set_configs(struct instance *instance, const struct part *part)
{
    struct component *component = instance->component;

    instance->configs = arena_alloc((component->configs.count + 1) * sizeof(struct value));
    for (EACH(struct config, config, &component->configs)) {
        struct setting *setting = part ? list_find(&part->settings, config->name) : NULL;

        instance->configs[config->number] =
            setting ? setting_value(instance->parent, setting) : config->value;
        if (!setting && !config->has_value) {
            error_at(&instance->where, "\"%s\" must set \"%s\", which has no default",
                     instance->path, config->name);
            note_at(&config->where, "it is declared here");
        }
    }
}

void make_ports(struct instance *instance)
{
    const struct list *ends = &instance->component->ends;

    instance->ports = arena_alloc((ends->count + 1) * sizeof(struct port));
    for (EACH(struct end, end, ends)) {
        *port_of(instance, end) = (struct port){ instance, end, { 0 }, { 0 } };
    }
}

static struct instance *instance_new(struct model *model, struct component *component,
                                     struct instance *parent, const char *path,
                                     const struct where *where)
{
    struct instance *instance = NEW(struct instance);

    instance->path = path;
    instance->id = make_id(path);
    instance->component = component;
    instance->parent = parent;
    instance->where = *where;
    instance->policy = component->policy;
    make_ports(instance);
    if (component->is_composite) {
        list_add(&model->composites, instance);
    } else {
        instance->number = model->instances.count;
        list_add(&model->instances, instance);
    }
    return instance;
}

static void add_parts(struct model *model, struct component *component, struct instance *parent,
                      const struct policy *above);

#define INSTANCES_MAX 4096u

static void add_part(struct model *model, struct part *part, struct instance *parent,
                     const struct policy *above)
{
    const char *path = parent ? text_format("%s.%s", parent->path, part->name) : part->name;
    struct instance *instance;
    struct policy policy = part->policy;
    uint32_t fixed;

    if (model->instances.count + model->composites.count >= INSTANCES_MAX) {
        error_at(NULL, "more than %u instances", INSTANCES_MAX);
        return;
    }
    instance = instance_new(model, part->component, parent, name_of(path), &part->where);
    map_put(&children, parent ? parent : &root, part->name, instance);
    policy_inherit(&policy, above);
    set_configs(instance, part);
    if (part->component->is_composite) {
        add_parts(model, part->component, instance, &policy);
        return;
    }
    fixed = policy.set;
    policy_inherit(&policy, &part->component->policy);
    instance->policy = policy;
    add_alternatives(instance, part, fixed);
}

static void add_parts(struct model *model, struct component *component, struct instance *parent,
                      const struct policy *above)
{
    for (EACH(struct part, part, &component->parts)) {
        add_part(model, part, parent, above);
    }
}

/* An instance that the text does not name: a filter. */
struct instance *filter_new(struct model *model, struct component *component,
                            struct instance *caller, const char *path, const struct where *where)
{
    struct instance *filter;
    const char *unique = path;

    /* Several elements of one array may have filters before it is known which elements these are. */
    for (uint32_t n = 2; map_get(&children, &paths, unique); n++) {
        unique = name_of(text_format("%s~%u", path, n));
    }
    map_put(&children, &paths, unique, &root);
    filter = instance_new(model, component, caller->parent, unique, where);
    set_configs(filter, NULL);
    return filter;
}

/* ---- references ---- */

struct instance *ref_instance(struct instance *scope, const struct end_ref *ref, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        scope = instance_child(scope, ((struct named *)ref->path.item[i])->name);
        if (!scope) {
            return NULL;
        }
    }
    return scope;
}

bool end_of(struct instance *instance, const char *name, struct target *target)
{
    struct export_decl *export = list_find(&instance->component->exports, name);

    if (export) {
        return ref_target(instance, &export->ref, target);
    }
    *target = (struct target){ instance, list_find(&instance->component->ends, name), NONE };
    return target->end;
}

bool ref_target(struct instance *scope, const struct end_ref *ref, struct target *target)
{
    struct instance *instance = ref_instance(scope, ref, ref->path.count - 1);
    const struct named *name = ref->path.item[ref->path.count - 1];

    if (!instance || !end_of(instance, name->name, target)) {
        return false;
    }
    if (ref->element != NONE) {
        target->element = ref->element;
    }
    return true;
}

bool is_below(const struct instance *instance, const struct instance *composite)
{
    for (; instance; instance = instance->parent) {
        if (instance == composite) {
            return true;
        }
    }
    return composite == NULL;
}

/* ---- groups, until, denials ---- */

static void add_member(struct model *model, struct group *group, struct instance *target)
{
    for (EACH(struct instance, instance, &model->instances)) {
        if (is_below(instance, target) && !instance->component->is_hardware) {
            list_add(&group->members, instance);
            list_add(&instance->groups, group);
        }
    }
}

static struct instance *whole_ref(struct instance *scope, const struct end_ref *ref)
{
    return ref_instance(scope, ref, ref->path.count);
}

/* What a composite or the system says of its instances. */
static void add_statements(struct model *model, struct component *component, struct instance *scope)
{
    for (EACH(struct group_decl, decl, &component->groups)) {
        struct group *group = NEW(struct group);

        group->name = scope ? name_of(text_format("%s.%s", scope->path, decl->name)) : decl->name;
        group->number = model->groups.count;
        list_add(&model->groups, group);
        for (EACH(struct end_ref, ref, &decl->members)) {
            add_member(model, group, whole_ref(scope, ref));
        }
    }
    for (EACH(struct deny_decl, decl, &component->denies)) {
        struct denial *denial = NEW(struct denial);

        denial->from = whole_ref(scope, &decl->from);
        denial->to = whole_ref(scope, &decl->to);
        denial->where = decl->where;
        list_add(&model->denials, denial);
    }
    for (EACH(struct end_ref, ref, &component->until)) {
        if (!scope) {
            whole_ref(scope, ref)->is_until = true;
        }
    }
}

/* restart with NAME: in the composite that the part is in. */
static void set_restarts(struct model *model)
{
    for (EACH(struct instance, instance, &model->instances)) {
        if (instance->policy.restart_with) {
            instance->restart_with =
                instance_child(instance->parent, instance->policy.restart_with);
        }
    }
}

/* ---- the pass ---- */

static struct component *choose_system(struct model *model, const char *name)
{
    struct component *found = NULL;
    struct spell spell = { .wanted = name ? name : "" };

    for (EACH(struct component, component, &model->components)) {
        bool is_first_file = component->where.source == model->sources.item[0];

        if (!component->is_system) {
            continue;
        }
        spell_offer(&spell, component->name);
        if (name ? strcmp(component->name, name) == 0 : is_first_file) {
            found = component;
        }
    }
    if (!found && name) {
        error_at(NULL, "there is no system \"%s\"%s", name, spell_hint(&spell));
    } else if (!found) {
        error_at(NULL, "%s: declares no system", ((struct source *)model->sources.item[0])->path);
    }
    return found;
}

bool elaborate(struct model *model, const struct options *options)
{
    uint32_t before = diag_errors();

    model->system = choose_system(model, options->system);
    if (!model->system) {
        return false;
    }
    children = paths = (struct map){ 0 };
    elements_start();
    add_parts(model, model->system, NULL, &(struct policy){ 0 });
    if (diag_errors() != before) {
        return false;
    }
    add_statements(model, model->system, NULL);
    for (EACH(struct instance, composite, &model->composites)) {
        add_statements(model, composite->component, composite);
    }
    set_restarts(model);
    add_links(model);
    return diag_errors() == before;
}
