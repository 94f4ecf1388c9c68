/*
 * queue: asynchronous calls (comp/queue.h): a ring of requests, a ring of completions, and a buffer that both sides map.
 * Here its objects and numbers, and the C of the client; the server's is in queue_server.c.
 *
 * The object of the rings holds, one behind the other: pages of the requests' producer (the client), page of their consumer and its notes,
 * pages of the completions' producer (the server), page of their consumer.
 */
#include <inttypes.h>

#include <tessera/cap.h>

#include "table.h"

#define ASYNC_DEFAULT 65536u

enum {
    TAKEN_OFFSET = PAGE + COMP_QUEUE_REQUESTS,
    COMPLETION_OFFSET = TAKEN_OFFSET + PAGE + COMP_QUEUE_NOTES,
    READ_OFFSET = COMPLETION_OFFSET + PAGE + COMP_QUEUE_COMPLETIONS,
    RINGS_BYTES = READ_OFFSET + PAGE,
};

/* ---- lower, place ---- */

static const struct param *lent(const struct method *m)
{
    for (EACH(struct param, p, &m->params)) {
        if (p->is_lend) {
            return p;
        }
    }
    return NULL;
}

/* What a synchronous call lends. */
static uint64_t lent_bytes(const struct interface *i)
{
    uint64_t bytes = 0;

    for (EACH(struct method, m, &i->methods)) {
        const struct param *p = lent(m);

        bytes = p && p->extent.max > bytes ? p->extent.max : bytes;
    }
    return pages(bytes);
}

void queue_lower(struct model *model, struct connection *c)
{
    struct dist_object o = { .domain = DIST_NONE, .bytes = RINGS_BYTES };
    uint64_t call = lent_bytes(c->to_end->interface);
    bool is_async = c->from_end->is_async && call;

    c->queue = NEW(struct queue_place);
    c->queue->buffer = NONE;
    c->memory = object_add(model, DIST_FRAME, text_format("%s queue", c->name), &o);
    if (c->bytes && !is_async) {
        error_at(&c->link->transport_where,
                 "%s: the size of a queue is that of the client's buffer, and it has none: it is "
                 "not \"async\", or the interface lends nothing",
                 c->name);
    }
    if (is_async) {
        c->queue->async_bytes = pages(c->bytes ? c->bytes : ASYNC_DEFAULT);
    }
    if (call) {
        o.bytes = c->memory_bytes = c->queue->async_bytes + call;
        c->queue->buffer = object_add(model, DIST_FRAME, text_format("%s buffer", c->name), &o);
    }
}

static struct queue_side side(struct model *model, struct connection *c, struct domain *d,
                              bool is_client)
{
    uint32_t read = TESS_RIGHT_READ, both = TESS_RIGHT_READ | TESS_RIGHT_WRITE;
    uint32_t client = is_client ? both : read, server = is_client ? read : both;
    struct queue_side s = { 0 };

    s.request = map(model, d, c->memory, 0, TAKEN_OFFSET, client, c->watch);
    s.taken =
        map(model, d, c->memory, TAKEN_OFFSET, COMPLETION_OFFSET - TAKEN_OFFSET, server, c->watch);
    s.completion = map(model, d, c->memory, COMPLETION_OFFSET, READ_OFFSET - COMPLETION_OFFSET,
                       server, c->watch);
    s.read = map(model, d, c->memory, READ_OFFSET, PAGE, client, c->watch);
    if (c->queue->buffer != NONE) {
        s.buffer = map(model, d, c->queue->buffer, 0, c->memory_bytes, both, c->watch);
    }
    return s;
}

void queue_place(struct model *model, struct connection *c)
{
    struct domain *from = c->from->domain, *to = c->to->domain;
    struct queue_place *q = c->queue;

    q->from = side(model, c, from, true);
    q->to = side(model, c, to, false);
    c->from_bit = bit_of(from, &c->where);
    c->to_bit = bit_of(to, &c->where);
    c->badge = 1ull << c->to_bit;
    c->from_slot = grant(model, from, to->notification, TESS_RIGHT_SEND, c->badge, c->watch);
    c->to_slot =
        grant(model, to, from->notification, TESS_RIGHT_SEND, 1ull << c->from_bit, c->watch);
    q->endpoint_slot = grant(model, from, to->endpoint, TESS_RIGHT_SEND, 0, c->watch);
    q->address_slot = NONE;
    if (c->to_end->is_dma && q->buffer != NONE) {
        q->address_slot =
            grant(model, to, q->buffer, TESS_RIGHT_READ | TESS_RIGHT_PHYS, 0, c->watch);
    }
}

void queue_at(FILE *out, const struct connection *c, bool is_client)
{
    const struct queue_side *s = is_client ? &c->queue->from : &c->queue->to;

    fprintf(out,
            "{\n    0x%" PRIx64 "ull, 0x%" PRIx64 "ull, 0x%" PRIx64 "ull, 0x%" PRIx64
            "ull, 0x%" PRIx64 "ull, %" PRIu64 "u,\n    %u, %u, 1ull << %u, %d\n};\n",
            s->request, s->taken, s->completion, s->read, s->buffer, c->memory_bytes,
            is_client ? c->from_slot : c->to_slot, is_client ? c->queue->endpoint_slot : 0,
            is_client ? c->from_bit : c->to_bit, (int)(is_client ? c->from_watch : c->to_watch));
}

