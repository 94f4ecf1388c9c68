/*
 * The trace of a domain: what its connections that are `traced` do, as their client sees it.  One page, written by the
 * client's glue (the only writer, one thread) and read by whoever has a Trace end.  The last COMP_TRACE_EVENTS events
 * are in it.
 */
#ifndef COMP_TRACE_H
#define COMP_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include <tess/time.h>
#include <tessera/error.h>

#define COMP_TRACE_EVENTS 170u

enum comp_trace_kind { COMP_TRACE_BEGIN, COMP_TRACE_END };

struct comp_trace_event {
    uint64_t tick;       /* tess_now() */
    uint32_t connection; /* number, as in struct comp_traced */
    uint16_t method;     /* number in the interface */
    uint16_t kind;       /* enum comp_trace_kind */
    int32_t err; /* of the end: what the call gave, an enum tess_err or an error of the interface */
    uint32_t reserved;
};

struct comp_trace_ring {
    uint64_t count; /* events ever written; event n is event[n % COMP_TRACE_EVENTS] */
    uint64_t reserved;
    struct comp_trace_event event[COMP_TRACE_EVENTS];
};
_Static_assert(sizeof(struct comp_trace_ring) == 4096, "the trace is a page");

/* What the reader knows of one traced connection (its header has a table of all of them). */
struct comp_traced {
    const struct comp_trace_ring *ring; /* of the client's domain; NULL: the end of the table */
    uint32_t connection;
    const char *name;           /* "client.end -> server.end" */
    const char *const *methods; /* by number; NULL behind the last one */
};

/* Glue: one more event into the ring at that address. */
static inline __attribute__((always_inline, unused)) void comp_trace(
    uint64_t at, uint32_t connection, uint32_t method, enum comp_trace_kind kind, enum tess_err err)
{
    struct comp_trace_ring *ring = (struct comp_trace_ring *)at;
    uint64_t n = ring->count;

    ring->event[n % COMP_TRACE_EVENTS] =
        (struct comp_trace_event){ tess_now(),     connection,   (uint16_t)method,
                                   (uint16_t)kind, (int32_t)err, 0 };
    __atomic_store_n(&ring->count, n + 1, __ATOMIC_RELEASE);
}

/* Event n of the ring; false: it is not there, not yet or no longer. */
static inline __attribute__((unused)) bool comp_trace_read(const struct comp_trace_ring *ring,
                                                           uint64_t n,
                                                           struct comp_trace_event *event)
{
    if (n >= __atomic_load_n(&ring->count, __ATOMIC_ACQUIRE)) {
        return false;
    }
    *event = ring->event[n % COMP_TRACE_EVENTS];
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return __atomic_load_n(&ring->count, __ATOMIC_RELAXED) - n < COMP_TRACE_EVENTS;
}

#endif
