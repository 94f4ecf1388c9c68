/*
 * Virtual CPUs: whoever takes one out of the CPU, gives it to a thread or takes it away leaves the world of threads right;
 * a sleeping guest whose timer the hardware no longer counts for is in the timer heap, and the comparator is set for it.
 * thread_1 calls, the guest is thread_2.
 */
#define WORLD_REAL_VCPU
#include "world_sources.h"
#include "vm/vgic.h"

SPEC_BEGIN

static struct cap named; /* what the argument of bind names */
static bool saved, stopped_fresh, possible;

void arch_vcpu_load(const struct vcpu *v)
{
    CHECK(cpu.vcpu == v, "what is loaded is the CPU's");
}

void arch_vcpu_save(struct vcpu *v)
{
    CHECK(v == &vc && v->thread != NULL, "what is saved is somebody's");
    v->reg[TESS_VCPU_cntv_ctl] = any_u64();
    v->reg[TESS_VCPU_cntv_cval] = any_u64();
    saved = true;
}

static bool flushed; /* ghost: of what another vCPU left in the TLB */

void arch_guest_flush(word_t guest_word, bool dies)
{
    (void)guest_word, (void)dies;
    flushed = true;
}

void arch_vcpu_take_fp(struct thread *t, struct cpu *c)
{
    CHECK(c->vcpu == t->vcpu, "of the guest that is loaded");
    c->fpu_owner = t;
}

void arch_vcpu_enter(const struct vcpu *v, word_t guest_word, uint32_t fp)
{
    (void)fp;
    CHECK(guest_word == 0 || cpu.current->vspace->last_vcpu == v, "what is in the TLB is its own");
    CHECK(cpu.vcpu == v && v == cpu.current->vcpu, "the guest that runs is in the CPU");
    CHECK(guest_word == 0 || cpu.current->vspace->guest,
          "behind an address space of guests, or none");
}

bool arch_vcpu_possible(void)
{
    return possible;
}

word_t arch_vcpu_value(word_t number, word_t value)
{
    CHECK(number < TESS_VCPU_LR_END, "a register that there is");
    return value & any_u64();
}

void arch_thread_init(struct thread *t)
{
    CHECK(t->state == TESS_THREAD_SUSPENDED, "nobody's registers change while it runs");
    stopped_fresh = true;
}

void arch_thread_set_foreign(struct thread *t, bool foreign)
{
    (void)t, (void)foreign;
}

bool vspace_activate(struct vspace *v)
{
    v->switch_word = any_u64();
    return v->switch_word != 0;
}

struct cap *arg_cap(struct invocation *inv, word_t index, enum tess_type type, enum tess_err *err)
{
    (void)inv, (void)index;
    CHECK(type == named.type, "a thread is bound, a line is linked");
    if (any_bool()) {
        *err = TESS_CAP;
        return NULL;
    }
    return &named;
}

void cap_copy(struct cap *from, struct cap *to, unsigned rights, word_t badge)
{
    (void)rights, (void)badge;
    CHECK(to->type == TESS_TYPE_null, "only an empty slot is filled");
    to->type = from->type;
    to->object = from->object;
}

void vgic_load(const struct vcpu *v)
{
    (void)v;
}

void vgic_save(struct vcpu *v)
{
    (void)v;
}

word_t vgic_version(void)
{
    return any_bool() ? 2 : 3;
}

static struct vspace *shown; /* ghost: where the interface is mapped */

bool vgic_map(struct vspace *space, word_t at)
{
    CHECK(space->guest && !space->emptying, "only guests find it");
    CHECK(at % TESS_PAGE == 0 && at < TESS_GUEST_TOP && VGIC_BYTES <= TESS_GUEST_TOP - at,
          "all of it is at guest-physical addresses");
    shown = space;
    return any_bool();
}

static struct vcpu *injected; /* ghost: the last that something was injected into */

