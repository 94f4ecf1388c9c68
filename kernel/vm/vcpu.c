/* Virtual CPUs: the object, what its holder does with it, who is in the CPU.  The machine's part is in arch/. */
#include "vcpu.h"

#include "../cap/cnode.h"
#include "../cap/invoke.h"
#include "../dev/dev.h"
#include "../ipc/ipc.h"
#include "../mem/mem.h"
#include "vgic.h"

/* Register later */
#define LATER_INTID    0x3ffu
#define LATER_PRIORITY 16

void vcpu_create(struct vcpu *v)
{
#define VCPU_STATE(name, number, reset, text)     v->reg[number] = (reset);
#define VCPU_REG(name, number, reg_, reset, text) VCPU_STATE(name, number, reset, text)
#include "../../abi/vcpu.def"
#undef VCPU_REG
#undef VCPU_STATE
}

/* What v has in the CPU goes back into it. */
static void unload(struct cpu *cpu)
{
    struct vcpu *v = cpu->vcpu;

    if (v == NULL) {
        return;
    }
    cpu->vcpu = NULL;
    arch_vcpu_save(v);
    vgic_save(v);
    struct thread *t = v->thread;
    if (t->state == TESS_THREAD_IDLE && (v->reg[TESS_VCPU_cntv_ctl] & 3) == 1 && !v->timer_fired) {
        /* it sleeps, and nothing in the hardware counts for it any more */
        uint64_t when = v->reg[TESS_VCPU_cntv_cval] + v->reg[TESS_VCPU_cntvoff];
        timer_insert(&cpu->timers, &t->timer, when, TIMER_THREAD);
        if (when < cpu->armed) { /* schedule is over when another guest enters */
            cpu->armed = when;
            arch_timer_set(when);
        }
    }
}

/* One that sleeps has no interrupt that could. */
void vcpu_idle(struct cpu *cpu)
{
    if (cpu->vcpu != NULL && cpu->vcpu->thread->state != TESS_THREAD_IDLE) {
        unload(cpu);
    }
}

/* Another vCPU's state comes into the CPU. */
static __attribute__((noinline)) void load(struct cpu *cpu, struct vcpu *v)
{
    unload(cpu);
    cpu->vcpu = v;
    vgic_load(v);
    arch_vcpu_load(v);
    if (cpu->fpu_owner != NULL && cpu->fpu_owner != v->thread && cpu->fpu_owner->vcpu != NULL) {
        arch_vcpu_take_fp(v->thread, cpu); /* a guest soon does: it costs less than an exit */
    }
}

static __attribute__((noinline)) void enter_in(struct cpu *cpu, struct vcpu *v,
                                               struct vspace *space)
{
    bool is_there =
        space != NULL && space->guest && (space->switch_word != 0 || vspace_activate(space));

    if (is_there && space->last_vcpu != v) {
        /* the vCPUs of a guest share its number: one must not find what another, which need not broadcast, left in the TLB */
        space->last_vcpu = v;
        arch_guest_flush(space->switch_word, false);
    }
    cpu->fpu_on = cpu->fpu_owner == v->thread;
    arch_vcpu_enter(v, is_there ? space->switch_word : 0, cpu->fpu_on);
}

/* Most often nothing but the last line. */
ALWAYS_INLINE void enter(struct cpu *cpu, struct thread *t)
{
    struct vcpu *v = t->vcpu;
    struct vspace *space = t->vspace;

    if (unlikely(cpu->vcpu != v)) {
        load(cpu, v);
    }
    if (unlikely(space == NULL || !space->guest || space->switch_word == 0 ||
                 space->last_vcpu != v)) {
        return enter_in(cpu, v, space);
    }
    cpu->fpu_on = cpu->fpu_owner == t;
    arch_vcpu_enter(v, space->switch_word, cpu->fpu_on);
}

void vcpu_enter(struct cpu *cpu)
{
    enter(cpu, cpu->current);
}

void vcpu_answered(word_t value, word_t tag, struct thread *to, struct cpu *cpu)
{
    if (tag >> TESS_TAG_LABEL_SHIFT == TESS_FAULT_ADVANCE) {
        vcpu_advance(to, value);
    }
    enter(cpu, to);
}

