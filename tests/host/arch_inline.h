/* The architecture under the host fuzzer, what is inline: time and interrupts are the simulation's. */
#ifndef FUZZ_HOST_ARCH_INLINE_H
#define FUZZ_HOST_ARCH_INLINE_H

#include "../../kernel/types.h"

#define HOST_DIRECT 0x200000000000ull /* "physical" memory is mapped here */

#define ARCH_TIME_INLINE
#define ARCH_IRQ_INLINE
#define ARCH_FPU_INLINE

extern uint64_t host_now, host_timer;
extern uint64_t host_fpu_users;
bool host_irq_pending(void);

ALWAYS_INLINE word_t arch_direct_base(void)
{
    return HOST_DIRECT;
}

ALWAYS_INLINE uint64_t arch_now(void)
{
    return host_now++;
}

ALWAYS_INLINE void arch_timer_set(uint64_t when)
{
    host_timer = when;
}

ALWAYS_INLINE bool arch_irq_pending(void)
{
    return host_irq_pending();
}

ALWAYS_INLINE void arch_fpu_enable(bool on)
{
    host_fpu_users += on;
}

#endif
