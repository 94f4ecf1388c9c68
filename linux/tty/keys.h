/* What the component gives to the console. */
#ifndef LINUX_TTY_KEYS_H
#define LINUX_TTY_KEYS_H

#include <stddef.h>
#include <stdint.h>

/* Bytes were typed; how many were taken. */
size_t console_input(const uint8_t *bytes, size_t count);

/* The archive with the first root, and behind its end. */
extern const uint8_t root_cpio[], root_cpio_end[];

#endif
