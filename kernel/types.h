/* Basic types, assertions and the loop-bound mark that all kernel files use. */
#ifndef KERNEL_TYPES_H
#define KERNEL_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tessera/cap.h>
#include <tessera/error.h>
#include <tessera/msg.h>

typedef uint64_t word_t;

#define likely(x)     __builtin_expect(!!(x), 1)
#define unlikely(x)   __builtin_expect(!!(x), 0)
#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* Internal result of a long operation that stopped at a preemption point: the system call is executed again. */
#define K_PREEMPTED ((enum tess_err)0xff)

/* A kernel bug: print what is known and stop.  Never for user input. */
_Noreturn void panic(const char *what);
_Noreturn void assert_failed(const char *expr, const char *file, int line);

/* Our own invariants only; without side effects; compiled into the debug kernel and the host builds. */
#ifdef KERNEL_DEBUG
#define ASSERT(e) ((e) ? (void)0 : assert_failed(#e, __FILE__, __LINE__))
#else
#define ASSERT(e) ((void)sizeof(!(e)))
#endif

/*
 * LOOP_BOUND(n), first statement of every loop body: the loop runs at most n times.  Records {address, n} in a
 * section that is not loaded, for tools; costs no instruction.  Proofs and host builds replace it by a count.
 */
#ifndef LOOP_BOUND
#define LOOP_BOUND(n)                                                                              \
    __asm__ volatile(                                                                              \
        "9999: .pushsection .loop_bounds, \"\"\n .quad 9999b, %c0\n .popsection" ::"i"(n))
#endif

#endif
