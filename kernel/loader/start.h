/* What start.S and the C part of the loader call each other by. */
#ifndef KERNEL_LOADER_START_H
#define KERNEL_LOADER_START_H

#include <stdint.h>

/* First byte of the image in memory, and the first one behind the loader: the archive. */
extern char loader_first[], loader_end[];
/* Code that runs while the MMU is switched on: first byte and end. */
extern char loader_switch[], loader_switch_end[];

/* What the CPU is told on the way into the kernel; start.S knows the offsets. */
struct entry {
    uint64_t mair, tcr, ttbr0, ttbr1, sctlr;
    uint64_t kernel;      /* virtual address */
    uint64_t handoff;     /* virtual address */
    uint64_t ttbr0_empty; /* what the kernel runs on */
};

/* Called once, MMU off, at EL1 or at EL2 with VHE.  entered: the exception level of the firmware's jump. */
_Noreturn void loader_main(const void *fdt, uint64_t entered);
/* Switch the MMU on and jump to the kernel. */
_Noreturn void loader_enter(const struct entry *e);
/* One PSCI call that does not return; if it does, wait for ever. */
_Noreturn void loader_psci(uint64_t function, uint64_t smc);

#endif
