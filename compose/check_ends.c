/* Checks of single connections, ends and devices. */
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "check.h"

const char *end_text(const struct end *end)
{
    static const char *const device[] = {
        [END_MMIO] = "Mmio", [END_IRQ] = "Irq", [END_DMA] = "Dma", [END_UNTYPED] = "Untyped"
    };

    switch (end->kind) {
    case END_PROVIDES:
        return text_format("provides %s", end->type_name);
    case END_NEEDS:
        return text_format("needs %s", end->type_name);
    case END_EMITS:
        return "emits";
    case END_CONSUMES:
        return "consumes";
    case END_SHARES:
        return "shares";
    case END_HARDWARE:
        return text_format("provides %s", device[end->hardware]);
    default:
        return text_format("needs %s", device[end->kind]);
    }
}

/* ---- connectors ---- */

static const struct {
    enum end_kind from, to, hardware;
    const char *text;
} fits[TRANSPORTS] = {
    [TRANSPORT_DIRECT] = { END_NEEDS, END_PROVIDES, 0, "needs -> provides" },
    [TRANSPORT_RPC] = { END_NEEDS, END_PROVIDES, 0, "needs -> provides" },
    [TRANSPORT_RING] = { END_NEEDS, END_PROVIDES, 0, "needs -> provides" },
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

/* The connector that would fit; "" if none. */
static const char *fitting(const struct connection *c)
{
    for (enum transport t = TRANSPORT_RPC; t < TRANSPORTS; t++) {
        if (transport_fits(t, c->from_end, c->to_end)) {
            return text_format(" (did you mean \"%s\"?)", transport_name(t));
        }
    }
    for (enum transport t = TRANSPORT_RPC; t < TRANSPORTS; t++) {
        if (transport_fits(t, c->to_end, c->from_end)) {
            return " (the other way round?)";
        }
    }
    return "";
}

void check_connector_fits(const struct model *model, const struct options *options)
{
    (void)options;
    for (EACH(struct connection, c, &model->connections)) {
        if (c->transport != TRANSPORT_USER &&
            !transport_fits(c->transport, c->from_end, c->to_end)) {
            error_at(&c->link->transport_where, "\"%s\" joins %s; %s is %s -> %s%s",
                     transport_name(c->transport), fits[c->transport].text, c->name,
                     end_text(c->from_end), end_text(c->to_end), fitting(c));
        }
    }
}

void check_interfaces(const struct model *model, const struct options *options)
{
    (void)options;
    for (EACH(struct connection, c, &model->connections)) {
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
                     "%s: the two ends share different memory: %s of %" PRIu64
                     " bytes, %s of %" PRIu64 " bytes",
                     c->name, from->type_name ? from->type_name : "bytes", from->bytes,
                     to->type_name ? to->type_name : "bytes", to->bytes);
        }
        if (from->kind == END_MMIO && to->kind == END_HARDWARE && c->from == c->to) {
            error_at(&c->where, "%s: hardware does not drive itself", c->name);
        }
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

void check_adjectives(const struct model *model, const struct options *options)
{
    (void)options;
    for (EACH(struct connection, c, &model->connections)) {
        bool is_rpc = c->transport == TRANSPORT_RPC, is_ring = c->transport == TRANSPORT_RING;

        refuse(c, c->link->timeout_ns && !is_rpc, "given a timeout", "\"rpc\"");
        refuse(c, c->is_monitored && !is_rpc, "monitored", "\"rpc\"");
        refuse(c, c->strikes && !is_rpc && !is_ring, "given strikes", "\"rpc\" and \"ring\"");
        refuse(c, c->is_traced && !is_call(c) && !is_ring, "traced",
               "\"rpc\", \"direct\" and \"ring\"");
    }
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

void check_ring(const struct model *model, const struct options *options)
{
    (void)options;
    for (EACH(struct connection, c, &model->connections)) {
        const struct method *method;

        if (c->transport != TRANSPORT_RING || !c->to_end->interface) {
            continue;
        }
        method = two_way_method(c->to_end->interface);
        if (method) {
            error_at(
                &c->link->transport_where,
                "\"%s\" cannot go through a ring: it has results, lends, or passes capabilities",
                method->name);
            note_at(&method->where, "it is declared here");
        } else if (c->to_end->interface->recover.count) {
            error_at(&c->link->transport_where,
                     "\"%s\" cannot go through a ring: nobody could be told to recover",
                     c->to_end->interface->name);
        }
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

void check_direct(const struct model *model, const struct options *options)
{
    (void)options;
    for (EACH(struct connection, c, &model->connections)) {
        if (c->transport == TRANSPORT_DIRECT && !in_one_group(c->from, c->to)) {
            error_at(&c->link->transport_where,
                     "a direct call stays in a group: \"%s\" and \"%s\" are in none together",
                     c->from->path, c->to->path);
        }
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

/* First connection of each (instance, end, element), on the side that needs. */
static struct connection *put_first(struct map *map, struct connection *c, const struct end *end,
                                    const struct instance *instance, uint32_t element)
{
    const char *key = end->count ? name_of(text_format("%s[%u]", end->name, element)) : end->name;

    return map_put(map, instance, key, c);
}

/* The needed end on one side, which has one connection. */
static void check_one(struct map *firsts, struct connection *c, const struct instance *instance,
                      const struct end *end, uint32_t element)
{
    const struct connection *first;

    if (!wants_one(end)) {
        return;
    }
    first = put_first(firsts, c, end, instance, element);
    if (first != c) {
        error_at(&c->where, "\"%s.%s\" is connected twice", instance->path, end->name);
        note_at(&first->where, "the first time is here");
    }
}

void check_once(const struct model *model, const struct options *options)
{
    struct map firsts = { 0 };

    (void)options;
    for (EACH(struct connection, c, &model->connections)) {
        check_one(&firsts, c, c->from, c->from_end, c->from_element);
        check_one(&firsts, c, c->to, c->to_end, c->to_element);
    }
    /* The same signal, or the same memory, twice between the same two. */
    firsts = (struct map){ 0 };
    for (EACH(struct connection, c, &model->connections)) {
        if (!wants_one(c->from_end)) {
            struct connection *first = map_put(&firsts, NULL, name_of(c->name), c);

            if (first != c) {
                error_at(&c->where, "%s is connected twice", c->name);
                note_at(&first->where, "the first time is here");
            }
        }
    }
}

static void mark_end(struct map *map, struct connection *c, struct instance *instance,
                     struct end *end, uint32_t element)
{
    put_first(map, c, end, instance, element);
}

/* "disk, log[2]": what the instance lacks; "" if nothing. */
static const char *missing(const struct map *map, const struct instance *instance)
{
    const char *text = "";

    for (EACH(struct end, end, &instance->component->ends)) {
        for (uint32_t i = 0; must_connect(end) && i < (end->count ? end->count : 1); i++) {
            const char *name =
                end->count ? name_of(text_format("%s[%u]", end->name, i)) : end->name;

            if (!map_get(map, instance, name)) {
                text = text_format("%s%s%s", text, *text ? ", " : "", name);
            }
        }
    }
    return text;
}

void check_connected(const struct model *model, const struct options *options)
{
    struct map seen = { 0 };

    (void)options;
    for (EACH(struct connection, c, &model->connections)) {
        mark_end(&seen, c, c->from, c->from_end, c->from_element);
        mark_end(&seen, c, c->to, c->to_end, c->to_element);
    }
    for (EACH(struct instance, instance, &model->instances)) {
        const char *text = missing(&seen, instance);

        if (*text) {
            error_at(&instance->where, "\"%s\" has ends that are not connected: %s", instance->path,
                     text);
        }
    }
}

/* ---- sources ---- */

static bool is_file(const struct value *source)
{
    struct stat info;

    return stat(source_path(source), &info) == 0 && S_ISREG(info.st_mode);
}

void check_sources(const struct model *model, const struct options *options)
{
    struct map seen = { 0 };

    (void)options;
    for (EACH(struct instance, instance, &model->instances)) {
        struct component *component = instance->component;

        if (map_put(&seen, NULL, component->name, instance) != instance) {
            continue;
        }
        for (EACH(struct value, source, &component->sources)) {
            if (!is_file(source)) {
                error_at(&source->where, "there is no file \"%s\"", source->string);
            }
        }
    }
}

/* ---- devices ---- */

struct device_end {
    const struct instance *instance;
    const struct end *end;
};

static struct list device_ends(const struct model *model)
{
    struct list list = { 0 };

    for (EACH(struct instance, instance, &model->instances)) {
        for (EACH(struct end, end, &instance->component->ends)) {
            if (end->kind == END_HARDWARE && end->hardware != END_DMA) {
                struct device_end *device = NEW(struct device_end);

                *device = (struct device_end){ instance, end };
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
static const struct instance *user_of(const struct model *model, const struct device_end *device)
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
        struct connection *first;

        if (c->to_end->kind == END_HARDWARE && c->to_end->hardware != END_DMA) {
            first = map_put(&firsts, c->to, c->to_end->name, c);
            if (first != c && (first->link != c->link || c->to_end->hardware == END_IRQ)) {
                error_at(&c->where, "\"%s.%s\" is used twice", c->to->path, c->to_end->name);
                note_at(&first->where, "the first time is here");
            }
        }
    }
}

void check_devices(const struct model *model, const struct options *options)
{
    struct list devices = device_ends(model);

    (void)options;
    check_device_users(model);
    for (uint32_t i = 0; i < devices.count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            const struct device_end *a = devices.item[j], *b = devices.item[i];

            if (a->instance != b->instance && overlap(a->end, b->end, 1)) {
                error_at(&b->instance->where, "\"%s.%s\" is the same %s as \"%s.%s\"",
                         b->instance->path, b->end->name,
                         a->end->hardware == END_IRQ ? "line" : "device", a->instance->path,
                         a->end->name);
                note_at(&a->instance->where, "the other one is here");
            } else if (a->instance == b->instance && overlap(a->end, b->end, 1)) {
                error_at(&b->end->where, "this is the same as \"%s\"", a->end->name);
            }
        }
    }
}

void check_device_pages(const struct model *model, const struct options *options)
{
    struct list devices = device_ends(model);

    (void)options;
    for (uint32_t i = 0; i < devices.count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            const struct device_end *a = devices.item[j], *b = devices.item[i];
            const struct instance *one = user_of(model, a), *other = user_of(model, b);

            if (a->instance != b->instance && a->end->hardware == END_MMIO && one && other &&
                one != other && overlap(a->end, b->end, 4096)) {
                warning_at(&b->instance->where,
                           "\"%s\" and \"%s\" are in one page: \"%s\" and \"%s\" can use both",
                           a->instance->path, b->instance->path, one->path, other->path);
            }
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

void check_states(const struct model *model, const struct options *options)
{
    (void)options;
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
