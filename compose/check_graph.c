/* Checks of the graphs: who calls whom, who influences whom. */
#include <string.h>

#include "check.h"
#include "connector.h"

/* ---- domains: union of what direct joins ---- */

static struct instance *first_of(struct instance *instance)
{
    while (instance->first != instance) {
        instance = instance->first = instance->first->first;
    }
    return instance;
}

void find_domains(const struct model *model)
{
    for (EACH(struct instance, instance, &model->instances)) {
        instance->first = instance;
    }
    for (EACH(struct connection, c, &model->connections)) {
        if (c->transport == TRANSPORT_DIRECT) {
            struct instance *a = first_of(c->from), *b = first_of(c->to);

            (a->number < b->number ? b : a)->first = a->number < b->number ? a : b;
        }
    }
    for (EACH(struct instance, instance, &model->instances)) {
        instance->first = first_of(instance);
    }
}

/* ---- a graph over instances ---- */

struct edge {
    const struct instance *from, *to;
    const char *from_path, *text, *to_path; /* for messages */
    const struct connection *connection;
};

struct graph {
    uint32_t count;   /* nodes: the instances, then what stands for several */
    struct list *out; /* struct edge, one list a node */
};

static struct graph graph_new(const struct model *model)
{
    uint32_t count = model->instances.count;

    return (struct graph){ .count = count,
                           .out = arena_alloc((count + 2 * model->connections.count + 1) *
                                              sizeof(struct list)) };
}

static struct edge *add_edge(struct graph *graph, const struct instance *from,
                             const struct instance *to, const char *text,
                             const struct connection *c)
{
    struct edge *edge = NEW(struct edge);

    *edge = (struct edge){ from, to, from->path, text, to->path, c };
    list_add(&graph->out[from->number], edge);
    return edge;
}

/*
 * The shortest path, by edges, from any instance marked in `start` to one marked in `goal`, of at least one edge; the
 * last edge, whose predecessors are in came[]; NULL: none.
 */
static const struct edge *search(const struct graph *graph, const bool *start, const bool *goal,
                                 const struct edge ***came_from)
{
    const struct edge **came = arena_alloc((graph->count + 1) * sizeof(*came));
    uint32_t *queue = arena_alloc((graph->count + 1) * sizeof(*queue)), head = 0, tail = 0;
    bool *seen = arena_alloc(graph->count + 1);

    *came_from = came;
    for (uint32_t i = 0; i < graph->count; i++) {
        if (start[i]) {
            queue[tail++] = i;
            seen[i] = true;
        }
    }
    while (head < tail) {
        uint32_t at = queue[head++];

        for (EACH(struct edge, edge, &graph->out[at])) {
            if (goal[edge->to->number]) {
                return edge;
            }
            if (!seen[edge->to->number]) {
                seen[edge->to->number] = true;
                came[edge->to->number] = edge;
                queue[tail++] = edge->to->number;
            }
        }
    }
    return NULL;
}

/* "a -rpc-> b -event-> c" of the path that ends with the edge. */
static const char *path_text(const struct edge *last, const struct edge **came)
{
    const char *text = "";
    const char *first = NULL;

    for (const struct edge *edge = last; edge; edge = came[edge->from->number]) {
        if (edge->to_path) {
            text = text_format(" -%s-> %s%s", edge->text, edge->to_path, text);
        }
        first = edge->from_path;
    }
    return text_format("%s%s", first, text);
}

/* ---- calls ---- */

/* A cycle that direct calls alone make is allowed if all components in it are reentrant. */
static bool may_reenter(const struct edge *last, const struct edge **came)
{
    for (const struct edge *edge = last; edge; edge = came[edge->from->number]) {
        if (!edge->to->component->is_reentrant) {
            return false;
        }
        if (edge->from->number == last->to->number) {
            break;
        }
    }
    return true;
}

