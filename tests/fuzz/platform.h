/* Where the fuzzer runs: on the target, or on this machine with a simulated processor around the kernel (host/). */
#ifndef FUZZ_PLATFORM_H
#define FUZZ_PLATFORM_H

#include <stdint.h>

/* How the guardian reaches memory that is mapped at that address of its address space. */
void *platform_pointer(void *address);
/* Bytes of the program's text and constants, from tess_bootinfo->image_first on. */
uint64_t platform_program_bytes(void);
/* Copy them to an address of the guardian's address space. */
void platform_program_copy(void *to, uint64_t bytes);

/* Whether a number that came out of a system call looks like an address of the kernel.  Called by workers. */
int platform_kernel_address(uint64_t value);

#endif
