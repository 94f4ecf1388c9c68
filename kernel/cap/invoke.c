/* Decoding of invocations by the table of abi/invocations.def, and the CNode's own. */
#include "invoke.h"

#include "../ipc/ipc.h"
#include "../mem/mem.h"
#include "../trace.h"
#include "../vm/vcpu.h"
#include "cnode.h"
#include "derivation.h"
#include "make.h"

#define LABELS 0x100

/* One word a label: type, least words << 8, results << 16. */
static const uint32_t table[LABELS] = {
#define INVOKE(object, verb, number, words, results, args, text)                                   \
    [number] = TESS_TYPE_##object | (words) << 8 | (results) << 16,
#include "../../abi/invocations.def"
#undef INVOKE
};

struct cap *arg_slot(struct invocation *inv, word_t cnode_slot, word_t index, enum tess_err *err)
{
    struct cap *slots = inv->self->slots;
    word_t count = inv->self->slot_count;

    if (cnode_slot != 0) {
        struct cap *c = arg_cap(inv, cnode_slot, TESS_TYPE_cnode, err);
        if (c == NULL) {
            return NULL;
        }
        struct cnode *n = (struct cnode *)c->object;
        slots = n->slot;
        count = n->box.count;
    }
    if (index >= count || index == 0) {
        *err = TESS_RANGE;
        return NULL;
    }
    return &slots[index];
}

struct cap *arg_cap(struct invocation *inv, word_t slot, enum tess_type type, enum tess_err *err)
{
    struct cap *c = cap_lookup(inv->self, slot);

    if (c == NULL || c->type != type) {
        *err = TESS_CAP;
        return NULL;
    }
    return c;
}

struct cap *arg_empty(struct invocation *inv, word_t cnode_slot, word_t index, enum tess_err *err)
{
    struct cap *c = arg_slot(inv, cnode_slot, index, err);

    if (c != NULL && c->type != TESS_TYPE_null) {
        *err = TESS_EXISTS;
        return NULL;
    }
    return c;
}

ALWAYS_INLINE enum tess_err dispatch(struct invocation *inv, unsigned type)
{
    if (type == TESS_TYPE_cnode) { /* the most frequent first */
        return cnode_invoke(inv);
    }
    if (type == TESS_TYPE_frame) {
        return frame_invoke(inv);
    }
    if (type == TESS_TYPE_untyped) {
        return untyped_invoke(inv);
    }
    switch (type) {
    case TESS_TYPE_vspace:
        return vspace_invoke(inv);
    case TESS_TYPE_thread:
        return thread_invoke(inv);
    case TESS_TYPE_reply:
        return reply_invoke(inv);
    case TESS_TYPE_budget:
        return budget_invoke(inv);
    case TESS_TYPE_vcpu:
        return vcpu_invoke(inv);
    case TESS_TYPE_irq:
        return irq_invoke(inv);
    case TESS_TYPE_irq_control:
        return irq_control_invoke(inv);
    case TESS_TYPE_trace:
        return trace_invoke(inv);
    case TESS_TYPE_machine:
        return machine_invoke(inv);
    default:
        return TESS_CALL;
    }
}

uint32_t invoke(struct cpu *cpu, struct thread *self, struct cap *cap, word_t tag)
{
    word_t label = tess_tag_label(tag);
    unsigned type = cap->type;
    word_t *words = &self->regs.x[10];
    struct invocation inv = { cpu, self, cap, words, words, (uint32_t)label };
    enum tess_err err;

    trace(cpu, TESS_TRACE_invoke, label, self->regs.x[0]);
    uint32_t row = label < LABELS ? table[label] : 0;
    if (unlikely((row & 0xff) != type)) {
        thread_error(self, TESS_CALL);
        return cpu->pending;
    }
    if (unlikely((tag & TESS_TAG_KERNEL) != 0 || tess_tag_len(tag) < (row >> 8 & 0xff))) {
        thread_error(self, TESS_ARG);
        return cpu->pending;
    }
    err = dispatch(&inv, type);
    __asm__ volatile(
        "" ::
            : "memory"); /* take all from inv again: nothing need be kept in registers meanwhile */
    if (unlikely(err == K_PREEMPTED)) {
        trace(inv.cpu, TESS_TRACE_preempt, inv.label, 0);
        inv.cpu->pending |= PENDING_REPEAT | PENDING_SCHEDULE;
        return inv.cpu->pending;
    }
    inv.self->progress = 0;
    thread_result(inv.self, 0, tess_tag(err, err == TESS_OK ? table[inv.label] >> 16 : 0, 0));
    return inv.cpu->pending;
}

/* ---- cnode ---- */

