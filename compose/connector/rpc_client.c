/*
 * rpc, the client's side: for each method one inline function that puts the words in registers, calls, and compares the
 * answer's tag with the one that is right.  Everything else is out of line.
 */
#include <inttypes.h>

#include "table.h"

/* Method and what the printing functions want to know of it. */
struct stub {
    FILE *out;
    const struct connection *c;
    const struct method *m;
    const char *slot; /* expression */
    bool repeats;     /* may be issued again */
    bool is_noted;    /* the supervisor sees that it is in flight */
    const char *in;   /* indentation */
};

static const char *base(const struct stub *s)
{
    return s->m->uses_buffer ? text_format("(uint8_t *)0x%" PRIx64 "ull", s->c->from_at)
                             : "comp_area()";
}

/* ---- request ---- */

static void put(const struct stub *s, const struct param *p)
{
    if (p->is_lend) {
        fprintf(s->out, "%smemcpy(area_ + %u, %s, ", s->in, p->offset, p->name);
        c_extent(s->out, p);
        fprintf(s->out, ");\n");
        return;
    }
    fprintf(s->out, "%scomp_put(area_ + %u, %" PRIu64 ", %s, ", s->in, p->offset, room_of(p),
            p->name);
    switch (p->type.kind) {
    case TYPE_STRING:
    case TYPE_BYTES:
        fprintf(s->out, "%s_bytes);\n", p->name);
        break;
    default:
        fprintf(s->out, "%" PRIu64 ");\n", room_of(p));
    }
}

static void put_all(const struct stub *s)
{
    for (EACH(struct param, p, &s->m->params)) {
        if (!p->is_out && !is_scalar(p)) {
            put(s, p);
        }
    }
}

/* The words in registers; with an area behind them all eight, so that nothing else goes with them. */
static void words_in(const struct stub *s)
{
    uint32_t words = scalar_words(s->m, false), count = area_words(s->m, false) ? 8 : words;

    for (uint32_t i = 0; i < count; i++) {
        const char *word = "0";

        for (EACH(struct param, p, &s->m->params)) {
            if (!p->is_out && p->word == i) {
                word = is_scalar(p) ? c_word(&p->type, p->name) : text_format("%s_bytes", p->name);
            }
        }
        if (s->m->is_dedupe && i == words - 1) {
            word = "number_";
        }
        fprintf(s->out, ", %s", word);
    }
    fprintf(s->out, ");\n");
}

static void call(const struct stub *s)
{
    uint32_t words = scalar_words(s->m, false), count = area_words(s->m, false) ? 8 : words;

    if (s->is_noted) {
        fprintf(s->out, "%scomp_note(%u, %u);\n", s->in, s->c->from_watch, s->m->number);
    } else if (s->c->is_traced && s->c->from_watch != NONE) {
        fprintf(s->out, "%scomp_watch(%u)->calls++;\n", s->in, s->c->from_watch);
    }
    if (cap_param(s->m)) {
        fprintf(s->out, "%stess_ipc_send_cap(0, %s);\n", s->in, cap_param(s->m)->name);
    }
    fprintf(s->out, "%sstruct tess_msg m_ = COMP_CALL(%u, %s, %s, %s", s->in, count, s->slot,
            request_tag(s->m), s->c->timeout_ns ? "deadline_" : "0");
    words_in(s);
    if (s->is_noted) {
        fprintf(s->out, "%scomp_noted(%u);\n", s->in, s->c->from_watch);
    }
}

/* ---- answer ---- */

static void refuse_if(const struct stub *s, const char *condition)
{
    fprintf(s->out, "%s    if (COMP_UNLIKELY(%s)) {\n", s->in, condition);
    fprintf(s->out, "%s        return comp_blame(%d, TESS_PROTOCOL);\n", s->in,
            (int)s->c->from_watch);
    fprintf(s->out, "%s    }\n", s->in);
}