void vcpu_wake(struct vcpu *v)
{
    struct thread *t = v->thread;

    if (t == NULL || t->state != TESS_THREAD_IDLE) {
        return;
    }
    if (unlikely(t->budget == NULL)) { /* it may be at somebody else's */
        return thread_abort(t, TESS_OK);
    }
    timer_remove(&t->cpu->timers, &t->timer);
    thread_ready(t);
}

/* Most often nothing waits.  What finds no list register waits on. */
void vcpu_settle(struct vcpu *v)
{
    word_t what = v->reg[TESS_VCPU_later];

    if (unlikely(what != 0) &&
        vgic_inject(v, v->thread->cpu->vcpu == v, what & LATER_INTID, what >> LATER_PRIORITY, 0)) {
        v->reg[TESS_VCPU_later] = 0;
    }
}

/* ---- vCPUs of one guest: what one sends another ---- */

#define PEERS_MAX  8u
#define SGI(value) ((value) >> 24 & 15)
#define SGI_LIST   0xffffull

/* Of v's guest, the one of affinity 0.0.0.n; NULL: there is none. */
static struct vcpu *peer_of(struct vcpu *v, word_t bit_n)
{
    for (struct vcpu *p = v->peer; p != NULL; p = p != v ? p->peer : NULL) {
        LOOP_BOUND(PEERS_MAX);
        word_t self = p->reg[TESS_VCPU_vmpidr] & 0xff00ffffffull;
        if (self < 16 && bit_n == 1ull << self) {
            return p;
        }
    }
    return NULL;
}

/* Only what names one CPU of affinity 0.0.0.x (IHI0069H 12.2.22); the rest is rare, and the monitor's. */
bool vcpu_sgi(struct vcpu *v, word_t value)
{
    struct vcpu *to = peer_of(v, value & SGI_LIST);
    word_t how = to != NULL ? to->reg[TESS_VCPU_sgis] : 0;

    if ((value & ~(SGI_LIST | 15ull << 24)) != 0 || !(how >> SGI(value) & 1) ||
        !vgic_inject(to, to->thread->cpu->vcpu == to, SGI(value), how >> 16 & 0xff, 0)) {
        return false;
    }
    vcpu_wake(to);
    return true;
}

static enum tess_err join(struct invocation *inv, struct vcpu *v)
{
    enum tess_err err = TESS_OK;
    struct cap *c = arg_cap(inv, inv->arg[0], TESS_TYPE_vcpu, &err);
    unsigned count = 2;

    if (c == NULL) {
        return err;
    }
    struct vcpu *with = (struct vcpu *)c->object;
    if (v->thread == NULL || with->thread == NULL) {
        return TESS_STATE;
    }
    if (v->peer != NULL || v == with) {
        return TESS_EXISTS;
    }
    for (struct vcpu *p = with->peer; p != NULL && p != with; p = p->peer) {
        LOOP_BOUND(PEERS_MAX);
        count++;
    }
    if (count > PEERS_MAX) {
        return TESS_RANGE;
    }
    /* ---- commit ---- */
    v->peer = with->peer != NULL ? with->peer : with;
    with->peer = v;
    return TESS_OK;
}

static void part(struct vcpu *v)
{
    struct vcpu *before = v->peer;

    if (before == NULL) {
        return;
    }
    while (before->peer != v) {
        LOOP_BOUND(PEERS_MAX);
        before = before->peer;
    }
    before->peer = v->peer != before ? v->peer : NULL;
    v->peer = NULL;
}

void vcpu_unbind(struct thread *t)
{
    struct vcpu *v = t->vcpu;

    if (v == NULL) {
        return;
    }
    thread_suspend(t);
    if (t->cpu->vcpu == v) {
        unload(t->cpu);
    }
    arch_thread_init(t); /* user mode: it can never run guest code without the guest's world */
    arch_thread_set_foreign(t, (t->flags & THREAD_FOREIGN) != 0);
    part(v);
    if (t->vspace != NULL && t->vspace->last_vcpu == v) {
        t->vspace->last_vcpu = NULL; /* another may be made where it was */
    }
    v->thread = NULL;
    t->vcpu = NULL;
    thread_update_space(t);
}

static enum tess_err bind(struct invocation *inv, struct vcpu *v)
{
    enum tess_err err = TESS_OK;
    struct cap *c = arg_cap(inv, inv->arg[0], TESS_TYPE_thread, &err);

