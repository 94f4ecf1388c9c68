/* Ready queues of one CPU: 256 circular lists under a two-level bitmap; `top` caches the highest priority. */
#include "cpu.h"

void ready_append(struct cpu *cpu, struct thread *t)
{
    queue_append(&cpu->ready[t->prio], t);
    ready_mark(cpu, t->prio);
}

void ready_remove(struct cpu *cpu, struct thread *t)
{
    unsigned prio = t->prio;

    queue_remove(&cpu->ready[prio], t);
    if (cpu->ready[prio] == NULL) {
        ready_unmark(cpu, prio);
    }
}

struct thread *ready_first(struct cpu *cpu)
{
    return cpu->ready[cpu->top];
}

bool ready_ok(const struct cpu *cpu)
{
    bool ok = cpu->top == ready_highest(cpu);

    for (unsigned p = 0; p < TESS_PRIO_COUNT; p++) {
        LOOP_BOUND(TESS_PRIO_COUNT);
        bool bit = cpu->ready_map[p / 64] >> p % 64 & 1;
        ok = ok && bit == (cpu->ready[p] != NULL);
    }
    for (unsigned w = 0; w < TESS_PRIO_COUNT / 64; w++) {
        LOOP_BOUND(TESS_PRIO_COUNT / 64);
        ok = ok && (cpu->ready_words >> w & 1) == (cpu->ready_map[w] != 0);
    }
    return ok;
}
