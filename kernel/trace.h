/* The event ring (abi/trace.def).  Off: costs one test on the slow paths, nothing on the message path. */
#ifndef KERNEL_TRACE_H
#define KERNEL_TRACE_H

#include "sched/cpu.h"
#include <tessera/trace.h>

extern struct tess_trace_ring *trace_ring; /* in RAM taken at boot */

void trace_record(struct cpu *cpu, enum tess_trace kind, word_t a, word_t b);

ALWAYS_INLINE void trace(struct cpu *cpu, enum tess_trace kind, word_t a, word_t b)
{
    if (unlikely(cpu->trace_on)) {
        trace_record(cpu, kind, a, b);
    }
}

#endif
