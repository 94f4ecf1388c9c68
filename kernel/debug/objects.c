/* What holds for threads and for what they wait on, lend, serve and are woken by. */
#include "audit.h"
#include "../arch.h"
#include "../vm/vcpu.h"

#define THREADS_MAX (1u << 20)

/* ---- threads ---- */

/* What the state says about queues and links. */
static void audit_thread_state(const struct thread *t)
{
    HOLDS(t->state != TESS_THREAD_REPLY || (t->server != NULL) != (t->reply_object != NULL),
          "a caller has exactly one who answers", t, t->server, t->reply_object);
    switch (t->state) {
    case TESS_THREAD_READY:
        HOLDS(t->budget != NULL && !t->budget->throttled, "a ready thread has processor time", t,
              t->budget, t->flags);
        audit.ready += t != t->cpu->current;
        break;
    case TESS_THREAD_NO_BUDGET:
        HOLDS(t->budget == NULL || t->budget->throttled,
              "a thread without budget has no processor time", t, t->budget, t->flags);
        break;
    case TESS_THREAD_SEND:
        HOLDS(alive(t->waiting_on, TESS_TYPE_endpoint), "a sender waits on a live endpoint", t,
              t->waiting_on, 0);
        audit.sending++;
        break;
    case TESS_THREAD_RECV:
        HOLDS(alive(t->waiting_on, TESS_TYPE_endpoint), "a receiver waits on a live endpoint", t,
              t->waiting_on, 0);
        audit.receiving++;
        break;
    case TESS_THREAD_WAIT:
        HOLDS(alive(t->waiting_on, TESS_TYPE_notification), "a thread waits on a live notification",
              t, t->waiting_on, 0);
        audit.waiting++;
        break;
    case TESS_THREAD_REPLY:
        HOLDS(!t->server || (alive(t->server, TESS_TYPE_thread) && t->server->caller == t),
              "who answers knows the caller", t, t->server, 0);
        HOLDS(!t->reply_object ||
                  (alive(t->reply_object, TESS_TYPE_reply) && t->reply_object->caller == t),
              "the reply object knows the caller", t, t->reply_object, 0);
        break;
    case TESS_THREAD_IDLE:
        HOLDS(t->vcpu != NULL, "a thread that sleeps in wfi is a guest", t, t->vcpu, t->flags);
        break;
    default:
        HOLDS(t->state == TESS_THREAD_SUSPENDED, "a thread has a state", t, t->state, 0);
        break;
    }
}

/* From caller to server to its server ... ends. */
static void audit_call_chain(const struct thread *t)
{
    const struct thread *at = t;

    for (uint32_t n = 0; at->state == TESS_THREAD_REPLY && at->server != NULL; n++) {
        LOOP_BOUND(THREADS_MAX);
        HOLDS(n <= audit.object_count || audit.partial, "calls do not go in circles", t, n, at);
        at = at->server;
    }
}

void audit_thread(const struct thread *t)
{
    const struct cap *vspace = &t->slot[THREAD_VSPACE], *cnode = &t->slot[THREAD_CNODE];

    HOLDS(thread_ok(t), "thread_ok", t, t->state, t->flags);
    audit_thread_state(t);
    audit_call_chain(t);
    HOLDS(!t->caller || (alive(t->caller, TESS_TYPE_thread) && t->caller->server == t &&
                         t->caller->state == TESS_THREAD_REPLY),
          "who is served waits for the reply", t, t->caller, 0);
    HOLDS(!t->budget || (alive(t->budget, TESS_TYPE_budget) && t->budget->holder == t),
          "a budget knows who runs on it", t, t->budget, t->budget->holder);
    HOLDS(!t->bound || (alive(t->bound, TESS_TYPE_notification) && t->bound->bound == t),
          "a bound notification knows its thread", t, t->bound, 0);
    HOLDS(t->fault_kind == 0 || t->state == TESS_THREAD_SEND || t->state == TESS_THREAD_REPLY,
          "a faulted thread waits for its handler", t, t->fault_kind, t->state);
    HOLDS(vspace->type == TESS_TYPE_vspace ? (word_t)t->vspace == vspace->object
                                           : t->vspace == NULL,
          "a thread's address space is what its slot names", t, t->vspace, vspace->object);
    HOLDS(t->slot[THREAD_VCPU].type == TESS_TYPE_vcpu
              ? (word_t)t->vcpu == t->slot[THREAD_VCPU].object && t->vcpu->thread == t
              : t->vcpu == NULL,
          "a thread's vCPU is what its slot names", t, t->vcpu, t->slot[THREAD_VCPU].object);
    HOLDS(t->vcpu != NULL || (t->regs.pstate & 15) == 0, "only a guest is more than user mode", t,
          t->regs.pstate, t->vcpu);
    HOLDS(t->space == t->vspace || t->space == &vspace_none, "a thread runs in its address space",
          t, t->space, t->vspace);
    HOLDS(cnode->type == TESS_TYPE_cnode
              ? t->slots == ((const struct cnode *)cnode->object)->slot &&
                    t->slot_count == ((const struct cnode *)cnode->object)->box.count
              : t->slot_count == 0,
          "a thread's slots are those of its CNode", t, t->slots, t->slot_count);
    HOLDS(timer_ok(&t->timer), "timer_ok", t, t->timer.time, t->timer.kind);
    if (t->timer.kind != TIMER_OFF) {
        audit.timers++;
        HOLDS(t->timer.kind == TIMER_THREAD && t->state >= TESS_THREAD_SEND,
              "only a thread that waits has a deadline", t, t->timer.kind, t->state);
    }
}