/* Nothing is written to the caller's memory before everything has been looked at. */
static void check_result(const struct stub *s, const struct param *p)
{
    if (p->type.kind == TYPE_BOOL && is_scalar(p)) {
        refuse_if(s, text_format("m_.w[%u] > 1", p->word));
    } else if (p->type.kind == TYPE_STRING) {
        refuse_if(s, text_format("!comp_is_text(area_ + %u, m_.w[%u], %u)", p->offset, p->word,
                                 p->type.bound));
    } else if (p->type.kind == TYPE_BYTES && !p->is_lend) {
        refuse_if(s, text_format("m_.w[%u] > %u", p->word, p->type.bound));
    }
}

static void get(const struct stub *s, const struct param *p)
{
    fprintf(s->out, "%s    ", s->in);
    if (is_scalar(p)) {
        fprintf(s->out, "*%s = %s;\n", p->name, c_value(&p->type, p->word));
    } else if (p->is_lend) {
        fprintf(s->out, "memcpy(%s, area_ + %u, ", p->name, p->offset);
        c_extent(s->out, p);
        fprintf(s->out, ");\n");
    } else if (p->type.kind == TYPE_STRING) {
        fprintf(s->out, "comp_text(%s, area_ + %u, m_.w[%u]);\n", p->name, p->offset, p->word);
    } else if (p->type.kind == TYPE_BYTES) {
        fprintf(s->out, "*%s_bytes = (uint32_t)m_.w[%u];\n", p->name, p->word);
        fprintf(s->out, "%s    memcpy(%s, area_ + %u, m_.w[%u]);\n", s->in, p->name, p->offset,
                p->word);
    } else {
        fprintf(s->out, "memcpy(%s, area_ + %u, %" PRIu64 ");\n", p->name, p->offset, room_of(p));
    }
}

static void answer(const struct stub *s)
{
    fprintf(s->out, "%sif (COMP_LIKELY(m_.tag == COMP_TAG(0, %u))) {\n", s->in,
            message_words(s->m, true));
    for (EACH(struct param, p, &s->m->params)) {
        if (p->is_out) {
            check_result(s, p);
        }
    }
    for (EACH(struct param, p, &s->m->params)) {
        if (p->is_out) {
            get(s, p);
        }
    }
    fprintf(s->out, "%s    return TESS_OK;\n%s}\n", s->in, s->in);
}

/* After a timeout the server may still work in the buffer: it must have come back before the buffer is written again. */
static bool may_be_late(const struct stub *s)
{
    return s->m->uses_buffer && s->c->timeout_ns;
}

static void failure(const struct stub *s)
{
    int64_t first, last;
    const char *fails;

    own_errors(s->c->to_end->interface, &first, &last);
    fails = text_format("comp_call_failed(m_.tag, %d, %d, %d, %s)", (int)s->c->from_watch,
                        (int)first, (int)last, s->repeats ? "tries_" : "0");
    if (may_be_late(s)) {
        fprintf(s->out, "%s%s_%u_late_ = comp_is_timeout(m_.tag);\n", s->in, s->c->from_end->name,
                s->c->from_element);
    }
    if (!s->repeats) {
        fprintf(s->out, "%sreturn %s;\n", s->in, fails);
        return;
    }
    fprintf(s->out, "%stries_ = comp_again(m_.tag, tries_, %u, %d);\n", s->in,
            s->m->kind == METHOD_IDEMPOTENT || s->m->is_dedupe, (int)s->c->from_watch);
    fprintf(s->out, "%sif (!(tries_ & COMP_AGAIN)) {\n%s    return %s;\n%s}\n", s->in, s->in, fails,
            s->in);
    if (s->c->to_end->interface->states.count) {
        fprintf(s->out, "%sif (tries_ & COMP_RECOVER) {\n%s    %s_%u_recover_();\n%s}\n", s->in,
                s->in, s->c->from_end->name, s->c->from_element, s->in);
    }
}

/* ---- stubs ---- */

