/* Ready queues of one CPU: 256 circular lists under a two-level bitmap; `top` caches the highest priority. */
#include "cpu.h"

void ready_append(struct cpu *cpu, struct thread *t)
{
    queue_append(&cpu->ready[t->prio], t);
    ready_mark(cpu, t->prio);
}

static unsigned highest(const struct cpu *cpu)
{
    if (cpu->ready_words == 0) {
        return 0;
    }
    unsigned word = 63 - (unsigned)__builtin_clzll(cpu->ready_words);
    return word * 64 + 63 - (unsigned)__builtin_clzll(cpu->ready_map[word]);
}

void ready_remove(struct cpu *cpu, struct thread *t)
{
    unsigned prio = t->prio;

    queue_remove(&cpu->ready[prio], t);
    if (cpu->ready[prio] == NULL) {
        cpu->ready_map[prio / 64] &= ~(1ull << prio % 64);
        if (cpu->ready_map[prio / 64] == 0) {
            cpu->ready_words &= ~(1ull << prio / 64);
        }
        cpu->top = highest(cpu);
    }
}

struct thread *ready_first(struct cpu *cpu)
{
    return cpu->ready[cpu->top];
}

bool ready_ok(const struct cpu *cpu)
{
    bool ok = cpu->top == highest(cpu);

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