    if (c == NULL) {
        return err;
    }
    struct thread *t = (struct thread *)c->object;
    if (!arch_vcpu_possible() || t->state != TESS_THREAD_SUSPENDED) {
        return TESS_STATE;
    }
    if (v->thread != NULL || t->vcpu != NULL) {
        return TESS_EXISTS;
    }
    /* ---- commit ---- */
    cap_copy(inv->cap, &t->slot[THREAD_VCPU], TESS_RIGHT_ALL, 0);
    t->vcpu = v;
    v->thread = t;
    arch_thread_set_foreign(t, true);
    thread_update_space(t);
    return TESS_OK;
}

/* It waits if there is no other that does, and the guest runs or is about to: who sleeps is woken, and an SGI is urgent. */
static bool inject_later(struct vcpu *v, word_t intid, word_t priority)
{
    word_t *later = &v->reg[TESS_VCPU_later], what = priority << LATER_PRIORITY | intid;

    if (intid < 16 || v->thread == NULL || v->thread->state == TESS_THREAD_IDLE ||
        (*later != 0 && *later != what)) {
        return false;
    }
    *later = what;
    return true;
}

static enum tess_err inject(struct invocation *inv, struct vcpu *v)
{
    word_t intid = inv->arg[0], priority = inv->arg[1] & ~TESS_VCPU_LATER, line = 0;

    if (intid >= VGIC_LINES || priority > 255) {
        return TESS_ARG;
    }
    if (inv->arg[2] != 0) {
        enum tess_err err = TESS_OK;
        struct cap *c = arg_cap(inv, inv->arg[2], TESS_TYPE_irq, &err);

        if (c == NULL || c->object >= gic_wires) { /* a message has no end to be linked */
            return c == NULL ? err : TESS_ARG;
        }
        line = c->object;
    } else if ((inv->arg[1] & TESS_VCPU_LATER) != 0 && inject_later(v, intid, priority)) {
        return TESS_OK;
    }
    if (!vgic_inject(v, inv->cpu->vcpu == v, intid, priority, line)) {
        return TESS_AGAIN;
    }
    vcpu_wake(v);
    return TESS_OK;
}

/* Of GICv2 it is memory, which no capability names: programs could reach the loaded guest's through it. */
static enum tess_err interface(struct invocation *inv, struct vcpu *v)
{
    word_t at = inv->arg[0];
    struct vspace *space = v->thread != NULL ? v->thread->vspace : NULL;

    if (at % TESS_PAGE != 0 || at > TESS_GUEST_TOP - VGIC_BYTES) {
        return TESS_RANGE;
    }
    if (space == NULL || !space->guest || space->emptying) {
        return TESS_STATE;
    }
    if (!vgic_map(space, at)) {
        return TESS_NOMEM;
    }
    inv->result[0] = vgic_version();
    return TESS_OK;
}

enum tess_err vcpu_invoke(struct invocation *inv)
{
    struct vcpu *v = (struct vcpu *)inv->cap->object;
    word_t number = inv->arg[0];

    switch (inv->label) {
    case TESS_LABEL_vcpu_bind:
        return bind(inv, v);
    case TESS_LABEL_vcpu_inject:
        return inject(inv, v);
    case TESS_LABEL_vcpu_join:
        return join(inv, v);
    case TESS_LABEL_vcpu_interface:
        return interface(inv, v);
    default:
        break;
    }
    if (number >= TESS_VCPU_LR_END) {
        return TESS_ARG;
    }
    if (inv->cpu->vcpu == v) {
        unload(inv->cpu);
    }
    if (inv->label == TESS_LABEL_vcpu_read) {
        inv->result[0] = v->reg[number];
        return TESS_OK;
    }
    v->reg[number] = arch_vcpu_value(number, inv->arg[1]);
    if (number == TESS_VCPU_vtimer && v->timer_fired) {
        v->timer_fired = false; /* it fires anew when it is loaded, if it still has a reason to */
    }
    return TESS_OK;
}

bool vcpu_ok(const struct vcpu *v)
{
    const struct vcpu *p = v->peer;

    for (unsigned i = 1; i < PEERS_MAX && p != NULL && p != v; i++) {
        p = p->peer;
    }
    return v->thread == NULL
               ? v->peer == NULL
               : v->thread->vcpu == v && (v->peer == NULL || (v->peer != v && p == v));
}