/* A slot of the invoked CNode. */
ALWAYS_INLINE struct cap *own_slot(struct invocation *inv, word_t index)
{
    struct cnode *n = (struct cnode *)inv->cap->object;
    return index == 0 || index >= n->box.count ? NULL : &n->slot[index];
}

/* Source (cnode w0, slot w1) and empty destination (slot w2 of the invoked CNode) of copy, mint, move. */
ALWAYS_INLINE enum tess_err from_to(struct invocation *inv, struct cap **from, struct cap **to)
{
    enum tess_err err = TESS_OK;

    *from = arg_slot(inv, inv->arg[0], inv->arg[1], &err);
    if (*from == NULL) {
        return err;
    }
    if ((*from)->type == TESS_TYPE_null) {
        return TESS_CAP;
    }
    *to = own_slot(inv, inv->arg[2]);
    if (*to == NULL) {
        return TESS_RANGE;
    }
    return (*to)->type == TESS_TYPE_null ? TESS_OK : TESS_EXISTS;
}

ALWAYS_INLINE enum tess_err copy(struct invocation *inv, bool mint)
{
    struct cap *from, *to;
    enum tess_err err = from_to(inv, &from, &to);

    if (err != TESS_OK) {
        return err;
    }
    if (!cap_copyable(from) || inv->arg[3] > TESS_RIGHT_ALL) {
        return TESS_ARG;
    }
    word_t badge = mint ? inv->arg[4] : from->badge;
    if (mint && ((from->type != TESS_TYPE_endpoint && from->type != TESS_TYPE_notification) ||
                 from->badge != 0)) {
        return TESS_ARG;
    }
    cap_copy_inline(from, to, (unsigned)inv->arg[3], badge);
    return TESS_OK;
}

static enum tess_err move(struct invocation *inv)
{
    struct cap *from, *to;
    enum tess_err err = from_to(inv, &from, &to);

    if (err != TESS_OK) {
        return err;
    }
    bool in_use =
        (from->type == TESS_TYPE_frame || from->type == TESS_TYPE_tables) && from->vspace != 0;
    if (from->child != 0 || in_use) {
        return TESS_STATE;
    }
    to->object = from->object;
    to->kind = from->kind;
    to->flags = from->flags;
    to->map_done = 0;
    to->badge = from->badge;
    to->size = from->size;
    to->zeroed = from->zeroed; /* of a frame: not mapped */
    to->rest = 0;
    derivation_replace(from, to);
    from->type = TESS_TYPE_null;
    return TESS_OK;
}

static enum tess_err read(struct invocation *inv, const struct cap *c)
{
    bool memory =
        c->type == TESS_TYPE_frame || c->type == TESS_TYPE_untyped || c->type == TESS_TYPE_tables;
    bool badged = c->type == TESS_TYPE_endpoint || c->type == TESS_TYPE_notification;
    bool object = c->object >= arch_direct_base();
    bool hidden = c->type == TESS_TYPE_frame && (c->rights & TESS_RIGHT_PHYS) == 0;

    inv->result[0] = c->type;
    inv->result[1] = c->type == TESS_TYPE_null ? 0 : c->rights;
    inv->result[2] = badged ? c->badge : 0;
    inv->result[3] = hidden || c->type == TESS_TYPE_null ? 0
                     : object                            ? c->object - arch_direct_base()
                                                         : c->object;
    inv->result[4] = memory                       ? c->size
                     : c->type == TESS_TYPE_cnode ? ((struct cnode *)c->object)->box.count
                                                  : 0;
    return TESS_OK;
}

enum tess_err cnode_invoke(struct invocation *inv)
{
    struct cap *c;

    if (inv->label == TESS_LABEL_cnode_copy) { /* the most frequent first */
        return copy(inv, false);
    }
    if (inv->label == TESS_LABEL_cnode_delete) {
        c = own_slot(inv, inv->arg[0]);
        return c == NULL ? TESS_RANGE : cap_delete(c);
    }
    switch (inv->label) {
    case TESS_LABEL_cnode_mint:
        return copy(inv, true);
    case TESS_LABEL_cnode_move:
        return move(inv);
    default:
        break;
    }
    c = own_slot(inv, inv->arg[0]);
    if (c == NULL) {
        return TESS_RANGE;
    }
    switch (inv->label) {
    case TESS_LABEL_cnode_revoke:
        return c->type == TESS_TYPE_null ? TESS_CAP : cap_revoke(c);
    case TESS_LABEL_cnode_cancel_badge:
        if (c->type != TESS_TYPE_endpoint) {
            return TESS_CAP;
        }
        if (c->badge != 0 || (c->rights & TESS_RIGHT_RECV) == 0) {
            return TESS_RIGHTS;
        }
        return endpoint_cancel((struct endpoint *)c->object, inv->arg[1], &inv->self->progress);
    default:
        return read(inv, c);
    }
}
