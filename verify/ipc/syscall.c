/*
 * The system calls of messages, in general (ipc/slow.c): any call, with any arguments, by a running thread in any state of
 * the world leaves queues, links and budgets right; one that returns an error to its caller has changed nothing.
 * Messages here have at most eight words; longer ones and capabilities: ipc/transfer.c.
 */
#define WORLD_PROVED_THREADS
#include "world_sources.h"

SPEC_BEGIN

static struct thread *const self = &thread_1;
static struct cap slots[3];
static bool invoked;

static uint32_t invoke(struct cpu *c, struct thread *t, struct cap *cap, word_t tag)
{
    (void)tag;
    CHECK(cap->type != TESS_TYPE_null && cap->type != TESS_TYPE_endpoint && t == self,
          "an invocation is on a full slot");
    invoked = true;
    thread_result(t, 0, 0);
    return c->pending;
}

/* A capability of the type, or none. */
static void slot_any(struct cap *c, enum tess_type type, const void *object)
{
    c->type = any_bool() ? (uint8_t)type : TESS_TYPE_null;
    c->rights = any_u8() & TESS_RIGHT_ALL;
    c->badge = any_u64();
    c->object = (word_t)object;
}

static struct thread before; /* thread_2 before the call; thread_3 differs only by name */
static struct thread *w;

static void syscall_any(enum tess_type type, word_t second)
{
    world_any();
    WLOG(cpu.current, self);
    WLOG(self->state, TESS_THREAD_READY);
    WLOG(self->vcpu, NULL); /* a guest has exits instead */
    /* What a thread runs on is its own or was lent by the one it serves. */
    slot_any(&slots[1], type, type == TESS_TYPE_endpoint ? (const void *)&ep : (const void *)&nt);
    slot_any(&slots[2], TESS_TYPE_reply, &rp);
    self->slots = slots;
    self->slot_count = 3;
    /* Which slot a number names is the subject of cap/lookup.c: here 1, and 2 or none as second. */
    self->regs.x[0] = 1;
    self->regs.x[1] = any_u64();
    self->regs.x[2] = any_u64();
    self->regs.x[3] = second;
    self->regs.x[10] = any_u64();
    w = &thread_2;
    before = *w;
}

static bool failed(void)
{
    return self->state == TESS_THREAD_READY && (self->regs.x[1] & TESS_TAG_ERROR) != 0;
}

static bool unchanged(void)
{
    return w->state == before.state && w->budget == before.budget && w->caller == before.caller &&
           w->server == before.server && w->reply_object == before.reply_object &&
           w->q_next == before.q_next && w->q_prev == before.q_prev &&
           w->timer.kind == before.timer.kind;
}

static void sending(unsigned number)
{
    syscall_any(TESS_TYPE_endpoint, 0);
    struct thread *receiver = ep.receivers;
    word_t word = self->regs.x[10];
    ipc_syscall(&cpu, self, number);
    world_check();
    CHECK(!failed() || unchanged(), "an error has changed nothing");
    if (failed()) {
        REACHED(refused);
    } else if (!invoked && receiver != NULL) {
        CHECK(receiver->regs.x[10] == word && receiver->state != TESS_THREAD_RECV,
              "the receiver has the message");
        REACHED(received);
    }
}

PROOF_LONG(syscall_call, 9)
{
    sending(TESS_SYS_call);
    if (self->state == TESS_THREAD_SEND) {
        REACHED(queued);
    } else if (self->state == TESS_THREAD_REPLY) {
        CHECK(self->server != NULL && self->server->budget != NULL,
              "whoever serves has processor time");
        REACHED(served);
    }
}

PROOF_LONG(syscall_send, 9)
{
    sending(TESS_SYS_send);
    if (self->state == TESS_THREAD_SEND) {
        REACHED(queued);
    }
}

PROOF_LONG(syscall_try_send, 9)
{
    sending(TESS_SYS_try_send);
    CHECK(!waits(self), "it does not wait");
}

