/* For drivers whose device reaches memory; stands alone, so that unit tests can use what uses it. */
#ifndef COMP_FENCE_H
#define COMP_FENCE_H

/* All that was written to memory is seen by the device before what comes next, and the other way round. */
static inline __attribute__((unused)) void comp_fence(void)
{
#ifdef __aarch64__
    __asm__ volatile("dmb osh" ::: "memory");
#else
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

#endif
