/* Recording of events, and the invocations that switch it on and off. */
#include "trace.h"
#include "arch.h"
#include "cap/invoke.h"

struct tess_trace_ring *trace_ring;

void trace_record(struct cpu *cpu, enum tess_trace kind, word_t a, word_t b)
{
    if ((cpu->trace_on >> kind & 1) == 0) {
        return;
    }
    struct tess_trace_event *e = &trace_ring->event[trace_ring->count % TESS_TRACE_EVENTS];
    e->time = arch_now();
    e->kind = kind;
    e->thread = cpu->current->id;
    e->a = a;
    e->b = b;
    /* A reader in user mode on this CPU sees the count after the event in program order; one on another CPU copies
     * an event, then checks that the count has not come round. */
    __atomic_store_n(&trace_ring->count, trace_ring->count + 1, __ATOMIC_RELEASE);
}

static enum tess_err trace_start(struct invocation *inv)
{
    word_t all = ((1u << TESS_TRACE_COUNT) - 1) & ~1u, mask = inv->arg[0];
    if ((mask & ~all) != 0) {
        return TESS_ARG;
    }
    inv->cpu->trace_on = (uint32_t)(mask != 0 ? mask : all);
    trace_ring->on = 1;
    arch_trace_mode(true);
    return TESS_OK;
}

static enum tess_err trace_stop(struct invocation *inv)
{
    inv->cpu->trace_on = 0;
    trace_ring->on = 0;
    arch_trace_mode(false);
    inv->result[0] = trace_ring->count;
    return TESS_OK;
}

enum tess_err trace_invoke(struct invocation *inv)
{
    return inv->label == TESS_LABEL_trace_start ? trace_start(inv) : trace_stop(inv);
}
