/* Endpoints, notifications, reply objects, interrupt lines: signals, destruction, invocations. */
#include "../cap/cnode.h"
#include "../cap/invoke.h"
#include "../dev/dev.h"
#include "../trace.h"
#include "ipc.h"

struct irq_line *irq_lines;
uint32_t irq_count;

/* ---- notifications ---- */

void notification_signal(struct cpu *cpu, struct notification *n, word_t bits)
{
    struct thread *t = n->waiters;

    trace(cpu, TESS_TRACE_signal, ptr_link(n), bits);
    if (t != NULL) {
        queue_pop(&n->waiters, t);
    } else {
        t = n->bound;
        if (t == NULL || t->state != TESS_THREAD_RECV ||
            t->budget == NULL) { /* nobody, busy, or passive */
            n->bits |= bits;
            return;
        }
        queue_remove(&((struct endpoint *)t->waiting_on)->receivers, t);
        bits |= n->bits;
        n->bits = 0;
    }
    ipc_unblock(t);
    thread_result(t, bits, TESS_TAG_SIGNAL);
    thread_ready(t);
}

bool notification_empty_step(struct notification *n)
{
    if (n->waiters != NULL) {
        thread_abort(n->waiters, TESS_GONE);
    }
    return n->waiters == NULL;
}

bool notification_ok(const struct notification *n)
{
    return (n->waiters == NULL || n->bits == 0) && (n->bound == NULL || n->bound->bound == n);
}

/* ---- endpoints ---- */

bool endpoint_empty_step(struct endpoint *e)
{
    if (e->receivers != NULL) {
        thread_abort(e->receivers, TESS_GONE);
    } else if (e->senders != NULL) {
        struct thread *t = e->senders;
        if (t->fault_kind !=
            0) { /* its handler is gone for good: trying again would only fault again */
            thread_suspend(t);
        } else {
            thread_abort(t, TESS_GONE);
        }
    }
    return e->receivers == NULL && e->senders == NULL;
}

bool endpoint_ok(const struct endpoint *e)
{
    return (e->receivers == NULL || e->senders == NULL) &&
           (e->senders == NULL) == (e->sender_count == 0);
}

enum tess_err endpoint_cancel(struct endpoint *e, word_t badge, word_t *progress)
{
    word_t left = *progress;

    if (left == 0 || left > e->sender_count) {
        left = e->sender_count;
    }
    while (left > 0 && e->senders != NULL) {
        LOOP_BOUND(1 << 20);
        struct thread *t = e->senders;
        if (t->badge != badge) {
            e->senders = t->q_next; /* once around keeps the order */
        } else if (t->fault_kind != 0) {
            thread_suspend(t);
        } else {
            thread_abort(t, TESS_CANCELED);
        }
        left--;
        if (left > 0 && arch_irq_pending()) {
            *progress = left;
            return K_PREEMPTED;
        }
    }
    return TESS_OK;
}

/* ---- reply objects ---- */

void reply_drop(struct reply *r)
{
    if (r->caller != NULL) {
        thread_abort(r->caller, TESS_GONE);
    }
}

bool reply_ok(const struct reply *r)
{
    return r->caller == NULL ||
           (r->caller->state == TESS_THREAD_REPLY && r->caller->reply_object == r);
}

enum tess_err reply_invoke(struct invocation *inv)
{
    struct reply *r = (struct reply *)inv->cap->object;
    struct thread *caller = inv->self->caller;

    if (caller == NULL || r->caller != NULL) {
        return TESS_STATE;
    }
    inv->self->caller = NULL;
    caller->server = NULL;
    caller->reply_object = r;
    r->caller = caller;
    return TESS_OK;
}

/* ---- interrupt lines ---- */

/* One reason less to be quiet; a message that came meanwhile is delivered when it was the last. */
static void irq_loud(struct cpu *cpu, uint32_t line, unsigned reason)
{
    struct irq_line *l = &irq_lines[line];

    l->quiet &= ~reason;
    if (l->quiet == IRQ_AGAIN) {
        l->quiet = 0;
        irq_deliver(cpu, line);
    }
}

void irq_ack(struct cpu *cpu, uint32_t line)
{
    if (irq_lines[line].quiet & IRQ_ACTIVE) {
        gic_deactivate(line);
        irq_loud(cpu, line, IRQ_ACTIVE);
    }
}

void irq_deliver(struct cpu *cpu, uint32_t line)
{
    struct irq_line *l = &irq_lines[line];

    if (unlikely(l->slot.type != TESS_TYPE_notification)) { /* nobody's */
        gic_mask(line);
        gic_deactivate(line);
        return;
    }
    if (l->quiet && line >= gic_wires) {
        l->quiet |= IRQ_AGAIN;
        return;
    }
    l->quiet |= IRQ_ACTIVE;
    trace(cpu, TESS_TRACE_irq, line, 0);
    notification_signal(cpu, (struct notification *)l->slot.object, l->slot.badge);
}

void irq_unbind(uint32_t line)
{
    struct irq_line *l = &irq_lines[line];

    gic_mask(line);
    if (l->quiet & IRQ_ACTIVE) {
        gic_deactivate(line);
    }
    l->quiet = IRQ_MASKED;
}

enum tess_err irq_invoke(struct invocation *inv)
{
    uint32_t line = (uint32_t)inv->cap->object;
    struct irq_line *l = &irq_lines[line];
    enum tess_err err = TESS_OK;
    struct cap *n;

    switch (inv->label) {
    case TESS_LABEL_irq_bind:
        n = arg_cap(inv, inv->arg[0], TESS_TYPE_notification, &err);
        if (n == NULL) {
            return err;
        }
        if ((n->rights & TESS_RIGHT_SEND) == 0) {
            return TESS_RIGHTS;
        }
        if (l->slot.type != TESS_TYPE_null) {
            return TESS_EXISTS;
        }
        cap_copy(n, &l->slot, TESS_RIGHT_SEND, n->badge);
        gic_unmask(line);
        irq_loud(inv->cpu, line, IRQ_MASKED);
        return TESS_OK;
    case TESS_LABEL_irq_ack:
        irq_ack(inv->cpu, line);
        return TESS_OK;
    case TESS_LABEL_irq_mask:
        if (inv->arg[0] > 1) {
            return TESS_ARG;
        }
        if (inv->arg[0] == 0 && l->slot.type == TESS_TYPE_null) {
            return TESS_STATE;
        }
        if (inv->arg[0] == 1) {
            gic_mask(line);
            l->quiet |= IRQ_MASKED;
        } else {
            gic_unmask(line);
            irq_loud(inv->cpu, line, IRQ_MASKED);
        }
        return TESS_OK;
    default: /* unbind */
        return l->slot.type == TESS_TYPE_null ? TESS_STATE : cap_delete(&l->slot);
    }
}

enum tess_err irq_control_invoke(struct invocation *inv)
{
    uint32_t line = gic_line(inv->arg[0]);
    word_t edge = inv->arg[1];
    enum tess_err err = TESS_OK;
    struct cap *to = arg_empty(inv, inv->arg[2], inv->arg[3], &err);

    if (edge > 1 || line >= irq_count || irq_lines[line].kernel || (!edge && line >= gic_wires)) {
        return TESS_ARG;
    }
    if (to == NULL) {
        return err;
    }
    if (irq_lines[line].refs != 0) {
        return TESS_EXISTS;
    }
    gic_set_trigger(line, edge != 0);
    cap_make(inv->cap, to, TESS_TYPE_irq, line, 0, 0);
    return TESS_OK;
}
