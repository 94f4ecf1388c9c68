/*
 * What supervisor, compose and component agree on: the addresses and slots of every component, bits of its
 * notification, and the page in which it shows that it is alive.
 */
#ifndef COMP_LAYOUT_H
#define COMP_LAYOUT_H

#include <stdint.h>

/* ---- address space of a domain ---- */
#define COMP_IMAGE_AT  0x400000ull /* text, data, heap: the ELF file's segments (lib/comp/comp.ld) */
#define COMP_STACK_END 0x10000000ull /* the stack ends here; the page below it is not mapped */
#define COMP_IPC_AT    0x10001000ull /* struct tess_ipc_buffer */
#define COMP_PULSE_AT  0x10002000ull /* struct comp_pulse, the own one */
#define COMP_REGIONS_AT                                                                            \
    0x10010000ull /* shared memory, rings, registers of devices, as compose places them */
#define COMP_REGIONS_END 0x400000000ull
#define COMP_FREE_AT                                                                               \
    COMP_REGIONS_END /* from here to TESS_USER_TOP the component maps what it likes */

#define COMP_PRIO_MAX 250u /* the highest priority of a domain; the supervisor's are above */

/* ---- slots of a domain's CNode ---- */
enum comp_slot {
    COMP_SLOT_NULL,
    COMP_SLOT_ENDPOINT,   /* right RECV: the one place where it receives */
    COMP_SLOT_SUPERVISOR, /* notification of the supervisor, right SEND: "look at my pulse page" */
    COMP_SLOT_NOTE,       /* the own notification, rights SEND, RECV; bound to the own thread */
    COMP_SLOT_UNTYPED,    /* dist_domain.spare bytes, if any */
    COMP_SLOT_CNODE,      /* the own CNode, only with spare memory */
    COMP_SLOT_VSPACE,     /* the own address space, only with spare memory */
    COMP_SLOT_CPU,        /* the processor, only with DIST_CPU */
    COMP_SLOT_FIRST = 8,  /* what the connections grant, placed by compose */
};

/* ---- bits of a domain's notification ---- */
#define COMP_BIT_PING  0x1ull /* supervisor: beat */
#define COMP_BIT_QUIET 0x2ull /* supervisor: comp_pulse.quiet has changed */
#define COMP_BIT_GATE(gate)                                                                        \
    (0x4ull << (gate))    /* supervisor: the orders for this enum gate have changed */
#define COMP_BIT_FIRST 4u /* number of the first bit for events, interrupts and rings */

/* ---- the pulse page: written by the domain, read by the supervisor, believed in nothing but the domain's own health ---- */
enum comp_state {
    COMP_STARTING, /* what a new page holds */
    COMP_RUNNING,  /* in its event loop, or in its run function */
    COMP_QUIET, /* its protocol states are quiet, it takes no calls, and does nothing until comp_pulse.quiet is 0 */
    COMP_FINISHED, /* its run function has returned; it goes on serving */
};

#define COMP_WATCHES          60u
#define COMP_GENERATION_FIRST 1u /* what main is told at the first start; a restart adds one */

/* One connection as the domain sees it.  Counters only grow. */
struct comp_watch {
    uint64_t since;    /* tick at which the call in flight began; 0: none */
    uint64_t calls;    /* calls made, or requests served */
    uint64_t gone;     /* ended because the other side died */
    uint64_t timeouts; /* ended by their deadline */
    uint64_t strikes;  /* the other side broke the protocol */
    uint64_t method;   /* of the call in flight */
    uint64_t
        crashes; /* written by the supervisor: failures of the other side that were its own fault */
    uint64_t mark; /* of the client's glue: crashes when the call in flight was first interrupted */
};

/* Did it die of its own fault? */
enum comp_crashed {
    COMP_INNOCENT, /* somebody restarted it */
    COMP_CRASHED,
    COMP_STRUCK, /* it was late, or said what makes no sense */
};

/* What one component leaves to the one that takes its place: written when it becomes quiet, kept by the supervisor. */
struct comp_handover {
    uint64_t is_valid; /* 1: there is something */
    uint64_t pending;  /* bits that came and were neither polled nor waited for */
    uint64_t held;     /* bits that came while it was quiet: not handled yet */
    uint8_t state
        [64]; /* protocol states of the connections to its ends, in the order of their badges */
};
_Static_assert(sizeof(((struct comp_handover *)0)->state) >= COMP_WATCHES, "one a connection");

struct comp_pulse {
    uint64_t beats;      /* pings answered */
    uint64_t state;      /* enum comp_state */
    uint64_t generation; /* starts so far: COMP_GENERATION_FIRST at the first */
    uint64_t result;     /* of the run function */
    uint64_t attention;  /* counts what the supervisor shall look at before the next ping */
    uint64_t quiet;      /* written by the supervisor: 1: become quiet and stay so until it is 0 */
    uint64_t
        is_restore; /* written by the supervisor: 1: kept memory is to be as when the handover was made */
    struct comp_handover handover;
    uint64_t crashed; /* written by the supervisor: enum comp_crashed, of its last incarnation */
    uint64_t reserved[13];
    struct comp_watch watch[COMP_WATCHES];
};
_Static_assert(sizeof(struct comp_pulse) <= 4096, "the pulse page is a page");

/* ---- a queue (comp/queue.h) ---- */
#define COMP_QUEUE_DEPTH       32u   /* requests of one connection that can be outstanding */
#define COMP_QUEUE_REQUESTS    8192u /* bytes of records of its two rings */
#define COMP_QUEUE_COMPLETIONS 4096u
#define COMP_QUEUE_NOTES       8192u /* bytes: which requests are completed */
#define COMP_QUEUE_WORDS       8u    /* of a request or a completion, besides the id */
#define COMP_QUEUE_NOTED       2u    /* words of the results of a method that lends */

#define COMP_COVER_HEADER 4096u /* bytes before the checksums of a connection (comp/cover.h) */

/* ---- memory that survives ---- */
#define COMP_KEEP_HEADER  64u  /* bytes before a keep struct: struct comp_keep (comp/comp.h) */
#define COMP_ANSWER_BYTES 528u /* the kept answer of one deduplicated method of one connection */

#endif
