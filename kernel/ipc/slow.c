/*
 * System calls in general: everything that the message path (path.c) does not do directly.  All registers of the
 * invoker are saved; results are written to its register block.
 *
 *   send, call, fault --> receiver waiting?  yes: deliver, wake it        no: queue on the endpoint
 *   recv, reply_recv  --> bound notification, then queued sender?  yes: take it     no: queue on the endpoint
 */
#include "../cap/cnode.h"
#include "../cap/invoke.h"
#include "../dev/dev.h"
#include "../trace.h"
#include "../vm/vcpu.h"
#include "ipc.h"

#define MESSAGE_REG  10 /* x10 carries word 0 */
#define REJECT_BATCH 16 /* plain senders that a passive receiver turns away in one system call */

static bool is_passive(const struct thread *t)
{
    return t->slot[THREAD_BUDGET].type == TESS_TYPE_null;
}

void ipc_unblock(struct thread *t)
{
    t->waiting_on = NULL;
    if (t->timer.kind != TIMER_OFF) {
        timer_remove(&t->cpu->timers, &t->timer);
        thread_update_space(t);
    }
}

/* t begins to wait; deadline 0: for ever. */
static void block(struct thread *t, enum tess_thread_state state, void *on, uint64_t deadline)
{
    t->cpu->pending |= PENDING_SCHEDULE;
    t->state = state;
    t->waiting_on = on;
    if (deadline != 0) {
        timer_insert(&t->cpu->timers, &t->timer, deadline, TIMER_THREAD);
        thread_update_space(t);
    }
}

/* ---- messages ---- */

static enum tess_err tag_check(const struct thread *self, word_t tag)
{
    unsigned len = tess_tag_len(tag), caps = tess_tag_caps(tag);

    if ((tag & TESS_TAG_KERNEL) != 0 || len > TESS_MSG_WORDS || caps > TESS_MSG_CAPS) {
        return TESS_ARG;
    }
    return (len > TESS_MSG_REGS || caps > 0) && self->buffer == NULL ? TESS_ARG : TESS_OK;
}

/* Copies of the sender's capabilities into the receiver's slots; returns how many found a place. */
static unsigned transfer_caps(const struct thread *from, const struct thread *to, unsigned count)
{
    word_t first = to->buffer->recv_slot;
    unsigned done = 0;

    if (first == 0) {
        return 0;
    }
    while (done < count) {
        LOOP_BOUND(TESS_MSG_CAPS);
        struct cap *src = cap_lookup(from, from->buffer->cap[done]);
        word_t slot = first + done;

        if (src == NULL || !cap_copyable(src) || slot < first || slot >= to->slot_count ||
            to->slots[slot].type != TESS_TYPE_null) {
            break;
        }
        cap_copy(src, &to->slots[slot], src->rights, src->badge);
        done++;
    }
    return done;
}

/* The message of `from`, which passed tag_check, into the registers and buffer of `to`. */
static void deliver(const struct thread *from, struct thread *to, word_t tag, word_t badge)
{
    unsigned len = tess_tag_len(tag), caps = tess_tag_caps(tag);

    for (unsigned i = 0; i < TESS_MSG_REGS; i++) {
        LOOP_BOUND(TESS_MSG_REGS);
        to->regs.x[MESSAGE_REG + i] = from->regs.x[MESSAGE_REG + i];
    }
    if (unlikely((tag & 0xffff) > TESS_MSG_REGS)) {
        bool both = from->buffer != NULL && to->buffer != NULL;
        if (len > TESS_MSG_REGS) {
            for (unsigned i = TESS_MSG_REGS; both && i < len; i += 2) {
                LOOP_BOUND((TESS_MSG_WORDS - TESS_MSG_REGS) / 2);
                to->buffer->word[i] = from->buffer->word[i];
                to->buffer->word[i + 1] = from->buffer->word[i + 1];
            }
            len = both ? len : TESS_MSG_REGS;
        }
        caps = both && caps > 0 ? transfer_caps(from, to, caps) : 0;
        tag = tess_tag(tess_tag_label(tag), len, caps);
    }
    thread_result(to, badge, tag);
    trace(to->cpu, TESS_TRACE_ipc, to->id, tag);
}

