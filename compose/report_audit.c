/*
 * Reports about authority: who may do what to whom.  They come from the connections, from which lower and place made the
 * capabilities, and nothing else makes any.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <comp/gate.h>
#include <tessera/cap.h>

#include "check.h"
#include "report.h"

/* ---- sentences ---- */

/* Each once: several connections can give the same right. */
static void say(struct list *lines, const char *line)
{
    for (EACH(const char, old, lines)) {
        if (strcmp(old, line) == 0) {
            return;
        }
    }
    list_add(lines, (void *)(uintptr_t)line);
}

static void lines_print(FILE *out, const struct list *lines, const char *before)
{
    for (EACH(const char, line, lines)) {
        fprintf(out, "%s%s\n", before, line);
    }
}

static const char *end_name(const struct instance *i, const struct end *e, uint32_t element)
{
    return e->count ? text_format("%s.%s[%u]", i->path, e->name, element)
                    : text_format("%s.%s", i->path, e->name);
}

static void authority_of_call(struct list *lines, const struct connection *c, const char *to)
{
    say(lines,
        text_format("%s may call %s%s", c->from->path, to,
                    c->transport == TRANSPORT_DIRECT ? " and is in one program with it" : ""));
    for (EACH(struct constant, event, &c->to_end->interface->events)) {
        say(lines, text_format("%s may signal %s (%s)", c->to->path,
                               end_name(c->from, c->from_end, c->from_element), event->name));
    }
    if (c->memory != NONE) {
        say(lines, text_format("%s and %s may write to one buffer of %" PRIu64 " bytes",
                               c->from->path, c->to->path, c->memory_bytes));
    }
}

static void authority_of_share(struct list *lines, const struct model *model,
                               const struct connection *c)
{
    const char *memory = AT(const char, &model->object_names, c->memory);

    say(lines, text_format("%s may %s \"%s\"", c->from->path,
                           c->from_end->is_readonly ? "read" : "read and write", memory));
    say(lines, text_format("%s may %s \"%s\"", c->to->path,
                           c->to_end->is_readonly ? "read" : "read and write", memory));
}

/* What the client may call, the server may call when it is given the capability. */
static void authority_passed(struct list *lines, const struct model *model,
                             const struct connection *c)
{
    for (EACH(struct method, m, &c->to_end->interface->methods)) {
        const struct param *p = cap_param(m);

        for (EACH(struct connection, d, &model->connections)) {
            if (p && d->from == c->from && d->to_end->interface == p->type.interface) {
                say(lines, text_format("%s may give %s the right to call %s", c->from->path,
                                       c->to->path, end_name(d->to, d->to_end, d->to_element)));
            }
        }
    }
}

/* A connector of the user's gives what it declares. */
static void authority_declared(struct list *lines, const struct model *model,
                               const struct connection *c)
{
    for (EACH(struct dist_grant, g, &model->grants)) {
        if (g->connection == c->watch) {
            uint32_t kind = AT(struct dist_object, &model->objects, g->object)->kind;

            say(lines,
                text_format("%s has rights %s on \"%s\" (%s)",
                            AT(struct domain, &model->domains, g->domain)->name,
                            rights_name(kind, g->rights),
                            AT(const char, &model->object_names, g->object), kind_name(kind)));
        }
    }
    for (EACH(struct dist_map, m, &model->maps)) {
        if (m->connection == c->watch) {
            say(lines,
                text_format("%s may %s \"%s\"", AT(struct domain, &model->domains, m->domain)->name,
                            m->rights & TESS_RIGHT_WRITE ? "read and write" : "read",
                            AT(const char, &model->object_names, m->object)));
        }
    }
}

static void authority_of_queue(struct list *lines, const struct connection *c, const char *to)
{
    const char *from = c->from->path;

    say(lines, text_format("%s may queue requests for %s", from, to));
    say(lines, text_format("%s may signal %s (completions)", c->to->path, from));
    if (c->memory_bytes) {
        say(lines, text_format("%s and %s share %" PRIu64 " bytes for what is lent", from, to,
                               c->memory_bytes));
    }
    if (c->to_end->is_dma) {
        say(lines,
            text_format("%s knows the physical address of what %s lends", c->to->path, from));
    }
}

