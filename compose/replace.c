/*
 * Another component in an instance's place: the emitters then write what that component needs with the numbers that place
 * has given to the instance.  Nothing but pointers to the two differs.
 */
#include <assert.h>

#include "back.h"
#include "elaborate.h"

static struct end *end_like(const struct instance *other, const struct end *e)
{
    return AT(struct end, &other->component->ends, e->number);
}

static void connection_like(const struct connection *c, struct instance *base,
                            struct instance *other)
{
    struct connection *copy = NEW(struct connection);

    *copy = *c;
    if (c->from == base) {
        copy->from = other;
        copy->from_end = end_like(other, c->from_end);
        list_add(&other->used, copy);
        list_add(&port_of(other, c->from_end)->from, copy);
    }
    if (c->to == base) {
        copy->to = other;
        copy->to_end = end_like(other, c->to_end);
        list_add(&other->served, copy);
        list_add(&port_of(other, c->to_end)->to, copy);
    }
}

/* What the other component keeps nothing of is left out. */
static void region_like(const struct region *r, struct instance *other)
{
    struct region *copy = NEW(struct region);

    *copy = *r;
    copy->instance = other;
    copy->end = r->end ? end_like(other, r->end) : NULL;
    copy->keep = r->keep ? list_find(&other->component->keeps, r->keep->name) : NULL;
    if (copy->keep || !r->keep) {
        list_add(&other->regions, copy);
    }
}

void replace(struct instance *base, struct instance *other)
{
    assert(base->domain->instances.count == 1);
    other->domain = NEW(struct domain);
    *other->domain = *base->domain;
    other->domain->instances = (struct list){ 0 };
    list_add(&other->domain->instances, other);
    other->number = base->number;
    other->used = other->served = other->regions = (struct list){ 0 };
    make_ports(other);
    for (EACH(struct connection, c, &base->served)) {
        connection_like(c, base, other);
    }
    for (EACH(struct connection, c, &base->used)) {
        if (c->to != base) {
            connection_like(c, base, other);
        }
    }
    for (EACH(struct region, r, &base->regions)) {
        region_like(r, other);
    }
}