/* An rpc to the own domain waits for the thread that makes it. */
void check_own_domain(const struct connection *c)
{
    if (c->transport == TRANSPORT_RPC && c->from != c->to && c->from->first == c->to->first) {
        error_at(&c->link->transport_where,
                 "\"%s\" and \"%s\" are one domain with one thread: this call would never end",
                 c->from->path, c->to->path);
    }
}

/*
 * Cycles of direct calls, from instance to instance; of rpcs, from domain to domain: whoever is called while its thread
 * is in a call waits for ever.
 */
static void check_cycles_of(const struct model *model, enum transport transport)
{
    struct graph graph = graph_new(model);
    bool *reported = arena_alloc(graph.count + 1), is_direct = transport == TRANSPORT_DIRECT;

    for (EACH(struct connection, c, &model->connections)) {
        const struct instance *from = is_direct ? c->from : c->from->first;
        const struct instance *to = is_direct ? c->to : c->to->first;

        bool is_one = c->transport == transport || (!is_direct && c->transport == TRANSPORT_QUEUE);

        if (is_one && (is_direct || from != to)) {
            struct edge *edge = add_edge(&graph, from, to, transport_name(c->transport), c);

            edge->from_path = c->from->path;
            edge->to_path = c->to->path;
        }
    }
    for (uint32_t i = 0; i < graph.count; i++) {
        const struct edge *last, **came;
        bool *here;

        if (!graph.out[i].count || reported[i]) {
            continue;
        }
        here = arena_alloc(graph.count + 1);
        here[i] = true;
        last = search(&graph, here, here, &came);
        if (!last || (is_direct && may_reenter(last, came))) {
            continue;
        }
        error_at(&last->connection->where, "a cycle of calls: %s", path_text(last, came));
        for (const struct edge *edge = last; edge; edge = came[edge->from->number]) {
            reported[edge->from->number] = true;
        }
    }
}

void check_cycles(const struct model *model)
{
    check_cycles_of(model, TRANSPORT_RPC);
    check_cycles_of(model, TRANSPORT_DIRECT);
}

void check_inversion(const struct connection *c)
{
    bool waits = c->transport == TRANSPORT_RPC || c->transport == TRANSPORT_QUEUE;

    if (waits && !c->to->component->is_hardware && c->from->policy.prio > c->to->policy.prio) {
        warning_at(&c->where, "priority inversion: \"%s\" (%u) calls \"%s\" (%u)", c->from->path,
                   c->from->policy.prio, c->to->path, c->to->policy.prio);
    }
}

/* ---- influence ---- */

/* Stands for what an end shares; paths do not show it.  Who may write influences it, and it influences all. */
static const struct instance *memory(struct graph *graph, struct map *nodes,
                                     const struct instance *instance, const struct end *end)
{
    struct instance *node = map_get(nodes, instance, end->name);

    if (!node) {
        node = NEW(struct instance);
        node->number = graph->count++;
        map_put(nodes, instance, end->name, node);
        add_edge(graph, node, instance, "share", NULL);
        if (!end->is_readonly) {
            add_edge(graph, instance, node, "share", NULL);
        }
    }
    return node;
}

static bool passes(const struct interface *interface, const struct interface *what)
{
    for (EACH(struct method, method, &interface->methods)) {
        for (EACH(struct param, param, &method->params)) {
            if (param->type.kind == TYPE_CAP && param->type.interface == what) {
                return true;
            }
        }
    }
    return false;
}

/* Who is given capabilities may call whom the giver may. */
static void add_passed(const struct model *model, struct graph *graph)
{
    for (EACH(struct connection, c, &model->connections)) {
        if (!c->to_end->interface) {
            continue;
        }
        for (EACH(struct connection, d, &model->connections)) {
            if (d->from == c->from && d->to_end->interface &&
                passes(c->to_end->interface, d->to_end->interface)) {
                add_edge(graph, c->to, d->to, "cap", d);
                add_edge(graph, d->to, c->to, "cap", d);
            }
        }
    }
}

