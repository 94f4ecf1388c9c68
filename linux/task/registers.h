/* Registers of a task in the kinds that debuggers know (ptrace.c). */
#ifndef LINUX_TASK_REGISTERS_H
#define LINUX_TASK_REGISTERS_H

#include <asm/ptrace.h>
#include <stddef.h>

#include "task.h"

union regset {
    struct user_pt_regs general;
    struct user_fpsimd_state fp;
    uint64_t tls;
    int32_t number;
    struct user_hwdebug_state debug;
};

/* Of a task in a system call or fault.  kind: NT_* of linux/elf.h.  Bytes, or 0: there is no such kind. */
size_t regset_get(struct task *t, uint64_t kind, union regset *to);

#endif
