/*
 * What the start files offer beside the C library: libc.c to every program, crt0.S and start.c to the root program,
 * lib/comp/start.c to components.
 */
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

#define TESS_PRINT_MAX                                                                             \
    440u /* bytes of one tess_print(): what one message of interface Console carries */

/* Where stdout and stderr go, line by line: defined by start.c of the root program, by the glue of a component. */
void tess_print(const char *text, uint64_t bytes);

/* Print what of a line has been written so far. */
void tess_print_flush(void);

/* Bytes of thread-local storage that a thread needs at its thread pointer; the pointer is 64-byte aligned. */
uint64_t tess_tls_bytes(void);

/* Prepare thread-local storage at block (tess_tls_bytes() bytes) for a thread with that IPC buffer. */
void tess_tls_init(void *block, void *ipc_buffer);

/* Once, before anything else of the C library: the first thread's TLS at tls, then the constructors. */
void tess_libc_init(void *tls, void *ipc_buffer);

#endif
