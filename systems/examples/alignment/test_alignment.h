/* The processor faults at an access through a stack pointer that is not aligned to 16 bytes: so nobody may make one. */
#ifndef ALIGNMENT_TEST_ALIGNMENT_H
#define ALIGNMENT_TEST_ALIGNMENT_H

#include "../must.h"

static inline void test_alignment(void)
{
    _Alignas(16) volatile char local[16] = { 0 };
    uintptr_t sp;

    __asm__("mov %0, sp" : "=r"(sp));
    expect(sp % 16 == 0);
    expect((uintptr_t)local % 16 == 0);
}

#endif
