/*
 * place: numbers.  Slots, badges, notification bits, addresses, entries of the pulse pages, the order of the start; and
 * the grants and maps that make them true.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <tessera/cap.h>

#include "back.h"

/* ---- what the connectors use ---- */

uint32_t grant(struct model *model, struct domain *domain, uint32_t object, uint32_t rights,
               uint64_t badge, uint32_t why)
{
    struct dist_grant *g = NEW(struct dist_grant);

    *g = (struct dist_grant){ domain->number, domain->next_slot++, object, rights, badge, why, 0 };
    list_add(&model->grants, g);
    return g->slot;
}

uint64_t map(struct model *model, struct domain *domain, uint32_t object, uint64_t offset,
             uint64_t bytes, uint32_t rights, uint32_t why)
{
    struct dist_map *m;

    for (EACH(struct dist_map, old, &model->maps)) {
        if (old->domain == domain->number && old->object == object && old->offset == offset) {
            old->rights |= rights;
            return old->address;
        }
    }
    if (bytes >= BLOCK) { /* what the hardware maps in one entry */
        domain->next_address = (domain->next_address + BLOCK - 1) & -BLOCK;
    }
    m = NEW(struct dist_map);
    *m = (struct dist_map){ .domain = domain->number,
                            .object = object,
                            .address = domain->next_address,
                            .offset = offset,
                            .bytes = bytes,
                            .rights = rights,
                            .attributes =
                                AT(struct dist_object, &model->objects, object)->kind == DIST_DEVICE
                                    ? TESS_ATTR_DEVICE
                                    : TESS_ATTR_NORMAL,
                            .connection = why };
    domain->next_address += bytes + PAGE;
    list_add(&model->maps, m);
    return m->address;
}

uint32_t bit_of(struct domain *domain, const struct where *where)
{
    if (domain->next_bit >= 64) {
        error_at(where, "\"%s\" has more than %u events, interrupts and rings", domain->name,
                 64 - COMP_BIT_FIRST);
        return 63;
    }
    return domain->next_bit++;
}

uint32_t watch_of(struct domain *domain)
{
    return domain->next_watch < COMP_WATCHES ? domain->next_watch++ : NONE;
}

bool is_inside(const struct connection *c)
{
    return c->from->domain && c->from->domain == c->to->domain;
}

/* Longest time that a method of the interface may take; 0: no limit. */
static uint64_t within_of(const struct connection *c)
{
    uint64_t within = 0;

    if (c->to_end->interface) {
        for (EACH(struct method, m, &c->to_end->interface->methods)) {
            within = m->within_ns > within ? m->within_ns : within;
        }
    }
    return within;
}

bool is_watched(const struct connection *c)
{
    return (c->transport == TRANSPORT_RPC || c->transport == TRANSPORT_QUEUE) && c->to->domain &&
           (c->is_monitored || c->cover_bytes || within_of(c));
}

/* ---- order of the start ---- */

/* Servers before their clients, gates before what they open: one more than the largest of those that it calls; a ring of calls is cut where it is
 * found. */
static uint32_t order_of(const struct model *model, struct domain *d, uint8_t *busy)
{
    uint32_t order = 0;

    if (d->order != NONE || busy[d->number]) {
        return d->order == NONE ? 0 : d->order;
    }
    busy[d->number] = 1;
    for (EACH(struct connection, c, &model->connections)) {
        bool is_call = c->transport == TRANSPORT_RPC || c->transport == TRANSPORT_RING ||
                       c->transport == TRANSPORT_QUEUE;

        if (is_call && c->from->domain == d && c->to->domain && c->to->domain != d) {
            uint32_t below = order_of(model, c->to->domain, busy) + 1;

            order = below > order ? below : order;
        }
    }
    for (uint32_t gate = 0; gate < 2 && has_functions(model, d); gate++) {
        const struct instance *i = model->gates[gate].instance;
        uint32_t below = i ? order_of(model, i->domain, busy) + 1 : 0;

        order = below > order ? below : order;
    }
    d->order = order;
    return order;
}

static void orders(struct model *model)
{
    uint8_t *busy = arena_alloc(model->domains.count + 1);

    for (EACH(struct domain, d, &model->domains)) {
        d->order = NONE;
    }
    for (EACH(struct domain, d, &model->domains)) {
        (void)order_of(model, d, busy);
    }
}

/* ---- badges ---- */

/* The badges of one end follow each other, so that one comparison finds the end. */
static void badges(struct instance *i)
{
    for (EACH(struct end, e, &i->component->ends)) {
        if (e->kind != END_PROVIDES) {
            continue;
        }
        for (EACH_TO(c, i, e)) {
            if (c->transport == TRANSPORT_RPC) {
                c->badge = i->domain->next_badge++;
            }
        }
    }
}

/* ---- connections ---- */

