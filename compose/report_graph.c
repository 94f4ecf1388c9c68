/* The picture of a system, for Graphviz: boxes are domains and groups; hardware is grey, slots are dashed. */
#include <string.h>

#include "report.h"

static const char *const styles[TRANSPORTS] = {
    [TRANSPORT_DIRECT] = "penwidth=2,arrowhead=none",
    [TRANSPORT_RPC] = "",
    [TRANSPORT_RING] = "arrowtail=box,dir=both",
    [TRANSPORT_QUEUE] = "arrowhead=box,arrowtail=box,dir=both",
    [TRANSPORT_SHARE] = "dir=none,style=bold",
    [TRANSPORT_EVENT] = "style=dotted",
    [TRANSPORT_IRQ] = "style=dotted,dir=back",
    [TRANSPORT_MMIO] = "color=gray40",
    [TRANSPORT_DMA] = "color=gray40,dir=both",
    [TRANSPORT_USER] = "",
};

static void node(FILE *out, const struct instance *i)
{
    fprintf(out, "    %s [label=\"%s\\n%s\"%s];\n", i->id, i->path, i->component->name,
            i->component->is_hardware ? ",style=filled,fillcolor=gray80"
            : i->is_slot              ? ",style=dashed"
                                      : "");
}

static void domain(FILE *out, const struct domain *d)
{
    if (d->instances.count == 1) {
        node(out, AT(struct instance, &d->instances, 0));
        return;
    }
    fprintf(out, "  subgraph cluster_domain_%u {\n    label=\"%s\";\n    style=solid;\n", d->number,
            d->name);
    for (EACH(struct instance, i, &d->instances)) {
        node(out, i);
    }
    fprintf(out, "  }\n");
}

static bool is_in(const struct domain *d, const struct group *g)
{
    const struct instance *first = AT(struct instance, &d->instances, 0);

    return first->groups.count && AT(struct group, &first->groups, 0) == g;
}

static void groups(FILE *out, const struct model *model)
{
    for (EACH(struct group, g, &model->groups)) {
        fprintf(out, "  subgraph cluster_group_%u {\n    label=\"group %s\";\n    style=rounded;\n",
                g->number, g->name);
        for (EACH(struct domain, d, &model->domains)) {
            if (is_in(d, g)) {
                domain(out, d);
            }
        }
        fprintf(out, "  }\n");
    }
}

/* A less urgent server holds up the more urgent caller. */
static bool is_inverted(const struct connection *c)
{
    return c->transport == TRANSPORT_RPC && c->to->domain && !c->to->domain->policy.is_passive &&
           c->from->domain->policy.prio > c->to->domain->policy.prio;
}

static void edge(FILE *out, const struct connection *c)
{
    const char *label =
        text_format("%s%s", is_inverted(c) ? "BAD " : "", transports[c->transport].name);

    fprintf(out, "  %s -> %s [label=\"%s\",taillabel=\"%s\",headlabel=\"%s\"%s%s%s];\n",
            c->from->id, c->to->id, label, c->from_end->name, c->to_end->name,
            styles[c->transport][0] ? "," : "", styles[c->transport],
            is_inverted(c)    ? ",color=red,fontcolor=red"
            : c->is_monitored ? ",color=red"
                              : "");
}

/* Who opens and closes the device of a function. */
static void gates(FILE *out, const struct model *model, const struct connection *use)
{
    for (uint32_t i = 0; i < sizeof model->gates / sizeof model->gates[0]; i++) {
        if (model->gates[i].instance) {
            fprintf(out, "  %s -> %s [label=\"%s\",style=dashed,color=gray40];\n",
                    model->gates[i].instance->id, use->to->id, i ? "bus" : "iommu");
        }
    }
}

void report_graph(FILE *out, const struct model *model)
{
    fprintf(out,
            "digraph \"%s\" {\n  rankdir=LR;\n  node [shape=box,fontname=Helvetica];\n"
            "  edge [fontname=Helvetica,fontsize=9];\n",
            model->system->name);
    groups(out, model);
    for (EACH(struct domain, d, &model->domains)) {
        if (!AT(struct instance, &d->instances, 0)->groups.count) {
            domain(out, d);
        }
    }
    for (EACH(struct instance, i, &model->instances)) {
        if (!i->domain) {
            node(out, i);
        }
    }
    for (EACH(struct connection, c, &model->connections)) {
        edge(out, c);
    }
    for (EACH(struct connection, c, &model->function_uses)) {
        gates(out, model, c);
    }
    fprintf(out, "}\n");
}
