/* Processor time and faults of processes. */
#ifndef LINUX_TASK_USAGE_H
#define LINUX_TASK_USAGE_H

#include "task.h"

struct usage {
    uint64_t user_ns, system_ns, faults_minor, faults_major, resident_kib;
};

/* Of one task. */
uint64_t task_cpu_ns(struct task *t);
uint64_t task_system_ns(const struct task *t);
/* Of a process and its threads now; with_children: of those it has waited for, too. */
void usage_of_process(struct process *p, struct usage *u, bool with_children);
/* As struct rusage. */
int usage_to_user(uint64_t to, const struct usage *u);

#endif
