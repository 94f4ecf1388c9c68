/* The capability distribution (comp/dist.h), binary and as text: one line a record, the same order in both. */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include <tessera/cap.h>

#include "back.h"

const char *kind_name(uint32_t kind)
{
    static const char *const names[DIST_KINDS] = { "endpoint", "notification", "frame",  "device",
                                                   "irq",      "supervisor",   "machine" };

    return kind < DIST_KINDS ? names[kind] : "?";
}

const char *rights_name(uint32_t kind, uint32_t rights)
{
    static const char memory[] = "rwxp", message[] = "srg-";
    const char *letters = kind == DIST_FRAME || kind == DIST_DEVICE ? memory : message;
    char *name = arena_alloc(5);
    uint32_t n = 0;

    if (kind == DIST_IRQ || kind == DIST_MACHINE) {
        return "all";
    }
    for (uint32_t i = 0; i < 4; i++) {
        if (rights >> i & 1) {
            name[n++] = letters[i];
        }
    }
    return name;
}

/* ---- domains as records ---- */

static uint32_t flags_of(const struct domain *d)
{
    uint32_t flags = (d->policy.is_passive ? DIST_PASSIVE : 0) | (d->has_cpu ? DIST_CPU : 0) |
                     (d->has_rest ? DIST_REST : 0);
    const struct instance *first = AT(struct instance, &d->instances, 0);

    flags |= first->is_slot ? DIST_SLOT : 0;

    for (EACH(struct instance, i, &d->instances)) {
        flags |= (i->component->has_run ? DIST_RUN : 0) | (i->is_until ? DIST_UNTIL : 0);
    }
    return flags;
}

static const struct instance *first_of(const struct domain *d)
{
    return AT(struct instance, &d->instances, 0);
}

/* With the domain's own image; one that cannot be replaced has none. */
static uint32_t alternatives_of(const struct domain *d)
{
    return first_of(d)->is_swappable ? 1 + first_of(d)->alternatives.count : 0;
}

static void copy_name(char to[DIST_NAME], const char *name)
{
    assert(strlen(name) < DIST_NAME);
    memcpy(to, name, strlen(name));
}

static void range(const struct list *records, uint32_t domain, uint32_t *first, uint32_t *count)
{
    *first = *count = 0;
    for (uint32_t i = 0; i < records->count; i++) {
        const uint32_t *record = records->item[i]; /* both kinds begin with the domain */

        if (*record == domain) {
            *first = *count ? *first : i;
            ++*count;
        }
    }
}

static struct dist_domain record_of(const struct model *model, const struct domain *d)
{
    const struct policy *p = &d->policy;
    struct dist_domain r = { .mem = pages(p->mem),
                             .stack = pages(p->stack),
                             .spare = d->spare,
                             .budget_ns = p->cpu_ns,
                             .period_ns = p->period_ns,
                             .heartbeat_ns = p->heartbeat_ns,
                             .window_ns = p->window_ns,
                             .backoff_min_ns = p->backoff_min_ns,
                             .backoff_max_ns = p->backoff_max_ns,
                             .restart = p->restarts ? DIST_RESTART : DIST_RESTART_NEVER,
                             .restart_max = p->restart_max,
                             .restart_set = d->restart_set,
                             .group = d->group == NONE ? DIST_NONE : d->group,
                             .slots = p->caps,
                             .prio = p->prio,
                             .order = d->order,
                             .flags = flags_of(d),
                             .endpoint = d->endpoint,
                             .notification = d->notification,
                             .pulse = d->pulse };

    copy_name(r.name, d->name);
    copy_name(r.image, domain_id(d));
    range(&model->grants, d->number, &r.grant_first, &r.grant_count);
    range(&model->maps, d->number, &r.map_first, &r.map_count);
    r.alternative_count = alternatives_of(d);
    for (EACH(struct domain, before, &model->domains)) {
        r.alternative_first += before->number < d->number ? alternatives_of(before) : 0;
    }
    return r;
}

/* ---- binary ---- */

struct block {
    uint8_t *bytes;
    size_t used, room;
};

static void append(struct block *b, const void *from, size_t bytes)
{
    if (b->used + bytes > b->room) {
        uint8_t *larger = arena_alloc(2 * (b->used + bytes));

        if (b->used) {
            memcpy(larger, b->bytes, b->used);
        }
        b->bytes = larger;
        b->room = 2 * (b->used + bytes);
    }
    memcpy(b->bytes + b->used, from, bytes);
    b->used += bytes;
}