/* The fault that t waits with, into the registers of its handler. */
static void deliver_fault(const struct thread *t, struct thread *to, word_t badge)
{
    for (unsigned i = 0; i < TESS_MSG_REGS; i++) {
        LOOP_BOUND(TESS_MSG_REGS);
        to->regs.x[MESSAGE_REG + i] = t->fault_word[i];
    }
    thread_result(to, badge, t->fault_tag);
}

static void deliver_signal(struct thread *to, word_t bits)
{
    thread_result(to, bits, TESS_TAG_SIGNAL);
}

/* `caller` waits for `server` now; a passive server runs on the caller's budget. */
static void serve(struct thread *caller, struct thread *server)
{
    caller->server = server;
    caller->reply_object = NULL;
    server->caller = caller;
    if (server->budget == NULL) {
        budget_move(caller, server);
    } else if (caller->budget ==
               NULL) { /* nothing was lent: the reply must not give the server's */
        caller->flags |= THREAD_SLOW;
        thread_update_space(caller);
    }
}

/* ---- send, call ---- */

static void send(struct cpu *cpu, struct thread *self, enum send_kind kind, bool wait)
{
    word_t slot = self->regs.x[0], tag = self->regs.x[1];
    uint64_t deadline = self->regs.x[2];
    struct cap *c = cap_lookup(self, slot);

    if (c == NULL) {
        return thread_error(self, TESS_CAP);
    }
    if (c->type != TESS_TYPE_endpoint) {
        if (kind == SEND_CALL) {
            (void)invoke(cpu, self, c, tag);
            return;
        }
        return thread_error(self, TESS_CAP);
    }
    if ((c->rights & TESS_RIGHT_SEND) == 0 ||
        (tess_tag_caps(tag) != 0 && (c->rights & TESS_RIGHT_GRANT) == 0)) {
        return thread_error(self, TESS_RIGHTS);
    }
    enum tess_err err = tag_check(self, tag);
    if (err != TESS_OK) {
        return thread_error(self, err);
    }
    struct endpoint *e = (struct endpoint *)c->object;
    struct thread *to = e->receivers;

    if (to == NULL) {
        if (!wait || (deadline != 0 && arch_now() >= deadline)) {
            return thread_error(self, wait ? TESS_TIMEOUT : TESS_AGAIN);
        }
        self->send_kind = (uint8_t)kind;
        self->badge = c->badge;
        queue_append(&e->senders, self);
        e->sender_count++;
        return block(self, TESS_THREAD_SEND, e, deadline);
    }
    if (kind == SEND_ONLY && to->budget == NULL) {
        return thread_error(self, TESS_BUDGET);
    }
    queue_pop(&e->receivers, to);
    ipc_unblock(to);
    deliver(self, to, tag, c->badge);
    if (kind == SEND_CALL) {
        block(self, TESS_THREAD_REPLY, NULL, deadline);
        serve(self, to);
    } else {
        thread_result(self, 0, 0);
    }
    thread_ready(to);
}

/* ---- receive ---- */

/* Nothing for a passive receiver to run on: a plain sender, or a caller that lost its budget while it was queued. */
static bool brings_no_time(const struct thread *from)
{
    return from->send_kind == SEND_ONLY || from->budget == NULL;
}

/* Take the first sender; false: it brought no time to a passive receiver and got its error. */
static bool take_sender(struct endpoint *e, struct thread *self)
{
    struct thread *from = e->senders;

    if (brings_no_time(from) && is_passive(self)) {
        thread_abort(from, TESS_BUDGET);
        return false;
    }
    queue_pop(&e->senders, from);
    e->sender_count--;
    if (from->send_kind == SEND_FAULT) {
        deliver_fault(from, self, from->badge);
    } else {
        deliver(from, self, from->regs.x[1], from->badge);
    }
    budget_go_home(self);
    if (from->send_kind == SEND_ONLY) {
        ipc_unblock(from);
        thread_result(from, 0, 0);
        thread_ready(from);
    } else {
        from->waiting_on = NULL; /* a deadline goes on running until the reply */
        from->state = TESS_THREAD_REPLY;
        serve(from, self);
    }
    return true;
}