/* ---- queues ---- */

/* Members of a circular queue, each in this state and waiting on this. */
static word_t audit_queue(const struct thread *head, unsigned state, const void *waiting_on)
{
    const struct thread *t = head;
    word_t n = 0;

    if (head == NULL) {
        return 0;
    }
    do {
        LOOP_BOUND(THREADS_MAX);
        HOLDS(alive(t, TESS_TYPE_thread), "a queue holds live threads", t, waiting_on, n);
        HOLDS(t->state == state && (!waiting_on || t->waiting_on == waiting_on),
              "a thread is in the queue its state says", t, t->state, t->waiting_on);
        HOLDS(t->q_next->q_prev == t, "a queue is linked both ways", t, t->q_next,
              t->q_next->q_prev);
        HOLDS(++n <= THREADS_MAX, "a queue is a circle", t, n, waiting_on);
        t = t->q_next;
    } while (t != head);
    return n;
}

void audit_endpoint(const struct endpoint *e)
{
    HOLDS(endpoint_ok(e), "endpoint_ok", e, e->senders, e->receivers);
    HOLDS(!e->senders || !e->receivers, "an endpoint has waiting senders or receivers, not both", e,
          e->senders, e->receivers);
    word_t senders = audit_queue(e->senders, TESS_THREAD_SEND, e);

    HOLDS(senders == e->sender_count, "an endpoint counts its senders", e, senders,
          e->sender_count);
    audit.queued_send += senders;
    audit.queued_recv += audit_queue(e->receivers, TESS_THREAD_RECV, e);
}

void audit_notification(const struct notification *n)
{
    HOLDS(notification_ok(n), "notification_ok", n, n->bits, n->waiters);
    HOLDS(n->bits == 0 || n->waiters == NULL, "nobody waits for bits that are there", n, n->bits,
          n->waiters);
    HOLDS(!n->bound || (alive(n->bound, TESS_TYPE_thread) && n->bound->bound == n),
          "a notification's thread knows it", n, n->bound, 0);
    audit.queued_wait += audit_queue(n->waiters, TESS_THREAD_WAIT, n);
}

void audit_reply(const struct reply *r)
{
    HOLDS(reply_ok(r), "reply_ok", r, r->caller, 0);
    HOLDS(!r->caller || (alive(r->caller, TESS_TYPE_thread) && r->caller->reply_object == r),
          "the caller in a reply object knows it", r, r->caller, 0);
}

void audit_budget(const struct budget *b)
{
    const struct thread *o = b->owner, *h = b->holder;

    HOLDS(budget_ok(b), "budget_ok", b, b->amount, b->count);
    HOLDS(timer_ok(&b->timer), "timer_ok", b, b->timer.time, b->timer.kind);
    HOLDS(!o || (alive(o, TESS_TYPE_thread) && o->slot[THREAD_BUDGET].type == TESS_TYPE_budget &&
                 o->slot[THREAD_BUDGET].object == (word_t)b),
          "a budget's owner has it in its slot", b, o, 0);
    HOLDS(!h || (alive(h, TESS_TYPE_thread) && h->budget == b), "who runs on a budget knows it", b,
          h, 0);
    HOLDS(!h || o, "nobody runs on a budget that belongs to nobody", b, h, o);
    HOLDS(b->timer.kind == (b->throttled ? TIMER_BUDGET : TIMER_OFF),
          "a throttled budget waits for its refill", b, b->timer.kind, b->throttled);
    audit.timers += b->timer.kind != TIMER_OFF;
}

void audit_vcpu(const struct vcpu *v)
{
    HOLDS(!v->thread || (alive(v->thread, TESS_TYPE_thread) && v->thread->vcpu == v),
          "a vCPU knows its thread", v, v->thread, 0);
    HOLDS(v->thread || cpu_boot->vcpu != v, "a vCPU without a thread is not in the CPU", v,
          cpu_boot->vcpu, 0);
}

