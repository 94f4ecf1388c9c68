/* Invocations of threads and budgets. */
#include "../cap/invoke.h"

#include "../ipc/ipc.h"
#include "../mem/mem.h"
#include "../trace.h"
#include "../vm/vcpu.h"

/* Give slot i of t a copy of c (NULL: leave it empty).  What was there is deleted first, hence K_PREEMPTED. */
static enum tess_err hold_copy(struct thread *t, enum thread_slot i, struct cap *c)
{
    struct cap *slot = &t->slot[i];

    if (c != NULL && slot->type == c->type && slot->object == c->object &&
        slot->badge == c->badge && slot->type != TESS_TYPE_frame) {
        return TESS_OK; /* already: also what a repetition finds */
    }
    enum tess_err err = cap_delete(slot);
    if (err == TESS_OK && c != NULL && c->type == TESS_TYPE_null) {
        err = TESS_CAP; /* what was deleted held it */
    }
    if (err == TESS_OK && c != NULL) {
        cap_copy(c, slot, TESS_RIGHT_ALL, c->badge);
    }
    return err;
}

/* A capability argument that may be 0; *c NULL then. */
static bool optional(struct invocation *inv, word_t slot, enum tess_type type, struct cap **c,
                     enum tess_err *err)
{
    *c = NULL;
    return slot == 0 || (*c = arg_cap(inv, slot, type, err)) != NULL;
}

static enum tess_err configure(struct invocation *inv, struct thread *t)
{
    struct cap *cnode, *vspace, *fault, *frame;
    word_t offset = inv->arg[4], flags = inv->arg[5];
    enum tess_err err = TESS_OK;

    if (!optional(inv, inv->arg[0], TESS_TYPE_cnode, &cnode, &err) ||
        !optional(inv, inv->arg[1], TESS_TYPE_vspace, &vspace, &err) ||
        !optional(inv, inv->arg[2], TESS_TYPE_endpoint, &fault, &err) ||
        !optional(inv, inv->arg[3], TESS_TYPE_frame, &frame, &err)) {
        return err;
    }
    if ((fault != NULL && (fault->rights & TESS_RIGHT_SEND) == 0) ||
        (frame != NULL && (frame->rights & (TESS_RIGHT_READ | TESS_RIGHT_WRITE)) !=
                              (TESS_RIGHT_READ | TESS_RIGHT_WRITE))) {
        return TESS_RIGHTS;
    }
    if (flags > TESS_THREAD_FOREIGN || (frame != NULL && (frame->flags & CAP_DEVICE))) {
        return TESS_ARG;
    }
    if (frame != NULL && (offset % sizeof(struct tess_ipc_buffer) != 0 || offset >= frame->size)) {
        return TESS_RANGE;
    }
    if (t->state != TESS_THREAD_SUSPENDED && t != inv->self) {
        return TESS_STATE;
    }
    const struct cap *held = &t->slot[THREAD_CNODE];
    if (t == inv->self && held->type == TESS_TYPE_cnode && *cap_refs(held) == 1 &&
        (cnode == NULL || cnode->object != held->object)) {
        return TESS_STATE; /* it would lose the CNode in which a repetition looks its arguments up */
    }
    if ((err = hold_copy(t, THREAD_FAULT, fault)) != TESS_OK ||
        (err = hold_copy(t, THREAD_BUFFER, frame)) != TESS_OK ||
        (err = hold_copy(t, THREAD_VSPACE, vspace)) != TESS_OK ||
        (err = hold_copy(t, THREAD_CNODE, cnode)) != TESS_OK) {
        return err;
    }
    if ((cnode != NULL && t->slot[THREAD_CNODE].type == TESS_TYPE_null) ||
        (vspace != NULL && t->slot[THREAD_VSPACE].type == TESS_TYPE_null) ||
        (frame != NULL && t->slot[THREAD_BUFFER].type == TESS_TYPE_null)) {
        return TESS_STATE; /* a deletion took the thread itself */
    }
    /* ---- commit: from the copies, because a deletion above may have taken the originals ---- */
    if (cnode != NULL) {
        struct cnode *n = (struct cnode *)t->slot[THREAD_CNODE].object;
        t->slots = n->slot;
        t->slot_count = n->box.count;
    }
    if (vspace != NULL) {
        t->vspace = (struct vspace *)t->slot[THREAD_VSPACE].object;
        thread_update_space(t);
        if (t == inv->self && inv->cpu->current == t) {
            switch_to(inv->cpu, t); /* load it */
        }
    }
    if (frame != NULL) {
        t->buffer =
            (struct tess_ipc_buffer *)(arch_direct_base() + t->slot[THREAD_BUFFER].object + offset);
    }
    t->flags = (uint8_t)((t->flags & ~THREAD_FOREIGN) | (flags ? THREAD_FOREIGN : 0));
    arch_thread_set_foreign(t, flags != 0);
    return TESS_OK;
}

