/*
 * The checks of the debug kernel: every invariant of the kernel over everything that lives in it.  One of two files is
 * linked: check.c with its companions (debug kernel) or none.c (release kernel).
 */
#ifndef KERNEL_DEBUG_DEBUG_H
#define KERNEL_DEBUG_DEBUG_H

#include "../types.h"

extern const bool debug_kernel;

/* Verify all invariants now; panics with a line that names the one that does not hold.  False: this kernel cannot. */
bool kernel_check(void);

/*
 * Called last on every way out of the kernel, when the thread that runs next is cpu_boot->current.  Small systems are
 * verified every time, larger ones every so many calls that the mean cost of a call stays the same.
 */
void debug_exit_hook(void);

#endif
