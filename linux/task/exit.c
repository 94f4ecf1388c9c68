/* Death: tasks and processes end, stop and go on; their parents are told, and wait for them. */
#include <asm/siginfo.h>
#include <linux/ptrace.h>
#include <linux/wait.h>

#include "../fs/vfs.h"
#include "../ipc/ipc.h"
#include "../mm/mm.h"
#include "../tty/tty.h"
#include "futex.h"
#include "personality.h"
#include "process.h"
#include "trace.h"
#include "usage.h"

/* ---- orphaned process groups ---- */

/* Does a process with children of that group keep it from being orphaned? */
static bool is_orphaned(int group, const struct process *without)
{
    LIST_FOR(l, &processes)
    {
        struct process *p = CONTAINER(l, struct process, all);

        if (p->group == group && p != without && !p->is_zombie && p->parent &&
            p->parent->pid != 1 && p->parent->group != group && p->parent->session == p->session) {
            return false;
        }
    }
    return true;
}

bool group_is_orphaned(int group)
{
    return is_orphaned(group, NULL);
}

static bool has_stopped(int group)
{
    LIST_FOR(l, &processes)
    {
        struct process *p = CONTAINER(l, struct process, all);

        if (p->group == group && p->is_stopped && !p->is_zombie) {
            return true;
        }
    }
    return false;
}

/* A stopped group that nobody is left to continue gets SIGHUP and SIGCONT (POSIX, _exit). */
static void hang_up_orphans(int group, const struct process *gone)
{
    if (has_stopped(group) && is_orphaned(group, gone)) {
        signal_send_group(group, SIGHUP, NULL);
        signal_send_group(group, SIGCONT, NULL);
    }
}

/* ---- death ---- */

void process_release_space(struct process *p)
{
    if (p->vfork_waits) {
        p->vfork_waits = NULL;
        wake_all(&p->vfork_done, 0);
    }
    if (p->space) {
        struct space *s = p->space;

        p->space = NULL;
        space_put(s);
    }
}

static void reap(struct process *p)
{
    struct process *parent = p->parent;

    if (parent) {
        parent->children_user_ns += p->user_ns + p->children_user_ns;
        parent->children_system_ns += p->system_ns + p->children_system_ns;
        parent->children_faults_minor += p->faults_minor + p->children_faults_minor;
        parent->children_faults_major += p->faults_major + p->children_faults_major;
    }
    process_remove(p);
    pidfd_process_gone(p);
    heap_free(p);
}

static void tell_parent(struct process *p)
{
    struct process *parent = p->parent;
    struct signal_action *child = &parent->actions->action[SIGCHLD - 1];
    siginfo_t info = { .si_signo = p->exit_signal,
                       .si_code = WIFSIGNALED_(p->exit_status)
                                      ? p->exit_status & 0x80 ? CLD_DUMPED : CLD_KILLED
                                      : CLD_EXITED };
    bool ignores =
        p->exit_signal == SIGCHLD && (child->handler == 1 || child->flags & SA_NOCLDWAIT);

    info.si_pid = p->pid;
    info.si_uid = p->cred.uid;
    info.si_status = WIFSIGNALED_(p->exit_status) ? p->exit_status & 0x7f : p->exit_status >> 8;
    if (p->exit_signal && !(ignores && child->handler == 1)) {
        signal_send_process(parent, p->exit_signal, &info);
    }
    wake_all(&parent->child_wait, 0);
    if (ignores) {
        reap(p);
    }
}

void process_tell_parent(struct process *p)
{
    tell_parent(p);
}

static struct process *reaper_of(struct process *p)
{
    for (struct process *up = p->parent; up; up = up->parent) {
        if (up->is_subreaper && !up->is_exiting) {
            return up;
        }
    }
    return init_process;
}

/* What tasks of the child have asked for with PR_SET_PDEATHSIG. */
static void tell_of_death(struct process *child, const struct process *parent)
{
    LIST_FOR(l, &child->tasks)
    {
        struct task *t = CONTAINER(l, struct task, peer);
        siginfo_t info = { .si_signo = t->death_signal, .si_code = SI_USER };

        if (t->death_signal && signal_may_send(parent, child, t->death_signal) == 0) {
            info.si_pid = parent->pid;
            info.si_uid = parent->cred.uid;
            signal_send_process(child, t->death_signal, &info);
        }
    }
}

