/* What templates may read: how what is not simply there is found. */
#include <inttypes.h>
#include <string.h>

#include <tessera/msg.h>

#include "back.h"
#include "template.h"

/* ---- connections ---- */

/* The client's next incarnation tells the server that it begins anew. */
static bool is_reset(const struct connection *c)
{
    return c->transport == TRANSPORT_RPC && c->to->domain &&
           (c->memory != NONE || c->to_end->interface->states.count);
}

/* Those of the transport that end there. */
static struct val calls_at(const struct port *port, enum transport transport)
{
    struct list *calls = NEW(struct list);

    for (EACH(struct connection, c, &port->to)) {
        if (c->transport == transport) {
            list_add(calls, c);
        }
    }
    return list(NODE_connection, calls);
}

/* An event of an interface on one connection. */
struct event {
    const char *name;
    uint32_t bit, slot; /* at the client; at the server */
};

static struct val events_of(const struct connection *c)
{
    struct list *events = NEW(struct list);
    uint32_t i = 0;

    for (EACH(struct constant, constant, &c->to_end->interface->events)) {
        struct event *event = NEW(struct event);

        if (c->event_bit != NONE) {
            *event = (struct event){ constant->name, c->event_bit + i, c->event_slot + i };
            list_add(events, event);
            i++;
        }
    }
    return list(NODE_event, events);
}

/* ---- ends ---- */

static const char *kind_of(const struct end *e)
{
    static const char *const names[] = {
        [END_PROVIDES] = "provides", [END_NEEDS] = "needs",   [END_EMITS] = "emits",
        [END_CONSUMES] = "consumes", [END_SHARES] = "shares", [END_MMIO] = "mmio",
        [END_IRQ] = "irq",           [END_DMA] = "dma",       [END_UNTYPED] = "untyped",
        [END_HARDWARE] = "hardware", [END_TRACE] = "trace",   [END_GATE] = "gate",
        [END_CPU] = "cpu",
    };

    return names[e->kind];
}

/* A provided end with a protocol, and somebody calls. */
static bool is_stateful(const struct port *port)
{
    return port->end->kind == END_PROVIDES && port->end->interface->states.count &&
           count_at_server(port->instance, port->end, TRANSPORT_RPC);
}

static struct val ends_of(const struct instance *i, bool only_stateful)
{
    struct list *ports = NEW(struct list);

    for (EACH(struct end, e, &i->component->ends)) {
        if (!only_stateful || is_stateful(port_of(i, e))) {
            list_add(ports, port_of(i, e));
        }
    }
    return list(NODE_port, ports);
}

/* Number of the end's first state among those of the instance. */
static uint32_t states_before(const struct port *port)
{
    uint32_t first = 0;

    for (uint32_t i = 0; i < port->end->number; i++) {
        const struct port *before = &port->instance->ports[i];

        first +=
            is_stateful(before) ? count_at_server(before->instance, before->end, TRANSPORT_RPC) : 0;
    }
    return first;
}

/* The connection of an element of the end, whichever end of it that is; NULL: none. */
static const struct connection *connection_of(const struct port *port, uint32_t element)
{
    for (EACH(struct connection, c, &port->from)) {
        if (c->from_element == element) {
            return c;
        }
    }
    for (EACH(struct connection, c, &port->to)) {
        if (c->to_element == element) {
            return c;
        }
    }
    return NULL;
}

struct element {
    const struct port *port;
    uint32_t number;
};

static struct val elements_of(const struct port *port)
{
    struct list *elements = NEW(struct list);

    for (uint32_t i = 0; i < (port->end->count ? port->end->count : 1); i++) {
        struct element *element = NEW(struct element);

        *element = (struct element){ port, i };
        list_add(elements, element);
    }
    return list(NODE_element, elements);
}

static const struct connection *last_from(const struct port *port)
{
    return port->from.item[port->from.count - 1];
}

static uint64_t smallest_buffer(const struct port *port)
{
    uint64_t bytes = port->from.count ? UINT64_MAX : 0;

    for (EACH(struct connection, c, &port->from)) {
        bytes = c->queue->async_bytes < bytes ? c->queue->async_bytes : bytes;
    }
    return bytes;
}

