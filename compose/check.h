/* What the files of the check pass share. */
#ifndef COMPOSE_CHECK_H
#define COMPOSE_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "diag.h"
#include "model.h"
#include "passes.h"

/* One rule: reports what breaks it. */
struct check {
    const char *name;
    void (*run)(const struct model *model, const struct options *options);
    const char *help;
    uint32_t stage; /* a stage runs only if those before it have found no error */
};

typedef void check_function(const struct model *model, const struct options *options);

/* check_ends.c: single connections and ends */
check_function check_connector_fits, check_interfaces, check_adjectives, check_ring, check_direct,
    check_connected, check_once, check_sources, check_devices, check_device_pages, check_states;
/* check_connector.c */
check_function check_user_ends;
/* check_graph.c: who calls and influences whom */
check_function check_cycles, check_inversion, check_denials;
/* check_budget.c: what each may use */
check_function check_group_policy, check_passive, check_memory_fits, check_cpu, check_memory,
    check_counts;

static inline bool is_call(const struct connection *c)
{
    return c->transport == TRANSPORT_RPC || c->transport == TRANSPORT_DIRECT;
}

/* "a -rpc-> b -event-> c": the shortest path by which `from` can influence `to`; NULL: there is none. */
const char *influence_path(const struct model *model, const struct instance *from,
                           const struct instance *to);
/* "needs Mmio", "provides Block": for messages. */
const char *end_text(const struct end *end);

/*
 * Instances that `direct` joins to one domain: the number of the first of them, one an instance.
 */
const uint32_t *domain_numbers(const struct model *model);

#endif
