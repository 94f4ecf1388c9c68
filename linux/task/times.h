/* Times of system calls. */
#ifndef LINUX_TASK_TIMES_H
#define LINUX_TASK_TIMES_H

#include "task.h"

/* A struct timespec of the running task: -EFAULT, -EINVAL.  What is too far away is TIME_NEVER / 2. */
int time_from_user(uint64_t from, uint64_t *ns);
int time_to_user(uint64_t to, uint64_t ns);
/* The deadline that lies so many ns from now. */
uint64_t time_after(uint64_t ns);
/* What a CLOCK_* shows; -EINVAL. */
int clock_now(int clock, uint64_t *ns);
/* A time on that clock as a deadline. */
int clock_deadline(int clock, uint64_t ns, bool is_absolute, uint64_t *deadline);

#endif