static const struct region *region_of(const struct port *port)
{
    for (EACH(struct region, r, &port->instance->regions)) {
        if (r->end == port->end) {
            return r;
        }
    }
    return NULL;
}

static uint32_t queue_room(const struct port *port)
{
    uint32_t count = count_at_server(port->instance, port->end, TRANSPORT_QUEUE);

    return count ? count : 1;
}

static const struct gate_place *gate_of(const struct port *port)
{
    return &port->instance->gates[port->end->at];
}

/* May a request stay in hand for ever?  Then it can be cancelled. */
static bool may_stay(const struct end *e)
{
    for (EACH(struct method, m, &e->interface->methods)) {
        if (m->within_ns) {
            return false;
        }
    }
    return e->is_async;
}

/* ---- instances ---- */

static bool has_transport(const struct instance *i, enum transport transport)
{
    bool has = false;

    for (EACH(struct connection, c, &i->used)) {
        has |= c->transport == transport;
    }
    for (EACH(struct connection, c, &i->served)) {
        has |= c->transport == transport;
    }
    return has;
}

static bool has_async(const struct instance *i)
{
    bool has = false;

    for (EACH(struct end, e, &i->component->ends)) {
        has |= e->is_async;
    }
    return has;
}

static struct val keeps_of(const struct instance *i)
{
    struct list *keeps = NEW(struct list);

    for (EACH(struct region, r, &i->regions)) {
        if (r->keep) {
            list_add(keeps, r);
        }
    }
    return list(NODE_region, keeps);
}

/* A config and what it is in an instance. */
struct config_value {
    const struct config *config;
    const struct value *value;
};

static struct val configs_of(const struct instance *i)
{
    struct list *configs = NEW(struct list);

    for (EACH(struct config, config, &i->component->configs)) {
        struct config_value *value = NEW(struct config_value);

        *value = (struct config_value){ config, &i->configs[config->number] };
        list_add(configs, value);
    }
    return list(NODE_config_value, configs);
}

/* A signal of a connector of the user's, and the function that its template defines for it. */
struct signal {
    uint32_t bit;
    const char *function;
};

static void add_signals(struct list *signals, const struct connection *c, enum side side)
{
    const struct connector *connector = c->link->connector;
    const struct list none = { 0 };

    for (EACH(struct connector_object, o, connector ? &connector->objects : &none)) {
        struct signal *signal = NEW(struct signal);

        if (o->kind == OBJECT_SIGNAL && o->receiver == side && !o->is_polled) {
            signal->bit = c->user[o->number].bit;
            signal->function = text_format("%s_%s", template_prefix(c, side), o->name);
            list_add(signals, signal);
        }
    }
}

static struct val signals_of(const struct instance *i)
{
    struct list *signals = NEW(struct list);

    for (EACH(struct connection, c, &i->used)) {
        add_signals(signals, c, SIDE_FROM);
    }
    for (EACH(struct connection, c, &i->served)) {
        add_signals(signals, c, SIDE_TO);
    }
    return list(NODE_signal, signals);
}

/* For each interface that it is passed a capability to: a connection that is none, by which its methods can be printed. */
static struct val received_by(const struct instance *i)
{
    struct list *all = NEW(struct list);
    struct map seen = { 0 };

    for (EACH(struct end, e, &i->component->ends)) {
        for (uint32_t k = 0; e->kind == END_PROVIDES && k < e->interface->methods.count; k++) {
            const struct param *p = cap_param(AT(struct method, &e->interface->methods, k));
            struct connection *c = NEW(struct connection);
            struct end *end = NEW(struct end);

            if (p && map_put(&seen, NULL, p->type.name, c) == c) {
                end->interface = p->type.interface;
                *c = (struct connection){ .from_end = end, .to_end = end, .from_watch = NONE };
                list_add(all, c);
            }
        }
    }
    return list(NODE_connection, all);
}

/* Where the client writes its calls by it; 0: it does not. */
static uint64_t trace_at(const struct connection *c)
{
    const struct domain *d = c->from->domain;

    return c->is_traced && d->trace != NONE ? d->trace_at : 0;
}

/* It writes or reads traces. */
static bool is_tracing(const struct instance *i)
{
    bool is = reads_trace(i);

    for (EACH(struct connection, c, &i->used)) {
        is |= trace_at(c) != 0;
    }
    return is;
}

