/* Core files (core(5)): what is left of a process that a signal ends. */
#ifndef LINUX_TASK_CORE_H
#define LINUX_TASK_CORE_H

#include <stdbool.h>
#include <stddef.h>

#include "../signal/signal.h"

#define CORE_DUMPED       0x80 /* in the status of wait4 */
#define CORE_PATTERN_MOST 128u /* bytes, as on Linux, with the NUL */

/* The running task ends with its process by that signal: its core file is written, if there shall be one.  False: there is none. */
bool core_dump(struct task *t, const siginfo_t *info);
/* The running task waits while another one of its process writes the core file. */
void core_wait(struct task *t);

/* /proc/sys/kernel/core_pattern and core_uses_pid. */
extern char core_pattern[CORE_PATTERN_MOST];
extern bool core_uses_pid;

#endif
