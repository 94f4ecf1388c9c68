/*
 * The system with another component in an instance's place: for the emitters, which then write what that component needs with
 * the numbers that place has given to the instance.  Nothing but pointers to the two differs.
 */
#include <assert.h>

#include "back.h"

static struct end *end_like(const struct instance *other, const struct end *e)
{
    return AT(struct end, &other->component->ends, e->number);
}

static struct connection *connection_like(const struct connection *c, struct instance *base,
                                          struct instance *other)
{
    struct connection *copy = NEW(struct connection);

    *copy = *c;
    if (c->from == base) {
        copy->from = other;
        copy->from_end = end_like(other, c->from_end);
    }
    if (c->to == base) {
        copy->to = other;
        copy->to_end = end_like(other, c->to_end);
    }
    return copy;
}

/* NULL: the other component keeps nothing of that name. */
static struct region *region_like(const struct region *r, struct instance *base,
                                  struct instance *other)
{
    struct region *copy = NEW(struct region);

    *copy = *r;
    if (r->instance != base) {
        return copy;
    }
    copy->instance = other;
    copy->end = r->end ? end_like(other, r->end) : NULL;
    copy->keep = r->keep ? list_find(&other->component->keeps, r->keep->name) : NULL;
    return r->keep && !copy->keep ? NULL : copy;
}

const struct model *model_with(const struct model *model, struct instance *base,
                               struct instance *other)
{
    struct model *copy = NEW(struct model);
    struct domain *domain = NEW(struct domain);

    assert(base->domain->instances.count == 1);
    *domain = *base->domain;
    domain->instances = (struct list){ 0 };
    list_add(&domain->instances, other);
    other->domain = domain;
    other->number = base->number;
    *copy = *model;
    copy->instances = copy->domains = copy->connections = copy->regions = (struct list){ 0 };
    for (EACH(struct instance, i, &model->instances)) {
        list_add(&copy->instances, i == base ? other : i);
    }
    for (EACH(struct domain, d, &model->domains)) {
        list_add(&copy->domains, d == base->domain ? domain : d);
    }
    for (EACH(struct connection, c, &model->connections)) {
        list_add(&copy->connections, connection_like(c, base, other));
    }
    for (EACH(struct region, r, &model->regions)) {
        struct region *like = region_like(r, base, other);

        if (like) {
            list_add(&copy->regions, like);
        }
    }
    return copy;
}
