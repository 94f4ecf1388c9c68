/*
 * A small world of threads and what they wait on, serve and run on: three threads, an endpoint, a notification, a reply
 * object, two budgets, a virtual CPU, one CPU.  world_any() makes any state of it that satisfies the invariants; an operation on it is
 * followed by world_check().
 *
 * The ready queues and the timer heap, which have proofs of their own (sched/ready.c, sched/timer.c), are replaced by
 * what those promise: a thread is in the ready queues or not, a timer is on or off.  Entering either of them twice is a
 * failure.  Kernel predicates are used where they exist; the rest is written here.
 */
#ifndef VERIFY_WORLD_H
#define VERIFY_WORLD_H

#define POOL_CAPS 1
#include "pool.h"
#include "stand_in.h"
/* The kernel's own, wherever they are defined, step aside for the stand-ins below. */
#define ready_append  kernel_ready_append
#define ready_prepend kernel_ready_prepend
#define ready_remove  kernel_ready_remove
#define ready_first   kernel_ready_first
#define timer_insert  kernel_timer_insert
#define timer_remove  kernel_timer_remove
#define switch_to     kernel_switch_to
#define invoke        kernel_invoke
#define trace_record  kernel_trace_record
#include "ipc/ipc.h"
#include "mem/mem.h"
#include "cap/cnode.h"
#include "cap/invoke.h"
#include "trace.h"
#include "vm/vcpu.h"
#undef ready_append
#undef ready_prepend
#undef ready_remove
#undef ready_first
#undef timer_insert
#undef timer_remove
#undef switch_to
#undef invoke
#undef trace_record

SPEC_BEGIN

/* WLOG(place, value): the place holds the value, which the solver then need not find out. */
#define WLOG(place, value) (ASSUME((place) == (value)), (place) = (value))

#define THREADS        3u
#define EACH_THREAD(X) X(1) X(2) X(3)
#define EACH_BUDGET(X) X(1) X(2)

#define X(n)                                                                                       \
    static struct thread thread_##n;                                                               \
    static bool queued_##n; /* ghost: in the ready queues */
EACH_THREAD(X)
#undef X
#define X(n) static struct budget budget_##n;
EACH_BUDGET(X)
#undef X
static struct endpoint ep;
static struct notification nt;
static struct reply rp;
static struct vspace space;
static struct vcpu vc;
static struct cpu cpu;

struct cpu *const cpu_boot = &cpu;

static struct thread *thread_no(uint32_t i)
{
    switch (i) {
#define X(n)                                                                                       \
    case n:                                                                                        \
        return &thread_##n;
        EACH_THREAD(X)
#undef X
    default:
        return NULL;
    }
}

static struct thread *any_thread(void)
{
    return thread_no(1 + any_below(THREADS));
}

static struct thread *any_thread_or_none(void)
{
    return thread_no(any_below(THREADS + 1));
}

static struct budget *any_budget_or_none(void)
{
    uint32_t i = any_below(3);
    return i == 0 ? NULL : i == 1 ? &budget_1 : &budget_2;
}

/* ---- ready queues ---- */

static bool *queued(const struct thread *t)
{
    static bool none;
#define X(n)                                                                                       \
    if (t == &thread_##n) {                                                                        \
        return &queued_##n;                                                                        \
    }
    EACH_THREAD(X)
#undef X
    CHECK(false, "only threads are ready, not the idle one");
    return &none;
}

static void top_any(struct cpu *c)
{
    bool empty = !queued_1 && !queued_2 && !queued_3;
    c->top = empty ? 0 : any_below(TESS_PRIO_COUNT);
    c->ready_words = empty ? 0 : 1;
}

static void ready_append(struct cpu *c, struct thread *t)
{
    CHECK(!*queued(t), "a thread enters the ready queues once");
    *queued(t) = true;
    top_any(c);
}

static void ready_prepend(struct cpu *c, struct thread *t)
{
    ready_append(c, t);
}

static void ready_remove(struct cpu *c, struct thread *t)
{
    CHECK(*queued(t), "a thread leaves the ready queues that it is in");
    *queued(t) = false;
    top_any(c);
}

static struct thread *ready_first(struct cpu *c)
{
    struct thread *t = any_thread();
    (void)c;
    if (!queued_1 && !queued_2 && !queued_3) {
        return NULL;
    }
    ASSUME(*queued(t));
    return t;
}

/* ---- timers ---- */

static void timer_insert(struct timer **root, struct timer *t, uint64_t time, enum timer_kind kind)
{
    (void)root;
    CHECK(t->kind == TIMER_OFF, "a timer enters the heap once");
    t->kind = kind;
    t->time = time;
}

static void timer_remove(struct timer **root, struct timer *t)
{
    (void)root;
    t->kind = TIMER_OFF;
}

/* ---- what is not part of this world ---- */

struct vspace vspace_none;

#ifndef WORLD_REAL_SWITCH
static void switch_to(struct cpu *c, struct thread *next)
{
    CHECK(next == &c->idle || (next->state == TESS_THREAD_READY && !*queued(next)),
          "who is switched to is ready and was taken out of the ready queues");
    c->current = next;
}
#endif

