/*
 * Virtual CPUs.
 *
 * A thread whose slot THREAD_VCPU is full is a guest: its registers are those of EL0/EL1 behind the stage-2 address
 * space in its VSPACE slot, and instead of system calls it has exits.
 *
 *              enter (sched/switch.c: finish)         exit (entry.S, vectors_guest)
 *   kernel ------------------------------> guest ------------------------------> kernel
 *      load: if another vCPU is in the CPU         leave: what programs at EL0 must not find
 *
 * Two halves, because an exit is frequent and a change of guests is not: what stands in nobody's way at EL0 (EL1
 * registers, list registers, the running virtual timer) stays in the CPU after an exit; cpu->vcpu says whose it is.
 *
 * State of the thread: wfi puts it into IDLE; a virtual interrupt, injected or the timer's, makes it READY.
 */
#ifndef KERNEL_VM_VCPU_H
#define KERNEL_VM_VCPU_H

#include "../arch.h"
#include "../sched/cpu.h"

#include <tessera/vcpu.h>

struct invocation;

struct vcpu {
    uint32_t refs;
    uint32_t exit; /* syndrome of the exit that the thread waits with: what ADVANCE completes */
    struct thread *thread; /* whose slot names this; NULL: none */
    struct vcpu *peer;     /* ring of a guest's; NULL: alone */
    bool timer_fired;      /* the physical line is active, but the guest has the virtual one off */
    word_t reg[TESS_VCPU_LR_END];
};
_Static_assert(sizeof(struct vcpu) <= TESS_SIZE_vcpu, "vCPU size is ABI");

void vcpu_create(struct vcpu *v);
enum tess_err vcpu_invoke(struct invocation *inv);
/* The capability in t's slot is going: t is no guest any more, and stops. */
void vcpu_unbind(struct thread *t);
/* t, which left because of v->exit, goes on behind that instruction. */
void vcpu_advance(struct thread *t, word_t value);
/* What is left to do when a message has answered the exit of to, which is current (vm/direct.h). */
void vcpu_answered(word_t value, word_t tag, struct thread *to, struct cpu *cpu);
/* The current thread is a guest: make the CPU its own.  Nothing else happens in the kernel until the exit. */
void vcpu_enter(struct cpu *cpu);
/* The CPU has nothing to do: what a stopped guest left in it must not wake it, as a virtual interrupt does (in QEMU; to the architecture only below EL2). */
void vcpu_idle(struct cpu *cpu);
/* v wrote that to ICC_SGI1R_EL1.  False: it is its monitor's. */
bool vcpu_sgi(struct vcpu *v, word_t value);
/* An interrupt for v is pending: it does not sleep any more. */
void vcpu_wake(struct vcpu *v);
/* The guest has stopped anyway: what has waited for that (register later) becomes pending. */
void vcpu_settle(struct vcpu *v);

/* What of a new PSTATE a thread may have: N Z C V; of a guest all that is the guest's. */
ALWAYS_INLINE word_t thread_pstate(const struct thread *t, word_t pstate)
{
    const word_t user = 0xf0000000ull;

    return t->vcpu != NULL ? arch_guest_pstate(pstate) : (t->regs.pstate & ~user) | (pstate & user);
}

#endif
