/* Between the files of event/: looking at files, signal masks for the time of a call, timeouts. */
#ifndef LINUX_EVENT_POLL_H
#define LINUX_EVENT_POLL_H

#include "../fs/vfs.h"
#include "../task/task.h"

/* EPOLL* that are true of the file; one that cannot say is always ready. */
uint32_t file_poll(struct file *f, struct poll_wait *p);

/* A signal mask in user memory (0: none) holds until the call ends: -EINVAL (size), -EFAULT. */
int mask_from_user(struct task *t, uint64_t at, uint64_t bytes);
/* The call ends with that result: the mask goes back, unless a handler runs first. */
long mask_back(struct task *t, long result);

/* The deadline of a timeout (struct timespec) in user memory; none: TIME_NEVER; 0: do not wait.  -EFAULT, -EINVAL. */
int timeout_from_user(uint64_t at, uint64_t *deadline);

#endif
