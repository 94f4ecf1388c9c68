/* Between the files of signal/. */
#ifndef LINUX_SIGNAL_QUEUE_H
#define LINUX_SIGNAL_QUEUE_H

#include "signal.h"

struct queued_signal {
    struct list link;
    siginfo_t info;
};

/* Take the next pending signal of the set away; false: there is none. */
bool signal_take(struct task *t, signal_set which, siginfo_t *info);
/* Its action is to ignore it now: forget what is pending. */
void signal_ignored_drop(struct process *p, int signal);

/* timers.c: a signal of a POSIX timer is delivered: its overruns are known. */
void posix_timer_taken(struct process *p, siginfo_t *info);
void posix_timers_exec(struct process *p);
void posix_timers_exit(struct process *p);

/* event/signalfd.c: something may be pending. */
void signalfd_wake(struct process *p);

#endif
