/*
 * Who runs: switching, accounting, timers.
 *
 * The timer is lazy: it is set when something must happen earlier than what it is set to, and never moved to a later
 * time; an interrupt that comes too early finds nothing to do and sets it anew.
 */
#include "cpu.h"

#include "../ipc/ipc.h"
#include "../mem/mem.h"
#include "../trace.h"
#include "../vm/stage2.h"
#include "../vm/vcpu.h"

#define EXPIRE_BATCH 8  /* timers served by one interrupt; more: the next one follows at once */
#define CHAIN_MAX    64 /* passive servers looked at when a budget goes home */
#define KICK_BATCH   16 /* kicked threads turned into faults on one way out */

static bool is_idle(const struct cpu *cpu, const struct thread *t)
{
    return t == &cpu->idle;
}

/* Nothing left until a refill: the holder waits. */
static void throttle(struct cpu *cpu, struct budget *b)
{
    struct thread *h = b->holder;

    cpu->pending |= PENDING_SCHEDULE;
    b->throttled = true;
    timer_insert(&cpu->timers, &b->timer, b->refill[b->head].time, TIMER_BUDGET);
    if (h != NULL && h->state == TESS_THREAD_READY) {
        if (h != cpu->current) {
            ready_remove(cpu, h);
        }
        h->state = TESS_THREAD_NO_BUDGET;
    }
}

/* A slice is over: full again, but the others of the priority come first. */
static void next_slice(struct cpu *cpu, struct budget *b)
{
    struct thread *h = b->holder;

    budget_next_slice(b);
    if (h == cpu->current) {
        schedule_yield(cpu);
    } else if (h != NULL && h->state == TESS_THREAD_READY) {
        ready_remove(cpu, h);
        ready_append(cpu, h);
    }
}

/* Charge the running budget for the time since budget_start. */
static void charge(struct cpu *cpu, uint64_t now)
{
    struct budget *b = cpu->budget;

    if (b == NULL || b->throttled) { /* the few ticks until the switch are not counted twice */
        return;
    }
    if (budget_charge(b, now - cpu->budget_start, cpu->budget_start, now)) {
        throttle(cpu, b);
    } else if (b->refill[b->head].amount == 0) {
        next_slice(cpu, b);
    }
}

static void run_on(struct cpu *cpu, struct budget *b, uint64_t now)
{
    cpu->budget = b;
    cpu->budget_start = now;
    cpu->budget_end = b != NULL ? now + b->refill[b->head].amount : UINT64_MAX;
}

void budget_account(struct cpu *cpu)
{
    uint64_t now = arch_now();

    charge(cpu, now);
    run_on(cpu, cpu->budget, now);
}

void switch_to(struct cpu *cpu, struct thread *next)
{
    word_t word = next->space->switch_word;

    cpu->pending |= PENDING_SCHEDULE;
    cpu->current = next;
    trace(cpu, TESS_TRACE_switch, next->id, next->prio);
    if (next->budget != cpu->budget) {
        uint64_t now = arch_now();
        charge(cpu, now);
        run_on(cpu, next->budget, now);
    }
    if (unlikely(word == 0)) {
        word = space_word_of(cpu, next);
    }
    if (word != cpu->space_word) {
        cpu->space_word = word;
        arch_space_load(word);
    }
    if (cpu->fpu_on) {
        cpu->fpu_on = 0;
        arch_fpu_enable(false);
    }
}

static void pick(struct cpu *cpu)
{
    struct thread *t = ready_first(cpu);

    if (t == NULL) {
        vcpu_idle(cpu);
        switch_to(cpu, &cpu->idle);
    } else {
        ready_remove(cpu, t);
        switch_to(cpu, t);
    }
}

void schedule_yield(struct cpu *cpu)
{
    cpu->pending |= PENDING_SCHEDULE;
    cpu->rotate = 1;
}

