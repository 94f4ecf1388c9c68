/* Checks of the graphs: who calls whom, who influences whom. */
#include <string.h>

#include "check.h"
#include "connector.h"

/* ---- domains: union of what direct joins ---- */

static uint32_t find(uint32_t *up, uint32_t i)
{
    while (up[i] != i) {
        up[i] = up[up[i]];
        i = up[i];
    }
    return i;
}

static void join(uint32_t *up, uint32_t a, uint32_t b)
{
    uint32_t x = find(up, a), y = find(up, b);

    up[x > y ? x : y] = x < y ? x : y;
}

const uint32_t *domain_numbers(const struct model *model)
{
    uint32_t *up = arena_alloc((model->instances.count + 1) * sizeof(*up));

    for (uint32_t i = 0; i < model->instances.count; i++) {
        up[i] = i;
    }
    for (EACH(struct connection, c, &model->connections)) {
        if (c->transport == TRANSPORT_DIRECT) {
            join(up, c->from->number, c->to->number);
        }
    }
    for (uint32_t i = 0; i < model->instances.count; i++) {
        up[i] = find(up, i);
    }
    return up;
}

/* ---- a graph over instances ---- */

struct edge {
    const struct instance *from, *to;
    const char *text;
    const struct connection *connection;
};

struct graph {
    uint32_t count, room;
    struct list
        *out; /* struct edge, one list a node: the instances, then what stands for several */
};

static struct graph graph_new(const struct model *model)
{
    struct graph graph = { .count = model->instances.count };

    graph.room = model->instances.count * 2 + model->connections.count + 1;
    graph.out = arena_alloc(graph.room * sizeof(*graph.out));
    return graph;
}

static void add_edge(struct graph *graph, const struct instance *from, const struct instance *to,
                     const char *text, const struct connection *c)
{
    struct edge *edge = NEW(struct edge);

    *edge = (struct edge){ from, to, text, c };
    list_add(&graph->out[from->number], edge);
}

/*
 * The shortest path, by edges, from any instance marked in `start` to one marked in `goal`, of at least one edge; the
 * last edge, whose predecessors are in came[]; NULL: none.
 */
