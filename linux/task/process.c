/* Processes and tasks: birth, death, waiting for children. */
#include "process.h"

#include <asm/siginfo.h>
#include <assert.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/wait.h>
#include <string.h>
#include <tess/time.h>

#include "../fs/vfs.h"
#include "../mm/mm.h"
#include "../tty/tty.h"
#include "futex.h"
#include "native.h"
#include "personality.h"
#include "task.h"
#include "usage.h"

struct list processes = { &processes, &processes };
static struct task *task_of[TASKS_MAX];
static struct process *process_of[TASKS_MAX];
static int last_number;
static struct process *init_process;

struct task *task_find(int tid)
{
    return tid > 0 && (unsigned)tid < TASKS_MAX ? task_of[tid] : NULL;
}

struct process *process_find(int pid)
{
    return pid > 0 && (unsigned)pid < TASKS_MAX ? process_of[pid] : NULL;
}

/* A number is taken as long as a process group or session has it. */
static bool is_taken(int n)
{
    if (task_of[n] || process_of[n]) {
        return true;
    }
    LIST_FOR(l, &processes)
    {
        struct process *p = CONTAINER(l, struct process, all);

        if (p->group == n || p->session == n) {
            return true;
        }
    }
    return false;
}

static int new_number(void)
{
    for (unsigned tries = 0; tries < TASKS_MAX; tries++) {
        last_number = last_number + 1 < (int)TASKS_MAX ? last_number + 1 : 300;
        if (!is_taken(last_number)) {
            return last_number;
        }
    }
    return 0;
}

/* ---- birth ---- */

static struct task *task_new(struct process *p, const struct task *parent, int number)
{
    struct task *t = heap_alloc(sizeof *t);

    if (!t) {
        return NULL;
    }
    t->native = native_new(t);
    if (!t->native) {
        heap_free(t);
        return NULL;
    }
    t->process = p;
    t->consumed_before = native_consumed(t->native);
    t->tid = number;
    signal_task_init(t, parent);
    if (parent) {
        memcpy(t->name, parent->name, sizeof t->name);
        t->policy = parent->policy;
        t->priority = parent->priority;
    }
    return t;
}

static void task_add(struct task *t)
{
    struct process *p = t->process;

    list_append(&p->tasks, &t->peer);
    p->task_count++;
    task_of[t->tid] = t;
}

static struct process *process_new(const struct process *parent, int number)
{
    struct process *p = heap_alloc(sizeof *p);

    if (!p) {
        return NULL;
    }
    if (parent) {
        *p = *parent;
        p->user_ns = p->system_ns = p->children_user_ns = p->children_system_ns = 0;
        p->faults_minor = p->faults_major = 0;
        p->timers = NULL;
        p->vfork_waits = NULL;
        p->is_zombie = p->is_stopped = p->is_exiting = p->has_execed = false;
        p->stop_reported = p->continue_pending = p->is_subreaper = false;
        p->space = NULL;
        p->files = NULL;
        p->fs = NULL;
        p->actions = NULL;
        if (p->program) {
            dentry_get(p->program);
        }
    }
    p->pid = number;
    p->task_count = 0;
    p->start_ns = now_ns();
    list_init(&p->children);
    list_init(&p->tasks);
    list_init(&p->sibling);
    list_init(&p->all);
    wait_queue_init(&p->child_wait);
    wait_queue_init(&p->vfork_done);
    wait_queue_init(&p->continued);
    return p;
}

static void process_add(struct process *p, struct process *parent)
{
    p->parent = parent;
    if (parent) {
        list_append(&parent->children, &p->sibling);
    }
    list_append(&processes, &p->all);
    process_of[p->pid] = p;
}

struct task *process_first(void)
{
    static const struct {
        unsigned which;
        uint64_t soft, hard;
    } limits[] = { { RLIMIT_STACK, 8ull << 20, ~0ull },
                   { RLIMIT_CORE, 0, ~0ull },
                   { RLIMIT_NPROC, TASKS_MAX / 2, TASKS_MAX / 2 },
                   { RLIMIT_NOFILE, 1024, 4096 },
                   { RLIMIT_MEMLOCK, 8ull << 20, 8ull << 20 },
                   { RLIMIT_SIGPENDING, 1024, 1024 },
                   { RLIMIT_MSGQUEUE, 819200, 819200 },
                   { RLIMIT_NICE, 0, 0 },
                   { RLIMIT_RTPRIO, 0, 0 } };
    struct process *p = process_new(NULL, 1);
    struct task *t = p ? task_new(p, NULL, 1) : NULL;

    assert(t);
    last_number = 1;
    for (unsigned i = 0; i < 16; i++) {
        p->limit[i].soft = p->limit[i].hard = ~0ull;
    }
    for (unsigned i = 0; i < sizeof limits / sizeof *limits; i++) {
        p->limit[limits[i].which].soft = limits[i].soft;
        p->limit[limits[i].which].hard = limits[i].hard;
    }
    p->cred.cap_effective = p->cred.cap_permitted = p->cred.cap_bounding = (1ull << 41) - 1;
    p->group = p->session = 1;
    p->exit_signal = SIGCHLD;
    init_process = p;
    process_add(p, NULL);
    task_add(t);
    return t;
}

