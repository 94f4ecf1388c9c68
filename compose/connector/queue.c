/*
 * queue: asynchronous calls (comp/queue.h): a ring of requests, a ring of completions, and a buffer that both sides map.
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

/* What a synchronous call lends. */
static uint64_t lent_bytes(const struct interface *i)
{
    uint64_t bytes = 0;

    for (EACH(struct method, m, &i->methods)) {
        const struct param *p = lent_param(m);

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
    c->queue->buffer = c->queue->cover = NONE;
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
    if (c->cover_bytes) {
        c->queue->blocks = c->cover_bytes / c->to_end->interface->cover_bytes;
        o.bytes = pages(COMP_COVER_HEADER + c->queue->blocks * sizeof(uint32_t));
        c->queue->cover = object_add(model, DIST_FRAME, text_format("%s checksums", c->name), &o);
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
    if (q->cover != NONE) {
        uint64_t bytes = AT(struct dist_object, &model->objects, q->cover)->bytes;

        q->cover_at =
            map(model, from, q->cover, 0, bytes, TESS_RIGHT_READ | TESS_RIGHT_WRITE, c->watch);
    }
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
