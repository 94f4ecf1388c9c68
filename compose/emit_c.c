/* C text that several emitters need: types, parameters, checks of arguments; and questions to the model. */
#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "back.h"

const char *c_upper(const char *name)
{
    size_t bytes = strlen(name);
    char *upper = arena_alloc(bytes + 1);

    for (size_t i = 0; i < bytes; i++) {
        upper[i] = (char)toupper((unsigned char)name[i]);
    }
    return upper;
}

static const char *c_number(bool is_signed, uint32_t bits)
{
    return text_format("%sint%u_t", is_signed ? "" : "u", bits);
}

/* An enum that is as wide as C's is one; flags are added, which makes numbers of them. */
static bool is_c_enum(const struct enumeration *e)
{
    return !e->is_flags && e->bits == 32;
}

const char *c_type(const struct type *type)
{
    switch (type->kind) {
    case TYPE_UNSIGNED:
    case TYPE_SIGNED:
        return c_number(type->kind == TYPE_SIGNED, type->bits);
    case TYPE_FLOAT:
        return type->bits == 32 ? "float" : "double";
    case TYPE_BOOL:
        return "bool";
    case TYPE_ENUM:
    case TYPE_FLAGS:
        return is_c_enum(type->enumeration)
                   ? text_format("enum %s", type->enumeration->name)
                   : c_number(type->enumeration->is_signed, type->enumeration->bits);
    case TYPE_STRUCT:
        return text_format("struct %s", type->structure->name);
    case TYPE_STRING:
        return "char";
    case TYPE_BYTES:
        return "void";
    case TYPE_CAP:
        return "tess_cap";
    }
    return "";
}

const char *c_word(const struct type *type, const char *value)
{
    return type->kind == TYPE_FLOAT ? text_format("comp_word_f%u(%s)", type->bits, value)
                                    : text_format("(uint64_t)%s", value);
}

const char *c_value(const struct type *type, uint32_t word)
{
    return type->kind == TYPE_FLOAT ? text_format("comp_f%u(m_.w[%u])", type->bits, word)
                                    : text_format("(%s)m_.w[%u]", c_type(type), word);
}

bool is_scalar(const struct param *p)
{
    switch (p->type.kind) {
    case TYPE_STRUCT:
    case TYPE_STRING:
    case TYPE_BYTES:
        return false;
    default:
        return p->type.count == 0;
    }
}

uint64_t room_of(const struct param *p)
{
    return is_scalar(p) ? 0 : (uint64_t)p->type.bytes * (p->type.count ? p->type.count : 1);
}

static void c_param(FILE *out, const struct param *p)
{
    bool is_pointer = p->is_out || !is_scalar(p);

    fprintf(out, ", %s%s %s%s", p->is_out || !is_pointer ? "" : "const ", c_type(&p->type),
            is_pointer ? "*" : "", p->name);
    if (p->type.kind == TYPE_BYTES && !p->is_lend) {
        fprintf(out, ", uint32_t %s%s_bytes", p->is_out ? "*" : "", p->name);
    }
}

void c_params(FILE *out, const struct method *m)
{
    for (EACH(struct param, p, &m->params)) {
        c_param(out, p);
    }
}

void c_args(FILE *out, const struct method *m)
{
    for (EACH(struct param, p, &m->params)) {
        fprintf(out, ", %s", p->name);
        if (p->type.kind == TYPE_BYTES && !p->is_lend) {
            fprintf(out, ", %s_bytes", p->name);
        }
    }
}

void c_extent(FILE *out, const struct param *p)
{
    if (!p->extent.of) {
        fprintf(out, "%" PRIu64 "u", p->extent.factor);
    } else if (p->extent.factor == 1) {
        fprintf(out, "(size_t)%s", p->extent.of->name);
    } else {
        fprintf(out, "(size_t)%s * %" PRIu64 "u", p->extent.of->name, p->extent.factor);
    }
}

uint64_t extent_limit(const struct param *p)
{
    return p->extent.max / (p->extent.factor ? p->extent.factor : 1);
}

