/*
 * The wire format (docs/language.md, "The wire"): where each parameter travels.  Scalars one word each; what is
 * larger in the message's area, or in the connection's buffer.
 */
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

void wire_interface(struct interface *interface)
{
    for (EACH(struct method, method, &interface->methods)) {
        wire_method(interface, method);
    }
}