/* The running thread's budget is used up: tell who wants to know. */
static void timeout_fault(struct thread *t)
{
    struct cap *handler = &t->slot[THREAD_TIMEOUT];

    if (t->state == TESS_THREAD_NO_BUDGET && handler->type != TESS_TYPE_null && t->budget != NULL) {
        word_t words[2] = { budget_consumed(t->budget), t->regs.pc };
        ipc_fault(t, handler, TESS_FAULT_budget, words, 2);
    }
}

void schedule(struct cpu *cpu)
{
    for (unsigned i = 0;; i++) {
        LOOP_BOUND(KICK_BATCH + 1);
        struct thread *t = cpu->current;

        if (t->state == TESS_THREAD_READY && !is_idle(cpu, t)) {
            if (cpu->ready_words != 0 &&
                (t->prio < cpu->top || (cpu->rotate && t->prio == cpu->top))) {
                if (cpu->rotate) {
                    ready_append(cpu, t);
                } else {
                    ready_prepend(cpu, t);
                }
                pick(cpu);
            } else if (t->budget != cpu->budget) { /* the same thread on another budget */
                switch_to(cpu, t);
            }
        } else {
            timeout_fault(t);
            if (cpu->current == t) {
                pick(cpu);
            }
        }
        cpu->rotate = 0;
        t = cpu->current;
        if (likely(!(t->flags & THREAD_KICK))) {
            break;
        }
        if (i == KICK_BATCH) { /* enough: let interrupts in by way of the idle thread */
            ready_prepend(cpu, t);
            switch_to(cpu, &cpu->idle);
            cpu->budget_end = 0;
            break;
        }
        t->flags &= (uint8_t)~THREAD_KICK;
        thread_update_space(t);
        ipc_fault(t, &t->slot[THREAD_FAULT], TESS_FAULT_kick, &t->regs.pc, 1);
    }
    uint64_t next = cpu->budget_end;

    if (cpu->timers != NULL && cpu->timers->time < next) {
        next = cpu->timers->time;
    }
    if (next < cpu->armed) {
        cpu->armed = next;
        arch_timer_set(next);
    }
}

void finish(struct cpu *cpu, struct thread *self)
{
    if (cpu->pending & PENDING_REPEAT) {
        self->regs.pc -= 4;
    }
    cpu->pending = 0;
    schedule(cpu);
    cpu->pending = 0;
    if (unlikely(cpu->current->vcpu != NULL)) {
        vcpu_enter(cpu);
    }
}

void timers_expire(struct cpu *cpu)
{
    cpu->pending |= PENDING_SCHEDULE;
    uint64_t now = arch_now();

    cpu->armed = UINT64_MAX;
    arch_timer_set(UINT64_MAX);
    if (now >= cpu->budget_end) {
        budget_account(cpu);
    }
    for (unsigned i = 0; i < EXPIRE_BATCH; i++) {
        LOOP_BOUND(EXPIRE_BATCH);
        struct timer *timer = cpu->timers;

        if (timer == NULL || timer->time > now) {
            break;
        }
        trace(cpu, TESS_TRACE_timer, timer->kind, timer->time);
        if (timer->kind == TIMER_THREAD) {
            thread_abort(timer_thread(timer), TESS_TIMEOUT);
        } else {
            struct budget *b = (struct budget *)((char *)timer - offsetof(struct budget, timer));
            timer_remove(&cpu->timers, timer);
            b->throttled = false;
            if (b->holder != NULL && b->holder->state == TESS_THREAD_NO_BUDGET) {
                thread_ready(b->holder);
            }
        }
    }
}

/* ---- budgets on the move ---- */

/* h loses the budget it holds. */
static void release(struct thread *h)
{
    struct cpu *cpu = h->cpu;

    cpu->pending |= PENDING_SCHEDULE;
    h->budget = NULL;
    if (h->state == TESS_THREAD_READY) {
        if (h != cpu->current) {
            ready_remove(cpu, h);
        }
        h->state = TESS_THREAD_NO_BUDGET;
    } else if (h->state == TESS_THREAD_REPLY) { /* it lent nothing, and nothing can be given back */
        h->flags |= THREAD_SLOW;
        thread_update_space(h);
    }
}

