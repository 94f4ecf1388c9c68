/*
 * Tracing (ptrace(2)).  A *tracee* is a task, its *tracer* a process.  A tracee stops on the fiber of its own call: its registers then
 * wait in task_regs, and the tracer changes them there.
 *
 *     system call   dispatch.c: trace_call     stop, the call, stop
 *     signal        deliver.c: trace_signal    stop before it is delivered
 *     group stop    deliver.c: trace_group_stop
 *     event         process.c, exec.c          fork, vfork, clone, exec, exit
 */
#ifndef LINUX_TASK_TRACE_H
#define LINUX_TASK_TRACE_H

#include <asm/siginfo.h>

#include "task.h"

enum trace_state { TRACE_RUNS, TRACE_STOPPED, TRACE_LISTENS };

struct trace {
    struct list of_tracer;  /* in tracer->tracees */
    struct process *tracer; /* NULL: the tracee, which is stopped, goes on and is free */
    struct task *task;      /* NULL: it has ended, and that has not been waited for */
    int tid, pid, group;
    uint32_t uid;
    bool is_seized;
    uint32_t options; /* PTRACE_O_* */
    enum trace_state state;
    int code;         /* of the stop: signal | event << 8; of a dead one: the status */
    bool is_reported; /* wait has told of the stop */
    uint64_t message; /* PTRACE_GETEVENTMSG */
    bool has_info;
    siginfo_t info;
    struct wait_queue resumed;
    int signal; /* that the tracer lets it have */
    /* how it goes on */
    bool stops_at_calls, steps;
    uint8_t call_stop; /* PTRACE_SYSCALL_INFO_*: which stop of a call this is */
    int64_t number;    /* of the call; the tracer may change it at the entry */
    /* what it has to stop for; must_look is set in the task then */
    bool traps; /* PTRACE_INTERRUPT, the first stop of a seized one's child, news of a group stop */
    bool passed_group; /* it has reported the group stop */
    /* one step, with a brk instruction behind the present one */
    uint64_t step_at; /* 0: none */
    uint32_t step_instruction;
};

/* ---- what the others call ---- */

/* A system call of a tracee, with its stops.  The result. */
long trace_call(struct task *t, const uint64_t *a);
/* dispatch.c: the call of the table. */
long call_of_table(struct task *t, uint64_t number, const uint64_t *a);
/* Stop because of a signal that is taken for delivery: the signal to deliver (*info), 0: none. */
int trace_signal(struct task *t, siginfo_t *info);
/* A stop without a signal, because of trace.traps; or for the stop of its process. */
void trace_trap(struct task *t);
void trace_group_stop(struct task *t);
/* It is about to go back to its program: put what a step needs in place.  True: look again, a signal is pending. */
bool trace_resume(struct task *t);
/* Its handler has begun. */
void trace_handler(struct task *t);
/* A brk at pc: false: it is the program's.  True: of a step, *code is TRAP_TRACE; or 0, of another task's: try again. */
bool trace_is_step(struct task *t, uint64_t pc, int *code);

/* One of PTRACE_EVENT_*: a stop if the tracer wants it. */
void trace_event(struct task *t, int event, uint64_t message);
/* t has made a task with these flags of clone: it is a tracee as well if the tracer wants it.  The event to report after it has been
 * started, or 0. */
int trace_clone(struct task *t, struct task *child, uint64_t flags, int exit_signal);
/* It executes another program; number: its own before. */
void trace_exec(struct task *t, int number);
/* It has become the first task of its process, whose first one had ended. */
void trace_new_leader(struct task *t);
/* May the program that is executed give privileges? */
bool trace_allows_privileges(const struct task *t);
/* The task goes: status as wait4 gives it.  Before it is removed. */
void trace_task_over(struct task *t, int status);
/* The process is a zombie.  True: its parent shall not know before the tracer has waited for it. */
bool trace_process_over(struct process *p);
/* Its tracees are free. */
void trace_tracer_over(struct process *p);
/* The process stops, or is continued. */
void trace_group_news(struct process *p, bool stops);

/* Is the first task of p traced by that process? */
bool trace_is_by(const struct process *p, const struct process *tracer);
/* Number of the tracer of a task (NULL: 0). */
int trace_tracer(const struct task *t);
bool trace_is_stopped(const struct task *t);

/* wait4, waitid: what a tracee has to tell.  *any: there is a tracee that is meant. */
struct trace_news {
    int tid, status;
    uint32_t uid;
    bool is_over;
    struct process *process; /* NULL: gone */
};
bool trace_wait(struct process *self, int type, int id, uint32_t options, bool *any,
                struct trace_news *news);

/* process.c: a zombie's parent may know now. */
void process_tell_parent(struct process *p);

/* ---- ptrace.c ---- */

/* Make `tracer` the tracer of t.  -ENOMEM. */
int trace_begin(struct task *t, struct process *tracer, bool is_seized, uint32_t options);
/* t goes on, with that signal. */
void trace_go(struct trace *tr, int signal);
void trace_end(struct trace *tr, int signal);

#endif