bool vgic_inject(struct vcpu *v, bool loaded, word_t intid, word_t priority, word_t line)
{
    injected = v;
    CHECK(loaded == (cpu.vcpu == v), "into the registers if they are the guest's");
    CHECK(intid < VGIC_LINES && priority <= 255, "a line and a priority that there are");
    CHECK(line == 0 || (named.type == TESS_TYPE_irq && line == named.object),
          "of a line that the monitor has");
    return any_bool();
}

SPEC_END
#include "../kernel/vm/vcpu.c"
SPEC_BEGIN

static struct thread *const self = &thread_1, *const g = &thread_2;
static struct cap of_vcpu = { .type = TESS_TYPE_vcpu, .object = (word_t)&vc };
static word_t words[3];
static struct invocation inv = {
    .cpu = &cpu, .self = &thread_1, .cap = &of_vcpu, .arg = words, .result = words
};

/* An interrupt waits that there is, or none. */
static bool later_ok(void)
{
    word_t later = vc.reg[TESS_VCPU_later];

    return (later & 0x3ff) < VGIC_LINES && (later & ~0xff03ffull) == 0;
}

/* Any state in which the virtual CPU, if it has a thread, has this one. */
static void guests_any(struct thread *t)
{
    world_any();
    struct thread *owner = any_bool() ? t : NULL;
    WLOG(vc.thread, owner);
    cpu.vcpu = any_bool() && vc.thread != NULL ? &vc : NULL;
    cpu.armed = any_u64();
    vc.timer_fired = any_bool();
    vc.reg[TESS_VCPU_later] = any_u64();
    ASSUME(later_ok());
    /* the kernel's timer is for guests that the hardware's does not count for */
    ASSUME(cpu.vcpu == NULL || t->state != TESS_THREAD_IDLE || t->timer.kind == TIMER_OFF);
    thread_1.slot[THREAD_VCPU].type = thread_1.vcpu != NULL ? TESS_TYPE_vcpu : TESS_TYPE_null;
    thread_2.slot[THREAD_VCPU].type = thread_2.vcpu != NULL ? TESS_TYPE_vcpu : TESS_TYPE_null;
}

PROOF_SLOW(vcpu_wake_any, 9)
{
    guests_any(g);
    unsigned state = g->state;
    vcpu_wake(&vc);
    world_check();
    if (vc.thread != NULL && state == TESS_THREAD_IDLE) {
        CHECK(g->state == TESS_THREAD_READY || g->state == TESS_THREAD_NO_BUDGET, "it goes on");
        REACHED(it slept);
    } else {
        CHECK(g->state == state, "it is as it was");
        REACHED(it did not sleep);
    }
}

PROOF_SLOW(vcpu_unbind_any, 9)
{
    guests_any(self);
    bool guest = self->vcpu != NULL;
    vcpu_unbind(self);
    CHECK(self->vcpu == NULL && (!guest || vc.thread == NULL), "it is no guest");
    CHECK(!guest || (self->state == TESS_THREAD_SUSPENDED && stopped_fresh),
          "who was one has stopped, in user mode");
    CHECK(!guest || cpu.vcpu == NULL, "nothing of it is in the CPU");
    CHECK(self->timer.kind == TIMER_OFF || !guest, "and no timer runs for it");
    world_check();
    if (guest && saved) {
        REACHED(it was in the CPU);
    } else if (guest) {
        REACHED(it was not in the CPU);
    } else {
        REACHED(it was no guest);
    }
}