/* t ends: its children become those of another task of its process, with the last one of the heir's. */
static void leave_children(const struct task *t)
{
    struct process *p = t->process, *heir = p->task_count == 1 ? reaper_of(p) : p;
    struct task *to = NULL;

    LIST_FOR(l, &heir->tasks)
    {
        struct task *other = CONTAINER(l, struct task, peer);

        to = to || other == t ? to : other;
    }
    LIST_FOR(l, &p->children)
    {
        struct process *child = CONTAINER(l, struct process, sibling);

        if (child->parent_task == t) {
            child->parent_task = to;
            tell_of_death(child, p);
        }
    }
}

/* The last task of p has gone. */
static void process_finish(struct process *p)
{
    struct process *heir = reaper_of(p);

    if (p == init_process) {
        personality_over(p->exit_status);
    }
    tty_process_exit(p);
    sem_process_over(p);
    process_release_space(p);
    file_table_put(p->files);
    fs_context_put(p->fs);
    p->files = NULL;
    p->fs = NULL;
    process_set_program(p, NULL);
    LIST_FOR(l, &p->children)
    {
        struct process *child = CONTAINER(l, struct process, sibling);

        list_remove(l);
        child->parent = heir;
        child->exit_signal = SIGCHLD; /* the heir has not asked for another, which might end it */
        list_append(&heir->children, l);
        if (child->group != p->group && child->session == p->session) {
            hang_up_orphans(child->group, NULL);
        }
        if (child->is_zombie && !child->leader_trace) {
            tell_parent(child);
        }
    }
    if (p->parent && p->parent->session == p->session && p->parent->group != p->group) {
        hang_up_orphans(p->group, p);
    }
    trace_tracer_over(p);
    signal_process_exit(p);
    p->is_zombie = true;
    pidfd_process_over(p);
    if (!trace_process_over(p)) {
        tell_parent(p);
    }
}

/* The running task ends. */
static void task_exit(struct task *t)
{
    struct process *p = t->process;
    bool is_last = p->task_count == 1;

    if (t->trace) {
        trace_event(t, PTRACE_EVENT_EXIT, (uint64_t)(p->is_exiting ? p->exit_status : 0));
    }
    futex_task_exit(t);
    if (t->clear_child_tid && p->space) {
        uint32_t zero = 0;

        if (copy_to_user(t->clear_child_tid, &zero, sizeof zero) == 0) {
            futex_wake_address(t->clear_child_tid, 1);
        }
    }
    if (is_last) {
        file_table_close_all(p); /* may wait: while there is a task still */
    }
    if (!list_is_empty(&p->children)) {
        leave_children(t);
    }
    task_remove(t);
    if (is_last) {
        process_finish(p);
    } else {
        wake_all(&p->child_wait, 0);
    }
}

void process_exit(struct process *p, int wait_status)
{
    if (p->is_exiting) {
        return;
    }
    p->is_exiting = true;
    p->exit_status = wait_status;
    p->is_stopped = false;
    wake_all(&p->continued, 0);
    LIST_FOR(l, &p->tasks)
    {
        struct task *t = CONTAINER(l, struct task, peer);

        if (t != current) {
            task_interrupt(t);
        }
    }
}

void task_die(struct task *t)
{
    task_exit(t);
}

long sys_exit(struct task *t, const uint64_t *a)
{
    if (t->process->task_count == 1) {
        process_exit(t->process, (int)(a[0] & 0xff) << 8);
    }
    task_exit(t);
    return NO_RESULT;
}

long sys_exit_group(struct task *t, const uint64_t *a)
{
    process_exit(t->process, (int)(a[0] & 0xff) << 8);
    task_exit(t);
    return NO_RESULT;
}

