/* Processes, for the other files of task/ and for signals. */
#ifndef LINUX_TASK_PROCESS_H
#define LINUX_TASK_PROCESS_H

#include "task.h"

#define WIFSIGNALED_(status) (((status)&0x7f) != 0)

/* ---- process.c: numbers and structures ---- */

extern struct process *init_process; /* number 1 */
/* Process 1 with its task, without memory and files. */
struct task *process_first(void);
/* A number that no task, process, process group or session has; 0: none is left. */
int process_number(void);
/* Is it such a number? */
bool process_number_is_free(int number);
/* A task of p, like its parent; nobody knows it until task_add.  NULL: no memory. */
struct task *task_new(struct process *p, const struct task *parent, int number);
void task_add(struct task *t);
/* One that was not added. */
void task_discard(struct task *t);
void task_renumber(struct task *t, int number);
/* The task is no more: not for the last one of a process that others know. */
void task_remove(struct task *t);
/* What it executes, which nobody may write meanwhile (ETXTBSY); NULL: nothing. */
void process_set_program(struct process *p, struct dentry *program);
/* A process like its parent, without what clone may share; nobody knows it until process_add.  NULL: no memory. */
struct process *process_new(const struct process *parent, int number);
/* parent_task: of the parent's. */
void process_add(struct process *p, struct process *parent, struct task *parent_task);
/* Its parent and its number know it no more. */
void process_remove(struct process *p);

/* ---- exit.c: the end ---- */

/* The running task ends; with the last one its process.  current is NULL afterwards. */
void task_die(struct task *t);
/* execve: all other tasks of t's process end, and t becomes its first.  -EINTR: t is killed. */
int process_keep_only(struct task *t);
/* It gives up its memory: exec and exit; who waits in vfork goes on. */
void process_release_space(struct process *p);
/* Has nobody outside the group who could continue it? */
bool group_is_orphaned(int group);

/* execve of the running task with kernel texts, for the first process.  0 or -errno. */
int exec_first(struct task *t, const char *path, const char *const *arguments,
               const char *const *environment);

/* event/pidfd.c: the process is a zombie; it is gone.  A new pidfd of it for the running task.  The process number of one, or -EBADF. */
void pidfd_process_over(struct process *p);
void pidfd_process_gone(struct process *p);
int pidfd_install(struct process *p, uint32_t flags);
int pidfd_number(int fd);
bool pidfd_is_nonblocking(int fd);

#endif