/* ---- requests ---- */

static const char *name_of_client(const struct connection *c)
{
    return text_format("%s_%u", c->from_end->name, c->from_element);
}

/* ", words_, N" behind the declaration of the words of a request; offset: an expression. */
static const char *words(FILE *out, const struct method *m, const char *offset)
{
    uint32_t count = scalar_words(m, false) + (lent(m) != NULL);

    if (!count) {
        return "NULL, 0";
    }
    fprintf(out, "    const uint64_t words_[] = {");
    for (uint32_t i = 0; i < scalar_words(m, false); i++) {
        for (EACH(struct param, p, &m->params)) {
            if (!p->is_out && p->word == i) {
                fprintf(out, " %s,", c_word(&p->type, p->name));
            }
        }
    }
    fprintf(out, "%s%s };\n", lent(m) ? " " : "", lent(m) ? offset : "");
    return text_format("words_, %u", count);
}

static void copy(FILE *out, const struct connection *c, const struct param *p, bool is_out)
{
    const char *buffer =
        text_format("(void *)0x%" PRIx64 "ull", c->queue->from.buffer + c->queue->async_bytes);

    if (p && p->is_out == is_out) {
        fprintf(out, "    memcpy(%s, %s, ", is_out ? p->name : buffer, is_out ? buffer : p->name);
        c_extent(out, p);
        fprintf(out, ");\n");
    }
}

/* Start, wait, copy. */
static void call(FILE *out, const struct connection *c, const struct method *m)
{
    const char *name = name_of_client(c), *arguments;

    fprintf(out, "COMP_INLINE enum tess_err %s_%s_(struct self *self", name, m->name);
    c_params(out, m);
    fprintf(out, ")\n{\n    struct comp_done m_;\n    enum tess_err err_;\n\n    (void)self;\n");
    c_check_arguments(out, m);
    fprintf(out,
            "    err_ = comp_queue_begin(&%s_queue_);\n    if (COMP_UNLIKELY(err_)) {\n"
            "        return err_;\n    }\n",
            name);
    copy(out, c, lent(m), false);
    arguments = words(out, m, text_format("%" PRIu64 "u", c->queue->async_bytes));
    fprintf(out,
            "    err_ = comp_queue_call(&%s_queue_, %u, %s, &m_);\n    if (COMP_UNLIKELY(err_)) {\n"
            "        return err_;\n    }\n",
            name, m->number, arguments);
    copy(out, c, lent(m), true);
    for (EACH(struct param, p, &m->params)) {
        if (p->is_out && is_scalar(p)) {
            fprintf(out, "    *%s = %s;\n", p->name, c_value(&p->type, p->word));
        }
    }
    fprintf(out, "    return TESS_OK;\n}\n");
}

/* ", uint64_t lba, uint32_t n, uint64_t offset"; without types: as arguments. */
static void start_params(FILE *out, const struct method *m, bool has_types)
{
    for (EACH(struct param, p, &m->params)) {
        if (!p->is_out && is_scalar(p)) {
            fprintf(out, ", %s%s%s", has_types ? c_type(&p->type) : "", has_types ? " " : "",
                    p->name);
        }
    }
    if (lent(m)) {
        fprintf(out, ", %soffset", has_types ? "uint64_t " : "");
    }
}

static void start(FILE *out, const struct connection *c, const struct method *m)
{
    const char *name = name_of_client(c);

    fprintf(out, "COMP_INLINE enum tess_err %s_%s_start_(struct self *self, uint64_t cookie", name,
            m->name);
    start_params(out, m, true);
    fprintf(out, ")\n{\n    (void)self;\n");
    c_check_arguments(out, m);
    if (lent(m)) {
        fprintf(out, "    if (COMP_UNLIKELY(offset > %" PRIu64 "u || ", c->queue->async_bytes);
        c_extent(out, lent(m));
        fprintf(out, " > %" PRIu64 "u - offset)) {\n        return TESS_ARG;\n    }\n",
                c->queue->async_bytes);
    }
    const char *arguments = words(out, m, "offset");
    fprintf(out, "    return comp_queue_start(&%s_queue_, %u, %s, cookie);\n}\n", name, m->number,
            arguments);
}

void queue_from(FILE *out, const struct model *model, const struct connection *c)
{
    (void)model;
    fprintf(out, "static struct comp_queue %s_queue_;\n", name_of_client(c));
    for (EACH(struct method, m, &c->to_end->interface->methods)) {
        call(out, c, m);
        if (c->from_end->is_async) {
            start(out, c, m);
        }
    }
}

/* ---- an asynchronous needed end ---- */

