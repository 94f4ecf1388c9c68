/* Checks of budgets: processor time, memory, and what there is a fixed number of. */
#include <inttypes.h>
#include <stdlib.h>

#include <comp/dist.h>
#include <comp/layout.h>

#include "check.h"
#include "connector.h"

static bool is_program(const struct instance *instance)
{
    return !instance->component->is_hardware;
}

/* ---- one domain, one policy ---- */

void check_group_policy(const struct instance *instance)
{
    static const struct {
        enum policy_field field;
        const char *word;
    } same[] = { { POLICY_CPU, "cpu" },
                 { POLICY_RESTART, "restart" },
                 { POLICY_HEARTBEAT, "heartbeat" } };

    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        if (!policy_agrees(&instance->first->policy, &instance->policy, same[i].field)) {
            error_at(&instance->where, "\"%s\" and \"%s\" are one domain and disagree on \"%s\"",
                     instance->first->path, instance->path, same[i].word);
            note_at(&instance->first->where, "the other one is here");
        }
    }
}

/* Signals need a thread that runs by itself. */
void check_passive_run(const struct instance *instance)
{
    if (instance->policy.is_passive && instance->component->has_run) {
        error_at(&instance->where, "\"%s\" is passive, but has a run function", instance->path);
    }
    if (instance->policy.is_passive && instance->alternatives.count && !instance->is_slot) {
        error_at(&instance->where, "\"%s\" is passive and cannot be told to become quiet",
                 instance->path);
    }
}

void check_passive(const struct connection *c)
{
    bool to_signal = c->transport == TRANSPORT_EVENT || c->transport == TRANSPORT_RING ||
                     c->transport == TRANSPORT_QUEUE;

    if (is_program(c->to) && c->to->policy.is_passive && to_signal) {
        error_at(&c->link->transport_where, "\"%s\" is passive and can only be called",
                 c->to->path);
    }
    if (c->from->policy.is_passive && c->transport == TRANSPORT_IRQ) {
        error_at(&c->link->transport_where, "\"%s\" is passive and cannot take interrupts",
                 c->from->path);
    }
}

void check_memory_fits(const struct instance *instance)
{
    uint64_t need = instance->policy.stack + instance->policy.heap;

    for (EACH(struct end, end, &instance->component->ends)) {
        need += end->kind == END_UNTYPED ? end->bytes : 0;
    }
    if (is_program(instance) && need >= instance->policy.mem) {
        error_at(&instance->where,
                 "\"%s\": stack, heap and spare memory (%" PRIu64
                 " KiB) do not fit into mem (%" PRIu64 " KiB)",
                 instance->path, need >> 10, instance->policy.mem >> 10);
    }
}

/* ---- admission ---- */

struct share {
    const char *name;
    uint64_t amount;
};

static int larger(const void *a, const void *b)
{
    const struct share *x = a, *y = b;

    return x->amount < y->amount ? 1 : x->amount > y->amount ? -1 : 0;
}

#define CULPRITS 3u

/* "disk 40, net 20, fs 10": the largest, in units of `unit`. */
static const char *culprits(struct share *shares, uint32_t count, uint64_t unit, const char *word)
{
    const char *text = "";

    qsort(shares, count, sizeof(*shares), larger);
    for (uint32_t i = 0; i < count && i < CULPRITS && shares[i].amount; i++) {
        text = text_format("%s%s\"%s\" %" PRIu64 "%s", text, i ? ", " : "", shares[i].name,
                           shares[i].amount / unit, word);
    }
    return text;
}

#define PARTS 1000000u /* a processor has so many */

static uint64_t cpu_parts(const struct policy *policy)
{
    bool is_slice = policy->cpu_ns == policy->period_ns;

    return policy->is_passive || is_slice
               ? 0
               : (policy->cpu_ns * PARTS + policy->period_ns - 1) / policy->period_ns;
}

/* What all want of the processor (parts) or of the memory (bytes); the sum. */
static uint64_t shares(const struct model *model, bool is_cpu, struct share **all, uint32_t *count)
{
    uint64_t sum = 0;

    *count = 0;
    *all = arena_alloc((model->instances.count + 1) * sizeof(**all));
    for (EACH(struct instance, instance, &model->instances)) {
        const struct policy *policy = &instance->policy;

        if (is_program(instance) && (!is_cpu || instance->first == instance)) {
            (*all)[(*count)++] =
                (struct share){ instance->path, is_cpu ? cpu_parts(policy) : policy->mem };
        }
    }
    for (uint32_t i = 0; i < *count; i++) {
        sum += (*all)[i].amount;
    }
    return sum;
}

void check_cpu(const struct model *model)
{
    struct share *all;
    uint32_t count;
    uint64_t sum = shares(model, true, &all, &count);

    if (sum > PARTS) {
        error_at(&model->system->where,
                 "the budgets are %" PRIu64 "%% of the processor; the largest: %s",
                 (sum + 9999) / 10000, culprits(all, count, 10000, "%"));
    }
}

void check_memory(const struct model *model)
{
    struct share *all;
    uint32_t count;
    uint64_t sum = shares(model, false, &all, &count);

    if (sum > model->memory) {
        error_at(&model->system->where,
                 "the system needs %" PRIu64 "MiB of %" PRIu64 "MiB; the largest: %s", sum >> 20,
                 model->memory >> 20, culprits(all, count, 1 << 20, "MiB"));
    }
}

/* ---- numbers ---- */

#define BITS_MAX (64u - COMP_BIT_FIRST)

struct counts {
    uint32_t bits, watches;
};

static void count(struct counts *of, const struct connection *c)
{
    struct counts *from = &of[c->from->first->number], *to = &of[c->to->first->number];
    bool is_ring;

    switch (c->transport) {
    case TRANSPORT_RPC:
    case TRANSPORT_RING:
    case TRANSPORT_QUEUE:
        is_ring = c->transport != TRANSPORT_RPC;
        from->watches++;
        to->watches++;
        from->bits += is_ring ? 1 : c->to_end->interface ? c->to_end->interface->events.count : 0;
        to->bits += is_ring;
        break;
    case TRANSPORT_EVENT:
        to->bits++;
        break;
    case TRANSPORT_IRQ:
        from->bits++;
        break;
    case TRANSPORT_USER:
        for (EACH(struct connector_object, object, &c->link->connector->objects)) {
            bool to_from = object->kind == OBJECT_SIGNAL && object->receiver == SIDE_FROM;

            from->bits += to_from;
            to->bits += object->kind == OBJECT_SIGNAL && !to_from;
        }
        break;
    default:
        break;
    }
}

void check_counts(const struct model *model)
{
    struct counts *of = arena_alloc((model->instances.count + 1) * sizeof(*of));
    uint32_t domains = 0;

    for (EACH(struct connection, c, &model->connections)) {
        count(of, c);
    }
    for (EACH(struct instance, instance, &model->instances)) {
        const struct counts *counts = &of[instance->number];

        domains += is_program(instance) && instance->first == instance;
        if (counts->bits > BITS_MAX) {
            error_at(&instance->where,
                     "\"%s\" has %u signals, interrupts and rings; %u can be told apart",
                     instance->path, counts->bits, BITS_MAX);
        } else if (counts->watches > COMP_WATCHES) {
            error_at(&instance->where, "\"%s\" has %u connections with calls; %u can be watched",
                     instance->path, counts->watches, COMP_WATCHES);
        }
    }
    if (domains > DIST_DOMAINS_MAX) {
        error_at(&model->system->where, "the system has %u domains, %u are possible", domains,
                 DIST_DOMAINS_MAX);
    }
}
