/* idl/supervisor.idl in C: what both ends of the control interface see. */
#ifndef SUPERVISOR_WIRE_H
#define SUPERVISOR_WIRE_H

#include <stdint.h>

/* Labels of requests. */
enum supervisor_method {
    SUPERVISOR_INFO,
    SUPERVISOR_DOMAIN,
    SUPERVISOR_FIND,
    SUPERVISOR_CONNECTION,
    SUPERVISOR_CAPABILITY,
    SUPERVISOR_ENTRY,
    SUPERVISOR_RESTART,
    SUPERVISOR_KILL,
    SUPERVISOR_STOP,
    SUPERVISOR_START,
    SUPERVISOR_FAIL,
    SUPERVISOR_ALTERNATIVE,
    SUPERVISOR_START_AS,
    SUPERVISOR_SWAP,
    SUPERVISOR_METHODS,
};

enum supervisor_failure {
    SUPERVISOR_FAILURE_FAULT,
    SUPERVISOR_FAILURE_LOOP,
    SUPERVISOR_FAILURE_STANDBY_FAULT,
    SUPERVISOR_FAILURE_STANDBY_LOOP,
    SUPERVISOR_FAILURE_KILL,
    SUPERVISOR_FAILURE_BOTH,
};

struct domain_info {
    uint8_t name[32];
    uint64_t memory, used, cpu_ns, beats;
    uint32_t state, generation, failures, why;
    uint64_t detail[2], result;
    uint32_t finished, missed, image, swap;
    uint64_t budget_ns, period_ns;
};

struct connection_info {
    uint8_t name[64];
    uint32_t client, server, against_client, against_server;
    uint64_t calls, gone, timeouts, since_ns;
};

struct supervisor_info {
    uint8_t system[32];
    uint32_t domains, connections;
    uint64_t starts, failures, hangs, strikes, parked, starved, calls, refused, takeovers, rebuilt,
        events, primary, swaps;
};

struct log_info {
    uint64_t time_ns;
    uint32_t event, domain;
    uint64_t detail;
};

#endif
