/* Types, structures, interfaces. */
#include <string.h>

#include "parse.h"
#include "resolve.h"

#define ERROR_FIRST 32 /* of an interface's own errors; below are the built-in ones */

static bool fits(int64_t value, uint32_t bits, bool is_signed)
{
    if (bits >= 64) {
        return is_signed || value >= 0;
    }
    return is_signed ? value >= -(1ll << (bits - 1)) && value < 1ll << (bits - 1)
                     : value >= 0 && value < 1ll << bits;
}

void resolve_enumeration(struct enumeration *e)
{
    struct map names = { 0 };

    for (EACH(struct constant, c, &e->constants)) {
        unique_name(&names, NULL, c->name, &c->where, "constant");
        if (!fits(c->value, e->bits, e->is_signed)) {
            error_at(&c->where, "%lld does not fit %c%u", (long long)c->value,
                     e->is_signed ? 'i' : 'u', e->bits);
        }
        for (uint32_t i = 0; e->constants.item[i] != c; i++) {
            const struct constant *other = e->constants.item[i];

            if (other->value == c->value) {
                error_at(&c->where, "\"%s\" has the value of \"%s\"", c->name, other->name);
            }
        }
    }
}

static void point_type(struct type *type)
{
    static const char *const words[] = { "u8",  "u16", "u32", "u64",  "i8",     "i16",   "i32",
                                         "i64", "f32", "f64", "bool", "string", "bytes", "cap" };
    struct spell spell = { .wanted = type->name };

    type->enumeration = look_name(NAME_ENUMERATION, type->name);
    type->structure = look_name(NAME_STRUCTURE, type->name);
    if (type->enumeration) {
        type->kind = type->enumeration->is_flags ? TYPE_FLAGS : TYPE_ENUM;
        type->bits = type->enumeration->bits;
    } else if (!type->structure) {
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
            spell_offer(&spell, words[i]);
        }
        if (spell.best && !look_name(NAME_INTERFACE, type->name)) {
            unknown_name(&type->where, "type", &spell);
        } else {
            find_name(NAME_STRUCTURE, type->name, &type->where);
        }
    }
}

bool resolve_type(struct type *type)
{
    if (type->kind == TYPE_STRUCT) {
        if (!type->name) {
            return false;
        }
        point_type(type);
    }
    switch (type->kind) {
    case TYPE_STRUCT:
        if (!type->structure || !resolve_structure(type->structure)) {
            return false;
        }
        type->bytes = type->structure->bytes;
        type->align = type->structure->align;
        return true;
    case TYPE_STRING:
    case TYPE_BYTES:
        type->bytes = type->bound + (type->kind == TYPE_STRING);
        type->align = 1;
        return true;
    case TYPE_CAP:
        type->interface = find_name(NAME_INTERFACE, type->name, &type->where);
        type->bytes = type->align = 8;
        return type->interface != NULL;
    default:
        type->bytes = type->align = type->bits / 8;
        return true;
    }
}

static bool resolve_field(struct structure *structure, struct field *field)
{
    struct type *type = &field->type;
    uint64_t end;

    if (!resolve_type(type)) {
        return false;
    }
    if (type->kind == TYPE_STRING || type->kind == TYPE_BYTES || type->kind == TYPE_CAP) {
        error_at(&type->where, "a struct holds numbers, enums, structs and arrays of these");
        return false;
    }
    field->offset = (structure->bytes + type->align - 1) / type->align * type->align;
    end = field->offset + (uint64_t)type->bytes * (type->count ? type->count : 1);
    if (end > 1u << 20) {
        error_at(&field->where, "the struct is larger than 1MiB");
        return false;
    }
    structure->bytes = (uint32_t)end;
    structure->align = type->align > structure->align ? type->align : structure->align;
    return true;
}

#define DEPTH_MAX 64u

bool resolve_structure(struct structure *structure)
{
    static uint32_t depth;
    struct map names = { 0 };
    bool is_good = true;

    if (structure->mark != MARK_NEW) {
        if (structure->mark == MARK_IN_WORK) {
            error_at(&structure->where, "\"%s\" contains itself", structure->name);
        }
        return structure->mark == MARK_DONE && structure->bytes;
    }
    if (depth == DEPTH_MAX) {
        error_at(&structure->where, "structs are nested deeper than %u", DEPTH_MAX);
        return false;
    }
    depth++;
    structure->mark = MARK_IN_WORK;
    structure->align = 1;
    for (EACH(struct field, field, &structure->fields)) {
        is_good &= unique_name(&names, NULL, field->name, &field->where, "field");
        is_good &= resolve_field(structure, field);
    }
    if (!structure->fields.count && !is_any_lost()) {
        error_at(&structure->where, "\"%s\" has no fields", structure->name);
    }
    structure->bytes =
        (structure->bytes + structure->align - 1) / structure->align * structure->align;
    depth--;
    structure->mark = MARK_DONE;
    structure->bytes = is_good ? structure->bytes : 0;
    return structure->bytes != 0;
}

/* ---- methods ---- */

static struct param *param_find(struct method *method, const char *name)
{
    for (EACH(struct param, param, &method->params)) {
        if (param->name == name) {
            return param;
        }
    }
    return NULL;
}

