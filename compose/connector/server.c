/*
 * The server's side of calls, rpc and ring alike: one function an end, which finds the method by the tag (label and
 * length in one comparison), looks at every parameter before the component's function sees any, and puts the results into
 * the answer.  A record of a ring has the scalars in front and the aggregates behind them, the last one cut where it ends.
 */
#include <inttypes.h>

#include "table.h"

#define LOCAL_MAX 256u /* larger parameters are static: the stack of a component is small */

struct server {
    FILE *out;
    const struct model *model;
    const struct connection *c; /* the first of the end */
    const struct end *e;
    const struct method *m;
    bool is_ring;
};

/* ---- parameters ---- */

/* Large and without a rule to keep: the component's function works in the shared memory itself. */
static bool is_in_place(const struct server *s, const struct param *p)
{
    return p->is_lend || ((s->m->uses_buffer || s->is_ring) && p->type.kind == TYPE_BYTES);
}

static void local(const struct server *s, const struct param *p)
{
    bool is_large = room_of(p) > LOCAL_MAX;
    const char *type = c_type(&p->type), *storage = is_large ? "static " : "";

    if (is_in_place(s, p) || (is_scalar(p) && !p->is_out)) {
        if (p->is_out && !p->is_lend) {
            fprintf(s->out, "        uint32_t %s_bytes = 0;\n", p->name);
        }
        return;
    }
    if (is_scalar(p)) {
        fprintf(s->out, "        %s %s = 0;\n", type, p->name);
        return;
    }
    if (p->type.kind == TYPE_STRING) {
        fprintf(s->out, "        %schar %s[%u];\n", storage, p->name, p->type.bound + 1);
    } else if (p->type.kind == TYPE_BYTES) {
        fprintf(s->out, "        %suint8_t %s[%u] __attribute__((aligned(8)));\n", storage, p->name,
                p->type.bound);
        if (p->is_out) {
            fprintf(s->out, "        uint32_t %s_bytes = 0;\n", p->name);
        }
    } else {
        fprintf(s->out, "        %s%s %s[%u];\n", storage, type, p->name,
                p->type.count ? p->type.count : 1);
    }
    if (p->is_out) {
        fprintf(s->out, "        memset(%s, 0, sizeof %s);\n", p->name, p->name);
    }
}

/* The caller of a call is answered, the record of a ring left out. */
static const char *refusal(const struct server *s)
{
    return s->is_ring ? "(struct comp_answer){ 0, COMP_NO_ANSWER, { 0 } }"
                      : text_format("comp_refuse(m_, %s_rpc_watch_[connection_])", s->e->name);
}

static void refuse_if(const struct server *s, const char *condition)
{
    fprintf(s->out, "        if (COMP_UNLIKELY(%s)) {\n", condition);
    fprintf(s->out, "            return %s;\n        }\n", refusal(s));
}

/* A record of a ring may end before its largest size, but not before what it says is in it. */
static void check_room(const struct server *s, const struct param *p, const char *bytes)
{
    if (s->is_ring) {
        refuse_if(s, text_format("bytes_ < %u + (uint64_t)(%s)", p->offset, bytes));
    }
}

/* Copied first, then checked: the client may write to shared memory at any time. */
static void check_lent(const struct server *s, const struct param *p)
{
    const char *bytes = text_format("%" PRIu64, p->extent.factor);

    if (p->extent.of) {
        const char *value =
            text_format("(uint64_t)(%s)m_.w[%u]", c_type(&p->extent.of->type), p->extent.of->word);

        refuse_if(s, text_format("%s > %" PRIu64, value, extent_limit(p)));
        bytes = text_format("%s * %" PRIu64, value, p->extent.factor);
    }
    check_room(s, p, bytes);
}

