/*
 * Stand-ins for assembly, registers and barriers: what a proof has in place of kernel/arch.h's functions and of the
 * panics.  Reaching a panic or a failed assertion of the kernel is a failure of the proof.
 */
#ifndef VERIFY_STAND_IN_H
#define VERIFY_STAND_IN_H

#include "verify.h"
#include "types.h"
#include "arch.h"

uint64_t verify_time, verify_timer, verify_space;
bool verify_fpu;

_Noreturn void panic(const char *what)
{
    (void)what;
    CHECK(false, "the kernel never panics");
    ASSUME(false);
    for (;;) {
    }
}

_Noreturn void assert_failed(const char *expr, const char *file, int line)
{
    (void)expr, (void)file, (void)line;
    CHECK(false, "the kernel's own assertions hold");
    ASSUME(false);
    for (;;) {
    }
}

#endif
