/* Random programs: pages of A64 instructions, most of them such that a kernel has to say something about them. */
#ifndef FUZZ_PROGRAM_H
#define FUZZ_PROGRAM_H

#include <stdint.h>
#include <tessera/msg.h>

#define PROGRAM_WORDS 128u
#define PROGRAM_CODE  0x10000000ull /* where it is mapped, in its own address space */
#define PROGRAM_DATA  0x10010000ull
#define PROGRAM_GICC  0x10011000ull /* of guests on a GICv2: the virtual CPU interface, two pages */

/* Write PROGRAM_WORDS instructions. */
void program_write(uint32_t *code, uint64_t *random);
/* Registers to begin with: addresses that are mapped, that are the kernel's, that are nobody's. */
void program_registers(struct tess_regs *regs, uint64_t *random);

#endif