/* self waits at, or takes something from, the endpoint or notification of c; it may be answered at once. */
static void take_or_wait(struct thread *self, struct cap *c, uint64_t deadline, bool wait)
{
    if (c->type == TESS_TYPE_notification) {
        struct notification *n = (struct notification *)c->object;
        if (n->bits != 0) {
            deliver_signal(self, n->bits);
            n->bits = 0;
            return;
        }
        if (!wait || (deadline != 0 && arch_now() >= deadline)) {
            return thread_error(self, wait ? TESS_TIMEOUT : TESS_AGAIN);
        }
        queue_append(&n->waiters, self);
        block(self, TESS_THREAD_WAIT, n, deadline);
        if (self->caller ==
            NULL) { /* else it goes on with what was lent, as when it waits in a send */
            budget_go_home(self);
        }
        return;
    }
    struct endpoint *e = (struct endpoint *)c->object;
    struct notification *bound = self->bound;

    if (bound != NULL && bound->bits != 0 && self->budget != NULL) {
        deliver_signal(self, bound->bits);
        bound->bits = 0;
        return;
    }
    for (unsigned i = 0; e->senders != NULL; i++) {
        LOOP_BOUND(REJECT_BATCH + 1);
        if (i == REJECT_BATCH) {
            return thread_error(self, TESS_AGAIN);
        }
        if (take_sender(e, self)) {
            return;
        }
    }
    if (!wait || (deadline != 0 && arch_now() >= deadline)) {
        return thread_error(self, wait ? TESS_TIMEOUT : TESS_AGAIN);
    }
    queue_append(&e->receivers, self);
    block(self, TESS_THREAD_RECV, e, deadline);
    budget_go_home(self);
}

/*
 * While self receives it is in no state: whom it wakes on the way runs at once or is queued without putting self into
 * the ready queue; only then is it known whether self goes on, and whether it has something to run on.
 */
static void receive(struct thread *self, struct cap *c, uint64_t deadline, bool wait)
{
    self->state = TESS_THREAD_SUSPENDED;
    take_or_wait(self, c, deadline, wait);
    if (self->state == TESS_THREAD_SUSPENDED) {
        self->cpu->pending |= PENDING_SCHEDULE;
        thread_ready(self);
    }
}

/*
 * A passive receiver has no time for plain senders: those in front get their error before it gives away what it runs on,
 * so that afterwards it waits or finds a caller.  False: an interrupt is pending, nothing else has changed, come back.
 */
static bool turn_away(struct thread *self, const struct cap *c)
{
    struct endpoint *e = (struct endpoint *)c->object;

    if (c->type != TESS_TYPE_endpoint || !is_passive(self)) {
        return true;
    }
    self->state = TESS_THREAD_SUSPENDED; /* as in receive */
    while (e->senders != NULL && brings_no_time(e->senders)) {
        LOOP_BOUND(1 << 20);
        (void)take_sender(e, self);
        if (arch_irq_pending()) {
            self->cpu->pending |= PENDING_REPEAT | PENDING_SCHEDULE;
            thread_ready(self);
            return false;
        }
    }
    return true;
}

/* The capability to receive on; NULL: *err says why not. */
static struct cap *receive_check(const struct thread *self, word_t slot, enum tess_err *err)
{
    struct cap *c = cap_lookup(self, slot);

    if (c == NULL || (c->type != TESS_TYPE_endpoint && c->type != TESS_TYPE_notification)) {
        *err = TESS_CAP;
        return NULL;
    }
    if ((c->rights & TESS_RIGHT_RECV) == 0) {
        *err = TESS_RIGHTS;
        return NULL;
    }
    *err = TESS_OK;
    return c;
}

/* ack: and acknowledge the interrupt line in x3. */
static void recv(struct thread *self, bool wait, bool ack)
{
    enum tess_err err;
    struct cap *c = receive_check(self, self->regs.x[0], &err), *irq = NULL;

    if (c != NULL && c->type == TESS_TYPE_endpoint && self->caller != NULL) {
        err = TESS_STATE;
    }
    if (ack && ((irq = cap_lookup(self, self->regs.x[3])) == NULL || irq->type != TESS_TYPE_irq)) {
        err = TESS_CAP;
    }
    if (err != TESS_OK) {
        return thread_error(self, err);
    }
    receive(self, c, self->regs.x[2], wait);
    if (ack) { /* last: a message that came meanwhile may wake who is more urgent than self */
        irq_ack(self->cpu, (uint32_t)irq->object);
    }
}

