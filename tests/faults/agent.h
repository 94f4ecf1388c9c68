/*
 * What the three sides of a campaign agree on: the planner (host), which draws faults; the agent (in the machine), which carries
 * them out; the plugin (in QEMU), which hears what the agent says.
 */
#ifndef FAULTS_AGENT_H
#define FAULTS_AGENT_H

#include <stdint.h>

/* ---- the plan, as the agent finds it in the board's second flash ---- */

#define AGENT_PLAN_MAGIC 0x31746c7561667374ull /* "tsfault1" */
#define AGENT_PLAN_BYTES 0x4000u
#define AGENT_PLAN_MOST  256u

enum agent_kind {
    AGENT_GOLDEN,     /* nothing, for `delay` of virtual time */
    AGENT_POKE,       /* the word at that address of the driver's text becomes another one */
    AGENT_KILL,       /* the driver */
    AGENT_KILL_TWICE, /* again while it is restarted, after `extra` ns */
    AGENT_SUPERVISOR, /* fails: the method `extra` of enum supervisor_failure */
    AGENT_COMMAND,    /* the driver misbehaves by itself: `extra` says how */
    AGENT_PLOT,       /* `extra` kills, one a second, and how much was completed each 10 ms */
};

struct agent_fault {
    uint64_t number;
    uint64_t kind;
    uint64_t address;
    uint64_t old, new;
    uint64_t delay; /* ns, before it is carried out */
    uint64_t extra;
};

struct agent_plan {
    uint64_t magic;
    uint64_t count;
    struct agent_fault fault[AGENT_PLAN_MOST];
};

_Static_assert(sizeof(struct agent_plan) <= AGENT_PLAN_BYTES, "the plan fits into what is mapped");

/* ---- mail: STTRB WZR, [Xn, #-113], to an address that ends with the byte (Arm ARM DDI 0487, C6.2 STTRB) ---- */

#define AGENT_MAIL_BYTES   256u
#define AGENT_STORE_OFFSET 113
#define AGENT_STORE        0x3818f81fu
#define AGENT_STORE_MASK   0xfffffc1fu

#endif