static void watch_add(struct model *model, struct connection *c)
{
    struct dist_connection *w = NEW(struct dist_connection);
    bool counts = is_watched(c) || c->timeout_ns || c->transport == TRANSPORT_QUEUE;

    c->watch = model->watches.count;
    w->client = c->from->domain ? c->from->domain->number : DIST_NONE;
    w->server = c->to->domain ? c->to->domain->number : DIST_NONE;
    w->client_watch = c->from_watch;
    w->server_watch = c->to_watch;
    w->badge = c->badge;
    w->within_ns = within_of(c);
    w->flags = (is_watched(c) ? DIST_MONITORED : 0) | (c->is_traced ? DIST_TRACED : 0);
    w->strikes = c->strikes ? c->strikes : counts ? 3 : 0;
    list_add(&model->watches, w);
}

static void connection_place(struct model *model, struct connection *c)
{
    bool has_watch = c->transport == TRANSPORT_RPC || c->transport == TRANSPORT_RING ||
                     c->transport == TRANSPORT_QUEUE;

    c->from_slot = c->to_slot = c->from_bit = c->to_bit = NONE;
    c->event_slot = c->event_bit = NONE;
    c->from_watch = has_watch ? watch_of(c->from->domain) : NONE;
    c->to_watch = has_watch && c->to->domain ? watch_of(c->to->domain) : NONE;
    if (c->transport != TRANSPORT_DIRECT) {
        watch_add(model, c);
    }
    if (transports[c->transport].place) {
        transports[c->transport].place(model, c);
    }
    if (c->watch != NONE) {
        AT(struct dist_connection, &model->watches, c->watch)->badge = c->badge;
    }
}

static void region_place(struct model *model, struct region *r)
{
    r->at = map(model, r->instance->domain, r->object, 0, r->bytes,
                TESS_RIGHT_READ | TESS_RIGHT_WRITE, NONE);
    if (r->end) {
        uint32_t guest =
            r->end->is_guest ? TESS_RIGHT_WRITE | TESS_RIGHT_EXEC : 0; /* guests run in it */

        r->slot = grant(model, r->instance->domain, r->object,
                        TESS_RIGHT_READ | TESS_RIGHT_PHYS | guest, 0, NONE);
    }
}

/* Whoever reads traces reads all of them, and writes none. */
static void traces_place(struct model *model)
{
    for (EACH(struct domain, d, &model->domains)) {
        if (d->trace == NONE) {
            continue;
        }
        d->trace_at = map(model, d, d->trace, 0, PAGE, TESS_RIGHT_READ | TESS_RIGHT_WRITE, NONE);
        for (EACH(struct instance, i, &model->instances)) {
            struct trace_seen *seen = NEW(struct trace_seen);

            if (reads_trace(i)) {
                seen->domain = d;
                seen->at = map(model, i->domain, d->trace, 0, PAGE, TESS_RIGHT_READ, NONE);
                list_add(&i->traces, seen);
            }
        }
    }
}

/* ---- the whole ---- */

static int order(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int grant_order(const void *a, const void *b)
{
    const struct dist_grant *x = *(void *const *)a, *y = *(void *const *)b;

    return x->domain != y->domain ? order(x->domain, y->domain) : order(x->slot, y->slot);
}

static int map_order(const void *a, const void *b)
{
    const struct dist_map *x = *(void *const *)a, *y = *(void *const *)b;

    return x->domain != y->domain ? order(x->domain, y->domain) : order(x->address, y->address);
}

static void limits(const struct model *model)
{
    for (EACH(struct domain, d, &model->domains)) {
        const struct instance *i = AT(struct instance, &d->instances, 0);

        if (d->next_slot > d->policy.caps) {
            error_at(&i->where, "\"%s\" needs %u capability slots and has %u; give it \"caps %u\"",
                     d->name, d->next_slot, d->policy.caps, d->next_slot);
        }
        if (d->next_address > COMP_REGIONS_END) {
            error_at(&i->where, "\"%s\" maps more than its address space holds", d->name);
        }
    }
}

bool place(struct model *model)
{
    for (EACH(struct domain, d, &model->domains)) {
        d->next_slot = COMP_SLOT_FIRST;
        if (d->cap_slot != NONE) {
            d->cap_slot = d->next_slot;
            d->next_slot += TESS_MSG_CAPS;
        }
        d->next_bit = COMP_BIT_FIRST;
        d->next_badge = 1;
        d->next_address = COMP_REGIONS_AT;
        for (EACH(struct instance, i, &d->instances)) {
            badges(i);
        }
    }
    orders(model);
    for (EACH(struct region, r, &model->regions)) {
        region_place(model, r);
    }
    for (EACH(struct connection, c, &model->connections)) {
        connection_place(model, c);
    }
    gate_place(model);
    traces_place(model);
    list_sort(&model->grants, grant_order);
    list_sort(&model->maps, map_order);
    limits(model);
    return diag_errors() == 0;
}