/* ---- reply ---- */

/* Whom a reply of self goes to, and whether it may: `receives` = self waits again afterwards. */
static enum tess_err reply_check(const struct thread *self, word_t tag, word_t slot, bool receives,
                                 struct thread **to)
{
    *to = self->caller;
    if (slot != 0) {
        struct cap *c = cap_lookup(self, slot);
        if (c == NULL || c->type != TESS_TYPE_reply) {
            return TESS_CAP;
        }
        *to = ((struct reply *)c->object)->caller;
    }
    enum tess_err err = tag_check(self, tag);
    if (err != TESS_OK) {
        return err;
    }
    if (*to == NULL || (receives && slot != 0 && self->caller != NULL)) {
        return TESS_STATE;
    }
    if (!receives && (*to)->budget == NULL && is_passive(self)) {
        return TESS_STATE; /* it would give away what it runs on: reply_recv */
    }
    if ((*to)->fault_kind != 0) {
        word_t label = tess_tag_label(tag);
        unsigned len = tess_tag_len(tag);
        if (label > TESS_FAULT_ADVANCE ||
            (label == TESS_FAULT_ADVANCE && (*to)->fault_kind != TESS_FAULT_guest) ||
            (label == TESS_FAULT_REGS &&
             (len < TESS_MSG_REGS || len > TESS_MSG_REGS + TESS_REGS_WORDS))) {
            return TESS_ARG;
        }
    }
    return TESS_OK;
}

/* Answer to a fault; false: t stays suspended. */
static bool resume_fault(const struct thread *self, struct thread *t, word_t tag)
{
    unsigned kind = t->fault_kind, words = tess_tag_len(tag);
    word_t label = tess_tag_label(tag);

    t->fault_kind = 0;
    if (label == TESS_FAULT_STOP) {
        if (kind == TESS_FAULT_syscall) {
            t->regs.pc -= 4;
        }
        return false;
    }
    if (label == TESS_FAULT_ADVANCE) {
        vcpu_advance(t, self->regs.x[MESSAGE_REG]);
    } else if (label == TESS_FAULT_REGS) {
        const uint64_t *from =
            &self->buffer->word[TESS_MSG_REGS]; /* words > 8 only with a buffer: tag_check */
        uint64_t *to = (uint64_t *)&t->regs;
        t->progress = 0;
        for (unsigned i = 0; i + TESS_MSG_REGS < words; i++) {
            LOOP_BOUND(TESS_REGS_WORDS);
            if (&to[i] == &t->regs.pstate) {
                to[i] = thread_pstate(t, from[i]);
            } else {
                to[i] = from[i];
            }
        }
    } else if (kind == TESS_FAULT_syscall) {
        t->regs.x[0] = self->regs.x[MESSAGE_REG];
    }
    return true;
}

/* Cannot fail after reply_check. */
static void reply(struct thread *self, struct thread *to, word_t tag)
{
    bool goes_on = true, served = to->server == self;

    trace(self->cpu, TESS_TRACE_reply, to->id, tag);
    if (to->fault_kind != 0) {
        goes_on = resume_fault(self, to, tag);
    } else {
        deliver(self, to, tag, 0);
    }
    if (to->server != NULL) {
        to->server->caller = NULL;
        to->server = NULL;
    } else {
        to->reply_object->caller = NULL;
        to->reply_object = NULL;
    }
    ipc_unblock(to);
    if (to->flags & THREAD_SLOW) {
        to->flags &= (uint8_t)~THREAD_SLOW;
        thread_update_space(to);
    }
    to->state = TESS_THREAD_SUSPENDED;
    if (to->budget == NULL) {
        if (served && is_passive(self)) {
            budget_move(self, to);
        } else {
            budget_take_home(to);
            if (self->budget == NULL) {
                budget_take_home(self);
            }
        }
    }
    if (goes_on) {
        thread_ready(to);
    }
}

