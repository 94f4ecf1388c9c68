/* Connections of the elaborated system: lists and wildcards taken apart, filters put in between. */
#include "arena.h"
#include "diag.h"
#include "elaborate.h"

#define CONNECTIONS_MAX 16384u

static void connection_new(struct model *model, struct link *link, const struct target *from,
                           const struct target *to)
{
    struct connection *c = NEW(struct connection);

    if (model->connections.count >= CONNECTIONS_MAX) {
        error_at(&link->where, "more than %u connections", CONNECTIONS_MAX);
        return;
    }
    c->from = from->instance;
    c->from_end = from->end;
    c->from_element = from->element;
    c->to = to->instance;
    c->to_end = to->end;
    c->to_element = to->element;
    c->link = link;
    c->where = link->where;
    c->transport = link->transport;
    c->is_monitored = link->is_monitored;
    c->is_traced = link->is_traced;
    c->timeout_ns = link->timeout_ns;
    c->bytes = link->bytes;
    c->cover_bytes = link->cover_bytes;
    c->strikes = link->strikes;
    list_add(&model->connections, c);
    connection_note(c);
}

/* The one end of the kind and interface that a filter has; NULL: reported. */
static struct end *filter_end(struct link *link, enum end_kind kind, struct interface *interface)
{
    struct end *found = NULL;
    uint32_t count = 0;

    for (EACH(struct end, end, &link->filter->ends)) {
        if (end->kind == kind && end->interface == interface && !end->count) {
            found = end;
            count++;
        }
    }
    if (count != 1) {
        error_at(&link->filter_where,
                 "a filter of this connection has exactly one end \"%s %s\"; \"%s\" has %u",
                 kind == END_NEEDS ? "needs" : "provides", interface ? interface->name : "?",
                 link->filter->name, count);
        return NULL;
    }
    return found;
}

/* A filter of direct calls is where the caller is. */
static void join_groups(const struct link *link, struct instance *filter,
                        const struct instance *caller)
{
    for (EACH(struct group, group, &caller->groups)) {
        if (link->transport == TRANSPORT_DIRECT) {
            list_add(&group->members, filter);
            list_add(&filter->groups, group);
        }
    }
}

/* client.out -> client.out~Filter -> server: timeouts are on the second half, checksums on the first. */
static void add_filtered(struct model *model, struct link *link, const struct target *from,
                         const struct target *to)
{
    const char *element = from->element == NONE ? "" : text_format("[%u]", from->element);
    const char *path = name_of(text_format("%s.%s%s~%s", from->instance->path, from->end->name,
                                           element, link->filter->name));
    struct end *in = filter_end(link, END_PROVIDES, to->end->interface);
    struct end *out = filter_end(link, END_NEEDS, to->end->interface);
    struct instance *filter;
    struct link *first = NEW(struct link), *second = NEW(struct link);

    if (!in || !out) {
        return;
    }
    filter = filter_new(model, link->filter, from->instance, path, &link->filter_where);
    join_groups(link, filter, from->instance);
    *first = *second = *link;
    first->timeout_ns = 0;
    if (link->transport == TRANSPORT_QUEUE) { /* the size is an asynchronous client's */
        first->bytes = from->end->is_async ? link->bytes : 0;
        second->bytes = out->is_async ? link->bytes : 0;
    }
    second->cover_bytes = 0;
    connection_new(model, first, from, &(struct target){ filter, in, NONE });
    connection_new(model, second, &(struct target){ filter, out, NONE }, to);
}

static void add_connection(struct model *model, struct link *link, const struct target *from,
                           const struct target *to)
{
    if (link->filter) {
        if (from->instance->component->is_hardware || to->end->kind != END_PROVIDES) {
            error_at(&link->filter_where, "only calls can be filtered");
            return;
        }
        add_filtered(model, link, from, to);
    } else {
        connection_new(model, link, from, to);
    }
}