static void check_in(const struct server *s, const struct param *p)
{
    if (p->is_lend) {
        check_lent(s, p);
        return;
    }
    if (p->is_out) {
        return;
    }
    if (p->type.kind == TYPE_BOOL && is_scalar(p)) {
        refuse_if(s, text_format("m_.w[%u] > 1", p->word));
    } else if (p->type.kind == TYPE_STRING) {
        refuse_if(s, text_format("m_.w[%u] > %u", p->word, p->type.bound));
        check_room(s, p, text_format("m_.w[%u]", p->word));
        refuse_if(s, text_format("!comp_take_text(%s, area_ + %u, m_.w[%u])", p->name, p->offset,
                                 p->word));
    } else if (p->type.kind == TYPE_BYTES) {
        refuse_if(s, text_format("m_.w[%u] > %u", p->word, p->type.bound));
        check_room(s, p, text_format("m_.w[%u]", p->word));
        if (!is_in_place(s, p)) {
            fprintf(s->out, "        memcpy(%s, area_ + %u, m_.w[%u]);\n", p->name, p->offset,
                    p->word);
        }
    } else if (!is_scalar(p)) {
        check_room(s, p, text_format("%" PRIu64, room_of(p)));
        fprintf(s->out, "        memcpy(%s, area_ + %u, %" PRIu64 ");\n", p->name, p->offset,
                room_of(p));
    }
}

static const char *argument(const struct server *s, const struct param *p)
{
    const char *bytes = "";

    if (p->type.kind == TYPE_BYTES && !p->is_lend) {
        bytes = p->is_out ? text_format(", &%s_bytes", p->name)
                          : text_format(", (uint32_t)m_.w[%u]", p->word);
    }
    if (is_in_place(s, p)) {
        return text_format("area_ + %u%s", p->offset, bytes);
    }
    if (p->type.kind == TYPE_CAP) {
        return "comp_cap_slot";
    }
    if (is_scalar(p)) {
        return p->is_out ? text_format("&%s", p->name) : c_value(&p->type, p->word);
    }
    return text_format("%s%s", p->name, bytes);
}

static void call(const struct server *s)
{
    fprintf(s->out, "        enum tess_err err_ = %s_%s(&self_%s", s->e->name, s->m->name,
            s->e->count ? text_format(", %s_%s_element_[connection_]", s->e->name,
                                      transports[s->c->transport].name)
                        : "");
    for (EACH(struct param, p, &s->m->params)) {
        fprintf(s->out, ", %s", argument(s, p));
    }
    fprintf(s->out, ");\n\n");
    if (cap_param(s->m)) {
        fprintf(s->out, "        comp_drop_caps(1);\n");
    }
    fprintf(s->out, "        if (COMP_UNLIKELY(err_)) {\n            return %s;\n        }\n",
            s->m->is_dedupe && !s->is_ring ? "comp_store(stored_, number_, comp_error(err_), 0)"
                                           : "comp_error(err_)");
}

/* ---- answers that are kept ---- */

/* Number of the method's first answer in the instance's kept answers: those of a method lie together. */
static uint32_t first_answer(const struct server *s)
{
    uint32_t first = 0;

    for (EACH(struct end, e, &s->c->to->component->ends)) {
        if (e->kind != END_PROVIDES) {
            continue;
        }
        for (EACH(struct method, m, &e->interface->methods)) {
            if (e == s->e && m == s->m) {
                return first;
            }
            first += m->is_dedupe ? count_at_server(s->model, s->c->to, e, TRANSPORT_RPC) : 0;
        }
    }
    return first;
}

static uint64_t answers_at(const struct server *s)
{
    for (EACH(struct region, r, &s->model->regions)) {
        if (r->instance == s->c->to && !r->keep && !r->end) {
            return r->at;
        }
    }
    return 0;
}

/* A call that was answered before is answered the same again. */
static void look_up_answer(const struct server *s, const char *done)
{
    fprintf(s->out,
            "        struct comp_stored *const stored_ = comp_stored(0x%" PRIx64
            "ull, %u + connection_);\n"
            "        const uint64_t number_ = m_.w[%u];\n\n"
            "        if (stored_->number == number_) {\n%s"
            "            return comp_stored_answer(stored_);\n        }\n",
            answers_at(s), first_answer(s), scalar_words(s->m, false) - 1, done);
}

/* ---- results ---- */

