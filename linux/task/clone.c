/* Birth: clone, which is fork, vfork and a new thread. */
#include <linux/capability.h>
#include <linux/ptrace.h>
#include <linux/sched.h>

#include "../fs/vfs.h"
#include "../mm/mm.h"
#include "native.h"
#include "process.h"
#include "trace.h"

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
    process_set_program(p, NULL);
    signal_process_exit(p);
    heap_free(p);
}

struct clone_arguments {
    uint64_t flags, stack, parent_tid, tls, child_tid,
        pidfd; /* pidfd: where its number is written, with CLONE_PIDFD */
    int signal;
    int number; /* that the caller wants, 0: any */
};

/* The number of the new task; 0: there is none. */
static int number_for(const struct clone_arguments *c)
{
    return c->number ? c->number : process_number();
}

/* Whoever waited since number_for may find that another task chose its number. */
static int number_lost(const struct clone_arguments *c, int number)
{
    return !task_find(number) ? 0 : c->number ? -EEXIST : -EAGAIN;
}

/* CLONE_CLEAR_SIGHAND: the actions that are handlers become those of the beginning. */
static void clear_handlers(struct process *p)
{
    for (unsigned i = 0; i < SIGNALS; i++) {
        struct signal_action *a = &p->actions->action[i];

        *a = (struct signal_action){ .handler = a->handler == 1 /* SIG_IGN */ };
    }
}

/* With CLONE_PIDFD a new pidfd of p, whose number the caller is told; without 0, or an error. */
static int give_pidfd(struct process *p, const struct clone_arguments *c)
{
    int32_t fd = c->flags & CLONE_PIDFD ? pidfd_install(p, 0) : 0;

    if (c->flags & CLONE_PIDFD && fd >= 0) {
        (void)copy_to_user(c->pidfd, &fd, sizeof fd);
    }
    return fd;
}

static void take_pidfd(struct task *parent, const struct clone_arguments *c, int fd)
{
    if (c->flags & CLONE_PIDFD) {
        (void)sys_close(parent, (const uint64_t[]){ (uint64_t)fd });
    }
}

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
    if (native_run(t->native, r)) {
        return -ENOMEM;
    }
    if (t->trace) {
        native_kick(t->native); /* it stops before its first instruction */
    }
    return 0;
}

static long new_thread(struct task *parent, const struct clone_arguments *c)
{
    int number = number_for(c);
    struct task *t = number ? task_new(parent->process, parent, number) : NULL;
    int err, event;

    if (!t) {
        return number ? -ENOMEM : -EAGAIN;
    }
    if (c->flags & CLONE_PARENT_SETTID) {
        int32_t tid = number;

        (void)copy_to_user(c->parent_tid, &tid, sizeof tid);
    }
    err = number_lost(c, number);
    if (err) {
        task_discard(t);
        return err;
    }
    task_add(t);
    event = parent->trace ? trace_clone(parent, t, c->flags, c->signal) : 0;
    err = launch(t, parent, c);
    if (err) {
        task_remove(t);
        return err;
    }
    if (event) {
        trace_event(parent, event, (uint64_t)number);
    }
    return number;
}

static long new_process(struct task *parent, const struct clone_arguments *c)
{
    struct process *from = parent->process;
    int number = number_for(c), err, event, fd;
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
    if (c->flags & CLONE_CLEAR_SIGHAND) {
        clear_handlers(p);
    }
    p->exit_signal = c->signal;
    if (c->flags & CLONE_PARENT_SETTID) {
        int32_t tid = number;

        (void)copy_to_user(c->parent_tid, &tid, sizeof tid);
    }
    err = number_lost(c, number);
    if (err) {
        task_discard(t);
        give_back(p);
        return err;
    }
    if (c->flags & CLONE_PARENT && from->parent) {
        process_add(p, from->parent, from->parent_task);
    } else {
        process_add(p, from, parent);
    }
    task_add(t);
    if (c->flags & CLONE_VFORK) {
        p->vfork_waits = from;
    }
    event = parent->trace ? trace_clone(parent, t, c->flags, c->signal) : 0;
    fd = give_pidfd(p, c);
    err = fd < 0 ? fd : launch(t, parent, c);
    if (err) {
        if (fd >= 0) {
            take_pidfd(parent, c, fd);
        }
        task_remove(t);
        process_remove(p);
        give_back(p);
        return err;
    }
    if (event) {
        trace_event(parent, event, (uint64_t)number);
    }
    while (c->flags & CLONE_VFORK && process_find(number) == p && p->vfork_waits) {
        if (wait_on(&p->vfork_done, TIME_NEVER, WAIT_KILLABLE)) {
            if (process_find(number) == p) {
                p->vfork_waits = NULL;
            }
            break;
        }
    }
    if (c->flags & CLONE_VFORK) {
        trace_event(parent, PTRACE_EVENT_VFORK_DONE, (uint64_t)number);
    }
    return number;
}

