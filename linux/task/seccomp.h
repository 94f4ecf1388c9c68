/*
 * seccomp(2): what calls a task may do.  A filter is a program of classic BPF over the number and the arguments of a call; a task has a
 * chain of them, which its children share, and the strictest answer counts.  Filters stay for ever.
 */
#ifndef LINUX_TASK_SECCOMP_H
#define LINUX_TASK_SECCOMP_H

#include "task.h"

/* A call of a task with filters, if they allow it; a[0..5], the number a[6].  The result. */
long seccomp_call(struct task *t, const uint64_t *a);
/* PR_SET_SECCOMP. */
long seccomp_set_mode(struct task *t, uint64_t mode, uint64_t program);
/* child is a new task of parent. */
void seccomp_inherit(struct task *child, const struct task *parent);
void seccomp_task_exit(struct task *t);
/* How many filters t has. */
unsigned seccomp_filters(const struct task *t);

#endif