void vcpu_advance(struct thread *t, word_t value)
{
    (void)value;
    CHECK(t->vcpu != NULL, "an exit that is completed is a guest's");
}

word_t arch_guest_pstate(word_t pstate)
{
    (void)pstate;
    return any_u64();
}

#ifndef WORLD_REAL_VCPU
void vcpu_enter(struct cpu *c)
{
    CHECK(c->current->vcpu != NULL, "only a guest's world is entered");
}
#endif

/* ---- invariants ---- */

static bool waits(const struct thread *t)
{
    return t->state == TESS_THREAD_SEND || t->state == TESS_THREAD_RECV ||
           t->state == TESS_THREAD_WAIT;
}

/* t is in the ring of `head`, whose members all have its state and wait on the same. */
static bool ring_ok(const struct thread *t, const struct thread *head)
{
    const struct thread *u = t;
    u = u == head ? u : u->q_next;
    u = u == head ? u : u->q_next;
    return head != NULL && u == head && t->q_next->q_prev == t && t->q_prev->q_next == t &&
           t->q_next->state == t->state && t->q_next->waiting_on == t->waiting_on;
}

static bool queue_ok(const struct thread *t)
{
    switch (t->state) {
    case TESS_THREAD_SEND:
        return t->waiting_on == &ep && ring_ok(t, ep.senders);
    case TESS_THREAD_RECV:
        return t->waiting_on == &ep && ring_ok(t, ep.receivers);
    case TESS_THREAD_WAIT:
        return t->waiting_on == &nt && ring_ok(t, nt.waiters);
    default:
        return t->waiting_on == NULL;
    }
}

/* From caller to server ends. */
static bool chain_ends(const struct thread *t)
{
    t = t->state == TESS_THREAD_REPLY && t->server != NULL ? t->server : t;
    t = t->state == TESS_THREAD_REPLY && t->server != NULL ? t->server : t;
    return t->state != TESS_THREAD_REPLY || t->server == NULL;
}

static struct budget *own(const struct thread *t)
{
    return t->slot[THREAD_BUDGET].type == TESS_TYPE_null        ? NULL
           : t->slot[THREAD_BUDGET].object == (word_t)&budget_1 ? &budget_1
                                                                : &budget_2;
}

/* A guest makes no system calls: it runs, sleeps, or waits for its fault handler. */
static bool guest_ok(const struct thread *t)
{
    bool calls = waits(t) || t->state == TESS_THREAD_REPLY;

    return (t->vcpu == NULL || (t->vcpu == &vc && vc.thread == t)) &&
           (t->vcpu == NULL || !calls || t->fault_kind != 0) &&
           (t->vcpu != NULL || t->fault_kind != TESS_FAULT_guest) &&
           (t->space == &vspace_none || (t->vcpu == NULL && !t->vspace->guest));
}

static bool thread_links_ok(const struct thread *t)
{
    bool reply = t->state == TESS_THREAD_REPLY, sleeps = t->state == TESS_THREAD_IDLE;

    return (t->server == NULL || reply) && (t->reply_object == NULL || reply) && chain_ends(t) &&
           (t->bound == NULL || (t->bound == &nt && nt.bound == t)) &&
           (t->fault_kind == 0 || reply || t->state == TESS_THREAD_SEND) &&
           (t->timer.kind == TIMER_OFF ||
            (t->timer.kind == TIMER_THREAD && (waits(t) || reply || sleeps))) &&
           guest_ok(t) && (t->state != TESS_THREAD_READY || !t->budget->throttled) &&
           (t->state != TESS_THREAD_RECV || t->caller == NULL) &&
           (own(t) == NULL || own(t)->owner == t);
}

static bool world_thread_ok(const struct thread *t)
{
    return t->state <= TESS_THREAD_IDLE && thread_ok(t) && queue_ok(t) && thread_links_ok(t) &&
           *queued(t) == (t->state == TESS_THREAD_READY && t != cpu.current);
}

static bool world_budget_ok(const struct budget *b)
{
    return (b->owner == NULL || own(b->owner) == b) &&
           (b->holder == NULL || b->holder->budget == b) &&
           (b->holder == NULL || b->owner != NULL) &&
           b->timer.kind == (b->throttled ? TIMER_BUDGET : TIMER_OFF);
}

static bool head_ok(const struct thread *head, unsigned state)
{
    return head == NULL || head->state == state;
}

static uint32_t senders(void)
{
    return (thread_1.state == TESS_THREAD_SEND) + (thread_2.state == TESS_THREAD_SEND) +
           (thread_3.state == TESS_THREAD_SEND);
}

static bool world_objects_ok(void)
{
    return endpoint_ok(&ep) && head_ok(ep.receivers, TESS_THREAD_RECV) &&
           head_ok(ep.senders, TESS_THREAD_SEND) && ep.sender_count == senders() &&
           notification_ok(&nt) && head_ok(nt.waiters, TESS_THREAD_WAIT) && reply_ok(&rp) &&
           world_budget_ok(&budget_1) && world_budget_ok(&budget_2) &&
           (vc.thread == NULL || vc.thread->vcpu == &vc);
}