static bool has_aggregate(const struct method *m)
{
    for (EACH(struct param, p, &m->params)) {
        if (!is_scalar(p)) {
            return true;
        }
    }
    return false;
}

static void wait_for_late(const struct stub *s)
{
    fprintf(s->out,
            "    if (COMP_UNLIKELY(%s_%u_late_)) {\n"
            "        enum tess_err err_ = comp_sync(%s, deadline_, %d);\n\n"
            "        if (err_) {\n            return err_;\n        }\n"
            "        %s_%u_late_ = false;\n    }\n",
            s->c->from_end->name, s->c->from_element, s->slot, (int)s->c->from_watch,
            s->c->from_end->name, s->c->from_element);
}

static void body(struct stub *s)
{
    c_check_arguments(s->out, s->m);
    if (has_aggregate(s->m)) {
        fprintf(s->out, "    uint8_t *const area_ = %s;\n", base(s));
    }
    if (s->c->timeout_ns) {
        fprintf(s->out, "    const uint64_t deadline_ = tess_deadline_ns(%" PRIu64 ");\n",
                s->c->timeout_ns);
    }
    if (may_be_late(s)) {
        wait_for_late(s);
    }
    if (s->m->is_dedupe) {
        fprintf(s->out, "    const uint64_t number_ = comp_number();\n");
    }
    if (s->repeats) {
        fprintf(s->out, "    unsigned tries_ = 0;\n\n    for (;;) {\n");
        s->in = "        ";
    }
    put_all(s);
    call(s);
    answer(s);
    failure(s);
    fprintf(s->out, "%s}\n", s->repeats ? "    }\n" : "");
}

static void stub(struct stub *s)
{
    fprintf(s->out, "COMP_INLINE enum tess_err %s_%u_%s_(struct self *self", s->c->from_end->name,
            s->c->from_element, s->m->name);
    c_params(s->out, s->m);
    fprintf(s->out, ")\n{\n    (void)self;\n");
    body(s);
}

/* Calls on a capability that was received: what died is gone, and nobody watches. */
void rpc_by_cap(FILE *out, const struct interface *i)
{
    struct end end = { .name = i->name, .interface = (struct interface *)(uintptr_t)i };
    struct connection c = { .from_end = &end, .to_end = &end, .from_watch = NONE };

    for (EACH(struct method, m, &i->methods)) {
        struct stub s = { .out = out, .c = &c, .m = m, .slot = "cap_", .in = "    " };

        fprintf(out, "COMP_INLINE enum tess_err %s_%s(tess_cap cap_", i->name, m->name);
        c_params(out, m);
        fprintf(out, ")\n{\n");
        body(&s);
    }
}

/* After a restart of the server: its recover methods again.  If that fails, the next call says so. */
static void recover(FILE *out, const struct connection *c)
{
    const struct interface *i = c->to_end->interface;

    fprintf(out, "COMP_COLD static void %s_%u_recover_(void)\n{\n", c->from_end->name,
            c->from_element);
    for (EACH(struct method, m, &i->recover)) {
        fprintf(out,
                "    (void)tess_call(%u, COMP_TAG(%u, %u), 0, (struct tess_words){ { 0 } });\n",
                c->from_slot, m->number, message_words(m, false));
    }
    fprintf(out, "}\n");
}

void rpc_from(FILE *out, const struct model *model, const struct connection *c)
{
    const struct interface *i = c->to_end->interface;

    (void)model;
    if (c->memory != NONE && c->timeout_ns) {
        fprintf(out, "static bool %s_%u_late_;\n", c->from_end->name, c->from_element);
    }
    if (i->states.count) {
        recover(out, c);
    }
    for (EACH(struct method, m, &i->methods)) {
        struct stub s = { .out = out, .c = c, .m = m, .in = "    " };

        s.slot = text_format("%u", c->from_slot);
        s.repeats = m->kind == METHOD_IDEMPOTENT || m->is_dedupe || i->states.count;
        s.is_noted = is_watched(c) && c->from_watch != NONE;
        stub(&s);
    }
}
