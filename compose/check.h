/* What the files of the check pass share. */
#ifndef COMPOSE_CHECK_H
#define COMPOSE_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "diag.h"
#include "model.h"
#include "passes.h"

/* One rule, for each connection, each instance or the whole: reports what breaks it. */
struct check {
    const char *name;
    void (*connection)(const struct connection *c);
    void (*instance)(const struct instance *instance);
    void (*whole)(const struct model *model);
    const char *help;
    uint32_t stage; /* a stage runs only if those before it have found no error */
};

typedef void connection_check(const struct connection *c);
typedef void instance_check(const struct instance *instance);
typedef void whole_check(const struct model *model);

/* check_ends.c: single connections and ends */
connection_check check_connector_fits, check_interfaces, check_adjectives, check_ring, check_queue,
    check_direct;
instance_check check_connected, check_sources;
whole_check check_once, check_devices, check_states;
/* check_connector.c */
connection_check check_user_ends;
/* check_graph.c: who calls and influences whom */
connection_check check_own_domain, check_inversion;
whole_check check_cycles, check_denials;
/* check_gate.c: IOMMU, bus, devices behind them */
whole_check check_gates;
/* check_budget.c: what each may use */
connection_check check_passive;
instance_check check_group_policy, check_passive_run, check_memory_fits;
whole_check check_cpu, check_memory, check_counts;

static inline bool is_call(const struct connection *c)
{
    return c->transport == TRANSPORT_RPC || c->transport == TRANSPORT_DIRECT;
}

/* "a -rpc-> b -event-> c": the shortest path by which `from` can influence `to`; NULL: there is none. */
const char *influence_path(const struct model *model, const struct instance *from,
                           const struct instance *to);
/* "needs Mmio", "provides Block": for messages. */
const char *end_text(const struct end *end);

/* The instance that is the enum gate of the system; NULL: there is none. */
struct instance *gate_instance(const struct model *model, uint32_t gate);
/* It joins memory to a device that has a number behind gates. */
bool is_function(const struct connection *c);

#endif
