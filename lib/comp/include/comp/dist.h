/*
 * The capability distribution: what compose writes and the supervisor executes.  One flat block of little-endian
 * tables, module "distribution" of the boot archive; its text form (compose/emit_dist.c) has one line per record.
 *
 *     domain      what is isolated, budgeted and restarted as one: one thread, one address space, one CNode, one image
 *     object      what outlives the domains: endpoints, notifications, shared frames, device frames, interrupt lines
 *     grant       capability to an object in a slot of a domain's CNode
 *     map         part of an object in a domain's address space
 *     connection  who calls whom: names for people, limits for the supervisor's watch
 *     alternative an image that may run as the domain, with the same grants and maps
 *     function    a device behind a gate (comp/gate.h): whose it is, and which windows it may reach
 *     window      memory that a function may reach
 *
 * What a domain consists of (CNode, address space, thread, budget, pages of its image and stack) is not listed: the
 * supervisor makes it from the domain's own memory, the same for all, at every start.
 *
 * Every index in a record is below the count of its table; dist_ok() checks that, the order and the sum.
 */
#ifndef COMP_DIST_H
#define COMP_DIST_H

#include <stdbool.h>
#include <stdint.h>

#define DIST_MAGIC   0x3174736964736574ull /* "tesdist1" */
#define DIST_VERSION 4u
#define DIST_NONE    0xffffffffu /* no index */
#define DIST_NAME    32u         /* bytes of a name with its NUL */
#define DIST_MODULE  "distribution"

#define DIST_DOMAINS_MAX      256u
#define DIST_OBJECTS_MAX      4096u
#define DIST_GRANTS_MAX       8192u
#define DIST_MAPS_MAX         4096u
#define DIST_CONNECTIONS_MAX  4096u
#define DIST_ALTERNATIVES_MAX 1024u

/* The component behind a gate (comp/gate.h) and its pages, objects of its domain. */
struct dist_gate {
    uint32_t domain; /* DIST_NONE: the system has no such gate */
    uint32_t orders, answers;
    uint32_t reserved;
};

struct dist_table {
    uint32_t offset; /* bytes from the start of the header; multiple of 8 */
    uint32_t count;
};

struct dist_header {
    uint64_t magic;
    uint64_t sum; /* dist_sum() of everything behind this word */
    uint32_t version;
    uint32_t bytes; /* of the whole block; multiple of 8 */
    char system[DIST_NAME];
    struct dist_table domains, objects, grants, maps, connections, alternatives, functions, windows;
    struct dist_table strings; /* count = bytes; NUL-terminated names, the first is "" */
    struct dist_gate gate[2];  /* by enum gate */
};

enum dist_restart {
    DIST_RESTART_NEVER, /* a failure parks it */
    DIST_RESTART,       /* with its restart set */
};

/* dist_domain.flags */
#define DIST_RUN     1u /* has a run function: pulse->state FINISHED is expected some day */
#define DIST_UNTIL   2u /* the system powers off when all domains with this flag have finished */
#define DIST_PASSIVE 4u /* no processor time of its own after its first receive; no heartbeat */
#define DIST_SLOT    8u /* is not started at boot */
#define DIST_REST    32u /* mem and spare are the least: at boot they get what is left of the memory */
#define DIST_CPU     16u /* may give processor time to threads that it makes: COMP_SLOT_CPU */

struct dist_domain {
    char name[DIST_NAME];
    char image[DIST_NAME]; /* module of the boot archive: an ELF file for COMP_IMAGE_AT */
    uint64_t mem;          /* bytes of untyped memory for all it consists of; whole pages */
    uint64_t stack;        /* bytes; whole pages */
    uint64_t spare; /* bytes of mem given to it as untyped memory (COMP_SLOT_UNTYPED); 0: none */
    uint64_t budget_ns, period_ns; /* equal: a time slice */
    uint64_t heartbeat_ns;         /* between two pings; 0: none */
    uint64_t window_ns;            /* restart_max restarts in this time are normal */
    uint64_t backoff_min_ns, backoff_max_ns;
    uint32_t restart; /* enum dist_restart */
    uint32_t restart_max;
    uint32_t restart_set; /* domains with the same number restart together */
    uint32_t
        group; /* domains with the same number are restarted when one is beyond restart_max; DIST_NONE */
    uint32_t slots; /* of its CNode */
    uint32_t prio;
    uint32_t order; /* started after all domains with a smaller number */
    uint32_t flags;
    uint32_t endpoint, notification,
        pulse; /* objects; the supervisor grants and maps these three itself */
    uint32_t grant_first, grant_count; /* grants are sorted by domain, slot */
    uint32_t map_first, map_count;     /* maps are sorted by domain, address */
    uint32_t alternative_first,
        alternative_count; /* the first is `image` itself; 0: it has no other */
    uint32_t reserved;
};