static void authority_of(struct list *lines, const struct model *model, const struct connection *c)
{
    const char *to = end_name(c->to, c->to_end, c->to_element), *from = c->from->path;

    switch (c->transport) {
    case TRANSPORT_DIRECT:
    case TRANSPORT_RPC:
        authority_of_call(lines, c, to);
        authority_passed(lines, model, c);
        break;
    case TRANSPORT_RING:
        say(lines, text_format("%s may queue calls for %s", from, to));
        say(lines, text_format("%s may signal %s (room)", c->to->path, from));
        break;
    case TRANSPORT_QUEUE:
        authority_of_queue(lines, c, to);
        break;
    case TRANSPORT_EVENT:
        say(lines, text_format("%s may signal %s", from, to));
        break;
    case TRANSPORT_SHARE:
        authority_of_share(lines, model, c);
        break;
    case TRANSPORT_MMIO:
        say(lines, text_format("%s may use the registers %s", from, to));
        break;
    case TRANSPORT_IRQ:
        say(lines, text_format("%s gets the interrupts of %s", from, to));
        break;
    case TRANSPORT_DMA:
        say(lines, text_format("%s may be reached by the device %s in its memory", from, to));
        break;
    default:
        authority_declared(lines, model, c);
    }
}

static void authority_of_traces(struct list *lines, const struct instance *i)
{
    for (EACH(struct trace_seen, seen, &i->traces)) {
        say(lines, text_format("%s may read which traced calls %s makes, and when", i->path,
                               seen->domain->name));
    }
}

static void authority_of_region(struct list *lines, const struct region *r)
{
    if (r->end) {
        say(lines, text_format("%s knows the physical address of its %s, %" PRIu64 " bytes",
                               r->instance->path, r->end->name, r->bytes));
    } else {
        say(lines, text_format("%s has %" PRIu64 " bytes that survive it (%s)", r->instance->path,
                               r->bytes, r->keep ? r->keep->name : "answers"));
    }
}

static void authority_of_domain(struct list *lines, const struct domain *d)
{
    const struct policy *p = &d->policy;

    say(lines, text_format("%s has %" PRIu64 " bytes of memory and %u capability slots", d->name,
                           p->mem, p->caps));
    say(lines, text_format("%s has priority %u and %s", d->name, p->prio,
                           p->is_passive ? "its callers' time"
                                         : text_format("%" PRIu64 " of every %" PRIu64 " us",
                                                       p->cpu_ns / 1000, p->period_ns / 1000)));
    if (d->spare) {
        say(lines, text_format("%s may make objects of %s%" PRIu64 " bytes", d->name,
                               d->has_rest ? "at least " : "", d->spare));
    }
    if (d->has_cpu) {
        say(lines, text_format("%s may give threads that it makes any processor time", d->name));
    }
}

/* What its devices reach, as the IOMMU is told; what it opens for others. */
static void authority_of_gates(struct list *lines, const struct model *model,
                               const struct domain *d)
{
    const struct gate_place *iommu = &model->gates[GATE_IOMMU], *bus = &model->gates[GATE_BUS];

    if (iommu->instance && iommu->instance->domain == d) {
        say(lines, text_format("%s decides what memory devices reach", iommu->instance->path));
    }
    if (bus->instance && bus->instance->domain == d) {
        say(lines, text_format("%s resets devices", bus->instance->path));
    }
    for (uint32_t i = 0; i < model->functions.count; i++) {
        const struct dist_function *f = AT(struct dist_function, &model->functions, i);
        const struct connection *use = AT(struct connection, &model->function_uses, i);
        const char *name = text_format("%s.%s", use->to->path, use->to_end->name);

        if (f->domain == d->number && !iommu->instance) {
            say(lines, text_format("%s, and so %s, reaches all memory: no IOMMU", name, d->name));
        }
        for (uint32_t w = 0; f->domain == d->number && w < f->window_count; w++) {
            uint32_t object = AT(struct dist_window, &model->windows, f->window_first + w)->object;

            say(lines, text_format("%s may read and write \"%s\" for %s", name,
                                   AT(const char, &model->object_names, object), d->name));
        }
    }
}

/* What takes the place of a component gets what that has, number for number. */
static void authority_of_alternatives(struct list *lines, const struct instance *i)
{
    if (i->is_slot) {
        say(lines, text_format("%s is not there until it is started", i->path));
    }
    for (EACH(struct instance, other, &i->alternatives)) {
        say(lines, text_format("%s may be replaced by %s, which then has the same authority",
                               i->path, other->component->name));
    }
}