static void hold(struct budget *b, struct thread *t)
{
    t->cpu->pending |= PENDING_SCHEDULE;
    b->holder = t;
    t->budget = b;
    if (t->state == TESS_THREAD_NO_BUDGET) {
        thread_ready(t);
    }
}

void budget_move(struct thread *from, struct thread *to)
{
    struct budget *b = from->budget;

    if (b != NULL) {
        to->cpu->pending |= PENDING_SCHEDULE;
        from->budget = NULL;
        b->holder = to;
        to->budget = b;
    }
}

static struct budget *own_budget(const struct thread *t)
{
    const struct cap *c = &t->slot[THREAD_BUDGET];
    return c->type == TESS_TYPE_budget ? (struct budget *)c->object : NULL;
}

void budget_reclaim(struct thread *t, struct thread *server)
{
    struct thread *h = server;

    for (unsigned i = 0; i < CHAIN_MAX && h->budget == NULL && h->state == TESS_THREAD_REPLY; i++) {
        LOOP_BOUND(CHAIN_MAX);
        struct budget *own = own_budget(h);
        if (h->server == NULL || (own != NULL && own->holder != NULL)) {
            break; /* what is further down is not what t lent */
        }
        h = h->server;
    }
    struct budget *b = h->budget;
    if (t->budget == NULL && b != NULL && b->owner != h) {
        release(h);
        hold(b, t);
    }
}

void budget_take_home(struct thread *t)
{
    struct budget *b = own_budget(t);

    if (b != NULL && b->holder != t && t->budget == NULL) {
        if (b->holder != NULL) {
            release(b->holder);
        }
        hold(b, t);
    }
}

void budget_go_home(struct thread *t)
{
    struct budget *b = t->budget;

    if (b == NULL || b->owner == t) {
        return;
    }
    t->budget = NULL;
    b->holder = NULL;
    budget_take_home(t); /* one bound to it while it ran on what was lent */
    struct thread *home = b->owner;
    if (home == NULL || home->budget != NULL) {
        return;
    }
    /* the owner may wait for a passive thread that was left without time: that one goes on */
    for (unsigned i = 0; i < CHAIN_MAX && home->state == TESS_THREAD_REPLY && home->server != NULL;
         i++) {
        LOOP_BOUND(CHAIN_MAX);
        struct thread *server = home->server;
        if (server->budget != NULL || server == t) {
            break;
        }
        home = server;
    }
    hold(b, home);
}

void budget_bind(struct budget *b, struct thread *t)
{
    b->owner = t;
    if (t->caller != NULL &&
        t->caller->budget == NULL) { /* it served on a lent budget: the reply must look */
        t->caller->flags |= THREAD_SLOW;
        thread_update_space(t->caller);
    }
    if (t->state == TESS_THREAD_REPLY && t->budget == NULL) { /* it lent what it ran on: likewise */
        t->flags |= THREAD_SLOW;
        thread_update_space(t);
    }
    if (t->budget == NULL && b->holder == NULL) {
        hold(b, t);
    }
}

void budget_unbind(struct budget *b)
{
    b->owner = NULL;
    if (b->holder != NULL) {
        release(b->holder);
        b->holder = NULL;
    }
}

void budget_destroy(struct budget *b)
{
    struct cpu *cpu = cpu_boot;

    if (cpu->budget == b) {
        run_on(cpu, NULL, arch_now());
    }
    if (b->holder != NULL) {
        release(b->holder);
        b->holder = NULL;
    }
    if (b->throttled) {
        timer_remove(&cpu->timers, &b->timer);
        b->throttled = false;
    }
}