enum dist_kind {
    DIST_ENDPOINT,
    DIST_NOTIFICATION,
    DIST_FRAME,  /* RAM, zeroed at boot, keeps its content over restarts */
    DIST_DEVICE, /* device memory at `where` */
    DIST_IRQ, /* line `where`, bound to the notification of `domain` with `badge` while that runs */
    DIST_SUPERVISOR, /* the supervisor's control endpoint; nothing is created */
    DIST_MACHINE,    /* power and emergency console; nothing is created */
    DIST_KINDS
};

/* Bit of the badge of a grant of DIST_SUPERVISOR: may restart, stop, start and kill; without it: may look. */
#define DIST_CONTROL_FULL 1ull
/* Another bit of it: may change the text of a domain that runs, for fault injection. */
#define DIST_CONTROL_POKE 2ull

struct dist_object {
    uint32_t kind;   /* enum dist_kind */
    uint32_t name;   /* offset in strings */
    uint32_t domain; /* who receives on it, or whose it is; DIST_NONE: shared */
    uint32_t edge;   /* DIST_IRQ: 1 edge-triggered, 0 level */
    uint64_t bytes;  /* frames: whole pages */
    uint64_t where;  /* DIST_DEVICE: physical address; DIST_IRQ: INTID */
    uint64_t badge;  /* DIST_IRQ */
};

struct dist_grant {
    uint32_t domain;
    uint32_t slot;
    uint32_t object;
    uint32_t rights; /* TESS_RIGHT_* */
    uint64_t badge;
    uint32_t connection; /* why; DIST_NONE */
    uint32_t reserved;
};

struct dist_map {
    uint32_t domain;
    uint32_t object;
    uint64_t address;
    uint64_t offset, bytes; /* of the object; whole pages */
    uint32_t rights;        /* TESS_RIGHT_READ, _WRITE */
    uint32_t attributes;    /* TESS_ATTR_* */
    uint32_t connection;    /* why; DIST_NONE */
    uint32_t reserved;
};

/* dist_connection.flags */
#define DIST_MONITORED 1u /* the client notes its calls in watch[client_watch] of its pulse page */
#define DIST_TRACED    2u

struct dist_connection {
    uint32_t name; /* "client.end -> server.end", offset in strings */
    uint32_t kind; /* "rpc", "ring", ...: offset in strings */
    uint32_t client,
        server; /* domains: where requests come from and go to; DIST_NONE: none (hardware) */
    uint32_t client_watch,
        server_watch;   /* its index in watch[] of the two pulse pages; DIST_NONE */
    uint64_t badge;     /* that the server sees */
    uint64_t within_ns; /* a call in flight longer than that is a strike; 0: no limit */
    uint32_t flags;
    uint32_t strikes; /* so many strikes restart the side at fault; 0: counted only */
};

/* Sorted by domain. */
struct dist_alternative {
    char name[DIST_NAME];  /* of the component, for people */
    char image[DIST_NAME]; /* module of the boot archive */
    uint32_t domain;
    uint32_t reserved;
};

/* Its number is that in the orders page.  Gate domains have none, nor does who restarts with them. */
struct dist_function {
    uint32_t id; /* no two have the same */
    uint32_t domain;
    uint32_t window_first, window_count;
};

struct dist_window {
    uint32_t object; /* a frame, all of it */
    uint32_t rights; /* TESS_RIGHT_READ, _WRITE: of the device */
    uint64_t at;     /* where the device sees it; 0: at its physical address */
};

_Static_assert(sizeof(struct dist_header) == 160, "distribution layout");
_Static_assert(sizeof(struct dist_domain) == 208, "distribution layout");
_Static_assert(sizeof(struct dist_object) == 40, "distribution layout");
_Static_assert(sizeof(struct dist_grant) == 32, "distribution layout");
_Static_assert(sizeof(struct dist_map) == 48, "distribution layout");
_Static_assert(sizeof(struct dist_connection) == 48, "distribution layout");
_Static_assert(sizeof(struct dist_alternative) == 72, "distribution layout");

/* FNV-1a over 64-bit words. */
static inline uint64_t dist_sum(const uint64_t *word, uint64_t count)
{
    uint64_t sum = 0xcbf29ce484222325ull;

    for (uint64_t i = 0; i < count; i++) {
        sum = (sum ^ word[i]) * 0x100000001b3ull;
    }
    return sum;
}

#endif
