/* Checks of the two ELF files that the loader looks into: the kernel and the root program. */
#ifndef KERNEL_LOADER_ELF_H
#define KERNEL_LOADER_ELF_H

#include <stdint.h>

#include <boot/handoff.h>

struct elf {
    uint64_t entry;
    uint64_t count;
    struct handoff_segment
        segment[HANDOFF_SEGMENT]; /* sorted, not overlapping, never writable and executable */
};

/*
 * Check a static aarch64 executable that may use the addresses first .. end - 1, and describe it.  file: 8-byte
 * aligned, bytes long, not trusted.  NULL, or what is wrong with it.
 */
const char *elf_check(const void *file, uint64_t bytes, uint64_t first, uint64_t end,
                      struct elf *out);

#endif
