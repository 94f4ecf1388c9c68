/* Reports: what can be asked about a system without running it.  Capabilities, costs, and the text of the glue. */
#include <inttypes.h>
#include <string.h>

#include <tessera/cap.h>

#include "report.h"
#include "template.h"

/* ---- caps ---- */

static void cap_line(FILE *out, const struct domain *d, uint32_t slot, const char *type,
                     const char *rights, uint64_t badge, const char *name)
{
    fprintf(out, "%s %u %s %s 0x%" PRIx64 " \"%s\"\n", d->name, slot, type, rights, badge, name);
}

/* What every domain has (comp/layout.h). */
static void own_caps(FILE *out, const struct model *model, const struct domain *d)
{
    cap_line(out, d, COMP_SLOT_ENDPOINT, "endpoint", "r", 0,
             AT(const char, &model->object_names, d->endpoint));
    cap_line(out, d, COMP_SLOT_SUPERVISOR, "notification", "s", 1ull << d->number % 64,
             "supervisor attention");
    cap_line(out, d, COMP_SLOT_NOTE, "notification", "sr", 0,
             AT(const char, &model->object_names, d->notification));
    if (d->spare) {
        cap_line(out, d, COMP_SLOT_UNTYPED, "untyped", "all", 0, text_format("%s spare", d->name));
        cap_line(out, d, COMP_SLOT_CNODE, "cnode", "all", 0, text_format("%s cnode", d->name));
        cap_line(out, d, COMP_SLOT_VSPACE, "vspace", "all", 0, text_format("%s vspace", d->name));
    }
    if (d->has_cpu) {
        cap_line(out, d, COMP_SLOT_CPU, "cpu", "all", 0, "processor");
    }
}

void report_caps(FILE *out, const struct model *model)
{
    for (EACH(struct domain, d, &model->domains)) {
        own_caps(out, model, d);
        for (EACH(struct dist_grant, g, &model->grants)) {
            uint32_t kind = AT(struct dist_object, &model->objects, g->object)->kind;

            if (g->domain == d->number) {
                cap_line(out, d, g->slot, kind_name(kind), rights_name(kind, g->rights), g->badge,
                         AT(const char, &model->object_names, g->object));
            }
        }
    }
}

/* ---- cost ---- */

/* Instructions, counted on the code of g(int, int) -> (int) and its like (./tessera bench, rows glue.*). */
enum {
    COST_CLIENT = 6,         /* slot, deadline, tag, svc, comparison, branch */
    COST_SERVER = 11,        /* badge, tag, four constants, svc and what keeps them */
    COST_WORD = 1,           /* move of one scalar */
    COST_NOTE = 8,           /* monitored */
    COST_DEADLINE = 9,       /* timeout */
    COST_PROTOCOL = 6,       /* state looked up and stored */
    COST_KERNEL = 200,       /* call and reply (row call.0) */
    COST_SIGNAL = 60,        /* one signal to a thread that waits */
    COST_RING_IN = 25,       /* a record put into a ring, without waking */
    COST_RING_OUT = 25,      /* and taken out */
    COST_QUEUE_CLIENT = 270, /* about: a request made, its completion taken */
    COST_QUEUE_SERVER = 230, /* about: taken, completed */
};

static uint64_t copied(const struct method *m)
{
    uint64_t bytes = 0;

    for (EACH(struct param, p, &m->params)) {
        bytes += p->is_lend ? p->extent.max : room_of(p);
    }
    return bytes;
}

static void method_cost(FILE *out, const struct connection *c, const struct method *m)
{
    uint32_t words = scalar_words(m, false) + scalar_words(m, true);
    uint32_t client = COST_CLIENT + words * COST_WORD, server = COST_SERVER + words * COST_WORD;
    uint32_t kernel = COST_KERNEL;

    if (c->transport == TRANSPORT_DIRECT) {
        client = server = kernel = 0;
    } else if (c->transport == TRANSPORT_RING) {
        client = COST_RING_IN;
        server = COST_RING_OUT;
        kernel = 0;
    } else if (c->transport == TRANSPORT_QUEUE) {
        client = COST_QUEUE_CLIENT;
        server = COST_QUEUE_SERVER;
        kernel = 2 * COST_SIGNAL;
    } else {
        client += (is_watched(c) ? COST_NOTE : 0) + (c->timeout_ns ? COST_DEADLINE : 0);
        server += c->to_end->interface->states.count ? COST_PROTOCOL : 0;
    }
    fprintf(out, "    %-20s %6u %6u %6u %10" PRIu64 "\n", m->name, client, server, kernel,
            c->transport == TRANSPORT_DIRECT ? 0 : copied(m));
}

void report_cost(FILE *out, const struct model *model)
{
    fprintf(out,
            "instructions of one call, and the most bytes that are copied each way together\n"
            "    %-20s %6s %6s %6s %10s\n",
            "", "client", "server", "kernel", "copied");
    for (EACH(struct connection, c, &model->connections)) {
        fprintf(out, "%s: %s%s\n", c->name, is_watched(c) ? "monitored " : "",
                transports[c->transport].name);
        if (c->to_end->interface) {
            for (EACH(struct method, m, &c->to_end->interface->methods)) {
                method_cost(out, c, m);
            }
        } else if (c->transport == TRANSPORT_EVENT) {
            fprintf(out, "    %-20s %6u %6u %6u %10u\n", "emit", 2, 0, COST_SIGNAL, 0);
        }
    }
}

/* ---- expand ---- */

/* What stands behind the server's source stands there once for all connections of the transport: with the first. */
bool report_expand(FILE *out, const struct model *model, const char *text)
{
    bool found = false;

    for (EACH(struct connection, c, &model->connections)) {
        if (!strstr(c->name, text)) {
            continue;
        }
        found = true;
        fprintf(out, "/* ==== %s : %s ==== */\n/* ---- in %s ---- */\n", c->name,
                transports[c->transport].name, c->from->path);
        template_print(out, c, SIDE_FROM);
        fprintf(out, "/* ---- in %s ---- */\n", c->to->path);
        for (EACH_TO(first, c->to, c->to_end)) {
            if (first->transport == c->transport && first->index == 0) {
                template_print(out, first, SIDE_TO);
            }
        }
    }
    if (!found) {
        error_at(NULL, "there is no connection with \"%s\" in its name", text);
    }
    return found;
}

/* ---- all ---- */

static bool wants(const struct options *options, uint32_t words)
{
    if (options->words.count != words) {
        error_at(NULL, "the report \"%s\" takes %u word%s more", options->report, words,
                 words == 1 ? "" : "s");
        return false;
    }
    return true;
}

static const char *word(const struct options *options, uint32_t i)
{
    return AT(const char, &options->words, i);
}

bool report(FILE *out, struct model *model, const struct options *options)
{
    static const struct {
        const char *name;
        void (*print)(FILE *out, const struct model *model);
    } plain[] = { { "graph", report_graph },         { "audit", report_audit },
                  { "authority", report_authority }, { "caps", report_caps },
                  { "cost", report_cost },           { "distribution", emit_dist_text } };

    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        if (strcmp(options->report, plain[i].name) == 0) {
            plain[i].print(out, model);
            return true;
        }
    }
    if (strcmp(options->report, "why") == 0) {
        return wants(options, 2) && report_why(out, model, word(options, 0), word(options, 1));
    }
    if (strcmp(options->report, "expand") == 0) {
        return wants(options, 1) && report_expand(out, model, word(options, 0));
    }
    error_at(NULL, "there is no report \"%s\": graph, audit, authority, caps, cost, why, expand",
             options->report);
    return false;
}
