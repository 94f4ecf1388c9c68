/*
 * lower: who shares an address space, and which kernel objects there are.
 *
 * A domain is what is isolated, budgeted and restarted as one: the instances that `direct` joins, every other instance
 * by itself.  Hardware is in none.
 */
#include <assert.h>
#include <string.h>

#include "back.h"

uint32_t object_add(struct model *model, enum dist_kind kind, const char *name,
                    const struct dist_object *fields)
{
    struct dist_object *o = NEW(struct dist_object);

    *o = *fields;
    o->kind = kind;
    list_add(&model->objects, o);
    list_add(&model->object_names, (void *)(uintptr_t)name);
    return model->objects.count - 1;
}

/* ---- --force ---- */

static bool share_group(const struct instance *a, const struct instance *b)
{
    for (EACH(struct group, g, &a->groups)) {
        for (EACH(struct group, h, &b->groups)) {
            if (g == h) {
                return true;
            }
        }
    }
    return false;
}

/* Calls inside a group take the transport that the command line says: both must work. */
static void force(struct model *model, enum transport transport)
{
    for (EACH(struct connection, c, &model->connections)) {
        bool is_call = c->transport == TRANSPORT_DIRECT || c->transport == TRANSPORT_RPC;

        if (is_call && share_group(c->from, c->to)) {
            c->transport = transport;
        }
    }
}

/* ---- domains ---- */

static struct domain *domain_new(struct model *model, struct instance *first)
{
    struct domain *d = NEW(struct domain);

    d->number = model->domains.count;
    d->name = first->path;
    d->policy = first->policy;
    d->restart_set = d->number;
    d->cap_slot = d->trace = NONE;
    d->group = first->groups.count ? AT(struct group, &first->groups, 0)->number : NONE;
    list_add(&model->domains, d);
    return d;
}

/* Memory adds up; for the rest the largest does for all. */
static void policy_join(struct policy *p, const struct policy *q)
{
    p->mem += q->mem;
    p->heap += q->heap;
    p->caps += q->caps;
    p->prio = p->prio > q->prio ? p->prio : q->prio;
    p->stack = p->stack > q->stack ? p->stack : q->stack;
}

static void domain_add(struct domain *d, struct instance *i)
{
    if (d->instances.count) {
        policy_join(&d->policy, &i->policy);
    }
    list_add(&d->instances, i);
    i->domain = d;
}

/* A domain that is a whole group bears its name. */
static void domain_name(const struct model *model, struct domain *d)
{
    for (EACH(struct group, g, &model->groups)) {
        bool is_all = g->members.count == d->instances.count && d->instances.count > 1;

        for (EACH(struct instance, i, &g->members)) {
            is_all = is_all && i->domain == d;
        }
        if (is_all) {
            d->name = g->name;
        }
    }
}

/* What `direct` joins, each under the first of its instances (find_domains). */
static void domains(struct model *model)
{
    find_domains(model);
    for (EACH(struct instance, i, &model->instances)) {
        if (!i->component->is_hardware) {
            domain_add(i->first == i ? domain_new(model, i) : i->first->domain, i);
        }
    }
    for (EACH(struct domain, d, &model->domains)) {
        domain_name(model, d);
    }
}

static void restart_sets(struct model *model)
{
    for (EACH(struct instance, i, &model->instances)) {
        uint32_t from, to;

        if (!i->domain || !i->restart_with || !i->restart_with->domain) {
            continue;
        }
        from = i->domain->restart_set;
        to = i->restart_with->domain->restart_set;
        for (EACH(struct domain, d, &model->domains)) {
            if (d->restart_set == from || d->restart_set == to) {
                d->restart_set = from < to ? from : to;
            }
        }
    }
}

static void domain_objects(struct model *model, struct domain *d)
{
    struct dist_object o = { .domain = d->number };

    d->endpoint = object_add(model, DIST_ENDPOINT, text_format("%s endpoint", d->name), &o);
    d->notification =
        object_add(model, DIST_NOTIFICATION, text_format("%s notification", d->name), &o);
    o.bytes = PAGE;
    d->pulse = object_add(model, DIST_FRAME, text_format("%s pulse", d->name), &o);
}

static bool is_trace_read(const struct model *model)
{
    for (EACH(struct instance, i, &model->instances)) {
        if (reads_trace(i)) {
            return true;
        }
    }
    return false;
}

