/* The architecture for memory_test: the direct map is an arena of the test. */
#ifndef KERNEL_BOOT_TEST_ARCH_INLINE_H
#define KERNEL_BOOT_TEST_ARCH_INLINE_H

extern word_t test_direct;

ALWAYS_INLINE word_t arch_direct_base(void)
{
    return test_direct;
}

#endif
