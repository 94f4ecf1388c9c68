/* Numbers of the ABI to names, out of the tables that also make the enums. */
#include "monitor.h"

const char *name_of_type(uint64_t type)
{
    switch (type) {
#define OBJECT(name, number, bytes, align, text)                                                   \
    case number:                                                                                   \
        return #name;
#include <objects.def>
#undef OBJECT
    default:
        return "?";
    }
}

const char *name_of_fault(uint64_t kind)
{
    switch (kind) {
#define FAULT(name, number, words, text)                                                           \
    case number:                                                                                   \
        return #name;
#include <faults.def>
#undef FAULT
    default:
        return "?";
    }
}

const char *name_of_state(uint64_t state)
{
    static const char *const names[] = {
        [TESS_THREAD_SUSPENDED] = "suspended", [TESS_THREAD_READY] = "ready",
        [TESS_THREAD_NO_BUDGET] = "no budget", [TESS_THREAD_SEND] = "sending",
        [TESS_THREAD_RECV] = "receiving",      [TESS_THREAD_REPLY] = "in a call",
        [TESS_THREAD_WAIT] = "waiting",
    };

    return state < sizeof names / sizeof names[0] ? names[state] : "?";
}

const char *name_of_syscall(uint64_t number)
{
    switch (number) {
#define SYSCALL(name, number, args, text)                                                          \
    case number:                                                                                   \
        return #name;
#include <syscalls.def>
#undef SYSCALL
    default:
        return "?";
    }
}

const char *name_of_label(uint64_t label)
{
    switch (label) {
#define INVOKE(object, verb, number, words, results, args, text)                                   \
    case number:                                                                                   \
        return #object "." #verb;
#include <invocations.def>
#undef INVOKE
    default:
        return "?";
    }
}

const char *name_of_event(uint64_t kind)
{
    switch (kind) {
#define TRACE(name, number, args)                                                                  \
    case number:                                                                                   \
        return #name;
#include <trace.def>
#undef TRACE
    default:
        return "?";
    }
}

const char *arguments_of_event(uint64_t kind)
{
    switch (kind) {
#define TRACE(name, number, args)                                                                  \
    case number:                                                                                   \
        return args;
#include <trace.def>
#undef TRACE
    default:
        return "?";
    }
}