/* Registers may be read or written when the thread is not between two of its instructions only by chance. */
static bool stopped(const struct thread *t)
{
    return t->state == TESS_THREAD_SUSPENDED ||
           (t->state == TESS_THREAD_REPLY && t->fault_kind != 0) ||
           (t->state == TESS_THREAD_SEND && t->fault_kind != 0);
}

static enum tess_err start(struct invocation *inv, struct thread *t)
{
    if (t->state != TESS_THREAD_SUSPENDED) {
        return TESS_STATE;
    }
    t->regs.pc = inv->arg[0];
    t->regs.sp = inv->arg[1];
    t->regs.x[0] = inv->arg[2];
    t->regs.tls = inv->arg[3];
    t->progress = 0;
    thread_resume(t);
    return TESS_OK;
}

static enum tess_err read_regs(struct invocation *inv, struct thread *t)
{
    struct tess_ipc_buffer *buffer = inv->self->buffer;
    const uint64_t *from = (const uint64_t *)&t->regs;

    if (!stopped(t)) {
        return TESS_STATE;
    }
    for (unsigned i = 0; buffer != NULL && i < TESS_REGS_WORDS; i++) {
        LOOP_BOUND(TESS_REGS_WORDS);
        buffer->word[TESS_MSG_REGS + i] = from[i];
    }
    inv->result[0] = t->regs.pc;
    inv->result[1] = t->regs.sp;
    inv->result[2] = t->regs.pstate;
    inv->result[3] = t->regs.tls;
    return TESS_OK;
}

static enum tess_err write_regs(struct invocation *inv, struct thread *t)
{
    const struct tess_ipc_buffer *buffer = inv->self->buffer;
    uint64_t *to = (uint64_t *)&t->regs;
    word_t old = t->regs.pstate;

    if (buffer == NULL) {
        return TESS_ARG;
    }
    if (!stopped(t)) {
        return TESS_STATE;
    }
    for (unsigned i = 0; i < TESS_REGS_WORDS; i++) {
        LOOP_BOUND(TESS_REGS_WORDS);
        to[i] = buffer->word[TESS_MSG_REGS + i];
    }
    word_t new = t->regs.pstate;
    t->regs.pstate = old;
    t->regs.pstate = thread_pstate(t, new);
    t->progress = 0;
    return TESS_OK;
}

/* FP registers, one half; they may still be in the CPU. */
static enum tess_err fpu(struct invocation *inv, struct thread *t, bool write)
{
    struct tess_ipc_buffer *buffer = inv->self->buffer;
    word_t half = inv->arg[0];
    struct cpu *cpu = inv->cpu;

    if (buffer == NULL || half > 1) {
        return TESS_ARG;
    }
    if (!stopped(t)) {
        return TESS_STATE;
    }
    if (cpu->fpu_owner == t) {
        arch_fpu_save(t);
        cpu->fpu_owner = NULL;
        cpu->fpu_on = 0;
        arch_fpu_enable(false);
    }
    uint64_t *word = &buffer->word[TESS_MSG_REGS], *v = &t->fpu.v[32 * half];
    for (unsigned i = 0; i < 32; i++) {
        LOOP_BOUND(32);
        if (write) {
            v[i] = word[i];
        } else {
            word[i] = v[i];
        }
    }
    if (write) {
        t->fpu.fpsr = (uint32_t)word[32];
        t->fpu.fpcr = (uint32_t)word[33];
    } else {
        word[32] = t->fpu.fpsr;
        word[33] = t->fpu.fpcr;
    }
    return TESS_OK;
}

static enum tess_err set_priority(struct invocation *inv, struct thread *t)
{
    word_t prio = inv->arg[0], ceiling = inv->arg[1];

    if (prio >= TESS_PRIO_COUNT || ceiling >= TESS_PRIO_COUNT || prio > ceiling) {
        return TESS_ARG;
    }
    if (ceiling > inv->self->ceiling) {
        return TESS_RIGHTS;
    }
    bool queued = t->state == TESS_THREAD_READY && t != inv->cpu->current;
    if (queued) {
        ready_remove(inv->cpu, t);
    }
    inv->cpu->pending |= PENDING_SCHEDULE;
    t->prio = (uint8_t)prio;
    t->ceiling = (uint8_t)ceiling;
    if (queued) {
        thread_ready(t);
    }
    return TESS_OK;
}

static enum tess_err bind_notification(struct invocation *inv, struct thread *t)
{
    struct cap *c;
    enum tess_err err = TESS_OK;

    if (!optional(inv, inv->arg[0], TESS_TYPE_notification, &c, &err)) {
        return err;
    }
    if (c == NULL) {
        return cap_delete(&t->slot[THREAD_NOTIFICATION]);
    }
    struct notification *n = (struct notification *)c->object;