static void handler(FILE *out, const struct end *e, const struct method *m)
{
    fprintf(out,
            "COMP_UNUSED static void %s_%s_done(struct self *self%s, uint64_t cookie, "
            "enum tess_err err",
            e->name, m->name, e->count ? ", uint32_t element" : "");
    for (EACH(struct param, p, &m->params)) {
        if (p->is_out && is_scalar(p)) {
            fprintf(out, ", %s %s", c_type(&p->type), p->name);
        }
    }
    fprintf(out, ");\n");
}

static void starter(FILE *out, const struct model *model, const struct instance *i,
                    const struct end *e, const struct method *m)
{
    fprintf(out, "COMP_INLINE enum tess_err %s_%s_start(struct self *self%s, uint64_t cookie",
            e->name, m->name, e->count ? ", uint32_t element" : "");
    start_params(out, m, true);
    fprintf(out, ")\n{\n    switch (%s) {\n", e->count ? "element" : "0");
    for (EACH_FROM(c, model, i, e)) {
        fprintf(out, "    case %u:\n        return %s_%s_start_(self, cookie", c->from_element,
                name_of_client(c), m->name);
        start_params(out, m, false);
        fprintf(out, ");\n");
    }
    fprintf(out, "    default:\n        return TESS_CAP;\n    }\n}\n");
}

static void buffer(FILE *out, const struct model *model, const struct instance *i,
                   const struct end *e)
{
    uint64_t bytes = UINT64_MAX;

    fprintf(out, "COMP_INLINE uint8_t *%s_buffer(struct self *self%s)\n{\n    switch (%s) {\n",
            e->name, e->count ? ", uint32_t element" : "", e->count ? "element" : "0");
    for (EACH_FROM(c, model, i, e)) {
        fprintf(out, "    case %u:\n        return (uint8_t *)0x%" PRIx64 "ull;\n", c->from_element,
                c->queue->from.buffer);
        bytes = c->queue->async_bytes < bytes ? c->queue->async_bytes : bytes;
    }
    fprintf(out, "    default:\n        (void)self;\n        return NULL;\n    }\n}\n");
    fprintf(out, "#define %s_BUFFER_BYTES %" PRIu64 "u\n", c_upper(e->name),
            bytes == UINT64_MAX ? 0 : bytes);
}

void queue_needs(FILE *out, const struct model *model, const struct instance *i,
                 const struct end *e)
{
    fprintf(out, "#define %s_DEPTH %uu\n", c_upper(e->name), COMP_QUEUE_DEPTH);
    buffer(out, model, i, e);
    for (EACH(struct method, m, &e->interface->methods)) {
        starter(out, model, i, e, m);
        handler(out, e, m);
    }
}

/* ---- completions ---- */

static void done(FILE *out, const struct connection *c)
{
    fprintf(out,
            "static void %s_done_(const struct comp_done *d_)\n{\n"
            "    const struct comp_done m_ = *d_;\n\n    switch (m_.method) {\n",
            name_of_client(c));
    for (EACH(struct method, m, &c->to_end->interface->methods)) {
        fprintf(out, "    case %u:\n        %s_%s_done(&self_%s, m_.cookie, m_.err", m->number,
                c->from_end->name, m->name,
                c->from_end->count ? text_format(", %u", c->from_element) : "");
        for (EACH(struct param, p, &m->params)) {
            if (p->is_out && is_scalar(p)) {
                fprintf(out, ", %s", c_value(&p->type, p->word));
            }
        }
        fprintf(out, ");\n        break;\n");
    }
    fprintf(out, "    }\n}\n");
}

/* How many results a method has, and which of them are bool. */
static void methods(FILE *out, const struct connection *c)
{
    fprintf(out, "static const struct comp_queue_method %s_methods_[] = {", name_of_client(c));
    for (EACH(struct method, m, &c->to_end->interface->methods)) {
        uint32_t bools = 0;

        for (EACH(struct param, p, &m->params)) {
            bools |= p->is_out && p->type.kind == TYPE_BOOL ? 1u << p->word : 0;
        }
        fprintf(out, " { %u, 0x%x },", scalar_words(m, true), bools);
    }
    fprintf(out, " };\n");
}

void queue_client(FILE *out, const struct model *model, const struct connection *c)
{
    const char *name = name_of_client(c);
    int64_t first, last;

    (void)model;
    own_errors(c->to_end->interface, &first, &last);
    fprintf(out, "\n/* %s: queue */\n", c->name);
    if (c->from_end->is_async) {
        done(out, c);
    }
    methods(out, c);
    fprintf(out, "static const struct comp_queue_at %s_at_ = ", name);
    queue_at(out, c, true);
    fprintf(out,
            "static void %s_attach_(uint64_t generation)\n{\n"
            "    %s_queue_.at = &%s_at_;\n    %s_queue_.methods = %s_methods_;\n"
            "    %s_queue_.error_first = %" PRId64 ";\n    %s_queue_.error_last = %" PRId64 ";\n"
            "    %s_queue_.done = %s;\n    comp_queue_attach(&%s_queue_, generation);\n}\n",
            name, name, name, name, name, name, first, name, last, name,
            c->from_end->is_async ? text_format("%s_done_", name) : "NULL", name);
}
