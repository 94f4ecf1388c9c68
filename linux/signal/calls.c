/* System calls of signals. */
#include <asm/siginfo.h>
#include <linux/resource.h>
#include <string.h>

#include "../mm/mm.h"
#include "../task/process.h"
#include "../task/times.h"
#include "queue.h"

#define UNBLOCKABLE (SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP))

long sys_rt_sigaction(struct task *t, const uint64_t *a)
{
    struct signal_action new, *action;
    unsigned signal = (unsigned)a[0];

    if (a[3] != sizeof(signal_set) || signal < 1 || signal > SIGNALS ||
        (a[1] && SIGNAL_BIT(signal) & UNBLOCKABLE)) {
        return -EINVAL;
    }
    if (a[1] && copy_from_user(&new, a[1], sizeof new)) {
        return -EFAULT;
    }
    action = &t->process->actions->action[signal - 1];
    if (a[2] && copy_to_user(a[2], action, sizeof *action)) {
        return -EFAULT;
    }
    if (a[1]) {
        new.mask &= ~UNBLOCKABLE;
        *action = new;
        signal_ignored_drop(t->process, (int)signal);
    }
    return 0;
}

long sys_rt_sigprocmask(struct task *t, const uint64_t *a)
{
    signal_set set, old = t->signal.blocked;

    if (a[3] != sizeof set) {
        return -EINVAL;
    }
    if (a[1]) {
        if (copy_from_user(&set, a[1], sizeof set)) {
            return -EFAULT;
        }
        switch (a[0]) {
        case SIG_BLOCK:
            t->signal.blocked |= set & ~UNBLOCKABLE;
            break;
        case SIG_UNBLOCK:
            t->signal.blocked &= ~set;
            break;
        case SIG_SETMASK:
            t->signal.blocked = set & ~UNBLOCKABLE;
            break;
        default:
            return -EINVAL;
        }
    }
    return a[2] && copy_to_user(a[2], &old, sizeof old) ? -EFAULT : 0;
}

long sys_rt_sigpending(struct task *t, const uint64_t *a)
{
    signal_set set = (t->signal.pending.set | t->process->pending.set) & t->signal.blocked;

    if (a[1] > sizeof set) {
        return -EINVAL;
    }
    return copy_to_user(a[0], &set, a[1]);
}

long sys_rt_sigsuspend(struct task *t, const uint64_t *a)
{
    struct wait_queue nobody;
    signal_set set;

    if (a[1] != sizeof set) {
        return -EINVAL;
    }
    if (copy_from_user(&set, a[0], sizeof set)) {
        return -EFAULT;
    }
    signal_mask_temporarily(t, set);
    wait_queue_init(&nobody);
    while (wait_on(&nobody, TIME_NEVER, WAIT_INTERRUPTIBLE) == 0) {
    }
    return -ERESTARTNOHAND;
}

long sys_rt_sigtimedwait(struct task *t, const uint64_t *a)
{
    uint64_t deadline = TIME_NEVER, ns;
    siginfo_t info;
    signal_set set;
    int err;

    if (a[3] != sizeof set) {
        return -EINVAL;
    }
    if (copy_from_user(&set, a[0], sizeof set)) {
        return -EFAULT;
    }
    if (a[2]) {
        err = time_from_user(a[2], &ns);
        if (err) {
            return err;
        }
        deadline = time_after(ns);
    }
    set &= ~UNBLOCKABLE;
    while (!signal_take(t, set, &info)) {
        signal_set blocked = t->signal.blocked;
        struct wait_queue nobody;

        wait_queue_init(&nobody);
        t->signal.waits_for = set;
        t->signal.blocked &= ~set;
        err = wait_on(&nobody, deadline, WAIT_INTERRUPTIBLE);
        t->signal.blocked = blocked;
        t->signal.waits_for = 0;
        if (err && !((t->signal.pending.set | t->process->pending.set) & set)) {
            return err == -ETIMEDOUT ? -EAGAIN : -EINTR;
        }
    }
    if (a[1] && copy_to_user(a[1], &info, sizeof info)) {
        return -EFAULT;
    }
    return info.si_signo;
}

uint32_t signal_stack_flags(const struct task *t, uint64_t sp);

int signal_set_stack(struct task *t, uint64_t at, uint64_t bytes, uint32_t flags, uint64_t sp)
{
    struct task_signals *s = &t->signal;
    uint32_t mode = flags & ~SS_AUTODISARM;

    if (signal_stack_flags(t, sp) == SS_ONSTACK) {
        return -EPERM;
    }
    if (mode && mode != SS_ONSTACK && mode != SS_DISABLE) {
        return -EINVAL;
    }
    if (mode != SS_DISABLE && bytes < 5120 /* MINSIGSTKSZ */) {
        return -ENOMEM;
    }
    s->stack_at = mode == SS_DISABLE ? 0 : at;
    s->stack_bytes = mode == SS_DISABLE ? 0 : bytes;
    s->stack_flags = flags;
    return 0;
}