/* A traced connection, as who reads traces sees it. */
struct traced {
    const struct connection *connection;
    uint64_t at;
};

static struct val traced_of(const struct instance *i)
{
    struct list *all = NEW(struct list);

    for (EACH(struct trace_seen, seen, &i->traces)) {
        for (EACH(struct instance, from, &seen->domain->instances)) {
            for (EACH(struct connection, c, &from->used)) {
                struct traced *traced = NEW(struct traced);

                if (c->is_traced) {
                    *traced = (struct traced){ c, seen->at };
                    list_add(all, traced);
                }
            }
        }
    }
    return list(NODE_traced, all);
}

/* ---- domains ---- */

static const struct instance *first_instance(const struct domain *d)
{
    return d->instances.item[0];
}

static bool any_instance(const struct domain *d, bool (*is)(const struct instance *i))
{
    bool any = false;

    for (EACH(struct instance, i, &d->instances)) {
        any |= is(i);
    }
    return any;
}

static bool has_run(const struct instance *i)
{
    return i->component->has_run;
}

static bool waits(const struct instance *i)
{
    bool any = false;

    for (EACH(struct end, e, &i->component->ends)) {
        any |= e->kind == END_CONSUMES;
    }
    return any;
}

static bool uses_queue(const struct instance *i)
{
    bool any = false;

    for (EACH(struct connection, c, &i->used)) {
        any |= c->transport == TRANSPORT_QUEUE;
    }
    return any;
}

static const struct port *log_of(const struct instance *i)
{
    for (EACH(struct end, e, &i->component->ends)) {
        if (e->kind == END_NEEDS && strcmp(e->name, "log") == 0 &&
            strcmp(e->interface->name, "Console") == 0 && connection_of(port_of(i, e), 0)) {
            return port_of(i, e);
        }
    }
    return NULL;
}

static const struct instance *printer_of(const struct domain *d)
{
    for (EACH(struct instance, i, &d->instances)) {
        if (log_of(i)) {
            return i;
        }
    }
    return NULL;
}

/* How deep the direct calls of an instance go: who is called is initialised before its callers. */
static uint32_t depth_of(const struct instance *i, uint32_t limit)
{
    uint32_t depth = 0;

    for (EACH(struct connection, c, &i->used)) {
        if (c->transport == TRANSPORT_DIRECT && c->to != i && limit) {
            uint32_t below = depth_of(c->to, limit - 1) + 1;

            depth = below > depth ? below : depth;
        }
    }
    return depth;
}

static struct val inits_of(const struct domain *d)
{
    uint32_t limit = d->instances.count;
    struct list *inits = NEW(struct list);

    for (uint32_t depth = 0; depth <= limit; depth++) {
        for (EACH(struct instance, i, &d->instances)) {
            if (i->component->has_init && depth_of(i, limit) == depth) {
                list_add(inits, i);
            }
        }
    }
    return list(NODE_instance, inits);
}

/* ---- the table ---- */

#define FIELD(of, name, value, help)                                                               \
    static struct val of##_##name(const void *at)                                                  \
    {                                                                                              \
        const struct of *const x = at;                                                             \
                                                                                                   \
        (void)x;                                                                                   \
        return value;                                                                              \
    }
#include "fields.def"
#undef FIELD

static const struct {
    enum node node;
    const char *name, *help;
    field_read *read;
} fields[] = {
#define FIELD(of, name, value, help) { NODE_##of, #name, help, of##_##name },
#include "fields.def"
#undef FIELD
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

field_read *field_find(const struct val *val, const char *name)
{
    for (size_t i = 0; i < FIELDS; i++) {
        if (fields[i].node == val->node && strcmp(fields[i].name, name) == 0) {
            return fields[i].read;
        }
    }
    return NULL;
}

void template_reference(FILE *out)
{
    static const char *const nodes[] = { "connection", "instance, peer", "end, other", "interface",
                                         "a method",   "a parameter",    "an object" };

    fputs("| of | field | is |\n|---|---|---|\n", out);
    for (size_t i = 0; i < FIELDS; i++) {
        if (fields[i].help) {
            fprintf(out, "| %s | `%s` | %s |\n", nodes[fields[i].node], fields[i].name,
                    fields[i].help);
        }
    }
}