static void receiving(enum tess_type type, unsigned number)
{
    syscall_any(type, 0);
    uint32_t senders_before = ep.sender_count;
    ipc_syscall(&cpu, self, number);
    world_check();
    if (failed()) {
        REACHED(refused);
    } else if (waits(self)) {
        CHECK(number == TESS_SYS_recv &&
                  ep.sender_count == (type == TESS_TYPE_endpoint ? 0 : senders_before),
              "it waits when nobody sends");
    } else if (self->regs.x[1] == TESS_TAG_SIGNAL) {
        REACHED(took a signal);
    } else {
        CHECK(type == TESS_TYPE_endpoint && ep.sender_count < senders_before,
              "or it took a sender");
    }
}

PROOF_LONG(syscall_recv_endpoint, 9)
{
    receiving(TESS_TYPE_endpoint, TESS_SYS_recv);
}

PROOF_LONG(syscall_recv_notification, 9)
{
    receiving(TESS_TYPE_notification, TESS_SYS_recv);
}

PROOF_LONG(syscall_try_recv, 9)
{
    receiving(TESS_TYPE_endpoint, TESS_SYS_try_recv);
}

static void replying(word_t second)
{
    syscall_any(TESS_TYPE_endpoint, second);
    struct thread *caller = self->caller;
    ipc_syscall(&cpu, self, TESS_SYS_reply);
    world_check();
    CHECK(!failed() || unchanged(), "an error has changed nothing");
    if (failed()) {
        REACHED(refused);
    } else {
        CHECK(second == 0 ? self->caller == NULL && caller->state != TESS_THREAD_REPLY
                          : rp.caller == NULL && self->caller == caller,
              "who waited is answered");
        REACHED(answered);
    }
}

PROOF_LONG(syscall_reply_caller, 9)
{
    replying(0);
}

PROOF_LONG(syscall_reply_object, 9)
{
    replying(2);
}

static void replying_receiving(word_t second)
{
    syscall_any(TESS_TYPE_endpoint, second);
    struct thread *caller = self->caller;
    ipc_syscall(&cpu, self, TESS_SYS_reply_recv);
    world_check();
    if (failed()) {
        REACHED(refused);
    } else if (self->state == TESS_THREAD_RECV) {
        CHECK(second == 0 ? caller->state != TESS_THREAD_REPLY : rp.caller == NULL,
              "who waited is answered");
        CHECK(self->caller == NULL, "it serves nobody");
        REACHED(answered and waits);
    }
}

PROOF_LONG(syscall_reply_recv_caller, 9)
{
    replying_receiving(0);
}

PROOF_LONG(syscall_reply_recv_object, 9)
{
    replying_receiving(2);
}

PROOF_LONG(syscall_signal, 9)
{
    syscall_any(TESS_TYPE_notification, 0);
    word_t bits = nt.bits;
    ipc_syscall(&cpu, self, TESS_SYS_signal);
    world_check();
    CHECK(!failed() || (unchanged() && nt.bits == bits), "an error has changed nothing");
    if (failed()) {
        REACHED(refused);
    } else {
        REACHED(signalled);
    }
}

PROOF_LONG(fault_to_handler, 9)
{
    world_any();
    struct thread *const t = &thread_1;
    WLOG(cpu.current, t);
    WLOG(t->state, TESS_THREAD_READY);
    struct cap handler = { .object = (word_t)&ep, .badge = any_u64() };
    handler.type = any_bool() ? TESS_TYPE_endpoint : TESS_TYPE_null;
    word_t words[8];
    enum tess_fault kind = (enum tess_fault)(1 + any_below(TESS_FAULT_guest));
    ASSUME(kind != TESS_FAULT_guest || t->vcpu != NULL);
    unsigned count = 1 + any_below(8);
    struct thread *receiver = ep.receivers;
    ipc_fault(t, &handler, kind, words, count);
    world_check();
    if (handler.type == TESS_TYPE_null) {
        CHECK(t->state == TESS_THREAD_SUSPENDED, "a fault that nobody handles suspends");
        REACHED(no handler);
    } else if (receiver == NULL) {
        CHECK(t->state == TESS_THREAD_SEND && t->fault_kind == kind, "it waits for its handler");
        REACHED(queued);
    } else {
        CHECK(t->state == TESS_THREAD_REPLY && t->server == receiver &&
                  receiver->regs.x[0] == handler.badge,
              "its handler has the message");
        REACHED(handled);
    }
}

SPEC_END