PROOF_SLOW(vcpu_read_write, 9)
{
    guests_any(g);
    WLOG(cpu.current, self);
    WLOG(self->state, TESS_THREAD_READY);
    bool was_in = cpu.vcpu != NULL;
    word_t number = any_u64();
    inv.label = any_bool() ? TESS_LABEL_vcpu_read : TESS_LABEL_vcpu_write;
    inv.arg[0] = number;
    inv.arg[1] = any_u64();
    enum tess_err err = vcpu_invoke(&inv);
    CHECK((err == TESS_OK) == (number < TESS_VCPU_LR_END), "all registers that there are");
    CHECK(err != TESS_OK || cpu.vcpu == NULL, "and they are not in the CPU any more");
    CHECK(cpu.vcpu == NULL || vc.thread == g, "or its thread's still");
    CHECK(!saved || g->timer.kind == TIMER_OFF || g->state != TESS_THREAD_IDLE ||
              cpu.armed <= g->timer.time,
          "the comparator is set for a sleeping guest's timer");
    world_check();
    if (was_in && g->state == TESS_THREAD_IDLE && g->timer.kind != TIMER_OFF) {
        REACHED(it sleeps until its timer);
    } else if (err != TESS_OK) {
        REACHED(no such register);
    } else if (!was_in) {
        REACHED(it was not in the CPU);
    }
}

PROOF_SLOW(vcpu_inject_any, 9)
{
    guests_any(g);
    WLOG(cpu.current, self);
    WLOG(self->state, TESS_THREAD_READY);
    inv.label = TESS_LABEL_vcpu_inject;
    inv.arg[0] = any_u64();
    inv.arg[1] = any_u64();
    inv.arg[2] = any_u64();
    named.object = any_u32();
    named.type = TESS_TYPE_irq;
    word_t before = vc.reg[TESS_VCPU_later];
    injected = NULL;
    enum tess_err err = vcpu_invoke(&inv);
    CHECK(err != TESS_OK || vc.thread == NULL || g->state != TESS_THREAD_IDLE, "nobody sleeps on");
    CHECK(later_ok(), "what waits is an interrupt that there is");
    CHECK(before == 0 || vc.reg[TESS_VCPU_later] == before, "what waits is not lost");
    world_check();
    if (err == TESS_OK && injected == NULL) {
        CHECK(vc.reg[TESS_VCPU_later] != 0 && (inv.arg[1] & TESS_VCPU_LATER) && inv.arg[2] == 0,
              "what can wait does");
        REACHED(it waits);
    } else if (err == TESS_OK) {
        REACHED(injected);
    } else if (err == TESS_AGAIN) {
        REACHED(no room);
    } else {
        REACHED(no such interrupt);
    }
}

PROOF(vcpu_settle_any, 9)
{
    guests_any(g);
    WLOG(vc.thread, g);
    word_t before = vc.reg[TESS_VCPU_later];
    injected = NULL;
    vcpu_settle(&vc);
    CHECK((injected != NULL) == (before != 0), "what waits is injected");
    CHECK(vc.reg[TESS_VCPU_later] == 0 || vc.reg[TESS_VCPU_later] == before, "or waits on");
    world_check();
    if (before == 0) {
        REACHED(nothing waits);
    } else if (vc.reg[TESS_VCPU_later] == 0) {
        REACHED(it waits no more);
    } else {
        REACHED(no room);
    }
}

PROOF(vcpu_interface_any, 9)
{
    guests_any(g);
    WLOG(cpu.current, self);
    WLOG(self->state, TESS_THREAD_READY);
    shown = NULL;
    inv.label = TESS_LABEL_vcpu_interface;
    inv.arg[0] = any_u64();
    enum tess_err err = vcpu_invoke(&inv);
    CHECK(shown == NULL || (vc.thread == g && shown == g->vspace), "in its own address space");
    world_check();
    if (err == TESS_OK) {
        CHECK(shown != NULL, "it is there");
        REACHED(it is there);
    } else if (err == TESS_NOMEM) {
        REACHED(out of tables);
    } else if (err == TESS_STATE) {
        CHECK(shown == NULL, "nothing has changed");
        REACHED(no guest);
    } else {
        CHECK(shown == NULL, "nothing has changed");
        REACHED(no such address);
    }
}

