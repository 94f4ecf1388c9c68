/* The beginning of a kernel of our own: an arm64 Image (Linux, Documentation/arm64/booting.rst) that gives main a stack, after `first`. */
#ifndef VMM_TEST_HEAD_H
#define VMM_TEST_HEAD_H

#define HEAD(first, main)                                                                          \
    __asm__(".section .head, \"ax\"\n"                                                             \
            "head: b start\n"                                                                      \
            "   .long 0\n"                                                                         \
            "   .quad 0, image_end - head, 0xa, 0, 0, 0\n"                                         \
            "   .ascii \"ARM\\x64\"\n"                                                             \
            "   .long 0\n"                                                                         \
            "start: adr x1, stack_end\n"                                                           \
            "   mov sp, x1\n" first "   bl " #main "\n"                                            \
            "1: wfi\n"                                                                             \
            "   b 1b\n"                                                                            \
            ".balign 16\n"                                                                         \
            ".skip 4096\n"                                                                         \
            "stack_end:\n"                                                                         \
            ".section .bss\n"                                                                      \
            ".balign 4096\n"                                                                       \
            "image_end:\n"                                                                         \
            ".text\n")

#endif
