/* share: the same memory at both ends.  Connections that have an end in common share one memory. */
#include <tessera/cap.h>

#include "table.h"

static bool have_common_end(const struct connection *a, const struct connection *b)
{
    return (a->from == b->from && a->from_end == b->from_end) ||
           (a->from == b->to && a->from_end == b->to_end) ||
           (a->to == b->from && a->to_end == b->from_end) ||
           (a->to == b->to && a->to_end == b->to_end);
}

static uint64_t bytes_of(const struct end *e)
{
    return e->structure ? e->structure->bytes : e->bytes;
}

static void spread(struct model *model, struct connection *c, uint32_t object)
{
    c->memory = object;
    for (EACH(struct connection, d, &model->connections)) {
        if (d->transport == TRANSPORT_SHARE && d->memory != object && have_common_end(c, d)) {
            spread(model, d, object);
        }
    }
}

/* The first connection of those that share makes the memory for all; it is as large as the largest end wants. */
void share_lower(struct model *model, struct connection *c)
{
    struct dist_object o = { .domain = DIST_NONE };
    uint64_t bytes = 0;

    if (c->memory == NONE) {
        spread(model, c, object_add(model, DIST_FRAME, c->name, &o));
    }
    for (EACH(struct connection, d, &model->connections)) {
        if (d->transport == TRANSPORT_SHARE && d->memory == c->memory) {
            bytes = bytes_of(d->from_end) > bytes ? bytes_of(d->from_end) : bytes;
            bytes = bytes_of(d->to_end) > bytes ? bytes_of(d->to_end) : bytes;
        }
    }
    c->memory_bytes = pages(bytes);
    AT(struct dist_object, &model->objects, c->memory)->bytes = c->memory_bytes;
}

static uint64_t map_end(struct model *model, const struct connection *c, struct domain *domain,
                        const struct end *end)
{
    uint32_t rights = TESS_RIGHT_READ | (end->is_readonly ? 0 : TESS_RIGHT_WRITE);

    return map(model, domain, c->memory, 0, c->memory_bytes, rights, c->watch);
}

void share_place(struct model *model, struct connection *c)
{
    c->from_at = map_end(model, c, c->from->domain, c->from_end);
    c->to_at = map_end(model, c, c->to->domain, c->to_end);
}
