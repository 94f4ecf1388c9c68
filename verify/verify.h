/*
 * What every harness uses.  A harness is a function
 *
 *     PROOF(name, unwind)
 *     {
 *         ... build any state that satisfies the invariant, call the operation once ...
 *         CHECK(invariant, "what holds afterwards");
 *         REACHED(name of the case);
 *     }
 *
 * in a file verify/<area>/<subject>.c.  verify/prove.sh finds it by the word PROOF at the start of a line, runs CBMC on
 * it with every loop unrolled `unwind` times (more turns are a failure, not a gap), and then once more with VERIFY_VACUITY
 * defined, where only the REACHED points are left and every one of them must be reachable: a proof whose assumptions
 * contradict each other proves nothing.
 */
#ifndef VERIFY_VERIFY_H
#define VERIFY_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * SPEC_BEGIN ... SPEC_END: code of the proof itself, in which CBMC need not check each pointer.  It makes the checks of the
 * kernel's code affordable: they are as many as there are dereferences times objects.
 */
#define SPEC_BEGIN                                                                                 \
    _Pragma("CPROVER check push") _Pragma("CPROVER check disable \"pointer\"")                     \
        _Pragma("CPROVER check disable \"bounds\"")                                                \
            _Pragma("CPROVER check disable \"pointer-overflow\"")                                  \
                _Pragma("CPROVER check disable \"pointer-primitive\"")
#define SPEC_END _Pragma("CPROVER check pop")

#define PROOF(name, unwind) void name(void)
/* Some ten seconds and more: `./tessera prove` runs it, the test run does not. */
#define PROOF_SLOW(name, unwind) void name(void)
/* Takes minutes, or does not end: only VERIFY_LONG=1 prove.sh runs it. */
#define PROOF_LONG(name, unwind) void name(void)

#define ASSUME(condition) __CPROVER_assume(condition)

#ifdef VERIFY_VACUITY
#define CHECK(condition, text) ((void)0)
#define REACHED(what)          __CPROVER_assert(0, "reached: " #what)
#else
#define CHECK(condition, text) __CPROVER_assert(condition, text)
#define REACHED(what)          ((void)0)
#endif

/*
 * The bound that a kernel loop declares, proved: while COUNTED runs an operation, each loop counts its turns.  A loop
 * that runs several times within one operation (nested, or called twice) is counted as one; a file with such loops
 * defines VERIFY_LOOPS_NEST and relies on `unwind` alone.
 */
static bool verify_counting;
#ifdef VERIFY_LOOPS_NEST
#define LOOP_BOUND(n) ((void)0)
#else
#define LOOP_BOUND(n)                                                                              \
    do {                                                                                           \
        static uint64_t turns;                                                                     \
        turns += verify_counting;                                                                  \
        CHECK(turns <= (n), "the loop keeps its LOOP_BOUND");                                      \
    } while (0)
#endif
#define COUNTED(operation) (verify_counting = true, (operation), verify_counting = false)

/* Any value of the type: CBMC gives a local variable without initialiser an arbitrary one. */
#define ANY(type, name)                                                                            \
    static inline type any_##name(void)                                                            \
    {                                                                                              \
        type v;                                                                                    \
        return v;                                                                                  \
    }
ANY(bool, bool)
ANY(uint8_t, u8)
ANY(uint16_t, u16)
ANY(uint32_t, u32)
ANY(uint64_t, u64)
#undef ANY

/* Any value below n (n > 0). */
static inline uint32_t any_below(uint32_t n)
{
    uint32_t v = any_u32();
    ASSUME(v < n);
    return v;
}

#endif