void c_check_arguments(FILE *out, const struct method *m)
{
    for (EACH(struct param, p, &m->params)) {
        const char *condition = NULL;

        if (p->is_lend && p->extent.of) {
            condition =
                text_format("(uint64_t)%s > %" PRIu64 "u", p->extent.of->name, extent_limit(p));
        } else if (!p->is_out && p->type.kind == TYPE_STRING) {
            fprintf(out, "    const uint64_t %s_bytes = strnlen(%s, %u);\n", p->name, p->name,
                    p->type.bound + 1);
            condition = text_format("%s_bytes > %u", p->name, p->type.bound);
        } else if (!p->is_out && p->type.kind == TYPE_BYTES && !p->is_lend) {
            condition = text_format("%s_bytes > %u", p->name, p->type.bound);
        }
        if (condition) {
            fprintf(out, "    if (COMP_UNLIKELY(%s)) {\n        return TESS_ARG;\n    }\n",
                    condition);
        }
    }
}

/* ---- messages ---- */

uint32_t scalar_words(const struct method *m, bool is_out)
{
    uint32_t words = !is_out && m->is_dedupe;

    for (EACH(struct param, p, &m->params)) {
        words += p->is_out == is_out && p->word != NONE;
    }
    return words;
}

uint32_t area_words(const struct method *m, bool is_out)
{
    uint32_t words = is_out ? m->words_out : m->words_in;

    return words > TESS_MSG_REGS ? words - TESS_MSG_REGS : 0;
}

uint32_t message_words(const struct method *m, bool is_out)
{
    uint32_t area = area_words(m, is_out);

    return area ? TESS_MSG_REGS + area : scalar_words(m, is_out);
}

const struct param *cap_param(const struct method *m)
{
    for (EACH(struct param, p, &m->params)) {
        if (p->type.kind == TYPE_CAP) {
            return p;
        }
    }
    return NULL;
}

bool passes_caps(const struct interface *interface)
{
    for (EACH(struct method, m, &interface->methods)) {
        if (cap_param(m)) {
            return true;
        }
    }
    return false;
}

const char *request_tag(const struct method *m)
{
    return text_format("COMP_TAG(%u, %u)%s", m->number, message_words(m, false),
                       cap_param(m) ? " + COMP_TAG_CAP" : "");
}

void own_errors(const struct interface *interface, int64_t *first, int64_t *last)
{
    *first = 1;
    *last = 0;
    if (!interface->error) {
        return;
    }
    for (EACH(struct constant, k, &interface->error->constants)) {
        if (*first > *last) {
            *first = *last = k->value;
        }
        *first = k->value < *first ? k->value : *first;
        *last = k->value > *last ? k->value : *last;
    }
}

/* ---- connections of an end ---- */

const struct connection *connection_from(const struct model *model, const struct instance *instance,
                                         const struct end *end, uint32_t element)
{
    for (EACH_FROM(c, model, instance, end)) {
        if (c->from_element == element) {
            return c;
        }
    }
    /* A connector of the user's may join two needed ends. */
    return end->kind == END_NEEDS ? next_to(model, instance, end, NULL) : NULL;
}

uint32_t index_at_server(const struct model *model, const struct connection *c)
{
    uint32_t index = 0;

    for (EACH_TO(d, model, c->to, c->to_end)) {
        index += d->number < c->number && d->transport == c->transport;
    }
    return index;
}

uint32_t count_at_server(const struct model *model, const struct instance *instance,
                         const struct end *end, enum transport transport)
{
    uint32_t count = 0;

    for (EACH_TO(c, model, instance, end)) {
        count += c->transport == transport;
    }
    return count;
}

void c_element_table(FILE *out, const struct model *model, const struct connection *c)
{
    if (!c->to_end->count) {
        return;
    }
    fprintf(out, "static const uint16_t %s_%s_element_[%u] = {", c->to_end->name,
            transports[c->transport].name, count_at_server(model, c->to, c->to_end, c->transport));
    for (EACH_TO(d, model, c->to, c->to_end)) {
        if (d->transport == c->transport) {
            fprintf(out, " %u,", d->to_element);
        }
    }
    fprintf(out, " };\n");
}