static void align(struct block *b)
{
    static const uint8_t zero[8];

    append(b, zero, -b->used & 7);
}

/* Offset of the name in the strings, where it is put unless it is there. */
static uint32_t string(struct block *strings, const char *name)
{
    for (size_t at = 0; at < strings->used; at += strlen((char *)strings->bytes + at) + 1) {
        if (strcmp((char *)strings->bytes + at, name) == 0) {
            return (uint32_t)at;
        }
    }
    append(strings, name, strlen(name) + 1);
    return (uint32_t)(strings->used - strlen(name) - 1);
}

static struct dist_table table(struct block *b, const struct list *records, size_t bytes)
{
    struct dist_table t = { (uint32_t)b->used, records->count };

    for (uint32_t i = 0; i < records->count; i++) {
        append(b, records->item[i], bytes);
    }
    align(b);
    return t;
}

static struct dist_table domain_table(struct block *b, const struct model *model)
{
    struct dist_table t = { (uint32_t)b->used, model->domains.count };

    for (EACH(struct domain, d, &model->domains)) {
        struct dist_domain r = record_of(model, d);

        append(b, &r, sizeof r);
    }
    return t;
}

static void alternative_add(struct block *b, const struct domain *d, const struct instance *i)
{
    struct dist_alternative a = { .domain = d->number };

    copy_name(a.name, i->component->name);
    copy_name(a.image, i->id);
    append(b, &a, sizeof a);
}

static struct dist_table alternative_table(struct block *b, const struct model *model)
{
    struct dist_table t = { (uint32_t)b->used, 0 };

    for (EACH(struct domain, d, &model->domains)) {
        if (alternatives_of(d)) {
            alternative_add(b, d, first_of(d));
        }
        for (EACH(struct instance, other, &first_of(d)->alternatives)) {
            alternative_add(b, d, other);
        }
        t.count += alternatives_of(d);
    }
    return t;
}

static void name_records(struct block *strings, const struct model *model)
{
    uint32_t i = 0;

    (void)string(strings, "");
    for (EACH(struct dist_object, o, &model->objects)) {
        o->name = string(strings, AT(const char, &model->object_names, i++));
    }
    for (EACH(struct connection, c, &model->connections)) {
        if (c->watch != NONE) {
            struct dist_connection *w = AT(struct dist_connection, &model->watches, c->watch);

            w->name = string(strings, c->name);
            w->kind = string(strings, transports[c->transport].name);
        }
    }
}

const void *emit_dist(const struct model *model, size_t *bytes)
{
    struct block b = { 0 }, strings = { 0 };
    struct dist_header h = { .magic = DIST_MAGIC, .version = DIST_VERSION };

    name_records(&strings, model);
    copy_name(h.system, model->system->name);
    append(&b, &h, sizeof h);
    h.domains = domain_table(&b, model);
    h.objects = table(&b, &model->objects, sizeof(struct dist_object));
    h.grants = table(&b, &model->grants, sizeof(struct dist_grant));
    h.maps = table(&b, &model->maps, sizeof(struct dist_map));
    h.connections = table(&b, &model->watches, sizeof(struct dist_connection));
    h.alternatives = alternative_table(&b, model);
    h.functions = table(&b, &model->functions, sizeof(struct dist_function));
    h.windows = table(&b, &model->windows, sizeof(struct dist_window));
    h.gate[0] = gate_record(&model->gates[0]);
    h.gate[1] = gate_record(&model->gates[1]);
    h.strings = (struct dist_table){ (uint32_t)b.used, (uint32_t)strings.used };
    append(&b, strings.bytes, strings.used);
    align(&b);
    h.bytes = (uint32_t)b.used;
    memcpy(b.bytes, &h, sizeof h);
    h.sum = dist_sum((const uint64_t *)(const void *)b.bytes + 2, b.used / 8 - 2);
    memcpy(b.bytes, &h, sizeof h);
    *bytes = b.used;
    return b.bytes;
}

/* ---- text ---- */

static const char *number(uint32_t n)
{
    return n == NONE ? "-" : text_format("%u", n);
}