static const struct edge *search(const struct graph *graph, const bool *start, const bool *goal,
                                 const struct edge **came)
{
    uint32_t *queue = arena_alloc((graph->count + 1) * sizeof(*queue)), head = 0, tail = 0;
    bool *seen = arena_alloc(graph->count + 1);

    for (uint32_t i = 0; i < graph->count; i++) {
        came[i] = NULL;
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
    const struct instance *first = NULL;

    for (const struct edge *edge = last; edge; edge = came[edge->from->number]) {
        if (edge->to->path) {
            text = text_format(" -%s-> %s%s", edge->text, edge->to->path, text);
        }
        first = edge->from;
    }
    return text_format("%s%s", first->path, text);
}

/* ---- calls ---- */

/* A cycle that direct calls alone make is allowed if all components in it are reentrant. */
static bool may_reenter(const struct edge *last, const struct edge **came)
{
    const struct edge *edge = last;

    for (; edge; edge = came[edge->from->number]) {
        if (edge->connection->transport != TRANSPORT_DIRECT || !edge->to->component->is_reentrant) {
            return false;
        }
        if (edge->from->number == last->to->number) {
            break;
        }
    }
    return true;
}

static struct graph call_graph(const struct model *model)
{
    struct graph graph = graph_new(model);

    for (EACH(struct connection, c, &model->connections)) {
        if (is_call(c)) {
            add_edge(&graph, c->from, c->to, transport_name(c->transport), c);
        }
    }
    return graph;
}

/* An rpc to the own domain waits for the thread that makes it. */
static void check_own_domain(const struct model *model)
{
    const uint32_t *domain = domain_numbers(model);

    for (EACH(struct connection, c, &model->connections)) {
        if (c->transport == TRANSPORT_RPC && c->from != c->to &&
            domain[c->from->number] == domain[c->to->number]) {
            error_at(&c->link->transport_where,
                     "\"%s\" and \"%s\" are one domain with one thread: this call would never end",
                     c->from->path, c->to->path);
        }
    }
}

/*
 * Depth first: an edge to what is in work closes a cycle.  Works on domains: whoever is called while its thread is in
 * a call waits for ever.
 */
struct walk {
    const struct graph *graph;
    const uint32_t *domain;
    uint8_t *mark;        /* enum mark, one a domain */
    struct list path;     /* struct edge */
    struct list *members; /* struct instance, one list a domain */
};

static const char *cycle_text(const struct walk *walk, const struct edge *closing, uint32_t from)
{
    const char *text = ((struct edge *)(from < walk->path.count ? walk->path.item[from]
                                                                : (void *)(uintptr_t)closing))
                           ->from->path;

    for (uint32_t i = from; i < walk->path.count; i++) {
        const struct edge *edge = walk->path.item[i];

        text = text_format("%s -%s-> %s", text, edge->text, edge->to->path);
    }
    return text_format("%s -%s-> %s", text, closing->text, closing->to->path);
}

static void report_cycle(const struct walk *walk, const struct edge *closing)
{
    uint32_t target = walk->domain[closing->to->number], from = walk->path.count;

    while (from > 0) {
        const struct edge *edge = walk->path.item[from - 1];

        from--;
        if (walk->domain[edge->from->number] == target) {
            break;
        }
    }
    error_at(&closing->connection->where, "a cycle of calls: %s", cycle_text(walk, closing, from));
}

static void walk_domain(struct walk *walk, uint32_t domain)
{
    walk->mark[domain] = MARK_IN_WORK;
    for (EACH(struct instance, instance, &walk->members[domain])) {
        for (EACH(struct edge, edge, &walk->graph->out[instance->number])) {
            uint32_t to = walk->domain[edge->to->number];

            if (edge->connection->transport == TRANSPORT_DIRECT || to == domain) {
                continue;
            }
            if (walk->mark[to] == MARK_IN_WORK) {
                report_cycle(walk, edge);
            } else if (walk->mark[to] == MARK_NEW) {
                list_add(&walk->path, (void *)(uintptr_t)edge);
                walk_domain(walk, to);
                walk->path.count--;
            }
        }
    }
    walk->mark[domain] = MARK_DONE;
}

static void check_rpc_cycles(const struct model *model, const struct graph *graph)
{
    struct walk walk = { .graph = graph, .domain = domain_numbers(model) };

    walk.mark = arena_alloc(graph->count + 1);
    walk.members = arena_alloc((graph->count + 1) * sizeof(*walk.members));
    for (EACH(struct instance, instance, &model->instances)) {
        list_add(&walk.members[walk.domain[instance->number]], instance);
    }
    for (uint32_t i = 0; i < graph->count; i++) {
        if (walk.domain[i] == i && walk.mark[i] == MARK_NEW) {
            walk_domain(&walk, i);
        }
    }
}

/* Cycles of direct calls inside one domain. */
static void check_direct_cycles(const struct model *model)
{
    struct graph graph = graph_new(model);
    const struct edge **came = arena_alloc((graph.count + 1) * sizeof(*came));
    bool *reported = arena_alloc(graph.count + 1);

    for (EACH(struct connection, c, &model->connections)) {
        if (c->transport == TRANSPORT_DIRECT) {
            add_edge(&graph, c->from, c->to, "direct", c);
        }
    }
    for (uint32_t i = 0; i < graph.count; i++) {
        bool *here;
        const struct edge *last;

        if (!graph.out[i].count || reported[i]) {
            continue;
        }
        here = arena_alloc(graph.count + 1);
        here[i] = true;
        last = search(&graph, here, here, came);
        if (last && !may_reenter(last, came)) {
            error_at(&last->connection->where, "a cycle of calls: %s", path_text(last, came));
            for (const struct edge *edge = last; edge; edge = came[edge->from->number]) {
                reported[edge->from->number] = true;
            }
        }
    }
}

void check_cycles(const struct model *model, const struct options *options)
{
    struct graph graph = call_graph(model);

    (void)options;
    check_own_domain(model);
    check_rpc_cycles(model, &graph);
    check_direct_cycles(model);
}

void check_inversion(const struct model *model, const struct options *options)
{
    (void)options;
    for (EACH(struct connection, c, &model->connections)) {
        if (c->transport == TRANSPORT_RPC && !c->to->component->is_hardware &&
            c->from->policy.prio > c->to->policy.prio) {
            warning_at(&c->where, "priority inversion: \"%s\" (%u) calls \"%s\" (%u)",
                       c->from->path, c->from->policy.prio, c->to->path, c->to->policy.prio);
        }
    }
}

/* ---- influence ---- */

/* A node that stands for what several instances have in common; paths do not show it. */
static const struct instance *node_new(struct graph *graph)
{
    struct instance *node = NEW(struct instance);

    node->number = graph->count++;
    return node;
}

/* Ends that are connected by `share` share one memory: the number of the first connection of each memory. */
static uint32_t *memories(const struct model *model)
{
    uint32_t *up = arena_alloc((model->connections.count + 1) * sizeof(*up));
    struct map firsts = { 0 };

    for (EACH(struct connection, c, &model->connections)) {
        struct connection *from, *to;

        up[c->number] = c->number;
        if (c->transport == TRANSPORT_SHARE) {
            from = map_put(&firsts, c->from, c->from_end->name, c);
            to = map_put(&firsts, c->to, c->to_end->name, c);
            join(up, c->number, from->number);
            join(up, c->number, to->number);
        }
    }
    return up;
}

static void add_mapping(struct graph *graph, const struct instance *instance, const struct end *end,
                        const struct instance *memory)
{
    if (!end->is_readonly) {
        add_edge(graph, instance, memory, "share", NULL);
    }
    add_edge(graph, memory, instance, "share", NULL);
}

static void add_shares(const struct model *model, struct graph *graph)
{
    uint32_t *memory = memories(model);
    const struct instance **node =
        arena_alloc((model->connections.count + 1) * sizeof(struct instance *));

    for (EACH(struct connection, c, &model->connections)) {
        uint32_t first = find(memory, c->number);

        if (c->transport == TRANSPORT_SHARE) {
            node[first] = node[first] ? node[first] : node_new(graph);
            add_mapping(graph, c->from, c->from_end, node[first]);
            add_mapping(graph, c->to, c->to_end, node[first]);
        }
    }
}

/* Who is in one domain can do to the others what it likes. */
static void add_domains(const struct model *model, struct graph *graph)
{
    const uint32_t *domain = domain_numbers(model);
    const struct instance **node =
        arena_alloc((model->instances.count + 1) * sizeof(struct instance *));

    for (EACH(struct instance, instance, &model->instances)) {
        uint32_t first = domain[instance->number];

        if (first != instance->number) {
            const struct instance *owner = model->instances.item[first];

            if (!node[first]) {
                node[first] = node_new(graph);
                add_edge(graph, owner, node[first], "direct", NULL);
                add_edge(graph, node[first], owner, "direct", NULL);
            }
            add_edge(graph, instance, node[first], "direct", NULL);
            add_edge(graph, node[first], instance, "direct", NULL);
        }
    }
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
    return !c->to_end->interface || has_results(c->to_end->interface);
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
 * influence each other.
 */
static struct graph influence(const struct model *model)
{
    struct graph graph = graph_new(model);

    for (EACH(struct connection, c, &model->connections)) {
        if (c->transport == TRANSPORT_SHARE) {
            continue;
        }
        if (c->transport == TRANSPORT_USER) {
            add_flows(&graph, c);
            continue;
        }
        add_edge(&graph, c->from, c->to, transport_name(c->transport), c);
        if (goes_back(c)) {
            add_edge(&graph, c->to, c->from, transport_name(c->transport), c);
        }
    }
    add_passed(model, &graph);
    add_shares(model, &graph);
    add_domains(model, &graph);
    return graph;
}

/* Leaves in and below an instance. */
static bool *leaves(const struct model *model, const struct graph *graph,
                    const struct instance *top)
{
    bool *set = arena_alloc(graph->room);

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
    const struct edge **came = arena_alloc(graph.room * sizeof(*came));
    const struct edge *last =
        search(&graph, leaves(model, &graph, from), leaves(model, &graph, to), came);

    return last ? path_text(last, came) : NULL;
}

void check_denials(const struct model *model, const struct options *options)
{
    struct graph graph;
    const struct edge **came;

    (void)options;
    if (!model->denials.count) {
        return;
    }
    graph = influence(model);
    came = arena_alloc(graph.room * sizeof(*came));
    for (EACH(struct denial, denial, &model->denials)) {
        const struct edge *last = search(&graph, leaves(model, &graph, denial->from),
                                         leaves(model, &graph, denial->to), came);

        if (last) {
            error_at(&denial->where, "this is denied, and there is a path: %s",
                     path_text(last, came));
        }
    }
}
