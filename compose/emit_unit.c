/* The translation unit of an instance: header, source, and behind them what the loop of its domain calls. */
#include <inttypes.h>
#include <string.h>

#include "back.h"

static void start_states(FILE *out, const struct model *model, const struct instance *i)
{
    uint32_t first = 0;

    for (EACH(struct end, e, &i->component->ends)) {
        uint32_t states = e->kind == END_PROVIDES ? e->interface->states.count : 0;

        if (states && count_at_server(model, i, e, TRANSPORT_RPC)) {
            fprintf(out, "    if (%sgeneration > COMP_GENERATION_FIRST) {\n",
                    i->is_swappable
                        ? text_format("!comp_states_take(%s_state_, %u, sizeof %s_state_) && ",
                                      e->name, first, e->name)
                        : "");
            fprintf(out, "        memset(%s_state_, %u, sizeof %s_state_);\n    }\n", e->name,
                    states, e->name);
            first += count_at_server(model, i, e, TRANSPORT_RPC);
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
        if (c->transport == TRANSPORT_QUEUE && c->to == i) {
            fprintf(out, "    %s_%u_attach_(generation);\n", c->to_end->name,
                    index_at_server(model, c));
        }
    }
    for (EACH(struct connection, c, &model->connections)) {
        if (c->transport == TRANSPORT_QUEUE && c->from == i) {
            fprintf(out, "    %s_%u_attach_(generation);\n", c->from_end->name, c->from_element);
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
        if (c->transport == TRANSPORT_QUEUE && c->to == i) {
            fprintf(out, "    comp_queue_serve(&%s_queue_[%u]);\n", c->to_end->name,
                    index_at_server(model, c));
        }
    }
    fprintf(out, "}\n");
}

/* ---- kept memory, swap ---- */

static void keeps(FILE *out, const struct model *model, const struct instance *i)
{
    for (EACH(struct region, r, &model->regions)) {
        const struct keep *k = r->instance == i ? r->keep : NULL;

        if (!k) {
            continue;
        }
        if (k->converts) {
            fprintf(out,
                    "static bool %s_convert_(void *to, uint32_t version, const void *from, "
                    "uint32_t bytes)\n"
                    "{\n    return %s_convert(&self_, to, version, from, bytes);\n}\n",
                    k->name, k->name);
        }
        fprintf(out,
                "static const struct comp_kept %s_kept_ = { 0x%" PRIx64 "ull, %" PRIu64
                ", %u, %u, %s };\n",
                k->name, r->at, r->bank, k->version, k->structure->bytes,
                k->converts ? text_format("%s_convert_", k->name) : "0");
    }
}

/* The states in which nothing is lost when the component is replaced, with "restarted". */
static void quiet_states(FILE *out, const struct end *e, uint32_t connections)
{
    fprintf(out, "    for (uint32_t i_ = 0; i_ < %u; i_++) {\n        switch (%s_state_[i_]) {\n",
            connections, e->name);
    for (EACH(struct state, s, &e->interface->states)) {
        if (s->is_quiet) {
            fprintf(out, "        case %u:\n", s->number);
        }
    }
    fprintf(out,
            "        case %u:\n            break;\n        default:\n            is_ = false;\n"
            "        }\n    }\n",
            e->interface->states.count);
}

static void quiet(FILE *out, const struct model *model, const struct instance *i)
{
    const char *leave = "";
    uint32_t first = 0;

    fprintf(out, "COMP_COLD static bool %s_is_quiet_(void)\n{\n    bool is_ = true;\n\n", i->id);
    for (EACH(struct end, e, &i->component->ends)) {
        uint32_t n = e->kind == END_PROVIDES ? count_at_server(model, i, e, TRANSPORT_RPC) : 0;

        if (!n || !e->interface->states.count) {
            continue;
        }
        quiet_states(out, e, n);
        leave =
            text_format("%s    comp_states_leave(%s_state_, %u, %u);\n", leave, e->name, first, n);
        first += n;
    }
    fprintf(out, "    return is_;\n}\nCOMP_COLD static void %s_hand_over_(void)\n{\n%s", i->id,
            leave);
    for (EACH(struct keep, k, &i->component->keeps)) {
        fprintf(out, "    comp_keep_save(&%s_kept_);\n", k->name);
    }
    fprintf(out, "}\n");
}

/* ---- start ---- */

static void start(FILE *out, const struct model *model, const struct instance *i)
{
    fprintf(out,
            "\nCOMP_EXPORT void %s_start_(uint64_t generation);\n"
            "COMP_EXPORT void %s_start_(uint64_t generation)\n{\n    (void)generation;\n",
            i->id, i->id);
    for (EACH(struct keep, k, &i->component->keeps)) {
        fprintf(out, "    comp_keep_open(&%s_kept_);\n", k->name);
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

static void queue_signals(FILE *out, const struct model *model, const struct instance *i)
{
    for (EACH(struct connection, c, &model->connections)) {
        if (c->transport == TRANSPORT_QUEUE && c->to == i) {
            fprintf(out,
                    "    if (bits_ & 1ull << %u) {\n        comp_queue_serve(&%s_queue_[%u]);\n"
                    "    }\n",
                    c->to_bit, c->to_end->name, index_at_server(model, c));
        }
        if (c->transport == TRANSPORT_QUEUE && c->from == i) {
            fprintf(out,
                    "    if (bits_ & 1ull << %u) {\n        comp_queue_collect(&%s_%u_queue_);\n"
                    "    }\n",
                    c->from_bit, c->from_end->name, c->from_element);
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
    queue_signals(out, model, i);
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
    for (EACH(struct connection, c, &model->connections)) {
        if (c->transport == TRANSPORT_QUEUE && c->from == i) {
            queue_client(out, model, c);
        }
    }
    keeps(out, model, i);
    start(out, model, i);
    if (i->is_swappable) {
        quiet(out, model, i);
    }
    drain_rings(out, model, i);
    signals(out, model, i);
    direct_events(out, model, i);
    print(out, model, i);
}
