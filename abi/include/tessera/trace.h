/* The kernel's event ring, mapped read-only by who holds the frame in slot TESS_ROOT_TRACE_RING. */
#ifndef TESSERA_TRACE_H
#define TESSERA_TRACE_H

#include <stdint.h>

enum tess_trace {
#define TRACE(name, number, args) TESS_TRACE_##name = number,
#include "../../trace.def"
#undef TRACE
    TESS_TRACE_COUNT
};

#define TESS_TRACE_EVENTS 2047u

struct tess_trace_event {
    uint64_t time;   /* CNTVCT_EL0 */
    uint32_t kind;   /* enum tess_trace */
    uint32_t thread; /* id of the running thread (thread.info) */
    uint64_t a, b;   /* abi/trace.def */
};

struct tess_trace_ring {
    uint64_t count; /* events ever recorded; event n is event[n % TESS_TRACE_EVENTS] */
    uint64_t on;
    uint64_t reserved[2];
    struct tess_trace_event event[TESS_TRACE_EVENTS];
};
_Static_assert(sizeof(struct tess_trace_ring) == 65536, "trace ring is 16 pages");

#endif
