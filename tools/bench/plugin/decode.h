/*
 * What kind of work an A64 instruction is, as far as the benchmark tells kinds apart.
 * Encodings: Arm ARM (DDI 0487) C4.1, "A64 instruction set encoding".
 */
#ifndef TOOLS_BENCH_DECODE_H
#define TOOLS_BENCH_DECODE_H

#include <stdbool.h>
#include <stdint.h>

/* The counters of one interval, in the order in which they are written. */
#define COUNTERS(X)                                                                                \
    X(user)   /* instructions at addresses with bit 55 clear, markers not included */              \
    X(kernel) /* instructions at addresses with bit 55 set; all below: those of the kernel only */ \
    X(msr)    /* MSR (register) */                                                                 \
    X(mrs)    /* MRS */                                                                            \
    X(pstate) /* MSR (immediate): DAIFSet, PAN, ... */                                             \
    X(dsb)                                                                                         \
    X(isb)                                                                                         \
    X(dmb)                                                                                         \
    X(tlbi)                                                                                        \
    X(at)                                                                                          \
    X(cache) /* IC, DC */                                                                          \
    X(eret)                                                                                        \
    X(atomic) /* exclusives, CAS, LDADD and relatives */                                           \
    X(load)   /* memory reads as QEMU makes them: a pair of 8-byte registers is two */             \
    X(store)                                                                                       \
    X(watch0) /* of all, those at an address that the argument watch named: the first one, */      \
    X(watch1) /* the second */

enum counter {
#define X(name) COUNT_##name,
    COUNTERS(X)
#undef X
        COUNT_KINDS,
    COUNT_none = COUNT_KINDS
};

/* The counter between msr and atomic that this instruction adds to, or COUNT_none. */
enum counter decode_kind(uint32_t insn);

/*
 * Where a kernel that runs with interrupts masked lets one in or looks for one: ERET, WFI, MSR DAIFClr,
 * MRS ISR_EL1.
 */
bool decode_is_window(uint32_t insn);

/* B.cond, CBZ, CBNZ, TBZ, TBNZ. */
bool decode_is_branch_cond(uint32_t insn);

/*
 * Markers: MOVZ XZR, #id, LSL #(16 * kind).  They do nothing and no compiler emits them.
 */
enum marker { MARKER_BEGIN, MARKER_END, MARKER_POINT, MARKER_NONE };
#define MARKER_IDS 4096u /* ids are below this */

/* Kind of marker and its id in *id, or MARKER_NONE. */
enum marker decode_marker(uint32_t insn, unsigned *id);

#endif