static void reply_recv(struct thread *self)
{
    enum tess_err err;
    struct cap *c = receive_check(self, self->regs.x[0], &err);
    struct thread *to = NULL;
    word_t tag = self->regs.x[1];
    uint64_t deadline = self->regs.x[2];

    if (c != NULL) {
        err = reply_check(self, tag, self->regs.x[3], true, &to);
    }
    if (err != TESS_OK) {
        return thread_error(self, err);
    }
    if (!turn_away(self, c)) {
        return;
    }
    /* self first waits, so that whom it wakes finds it waiting and can run at once */
    self->state = TESS_THREAD_SUSPENDED;
    reply(self, to, tag);
    receive(self, c, deadline, true);
}

static void reply_only(struct thread *self)
{
    struct thread *to;
    enum tess_err err = reply_check(self, self->regs.x[1], self->regs.x[3], false, &to);

    if (err != TESS_OK) {
        return thread_error(self, err);
    }
    reply(self, to, self->regs.x[1]);
    thread_result(self, 0, 0);
}

static void signal(struct cpu *cpu, struct thread *self)
{
    struct cap *c = cap_lookup(self, self->regs.x[0]);

    if (c == NULL || c->type != TESS_TYPE_notification) {
        return thread_error(self, TESS_CAP);
    }
    if ((c->rights & TESS_RIGHT_SEND) == 0) {
        return thread_error(self, TESS_RIGHTS);
    }
    thread_result(self, 0, 0);
    notification_signal(cpu, (struct notification *)c->object, c->badge);
}

void ipc_syscall(struct cpu *cpu, struct thread *self, unsigned number)
{
    trace(cpu, TESS_TRACE_syscall, number, self->regs.x[0]);
    switch (number) {
    case TESS_SYS_call:
        return send(cpu, self, SEND_CALL, true);
    case TESS_SYS_reply_recv:
        return reply_recv(self);
    case TESS_SYS_signal:
        return signal(cpu, self);
    case TESS_SYS_yield:
        thread_result(self, 0, 0);
        return schedule_yield(cpu);
    case TESS_SYS_recv:
        return recv(self, true, false);
    case TESS_SYS_ack_recv:
        return recv(self, true, true);
    case TESS_SYS_send:
        return send(cpu, self, SEND_ONLY, true);
    case TESS_SYS_try_send:
        return send(cpu, self, SEND_ONLY, false);
    case TESS_SYS_try_recv:
        return recv(self, false, false);
    case TESS_SYS_reply:
        return reply_only(self);
    case TESS_SYS_nop:
        return thread_result(self, 0, 0);
    default:
        return thread_error(self, TESS_CALL);
    }
}

/* ---- faults ---- */

void ipc_fault(struct thread *t, const struct cap *handler, enum tess_fault kind,
               const word_t *words, unsigned count)
{
    trace(t->cpu, TESS_TRACE_fault, kind, words[0]);
    t->cpu->pending |= PENDING_SCHEDULE;
    t->state = TESS_THREAD_SUSPENDED;
    if (handler->type != TESS_TYPE_endpoint) {
        return;
    }
    struct endpoint *e = (struct endpoint *)handler->object;
    struct thread *to = e->receivers;

    t->fault_kind = kind;
    t->fault_tag = tess_tag(kind, count, 0) | TESS_TAG_FAULT;
    for (unsigned i = 0; i < TESS_MSG_REGS; i++) {
        LOOP_BOUND(TESS_MSG_REGS);
        t->fault_word[i] = i < count ? words[i] : 0;
    }
    if (to == NULL) {
        t->send_kind = SEND_FAULT;
        t->badge = handler->badge;
        queue_append(&e->senders, t);
        e->sender_count++;
        return block(t, TESS_THREAD_SEND, e, 0);
    }
    queue_pop(&e->receivers, to);
    ipc_unblock(to);
    deliver_fault(t, to, handler->badge);
    block(t, TESS_THREAD_REPLY, NULL, 0);
    serve(t, to);
    thread_ready(to);
}
