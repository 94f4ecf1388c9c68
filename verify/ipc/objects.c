/*
 * Endpoints, notifications, reply objects and interrupt lines: signals, destruction step by step, moving a caller into a
 * reply object.  After each operation all queues and links of the world hold.
 */
#include "world_sources.h"

SPEC_BEGIN

PROOF(notification_signal_waiter, 9)
{
    world_any();
    word_t bits = any_u64();
    WLOG(nt.waiters, &thread_1);
    notification_signal(&cpu, &nt, bits);
    world_check();
    CHECK(thread_1.regs.x[0] == bits && thread_1.regs.x[1] == TESS_TAG_SIGNAL,
          "the first waiter got the bits");
    CHECK(!waits(&thread_1) && nt.bits == 0, "and goes on");
    REACHED(somebody waits);
}

PROOF_SLOW(notification_signal_bound, 9)
{
    world_any();
    word_t bits = any_u64(), before = nt.bits;
    WLOG(nt.waiters, NULL);
    WLOG(nt.bound, &thread_1);
    bool ready = thread_1.state == TESS_THREAD_RECV && thread_1.budget != NULL;
    notification_signal(&cpu, &nt, bits);
    world_check();
    if (ready) {
        CHECK(thread_1.regs.x[0] == (before | bits) && nt.bits == 0 && !waits(&thread_1),
              "it got all bits and goes on");
        REACHED(it receives);
    } else {
        CHECK(nt.bits == (before | bits), "the bits are kept");
        REACHED(it is busy);
    }
}

PROOF(notification_signal_nobody, 9)
{
    world_any();
    word_t bits = any_u64(), before = nt.bits;
    WLOG(nt.waiters, NULL);
    WLOG(nt.bound, NULL);
    notification_signal(&cpu, &nt, bits);
    world_check();
    CHECK(nt.bits == (before | bits), "the bits are kept");
    REACHED(end);
}

PROOF_SLOW(notification_empty_step_waiter, 9)
{
    world_any();
    WLOG(nt.waiters, &thread_1);
    bool done = notification_empty_step(&nt);
    CHECK(done == (nt.waiters == NULL), "done when nobody waits");
    CHECK(!waits(&thread_1), "each step frees one");
    world_check();
    if (done) {
        REACHED(the last);
    } else {
        REACHED(more to do);
    }
}

static void empty_endpoint(void)
{
    bool done = endpoint_empty_step(&ep);
    CHECK(done == (ep.receivers == NULL && ep.senders == NULL), "done when nobody waits");
    CHECK(!waits(&thread_1), "each step frees one");
    world_check();
    if (done) {
        REACHED(the last);
    } else {
        REACHED(more to do);
    }
}

PROOF_SLOW(endpoint_empty_step_receiver, 9)
{
    world_any();
    WLOG(ep.receivers, &thread_1);
    WLOG(ep.senders, NULL);
    empty_endpoint();
}

PROOF_SLOW(endpoint_empty_step_sender, 9)
{
    world_any();
    WLOG(ep.receivers, NULL);
    WLOG(ep.senders, &thread_1);
    empty_endpoint();
}

PROOF_LONG(endpoint_cancel_turn, 9)
{
    world_any();
    WLOG(ep.senders, &thread_1);
    WLOG(ep.receivers, NULL);
    word_t badge = any_u64(), progress = 1; /* one turn: the others are like it */
    bool mine = thread_1.badge == badge;
    struct thread *next = thread_1.q_next;
    enum tess_err err = endpoint_cancel(&ep, badge, &progress);
    world_check();
    CHECK(err == TESS_OK, "the turns left are done");
    if (mine) {
        CHECK(thread_1.state != TESS_THREAD_SEND, "a sender with the badge does not wait any more");
        REACHED(canceled);
    } else {
        CHECK(thread_1.state == TESS_THREAD_SEND && ep.senders == next,
              "another stays, and the next one is looked at");
        REACHED(stays);
    }
}