long sys_sigaltstack(struct task *t, const uint64_t *a)
{
    struct task_signals *s = &t->signal;
    uint64_t sp = task_regs(t)->sp;
    uint32_t flags = signal_stack_flags(t, sp);
    stack_t new, old = { .ss_sp = (void *)s->stack_at, .ss_size = s->stack_bytes };

    old.ss_flags = (int)(flags | (s->stack_flags & SS_AUTODISARM));
    if (a[0]) {
        if (copy_from_user(&new, a[0], sizeof new)) {
            return -EFAULT;
        }
        int err =
            signal_set_stack(t, (uint64_t) new.ss_sp, new.ss_size, (uint32_t) new.ss_flags, sp);

        if (err) {
            return err;
        }
    }
    return a[1] && copy_to_user(a[1], &old, sizeof old) ? -EFAULT : 0;
}

/* ---- kill ---- */

static siginfo_t from_user(const struct task *t, int signal, int code)
{
    siginfo_t info = { .si_signo = signal, .si_code = code };

    info.si_pid = t->process->pid;
    info.si_uid = t->process->cred.uid;
    return info;
}

static bool is_meant(const struct process *p, const struct process *self, int pid)
{
    if (p->is_zombie && pid <= 0) {
        return false;
    }
    if (pid > 0) {
        return p->pid == pid;
    }
    if (pid == -1) {
        return p->pid != 1 && p != self;
    }
    return p->group == (pid == 0 ? self->group : -pid);
}

long sys_kill(struct task *t, const uint64_t *a)
{
    int pid = (int)a[0], signal = (int)a[1];
    siginfo_t info = from_user(t, signal, SI_USER);
    long result = -ESRCH;

    if (signal < 0 || signal > SIGNALS) {
        return -EINVAL;
    }
    if (pid == INT32_MIN) {
        return -ESRCH;
    }
    LIST_FOR(l, &processes)
    {
        struct process *p = CONTAINER(l, struct process, all);
        int err;

        if (!is_meant(p, t->process, pid)) {
            continue;
        }
        err = signal_may_send(t->process, p, signal);
        if (!err && signal) {
            signal_send_process(p, signal, &info);
        }
        if (!err || result == -ESRCH) {
            result = err;
        }
    }
    return result;
}

static long send_to_task(struct task *t, int group, int tid, int signal, const siginfo_t *info)
{
    struct task *to = task_find(tid);
    long err;

    if (tid <= 0 || signal < 0 || signal > SIGNALS || group == 0 || group < -1) {
        return -EINVAL;
    }
    if (!to || (group > 0 && to->process->pid != group)) {
        struct process *p = process_find(tid);

        return p && p->is_zombie && (group == -1 || group == tid) ? 0 : -ESRCH;
    }
    err = signal_may_send(t->process, to->process, signal);
    if (!err) {
        signal_send_task(to, signal, info);
    }
    return err;
}

long sys_tgkill(struct task *t, const uint64_t *a)
{
    siginfo_t info = from_user(t, (int)a[2], SI_TKILL);

    if ((int)a[0] <= 0) {
        return -EINVAL;
    }
    return send_to_task(t, (int)a[0], (int)a[1], (int)a[2], &info);
}

long sys_tkill(struct task *t, const uint64_t *a)
{
    siginfo_t info = from_user(t, (int)a[1], SI_TKILL);

    return send_to_task(t, -1, (int)a[0], (int)a[1], &info);
}

/* What a program says of itself may not look like the kernel's, but to itself. */
static long info_from_user(struct task *t, uint64_t from, int signal, int to, siginfo_t *info)
{
    if (copy_from_user(info, from, sizeof *info)) {
        return -EFAULT;
    }
    info->si_signo = signal;
    return (info->si_code >= 0 || info->si_code == SI_TKILL) && to != t->process->pid ? -EPERM : 0;
}

long sys_rt_sigqueueinfo(struct task *t, const uint64_t *a)
{
    int pid = (int)a[0], signal = (int)a[1];
    siginfo_t info;
    long err = info_from_user(t, a[2], signal, pid, &info);
    struct process *p = process_find(pid);

    if (err) {
        return err;
    }
    if (signal < 0 || signal > SIGNALS) {
        return -EINVAL;
    }
    if (!p) {
        return -ESRCH;
    }
    err = signal_may_send(t->process, p, signal);
    if (!err && signal) {
        if (p->pending.count >= p->limit[RLIMIT_SIGPENDING].soft) {
            return -EAGAIN;
        }
        signal_send_process(p, signal, &info);
    }
    return err;
}

long sys_rt_tgsigqueueinfo(struct task *t, const uint64_t *a)
{
    siginfo_t info;
    long err = info_from_user(t, a[3], (int)a[2], (int)a[0], &info);

    return err              ? err
           : (int)a[0] <= 0 ? -EINVAL
                            : send_to_task(t, (int)a[0], (int)a[1], (int)a[2], &info);
}
