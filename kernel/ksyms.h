/*
 * The names of the kernel's functions, for panics.  The kernel is linked twice: first with the empty table of ksyms.c,
 * then with the one that tools/ksyms made from the first result.  Code comes before constants in the image, so it lies
 * at the same addresses in both.
 */
#ifndef KERNEL_KSYMS_H
#define KERNEL_KSYMS_H

#include <stdint.h>

struct ksym {
    uint32_t offset; /* from kernel_first; ascending */
    uint32_t name;   /* index into ksym_name */
};

extern const uint32_t ksym_count;
extern const struct ksym ksym_table[];
extern const char ksym_name[]; /* names, each with its closing zero */

#endif