int process_keep_only(struct task *t)
{
    struct process *p = t->process;

    while (p->task_count > 1) {
        LIST_FOR(l, &p->tasks)
        {
            struct task *other = CONTAINER(l, struct task, peer);

            if (other != t && !other->is_exiting) {
                other->is_exiting = true;
                task_interrupt(other);
            }
        }
        if (wait_on(&p->child_wait, TIME_NEVER, WAIT_KILLABLE)) {
            return -EINTR;
        }
    }
    if (t->tid != p->pid) {
        task_renumber(t, p->pid);
        trace_new_leader(t);
    }
    return 0;
}

/* ---- stopped and continued ---- */

static void tell_stopped(struct process *p, int code, int status)
{
    struct process *parent = p->parent;
    siginfo_t info = { .si_signo = SIGCHLD, .si_code = code };

    if (!parent) {
        return;
    }
    info.si_pid = p->pid;
    info.si_uid = p->cred.uid;
    info.si_status = status;
    if (!(parent->actions->action[SIGCHLD - 1].flags & SA_NOCLDSTOP)) {
        signal_send_process(parent, SIGCHLD, &info);
    }
    wake_all(&parent->child_wait, 0);
}

void process_stop(struct process *p, int signal)
{
    if (p->is_stopped || p->is_exiting) {
        return;
    }
    p->is_stopped = true;
    p->stop_signal = signal;
    p->stop_reported = false;
    p->continue_pending = false;
    trace_group_news(p, true);
    LIST_FOR(l, &p->tasks)
    {
        struct task *t = CONTAINER(l, struct task, peer);

        if (t != current) {
            task_interrupt(t);
        }
    }
    tell_stopped(p, CLD_STOPPED, signal);
}

void process_continue(struct process *p)
{
    if (!p->is_stopped) {
        return;
    }
    p->is_stopped = false;
    p->continue_pending = true;
    trace_group_news(p, false);
    wake_all(&p->continued, 0);
    tell_stopped(p, CLD_CONTINUED, SIGCONT);
}

/* ---- waiting for children ---- */

struct wait_for {
    int type; /* P_ALL, P_PID, P_PGID, P_PIDFD */
    int id;
    uint32_t options;
};

static bool is_wanted(const struct process *p, const struct wait_for *w)
{
    bool is_clone = p->exit_signal != SIGCHLD;

    if ((w->type == P_PID && p->pid != w->id) || (w->type == P_PGID && p->group != w->id)) {
        return false;
    }
    return w->options & __WALL || is_clone == !!(w->options & __WCLONE);
}

struct wait_result {
    struct process *process;
    int pid, status, code;
    uint32_t uid;
    struct usage usage;
    bool is_over;
};

/* Is there something to tell of p? */
static bool has_news(struct process *p, uint32_t options, struct wait_result *r)
{
    r->process = p;
    r->pid = p->pid;
    r->uid = p->cred.uid;
    if (p->leader_trace) {
        return false; /* its tracer is told first */
    }
    if (p->is_zombie && options & WEXITED) {
        r->status = p->exit_status;
        r->code = WIFSIGNALED_(p->exit_status) ? p->exit_status & 0x80 ? CLD_DUMPED : CLD_KILLED
                                               : CLD_EXITED;
        r->is_over = true;
        return true;
    }
    if (p->is_stopped && !p->stop_reported && !p->is_zombie && options & WSTOPPED) {
        r->status = p->stop_signal << 8 | 0x7f;
        r->code = CLD_STOPPED;
        p->stop_reported = !(options & WNOWAIT);
        return true;
    }
    if (p->continue_pending && !p->is_zombie && options & WCONTINUED) {
        r->status = 0xffff;
        r->code = CLD_CONTINUED;
        p->continue_pending = options & WNOWAIT;
        return true;
    }
    return false;
}

static bool tracee_has_news(struct process *self, const struct wait_for *w, bool *any,
                            struct wait_result *r)
{
    struct trace_news n;

    if (!trace_wait(self, w->type, w->id, w->options, any, &n)) {
        return false;
    }
    r->pid = n.tid;
    r->uid = n.uid;
    r->status = n.status;
    r->is_over = n.is_over;
    r->code = !n.is_over ? CLD_TRAPPED : WIFSIGNALED_(n.status) ? CLD_KILLED : CLD_EXITED;
    if (n.process) {
        usage_of_process(n.process, &r->usage, true);
    }
    return true;
}

