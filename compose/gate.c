/*
 * Gates (comp/gate.h): what devices may reach.  A function is made by the first dma connection to a device that has a
 * number; its windows are all memory that its driver's domain tells devices about.
 */
#include <inttypes.h>

#include <comp/gate.h>
#include <tessera/cap.h>

#include "back.h"
#include "check.h"

_Static_assert(sizeof(((struct model *)0)->gates) == GATES * sizeof(struct gate_place),
               "one a gate");

#define RW (TESS_RIGHT_READ | TESS_RIGHT_WRITE)

/* ---- lower, place ---- */

void gate_lower(struct model *model, struct instance *i, const struct end *e)
{
    struct dist_object o = { .domain = i->domain->number, .bytes = PAGE };
    struct gate_place *g = &model->gates[e->at];

    i->gates = model->gates;
    g->instance = i;
    g->orders = object_add(model, DIST_FRAME, text_format("%s.%s orders", i->path, e->name), &o);
    g->answers = object_add(model, DIST_FRAME, text_format("%s.%s answers", i->path, e->name), &o);
}

bool has_functions(const struct model *model, const struct domain *d)
{
    for (EACH(struct connection, c, &model->connections)) {
        if (is_function(c) && c->from->domain == d) {
            return true;
        }
    }
    return false;
}

static void window(struct model *model, struct dist_function *f, uint32_t object, uint64_t at)
{
    struct dist_window *w = NEW(struct dist_window);

    *w = (struct dist_window){ object, RW, at };
    list_add(&model->windows, w);
    f->window_count++;
}

/* Memory that is connected to the device, and what clients of the domain's queues lend. */
static void windows(struct model *model, struct dist_function *f, const struct connection *use)
{
    for (EACH(struct region, r, &model->regions)) {
        for (EACH(struct connection, c, &model->connections)) {
            if (is_function(c) && c->to == use->to && c->to_end == use->to_end &&
                r->instance == c->from && r->end == c->from_end) {
                window(model, f, r->object, r->end->at);
            }
        }
    }
    for (EACH(struct connection, c, &model->connections)) {
        if (c->transport == TRANSPORT_QUEUE && c->to->domain == use->from->domain &&
            c->to_end->is_dma && c->queue->buffer != NONE) {
            window(model, f, c->queue->buffer, 0);
        }
    }
}

static void function(struct model *model, struct connection *c)
{
    struct dist_function *f = NEW(struct dist_function);

    for (EACH(struct connection, use, &model->function_uses)) {
        if (use->to == c->to && use->to_end == c->to_end) {
            return;
        }
    }
    *f = (struct dist_function){ .id = (uint32_t)c->to_end->at,
                                 .domain = c->from->domain->number,
                                 .window_first = model->windows.count };
    for (uint32_t gate = 0; gate < GATES; gate++) {
        const struct instance *i = model->gates[gate].instance;

        if (i && i->domain->restart_set == c->from->domain->restart_set) {
            error_at(&c->where,
                     "\"%s\" restarts with the gate \"%s\": each would wait for the other",
                     c->from->path, i->path);
        }
    }
    list_add(&model->functions, f);
    list_add(&model->function_uses, c);
    windows(model, f, c);
}

void gate_place(struct model *model)
{
    for (uint32_t i = 0; i < GATES; i++) {
        struct gate_place *g = &model->gates[i];

        if (g->instance) {
            struct domain *d = g->instance->domain;

            g->orders_at = map(model, d, g->orders, 0, PAGE, TESS_RIGHT_READ, NONE);
            g->answers_at = map(model, d, g->answers, 0, PAGE, RW, NONE);
        }
    }
    for (EACH(struct connection, c, &model->connections)) {
        if (is_function(c)) {
            function(model, c);
        }
    }
    if (model->windows.count > GATE_WINDOWS) {
        error_at(&model->system->where,
                 "the devices of the system reach %u pieces of memory, %u are possible",
                 model->windows.count, GATE_WINDOWS);
    }
}

/* ---- reports ---- */

struct dist_gate gate_record(const struct gate_place *g)
{
    return g->instance ? (struct dist_gate){ g->instance->domain->number, g->orders, g->answers, 0 }
                       : (struct dist_gate){ DIST_NONE, DIST_NONE, DIST_NONE, 0 };
}

void gate_text(FILE *out, const struct model *model)
{
    for (uint32_t i = 0; i < GATES; i++) {
        const struct gate_place *g = &model->gates[i];

        if (g->instance) {
            fprintf(out, "gate %u domain=%u orders=%u answers=%u\n", i, g->instance->domain->number,
                    g->orders, g->answers);
        }
    }
    for (uint32_t i = 0; i < model->functions.count; i++) {
        const struct dist_function *f = AT(struct dist_function, &model->functions, i);
        const struct connection *use = AT(struct connection, &model->function_uses, i);

        fprintf(out, "function %u id=0x%x domain=%u windows=%u,%u \"%s.%s\"\n", i, f->id, f->domain,
                f->window_first, f->window_count, use->to->path, use->to_end->name);
    }
    for (uint32_t i = 0; i < model->windows.count; i++) {
        const struct dist_window *w = AT(struct dist_window, &model->windows, i);

        fprintf(out, "window %u object=%u rights=%s", i, w->object,
                rights_name(DIST_FRAME, w->rights));
        fprintf(out, w->at ? " at=0x%" PRIx64 "\n" : "\n", w->at);
    }
}
