/* The vDSO: code of ours in every process, and the page of data that it reads. */
#ifndef LINUX_TASK_VDSO_H
#define LINUX_TASK_VDSO_H

#include <stdint.h>

struct space;

#define STACK_TOP_ADDRESS 0x7ffffffff000ull

/* Once. */
int vdso_start(void);
/* Into a new address space. */
int vdso_map(struct space *s);
/* Where its ELF header is, in every process; and what returns from signal handlers. */
uint64_t vdso_at(void);
uint64_t vdso_sigreturn(void);
/* CLOCK_REALTIME was set. */
void vdso_clock_changed(void);

#endif