/* 1: *r is filled; 0: nothing yet (WNOHANG); or -errno. */
static int wait_for_child(struct task *t, const struct wait_for *w, struct wait_result *r)
{
    struct process *self = t->process;

    for (;;) {
        bool any = false;

        LIST_FOR(l, &self->children)
        {
            struct process *p = CONTAINER(l, struct process, sibling);

            if (!is_wanted(p, w)) {
                continue;
            }
            any = true;
            if (!(p->traced && !p->is_zombie && trace_is_by(p, self)) &&
                has_news(p, w->options, r)) {
                usage_of_process(p, &r->usage, true);
                if (r->is_over && !(w->options & WNOWAIT)) {
                    reap(p);
                }
                return 1;
            }
        }
        if (!list_is_empty(&self->tracees) && tracee_has_news(self, w, &any, r)) {
            return 1;
        }
        if (!any) {
            return -ECHILD;
        }
        if (w->options & WNOHANG) {
            return 0;
        }
        int err = wait_on(&self->child_wait, TIME_NEVER, WAIT_INTERRUPTIBLE);

        if (err) {
            return err;
        }
    }
}

long sys_wait4(struct task *t, const uint64_t *a)
{
    int pid = (int)a[0];
    struct wait_for w = { .type = P_ALL, .options = (uint32_t)a[2] | WEXITED };
    struct wait_result r = { 0 };
    int32_t status;
    int n;

    if (a[2] & ~(uint64_t)(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL)) {
        return -EINVAL;
    }
    if (pid == INT32_MIN) {
        return -ESRCH;
    }
    if (pid < -1) {
        w.type = P_PGID;
        w.id = -pid;
    } else if (pid == 0) {
        w.type = P_PGID;
        w.id = t->process->group;
    } else if (pid > 0) {
        w.type = P_PID;
        w.id = pid;
    }
    n = wait_for_child(t, &w, &r);
    if (n <= 0) {
        return n;
    }
    status = r.status;
    if ((a[1] && copy_to_user(a[1], &status, sizeof status)) ||
        (a[3] && usage_to_user(a[3], &r.usage))) {
        return -EFAULT;
    }
    return r.pid;
}

long sys_waitid(struct task *t, const uint64_t *a)
{
    struct wait_for w = { .type = (int)a[0], .id = (int)a[1], .options = (uint32_t)a[3] };
    struct wait_result r = { 0 };
    siginfo_t info = { 0 };
    bool again = false; /* nothing yet is EAGAIN */
    int n;

    if (w.options & ~(uint32_t)(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD |
                                __WCLONE | __WALL) ||
        !(w.options & (WEXITED | WSTOPPED | WCONTINUED))) {
        return -EINVAL;
    }
    switch (w.type) {
    case P_ALL:
        break;
    case P_PID:
        if (w.id <= 0) {
            return -EINVAL;
        }
        break;
    case P_PGID:
        if (w.id < 0) {
            return -EINVAL;
        }
        w.id = w.id ? w.id : t->process->group;
        break;
    case P_PIDFD:
        n = pidfd_number((int)a[1]);
        if (n < 0) {
            return n;
        }
        w.type = P_PID;
        w.id = n;
        again = !(w.options & WNOHANG) && pidfd_is_nonblocking((int)a[1]);
        w.options |= again ? WNOHANG : 0;
        break;
    default:
        return -EINVAL;
    }
    n = wait_for_child(t, &w, &r);
    if (n < 0 || (n == 0 && again)) {
        return n ? n : -EAGAIN;
    }
    if (n) {
        info.si_signo = SIGCHLD;
        info.si_code = r.code;
        info.si_pid = r.pid;
        info.si_uid = r.uid;
        info.si_status = r.code == CLD_EXITED                             ? r.status >> 8
                         : r.code == CLD_STOPPED || r.code == CLD_TRAPPED ? r.status >> 8
                         : r.code == CLD_CONTINUED                        ? SIGCONT
                                                                          : r.status & 0x7f;
    }
    if ((a[2] && copy_to_user(a[2], &info, sizeof info)) ||
        (a[4] && usage_to_user(a[4], &r.usage))) {
        return -EFAULT;
    }
    return 0;
}
