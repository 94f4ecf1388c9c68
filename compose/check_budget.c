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

static const char *disagreement(const struct policy *a, const struct policy *b)
{
    if (a->is_passive != b->is_passive || a->cpu_ns != b->cpu_ns || a->period_ns != b->period_ns) {
        return "cpu";
    }
    if (a->restarts != b->restarts || a->restart_max != b->restart_max ||
        a->window_ns != b->window_ns || a->backoff_min_ns != b->backoff_min_ns ||
        a->backoff_max_ns != b->backoff_max_ns) {
        return "restart";
    }
    return a->heartbeat_ns != b->heartbeat_ns ? "heartbeat" : NULL;
}

void check_group_policy(const struct model *model, const struct options *options)
{
    const uint32_t *domain = domain_numbers(model);

    (void)options;
    for (EACH(struct instance, instance, &model->instances)) {
        const struct instance *first = model->instances.item[domain[instance->number]];
        const char *what = disagreement(&first->policy, &instance->policy);

        if (what) {
            error_at(&instance->where, "\"%s\" and \"%s\" are one domain and disagree on \"%s\"",
                     first->path, instance->path, what);
            note_at(&first->where, "the other one is here");
        }
    }
}

/* Signals need a thread that runs by itself. */
void check_passive(const struct model *model, const struct options *options)
{
    (void)options;
    for (EACH(struct instance, instance, &model->instances)) {
        if (is_program(instance) && instance->policy.is_passive && instance->component->has_run) {
            error_at(&instance->where, "\"%s\" is passive, but has a run function", instance->path);
        }
    }
    for (EACH(struct connection, c, &model->connections)) {
        bool to_signal = c->transport == TRANSPORT_EVENT || c->transport == TRANSPORT_RING;

        if (is_program(c->to) && c->to->policy.is_passive && to_signal) {
            error_at(&c->link->transport_where, "\"%s\" is passive and can only be called",
                     c->to->path);
        }
        if (c->from->policy.is_passive && c->transport == TRANSPORT_IRQ) {
            error_at(&c->link->transport_where, "\"%s\" is passive and cannot take interrupts",
                     c->from->path);
        }
    }
}

void check_memory_fits(const struct model *model, const struct options *options)
{
    (void)options;
    for (EACH(struct instance, instance, &model->instances)) {
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

void check_cpu(const struct model *model, const struct options *options)
{
    const uint32_t *domain = domain_numbers(model);
    struct list slots = model->system->slots;
    struct share *shares =
        arena_alloc((model->instances.count + slots.count + 1) * sizeof(*shares));
    uint64_t sum = 0;
    uint32_t count = 0;

    (void)options;
    for (EACH(struct instance, instance, &model->instances)) {
        if (is_program(instance) && domain[instance->number] == instance->number) {
            shares[count++] = (struct share){ instance->path, cpu_parts(&instance->policy) };
        }
    }
    for (EACH(struct slot_decl, slot, &slots)) {
        shares[count++] = (struct share){ slot->name, cpu_parts(&slot->policy) * slot->max };
    }
    for (uint32_t i = 0; i < count; i++) {
        sum += shares[i].amount;
    }
    if (sum > PARTS) {
        error_at(&model->system->where,
                 "the budgets are %" PRIu64 "%% of the processor; the largest: %s",
                 (sum + 9999) / 10000, culprits(shares, count, 10000, "%"));
    }
}

void check_memory(const struct model *model, const struct options *options)
{
    struct list slots = model->system->slots;
    struct share *shares =
        arena_alloc((model->instances.count + slots.count + 1) * sizeof(*shares));
    uint64_t sum = 0;
    uint32_t count = 0;

    for (EACH(struct instance, instance, &model->instances)) {
        if (is_program(instance)) {
            shares[count++] = (struct share){ instance->path, instance->policy.mem };
        }
    }
    for (EACH(struct slot_decl, slot, &slots)) {
        shares[count++] = (struct share){ slot->name, slot->policy.mem * slot->max };
    }
    for (uint32_t i = 0; i < count; i++) {
        sum += shares[i].amount;
    }
    if (sum > options->memory) {
        error_at(&model->system->where,
                 "the system needs %" PRIu64 "MiB of %" PRIu64 "MiB; the largest: %s", sum >> 20,
                 options->memory >> 20, culprits(shares, count, 1 << 20, "MiB"));
    }
}

/* ---- numbers ---- */

#define BITS_MAX (64u - COMP_BIT_FIRST)

struct counts {
    uint32_t bits, watches;
};

static void count(struct counts *of, const uint32_t *domain, const struct connection *c)
{
    struct counts *from = &of[domain[c->from->number]], *to = &of[domain[c->to->number]];

    switch (c->transport) {
    case TRANSPORT_RPC:
        from->watches++;
        to->watches++;
        from->bits += c->to_end->interface ? c->to_end->interface->events.count : 0;
        break;
    case TRANSPORT_RING:
        from->watches++;
        to->watches++;
        from->bits++;
        to->bits++;
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

void check_counts(const struct model *model, const struct options *options)
{
    const uint32_t *domain = domain_numbers(model);
    struct counts *of = arena_alloc((model->instances.count + 1) * sizeof(*of));
    uint32_t domains = 0;

    (void)options;
    for (EACH(struct connection, c, &model->connections)) {
        count(of, domain, c);
    }
    for (EACH(struct instance, instance, &model->instances)) {
        const struct counts *counts = &of[instance->number];

        domains += is_program(instance) && domain[instance->number] == instance->number;
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
