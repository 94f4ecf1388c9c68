/* rpc: a call through the kernel.  Its objects and numbers. */
#include <tessera/cap.h>

#include "table.h"

/* The supervisor is no domain: one object stands for it. */
static uint32_t supervisor(struct model *model)
{
    struct dist_object o = { .domain = DIST_NONE };
    uint32_t i = 0;

    for (EACH(struct dist_object, old, &model->objects)) {
        if (old->kind == DIST_SUPERVISOR) {
            return i;
        }
        i++;
    }
    return object_add(model, DIST_SUPERVISOR, "supervisor", &o);
}

static bool passes_caps(const struct interface *interface)
{
    for (EACH(struct method, m, &interface->methods)) {
        if (cap_param(m)) {
            return true;
        }
    }
    return false;
}

/* What does not fit into message words lies in memory that both ends map. */
void rpc_lower(struct model *model, struct connection *c)
{
    struct dist_object o = { .domain = DIST_NONE,
                             .bytes = pages(c->to_end->interface->buffer_bytes) };

    if (!c->to->domain) {
        c->line = supervisor(model);
        if (o.bytes || c->to_end->interface->events.count) {
            error_at(&c->where, "%s: the supervisor has neither buffers nor events", c->name);
        }
    } else if (o.bytes) {
        c->memory_bytes = o.bytes;
        c->memory = object_add(model, DIST_FRAME, text_format("%s buffer", c->name), &o);
    }
}

/* The events of the interface go the other way: one bit of the client each. */
static void place_events(struct model *model, struct connection *c)
{
    uint32_t events = c->to_end->interface->events.count;

    for (uint32_t i = 0; i < events; i++) {
        uint32_t bit = bit_of(c->from->domain, &c->where);
        uint32_t slot = grant(model, c->to->domain, c->from->domain->notification, TESS_RIGHT_SEND,
                              1ull << bit, c->watch);

        if (i == 0) {
            c->event_bit = bit;
            c->event_slot = slot;
        }
    }
}

void rpc_place(struct model *model, struct connection *c)
{
    uint32_t rights = TESS_RIGHT_READ | TESS_RIGHT_WRITE, call = TESS_RIGHT_SEND;

    if (!c->to->domain) {
        c->badge = (c->to_end->is_full ? DIST_CONTROL_FULL : 0) |
                   (c->to_end->is_poke ? DIST_CONTROL_POKE : 0);
        c->from_slot = grant(model, c->from->domain, c->line, TESS_RIGHT_SEND, c->badge, c->watch);
        return;
    }
    if (passes_caps(c->to_end->interface)) {
        call |= TESS_RIGHT_GRANT;
    }
    c->from_slot = grant(model, c->from->domain, c->to->domain->endpoint, call, c->badge, c->watch);
    if (c->memory != NONE) {
        c->from_at = map(model, c->from->domain, c->memory, 0, c->memory_bytes, rights, c->watch);
        c->to_at = map(model, c->to->domain, c->memory, 0, c->memory_bytes, rights, c->watch);
    }
    place_events(model, c);
}
