/* Rules that need the whole system: a table of named checks, which is also their documentation. */
#include "check.h"
#include "parse.h"

static const struct check checks[] = {
    { "connector-fits", .connection = check_connector_fits, .stage = 1,
      .help = "a connector joins the kinds of ends it is made for" },
    { "connector-ends", .connection = check_user_ends, .stage = 1,
      .help = "a connector of one's own joins the ends that it declares" },
    { "same-interface", .connection = check_interfaces, .stage = 1,
      .help = "both ends of a call have the same interface" },
    { "adjective-fits", .connection = check_adjectives, .stage = 1,
      .help = "an adjective means something for its connector" },
    { "ring-one-way", .connection = check_ring, .stage = 1,
      .help = "the methods of a ring have no results and lend nothing" },
    { "queue-repeatable", .connection = check_queue, .stage = 1,
      .help = "the methods of a queue are idempotent and pass scalars and at most one lent buffer; "
              "who is asynchronous is joined by queues" },
    { "direct-in-group", .connection = check_direct, .stage = 1,
      .help = "a direct call stays in a group" },
    { "connected-once", .whole = check_once, .stage = 1,
      .help = "what an instance needs is connected once" },
    { "connected", .instance = check_connected, .stage = 1,
      .help = "every end that is not optional is connected" },
    { "source-there", .instance = check_sources, .stage = 1,
      .help = "the C files of a component are there" },
    { "device-once", .whole = check_devices, .stage = 1,
      .help = "a device, its registers and lines, is there once; warning: who may use a device's "
              "page can use what else is in it" },
    { "state-reachable", .whole = check_states, .stage = 1,
      .help = "warning: a state of a protocol can be reached" },
    { "call-cycle", .connection = check_own_domain, .whole = check_cycles, .stage = 2,
      .help = "nobody calls, over any number of others, itself; direct calls among reentrant "
              "components may" },
    { "priority-inversion", .connection = check_inversion, .stage = 2,
      .help = "warning: a call goes to an equal or higher priority" },
    { "denied", .whole = check_denials, .stage = 2,
      .help = "no path of influence exists that is denied" },
    { "group-policy", .instance = check_group_policy, .stage = 2,
      .help = "what one domain is made of agrees on processor time, restart and heartbeat" },
    { "passive", .instance = check_passive_run, .connection = check_passive, .stage = 2,
      .help = "who is passive is only called" },
    { "gates", .whole = check_gates, .stage = 2,
      .help =
          "there is one IOMMU and one bus to open devices, numbers of devices are unique, and a "
          "device belongs to one domain; warning: a device that the IOMMU does not see" },
    { "memory-fits", .instance = check_memory_fits, .stage = 2,
      .help = "stack and heap fit into the memory" },
    { "admission-cpu", .whole = check_cpu, .stage = 2,
      .help = "the budgets together are at most one processor" },
    { "admission-memory", .whole = check_memory, .stage = 2,
      .help = "the memory together is at most the machine's (--memory)" },
    { "counts", .whole = check_counts, .stage = 2,
      .help = "a domain has at most 60 signals, 60 connections with calls; a system 256 domains" },
};
#define CHECKS (sizeof(checks) / sizeof(checks[0]))

static void run(const struct check *check, const struct model *model)
{
    for (EACH(struct instance, instance, &model->instances)) {
        if (check->instance) {
            check->instance(instance);
        }
    }
    for (EACH(struct connection, c, &model->connections)) {
        if (check->connection) {
            check->connection(c);
        }
    }
    if (check->whole) {
        check->whole(model);
    }
}

bool check(struct model *model, const struct options *options)
{
    uint32_t before = diag_errors();

    model->memory = options->memory;
    find_domains(model);
    for (size_t i = 0; i < CHECKS; i++) {
        if (i > 0 && checks[i].stage != checks[i - 1].stage && diag_errors() != before) {
            break;
        }
        run(&checks[i], model);
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
