/* Does not compile when a row of abi/syscalls.def or abi/invocations.def has no stub. */
#include <tess/invoke.h>

#define SYSCALL(name, number, args, text) enum { TESS_HAS_SYSCALL_##name = sizeof(&tess_##name) };
#include <syscalls.def>
#undef SYSCALL

#define INVOKE(object, verb, number, words, results, args, text)                                   \
    enum { TESS_HAS_INVOKE_##object##_##verb = sizeof(&tess_##object##_##verb) };
#include <invocations.def>
#undef INVOKE