static void resolve_extent(struct method *method, struct extent *extent)
{
    struct spell spell = { .wanted = extent->param };

    if (!extent->param) {
        return;
    }
    extent->of = param_find(method, extent->param);
    if (!extent->of) {
        for (EACH(struct param, param, &method->params)) {
            spell_offer(&spell, param->name);
        }
        unknown_name(&extent->where, "parameter", &spell);
    } else if (extent->of->is_out || extent->of->is_lend || extent->of->type.count ||
               extent->of->type.kind != TYPE_UNSIGNED) {
        error_at(&extent->where, "the extent is an unsigned number that goes in");
    }
}

static void resolve_param(struct method *method, struct param *param)
{
    struct type *type = &param->type;

    if (param->is_lend) {
        resolve_extent(method, &param->extent);
        type->bytes = (uint32_t)param->extent.max;
        type->align = 8;
        return;
    }
    if (resolve_type(type) && type->count &&
        (type->kind == TYPE_STRING || type->kind == TYPE_BYTES || type->kind == TYPE_CAP)) {
        error_at(&param->where, "an array is one of numbers, enums or structs");
    }
    if ((uint64_t)type->bytes * (type->count ? type->count : 1) > 16u << 20) {
        error_at(&param->where, "the parameter is larger than 16MiB");
    }
}

static void resolve_method(struct interface *interface, struct method *method)
{
    struct map names = { 0 };

    for (EACH(struct param, param, &method->params)) {
        unique_name(&names, NULL, param->name, &param->where, "parameter");
        resolve_param(method, param);
    }
    if (method->is_dedupe && method->kind != METHOD_ONCE) {
        error_at(&method->where, "only a method that is \"once\" can be \"dedupe\"");
    }
    (void)interface;
}

/* ---- protocol ---- */

static struct method *method_find(struct interface *interface, const char *name,
                                  const struct where *where)
{
    struct spell spell = { .wanted = name };

    for (EACH(struct method, method, &interface->methods)) {
        if (method->name == name) {
            return method;
        }
        spell_offer(&spell, method->name);
    }
    unknown_name(where, "method", &spell);
    return NULL;
}

static struct state *state_find(struct interface *interface, const struct transition *transition)
{
    struct spell spell = { .wanted = transition->target };

    for (EACH(struct state, state, &interface->states)) {
        if (state->name == transition->target) {
            return state;
        }
        spell_offer(&spell, state->name);
    }
    unknown_name(&transition->where, "state", &spell);
    return NULL;
}

static void resolve_transition(struct interface *interface, struct state *state,
                               struct transition *transition, struct map *seen)
{
    transition->to = state_find(interface, transition);
    for (uint32_t i = 0; i < transition->names.count; i++) {
        struct method *method =
            method_find(interface, transition->names.item[i], transition->wheres.item[i]);

        if (!method) {
            continue;
        }
        unique_name(seen, state, method->name, transition->wheres.item[i], "transition of");
        list_add(&transition->methods, method);
        if (transition->within_ns > method->within_ns) {
            method->within_ns = transition->within_ns;
        }
    }
}

static void resolve_recover(struct interface *interface)
{
    struct map seen = { 0 };

    for (uint32_t i = 0; i < interface->recover_names.count; i++) {
        struct where *where = interface->recover_wheres.item[i];
        struct method *method = method_find(interface, interface->recover_names.item[i], where);

        if (!method) {
            continue;
        }
        unique_name(&seen, NULL, method->name, where, "recovery by");
        list_add(&interface->recover, method);
        for (EACH(struct param, param, &method->params)) {
            if (!param->is_out || param->is_lend) {
                error_at(where, "\"%s\" has parameters: the glue would not know what to pass",
                         method->name);
                break;
            }
        }
    }
}

static void resolve_protocol(struct interface *interface)
{
    struct map names = { 0 }, seen = { 0 };

    for (EACH(struct state, state, &interface->states)) {
        unique_name(&names, NULL, state->name, &state->where, "state");
        for (EACH(struct transition, transition, &state->transitions)) {
            resolve_transition(interface, state, transition, &seen);
        }
    }
    resolve_recover(interface);
}

static void resolve_error(struct interface *interface)
{
    if (!interface->error_name) {
        return;
    }
    interface->error = find_name(NAME_ENUMERATION, interface->error_name, &interface->error_where);
    if (!interface->error) {
        return;
    }
    if (interface->error->is_flags) {
        error_at(&interface->error_where, "errors are an enum, not flags");
    }
    for (EACH(struct constant, c, &interface->error->constants)) {
        if (c->value < ERROR_FIRST) {
            error_at(&c->where,
                     "an error of an interface is %d or above: the ones below are built in",
                     ERROR_FIRST);
            note_at(&interface->error_where, "it is one because of this");
        }
    }
}

void resolve_interface(struct interface *interface)
{
    struct map names = { 0 };
    uint32_t number = 0;

    resolve_error(interface);
    for (EACH(struct method, method, &interface->methods)) {
        method->number = number++;
        unique_name(&names, NULL, method->name, &method->where, "method");
        resolve_method(interface, method);
    }
    for (EACH(struct constant, event, &interface->events)) {
        unique_name(&names, NULL, event->name, &event->where, "method or event");
    }
    if (!interface->methods.count && !interface->events.count && !is_any_lost()) {
        error_at(&interface->where, "\"%s\" has no methods", interface->name);
    }
    resolve_protocol(interface);
    wire_interface(interface);
}
