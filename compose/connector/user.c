/* Connectors of the user's: objects, capabilities and maps as declared; the C text comes from templates. */
#include <tessera/cap.h>

#include "../connector.h"
#include "../template.h"
#include "table.h"

/* The first connection by the same connector to the same end: the one whose objects all share. */
static const struct connection *first_of(const struct connection *c)
{
    for (EACH_TO(d, c->to, c->to_end)) {
        if (d->transport == TRANSPORT_USER && d->link->connector == c->link->connector) {
            return d;
        }
    }
    return c;
}

static uint32_t object_of(struct model *model, const struct connection *c,
                          const struct connector_object *o)
{
    static const enum dist_kind kinds[] = { [OBJECT_FRAME] = DIST_FRAME,
                                            [OBJECT_NOTIFICATION] = DIST_NOTIFICATION,
                                            [OBJECT_ENDPOINT] = DIST_ENDPOINT };
    const struct connection *first = first_of(c);
    struct dist_object fields = { .domain = DIST_NONE, .bytes = o->bytes };

    if (o->is_shared && first != c) {
        return first->user[o->number].object;
    }
    return object_add(model, kinds[o->kind], text_format("%s %s", c->name, o->name), &fields);
}

void user_lower(struct model *model, struct connection *c)
{
    struct list *objects = &c->link->connector->objects;

    c->user = arena_alloc((objects->count + 1) * sizeof(*c->user));
    for (EACH(struct connector_object, o, objects)) {
        c->user[o->number].object = o->kind == OBJECT_SIGNAL ? NONE : object_of(model, c, o);
    }
}

static struct domain *domain_of(const struct connection *c, enum side side)
{
    return side == SIDE_FROM ? c->from->domain : c->to->domain;
}

static void signal_place(struct model *model, struct connection *c,
                         const struct connector_object *o, struct connector_place *place)
{
    struct domain *receiver = domain_of(c, o->receiver);
    enum side sender = SIDE_TO - o->receiver;

    place->bit = bit_of(receiver, &c->where);
    place->slot[sender] = grant(model, domain_of(c, sender), receiver->notification,
                                TESS_RIGHT_SEND, 1ull << place->bit, c->watch);
}

void user_place(struct model *model, struct connection *c)
{
    for (EACH(struct connector_object, o, &c->link->connector->objects)) {
        struct connector_place *place = &c->user[o->number];

        place->bit = place->slot[SIDE_FROM] = place->slot[SIDE_TO] = NONE;
        if (o->kind == OBJECT_SIGNAL) {
            signal_place(model, c, o, place);
        }
        for (enum side side = SIDE_FROM; side < SIDES; side++) {
            struct domain *domain = domain_of(c, side);

            if (o->grants[side]) {
                /* an endpoint of its own needs no badge: who has it may give it some */
                bool is_own = o->kind == OBJECT_ENDPOINT && !o->is_shared;
                place->slot[side] = grant(model, domain, place->object, o->grants[side],
                                          is_own ? 0 : c->number + 1, c->watch);
            }
            if (o->maps[side]) {
                place->at[side] =
                    map(model, domain, place->object, 0, o->bytes, o->maps[side], c->watch);
            }
        }
    }
}
