/* Between the files of this folder and kernel/boot. */
#ifndef KERNEL_ARCH_AARCH64_ARCH_PRIVATE_H
#define KERNEL_ARCH_AARCH64_ARCH_PRIVATE_H

#include "../../boot/handoff.h"
#include "../../sched/cpu.h"

/* entry.S -> C; all registers of t are saved, the kernel lock is held, the exit goes to cpu->current. */
void trap_sync(struct thread *t, struct cpu *cpu, word_t esr, word_t far);
void trap_syscall(struct thread *t, struct cpu *cpu, word_t esr);
void trap_finish(struct thread *t, struct cpu *cpu);
void trap_irq(struct thread *t, struct cpu *cpu);
void trap_serror(struct thread *t, struct cpu *cpu, word_t esr);
/* The same for a thread that is a guest, and in the CPU. */
void trap_guest(struct thread *t, struct cpu *cpu, word_t esr, word_t far);
void trap_guest_irq(struct thread *t, struct cpu *cpu);
void trap_guest_serror(struct thread *t, struct cpu *cpu, word_t esr);
/* First use of FP registers since the switch: bring in the thread's. */
void trap_fp(struct thread *t, struct cpu *cpu);
/* Remembers which line is the kernel's timer. */
void trap_init(const struct handoff *h);

extern const char vectors_fast[], vectors_slow[], vectors_guest[];

#endif
