/* Checks of gates and of what they open: devices as an IOMMU and a bus know them (comp/gate.h). */
#include <comp/gate.h>

#include "check.h"

static const char *const gate_words[] = { "iommu", "bus" };

static const struct end *gate_end(const struct instance *instance, uint32_t gate)
{
    for (EACH(struct end, end, &instance->component->ends)) {
        if (end->kind == END_GATE && end->at == gate) {
            return end;
        }
    }
    return NULL;
}

struct instance *gate_instance(const struct model *model, uint32_t gate)
{
    for (EACH(struct instance, instance, &model->instances)) {
        if (gate_end(instance, gate)) {
            return instance;
        }
    }
    return NULL;
}

bool is_function(const struct connection *c)
{
    return c->transport == TRANSPORT_DMA && c->to_end->is_function;
}

/* The first of its domain, whose instances have no functions if one of them is a gate. */
static bool is_in_gate(const struct model *model, const struct instance *instance)
{
    for (uint32_t gate = 0; gate < GATES; gate++) {
        const struct instance *i = gate_instance(model, gate);

        if (i && i->first == instance->first) {
            return true;
        }
    }
    return false;
}

/* ---- gates ---- */

static void check_gate(const struct model *model, const struct instance *instance, uint32_t gate)
{
    const struct instance *first = gate_instance(model, gate);

    if (first != instance) {
        error_at(&instance->where, "\"%s\" is the second gate \"%s\": there is one", instance->path,
                 gate_words[gate]);
        note_at(&first->where, "the first one is here");
    } else if (instance->is_slot || instance->alternatives.count) {
        error_at(&instance->where, "\"%s\" is a gate: it is there from the start, and stays",
                 instance->path);
    } else if (instance->policy.is_passive) {
        error_at(&instance->where, "\"%s\" is a gate: it cannot be passive", instance->path);
    }
}

/* ---- functions ---- */

/* The connection that made the function of c: the first one to its device. */
static const struct connection *function_of(const struct model *model, const struct connection *c)
{
    for (EACH(struct connection, d, &model->connections)) {
        if (is_function(d) && d->to == c->to && d->to_end == c->to_end) {
            return d;
        }
    }
    return c;
}

static void check_wait(const struct connection *c, const struct instance *gate)
{
    if (gate && gate->policy.prio < c->from->policy.prio) {
        warning_at(&c->where, "priority inversion: \"%s\" (%u) waits for the gate \"%s\" (%u)",
                   c->from->path, c->from->policy.prio, gate->path, gate->policy.prio);
    }
}

static void check_function(const struct model *model, const struct connection *c)
{
    const struct connection *first = function_of(model, c);

    if (first->from->first != c->from->first) {
        error_at(&c->where, "\"%s.%s\" is used by one domain: \"%s\" and \"%s\" are two",
                 c->to->path, c->to_end->name, first->from->path, c->from->path);
    } else if (is_in_gate(model, c->from)) {
        error_at(&c->where, "\"%s\" is a gate: it would have to open its own device",
                 c->from->path);
    } else if (first == c) {
        for (uint32_t gate = 0; gate < GATES; gate++) {
            check_wait(c, gate_instance(model, gate));
        }
    }
}

/* Ids of functions are those of the machine: each is there once. */
static void check_ids(const struct model *model)
{
    struct map ids = { 0 };

    for (EACH(struct instance, instance, &model->instances)) {
        for (EACH(struct end, end, &instance->component->ends)) {
            const char *id = name_of(text_format("0x%llx", (unsigned long long)end->at));
            const struct instance *first =
                end->is_function ? map_put(&ids, NULL, id, instance) : instance;

            if (first != instance) {
                error_at(&instance->where, "\"%s.%s\" has the same number %s as \"%s\"",
                         instance->path, end->name, id, first->path);
                note_at(&first->where, "the other one is here");
            }
        }
    }
}

/* ---- what is behind no IOMMU ---- */

static bool has_function(const struct model *model, const struct instance *instance)
{
    for (EACH(struct connection, c, &model->connections)) {
        if (is_function(c) && c->from->first == instance->first) {
            return true;
        }
    }
    return false;
}

static bool wants_dma(const struct instance *instance)
{
    for (EACH(struct end, end, &instance->component->ends)) {
        if ((end->kind == END_DMA && !end->is_optional) ||
            (end->kind == END_PROVIDES && end->is_dma)) {
            return true;
        }
    }
    return false;
}

static void check_behind(const struct model *model, const struct instance *iommu)
{
    for (EACH(struct instance, instance, &model->instances)) {
        if (wants_dma(instance) && !is_in_gate(model, instance) && !has_function(model, instance)) {
            warning_at(&instance->where,
                       "\"%s\" reaches all memory by its device, which is not behind \"%s\"",
                       instance->path, iommu->path);
        }
    }
}

void check_gates(const struct model *model)
{
    const struct instance *iommu = gate_instance(model, GATE_IOMMU);
    uint32_t functions = 0;

    for (EACH(struct instance, instance, &model->instances)) {
        for (EACH(struct end, end, &instance->component->ends)) {
            if (end->kind == END_GATE) {
                check_gate(model, instance, (uint32_t)end->at);
            }
        }
    }
    for (EACH(struct connection, c, &model->connections)) {
        if (is_function(c)) {
            check_function(model, c);
            functions += function_of(model, c) == c;
        }
    }
    check_ids(model);
    if (functions > GATE_FUNCTIONS) {
        error_at(&model->system->where, "the system uses %u devices behind gates, %u are possible",
                 functions, GATE_FUNCTIONS);
    }
    if (iommu) {
        check_behind(model, iommu);
    }
}
