/* The translation unit of an instance: header, source, and behind them what the loop of its domain calls. */
#include <inttypes.h>
#include <string.h>

#include "back.h"

static void start_states(FILE *out, const struct model *model, const struct instance *i)
{
    for (EACH(struct end, e, &i->component->ends)) {
        uint32_t states = e->kind == END_PROVIDES ? e->interface->states.count : 0;

        if (states && count_at_server(model, i, e, TRANSPORT_RPC)) {
            fprintf(out,
                    "    if (generation > COMP_GENERATION_FIRST) {\n"
                    "        memset(%s_state_, %u, sizeof %s_state_);\n    }\n",
                    e->name, states, e->name);
        }
    }
}

/* A new incarnation of a client begins where every connection begins, and not while the server works for the last one. */
static void reset_servers(FILE *out, const struct model *model, const struct instance *i)
{
    for (EACH(struct end, e, &i->component->ends)) {
        if (e->kind != END_NEEDS) {
            continue;
        }
        for (EACH_FROM(c, model, i, e)) {
            if (c->transport == TRANSPORT_RPC && c->to->domain &&
                (c->memory != NONE || e->interface->states.count)) {
                fprintf(out,
                        "    if (generation > COMP_GENERATION_FIRST) {\n        comp_reset(%u);\n  "
                        "  }\n",
                        c->from_slot);
            }
        }
    }
}

/* Rings lie in memory that survives: both sides take them up. */
static void attach_rings(FILE *out, const struct model *model, const struct instance *i)
{
    for (EACH(struct connection, c, &model->connections)) {
        if (c->transport == TRANSPORT_RING && c->from == i) {
            fprintf(out, "    %s_%u_attach_();\n", c->from_end->name, c->from_element);
        }
        if (c->transport == TRANSPORT_RING && c->to == i) {
            fprintf(out, "    %s_%u_attach_();\n", c->to_end->name, index_at_server(model, c));
        }
    }
}

/* What was queued before the consumer came. */
static void drain_rings(FILE *out, const struct model *model, const struct instance *i)
{
    fprintf(out, "COMP_EXPORT void %s_drain_(void);\nCOMP_EXPORT void %s_drain_(void)\n{\n", i->id,
            i->id);
    for (EACH(struct connection, c, &model->connections)) {
        if (c->transport == TRANSPORT_RING && c->to == i) {
            fprintf(out, "    %s_%u_drain_();\n", c->to_end->name, index_at_server(model, c));
        }
    }
    fprintf(out, "}\n");
}

static void start(FILE *out, const struct model *model, const struct instance *i)
{
    fprintf(out,
            "\nCOMP_EXPORT void %s_start_(uint64_t generation);\n"
            "COMP_EXPORT void %s_start_(uint64_t generation)\n{\n    (void)generation;\n",
            i->id, i->id);
    for (EACH(struct region, r, &model->regions)) {
        if (r->instance == i && r->keep) {
            fprintf(out, "    comp_keep_open(0x%" PRIx64 "ull, %u, %u);\n", r->at, r->keep->version,
                    r->keep->structure->bytes);
        }
    }
    start_states(out, model, i);
    attach_rings(out, model, i);
    reset_servers(out, model, i);
    fprintf(out, "}\n");
    if (i->component->has_init) {
        fprintf(out,
                "COMP_EXPORT void %s_init_(void);\nCOMP_EXPORT void %s_init_(void)\n{\n"
                "    init(&self_);\n}\n",
                i->id, i->id);
    }
    if (i->component->has_run) {
        fprintf(out,
                "COMP_EXPORT int %s_run_(void);\nCOMP_EXPORT int %s_run_(void)\n{\n"
                "    return run(&self_);\n}\n",
                i->id, i->id);
    }
}

/* ---- signals ---- */

static void handle(FILE *out, const char *bit, const char *function, const struct end *e,
                   uint32_t element)
{
    fprintf(out, "    if (bits_ & %s) {\n        %s_handle(&self_%s);\n    }\n", bit, function,
            e->count ? text_format(", %u", element) : "");
}

static void consumed(FILE *out, const struct model *model, const struct instance *i,
                     const struct end *e)
{
    for (uint32_t k = 0; k < (e->count ? e->count : 1); k++) {
        for (EACH_TO(c, model, i, e)) {
            if (c->to_element == k && !e->is_polled) {
                handle(out, text_format("%s_BIT_%u_", c_upper(e->name), k), e->name, e, k);
                break;
            }
        }
    }
}

