/* Checks of single connections, ends and devices. */
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include <comp/layout.h>

#include "check.h"
#include "elaborate.h"

const char *end_text(const struct end *end)
{
    static const char *const words[] = {
        [END_PROVIDES] = "provides", [END_NEEDS] = "needs",   [END_EMITS] = "emits",
        [END_CONSUMES] = "consumes", [END_SHARES] = "shares", [END_MMIO] = "Mmio",
        [END_GATE] = "gate",         [END_IRQ] = "Irq",       [END_DMA] = "Dma",
        [END_UNTYPED] = "Untyped",   [END_CPU] = "Cpu",       [END_TRACE] = "Trace",
    };

    if (end->kind == END_HARDWARE) {
        return text_format("provides %s", words[end->hardware]);
    }
    if (end->kind >= END_MMIO) {
        return text_format("needs %s", words[end->kind]);
    }
    return end->type_name ? text_format("%s %s", words[end->kind], end->type_name)
                          : words[end->kind];
}

/* ---- connectors ---- */

static const struct {
    enum end_kind from, to, hardware;
    const char *text;
} fits[TRANSPORTS] = {
#define CALL                                                                                       \
    {                                                                                              \
        END_NEEDS, END_PROVIDES, 0, "needs -> provides"                                            \
    }
    [TRANSPORT_DIRECT] = CALL,
    [TRANSPORT_RPC] = CALL,
    [TRANSPORT_RING] = CALL,
    [TRANSPORT_QUEUE] = CALL,
    [TRANSPORT_SHARE] = { END_SHARES, END_SHARES, 0, "shares -> shares" },
    [TRANSPORT_EVENT] = { END_EMITS, END_CONSUMES, 0, "emits -> consumes" },
    [TRANSPORT_IRQ] = { END_IRQ, END_HARDWARE, END_IRQ, "needs Irq -> Irq of hardware" },
    [TRANSPORT_MMIO] = { END_MMIO, END_HARDWARE, END_MMIO, "needs Mmio -> Mmio of hardware" },
    [TRANSPORT_DMA] = { END_DMA, END_HARDWARE, END_DMA, "needs Dma -> Dma of hardware" },
};

static bool transport_fits(enum transport transport, const struct end *from, const struct end *to)
{
    return fits[transport].text && from->kind == fits[transport].from &&
           to->kind == fits[transport].to &&
           (to->kind != END_HARDWARE || to->hardware == fits[transport].hardware);
}

/* The connector that would fit, this way or the other; "" if none. */
static const char *fitting(const struct end *from, const struct end *to)
{
    const char *hint = "";

    for (enum transport t = TRANSPORT_RPC; t < TRANSPORTS; t++) {
        if (transport_fits(t, from, to)) {
            return text_format(" (did you mean \"%s\"?)", transport_name(t));
        }
        hint = transport_fits(t, to, from) ? " (the other way round?)" : hint;
    }
    return hint;
}

void check_connector_fits(const struct connection *c)
{
    if (c->transport != TRANSPORT_USER && !transport_fits(c->transport, c->from_end, c->to_end)) {
        error_at(&c->link->transport_where, "\"%s\" joins %s; %s is %s -> %s%s",
                 transport_name(c->transport), fits[c->transport].text, c->name,
                 end_text(c->from_end), end_text(c->to_end), fitting(c->from_end, c->to_end));
    }
}

void check_interfaces(const struct connection *c)
{
    const struct end *from = c->from_end, *to = c->to_end;

    /* a connector of the user's checks its own ends, and may join different interfaces */
    if (c->transport != TRANSPORT_USER && from->interface && to->interface &&
        from->interface != to->interface) {
        error_at(&c->where, "%s: one needs %s, the other provides %s", c->name,
                 from->interface->name, to->interface->name);
    }
    if (from->kind == END_SHARES && to->kind == END_SHARES &&
        (from->structure != to->structure || from->bytes != to->bytes)) {
        error_at(&c->where,
                 "%s: the two ends share different memory: %s of %" PRIu64 " bytes, %s of %" PRIu64
                 " bytes",
                 c->name, from->type_name ? from->type_name : "bytes", from->bytes,
                 to->type_name ? to->type_name : "bytes", to->bytes);
    }
    if (from->kind == END_MMIO && to->kind == END_HARDWARE && c->from == c->to) {
        error_at(&c->where, "%s: hardware does not drive itself", c->name);
    }
}

