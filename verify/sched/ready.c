/*
 * Ready queues: appending, prepending and removing any thread keeps "bitmap = queues" (the kernel's ready_ok) and the
 * ring of each priority: any threads of any priorities, up to three of them queued.  128 priorities (two bitmap words).
 */
#include "verify.h"
#include <tessera/cap.h>
#undef TESS_PRIO_COUNT
#define TESS_PRIO_COUNT 128u
#define POOL_CAPS       1
#include "pool.h"
#include "stand_in.h"
#define VERIFY_LOOPS_NEST
#include "../../kernel/sched/ready.c"

#define EACH(X) X(1) X(2) X(3)
#define THREADS 3u

#define X(n)                                                                                       \
    static struct thread thread_##n;                                                               \
    static bool queued_##n; /* ghost: in the ready queues */
EACH(X)
#undef X
static struct cpu cpu;

static struct thread *thread_no(uint32_t i)
{
    switch (i) {
#define X(n)                                                                                       \
    case n:                                                                                        \
        return &thread_##n;
        EACH(X)
#undef X
    default:
        return NULL;
    }
}

static bool queued(const struct thread *t)
{
#define X(n)                                                                                       \
    if (t == &thread_##n) {                                                                        \
        return queued_##n;                                                                         \
    }
    EACH(X)
#undef X
    return false;
}

/* Links of a queued thread are mutual, stay in its priority, and reach the head of that. */
static bool ring_ok(const struct thread *t)
{
    if (!queued(t)) {
        return cpu.ready[t->prio] != t;
    }
    const struct thread *head = cpu.ready[t->prio], *u = t;
    u = u == head ? u : u->q_next;
    u = u == head ? u : u->q_next;
    return u == head && queued(t->q_next) && queued(t->q_prev) && t->q_next->q_prev == t &&
           t->q_prev->q_next == t && t->q_next->prio == t->prio;
}

static bool head_ok(uint32_t prio)
{
    const struct thread *t = cpu.ready[prio];
    return t == NULL || (queued(t) && t->prio == prio);
}

/* The kernel's ready_ok, at one priority, and of the summary word. */
static bool bit_ok(uint32_t p)
{
    return (cpu.ready_map[p / 64] >> p % 64 & 1) == (cpu.ready[p] != NULL);
}

static bool words_ok(void)
{
    return cpu.ready_words == ((cpu.ready_map[0] != 0) | (cpu.ready_map[1] != 0) << 1);
}

static void any_queues(void)
{
#define X(n)                                                                                       \
    thread_##n.prio = (uint8_t)any_below(TESS_PRIO_COUNT);                                         \
    thread_##n.q_next = thread_no(1 + any_below(THREADS));                                         \
    thread_##n.q_prev = thread_no(1 + any_below(THREADS));                                         \
    queued_##n = any_bool();                                                                       \
    if (queued_##n) {                                                                              \
        cpu.ready[thread_##n.prio] = thread_no(1 + any_below(THREADS));                            \
    }
    EACH(X)
#undef X
#define X(n) ASSUME(ring_ok(&thread_##n));
    EACH(X)
#undef X
    cpu.ready_map[0] = any_u64();
    cpu.ready_map[1] = any_u64();
    cpu.ready_words = any_u64();
    cpu.top = any_u32();
    ASSUME(words_ok());
    ASSUME(cpu.top == ready_highest(&cpu));
}

static struct thread *const t = &thread_1;

PROOF_SLOW(ready_append_any, 1)
{
    any_queues();
    uint32_t p = any_below(TESS_PRIO_COUNT), prio = t->prio;
    struct thread *w = thread_no(1 + any_below(THREADS)), *head = cpu.ready[prio];
    ASSUME(!queued_1);
    ASSUME(head_ok(p) && head_ok(prio) && bit_ok(p) && bit_ok(prio));
    ready_append(&cpu, t);
    queued_1 = true;
    CHECK(words_ok() && bit_ok(p), "bitmap = queues");
    CHECK(cpu.top == ready_highest(&cpu), "top is the highest");
    CHECK(ring_ok(w) && head_ok(p), "every ring is whole");
    CHECK(cpu.ready[prio] == (head ? head : t), "it goes behind all others of its priority");
    CHECK(cpu.ready[prio]->q_prev == t, "it is the last");
    if (head) {
        REACHED(behind others);
    } else {
        REACHED(alone);
    }
}

PROOF(ready_prepend_any, 1)
{
    any_queues();
    uint32_t p = any_below(TESS_PRIO_COUNT), prio = t->prio;
    struct thread *w = thread_no(1 + any_below(THREADS)), *head = cpu.ready[prio];
    ASSUME(!queued_1);
    ASSUME(head_ok(p) && head_ok(prio) && bit_ok(p) && bit_ok(prio));
    ready_prepend(&cpu, t);
    queued_1 = true;
    CHECK(words_ok() && bit_ok(p), "bitmap = queues");
    CHECK(cpu.top == ready_highest(&cpu), "top is the highest");
    CHECK(ring_ok(w) && head_ok(p), "every ring is whole");
    CHECK(cpu.ready[prio] == t && t->q_next == (head ? head : t),
          "it goes before all others of its priority");
    if (head) {
        REACHED(before others);
    } else {
        REACHED(alone);
    }
}

PROOF_SLOW(ready_remove_any, 1)
{
    any_queues();
    uint32_t p = any_below(TESS_PRIO_COUNT), prio = t->prio;
    struct thread *w = thread_no(1 + any_below(THREADS));
    ASSUME(queued_1);
    ASSUME(head_ok(p) && head_ok(prio) && bit_ok(p) && bit_ok(prio));
    ready_remove(&cpu, t);
    queued_1 = false;
    CHECK(words_ok() && bit_ok(p), "bitmap = queues");
    CHECK(cpu.top == ready_highest(&cpu), "top is the highest");
    CHECK(ring_ok(w) && head_ok(p), "every ring is whole");
    if (cpu.ready[prio] == NULL) {
        REACHED(the last of its priority);
    } else {
        REACHED(one of several);
    }
}

PROOF(ready_first_highest, 1)
{
    any_queues();
    struct thread *w = thread_no(1 + any_below(THREADS));
    uint32_t p = any_below(TESS_PRIO_COUNT);
    ASSUME(head_ok(p) && head_ok(cpu.top) && bit_ok(cpu.top) && bit_ok(w->prio));
    struct thread *first = ready_first(&cpu);
    CHECK(first == NULL || queued(first), "somebody who is queued");
    CHECK(!queued(w) || (first != NULL && first->prio >= w->prio), "nobody more urgent is queued");
    CHECK(first == NULL || cpu.ready[first->prio] == first, "the first of its priority");
    if (first != NULL) {
        REACHED(somebody);
    } else {
        REACHED(nobody);
    }
}
