/*
 * The wire format (docs/language.md, "The wire"): where each parameter travels.  Scalars one word each; what is
 * larger in the message's area, or in the connection's buffer.  And the hash that two ends compare.
 */
#include <inttypes.h>

#include "resolve.h"

#define SCALARS_MAX 8u
#define AREA_WORD   8u   /* first message word of the area */
#define AREA_BYTES  448u /* words 8 to 63 */
#define CAPS_MAX    4u   /* capabilities one way */
#define BUFFER_MAX  (64ull << 20)

static bool is_aggregate(const struct param *param)
{
    return param->is_lend || param->type.count || param->type.kind == TYPE_STRUCT ||
           param->type.kind == TYPE_STRING || param->type.kind == TYPE_BYTES;
}

static bool has_length(const struct param *param)
{
    return !param->is_lend && (param->type.kind == TYPE_STRING || param->type.kind == TYPE_BYTES);
}

static uint64_t room(const struct param *param)
{
    uint64_t bytes = (uint64_t)param->type.bytes * (param->type.count ? param->type.count : 1);

    return (bytes + 7) & ~7ull;
}

/* Give words to the scalars of one way; returns how many. */
static uint32_t place_scalars(struct method *method, bool is_out)
{
    uint32_t word = 0, caps = 0;

    for (EACH(struct param, param, &method->params)) {
        bool is_cap = param->type.kind == TYPE_CAP && !param->is_lend;

        if (param->is_out != is_out) {
            continue;
        }
        caps += is_cap;
        if (is_cap && caps > CAPS_MAX) {
            error_at(&param->where, "a message carries four capabilities at most");
        } else if (!is_cap && (!is_aggregate(param) || has_length(param))) {
            param->word = word++;
            if (word == SCALARS_MAX + 1) {
                error_at(&param->where, "more than %u scalars one way: put them into a struct",
                         SCALARS_MAX);
            }
        }
    }
    return word;
}

/* Offsets of the aggregates of one way, from `at`; returns where they end. */
static uint64_t place_aggregates(struct method *method, bool is_out, uint64_t at)
{
    for (EACH(struct param, param, &method->params)) {
        if (param->is_out == is_out && is_aggregate(param)) {
            param->offset = (uint32_t)at;
            at += room(param);
        }
    }
    return at;
}

static void wire_method(struct interface *interface, struct method *method)
{
    uint64_t in = place_aggregates(method, false, 0), out = place_aggregates(method, true, 0);

    method->words_in = place_scalars(method, false);
    method->words_out = place_scalars(method, true);
    method->uses_buffer = in > AREA_BYTES || out > AREA_BYTES;
    for (EACH(struct param, param, &method->params)) {
        method->uses_buffer |= param->is_lend;
    }
    if (method->uses_buffer) {
        uint64_t end = place_aggregates(method, true, in);

        if (end > BUFFER_MAX) {
            error_at(&method->where, "the parameters of \"%s\" need more than 64MiB", method->name);
            end = 0;
        }
        method->buffer_bytes = (uint32_t)end;
        if (method->buffer_bytes > interface->buffer_bytes) {
            interface->buffer_bytes = method->buffer_bytes;
        }
        return;
    }
    method->words_in = in ? AREA_WORD + (uint32_t)(in / 8) : method->words_in;
    method->words_out = out ? AREA_WORD + (uint32_t)(out / 8) : method->words_out;
}

/* ---- hash: FNV-1a of everything that both ends must agree on, as text ---- */

__attribute__((format(printf, 2, 3))) static void mix(uint64_t *hash, const char *format, ...)
{
    va_list args;
    const char *text;

    va_start(args, format);
    text = text_vformat(format, args);
    va_end(args);
    for (; *text; text++) {
        *hash = (*hash ^ (unsigned char)*text) * 0x100000001b3ull;
    }
}

static void mix_constants(uint64_t *hash, const struct enumeration *e)
{
    for (uint32_t i = 0; e && i < e->constants.count; i++) {
        const struct constant *c = e->constants.item[i];

        mix(hash, "constant %s %" PRId64 ";", c->name, c->value);
    }
}

static void mix_type(uint64_t *hash, const struct type *type)
{
    mix(hash, "type %u %u %u %u %s;", type->kind, type->bits, type->bound, type->count,
        type->interface ? type->interface->name : "");
    mix_constants(hash, type->enumeration);
    if (type->structure && type->structure->bytes) {
        mix(hash, "struct %u;", type->structure->bytes);
        for (EACH(struct field, field, &type->structure->fields)) {
            mix(hash, "field %s %u;", field->name, field->offset);
            mix_type(hash, &field->type);
        }
    }
}

static void mix_method(uint64_t *hash, const struct method *method)
{
    mix(hash, "method %s %u %u;", method->name, method->kind, method->is_dedupe);
    for (EACH(struct param, param, &method->params)) {
        mix(hash, "param %s %u %u %u %u;", param->name, param->is_out, param->is_lend, param->word,
            param->offset);
        mix_type(hash, &param->type);
        if (param->is_lend) {
            mix(hash, "extent %s %" PRIu64 " %" PRIu64 ";",
                param->extent.param ? param->extent.param : "", param->extent.factor,
                param->extent.max);
        }
    }
}

static void mix_protocol(uint64_t *hash, const struct interface *interface)
{
    for (EACH(struct state, state, &interface->states)) {
        mix(hash, "state %s %u;", state->name, state->is_quiet);
        for (EACH(struct transition, transition, &state->transitions)) {
            for (EACH(struct method, method, &transition->methods)) {
                mix(hash, "%u ", method->number);
            }
            mix(hash, "-> %u;", transition->to ? transition->to->number : 0);
        }
    }
    for (EACH(struct method, method, &interface->recover)) {
        mix(hash, "recover %u;", method->number);
    }
}

void wire_interface(struct interface *interface)
{
    uint64_t *hash = &interface->hash;

    *hash = 0xcbf29ce484222325ull;
    mix(hash, "interface %s %u;", interface->name, interface->major);
    for (EACH(struct method, method, &interface->methods)) {
        wire_method(interface, method);
        mix_method(hash, method);
    }
    for (EACH(struct constant, event, &interface->events)) {
        mix(hash, "event %s;", event->name);
    }
    mix_constants(hash, interface->error);
    mix_protocol(hash, interface);
}