static void refuse(const struct connection *c, bool is_there, const char *adjective,
                   const char *which)
{
    if (is_there && c->transport != TRANSPORT_USER) {
        error_at(&c->link->transport_where, "\"%s\" cannot be %s: only %s can",
                 transport_name(c->transport), adjective, which);
    }
}

void check_adjectives(const struct connection *c)
{
    bool is_rpc = c->transport == TRANSPORT_RPC, is_queue = c->transport == TRANSPORT_QUEUE;
    bool is_ring = c->transport == TRANSPORT_RING || is_queue;

    refuse(c, c->link->timeout_ns && !is_rpc, "given a timeout", "\"rpc\"");
    refuse(c, c->is_monitored && !is_rpc && !is_queue, "monitored", "\"rpc\" and \"queue\"");
    refuse(c, c->strikes && !is_rpc && !is_ring, "given strikes",
           "\"rpc\", \"ring\" and \"queue\"");
    refuse(c, c->cover_bytes && !is_queue, "checksummed", "\"queue\"");
    refuse(c, c->is_traced && !is_call(c) && !is_ring, "traced",
           "\"rpc\", \"direct\", \"ring\" and \"queue\"");
}

static const struct method *two_way_method(const struct interface *interface)
{
    for (EACH(struct method, method, &interface->methods)) {
        for (EACH(struct param, param, &method->params)) {
            if (param->is_out || param->is_lend || param->type.kind == TYPE_CAP) {
                return method;
            }
        }
    }
    return NULL;
}

void check_ring(const struct connection *c)
{
    const struct interface *interface = c->to_end->interface;
    const struct method *method;

    if (c->transport != TRANSPORT_RING || !interface) {
        return;
    }
    method = two_way_method(interface);
    if (method) {
        error_at(&c->link->transport_where,
                 "\"%s\" cannot go through a ring: it has results, lends, or passes capabilities",
                 method->name);
        note_at(&method->where, "it is declared here");
    } else if (interface->recover.count) {
        error_at(&c->link->transport_where,
                 "\"%s\" cannot go through a ring: nobody could be told to recover",
                 interface->name);
    }
}

/* What cannot go through a queue: what would be done twice, or is neither scalar nor the one lent buffer. */
static const char *not_queued(const struct method *method)
{
    uint32_t lent = 0, scalars = 0, results = 0;

    for (EACH(struct param, param, &method->params)) {
        bool is_scalar = !param->is_lend && param->word != NONE &&
                         param->type.kind != TYPE_STRING && param->type.kind != TYPE_BYTES;

        lent += param->is_lend;
        scalars += !param->is_out && is_scalar;
        results += param->is_out && is_scalar;
        if (!param->is_lend && !is_scalar) {
            return "it passes more than scalars and one lent buffer";
        }
    }
    if (lent && results > COMP_QUEUE_NOTED) {
        return "it lends and has more than two results";
    }
    if (lent > 1 || scalars + lent > COMP_QUEUE_WORDS) {
        return lent > 1 ? "it lends more than one buffer" : "it has too many parameters";
    }
    return method->kind == METHOD_IDEMPOTENT ? NULL
                                             : "it is not \"idempotent\", but may be repeated";
}