/* What traced connections write, one page for each domain from which one starts, if anybody is there to read it. */
static void traces(struct model *model)
{
    const struct dist_object o = { .domain = DIST_NONE, .bytes = PAGE };

    for (EACH(struct connection, c, &model->connections)) {
        struct domain *d = c->from->domain;

        if (d && c->is_traced && d->trace == NONE && is_trace_read(model)) {
            d->trace = object_add(model, DIST_FRAME, text_format("%s trace", d->name), &o);
        }
    }
}

/* ---- memory of one instance ---- */

static struct region *region_add(struct model *model, struct instance *i, struct keep *keep,
                                 struct end *end, uint64_t bytes)
{
    struct region *r = NEW(struct region);
    struct dist_object o = { .domain = i->domain->number, .bytes = pages(bytes) };
    const char *name = keep ? keep->name : end ? end->name : "answers";

    *r = (struct region){
        .instance = i, .keep = keep, .end = end, .bytes = pages(bytes), .slot = NONE
    };
    r->object = object_add(model, DIST_FRAME, text_format("%s.%s", i->path, name), &o);
    list_add(&model->regions, r);
    list_add(&i->regions, r);
    return r;
}

/* Large enough for all that may take the instance's place; twice, if something may. */
static void keep_add(struct model *model, struct instance *i, struct keep *keep)
{
    uint64_t bytes = keep->structure->bytes;
    struct region *r;

    for (EACH(struct instance, other, &i->alternatives)) {
        const struct keep *k = list_find(&other->component->keeps, keep->name);

        bytes = k && k->structure->bytes > bytes ? k->structure->bytes : bytes;
    }
    bytes = pages(COMP_KEEP_HEADER + bytes);
    r = region_add(model, i, keep, NULL, i->is_swappable ? 2 * bytes : bytes);
    r->bank = i->is_swappable ? bytes : 0;
}

/* Memory for a device that may stay away is there if the device is. */
static bool is_wanted(const struct model *model, const struct instance *i, const struct end *e)
{
    for (EACH(struct connection, c, &model->connections)) {
        if (c->from == i && c->from_end == e) {
            return true;
        }
    }
    return !e->is_optional;
}

static void regions(struct model *model, struct instance *i)
{
    uint32_t answers = 0;

    for (EACH(struct keep, k, &i->component->keeps)) {
        keep_add(model, i, k);
    }
    for (EACH(struct end, e, &i->component->ends)) {
        answers += answers_of(i, e);
        if (e->kind == END_DMA && is_wanted(model, i, e)) {
            (void)region_add(model, i, NULL, e, e->bytes);
        } else if (e->kind == END_UNTYPED) {
            i->domain->spare += pages(e->bytes);
            i->domain->has_rest |= e->is_rest;
        } else if (e->kind == END_CPU) {
            i->domain->has_cpu = true;
            i->domain->spare = i->domain->spare ? i->domain->spare : PAGE;
        } else if (e->kind == END_GATE) {
            gate_lower(model, i, e);
        }
    }
    if (answers) {
        (void)region_add(model, i, NULL, NULL, (uint64_t)answers * COMP_ANSWER_BYTES);
    }
}

/* ---- connections ---- */

/* Component and image have names in the distribution. */
static void alternative_name_check(const struct instance *i, const struct instance *base)
{
    if (strlen(i->component->name) >= DIST_NAME || strlen(i->id) >= DIST_NAME) {
        error_at(&base->where,
                 "the name \"%s\" of what may be in \"%s\" is longer than %u characters",
                 i->component->name, base->path, DIST_NAME - 1);
    }
}

/* What takes an instance's place takes that of the whole domain.  Returns how many may. */
static uint32_t alternatives_check(const struct domain *d)
{
    const struct instance *first = AT(struct instance, &d->instances, 0);

    for (EACH(struct instance, i, &d->instances)) {
        const struct instance *other =
            i == first ? d->instances.item[d->instances.count - 1] : first;

        if (!i->is_swappable) {
            continue;
        }
        if (i != other) {
            error_at(&i->where, "\"%s\" is one program with \"%s\" and cannot be replaced alone",
                     i->path, other->path);
        }
        alternative_name_check(i, i);
        for (EACH(struct instance, a, &i->alternatives)) {
            alternative_name_check(a, i);
        }
    }
    return first->is_swappable ? 1 + first->alternatives.count : 0;
}