/* ---- one CPU ---- */

/* The timer after t, a node before its children; a leftist heap has no right child without a left one. */
static const struct timer *timer_next(const struct timer *t)
{
    if (t->left) {
        return t->left;
    }
    while (t->parent && (t->parent->left != t || t->parent->right == NULL)) {
        LOOP_BOUND(2 * THREADS_MAX);
        t = t->parent;
    }
    return t->parent ? t->parent->right : NULL;
}

static void audit_heap(const struct timer *root)
{
    HOLDS(!root || !root->parent, "the first timer has no parent", root, root->parent, 0);
    for (const struct timer *t = root; t != NULL; t = timer_next(t)) {
        LOOP_BOUND(2 * THREADS_MAX);
        HOLDS(t->kind != TIMER_OFF && timer_ok(t), "timers are a leftist heap", t, t->time,
              t->rank);
        HOLDS(++audit.timers_heaped <= 2 * THREADS_MAX, "the heap of timers is finite", t, 0, 0);
    }
}

void audit_cpu(const struct cpu *cpu)
{
    const struct thread *t = cpu->current;

    HOLDS(ready_ok(cpu), "ready_ok", cpu, cpu->ready_words, cpu->top);
    for (unsigned p = 0; p < TESS_PRIO_COUNT; p++) {
        LOOP_BOUND(TESS_PRIO_COUNT);
        const struct thread *head = cpu->ready[p];
        if (head) {
            HOLDS(head->prio == p, "a ready thread is queued at its priority", head, head->prio, p);
            audit.ready_queued += audit_queue(head, TESS_THREAD_READY, NULL);
        }
    }
    HOLDS(t == &cpu->idle || (alive(t, TESS_TYPE_thread) && t->state == TESS_THREAD_READY),
          "the running thread is alive and ready", t, t->state, 0);
    /* The idle thread with a spent budget only lets interrupts in. */
    HOLDS(t == &cpu->idle ? cpu->ready_words == 0 || cpu->budget_end == 0
                          : cpu->ready_words == 0 || cpu->top <= t->prio,
          "nobody more urgent waits", t, cpu->top, t->prio);
    HOLDS(t == &cpu->idle || !(t->flags & THREAD_KICK), "a kicked thread does not go on", t,
          t->flags, 0);
    HOLDS(t == &cpu->idle || cpu->budget == t->budget, "the running budget is the running thread's",
          t, cpu->budget, t->budget);
    word_t space = t->vspace != NULL && !t->vspace->guest && t->vspace->switch_word != 0
                       ? t->vspace->switch_word
                       : cpu->space_none;

    HOLDS(t->vcpu != NULL || cpu->space_word == space,
          "the CPU translates by the running thread's tables", t, cpu->space_word, t->vspace);
    HOLDS(!cpu->vcpu || alive(cpu->vcpu, TESS_TYPE_vcpu), "EL1 registers belong to a live vCPU",
          cpu, cpu->vcpu, 0);
    HOLDS(!cpu->fpu_owner || alive(cpu->fpu_owner, TESS_TYPE_thread),
          "FP registers belong to a live thread", cpu, cpu->fpu_owner, 0);
    audit_heap(cpu->timers);
    HOLDS(!cpu->timers || cpu->armed <= cpu->timers->time, "the clock is set for the first timer",
          cpu, cpu->armed, cpu->timers->time);
    HOLDS(t == &cpu->idle || cpu->armed <= cpu->budget_end,
          "the clock is set for the end of the budget", cpu, cpu->armed, cpu->budget_end);
}

/* ---- interrupts ---- */

void audit_irqs(void)
{
    for (uint32_t i = 0; i < irq_count; i++) {
        LOOP_BOUND(1100);
        const struct irq_line *l = &irq_lines[i];
        if (l->slot.type != TESS_TYPE_null) {
            audit.slots_full++;
            HOLDS(l->slot.type == TESS_TYPE_notification && l->slot.holder == HOLDER_IRQ,
                  "a line is bound to a notification", l, l->slot.type, l->slot.holder);
        }
        HOLDS(l->refs != 0 || l->slot.type == TESS_TYPE_null, "a line that nobody has is not bound",
              l, i, l->slot.type);
        HOLDS(l->slot.type != TESS_TYPE_null || l->kernel || l->quiet == IRQ_MASKED,
              "a line that is not bound is masked", l, i, l->quiet);
        HOLDS(!l->kernel || l->refs == 0, "the kernel's own lines are not for sale", l, i, l->refs);
    }
}