/* What clone shares or copies, besides the task itself.  On an error p holds what it has got. */
static int share(struct process *p, struct process *from, uint64_t flags)
{
    int err;

    if (flags & CLONE_VM) {
        space_get(from->space);
        p->space = from->space;
    } else if ((err = space_fork(from->space, &p->space))) {
        return err;
    }
    err = file_table_fork(from->files, flags & CLONE_FILES, &p->files);
    err = err ? err : fs_context_fork(from->fs, flags & CLONE_FS, &p->fs);
    return err ? err : signal_fork(p, from, flags & CLONE_SIGHAND);
}

static void give_back(struct process *p)
{
    if (p->space) {
        space_put(p->space);
    }
    if (p->files) {
        file_table_put(p->files);
    }
    if (p->fs) {
        fs_context_put(p->fs);
    }
    if (p->program) {
        dentry_put(p->program);
    }
    signal_process_exit(p);
    heap_free(p);
}

struct clone_arguments {
    uint64_t flags, stack, parent_tid, tls, child_tid;
    int signal;
};

/* The new task begins behind the same svc, with result 0. */
static int launch(struct task *t, struct task *parent, const struct clone_arguments *c)
{
    uint64_t fp[NATIVE_FP_WORDS];
    struct tess_regs *r = &t->regs;

    *r = *task_regs(parent);
    r->x[0] = 0;
    if (c->stack) {
        r->sp = c->stack;
    }
    if (c->flags & CLONE_SETTLS) {
        r->tls = c->tls;
    }
    native_read_fp(parent->native, fp);
    if (native_use_space(t->native, space_native(t->process->space))) {
        return -ENOMEM;
    }
    native_write_fp(t->native, fp);
    if (c->flags & CLONE_CHILD_CLEARTID) {
        t->clear_child_tid = c->child_tid;
    }
    if (c->flags & CLONE_CHILD_SETTID) {
        int32_t tid = t->tid;

        (void)space_write(t->process->space, c->child_tid, &tid, sizeof tid);
    }
    return native_run(t->native, r) ? -ENOMEM : 0;
}

static long new_thread(struct task *parent, const struct clone_arguments *c)
{
    int number = new_number();
    struct task *t = number ? task_new(parent->process, parent, number) : NULL;
    int err;

    if (!t) {
        return number ? -ENOMEM : -EAGAIN;
    }
    if (c->flags & CLONE_PARENT_SETTID) {
        int32_t tid = number;

        (void)copy_to_user(c->parent_tid, &tid, sizeof tid);
    }
    task_add(t);
    err = launch(t, parent, c);
    if (err) {
        task_remove(t);
        return err;
    }
    return number;
}

static long new_process(struct task *parent, const struct clone_arguments *c)
{
    struct process *from = parent->process;
    int number = new_number(), err;
    struct process *p = number ? process_new(from, number) : NULL;
    struct task *t;

    if (!p) {
        return number ? -ENOMEM : -EAGAIN;
    }
    err = share(p, from, c->flags);
    t = err ? NULL : task_new(p, parent, number);
    if (!t) {
        give_back(p);
        return err ? err : -ENOMEM;
    }
    p->exit_signal = c->signal;
    if (c->flags & CLONE_PARENT_SETTID) {
        int32_t tid = number;

        (void)copy_to_user(c->parent_tid, &tid, sizeof tid);
    }
    process_add(p, c->flags & CLONE_PARENT && from->parent ? from->parent : from);
    task_add(t);
    if (c->flags & CLONE_VFORK) {
        p->vfork_waits = from;
    }
    err = launch(t, parent, c);
    if (err) {
        task_remove(t);
        list_remove(&p->sibling);
        list_remove(&p->all);
        process_of[number] = NULL;
        give_back(p);
        return err;
    }
    while (c->flags & CLONE_VFORK && process_find(number) == p && p->vfork_waits) {
        if (wait_on(&p->vfork_done, TIME_NEVER, WAIT_KILLABLE)) {
            if (process_find(number) == p) {
                p->vfork_waits = NULL;
            }
            break;
        }
    }
    return number;
}

long sys_clone(struct task *t, const uint64_t *a)
{
    struct clone_arguments c = { .flags = a[0] & ~0xffull,
                                 .signal = (int)(a[0] & 0xff),
                                 .stack = a[1],
                                 .parent_tid = a[2],
                                 .tls = a[3],
                                 .child_tid = a[4] };
    uint64_t f = c.flags;

    if ((f & CLONE_SIGHAND && !(f & CLONE_VM)) || (f & CLONE_THREAD && !(f & CLONE_SIGHAND)) ||
        (f & CLONE_NEWNS && f & CLONE_FS) || c.signal > SIGNALS) {
        return -EINVAL;
    }
    if (f & (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
             CLONE_NEWPID | CLONE_NEWNET | CLONE_PIDFD)) {
        unimplemented("clone flags", f);
        return -EINVAL;
    }
    if (c.stack % 16) {
        return -EINVAL;
    }
    return f & CLONE_THREAD ? new_thread(t, &c) : new_process(t, &c);
}

