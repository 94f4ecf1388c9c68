/*
 * procfs and sysfs: trees of tables.  An entry is a file with a function that writes its text, a link, or a directory with more
 * entries; directories of processes, threads and descriptors are made from what there is at the moment.
 */
#ifndef LINUX_FS_PROC_H
#define LINUX_FS_PROC_H

#include "../task/task.h"
#include "text.h"
#include "vfs.h"

/* What an entry is about. */
struct subject {
    int pid, tid, fd; /* 0, 0, -1: the whole system */
};

enum proc_kind {
    PROC_FILE,
    PROC_DIR,
    PROC_ROOT,
    PROC_TASKS,
    PROC_FDS,
    PROC_FDINFOS,
    PROC_LINK,
    PROC_MEMORY
};

struct entry {
    const char *name; /* NULL: the end of a table */
    enum proc_kind kind;
    uint32_t mode;                /* permission bits */
    const struct entry *children; /* of directories */
    /* The text of a file, or where a link leads. */
    int (*show)(struct text *to, const struct subject *s);
    int (*write)(const struct subject *s, const char *text, size_t bytes);
    /* Links that are no text: a reference in *to. */
    int (*follow)(const struct subject *s, struct path *to);
};

extern const struct entry proc_process_entries[]; /* of /proc/PID */
extern const struct entry proc_task_entries[];    /* of /proc/PID/task/TID */
extern const struct entry proc_system_entries[];  /* of /proc */
extern const struct entry proc_fd_entry, proc_fdinfo_entry;

/* The process whose folder /proc/PID the file is; 0: it is another one. */
int proc_pid(const struct file *f);
/* The process of a subject, and the task it is about (the first, if it names none): -ESRCH. */
int subject_process(const struct subject *s, struct process **p, struct task **t);
/* Name of an open file or place as /proc shows it. */
void text_path(struct text *to, const struct path *p);
/* May the running task look into the process?  -EACCES. */
int may_inspect(const struct process *p);

/* 'R', 'S', 'D', 'T', 'Z' (proc(5)). */
char task_state(const struct process *p, const struct task *t);
/* proc_mounts.c: /proc/PID/mounts and mountinfo. */
int show_mounts(struct text *to, const struct subject *s);
int show_mountinfo(struct text *to, const struct subject *s);
/* Processor time in clock ticks of 10 ms (USER_HZ 100). */
#define TICK_NS 10000000ull

/* Loads are averaged from now on. */

#endif