static void domain_line(FILE *out, const struct model *model, const struct domain *d)
{
    struct dist_domain r = record_of(model, d);

    fprintf(out,
            "domain %u %s image=%s mem=%" PRIu64 " stack=%" PRIu64 " spare=%" PRIu64 " cpu=%" PRIu64
            "/%" PRIu64 " prio=%u slots=%u order=%u",
            d->number, r.name, r.image, r.mem, r.stack, r.spare, r.budget_ns, r.period_ns, r.prio,
            r.slots, r.order);
    fprintf(out,
            " restart=%s max=%u window=%" PRIu64 " backoff=%" PRIu64 "..%" PRIu64
            " set=%u group=%s heartbeat=%" PRIu64,
            r.restart ? "yes" : "never", r.restart_max, r.window_ns, r.backoff_min_ns,
            r.backoff_max_ns, r.restart_set, number(r.group), r.heartbeat_ns);
    fprintf(out, " flags=%s%s%s%s endpoint=%u notification=%u pulse=%u instances=",
            r.flags & DIST_RUN ? "r" : "", r.flags & DIST_UNTIL ? "u" : "",
            r.flags & DIST_PASSIVE ? "p" : "", r.flags & DIST_SLOT ? "s" : "", r.endpoint,
            r.notification, r.pulse);
    for (EACH(struct instance, i, &d->instances)) {
        fprintf(out, "%s%s", i == AT(struct instance, &d->instances, 0) ? "" : ",", i->path);
    }
    fputc('\n', out);
}

static void connection_lines(FILE *out, const struct model *model)
{
    for (EACH(struct connection, c, &model->connections)) {
        const struct dist_connection *w;

        if (c->watch == NONE) {
            continue;
        }
        w = AT(struct dist_connection, &model->watches, c->watch);
        fprintf(out,
                "connection %u %s client=%s server=%s badge=0x%" PRIx64
                " watch=%s,%s within=%" PRIu64 " strikes=%u flags=%s%s \"%s\"\n",
                c->watch, transports[c->transport].name, number(w->client), number(w->server),
                w->badge, number(w->client_watch), number(w->server_watch), w->within_ns,
                w->strikes, w->flags & DIST_MONITORED ? "m" : "", w->flags & DIST_TRACED ? "t" : "",
                c->name);
    }
}

void emit_dist_text(FILE *out, const struct model *model)
{
    uint32_t n = 0;

    fprintf(out, "system %s\n", model->system->name);
    for (EACH(struct domain, d, &model->domains)) {
        domain_line(out, model, d);
    }
    for (EACH(struct dist_object, o, &model->objects)) {
        fprintf(out,
                "object %u %s domain=%s bytes=%" PRIu64 " where=0x%" PRIx64 " badge=0x%" PRIx64
                "%s \"%s\"\n",
                n, kind_name(o->kind), number(o->domain), o->bytes, o->where, o->badge,
                o->edge ? " edge" : "", AT(const char, &model->object_names, n));
        n++;
    }
    for (EACH(struct dist_grant, g, &model->grants)) {
        uint32_t kind = AT(struct dist_object, &model->objects, g->object)->kind;

        fprintf(out, "grant domain=%u slot=%u object=%u rights=%s badge=0x%" PRIx64 " for=%s\n",
                g->domain, g->slot, g->object, rights_name(kind, g->rights), g->badge,
                number(g->connection));
    }
    for (EACH(struct dist_map, m, &model->maps)) {
        fprintf(out,
                "map domain=%u at=0x%" PRIx64 " object=%u offset=%" PRIu64 " bytes=%" PRIu64
                " rights=%s attributes=%u for=%s\n",
                m->domain, m->address, m->object, m->offset, m->bytes,
                rights_name(DIST_FRAME, m->rights), m->attributes, number(m->connection));
    }
    connection_lines(out, model);
    for (EACH(struct domain, d, &model->domains)) {
        if (alternatives_of(d)) {
            fprintf(out, "alternative domain=%u %s image=%s\n", d->number,
                    first_of(d)->component->name, first_of(d)->id);
        }
        for (EACH(struct instance, other, &first_of(d)->alternatives)) {
            fprintf(out, "alternative domain=%u %s image=%s\n", d->number, other->component->name,
                    other->id);
        }
    }
    gate_text(out, model);
}

void dump_back(const struct model *model, FILE *out)
{
    if (model->domains.count && AT(struct domain, &model->domains, 0)->next_slot) {
        emit_dist_text(out, model);
        return;
    }
    for (EACH(struct domain, d, &model->domains)) {
        fprintf(out, "domain %u %s instances=%u\n", d->number, d->name, d->instances.count);
    }
    for (uint32_t i = 0; i < model->objects.count; i++) {
        fprintf(out, "object %u %s \"%s\"\n", i,
                kind_name(AT(struct dist_object, &model->objects, i)->kind),
                AT(const char, &model->object_names, i));
    }
}