/* At thread_1, which the operation is about, and at another: thread_2 and thread_3 differ only by name. */
static void world_check(void)
{
    struct thread *w = any_bool() ? &thread_1 : &thread_2;
    CHECK(thread_ok(w), "thread_ok");
    CHECK(queue_ok(w), "a thread is in the queue that its state says");
    CHECK(thread_links_ok(w),
          "links to server, reply object, notification, timer and budget are right");
    CHECK(*queued(w) == (w->state == TESS_THREAD_READY && w != cpu.current),
          "a ready thread is current or in the ready queues, others are not");
    CHECK(endpoint_ok(&ep) && ep.sender_count == senders(), "the endpoint counts its senders");
    CHECK(head_ok(ep.receivers, TESS_THREAD_RECV) && head_ok(ep.senders, TESS_THREAD_SEND) &&
              head_ok(nt.waiters, TESS_THREAD_WAIT),
          "queues hold threads that wait in them");
    CHECK(notification_ok(&nt), "notification_ok");
    CHECK(reply_ok(&rp), "reply_ok");
    CHECK(vc.thread == NULL || vc.thread->vcpu == &vc, "a vCPU and its thread name each other");
    CHECK(world_budget_ok(&budget_1) && world_budget_ok(&budget_2),
          "budgets: owner and holder are linked both ways, timer on when throttled");
}

/* ---- any state ---- */

static void thread_any(struct thread *t)
{
    uint32_t where = any_below(4);

    t->cpu = &cpu;
    t->state = (uint8_t)any_below(TESS_THREAD_IDLE + 1);
    t->prio = any_u8(); /* never above the ceiling: only thread.set_priority changes them */
    t->ceiling = any_u8();
    ASSUME(t->prio <= t->ceiling);
    t->flags = any_u8() & (THREAD_KICK | THREAD_SLOW);
    t->q_next = any_thread();
    t->q_prev = any_thread();
    t->budget = any_budget_or_none();
    t->caller = any_thread_or_none();
    t->server = any_thread_or_none();
    t->reply_object = any_bool() ? &rp : NULL;
    t->bound = any_bool() ? &nt : NULL;
    t->waiting_on = where == 0 ? NULL : where == 1 ? (void *)&ep : (void *)&nt;
    t->timer.kind = any_bool() ? TIMER_THREAD : TIMER_OFF;
    t->fault_kind = any_below(TESS_FAULT_guest + 1);
    t->send_kind = (uint8_t)any_below(SEND_FAULT + 1);
    t->badge = any_u64();
    t->vspace = any_bool() ? &space : NULL;
    t->vcpu = any_bool() ? &vc : NULL;
    t->space = any_bool() ? &space : &vspace_none;
    t->regs.pc = any_u64();
    for (unsigned i = 0; i < THREAD_SLOTS; i++) {
        t->slot[i].holder = (uint8_t)(HOLDER_THREAD + i);
    }
    if (any_bool()) {
        t->slot[THREAD_BUDGET].type = TESS_TYPE_budget;
        t->slot[THREAD_BUDGET].object = any_bool() ? (word_t)&budget_1 : (word_t)&budget_2;
    }
}

static void budget_any(struct budget *b)
{
    b->owner = any_thread_or_none();
    b->holder = any_thread_or_none();
    b->throttled = any_bool();
    b->timer.kind = b->throttled ? TIMER_BUDGET : TIMER_OFF;
    b->amount = any_u64();
    b->period = any_u64();
    b->count = 1;
    b->refs = 1;
    b->refill[0].amount = any_u64();
    b->refill[0].time = any_u64();
    ASSUME(b->amount >= BUDGET_MIN && b->amount <= b->period && b->period <= BUDGET_MAX);
    ASSUME(b->refill[0].amount <= b->amount && b->refill[0].time < VERIFY_TIME_MAX);
}

static void world_any(void)
{
#define X(n)                                                                                       \
    thread_any(&thread_##n);                                                                       \
    queued_##n = any_bool();
    EACH_THREAD(X)
#undef X
#define X(n) budget_any(&budget_##n);
    EACH_BUDGET(X)
#undef X
    ep.receivers = any_thread_or_none();
    ep.senders = any_thread_or_none();
    ep.sender_count = any_below(THREADS + 1);
    nt.waiters = any_thread_or_none();
    nt.bound = any_thread_or_none();
    nt.bits = any_u64();
    rp.caller = any_thread_or_none();
    vc.thread = any_thread_or_none();
    space.guest = any_bool();
    cpu.current = any_bool() ? &cpu.idle : any_thread();
    cpu.idle.prio = 0;
    top_any(&cpu);
#define X(n) ASSUME(world_thread_ok(&thread_##n));
    EACH_THREAD(X)
#undef X
    ASSUME(world_objects_ok());
}

SPEC_END

#endif
