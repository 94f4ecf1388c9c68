/* Types, structures, interfaces. */
#include <inttypes.h>
#include <string.h>

#include "parse.h"
#include "resolve.h"

#define ERROR_FIRST 32 /* of an interface's own errors; below are the built-in ones */

bool number_fits(int64_t value, uint32_t bits, bool is_signed)
{
    int64_t limit = bits < 64 ? 1ll << (is_signed ? bits - 1 : bits) : 0; /* 0: none */

    return value >= (is_signed ? limit ? -limit : INT64_MIN : 0) && (!limit || value < limit);
}

void resolve_enumeration(struct enumeration *e)
{
    unique_names(&(struct map){ 0 }, &e->constants, "constant");
    for (EACH(struct constant, c, &e->constants)) {
        if (!number_fits(c->value, e->bits, e->is_signed)) {
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
    struct spell spell = { .wanted = type->name };

    type->enumeration = look_name(NAME_ENUMERATION, type->name);
    type->structure = look_name(NAME_STRUCTURE, type->name);
    if (type->enumeration) {
        type->kind = type->enumeration->is_flags ? TYPE_FLAGS : TYPE_ENUM;
        type->bits = type->enumeration->bits;
    } else if (!type->structure) {
        offer_types(&spell);
        if (spell.best && !look_name(NAME_INTERFACE, type->name)) {
            unknown_name(&type->where, "type", NULL, &spell);
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
    bool is_good;

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
    is_good = unique_names(&(struct map){ 0 }, &structure->fields, "field");
    for (EACH(struct field, field, &structure->fields)) {
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

static void resolve_extent(struct method *method, struct extent *extent)
{
    struct named name = { extent->param, extent->where };

    if (!extent->param) {
        return;
    }
    extent->of = find_in(&method->params, &name, "parameter", NULL);
    if (extent->of && (extent->of->is_out || extent->of->is_lend || extent->of->type.count ||
                       extent->of->type.kind != TYPE_UNSIGNED)) {
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

/* The blocks lie one behind the other in what is lent, whose extent is their number times their size. */
static void resolve_cover(struct interface *interface, struct method *method)
{
    struct param *first = find_in(&method->params, &method->covers, "parameter", NULL);
    const struct param *lent = NULL;

    for (EACH(struct param, param, &method->params)) {
        lent = param->is_lend ? param : lent;
    }
    if (!first) {
        return;
    }
    if (!lent || !lent->extent.of) {
        error_at(&method->covers.where,
                 "what is covered is lent, so many blocks as a parameter says");
    } else if (first->is_out || first->type.count || first->type.kind != TYPE_UNSIGNED) {
        error_at(&method->covers.where, "the number of a block is unsigned and goes in");
    } else if (interface->cover_bytes && interface->cover_bytes != lent->extent.factor) {
        error_at(&method->covers.where, "the blocks of another method have %" PRIu64 " bytes",
                 interface->cover_bytes);
    } else {
        method->cover = first;
        interface->cover_bytes = lent->extent.factor;
    }
}

static void resolve_method(struct interface *interface, struct method *method)
{
    unique_names(&(struct map){ 0 }, &method->params, "parameter");
    for (EACH(struct param, param, &method->params)) {
        resolve_param(method, param);
    }
    if (method->covers.name) {
        resolve_cover(interface, method);
    }
    if (method->is_dedupe && method->kind != METHOD_ONCE) {
        error_at(&method->where, "only a method that is \"once\" can be \"dedupe\"");
    }
}

/* ---- protocol ---- */

static void resolve_transition(struct interface *interface, struct state *state,
                               struct transition *transition)
{
    struct named target = { transition->target, transition->where };

    transition->to = target.name ? find_in(&interface->states, &target, "state", NULL) : state;
    for (EACH(struct named, name, &transition->names)) {
        struct method *method = find_in(&interface->methods, name, "method", NULL);

        if (method) {
            list_add(&transition->methods, method);
        }
        if (method && transition->within_ns > method->within_ns) {
            method->within_ns = transition->within_ns;
        }
    }
}

static void resolve_recover(struct interface *interface)
{
    unique_names(&(struct map){ 0 }, &interface->recover_names, "recovery by");
    for (EACH(struct named, name, &interface->recover_names)) {
        struct method *method = find_in(&interface->methods, name, "method", NULL);

        if (!method) {
            continue;
        }
        list_add(&interface->recover, method);
        for (EACH(struct param, param, &method->params)) {
            if (!param->is_out || param->is_lend) {
                error_at(&name->where,
                         "\"%s\" has parameters: the glue would not know what to pass",
                         method->name);
                break;
            }
        }
    }
}

static void resolve_protocol(struct interface *interface)
{
    uint32_t number = 0;

    unique_names(&(struct map){ 0 }, &interface->states, "state");
    for (EACH(struct state, state, &interface->states)) {
        struct map seen = { 0 };

        state->number = number++;
        for (EACH(struct transition, transition, &state->transitions)) {
            unique_names(&seen, &transition->names, "transition of");
            resolve_transition(interface, state, transition);
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
    uint32_t number = 0, answers = 0;

    resolve_error(interface);
    unique_names(&names, &interface->methods, "method");
    unique_names(&names, &interface->events, "method or event");
    for (EACH(struct method, method, &interface->methods)) {
        method->number = number++;
        method->interface = interface;
        method->answer = answers;
        answers += method->is_dedupe;
        resolve_method(interface, method);
    }
    if (!interface->methods.count && !interface->events.count && !is_any_lost()) {
        error_at(&interface->where, "\"%s\" has no methods", interface->name);
    }
    resolve_protocol(interface);
    wire_interface(interface);
}