void report_authority(FILE *out, const struct model *model)
{
    struct list lines = { 0 };

    for (EACH(struct domain, d, &model->domains)) {
        authority_of_domain(&lines, d);
        authority_of_alternatives(&lines, AT(struct instance, &d->instances, 0));
        authority_of_gates(&lines, model, d);
    }
    for (EACH(struct region, r, &model->regions)) {
        authority_of_region(&lines, r);
    }
    for (EACH(struct instance, i, &model->instances)) {
        authority_of_traces(&lines, i);
    }
    for (EACH(struct connection, c, &model->connections)) {
        authority_of(&lines, model, c);
    }
    lines_print(out, &lines, "");
}

/* ---- whom one relies on ---- */

/* Can b by itself, without being asked, or by the answer that a waits for, break a? */
static bool relies(const struct model *model, const struct instance *a, const struct instance *b)
{
    if (a->domain && a->domain == b->domain) {
        return true;
    }
    for (uint32_t gate = 0; a->domain && gate < GATES; gate++) {
        if (model->gates[gate].instance == b && has_functions(model, a->domain)) {
            return true;
        }
    }
    for (EACH(struct connection, c, &model->connections)) {
        bool there = c->from == a && c->to == b, back = c->from == b && c->to == a;

        if (there && c->transport != TRANSPORT_EVENT && c->transport != TRANSPORT_SHARE) {
            return true;
        }
        if (c->transport == TRANSPORT_SHARE &&
            ((there && !c->to_end->is_readonly) || (back && !c->from_end->is_readonly))) {
            return true;
        }
    }
    return false;
}

static void trusted_base(FILE *out, const struct model *model, const struct instance *i)
{
    uint32_t n = model->instances.count, head = 0, tail = 1;
    uint32_t *queue = arena_alloc((n + 1) * sizeof *queue);
    bool *seen = arena_alloc(n + 1);

    queue[0] = i->number;
    seen[i->number] = true;
    while (head < tail) {
        const struct instance *at = AT(struct instance, &model->instances, queue[head++]);

        for (EACH(struct instance, other, &model->instances)) {
            if (!seen[other->number] && relies(model, at, other)) {
                seen[other->number] = true;
                queue[tail++] = other->number;
            }
        }
    }
    fprintf(out, "    relies on: kernel, supervisor");
    for (EACH(struct instance, other, &model->instances)) {
        if (other != i && seen[other->number]) {
            fprintf(out, ", %s", other->path);
        }
    }
    fputc('\n', out);
}

/* ---- audit ---- */

static void audit_domain(FILE *out, const struct model *model, const struct domain *d)
{
    struct list lines = { 0 };

    fprintf(out, "%s\n", d->name);
    authority_of_domain(&lines, d);
    authority_of_gates(&lines, model, d);
    for (EACH(struct region, r, &model->regions)) {
        if (r->instance->domain == d) {
            authority_of_region(&lines, r);
        }
    }
    for (EACH(struct instance, i, &d->instances)) {
        authority_of_traces(&lines, i);
    }
    for (EACH(struct connection, c, &model->connections)) {
        if (c->from->domain == d || c->to->domain == d) {
            authority_of(&lines, model, c);
        }
    }
    lines_print(out, &lines, "    ");
    for (EACH(struct instance, i, &d->instances)) {
        if (d->instances.count > 1) {
            fprintf(out, "  %s\n", i->path);
        }
        trusted_base(out, model, i);
    }
}

void report_audit(FILE *out, const struct model *model)
{
    for (EACH(struct domain, d, &model->domains)) {
        audit_domain(out, model, d);
    }
    fprintf(out, "nothing else: all capabilities and mappings come from these lines\n");
}

/* ---- why ---- */

static const struct instance *find_instance(const struct model *model, const char *path)
{
    struct spell spell = { path, NULL, 0 };
    const struct list *lists[] = { &model->composites, &model->instances };

    for (uint32_t k = 0; k < 2; k++) {
        for (EACH(struct instance, i, lists[k])) {
            if (strcmp(i->path, path) == 0) {
                return i;
            }
            spell_offer(&spell, i->path);
        }
    }
    error_at(NULL, "there is no instance \"%s\"%s", path, spell_hint(&spell));
    return NULL;
}

bool report_why(FILE *out, const struct model *model, const char *from, const char *to)
{
    const struct instance *a = find_instance(model, from), *b = find_instance(model, to);
    const char *path;

    if (!a || !b) {
        return false;
    }
    path = influence_path(model, a, b);
    if (path) {
        fprintf(out, "%s\n", path);
    } else {
        fprintf(out, "%s cannot influence %s\n", from, to);
    }
    return true;
}
