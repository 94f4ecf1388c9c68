/* What the start file (crt0.S, start.c) offers to the root program beside the C library. */
#ifndef TESS_START_H
#define TESS_START_H

#include <stdint.h>
#include <tess/syscall.h>
#include <tessera/bootinfo.h>

/* The boot information page; set before main() runs. */
extern const struct tess_bootinfo *tess_bootinfo;

/* Where stdout and stderr go: a machine capability; 0: nowhere.  TESS_ROOT_MACHINE at the start. */
extern tess_cap tess_console;

/* Write to the emergency console, unbuffered. */
void tess_console_write(const char *text, uint64_t bytes);

/* Bytes of thread-local storage that a thread needs at its thread pointer; the pointer is 64-byte aligned. */
uint64_t tess_tls_bytes(void);

/* Prepare thread-local storage at block (tess_tls_bytes() bytes) for a thread with that IPC buffer. */
void tess_tls_init(void *block, void *ipc_buffer);

#endif