static void put_out(const struct server *s, const struct param *p)
{
    if (is_scalar(p) || p->is_lend) {
        return;
    }
    if (p->type.kind == TYPE_STRING) {
        fprintf(s->out, "        const uint64_t %s_bytes = strnlen(%s, %u);\n", p->name, p->name,
                p->type.bound);
    } else if (p->type.kind == TYPE_BYTES) {
        fprintf(s->out,
                "        if (COMP_UNLIKELY(%s_bytes > %u)) {\n"
                "            return comp_error(TESS_RANGE);\n        }\n",
                p->name, p->type.bound);
    }
    if (is_in_place(s, p)) {
        return;
    }
    fprintf(s->out, "        comp_put(area_ + %u, %" PRIu64 ", %s, ", p->offset, room_of(p),
            p->name);
    if (p->type.kind == TYPE_STRING || p->type.kind == TYPE_BYTES) {
        fprintf(s->out, "%s_bytes);\n", p->name);
    } else {
        fprintf(s->out, "%" PRIu64 ");\n", room_of(p));
    }
}

static void results(const struct server *s)
{
    uint32_t words = scalar_words(s->m, true), all = area_words(s->m, true) ? 8 : words;

    for (EACH(struct param, p, &s->m->params)) {
        if (p->is_out) {
            put_out(s, p);
        }
    }
    fprintf(s->out, "        return %s(struct comp_answer){ COMP_TAG(0, %u), %u, {",
            s->m->is_dedupe && !s->is_ring ? "comp_store(stored_, number_, " : "",
            message_words(s->m, true), all);
    for (uint32_t i = 0; i < words; i++) {
        for (EACH(struct param, p, &s->m->params)) {
            if (p->is_out && p->word == i) {
                fprintf(s->out, "%s %s", i ? "," : "",
                        is_scalar(p) ? c_word(&p->type, p->name)
                                     : text_format("%s_bytes", p->name));
            }
        }
    }
    fprintf(s->out, "%s } }", words ? "" : " 0");
    if (s->m->is_dedupe && !s->is_ring) {
        fprintf(s->out, ", %u)", area_words(s->m, true));
    }
    fprintf(s->out, ";\n");
}

/* ---- protocol ---- */

static bool has_protocol(const struct server *s)
{
    return !s->is_ring && is_in_protocol(s->e->interface, s->m);
}

static void transition(const struct server *s)
{
    c_transition(s->out, s->e->interface, s->m, text_format("%s_state_[connection_]", s->e->name),
                 text_format("%s_out_of_turn_(connection_, m_)", s->e->name), true);
}

/* ---- the end ---- */

static bool has_aggregate(const struct method *m)
{
    for (EACH(struct param, p, &m->params)) {
        if (!is_scalar(p)) {
            return true;
        }
    }
    return false;
}

static void method(const struct server *s)
{
    const char *done;

    fprintf(s->out, "    case %s: { /* %s */\n",
            s->is_ring ? text_format("COMP_TAG(%u, %u)", s->m->number, scalar_words(s->m, false))
                       : request_tag(s->m),
            s->m->name);
    if (has_aggregate(s->m) && !s->is_ring) {
        fprintf(s->out, "        uint8_t *const area_ = %s;\n",
                s->m->uses_buffer ? text_format("%s_buffer_[connection_]", s->e->name)
                                  : "comp_area()");
    }
    for (EACH(struct param, p, &s->m->params)) {
        local(s, p);
    }
    if (has_protocol(s)) {
        transition(s);
    }
    for (EACH(struct param, p, &s->m->params)) {
        check_in(s, p);
    }
    done =
        has_protocol(s) ? text_format("        %s_state_[connection_] = next_;\n", s->e->name) : "";
    if (s->m->is_dedupe && !s->is_ring) {
        look_up_answer(s, done);
    }
    call(s);
    fputs(done, s->out);
    results(s);
    fprintf(s->out, "    }\n");
}