bool reads_trace(const struct instance *instance)
{
    for (EACH(struct end, end, &instance->component->ends)) {
        if (end->kind == END_TRACE) {
            return true;
        }
    }
    return false;
}

/* Who reads traces sees every traced call. */
static void add_traces(const struct model *model, struct graph *graph)
{
    for (EACH(struct instance, reader, &model->instances)) {
        for (EACH(struct connection, c, &model->connections)) {
            if (c->is_traced && reads_trace(reader)) {
                add_edge(graph, c->from, reader, "trace", c);
            }
        }
    }
}

/* Does the provider tell the caller anything but whether the call was done? */
static bool has_results(const struct interface *interface)
{
    for (EACH(struct method, method, &interface->methods)) {
        for (EACH(struct param, param, &method->params)) {
            if (param->is_out || param->type.kind == TYPE_CAP) {
                return true;
            }
        }
    }
    return interface->error || interface->events.count;
}

static bool goes_back(const struct connection *c)
{
    if (c->transport == TRANSPORT_EVENT || c->transport == TRANSPORT_RING) {
        return false;
    }
    return c->transport == TRANSPORT_DIRECT || c->transport == TRANSPORT_QUEUE ||
           !c->to_end->interface || has_results(c->to_end->interface);
}

/* What a connector of the user's declares; what is shared by several connections goes both ways between all. */
static void add_flows(struct graph *graph, const struct connection *c)
{
    const struct connector *connector = c->link->connector;
    bool is_shared = false;

    for (EACH(struct connector_object, object, &connector->objects)) {
        is_shared |= object->is_shared;
    }
    if (connector->end[SIDE_FROM].flows || is_shared) {
        add_edge(graph, c->from, c->to, connector->name, c);
    }
    if (connector->end[SIDE_TO].flows || is_shared) {
        add_edge(graph, c->to, c->from, connector->name, c);
    }
}

/*
 * A call goes there and its results, if it has any, back; signals and rings go one way; a device and its driver
 * influence each other, and so do those that are one domain.
 */
static struct graph influence(const struct model *model)
{
    struct graph graph = graph_new(model);
    struct map nodes = { 0 };

    for (EACH(struct connection, c, &model->connections)) {
        if (c->transport == TRANSPORT_SHARE) { /* one memory at both ends */
            const struct instance *a = memory(&graph, &nodes, c->from, c->from_end);
            const struct instance *b = memory(&graph, &nodes, c->to, c->to_end);

            add_edge(&graph, a, b, "share", NULL);
            add_edge(&graph, b, a, "share", NULL);
        } else if (c->transport == TRANSPORT_USER) {
            add_flows(&graph, c);
        } else {
            add_edge(&graph, c->from, c->to, transport_name(c->transport), c);
            if (goes_back(c)) {
                add_edge(&graph, c->to, c->from, transport_name(c->transport), c);
            }
        }
    }
    add_passed(model, &graph);
    add_traces(model, &graph);
    return graph;
}

/* Leaves in and below an instance. */
static bool *leaves(const struct model *model, const struct graph *graph,
                    const struct instance *top)
{
    bool *set = arena_alloc(graph->count + 1);

    for (EACH(struct instance, instance, &model->instances)) {
        for (const struct instance *up = instance; up; up = up->parent) {
            set[instance->number] |= up == top;
        }
    }
    return set;
}

const char *influence_path(const struct model *model, const struct instance *from,
                           const struct instance *to)
{
    struct graph graph = influence(model);
    const struct edge **came,
        *last = search(&graph, leaves(model, &graph, from), leaves(model, &graph, to), &came);

    return last ? path_text(last, came) : NULL;
}

void check_denials(const struct model *model)
{
    for (EACH(struct denial, denial, &model->denials)) {
        const char *path = influence_path(model, denial->from, denial->to);

        if (path) {
            error_at(&denial->where, "this is denied, and there is a path: %s", path);
        }
    }
}
