/* Futexes. */
#ifndef LINUX_TASK_FUTEX_H
#define LINUX_TASK_FUTEX_H

#include "task.h"

/* Wake waiters at an address of the running task's space. */
void futex_wake_address(uint64_t address, unsigned count);
/* The running task ends: what its robust list holds is marked and woken. */
void futex_task_exit(struct task *t);

#endif