static void check_queued(const struct connection *c)
{
    const struct interface *interface = c->to_end->interface;

    if (c->cover_bytes && !interface->cover_bytes) {
        error_at(&c->link->transport_where,
                 "\"%s\" cannot be checksummed: no method says what it \"covers\"",
                 interface->name);
    }
    for (EACH(struct method, method, &interface->methods)) {
        const char *why = not_queued(method);

        if (why) {
            error_at(&c->link->transport_where, "\"%s\" cannot go through a queue: %s",
                     method->name, why);
            note_at(&method->where, "it is declared here");
        }
    }
    if (interface->events.count || interface->states.count > 1 || interface->recover.count) {
        error_at(&c->link->transport_where,
                 "\"%s\" cannot go through a queue: it has events, several states, or methods to "
                 "recover",
                 interface->name);
    }
}

void check_queue(const struct connection *c)
{
    bool is_async = c->from_end->is_async || c->to_end->is_async;

    if (c->transport == TRANSPORT_QUEUE && c->to_end->interface) {
        check_queued(c);
    } else if (is_async && c->transport != TRANSPORT_QUEUE) {
        error_at(&c->link->transport_where,
                 "%s: an asynchronous end is joined by \"queue\", not by \"%s\"", c->name,
                 transport_name(c->transport));
    }
}

static bool in_one_group(const struct instance *a, const struct instance *b)
{
    for (EACH(struct group, group, &a->groups)) {
        for (EACH(struct group, other, &b->groups)) {
            if (group == other) {
                return true;
            }
        }
    }
    return false;
}

void check_direct(const struct connection *c)
{
    if (c->transport == TRANSPORT_DIRECT && !in_one_group(c->from, c->to)) {
        error_at(&c->link->transport_where,
                 "a direct call stays in a group: \"%s\" and \"%s\" are in none together",
                 c->from->path, c->to->path);
    }
}

/* ---- ends ---- */

static bool wants_one(const struct end *end)
{
    return end->kind == END_NEEDS || end->kind == END_MMIO || end->kind == END_IRQ ||
           end->kind == END_DMA;
}

/* Memory for a device is there even if no device is. */
static bool must_connect(const struct end *end)
{
    return !end->is_optional && end->kind != END_DMA &&
           (wants_one(end) || end->kind == END_EMITS || end->kind == END_CONSUMES ||
            end->kind == END_SHARES);
}

/* Reports a connection that is not the first of that name in the scope. */
static void check_first(struct map *firsts, struct connection *c, const void *scope,
                        const char *name, const char *what)
{
    const struct connection *first = map_put(firsts, scope, name, c);

    if (first != c) {
        error_at(&c->where, "%s twice", what);
        note_at(&first->where, "the first time is here");
    }
}

void check_once(const struct model *model)
{
    struct map firsts = { 0 };

    for (EACH(struct connection, c, &model->connections)) {
        if (wants_one(c->from_end)) {
            check_first(&firsts, c, c->from, element_name(c->from_end, c->from_element),
                        text_format("\"%s.%s\" is connected", c->from->path, c->from_end->name));
        } else { /* the same signal, or the same memory, twice between the same two */
            check_first(&firsts, c, NULL, name_of(c->name),
                        text_format("%s is connected", c->name));
        }
        if (wants_one(c->to_end)) {
            check_first(&firsts, c, c->to, element_name(c->to_end, c->to_element),
                        text_format("\"%s.%s\" is connected", c->to->path, c->to_end->name));
        }
    }
}

void check_connected(const struct instance *instance)
{
    const char *text = "";

    for (EACH(struct end, end, &instance->component->ends)) {
        for (uint32_t i = 0; must_connect(end) && i < (end->count ? end->count : 1); i++) {
            if (!is_connected(instance, end, i)) {
                text = text_format("%s%s%s", text, *text ? ", " : "", element_name(end, i));
            }
        }
    }
    if (*text) {
        error_at(&instance->where, "\"%s\" has ends that are not connected: %s", instance->path,
                 text);
    }
}

/* ---- sources ---- */

void check_sources(const struct instance *instance)
{
    for (EACH(struct value, source, &instance->component->sources)) {
        struct stat info;

        if (stat(source_path(source), &info) != 0 || !S_ISREG(info.st_mode)) {
            error_at(&source->where, "there is no file \"%s\"", source->string);
        }
    }
    for (EACH(struct instance, other, &instance->alternatives)) {
        check_sources(other);
    }
}

