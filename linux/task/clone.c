/* Birth: clone, which is fork, vfork and a new thread. */
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
    int number = process_number();
    struct task *t = number ? task_new(parent->process, parent, number) : NULL;
    int err, event;

    if (!t) {
        return number ? -ENOMEM : -EAGAIN;
    }
    if (c->flags & CLONE_PARENT_SETTID) {
        int32_t tid = number;

        (void)copy_to_user(c->parent_tid, &tid, sizeof tid);
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
    int number = process_number(), err, event;
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
    event = parent->trace ? trace_clone(parent, t, c->flags, c->signal) : 0;
    err = launch(t, parent, c);
    if (err) {
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
