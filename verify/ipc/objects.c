/*
 * Endpoints, notifications, reply objects and interrupt lines: signals, destruction step by step, moving a caller into a
 * reply object.  After each operation all queues and links of the world hold.
 */
#include "world_sources.h"

SPEC_BEGIN

PROOF(notification_signal_any, 8)
{
    world_any();
    word_t bits = any_u64(), before = nt.bits;
    struct thread *waiter = nt.waiters;
    notification_signal(&cpu, &nt, bits);
    world_check();
    if (waiter != NULL) {
        CHECK(waiter->regs.x[0] == bits && waiter->regs.x[1] == TESS_TAG_SIGNAL,
              "the first waiter got the bits");
        CHECK(!waits(waiter) && nt.bits == 0, "and goes on");
        REACHED(somebody waits);
    } else if (nt.bound != NULL && nt.bound->regs.x[1] == TESS_TAG_SIGNAL) {
        CHECK(nt.bound->regs.x[0] == (before | bits) && nt.bits == 0,
              "the bound thread got all bits");
        REACHED(the bound thread receives);
    } else {
        CHECK(nt.bits == (before | bits), "the bits are kept");
        REACHED(nobody waits);
    }
}

PROOF(notification_empty_any, 8)
{
    world_any();
    struct thread *first = nt.waiters;
    bool done = notification_empty_step(&nt);
    CHECK(done == (nt.waiters == NULL), "done when nobody waits");
    CHECK(first == NULL || !waits(first), "each step frees one");
    world_check();
    if (first != NULL && done) {
        REACHED(the last);
    } else if (!done) {
        REACHED(more to do);
    }
}

PROOF(endpoint_empty_any, 8)
{
    world_any();
    struct thread *r = ep.receivers, *s = ep.senders;
    bool done = endpoint_empty_step(&ep);
    CHECK(done == (ep.receivers == NULL && ep.senders == NULL), "done when nobody waits");
    CHECK((r == NULL || !waits(r)) && (s == NULL || !waits(s)), "each step frees one");
    world_check();
    if (r != NULL) {
        REACHED(a receiver);
    } else if (s != NULL) {
        REACHED(a sender);
    } else {
        REACHED(nobody);
    }
}

PROOF(endpoint_cancel_any, 8)
{
    world_any();
    word_t badge = any_u64(), progress = 0;
    struct thread *w = any_thread();
    bool mine = w->state == TESS_THREAD_SEND && w->badge == badge;
    bool other = w->state == TESS_THREAD_SEND && w->badge != badge;
    enum tess_err err = endpoint_cancel(&ep, badge, &progress);
    world_check();
    CHECK(!other || w->state == TESS_THREAD_SEND, "senders with another badge go on waiting");
    if (err == TESS_OK) {
        CHECK(!mine || w->state != TESS_THREAD_SEND, "no sender with the badge is left");
        if (mine) {
            REACHED(a sender was canceled);
        } else if (other) {
            REACHED(a sender stays);
        }
    } else {
        CHECK(err == K_PREEMPTED && progress > 0 && progress <= THREADS, "or the rest is counted");
        REACHED(preempted);
    }
}

PROOF(reply_drop_any, 8)
{
    world_any();
    struct thread *caller = rp.caller;
    reply_drop(&rp);
    CHECK(rp.caller == NULL, "it holds nobody");
    CHECK(caller == NULL || caller->state == TESS_THREAD_READY ||
              caller->state == TESS_THREAD_NO_BUDGET,
          "its caller goes on");
    world_check();
    if (caller != NULL) {
        REACHED(it held a caller);
    } else {
        REACHED(it was empty);
    }
}

PROOF(reply_defer_any, 8)
{
    world_any();
    struct cap c = { .object = (word_t)&rp, .type = TESS_TYPE_reply };
    struct invocation inv = {
        .cpu = &cpu, .self = any_thread(), .cap = &c, .label = TESS_LABEL_reply_defer
    };
    struct thread *caller = inv.self->caller, *held = rp.caller;
    enum tess_err err = reply_invoke(&inv);
    world_check();
    if (err == TESS_OK) {
        CHECK(held == NULL && rp.caller == caller && caller->reply_object == &rp &&
                  inv.self->caller == NULL,
              "the caller is in the object");
        REACHED(deferred);
    } else {
        CHECK(rp.caller == held && inv.self->caller == caller, "or nothing changed");
        REACHED(refused);
    }
}

/* ---- one interrupt line ---- */

static struct irq_line lines_1;

static void line_any(void)
{
    irq_lines = &lines_1;
    irq_count = 1;
    lines_1.slot.type = any_bool() ? TESS_TYPE_notification : TESS_TYPE_null;
    lines_1.slot.object = (word_t)&nt;
    lines_1.slot.badge = any_u64();
    lines_1.slot.holder = HOLDER_IRQ;
    lines_1.active = any_bool();
    lines_1.masked = any_bool();
    line_active = any_bool();
    line_masked = lines_1.masked;
    ASSUME(line_active == lines_1.active);
}

PROOF(irq_deliver_any, 8)
{
    world_any();
    line_any();
    word_t before = nt.bits;
    ASSUME(!lines_1.active); /* the controller does not deliver a line twice */
    line_active = true;
    irq_deliver(&cpu, 0);
    world_check();
    CHECK(line_active == lines_1.active, "the line is active iff it is to be acknowledged");
    if (lines_1.slot.type == TESS_TYPE_null) {
        CHECK(line_masked && !line_active && nt.bits == before, "nobody's line falls silent");
        REACHED(nobody listens);
    } else {
        CHECK(lines_1.active, "a bound line waits for its acknowledgement");
        REACHED(delivered);
    }
}

PROOF(irq_ack_any, 8)
{
    line_any();
    irq_ack(0);
    CHECK(!lines_1.active && !line_active, "the next one may come");
    CHECK(line_masked == lines_1.masked, "masked or not as before");
    REACHED(end);
}

SPEC_END
