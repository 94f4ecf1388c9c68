/* Rules that need the whole system: a table of named checks, which is also their documentation. */
#include "check.h"
#include "parse.h"

static const struct check checks[] = {
    { "connector-fits", check_connector_fits, "a connector joins the kinds of ends it is made for",
      1 },
    { "connector-ends", check_user_ends, "a connector of one's own joins the ends that it declares",
      1 },
    { "same-interface", check_interfaces, "both ends of a call have the same interface", 1 },
    { "adjective-fits", check_adjectives, "an adjective means something for its connector", 1 },
    { "ring-one-way", check_ring, "the methods of a ring have no results and lend nothing", 1 },
    { "direct-in-group", check_direct, "a direct call stays in a group", 1 },
    { "connected-once", check_once, "what an instance needs is connected once", 1 },
    { "connected", check_connected, "every end that is not optional is connected", 1 },
    { "source-there", check_sources, "the C files of a component are there", 1 },
    { "device-once", check_devices, "a device, its registers and lines, is there once", 1 },
    { "device-pages", check_device_pages,
      "warning: who may use a device's page can use what else is in it", 1 },
    { "state-reachable", check_states, "warning: a state of a protocol can be reached", 1 },
    { "call-cycle", check_cycles,
      "nobody calls, over any number of others, itself; direct calls among reentrant components "
      "may",
      2 },
    { "priority-inversion", check_inversion, "warning: a call goes to an equal or higher priority",
      2 },
    { "denied", check_denials, "no path of influence exists that is denied", 2 },
    { "group-policy", check_group_policy,
      "what one domain is made of agrees on processor time, restart and heartbeat", 2 },
    { "passive", check_passive, "who is passive is only called", 2 },
    { "memory-fits", check_memory_fits, "stack and heap fit into the memory", 2 },
    { "admission-cpu", check_cpu, "the budgets together are at most one processor", 2 },
    { "admission-memory", check_memory, "the memory together is at most the machine's (--memory)",
      2 },
    { "counts", check_counts,
      "a domain has at most 60 signals, 60 connections with calls; a system 256 domains", 2 },
};
#define CHECKS (sizeof(checks) / sizeof(checks[0]))

bool check(struct model *model, const struct options *options)
{
    uint32_t before = diag_errors();

    for (size_t i = 0; i < CHECKS; i++) {
        if (i > 0 && checks[i].stage != checks[i - 1].stage && diag_errors() != before) {
            break;
        }
        checks[i].run(model, options);
    }
    return diag_errors() == before;
}

void reference(FILE *out)
{
    fputs("# Reference of the component language\n\n", out);
    parse_reference(out);
    fputs("\n## Checks\n\n| check | rule |\n|---|---|\n", out);
    for (size_t i = 0; i < CHECKS; i++) {
        fprintf(out, "| `%s` | %s |\n", checks[i].name, checks[i].help);
    }
}
