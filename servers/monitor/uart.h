/*
 * The console: a PL011 UART driven from user mode.  One thread uses it; nothing here is reentrant.
 * Output waits for room in the transmit FIFO; input waits for the UART's interrupt.
 */
#ifndef MONITOR_UART_H
#define MONITOR_UART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tess/syscall.h>
#include <tessera/bootinfo.h>

/* Make the device frame, map it, take the interrupt.  Reports the step that failed, or NULL. */
const char *uart_start(const struct tess_bootinfo *bi);

/* Write bytes as they are. */
void uart_write(const char *text, size_t bytes);

/* The next byte of input; waits until there is one. */
unsigned char uart_read(void);

/* Take over what has arrived; true if a Ctrl-C is among it (which is removed, with all before it). */
bool uart_interrupted(void);

/* Interrupts taken since the start. */
uint64_t uart_interrupts(void);

#endif