/* One entry a connection, in the order of the badges. */
static void tables(const struct server *s)
{
    enum transport transport = s->c->transport;
    uint32_t n = count_at_server(s->model, s->c->to, s->e, transport);

    if (!s->is_ring) {
        fprintf(s->out, "static const int8_t %s_rpc_watch_[%u] = {", s->e->name, n);
        for (EACH_TO(c, s->model, s->c->to, s->e)) {
            if (c->transport == transport) {
                fprintf(s->out, " %d,", (int)c->to_watch);
            }
        }
        fprintf(s->out, " };\n");
    }
    c_element_table(s->out, s->model, s->c);
    if (s->c->memory != NONE && !s->is_ring) {
        fprintf(s->out, "static uint8_t *const %s_buffer_[%u] = {", s->e->name, n);
        for (EACH_TO(c, s->model, s->c->to, s->e)) {
            if (c->transport == transport) {
                fprintf(s->out, " (uint8_t *)0x%" PRIx64 "ull,", c->to_at);
            }
        }
        fprintf(s->out, " };\n");
    }
}

/* The states, and what is said to who is not allowed to ask. */
static void protocol(const struct server *s)
{
    const struct interface *i = s->e->interface;
    uint32_t n = count_at_server(s->model, s->c->to, s->e, TRANSPORT_RPC);
    const char *end = s->e->name;

    fprintf(s->out, "static uint8_t %s_state_[%u];\n\n", end, n);
    fprintf(s->out,
            "COMP_COLD static struct comp_answer %s_out_of_turn_(uint32_t connection_, struct "
            "tess_msg m_)\n"
            "{\n    if (%s_state_[connection_] != %u) {\n"
            "        return comp_refuse(m_, %s_rpc_watch_[connection_]);\n    }\n%s"
            "    return comp_error(TESS_RESTARTED);\n}\n",
            end, end, i->states.count, end,
            i->recover.count ? "" : text_format("    %s_state_[connection_] = 0;\n", end));
}

static void head(const struct server *s)
{
    const char *parameters = s->is_ring ? "uint32_t connection_, struct tess_msg m_, "
                                          "const uint8_t *area_, uint64_t bytes_"
                                        : "uint32_t connection_, struct tess_msg m_";
    const char *name = s->is_ring ? text_format("%s_take_", s->e->name)
                                  : text_format("%s_%s_call_", s->c->to->id, s->e->name);
    const char *storage = s->is_ring ? "COMP_INLINE" : "COMP_EXPORT";

    fprintf(s->out, "\n%s struct comp_answer %s(%s);\n%s struct comp_answer %s(%s)\n{\n", storage,
            name, parameters, storage, name, parameters);
    if (s->is_ring) {
        fprintf(s->out, "    (void)area_;\n    (void)bytes_;\n");
    }
    fprintf(s->out, "    switch (m_.tag) {\n");
}

/* All methods of the end to which c is the first connection of its transport. */
void server(FILE *out, const struct model *model, const struct connection *c)
{
    struct server s = { out, model, c, c->to_end, NULL, c->transport == TRANSPORT_RING };
    bool has_states = s.e->interface->states.count && !s.is_ring;

    tables(&s);
    if (has_states) {
        protocol(&s);
    }
    head(&s);
    for (EACH(struct method, m, &s.e->interface->methods)) {
        s.m = m;
        method(&s);
    }
    if (!s.is_ring && (has_states || c->memory != NONE)) {
        fprintf(out, "    case COMP_TAG(COMP_LABEL_RESET, 0):\n");
        if (has_states) {
            fprintf(out,
                    "        if (%s_state_[connection_] != %u) {\n"
                    "            %s_state_[connection_] = 0;\n        }\n",
                    s.e->name, s.e->interface->states.count, s.e->name);
        }
        fprintf(out, "        return comp_error(TESS_OK);\n"
                     "    case COMP_TAG(COMP_LABEL_SYNC, 0):\n"
                     "        return comp_error(TESS_OK);\n");
    }
    fprintf(out, "    default:\n        return %s;\n    }\n}\n", refusal(&s));
}

void rpc_to(FILE *out, const struct model *model, const struct connection *c)
{
    if (index_at_server(model, c) == 0) {
        fprintf(out, "\n/* %s: rpc */\n", c->to_end->name);
        server(out, model, c);
    }
}