static void interrupts(FILE *out, const struct model *model, const struct instance *i,
                       const struct end *e)
{
    for (EACH_FROM(c, model, i, e)) {
        handle(out, text_format("%s_BIT_%u_", c_upper(e->name), c->from_element), e->name, e,
               c->from_element);
    }
}

static void interface_events(FILE *out, const struct model *model, const struct instance *i,
                             const struct end *e)
{
    for (EACH_FROM(c, model, i, e)) {
        uint32_t bit = c->event_bit;

        for (EACH(struct constant, event, &e->interface->events)) {
            if (c->event_bit != NONE) {
                handle(out, text_format("(1ull << %u)", bit++),
                       text_format("%s_%s", e->name, event->name), e, c->from_element);
            }
        }
    }
}

static void signals(FILE *out, const struct model *model, const struct instance *i)
{
    fprintf(out,
            "COMP_EXPORT void %s_signal_(uint64_t bits_);\n"
            "COMP_EXPORT void %s_signal_(uint64_t bits_)\n{\n    (void)bits_;\n",
            i->id, i->id);
    for (EACH(struct connection, c, &model->connections)) {
        if (c->transport == TRANSPORT_RING && c->to == i) {
            fprintf(out, "    if (bits_ & 1ull << %u) {\n        %s_%u_drain_();\n    }\n",
                    c->to_bit, c->to_end->name, index_at_server(model, c));
        }
    }
    user_signals(out, model, i);
    for (EACH(struct end, e, &i->component->ends)) {
        if (e->kind == END_CONSUMES) {
            consumed(out, model, i, e);
        } else if (e->kind == END_IRQ) {
            interrupts(out, model, i, e);
        } else if (e->kind == END_NEEDS) {
            interface_events(out, model, i, e);
        }
    }
    fprintf(out, "}\n");
}

/* The other end of interface events of a direct connection. */
static void direct_events(FILE *out, const struct model *model, const struct instance *i)
{
    for (EACH(struct connection, c, &model->connections)) {
        if (c->from != i || c->transport != TRANSPORT_DIRECT) {
            continue;
        }
        for (EACH(struct constant, event, &c->from_end->interface->events)) {
            const char *name = text_format("%s_%s_%u_%s_direct_", i->id, c->from_end->name,
                                           c->from_element, event->name);

            fprintf(out,
                    "COMP_EXPORT void %s(void);\nCOMP_EXPORT void %s(void)\n{\n"
                    "    %s_%s_handle(&self_%s);\n}\n",
                    name, name, c->from_end->name, event->name,
                    c->from_end->count ? text_format(", %u", c->from_element) : "");
        }
    }
}

/* ---- printf ---- */

static void print(FILE *out, const struct model *model, const struct instance *i)
{
    const struct end *log = log_of(model, i);

    if (log) {
        fprintf(out,
                "COMP_EXPORT void %s_print_(const char *text, uint64_t bytes);\n"
                "COMP_EXPORT void %s_print_(const char *text, uint64_t bytes)\n{\n"
                "    while (bytes) {\n"
                "        const uint32_t part = bytes < 440 ? (uint32_t)bytes : 440;\n\n"
                "        (void)%s_write(&self_, %stext, part);\n"
                "        text += part;\n        bytes -= part;\n    }\n}\n",
                i->id, i->id, log->name, log->count ? "0, " : "");
    }
}

void emit_unit(FILE *out, const struct model *model, const struct instance *i)
{
    fprintf(out, "/* Instance %s: written by compose. */\n#include \"%s.h\"\n", i->path,
            i->component->name);
    for (EACH(struct value, source, &i->component->sources)) {
        fprintf(out, "#include \"%s\"\n", source->string);
    }
    fprintf(out, "\nstatic struct self self_ COMP_UNUSED;\n");
    for (EACH(struct end, e, &i->component->ends)) {
        if (e->kind != END_PROVIDES) {
            continue;
        }
        for (EACH_TO(c, model, i, e)) {
            if (transports[c->transport].to) {
                transports[c->transport].to(out, model, c);
            }
        }
    }
    start(out, model, i);
    drain_rings(out, model, i);
    signals(out, model, i);
    direct_events(out, model, i);
    print(out, model, i);
}