PROOF(reply_drop_caller, 9)
{
    world_any();
    WLOG(rp.caller, &thread_1);
    reply_drop(&rp);
    CHECK(rp.caller == NULL, "it holds nobody");
    CHECK(thread_1.state == TESS_THREAD_READY || thread_1.state == TESS_THREAD_NO_BUDGET,
          "its caller goes on");
    world_check();
    REACHED(end);
}

PROOF(reply_defer_any, 9)
{
    world_any();
    struct cap c = { .object = (word_t)&rp, .type = TESS_TYPE_reply };
    struct invocation inv = {
        .cpu = &cpu, .self = &thread_1, .cap = &c, .label = TESS_LABEL_reply_defer
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

/* A wire or a message, in any state that the kernel leaves it in. */
static void line_any(void)
{
    irq_lines = &lines_1;
    irq_count = 1;
    gic_wires = any_bool();
    lines_1.slot.type = any_bool() ? TESS_TYPE_notification : TESS_TYPE_null;
    lines_1.slot.object = (word_t)&nt;
    lines_1.slot.badge = any_u64();
    lines_1.slot.holder = HOLDER_IRQ;
    lines_1.quiet = any_u8() & (IRQ_ACTIVE | IRQ_MASKED | IRQ_AGAIN);
    ASSUME(!(lines_1.quiet & IRQ_AGAIN) || (lines_1.quiet != IRQ_AGAIN && !gic_wires));
    ASSUME(lines_1.slot.type == TESS_TYPE_notification || lines_1.quiet == IRQ_MASKED);
    line_active = lines_1.quiet & IRQ_ACTIVE;
    line_masked = lines_1.quiet & IRQ_MASKED;
}

PROOF(irq_deliver_any, 9)
{
    world_any();
    line_any();
    word_t before = nt.bits;
    WLOG(gic_wires, 1);
    ASSUME(!(lines_1.quiet & IRQ_ACTIVE)); /* the controller does not deliver a wire twice */
    line_active = true;
    irq_deliver(&cpu, 0);
    world_check();
    CHECK(line_active == (lines_1.quiet & IRQ_ACTIVE),
          "the line is active iff it is to be acknowledged");
    if (lines_1.slot.type == TESS_TYPE_null) {
        CHECK(line_masked && !line_active && nt.bits == before, "nobody's line falls silent");
        REACHED(nobody listens);
    } else {
        CHECK(lines_1.quiet & IRQ_ACTIVE, "a bound line waits for its acknowledgement");
        REACHED(delivered);
    }
}

PROOF_SLOW(irq_deliver_message, 9)
{
    world_any();
    line_any();
    word_t before = nt.bits;
    uint8_t quiet = lines_1.quiet;
    WLOG(gic_wires, 0);
    irq_deliver(&cpu, 0);
    world_check();
    if (lines_1.slot.type == TESS_TYPE_null) {
        CHECK(nt.bits == before && lines_1.quiet == quiet, "nobody's: ignored");
        REACHED(nobody listens);
    } else if (quiet) {
        CHECK(nt.bits == before && lines_1.quiet == (quiet | IRQ_AGAIN), "remembered");
        REACHED(remembered);
    } else {
        CHECK(lines_1.quiet == IRQ_ACTIVE, "waits for its acknowledgement");
        REACHED(delivered);
    }
}

PROOF(irq_ack_any, 9)
{
    world_any();
    line_any();
    word_t before = nt.bits;
    uint8_t quiet = lines_1.quiet;
    irq_ack(&cpu, 0);
    world_check();
    CHECK(!line_active && line_masked == (quiet & IRQ_MASKED) >> 1, "masked or not as before");
    if (quiet == (IRQ_ACTIVE | IRQ_AGAIN)) {
        CHECK(lines_1.quiet == IRQ_ACTIVE, "what came meanwhile is delivered");
        REACHED(again);
    } else {
        CHECK(lines_1.quiet == (quiet & ~IRQ_ACTIVE) && nt.bits == before, "the next one may come");
        REACHED(once);
    }
}

SPEC_END
