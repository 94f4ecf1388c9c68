/* What the three files of the kernel's start share.  Nothing of it is used after boot_main has returned. */
#ifndef KERNEL_BOOT_BOOT_H
#define KERNEL_BOOT_BOOT_H

#include "../types.h"
#include "../loader/ranges.h"

struct cpu;

/* From the first assembly instructions, once.  When it returns cpu_boot->current is the thread to go on with. */
void boot_main(const struct handoff *h);

/* A defect of the handoff or a machine that is too small: one line on the UART, then power off. */
_Noreturn void boot_die(const char *why);

/* ---- memory.c ---- */
/* Free memory: RAM without what is used; device memory: all addresses without RAM and the kernel's own devices. */
void boot_memory_init(const struct handoff *h);
/* Zeroed memory in the direct map, whole pages, for ever. */
void *boot_alloc(word_t bytes);
word_t boot_paddr(const void *p);
/* What remains, largest first; no boot_alloc afterwards. */
const struct ranges *boot_free(void);
const struct ranges *boot_device(void);

/* ---- root.c ---- */
/* The root thread as tessera/bootinfo.h says, ready to run. */
void boot_root(const struct handoff *h);

#endif
