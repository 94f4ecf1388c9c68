/*
 * What the measured operations happen between: two further address spaces with copies of this program, and workers,
 * threads in any of the three.  Everything shares the root's CNode, so a capability has one number everywhere.
 *
 * A worker's stack, IPC buffer and description lie in one frame mapped at the same address in the root's space and in
 * the worker's, hence pointers into it are good on both sides.  Global data is not shared: a copy has what
 * the root had when the space was made.
 */
#ifndef TESTS_BENCH_WORLD_H
#define TESTS_BENCH_WORLD_H

#include <tess/tess.h>

enum place { ROOT, CLIENT, SERVER, PLACES };

/* Capabilities that workers use; all made before the address spaces are copied. */
struct caps {
    tess_cap vspace[PLACES];
    tess_cap done;      /* signalled by a worker that has finished */
    tess_cap serve;     /* endpoint of a passive server in another space */
    tess_cap own;       /* of a server with its own budget */
    tess_cap same;      /* of a passive server in the client's space */
    tess_cap words;     /* of a server that gets long messages */
    tess_cap take;      /* of a server that takes capabilities */
    tess_cap listen;    /* of a thread that only receives */
    tess_cap wake;      /* notification that a thread waits for */
    tess_cap lonely;    /* notification that nobody waits for */
    tess_cap fault;     /* endpoint of the page-fault handler */
    tess_cap foreign;   /* endpoint of the handler of foreign system calls */
    tess_cap person;    /* endpoint of the handler that makes all of foreign threads */
    tess_cap reply;     /* its Reply object */
    tess_cap exits;     /* endpoint of the monitor of a guest */
    tess_cap irq_note;  /* notification of the driver */
    tess_cap irq;       /* the real-time clock's interrupt */
    tess_cap page;      /* one page */
    tess_cap range;     /* 65 pages */
    tess_cap scattered; /* first of TESS_VECTOR_MAX pages */
    tess_cap
        window; /* pages of it are mapped at RANGE_AT, a window of the clients' and servers' spaces */
    tess_cap memory; /* untyped memory to carve from */
    tess_cap spare;  /* first of SPARE_SLOTS empty slots */
};

#define SPARE_SLOTS  512u
#define RANGE_PAGES  65u
#define WINDOW_PAGES 64u
#define RANGE_AT     0x2000000000ull /* address where ranges and faults happen */
#define CLOCK_AT     0x3000000000ull /* address of the clock's registers where they are mapped */
#define MEMORY       (8u << 20)      /* bytes of caps.memory */

extern struct tess_env env;
extern struct caps caps;

/* Who is more urgent than whom: servers than clients, the root than all. */
enum { PRIO_CLIENT = 100, PRIO_SERVER = 110, PRIO_DRIVER = 120 };

struct worker {
    tess_cap tcb, budget;
    uint64_t stack_top, tls;
    struct tess_ipc_buffer *ipc;
    void (*main)(struct worker *self);
};

/* Stop with a message unless err is OK. */
void must(enum tess_err err, const char *what);

/* Make caps and the address spaces. */
void world_make(void);

/*
 * A new thread that will run main(itself).  fault: its fault endpoint or 0; flags of thread.configure.
 */
struct worker *worker_new(enum place place, void (*main)(struct worker *), unsigned prio,
                          tess_cap fault, uint64_t flags);

/* Let it run on its own budget. */
void worker_start(struct worker *w);

/* Let it run until it waits for its first message, then take the budget away: it lives on its callers'. */
void worker_start_passive(struct worker *w);

/* Let it run until it waits for its first message; it keeps its budget. */
void worker_start_active(struct worker *w);

/* Wait until all workers rest: none is ready to run. */
void worker_settle(void);

/* Let it run, wait until a worker signals caps.done and all rest. */
void worker_run(struct worker *w);

#endif
