/* Scheduling parameters: kept and given back.  All tasks run at one priority in time slices; affinity is to the one processor. */
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/sched/types.h>

#include "../mm/mm.h"
#include "fiber.h"
#include "process.h"

struct param {
    int priority;
};

static struct task *task_or_self(struct task *t, int tid)
{
    return tid ? task_find(tid) : t;
}

long sys_sched_yield(struct task *t, const uint64_t *a)
{
    (void)t;
    (void)a;
    answer_first = true;
    return 0;
}

long sys_sched_getaffinity(struct task *t, const uint64_t *a)
{
    uint64_t mask = 1;

    if (a[1] < 8 || a[1] % 8) {
        return -EINVAL;
    }
    if (!task_or_self(t, (int)a[0])) {
        return -ESRCH;
    }
    return copy_to_user(a[2], &mask, 8) ? -EFAULT : 8;
}

long sys_sched_setaffinity(struct task *t, const uint64_t *a)
{
    uint64_t mask = 0;

    if (!task_or_self(t, (int)a[0])) {
        return -ESRCH;
    }
    if (copy_from_user(&mask, a[2], a[1] < 8 ? a[1] : 8)) {
        return -EFAULT;
    }
    return mask & 1 ? 0 : -EINVAL;
}

long sys_getcpu(struct task *t, const uint64_t *a)
{
    uint32_t zero = 0;

    (void)t;
    return (a[0] && copy_to_user(a[0], &zero, 4)) || (a[1] && copy_to_user(a[1], &zero, 4))
               ? -EFAULT
               : 0;
}

static bool is_real_time(int policy)
{
    return policy == SCHED_FIFO || policy == SCHED_RR;
}

long sys_sched_get_priority_max(struct task *t, const uint64_t *a)
{
    (void)t;
    return is_real_time((int)a[0]) ? 99
           : a[0] == SCHED_NORMAL || a[0] == SCHED_BATCH || a[0] == SCHED_IDLE || a[0] == 6
               ? 0
               : -EINVAL;
}

long sys_sched_get_priority_min(struct task *t, const uint64_t *a)
{
    long most = sys_sched_get_priority_max(t, a);

    return most > 0 ? 1 : most;
}

static long set_policy(struct task *t, struct task *of, int policy, int priority)
{
    int plain = policy & ~SCHED_RESET_ON_FORK;

    if (!of) {
        return -ESRCH;
    }
    if (plain != SCHED_NORMAL && plain != SCHED_BATCH && plain != SCHED_IDLE &&
        !is_real_time(plain)) {
        return -EINVAL;
    }
    if (is_real_time(plain) ? priority < 1 || priority > 99 : priority != 0) {
        return -EINVAL;
    }
    if (is_real_time(plain) && !is_capable(&t->process->cred, 23 /* CAP_SYS_NICE */) &&
        (uint64_t)priority > t->process->limit[RLIMIT_RTPRIO].soft) {
        return -EPERM;
    }
    of->policy = plain;
    of->priority = priority;
    return 0;
}

long sys_sched_setscheduler(struct task *t, const uint64_t *a)
{
    struct param p;

    if ((int)a[0] < 0 || (int)a[1] < 0 || !a[2]) {
        return -EINVAL;
    }
    if (copy_from_user(&p, a[2], sizeof p)) {
        return -EFAULT;
    }
    return set_policy(t, task_or_self(t, (int)a[0]), (int)a[1], p.priority);
}

long sys_sched_setparam(struct task *t, const uint64_t *a)
{
    struct task *of = task_or_self(t, (int)a[0]);
    struct param p;

    if ((int)a[0] < 0 || !a[1]) {
        return -EINVAL;
    }
    if (copy_from_user(&p, a[1], sizeof p)) {
        return -EFAULT;
    }
    return of ? set_policy(t, of, of->policy, p.priority) : -ESRCH;
}

long sys_sched_getscheduler(struct task *t, const uint64_t *a)
{
    struct task *of = task_or_self(t, (int)a[0]);

    return (int)a[0] < 0 ? -EINVAL : of ? of->policy : -ESRCH;
}

long sys_sched_getparam(struct task *t, const uint64_t *a)
{
    struct task *of = task_or_self(t, (int)a[0]);
    struct param p;

    if ((int)a[0] < 0 || !a[1]) {
        return -EINVAL;
    }
    if (!of) {
        return -ESRCH;
    }
    p.priority = of->priority;
    return copy_to_user(a[1], &p, sizeof p);
}

long sys_sched_rr_get_interval(struct task *t, const uint64_t *a)
{
    struct {
        int64_t sec, nsec;
    } slice = { 0, 10000000 };
    struct task *of = task_or_self(t, (int)a[0]);

    if ((int)a[0] < 0) {
        return -EINVAL;
    }
    if (!of) {
        return -ESRCH;
    }
    if (of->policy == SCHED_FIFO) {
        slice.nsec = 0;
    }
    return copy_to_user(a[1], &slice, sizeof slice);
}

/* ---- nice values ---- */

static bool is_which(const struct process *p, int which, int who, const struct process *self)
{
    switch (which) {
    case PRIO_PROCESS:
        return who ? p->pid == who : p == self;
    case PRIO_PGRP:
        return p->group == (who ? who : self->group);
    default:
        return p->cred.uid == (who ? (uint32_t)who : self->cred.uid);
    }
}

long sys_getpriority(struct task *t, const uint64_t *a)
{
    long best = -ESRCH;

    if (a[0] > PRIO_USER) {
        return -EINVAL;
    }
    LIST_FOR(l, &processes)
    {
        struct process *p = CONTAINER(l, struct process, all);

        if (!p->is_zombie && is_which(p, (int)a[0], (int)a[1], t->process) && 20 - p->nice > best) {
            best = 20 - p->nice;
        }
    }
    return best;
}

long sys_setpriority(struct task *t, const uint64_t *a)
{
    const struct credentials *c = &t->process->cred;
    int nice = (int)a[2] < -20 ? -20 : (int)a[2] > 19 ? 19 : (int)a[2];
    long result = -ESRCH;

    if (a[0] > PRIO_USER) {
        return -EINVAL;
    }
    LIST_FOR(l, &processes)
    {
        struct process *p = CONTAINER(l, struct process, all);

        if (p->is_zombie || !is_which(p, (int)a[0], (int)a[1], t->process)) {
            continue;
        }
        if (!is_capable(c, 23 /* CAP_SYS_NICE */) && c->euid != p->cred.uid &&
            c->euid != p->cred.euid) {
            result = -EPERM;
        } else if (nice < p->nice && !is_capable(c, 23) &&
                   (uint64_t)(20 - nice) > p->limit[RLIMIT_NICE].soft) {
            result = -EACCES;
        } else {
            p->nice = nice;
            result = result == -ESRCH ? 0 : result;
        }
    }
    return result;
}

long sys_ioprio_get(struct task *t, const uint64_t *a)
{
    (void)t, (void)a;
    return 4 | 2 << 13; /* best effort, level 4: what is never set */
}

long sys_ioprio_set(struct task *t, const uint64_t *a)
{
    (void)t, (void)a;
    return 0;
}
