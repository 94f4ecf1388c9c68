/* Threads on aarch64: fresh registers, foreign mark, FP state. */
#include "../../mem/mem.h"
#include "../../sched/cpu.h"

#define SVC_NATIVE                                                                                 \
    0x56000000u /* ESR: EC = SVC from AArch64, IL = 1, immediate 0 (Arm ARM D17.2.37) */
#define SVC_FOREIGN 0x00000100u /* no syndrome lies within TESS_SYS_COUNT above this */

void fpu_save(struct fpu_state *s);       /* entry.S */
void fpu_load(const struct fpu_state *s); /* entry.S */
void idle_loop(void);                     /* entry.S */

void arch_thread_init(struct thread *t)
{
    t->regs.pstate = 0; /* EL0t, AArch64, interrupts on (Arm ARM C5.2.19) */
    t->svc_base = SVC_NATIVE;
}

void arch_thread_set_foreign(struct thread *t, bool foreign)
{
    t->svc_base = foreign ? SVC_FOREIGN : SVC_NATIVE;
}

void arch_idle_init(struct cpu *cpu)
{
    struct thread *t = &cpu->idle;
    uint64_t el;

    __asm__("mrs %0, currentel" : "=r"(el)); /* EL in bits 3:2, as PSTATE.M wants it */
    t->regs.pstate = el | 1;                 /* ELxh, interrupts on */
    t->regs.pc = (word_t)idle_loop;
    t->svc_base = SVC_FOREIGN;
    t->cpu = cpu;
    t->space = &vspace_none;
    t->state = TESS_THREAD_SUSPENDED;
}

void arch_fpu_save(struct thread *t)
{
    arch_fpu_enable(true);
    __asm__ volatile("isb"); /* the access below must see CPACR_EL1 */
    fpu_save(&t->fpu);
}

void arch_fpu_load(const struct thread *t)
{
    arch_fpu_enable(true);
    __asm__ volatile("isb");
    fpu_load(&t->fpu);
}
