/* Start, power and panic on aarch64. */
#ifndef KERNEL_ARCH_AARCH64_START_H
#define KERNEL_ARCH_AARCH64_START_H

#include "../../boot/handoff.h"
#include "../../types.h"

/* From start.S: remember how PSCI is called.  Trusts nothing else in the handoff. */
void psci_init(const struct handoff *h);
/* From entry.S: an exception that only a kernel bug can cause, on the panic stack.  vector: 0..15 of the table; sp: at
 * the exception. */
_Noreturn void trap_kernel(word_t vector, word_t sp, word_t esr, word_t elr, word_t far, word_t x30,
                           word_t x29);

#endif