static long clone_with(struct task *t, const struct clone_arguments *c)
{
    uint64_t f = c->flags;

    if ((f & CLONE_SIGHAND && !(f & CLONE_VM)) || (f & CLONE_THREAD && !(f & CLONE_SIGHAND)) ||
        (f & CLONE_NEWNS && f & CLONE_FS) || c->signal > SIGNALS ||
        (f & CLONE_PIDFD && f & (CLONE_THREAD | CLONE_DETACHED))) {
        return -EINVAL;
    }
    if (f & (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
             CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWTIME | CLONE_INTO_CGROUP)) {
        unimplemented("clone flags", f);
        return -EINVAL;
    }
    if (c->stack % 16) {
        return -EINVAL;
    }
    return f & CLONE_THREAD ? new_thread(t, c) : new_process(t, c);
}

long sys_clone(struct task *t, const uint64_t *a)
{
    struct clone_arguments c = { .flags = (uint32_t)a[0] & ~0xffull,
                                 .signal = (int)(a[0] & CSIGNAL),
                                 .stack = a[1],
                                 .parent_tid = a[2],
                                 .pidfd = a[2],
                                 .tls = a[3],
                                 .child_tid = a[4] };

    if (c.flags & CLONE_PIDFD && c.flags & CLONE_PARENT_SETTID) {
        return -EINVAL; /* one place for two numbers */
    }
    return clone_with(t, &c);
}

/* The number that set_tid names; there is one namespace of numbers. */
static int wanted_number(const struct task *t, const struct clone_args *c)
{
    int32_t number;

    if (c->set_tid_size > 1 || !c->set_tid != !c->set_tid_size) {
        return -EINVAL;
    }
    if (!c->set_tid) {
        return 0;
    }
    if (copy_from_user(&number, c->set_tid, sizeof number)) {
        return -EFAULT;
    }
    if (number < 1 || (unsigned)number >= TASKS_MAX) {
        return -EINVAL;
    }
    if (!is_capable(&t->process->cred, CAP_SYS_ADMIN) &&
        !is_capable(&t->process->cred, CAP_CHECKPOINT_RESTORE)) {
        return -EPERM;
    }
    return process_number_is_free(number) ? number : -EEXIST;
}

static bool is_valid(const struct clone_args *c)
{
    const uint64_t f = c->flags, known = 0xffffffffull | CLONE_CLEAR_SIGHAND | CLONE_INTO_CGROUP;

    return !(f & ~known) && !(f & (CLONE_DETACHED | (CSIGNAL & ~CLONE_NEWTIME))) &&
           !(f & CLONE_SIGHAND && f & CLONE_CLEAR_SIGHAND) &&
           !(f & (CLONE_THREAD | CLONE_PARENT) && c->exit_signal) && c->exit_signal <= SIGNALS &&
           !c->stack == !c->stack_size && c->stack + c->stack_size >= c->stack;
}

long sys_clone3(struct task *t, const uint64_t *a)
{
    struct clone_args args;
    int err = a[1] < CLONE_ARGS_SIZE_VER0 ? -EINVAL
                                          : copy_struct_from_user(&args, sizeof args, a[0], a[1]);
    int number = err ? err : wanted_number(t, &args);

    if (number < 0 || !is_valid(&args)) {
        return number < 0 ? number : -EINVAL;
    }
    struct clone_arguments c = { .flags = args.flags,
                                 .signal = (int)args.exit_signal,
                                 .stack = args.stack + args.stack_size,
                                 .parent_tid = args.parent_tid,
                                 .pidfd = args.pidfd,
                                 .tls = args.tls,
                                 .child_tid = args.child_tid,
                                 .number = number };
    return clone_with(t, &c);
}