    if ((c->rights & TESS_RIGHT_RECV) == 0) {
        return TESS_RIGHTS;
    }
    if (t->bound != NULL || n->bound != NULL) {
        return TESS_EXISTS;
    }
    cap_copy(c, &t->slot[THREAD_NOTIFICATION], TESS_RIGHT_RECV, c->badge);
    t->bound = n;
    n->bound = t;
    if (n->bits != 0 && t->state == TESS_THREAD_RECV && t->budget != NULL) {
        word_t bits = n->bits;
        n->bits = 0;
        notification_signal(inv->cpu, n, bits);
    }
    return TESS_OK;
}

static enum tess_err set_timeout_handler(struct invocation *inv, struct thread *t)
{
    struct cap *c;
    enum tess_err err = TESS_OK;

    if (!optional(inv, inv->arg[0], TESS_TYPE_endpoint, &c, &err)) {
        return err;
    }
    if (c != NULL && (c->rights & TESS_RIGHT_SEND) == 0) {
        return TESS_RIGHTS;
    }
    return hold_copy(t, THREAD_TIMEOUT, c);
}

enum tess_err thread_invoke(struct invocation *inv)
{
    struct thread *t = (struct thread *)inv->cap->object;

    switch (inv->label) {
    case TESS_LABEL_thread_configure:
        return configure(inv, t);
    case TESS_LABEL_thread_resume:
        thread_resume(t);
        return TESS_OK;
    case TESS_LABEL_thread_suspend:
        thread_suspend(t);
        return TESS_OK;
    case TESS_LABEL_thread_start:
        return start(inv, t);
    case TESS_LABEL_thread_read_regs:
        return read_regs(inv, t);
    case TESS_LABEL_thread_write_regs:
        return write_regs(inv, t);
    case TESS_LABEL_thread_set_priority:
        return set_priority(inv, t);
    case TESS_LABEL_thread_kick:
        thread_kick(t);
        return TESS_OK;
    case TESS_LABEL_thread_bind_notification:
        return bind_notification(inv, t);
    case TESS_LABEL_thread_set_timeout_handler:
        return set_timeout_handler(inv, t);
    case TESS_LABEL_thread_name:
        __builtin_memcpy(t->name, inv->arg, sizeof(t->name));
        return TESS_OK;
    case TESS_LABEL_thread_info:
        inv->result[3] = t->budget != NULL;
        inv->result[0] = t->state;
        inv->result[1] = t->prio;
        inv->result[2] = t->ceiling;
        return TESS_OK;
    case TESS_LABEL_thread_fpu_read:
        return fpu(inv, t, false);
    default:
        return fpu(inv, t, true);
    }
}

/* ---- budgets ---- */

static enum tess_err budget_set(struct invocation *inv, struct budget *b)
{
    word_t amount = inv->arg[1], period = inv->arg[2];
    enum tess_err err = TESS_OK;
    struct cpu *cpu = inv->cpu;

    if (arg_cap(inv, inv->arg[0], TESS_TYPE_cpu, &err) == NULL) {
        return err;
    }
    if (amount < BUDGET_MIN || amount > period || period > BUDGET_MAX) {
        return TESS_ARG;
    }
    cpu->pending |= PENDING_SCHEDULE;
    budget_account(cpu);
    if (b->throttled) {
        timer_remove(&cpu->timers, &b->timer);
        b->throttled = false;
    }
    budget_configure(b, amount, period, arch_now());
    if (cpu->budget == b) {
        budget_account(cpu);
    }
    if (b->holder != NULL && b->holder->state == TESS_THREAD_NO_BUDGET) {
        thread_ready(b->holder);
    }
    return TESS_OK;
}

enum tess_err budget_invoke(struct invocation *inv)
{
    struct budget *b = (struct budget *)inv->cap->object;
    enum tess_err err = TESS_OK;
    struct cap *c;
    struct thread *t;

    switch (inv->label) {
    case TESS_LABEL_budget_configure:
        return budget_set(inv, b);
    case TESS_LABEL_budget_bind:
        c = arg_cap(inv, inv->arg[0], TESS_TYPE_thread, &err);
        if (c == NULL) {
            return err;
        }
        t = (struct thread *)c->object;
        if (b->count == 0) {
            return TESS_STATE; /* not configured */
        }
        if (b->owner != NULL || t->slot[THREAD_BUDGET].type != TESS_TYPE_null) {
            return TESS_EXISTS;
        }
        cap_copy(inv->cap, &t->slot[THREAD_BUDGET], TESS_RIGHT_ALL, 0);
        budget_bind(b, t);
        return TESS_OK;
    case TESS_LABEL_budget_unbind:
        return b->owner == NULL ? TESS_STATE : cap_delete(&b->owner->slot[THREAD_BUDGET]);
    default: /* consumed */
        budget_account(inv->cpu);
        inv->result[0] = budget_consumed(b);
        inv->result[1] = b->throttled || b->count == 0 ? 0 : b->refill[b->head].amount;
        return TESS_OK;
    }
}