/* Names travel in records of fixed size. */
static void names_check(const struct model *model)
{
    uint32_t alternatives = 0;

    for (EACH(struct domain, d, &model->domains)) {
        const struct instance *i = AT(struct instance, &d->instances, 0);

        alternatives += alternatives_check(d);
        if (strlen(d->name) >= DIST_NAME || strlen(domain_id(d)) >= DIST_NAME) {
            error_at(&i->where, "the path \"%s\" is longer than %u characters", d->name,
                     DIST_NAME - 1);
        }
    }
    if (alternatives > DIST_ALTERNATIVES_MAX) {
        error_at(&model->system->where, "the system has %u alternatives, %u are possible",
                 alternatives, DIST_ALTERNATIVES_MAX);
    }
    if (strlen(model->system->name) >= DIST_NAME) {
        error_at(&model->system->where, "the name \"%s\" is longer than %u characters",
                 model->system->name, DIST_NAME - 1);
    }
}

/* The number of the call is one scalar more, and the whole answer is kept. */
static void dedupe_check(const struct connection *c)
{
    for (EACH(struct method, m, &c->to_end->interface->methods)) {
        if (!m->is_dedupe) {
            continue;
        }
        if (scalar_words(m, false) > TESS_MSG_REGS) {
            error_at(&m->where, "\"dedupe\" needs one of the %u scalars for the number of the call",
                     TESS_MSG_REGS);
        }
        for (EACH(struct param, p, &m->params)) {
            if (p->is_out && !is_scalar(p) && m->uses_buffer) {
                error_at(&p->where, "the results of a \"dedupe\" method must fit into a message");
            }
        }
    }
}

/*
 * Who receives capabilities must be able to give them up again: it has its CNode, which comes with memory of its own.  What
 * it may call by a capability cannot use a buffer, for that belongs to a connection.
 */
static void caps_check(const struct connection *c)
{
    struct domain *d = c->to->domain;

    for (EACH(struct method, m, &c->to_end->interface->methods)) {
        const struct param *p = cap_param(m);

        if (!p) {
            continue;
        }
        if (p->is_out) {
            error_at(&p->where, "a capability travels with a request, not with an answer");
        } else if (p->type.interface->buffer_bytes) {
            error_at(&p->where, "\"%s\" needs a buffer, which a capability does not bring along",
                     p->type.interface->name);
        } else if (d && d->cap_slot == NONE) {
            d->cap_slot = 0;
            d->spare = d->spare ? d->spare : PAGE;
        }
    }
}

static void call_check(const struct connection *c)
{
    bool is_call = c->transport == TRANSPORT_RPC || c->transport == TRANSPORT_RING ||
                   c->transport == TRANSPORT_QUEUE;

    if (is_call && is_inside(c)) {
        error_at(&c->where,
                 "%s: \"%s\" between two instances of one domain would wait for itself; "
                 "make it \"direct\"",
                 c->name, transports[c->transport].name);
    }
    if (c->transport == TRANSPORT_RPC) {
        dedupe_check(c);
        caps_check(c);
    }
}

/* Its number among those of its transport at the same end. */
static uint32_t index_of(const struct connection *c)
{
    uint32_t index = 0;

    for (EACH_TO(d, c->to, c->to_end)) {
        index += d->number < c->number && d->transport == c->transport;
    }
    return index;
}

bool lower(struct model *model, const struct options *options)
{
    if (options->force != TRANSPORTS) {
        force(model, options->force);
    }
    domains(model);
    restart_sets(model);
    names_check(model);
    for (EACH(struct domain, d, &model->domains)) {
        domain_objects(model, d);
    }
    traces(model);
    for (EACH(struct instance, i, &model->instances)) {
        if (i->domain) {
            regions(model, i);
        }
    }
    for (EACH(struct connection, c, &model->connections)) {
        c->memory = c->line = c->watch = NONE;
        c->index = index_of(c);
    }
    for (EACH(struct connection, c, &model->connections)) {
        call_check(c);
        if (transports[c->transport].lower) {
            transports[c->transport].lower(model, c);
        }
    }
    return diag_errors() == 0;
}
