/* How the loader ends when something is wrong: one line on the UART, then power-off.  Never silence. */
#ifndef KERNEL_LOADER_CONSOLE_H
#define KERNEL_LOADER_CONSOLE_H

#include <stdint.h>

/* Where and how: set again as soon as the device tree has told.  At first the board's defaults (plat.h). */
void console_set(uint64_t uart_paddr);
void console_set_psci(uint64_t smc);

/* Print "tessera: " and the two parts (what may be NULL), then power off. */
_Noreturn void die(const char *part, const char *what);
/* Called by the exception vectors: ESR, ELR and FAR of the level that faulted. */
_Noreturn void loader_fault(uint64_t esr, uint64_t elr, uint64_t far);

#endif