long sys_clone3(struct task *t, const uint64_t *a)
{
    (void)t, (void)a;
    return -ENOSYS; /* the C library then uses clone */
}

/* ---- death ---- */

void task_remove(struct task *t)
{
    struct process *p = t->process;

    p->user_ns += native_consumed(t->native) - t->consumed_before;
    p->system_ns += tess_ns_of_ticks(t->system_ticks);
    signal_task_exit(t);
    native_free(t->native);
    list_remove(&t->peer);
    p->task_count--;
    task_of[t->tid] = NULL;
    if (t == current) {
        current = NULL;
    }
    heap_free(t);
}

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

static void reap(struct process *p)
{
    struct process *parent = p->parent;

    if (parent) {
        parent->children_user_ns += p->user_ns + p->children_user_ns;
        parent->children_system_ns += p->system_ns + p->children_system_ns;
        parent->children_faults_minor += p->faults_minor + p->children_faults_minor;
        parent->children_faults_major += p->faults_major + p->children_faults_major;
    }
    list_remove(&p->sibling);
    list_remove(&p->all);
    process_of[p->pid] = NULL;
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

static struct process *reaper_of(struct process *p)
{
    for (struct process *up = p->parent; up; up = up->parent) {
        if (up->is_subreaper && !up->is_exiting) {
            return up;
        }
    }
    return init_process;
}

/* The last task of p has gone. */
static void process_finish(struct process *p)
{
    struct process *heir = reaper_of(p);

    if (p == init_process) {
        personality_over(p->exit_status);
    }
    tty_process_exit(p);
    process_release_space(p);
    file_table_put(p->files);
    fs_context_put(p->fs);
    p->files = NULL;
    p->fs = NULL;
    if (p->program) {
        dentry_put(p->program);
        p->program = NULL;
    }
    LIST_FOR(l, &p->children)
    {
        struct process *child = CONTAINER(l, struct process, sibling);

        list_remove(l);
        child->parent = heir;
        list_append(&heir->children, l);
        if (child->group != p->group && child->session == p->session) {
            hang_up_orphans(child->group, NULL);
        }
        if (child->is_zombie) {
            tell_parent(child);
        }
    }
    if (p->parent && p->parent->session == p->session && p->parent->group != p->group) {
        hang_up_orphans(p->group, p);
    }
    signal_process_exit(p);
    p->is_zombie = true;
    pidfd_process_over(p);
    tell_parent(p);
}

/* The running task ends. */
static void task_exit(struct task *t)
{
    struct process *p = t->process;
    bool is_last = p->task_count == 1;

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
        task_of[t->tid] = NULL;
        t->tid = p->pid;
        task_of[t->tid] = t;
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
            if (has_news(p, w->options, r)) {
                usage_of_process(p, &r->usage, true);
                if (r->is_over && !(w->options & WNOWAIT)) {
                    reap(p);
                }
                return 1;
            }
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
        break;
    default:
        return -EINVAL;
    }
    n = wait_for_child(t, &w, &r);
    if (n < 0) {
        return n;
    }
    if (n) {
        info.si_signo = SIGCHLD;
        info.si_code = r.code;
        info.si_pid = r.pid;
        info.si_uid = r.uid;
        info.si_status = r.code == CLD_EXITED      ? r.status >> 8
                         : r.code == CLD_STOPPED   ? r.status >> 8
                         : r.code == CLD_CONTINUED ? SIGCONT
                                                   : r.status & 0x7f;
    }
    if ((a[2] && copy_to_user(a[2], &info, sizeof info)) ||
        (a[4] && usage_to_user(a[4], &r.usage))) {
        return -EFAULT;
    }
    return 0;
}

/* ---- memory has run out ---- */

static uint64_t badness(const struct process *p)
{
    struct space_info info;

    if (!p->space || p->is_exiting || p->oom_score_adj == -1000 || p == init_process) {
        return 0;
    }
    space_info(p->space, &info);
    return info.resident_pages + 1;
}

bool memory_is_short(void)
{
    struct process *worst = NULL;
    uint64_t most = 0;

    LIST_FOR(l, &processes)
    {
        struct process *p = CONTAINER(l, struct process, all);
        uint64_t n = badness(p);

        if (n > most) {
            most = n;
            worst = p;
        }
    }
    if (!worst) {
        return false;
    }
    log_line("out of memory: killed process %d (%s), %lu KiB resident", worst->pid, worst->name,
             (unsigned long)(most * PAGE_SIZE / 1024));
    process_exit(worst, SIGKILL);
    return current && current->process != worst;
}
