/* Locks on files, pipes' and memory files' controls: what fcntl asks of others. */
#ifndef LINUX_FS_LOCKS_H
#define LINUX_FS_LOCKS_H

#include "vfs.h"

struct process;

/* F_*LK commands with a struct flock in user memory. */
long locks_control(struct file *f, uint32_t command, uint64_t at);
/* The last reference of an open file goes: its flock and OFD locks do, too. */
void locks_file_gone(struct file *f);
/* A process closes one of its descriptors of the inode: its POSIX locks go. */
void locks_process_closes(struct inode *i, struct process *p);

long pipe_size(struct file *f, bool set, uint64_t bytes);
long memory_seals(struct file *f, bool add, uint64_t seals);
/* event/: the file is in sets of epoll. */
void epoll_file_gone(struct file *f);

#endif
