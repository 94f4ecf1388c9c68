/* C types, sizes of messages, and other questions about declarations. */
#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "back.h"
#include "template.h"

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

const struct param *lent_param(const struct method *m)
{
    for (EACH(struct param, p, &m->params)) {
        if (p->is_lend) {
            return p;
        }
    }
    return NULL;
}

/* ---- interfaces and methods ---- */

/* The interface's own first or last error; 1 and 0 when it has none. */
int64_t own_error(const struct interface *i, bool is_last)
{
    int64_t first = INT64_MAX, last = 0;

    for (uint32_t k = 0; i->error && k < i->error->constants.count; k++) {
        int64_t value = AT(struct constant, &i->error->constants, k)->value;

        first = value < first ? value : first;
        last = value > last ? value : last;
    }
    return is_last ? last : first == INT64_MAX ? 1 : first;
}

uint32_t most_results(const struct interface *i)
{
    uint32_t most = 0;

    for (EACH(struct method, m, &i->methods)) {
        most = scalar_words(m, true) > most ? scalar_words(m, true) : most;
    }
    return most;
}

static bool contains(const struct list *methods, const struct method *m)
{
    for (EACH(struct method, other, methods)) {
        if (other == m) {
            return true;
        }
    }
    return false;
}

struct val steps_of(const struct method *m)
{
    struct list *steps = NEW(struct list);

    for (EACH(struct state, from, &m->interface->states)) {
        for (EACH(struct transition, t, &from->transitions)) {
            struct step *step = NEW(struct step);

            if (contains(&t->methods, m)) {
                *step = (struct step){ from, t->to,
                                       from->number == 0 && contains(&m->interface->recover, m) };
                list_add(steps, step);
            }
        }
    }
    return list(NODE_step, steps);
}

bool may_repeat(const struct method *m)
{
    return m->kind == METHOD_IDEMPOTENT || m->is_dedupe;
}

struct val results_of(const struct method *m)
{
    struct list *results = NEW(struct list);

    for (EACH(struct param, p, &m->params)) {
        if (p->is_out) {
            list_add(results, p);
        }
    }
    return list(NODE_param, results);
}

const struct param *last_aggregate(const struct method *m)
{
    const struct param *last = NULL;

    for (EACH(struct param, p, &m->params)) {
        last = is_scalar(p) ? last : p;
    }
    return last;
}

bool has_length(const struct param *p)
{
    return p->type.kind == TYPE_STRING || (p->type.kind == TYPE_BYTES && !p->is_lend);
}

/* Words in registers: with an area behind them all of them, so that nothing else goes with them. */
uint32_t register_words(const struct method *m, bool is_out)
{
    return area_words(m, is_out) ? TESS_MSG_REGS : scalar_words(m, is_out);
}

const char *padding(const struct method *m)
{
    const char *words = "";

    for (uint32_t i = scalar_words(m, false); i < register_words(m, false); i++) {
        words = text_format("%s, 0", words);
    }
    return words;
}

/* Which words of the results are bool. */
uint32_t bools(const struct method *m)
{
    uint32_t bits = 0;

    for (EACH(struct param, p, &m->params)) {
        bits |= p->is_out && p->type.kind == TYPE_BOOL ? 1u << p->word : 0;
    }
    return bits;
}

/* Text as a C literal. */
static const char *quoted(const char *text)
{
    const char *all = "";

    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        bool is_plain = c >= ' ' && c <= '~' && c != '?';

        all = text_format(!is_plain               ? "%s\\%03o"
                          : c == '"' || c == '\\' ? "%s\\%c"
                                                  : "%s%c",
                          all, c);
    }
    return text_format("\"%s\"", all);
}

const char *literal(const struct config *config, const struct value *v)
{
    bool is_long = config->type.bits > 32;

    if (v->kind == VALUE_STRING) {
        return quoted(v->string);
    }
    if (config->type.kind == TYPE_BOOL) {
        return v->number ? "true" : "false";
    }
    if (config->type.kind == TYPE_SIGNED) {
        return text_format(is_long ? "INT64_C(%" PRId64 ")" : "(%" PRId64 ")", v->number);
    }
    return text_format(is_long ? "UINT64_C(%" PRIu64 ")" : "%" PRIu64 "u", (uint64_t)v->number);
}

/* ---- connections of an end ---- */

uint32_t count_at_server(const struct instance *instance, const struct end *end,
                         enum transport transport)
{
    uint32_t count = 0;

    for (EACH_TO(c, instance, end)) {
        count += c->transport == transport;
    }
    return count;
}

uint32_t answers_of(const struct instance *instance, const struct end *end)
{
    uint32_t answers = 0;

    for (uint32_t i = 0; end->kind == END_PROVIDES && i < end->interface->methods.count; i++) {
        answers += AT(struct method, &end->interface->methods, i)->is_dedupe
                       ? count_at_server(instance, end, TRANSPORT_RPC)
                       : 0;
    }
    return answers;
}

uint64_t answers_at(const struct instance *i)
{
    for (EACH(struct region, r, &i->regions)) {
        if (!r->keep && !r->end) {
            return r->at;
        }
    }
    return 0;
}

uint32_t answers_before(const struct connection *c)
{
    uint32_t first = 0;

    for (EACH(struct end, e, &c->to->component->ends)) {
        if (e == c->to_end) {
            break;
        }
        first += answers_of(c->to, e);
    }
    return first;
}
