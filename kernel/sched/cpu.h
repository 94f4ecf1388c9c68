/* Per-CPU data: at the top of the CPU's kernel stack.  The scheduler is told the next thread, it is seldom asked. */
#ifndef KERNEL_SCHED_CPU_H
#define KERNEL_SCHED_CPU_H

#include "budget.h"
#include "thread.h"

#define KERNEL_STACK 8192

/* The kernel lock: 0, or the low half of the address of the struct cpu that holds it.  Taken and released in entry.S. */
extern uint32_t kernel_lock;

#define PENDING_SCHEDULE                                                                           \
    1u                    /* who runs, or when the timer must fire, may have changed: schedule() */
#define PENDING_REPEAT 2u /* the system call was preempted and is to be executed again */

struct cpu {
    /* entry and message path (offsets.c): */
    struct thread *current;
    union {
        struct {
            uint32_t top;    /* highest priority in the ready queues; 0 if empty */
            uint32_t fpu_on; /* the current thread may use FP registers now */
        };
        uint64_t
            hurdle; /* both: a priority below this cannot be switched to without a closer look */
    };
    word_t space_word;     /* what the translation base register holds */
    struct budget *budget; /* what the current thread runs on; NULL when idle */
    uint64_t budget_start; /* when its present activation began */
    uint64_t budget_end;   /* when it is used up; UINT64_MAX when idle */
    uint64_t armed;        /* the hardware timer is set to this */
    word_t space_none;     /* space_word of an empty address space */

    struct thread *fpu_owner; /* whose FP state is in the registers, or NULL */
    struct vcpu *vcpu;        /* whose EL1 registers are, or NULL */
    struct timer *timers;
    uint32_t trace_on; /* mask of enum tess_trace bits */
    uint32_t rotate;   /* the current thread used up its time slice */
    uint32_t pending;  /* PENDING_*: leaving the kernel needs more than the exit */
    uint32_t id;
    uint32_t next_thread_id;
    /* ready queues: bitmap of priorities with a thread, and which of its words are not 0 */
    uint64_t ready_words;
    uint64_t ready_map[TESS_PRIO_COUNT / 64];
    struct thread *ready[TESS_PRIO_COUNT];
    struct thread idle;
};

extern struct cpu *const cpu_boot; /* the only one so far */

/* ---- ready.c ---- */
ALWAYS_INLINE void ready_mark(struct cpu *cpu, unsigned prio)
{
    cpu->ready_map[prio / 64] |= 1ull << prio % 64;
    cpu->ready_words |= 1ull << prio / 64;
    if (prio > cpu->top) {
        cpu->top = prio;
    }
}
/* It was preempted: it goes on first. */
ALWAYS_INLINE void ready_prepend(struct cpu *cpu, struct thread *t)
{
    queue_append(&cpu->ready[t->prio], t);
    cpu->ready[t->prio] = t;
    ready_mark(cpu, t->prio);
}
void ready_append(struct cpu *cpu, struct thread *t); /* at the end of its priority */
/* 0 when nothing is ready. */
ALWAYS_INLINE unsigned ready_highest(const struct cpu *cpu)
{
    if (cpu->ready_words == 0) {
        return 0;
    }
    unsigned word = 63 - (unsigned)__builtin_clzll(cpu->ready_words);
    return word * 64 + 63 - (unsigned)__builtin_clzll(cpu->ready_map[word]);
}
/* The last one of its priority is gone. */
ALWAYS_INLINE void ready_unmark(struct cpu *cpu, unsigned prio)
{
    cpu->ready_map[prio / 64] &= ~(1ull << prio % 64);
    if (cpu->ready_map[prio / 64] == 0) {
        cpu->ready_words &= ~(1ull << prio / 64);
    }
    cpu->top = ready_highest(cpu);
}
/* Take the first of the highest priority, t, out. */
ALWAYS_INLINE void ready_take(struct cpu *cpu, struct thread *t)
{
    queue_pop(&cpu->ready[t->prio], t);
    if (cpu->ready[t->prio] == NULL) {
        ready_unmark(cpu, t->prio);
    }
}
void ready_remove(struct cpu *cpu, struct thread *t);
struct thread *ready_first(struct cpu *cpu); /* highest; NULL if none; stays queued */
bool ready_ok(const struct cpu *cpu);

/* ---- switch.c ---- */
/* Make next current.  The old one has been put where its state says. */
void switch_to(struct cpu *cpu, struct thread *next);
/* Last step before leaving the kernel: who runs, and when the timer must interrupt. */
void schedule(struct cpu *cpu);
/* Work off cpu->pending at the end of a system call of self, whose registers are saved. */
void finish(struct cpu *cpu, struct thread *self);
/* The thread lets others of its priority run first. */
void schedule_yield(struct cpu *cpu);
/* Charge the running budget up to now; throttles it if used up. */
void budget_account(struct cpu *cpu);
void timers_expire(struct cpu *cpu);

/* ---- budget moves ---- */
/* from runs no more on its budget, to does; `to` has none. */
void budget_move(struct thread *from, struct thread *to);
/* t no longer waits for server: what it lent, wherever it is down the chain of passive servers, comes back to it. */
void budget_reclaim(struct thread *t, struct thread *server);
/* t gets back the budget bound to it, from whoever holds it now. */
void budget_take_home(struct thread *t);
/* t, passive, is about to block: what was lent to it goes back to its owner. */
void budget_go_home(struct thread *t);
void budget_bind(struct budget *b, struct thread *t);
void budget_unbind(struct budget *b);
/* The budget's last capability is going. */
void budget_destroy(struct budget *b);

#endif
