/*
 * ring: calls without results, queued in shared memory (ring/ring.h).  The producer is the client: its pages come first in
 * the object, the consumer's page behind them; each side may write to its own only.
 */
#include <inttypes.h>

#include <tessera/cap.h>

#include "table.h"

#define RING_DEFAULT 16384u
#define RING_HEADER  16u

/* ---- sizes ---- */

/* Scalars one word each, then the aggregates. */
static uint64_t record_bytes(const struct method *m)
{
    uint64_t bytes = 0;

    for (EACH(struct param, p, &m->params)) {
        if (!is_scalar(p)) {
            bytes = p->offset + room_of(p);
        }
    }
    return 8 * scalar_words(m, false) + bytes;
}

uint64_t ring_bytes(const struct connection *c)
{
    uint64_t bytes = PAGE;

    while (bytes < (c->bytes ? c->bytes : RING_DEFAULT)) {
        bytes *= 2;
    }
    return bytes;
}

static uint64_t producer_bytes(const struct connection *c)
{
    return PAGE + ring_bytes(c);
}

void ring_lower(struct model *model, struct connection *c)
{
    struct dist_object o = { .domain = DIST_NONE };
    uint64_t most = ring_bytes(c) / 2 - RING_HEADER;

    for (EACH(struct method, m, &c->to_end->interface->methods)) {
        if (record_bytes(m) > most) {
            error_at(&c->where,
                     "%s: a call of \"%s\" has up to %" PRIu64 " bytes, and half of the ring is "
                     "%" PRIu64,
                     c->name, m->name, record_bytes(m), most);
        }
    }
    o.bytes = c->memory_bytes = producer_bytes(c) + PAGE;
    c->memory = object_add(model, DIST_FRAME, text_format("%s ring", c->name), &o);
}

/* ---- numbers ---- */

void ring_place(struct model *model, struct connection *c)
{
    struct domain *from = c->from->domain, *to = c->to->domain;
    uint32_t read = TESS_RIGHT_READ, both = TESS_RIGHT_READ | TESS_RIGHT_WRITE;

    c->from_at = map(model, from, c->memory, 0, producer_bytes(c), both, c->watch);
    (void)map(model, from, c->memory, producer_bytes(c), PAGE, read, c->watch);
    c->to_at = map(model, to, c->memory, 0, producer_bytes(c), read, c->watch);
    (void)map(model, to, c->memory, producer_bytes(c), PAGE, both, c->watch);
    c->from_bit = bit_of(from, &c->where);
    c->to_bit = bit_of(to, &c->where);
    c->badge = 1ull << c->to_bit;
    c->from_slot = grant(model, from, to->notification, TESS_RIGHT_SEND, c->badge, c->watch);
    c->to_slot =
        grant(model, to, from->notification, TESS_RIGHT_SEND, 1ull << c->from_bit, c->watch);
}

uint64_t ring_consumer(const struct connection *c, uint64_t at)
{
    return at + producer_bytes(c) + PAGE;
}