static void add_link(struct model *model, struct instance *scope, struct link *link)
{
    for (EACH(struct end_ref, from_ref, &link->from)) {
        for (EACH(struct end_ref, to_ref, &link->to)) {
            struct target from, to;

            if (from_ref->is_wild || !ref_target(scope, from_ref, &from) ||
                !ref_target(scope, to_ref, &to)) {
                continue;
            }
            add_connection(model, link, &from, &to);
        }
    }
}

/* An optional end of that interface whose name is nearly the wildcard's would be left alone without a word. */
static void check_alike(struct instance *instance, const char *name, const struct end *to)
{
    for (EACH(struct end, end, &instance->component->ends)) {
        struct spell spell = { .wanted = end->name };

        spell_offer(&spell, name);
        if (spell.best && end->name != name && end->kind == END_NEEDS &&
            end->interface == to->interface && !is_connected(instance, end, 0)) {
            error_at(&end->where, "\"%s.%s\" is not connected, and a wildcard connects \"%s\"",
                     instance->path, end->name, name);
        }
    }
}

/* *.log -> console.out: every instance below the scope with such an end that nothing is connected to. */
static void add_wild(struct model *model, struct instance *scope, struct link *link,
                     const struct end_ref *ref)
{
    const char *name = ((struct named *)ref->path.item[0])->name;
    struct target to;
    bool found = false;

    if (!ref_target(scope, link->to.item[0], &to)) {
        return;
    }
    for (EACH(struct instance, instance, &model->instances)) {
        struct target from;

        if (!is_below(instance, scope)) {
            continue;
        }
        if (!end_of(instance, name, &from)) {
            check_alike(instance, name, to.end);
            continue;
        }
        found = true;
        for (uint32_t i = 0; i < (from.end->count ? from.end->count : 1); i++) {
            from.element = from.end->count ? i : NONE;
            if (instance != to.instance && !is_connected(instance, from.end, from.element)) {
                add_connection(model, link, &from, &to);
            }
        }
    }
    if (!found) {
        error_at(&ref->where, "no instance has an end \"%s\"", name);
    }
}

static void add_wilds(struct model *model, struct component *component, struct instance *scope)
{
    for (EACH(struct link, link, &component->links)) {
        for (EACH(struct end_ref, ref, &link->from)) {
            if (ref->is_wild) {
                add_wild(model, scope, link, ref);
            }
        }
    }
}

static void join(struct connection *c)
{
    list_add(&c->to->served, c);
    list_add(&port_of(c->to, c->to_end)->to, c);
    list_add(&c->from->used, c);
    list_add(&port_of(c->from, c->from_end)->from, c);
}

static void name_connections(struct model *model)
{
    uint32_t number = 0;

    for (EACH(struct connection, c, &model->connections)) {
        const char *from = c->from_end->count ? text_format("[%u]", c->from_element) : "";
        const char *to = c->to_end->count ? text_format("[%u]", c->to_element) : "";

        c->number = number++;
        c->from_element = c->from_end->count ? c->from_element : 0;
        c->to_element = c->to_end->count ? c->to_element : 0;
        c->name = text_format("%s.%s%s -> %s.%s%s", c->from->path, c->from_end->name, from,
                              c->to->path, c->to_end->name, to);
        join(c);
    }
}

/* Explicit connections of all scopes first, so that a wildcard sees what is left; inner wildcards before outer ones. */
void add_links(struct model *model)
{
    for (EACH(struct link, link, &model->system->links)) {
        add_link(model, NULL, link);
    }
    for (EACH(struct instance, composite, &model->composites)) {
        for (EACH(struct link, link, &composite->component->links)) {
            add_link(model, composite, link);
        }
    }
    give_elements(model);
    for (uint32_t i = model->composites.count; i-- > 0;) {
        struct instance *composite = model->composites.item[i];

        add_wilds(model, composite->component, composite);
        give_elements(model);
    }
    add_wilds(model, model->system, NULL);
    give_elements(model);
    name_connections(model);
}