/* ---- devices ---- */

static struct list device_ends(const struct model *model)
{
    struct list list = { 0 };

    for (EACH(struct instance, instance, &model->instances)) {
        for (EACH(struct end, end, &instance->component->ends)) {
            if (end->kind == END_HARDWARE && end->hardware != END_DMA) {
                struct target *device = NEW(struct target);

                *device = (struct target){ instance, end, NONE };
                list_add(&list, device);
            }
        }
    }
    return list;
}

static bool overlap(const struct end *a, const struct end *b, uint64_t grain)
{
    if (a->hardware != b->hardware) {
        return false;
    }
    if (a->hardware == END_IRQ) {
        return a->at == b->at;
    }
    return a->at / grain <= (b->at + b->bytes - 1) / grain &&
           b->at / grain <= (a->at + a->bytes - 1) / grain;
}

/* Who uses the end of a device; NULL: nobody. */
static const struct instance *user_of(const struct model *model, const struct target *device)
{
    for (EACH(struct connection, c, &model->connections)) {
        if (c->to == device->instance && c->to_end == device->end) {
            return c->from;
        }
    }
    return NULL;
}

/* Drivers that take turns are connected by one statement; an interrupt goes to one only. */
static void check_device_users(const struct model *model)
{
    struct map firsts = { 0 };

    for (EACH(struct connection, c, &model->connections)) {
        const struct end *end = c->to_end;
        const struct connection *first = map_get(&firsts, c->to, end->name);
        bool takes_turns = first && first->link == c->link && end->hardware == END_MMIO;

        if (end->kind == END_HARDWARE && end->hardware != END_DMA && !takes_turns) {
            check_first(&firsts, c, c->to, end->name,
                        text_format("\"%s.%s\" is used", c->to->path, end->name));
        }
    }
}

static void check_pair(const struct model *model, const struct target *a, const struct target *b)
{
    const struct instance *one = user_of(model, a), *other = user_of(model, b);
    bool is_line = a->end->hardware == END_IRQ;

    if (a->instance == b->instance && overlap(a->end, b->end, 1)) {
        error_at(&b->end->where, "this is the same as \"%s\"", a->end->name);
    } else if (a->instance != b->instance && overlap(a->end, b->end, 1) &&
               (!is_line || (one && other))) {
        error_at(&b->instance->where, "\"%s.%s\" is the same %s as \"%s.%s\"", b->instance->path,
                 b->end->name, is_line ? "line" : "device", a->instance->path, a->end->name);
        note_at(&a->instance->where, "the other one is here%s",
                is_line ? "; a line has one driver: on PCI, take another slot, or connect messages"
                        : "");
    } else if (a->instance != b->instance && overlap(a->end, b->end, 4096) && one && other &&
               one != other) {
        warning_at(&b->instance->where,
                   "\"%s\" and \"%s\" are in one page: \"%s\" and \"%s\" can use both",
                   a->instance->path, b->instance->path, one->path, other->path);
    }
}

void check_devices(const struct model *model)
{
    struct list devices = device_ends(model);

    check_device_users(model);
    for (uint32_t i = 0; i < devices.count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            check_pair(model, devices.item[j], devices.item[i]);
        }
    }
}

/* ---- protocols ---- */

static void reach(const struct state *state, bool *reached)
{
    if (reached[state->number]) {
        return;
    }
    reached[state->number] = true;
    for (EACH(struct transition, transition, &state->transitions)) {
        reach(transition->to, reached);
    }
}

void check_states(const struct model *model)
{
    for (EACH(struct interface, interface, &model->interfaces)) {
        bool *reached = arena_alloc(interface->states.count + 1);

        if (interface->states.count) {
            reach(interface->states.item[0], reached);
        }
        for (EACH(struct state, state, &interface->states)) {
            if (!reached[state->number]) {
                warning_at(&state->where, "no transition leads to the state \"%s\"", state->name);
            }
        }
    }
}
