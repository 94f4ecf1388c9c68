/*
 * Tasks (Linux threads) and processes.  A task is a foreign thread of the kernel: each of its svc instructions and faults arrives
 * as a message at the personality's endpoint, whose badge is the task's number.
 */
#ifndef LINUX_TASK_TASK_H
#define LINUX_TASK_TASK_H

#include <asm/errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <tessera/msg.h>

#include "../base/list.h"
#include "../signal/signal.h"
#include "wait.h"

/* Results of system calls that never reach a program (as in Linux): restart if the handler has SA_RESTART or there is none. */
#define ERESTARTSYS 512 /* else EINTR */
#define ERESTARTNOHAND                                                                             \
    514 /* only if there is no handler, else EINTR: ppoll, rt_sigsuspend, pause */
/* The call has set all registers itself (rt_sigreturn, execve), or the task is gone: nothing is put into x0. */
#define NO_RESULT INT64_MIN

#define TASKS_MAX 4096u /* numbers of tasks: 1 .. TASKS_MAX - 1, as pid_max would say */

struct credentials {
    uint32_t uid, euid, suid, fsuid;
    uint32_t gid, egid, sgid, fsgid;
    uint32_t groups[32], group_count;
    uint64_t cap_effective, cap_permitted, cap_inheritable, cap_bounding;
    bool keeps_capabilities; /* PR_SET_KEEPCAPS */
};

struct space;      /* mm/mm.h */
struct file_table; /* fs/vfs.h: descriptors */
struct fs_context; /* fs/vfs.h: root, working directory, umask */
struct dentry;
struct tty;

/* Sessions and process groups are numbers; a process group is alive while a process has its number. */
struct process {
    int pid;
    int group, session;
    struct process *parent;
    struct task
        *parent_task; /* of the parent's, whose child it is; NULL: none, or they have all gone */
    struct list children, sibling; /* sibling: in the parent's children */
    struct list tasks;             /* struct task.peer; empty: a zombie */
    struct list all;               /* in the list of all processes */
    unsigned task_count;
    struct space *space; /* NULL: exited */
    struct file_table *files;
    struct fs_context *fs;
    struct credentials cred;
    struct signal_actions *actions;
    struct signal_pending pending; /* sent to the process */
    struct wait_queue child_wait;  /* a child's state, or the number of own tasks, has changed */
    struct wait_queue continued;   /* it goes on, or ends, after it was stopped */
    struct tty *tty;               /* controlling terminal, or NULL */
    int exit_status;               /* as wait4 gives it; valid: is_zombie */
    int exit_signal;               /* what the parent gets; 0: nothing */
    bool is_zombie, is_stopped, is_exiting, has_execed, stop_reported, continue_pending;
    bool no_new_privileges, is_subreaper;
    int stop_signal;
    int exit_code;              /* of exit_group, while is_exiting */
    struct list tracees;        /* struct trace.of_tracer: whom this process traces */
    unsigned traced;            /* of its tasks: tracees */
    struct trace *leader_trace; /* of the first task, when that has ended; or NULL */
    char name[16];              /* comm */
    struct dentry *program;     /* /proc/self/exe */
    struct process
        *vfork_waits; /* the parent that waits until this one has executed or ended; NULL: none */
    struct wait_queue vfork_done;
    uint64_t start_ns, user_ns, system_ns, children_user_ns, children_system_ns;
    uint64_t faults_minor, faults_major, children_faults_minor, children_faults_major;
    struct process_timers *timers; /* signal/: itimers, POSIX timers; NULL: none */
    struct {
        uint64_t soft, hard;
    } limit[16]; /* RLIMIT_* */
    int nice;
    uint32_t personality; /* personality(2) */
    bool is_undumpable;
    uint32_t membarriers; /* registered: MEMBARRIER_CMD_REGISTER_* */
    int oom_score_adj;
};

enum regs_state {
    REGS_UNKNOWN, /* of the program's registers only x0..x5, x8 and the pc are known */
    REGS_READ,    /* regs holds all */
    REGS_CHANGED, /* and they go back with the answer */
};

struct task {
    struct process *process;
    struct list peer; /* in process->tasks */
    int tid;
    struct native *native; /* task/native.h: its kernel objects */
    struct fiber *fiber;   /* on which its system call runs now; NULL: none */
    uint64_t number;       /* of the system call being done, or of the last one */
    uint64_t pc;
    uint64_t first_argument;  /* x0 of the call, for restarting it */
    uint64_t system_ticks;    /* that the personality has worked for it */
    uint64_t consumed_before; /* processor time that its kernel thread had used for others */
    bool in_kernel;           /* between its message and the answer */
    bool is_deferred;         /* its caller is in the Reply object */
    uint64_t fault_esr;       /* of the last fault, for the signal frame */
    struct tess_regs regs;
    enum regs_state regs_state;
    struct task_signals signal;
    uint64_t clear_child_tid; /* user address, or 0 */
    uint64_t robust_list, robust_list_bytes;
    uint64_t rseq;
    char name[16];
    int policy, priority; /* sched_setscheduler */
    bool resets_on_fork;  /* SCHED_RESET_ON_FORK */
    int death_signal;     /* PR_SET_PDEATHSIG: for its process, when parent_task ends; 0: none */
    union {               /* what keeps it from its program although no signal is pending */
        struct {
            bool is_exiting;
            bool must_stop; /* its tracer wants something (trace.h) */
            bool must_wait; /* another task writes a core file (core.h) */
        };
        uint32_t must_look;
    };
    struct trace *trace; /* NULL: it has no tracer */
    int seccomp_mode;    /* SECCOMP_MODE_*; 0: it may do all calls (seccomp.h) */
    struct filter *filter;
    uint32_t wait_mode;  /* how its fiber sleeps */
    const char *waiting; /* for /proc/PID/wchan: name of the call */
};

/* The task whose system call runs on this fiber; NULL on the personality's own fibers. */
extern struct task *current;

/* All registers of t, which is in a system call or fault.  The caller may change them and then calls task_regs_changed. */
struct tess_regs *task_regs(struct task *t);
static inline void task_regs_changed(struct task *t)
{
    t->regs_state = REGS_CHANGED;
}

/* NULL: there is none. */
struct task *task_find(int tid);
struct process *process_find(int pid);
extern struct list processes; /* struct process.all, oldest first */

/* Force t out of user code, so that it looks at its signals; wakes its fiber if that sleeps interruptibly. */
void task_interrupt(struct task *t);

/* The whole process ends with that wait status; if the running task is one of it, the call still has to return. */
void process_exit(struct process *p, int wait_status);
/* Its tasks stop where they are, or go on; the parent is told. */
void process_stop(struct process *p, int signal);
void process_continue(struct process *p);

/* Who t's process is was `before`: if it may do more or is somebody else, a parent or debugger of before has no hold on it any more. */
void credentials_changed(struct task *t, const struct credentials *before);
/* May cred do this?  CAP_* of linux/capability.h. */
bool is_capable(const struct credentials *cred, unsigned capability);

/* ---- system calls ---- */

/* One system call: t == current, a[0..5] the arguments.  Result or -errno. */
typedef long system_call(struct task *t, const uint64_t *a);

#define CALL(number, name, text) system_call sys_##name;
#include "../calls.def"
#undef CALL

/* Count something that is not implemented, for /proc/tessera/unimplemented; what: a literal, e.g. "ioctl TIOCGSERIAL". */
void unimplemented(const char *what, uint64_t number);

/* One line in the personality's log (the system's console). */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
