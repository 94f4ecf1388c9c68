/* Signals: sending, pending sets, delivery at the return to user code. */
#ifndef LINUX_SIGNAL_SIGNAL_H
#define LINUX_SIGNAL_SIGNAL_H

#include <asm/siginfo.h>
#include <linux/signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "../base/list.h"

struct task;
struct process;

/* Bit n - 1: signal n. */
typedef uint64_t signal_set;
#define SIGNAL_BIT(n) (1ull << ((n)-1))
#define SIGNALS       64

/* As rt_sigaction passes it on arm64. */
struct signal_action {
    uint64_t handler; /* SIG_DFL 0, SIG_IGN 1, or an address */
    uint64_t flags;   /* SA_* */
    uint64_t restorer;
    signal_set mask;
};

/* Shared by processes with CLONE_SIGHAND. */
struct signal_actions {
    unsigned refs;
    struct signal_action action[SIGNALS]; /* [n - 1] */
};

struct signal_pending {
    signal_set set;
    struct list
        queue; /* struct queued_signal: with siginfo; a signal in set without one has been sent by kill */
    unsigned count;
};

struct task_signals {
    signal_set blocked;
    signal_set
        saved_blocked; /* rt_sigsuspend, ppoll ...: put back when no handler runs, or saved in the frame */
    bool restore_blocked;
    bool is_fault;                  /* the pending fault is of the present instruction */
    signal_set waits_for;           /* rt_sigtimedwait: wakes it although blocked */
    struct signal_pending pending;  /* sent to the task */
    uint64_t stack_at, stack_bytes; /* sigaltstack */
    uint32_t stack_flags;
};

/* Is there a signal that t has to act upon before it goes back to user code, or that ends an interruptible wait? */
bool signal_is_pending(const struct task *t);
/* SIGKILL, or the process is ending. */
bool signal_is_fatal_pending(const struct task *t);

/* Send from the personality itself (info NULL: SI_KERNEL).  Never waits. */
void signal_send_process(struct process *p, int signal, const siginfo_t *info);
void signal_send_task(struct task *t, int signal, const siginfo_t *info);
/* To all processes of a group; number of them. */
unsigned signal_send_group(int group, int signal, const siginfo_t *info);
/* A signal by which t itself is stopped from going on: cannot be blocked or ignored. */
void signal_force(struct task *t, const siginfo_t *info);
/* A fault of t itself: SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP with its address; cannot be blocked or ignored. */
void signal_fault(struct task *t, int signal, int code, uint64_t address);

/*
 * Before the answer to t's system call or fault: act on pending signals (stop, die, set up a handler's frame).  result: of the
 * system call, for restarting (ERESTARTSYS ...), is_call false after faults and kicks.  The result for x0, or NO_RESULT.
 * Waits while t is stopped.
 */
long signal_deliver(struct task *t, long result, bool is_call);

/* fork, exec, exit.  -ENOMEM. */
int signal_fork(struct process *child, const struct process *parent, bool share_actions);
void signal_exec(struct process *p);
void signal_task_init(struct task *t, const struct task *parent);
void signal_task_exit(struct task *t);
void signal_process_exit(struct process *p);

/* sigaltstack and what rt_sigreturn puts back, of a task whose stack pointer is sp.  -EPERM on that stack, -EINVAL, -ENOMEM. */
int signal_set_stack(struct task *t, uint64_t at, uint64_t bytes, uint32_t flags, uint64_t sp);

/* What a user may do to whom: 0, -EPERM. */
int signal_may_send(const struct process *from, const struct process *to, int signal);

/* CLOCK_REALTIME has been set, so many ns on: timers that are set to a time of it fire that much earlier. */
void posix_timers_clock_changed(int64_t ns);
/* A process was given a limit of processor time. */
void cpu_limit_changed(void);

/* Sets for ppoll, pselect6, epoll_pwait: block `mask` until the call returns. */
void signal_mask_temporarily(struct task *t, signal_set mask);

#endif
