/* Printing while everything may be broken: to the UART, without formats, without allocation. */
#ifndef KERNEL_PANIC_H
#define KERNEL_PANIC_H

#include "types.h"

/* The kernel's code (kernel.ld). */
extern const char kernel_first[], kernel_text_end[];

void panic_hex(word_t value);
void panic_decimal(word_t value);
/* An address, and which function it lies in. */
void panic_symbol(word_t pc);

#endif
