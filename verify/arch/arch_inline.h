/* Stand-ins for the architecture in proofs: what can be inline.  The others are in verify/arch/stand_in.h. */
#ifndef VERIFY_ARCH_INLINE_H
#define VERIFY_ARCH_INLINE_H

#include "verify.h"

/* Time never goes back; otherwise anything.  Bounded so that sums of a time and a BUDGET_MAX cannot wrap (at 1 GHz the
 * counter takes 146 years to get there). */
#define VERIFY_TIME_MAX (1ull << 62)

extern uint64_t verify_time;
extern uint64_t verify_timer; /* what the comparator was set to */

#define ARCH_TIME_INLINE
static inline uint64_t arch_now(void)
{
    uint64_t now = any_u64();
    ASSUME(now >= verify_time && now < VERIFY_TIME_MAX);
    verify_time = now;
    return now;
}

static inline void arch_timer_set(uint64_t when)
{
    verify_timer = when;
}

#define ARCH_IRQ_INLINE
static inline bool arch_irq_pending(void)
{
    return any_bool();
}

extern uint64_t verify_space; /* what the translation base register holds */
#define ARCH_PATH_INLINE
static inline void arch_space_load(uint64_t space_word)
{
    verify_space = space_word;
}

static inline void arch_message_word0(uint64_t *to)
{
    *to = any_u64();
}

/* The direct map.  A proof that makes objects in memory defines the base as 0: "physical" addresses are pointers then. */
#ifndef VERIFY_DIRECT_BASE
#define VERIFY_DIRECT_BASE 0xffff000000000000ull
#endif
static inline uint64_t arch_direct_base(void)
{
    return VERIFY_DIRECT_BASE;
}

#define ARCH_FPU_INLINE
extern bool verify_fpu;
static inline void arch_fpu_enable(bool on)
{
    verify_fpu = on;
}

#endif
