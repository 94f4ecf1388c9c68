/* Part of arch.h: what a CPU architecture does for guests. */
#ifndef KERNEL_VM_ARCH_GUEST_H
#define KERNEL_VM_ARCH_GUEST_H

#include "../types.h"

struct handoff;
struct vcpu;
struct thread;
struct cpu;

/* ---- guests: EL1 and EL0 of a virtual CPU behind a second stage of translation (vm/vcpu.h) ---- */
void arch_guest_init(const struct handoff *h); /* once, when the interrupt controller works */
bool arch_vcpu_possible(void);
void arch_vcpu_load(const struct vcpu *v); /* its registers into the CPU; no other's are in it */
void arch_vcpu_save(struct vcpu *v);       /* back */
void arch_vcpu_take_fp(struct thread *t, struct cpu *cpu); /* the FP registers are t's now */
/* The next exception return goes to the guest, behind the address space of that word (0: nothing is mapped). */
void arch_vcpu_enter(const struct vcpu *v, word_t guest_word, uint32_t fp);
word_t arch_vcpu_value(word_t number, word_t value); /* what a holder may put into that register */
word_t arch_guest_pstate(
    word_t pstate); /* likewise: nothing that is more than the guest's kernel */
#ifndef ARCH_PTE_INLINE
word_t arch_guest_leaf(word_t paddr, unsigned level, unsigned rights, unsigned attr);
unsigned arch_guest_rights(word_t pte);
#endif
word_t arch_guest_word(word_t level1_paddr, word_t number); /* as arch_space_word */
/* Drop all translations of that address space; dies: the CPU must forget it. */
void arch_guest_flush(word_t guest_word, bool dies);

#endif