PROOF(vcpu_bind_any, 9)
{
    guests_any(g);
    WLOG(cpu.current, self);
    WLOG(self->state, TESS_THREAD_READY);
    possible = any_bool();
    named.object = (word_t)&thread_2;
    named.type = TESS_TYPE_thread;
    struct vcpu *had = g->vcpu;
    const struct thread *owner = vc.thread;
    inv.label = TESS_LABEL_vcpu_bind;
    enum tess_err err = vcpu_invoke(&inv);
    world_check();
    if (err == TESS_OK) {
        CHECK(possible && had == NULL && owner == NULL && g->vcpu == &vc && vc.thread == g &&
                  g->state == TESS_THREAD_SUSPENDED && g->space == &vspace_none,
              "a suspended thread has it, which is on no direct way any more");
        REACHED(bound);
    } else {
        CHECK(g->vcpu == had && vc.thread == owner, "an error has changed nothing");
        REACHED(refused);
    }
}

PROOF(vcpu_enter_any, 9)
{
    guests_any(self);
    WLOG(cpu.current, self);
    WLOG(self->state, TESS_THREAD_READY);
    WLOG(self->vcpu, &vc);
    bool was_in = cpu.vcpu != NULL;
    bool shares = self->vspace != NULL && self->vspace->last_vcpu != &vc;
    flushed = false;
    vcpu_enter(&cpu);
    CHECK(!shares || flushed || !self->vspace->guest || self->vspace->switch_word == 0,
          "another vCPU of the guest left nothing behind");
    CHECK(cpu.vcpu == &vc, "it is in the CPU");
    world_check();
    if (was_in) {
        REACHED(it was already);
    } else {
        REACHED(it was not );
    }
}

/* A second and a third one, of a guest of their own or not. */
static struct vcpu second, third;

static void others_any(void)
{
    second.thread = any_bool() ? &thread_1 : NULL;
    third.thread = &thread_1;
    if (second.thread != NULL && any_bool()) {
        second.peer = &third;
        third.peer = &second;
    }
    named.type = TESS_TYPE_vcpu;
    named.object = (word_t)&second;
}

PROOF_SLOW(vcpu_join_any, 9)
{
    guests_any(g);
    others_any();
    struct vcpu *had = second.peer;
    if (any_bool()) {
        named.object = (word_t)&vc;
    }
    inv.label = TESS_LABEL_vcpu_join;
    enum tess_err err = vcpu_invoke(&inv);
    world_check();
    if (err == TESS_OK) {
        CHECK(vc.thread == g && second.thread != NULL && named.object == (word_t)&second,
              "two that run, and not one twice");
        CHECK(second.peer == &vc && vc.peer == (had != NULL ? had : &second),
              "they are a ring, whoever is in it");
        CHECK(vcpu_ok(&vc), "as the kernel checks it");
        vcpu_unbind(g);
        CHECK(vc.peer == NULL && second.peer == had, "and apart again when one goes");
        world_check();
        REACHED(joined);
    } else {
        CHECK(vc.peer == NULL && second.peer == had, "an error has changed nothing");
        REACHED(refused);
    }
}

PROOF_SLOW(vcpu_sgi_any, 9)
{
    guests_any(g);
    WLOG(vc.thread, g);
    WLOG(cpu.current, g);
    others_any();
    ASSUME(second.thread != NULL);
    vc.peer = second.peer != NULL ? second.peer : &second;
    second.peer = &vc;
    second.reg[TESS_VCPU_vmpidr] = any_u64();
    second.reg[TESS_VCPU_sgis] = any_u64();
    word_t value = any_u64();
    injected = NULL;
    bool done = vcpu_sgi(&vc, value);
    CHECK(!done || injected != NULL, "what is done was injected");
    if (injected != NULL) {
        word_t self_number = injected->reg[TESS_VCPU_vmpidr] & 0xff00ffffffull;
        CHECK(injected == &vc || injected == &second || injected == &third,
              "into one of its guest");
        CHECK(self_number < 16 && value == ((value & 15ull << 24) | 1ull << self_number),
              "which it names, alone");
        CHECK(injected->reg[TESS_VCPU_sgis] >> (value >> 24) & 1, "and which has it enabled");
        REACHED(for one of them);
    } else {
        REACHED(for the monitor);
    }
    world_check();
}

SPEC_END
