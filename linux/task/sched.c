/*
 * Scheduling parameters: who may set them, kept and given back.  All tasks run at one priority in time slices; affinity is to the one
 * processor.  Deadlines cannot be kept here, so that none is admitted.
 */
#include <linux/capability.h>
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

#define PRIORITY_MAX 99   /* sched(7) */
#define KEEP         (-1) /* the policy that it has */

/* sched(7): may t, without CAP_SYS_NICE, give that to the other? */
static bool may_set(const struct task *t, const struct task *of, int policy, int priority,
                    bool resets)
{
    const struct credentials *c = &t->process->cred;
    const struct process *p = of->process;
    uint64_t limit = p->limit[RLIMIT_RTPRIO].soft;

    if (is_real_time(policy) && ((policy != of->policy && !limit) ||
                                 (priority > of->priority && (uint64_t)priority > limit))) {
        return false;
    }
    if (of->policy == SCHED_IDLE && policy != SCHED_IDLE &&
        (uint64_t)(20 - p->nice) > p->limit[RLIMIT_NICE].soft) {
        return false;
    }
    return (c->euid == p->cred.euid || c->euid == p->cred.uid) && (resets || !of->resets_on_fork);
}

static long set_policy(const struct task *t, struct task *of, int policy, int priority, bool resets)
{
    if (!of) {
        return -ESRCH;
    }
    if (policy == KEEP) {
        policy = of->policy;
        resets = of->resets_on_fork;
    }
    if (policy != SCHED_NORMAL && policy != SCHED_BATCH && policy != SCHED_IDLE &&
        !is_real_time(policy)) {
        return -EINVAL;
    }
    if (is_real_time(policy) ? priority < 1 || priority > PRIORITY_MAX : priority != 0) {
        return -EINVAL;
    }
    if (!may_set(t, of, policy, priority, resets) && !is_capable(&t->process->cred, CAP_SYS_NICE)) {
        return -EPERM;
    }
    of->policy = policy;
    of->priority = priority;
    of->resets_on_fork = resets;
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
    return set_policy(t, task_or_self(t, (int)a[0]), (int)a[1] & ~SCHED_RESET_ON_FORK, p.priority,
                      a[1] & SCHED_RESET_ON_FORK);
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
    return set_policy(t, of, KEEP, p.priority, false);
}

long sys_sched_getscheduler(struct task *t, const uint64_t *a)
{
    struct task *of = task_or_self(t, (int)a[0]);

    return (int)a[0] < 0 ? -EINVAL
           : !of         ? -ESRCH
                         : of->policy | (of->resets_on_fork ? SCHED_RESET_ON_FORK : 0);
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
    } slice = { 0, 4000000 }; /* one tick of Debian's kernel */
    struct task *of = task_or_self(t, (int)a[0]);

    if ((int)a[0] < 0) {
        return -EINVAL;
    }
    if (!of) {
        return -ESRCH;
    }
    if (is_real_time(of->policy)) {
        slice.nsec = of->policy == SCHED_RR ? 100000000 : 0; /* Linux: RR_TIMESLICE */
    }
    return copy_to_user(a[1], &slice, sizeof slice);
}

/* ---- nice values ---- */

static int nice_in_range(int nice)
{
    return nice < -20 ? -20 : nice > 19 ? 19 : nice;
}

/* May self's process give that value to p?  -EPERM: it is another's; -EACCES: it is less than p may have. */
static long nice_check(const struct process *self, const struct process *p, int nice)
{
    const struct credentials *c = &self->cred;

    nice = nice_in_range(nice);
    if (is_capable(c, CAP_SYS_NICE)) {
        return 0;
    }
    if (c->euid != p->cred.uid && c->euid != p->cred.euid) {
        return -EPERM;
    }
    return nice < p->nice && (uint64_t)(20 - nice) > p->limit[RLIMIT_NICE].soft ? -EACCES : 0;
}

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
    long result = -ESRCH, err;

    if (a[0] > PRIO_USER) {
        return -EINVAL;
    }
    LIST_FOR(l, &processes)
    {
        struct process *p = CONTAINER(l, struct process, all);

        if (p->is_zombie || !is_which(p, (int)a[0], (int)a[1], t->process)) {
            continue;
        }
        err = nice_check(t->process, p, (int)a[2]);
        if (err) {
            result = err;
        } else {
            p->nice = nice_in_range((int)a[2]);
            result = result == -ESRCH ? 0 : result;
        }
    }
    return result;
}

/* ---- both in one ---- */

#define ATTR_FLAGS                                                                                 \
    (SCHED_FLAG_RESET_ON_FORK | SCHED_FLAG_RECLAIM | SCHED_FLAG_DL_OVERRUN |                       \
     SCHED_FLAG_KEEP_POLICY | SCHED_FLAG_KEEP_PARAMS)

/* The structure of a caller that may be older or newer: -EFAULT; -E2BIG if it says what is not known here, and the caller is told what is. */
static long attr_from_user(struct sched_attr *to, uint64_t from)
{
    const uint32_t known = sizeof *to;
    uint32_t bytes;
    long err;

    if (copy_from_user(&bytes, from, sizeof bytes)) {
        return -EFAULT;
    }
    bytes = bytes ? bytes : SCHED_ATTR_SIZE_VER0;
    err = bytes < SCHED_ATTR_SIZE_VER0 ? -E2BIG : copy_struct_from_user(to, known, from, bytes);
    return err == -E2BIG && copy_to_user(from, &known, sizeof known) ? -EFAULT : err;
}

long sys_sched_setattr(struct task *t, const uint64_t *a)
{
    struct task *of = task_or_self(t, (int)a[0]);
    struct sched_attr s = { 0 };
    long err;

    if ((int)a[0] < 0 || !a[1] || a[2]) {
        return -EINVAL;
    }
    err = attr_from_user(&s, a[1]);
    if (err || (int)s.sched_policy < 0 || s.sched_flags & ~(uint64_t)ATTR_FLAGS) {
        return err ? err : -EINVAL;
    }
    if (!of) {
        return -ESRCH;
    }
    if (s.sched_flags & SCHED_FLAG_KEEP_PARAMS) {
        s.sched_priority = (uint32_t)of->priority;
        s.sched_nice = of->process->nice;
    }
    s.sched_policy = s.sched_flags & SCHED_FLAG_KEEP_POLICY ? (uint32_t)of->policy : s.sched_policy;
    if (s.sched_policy == SCHED_DEADLINE) { /* Linux: the least runtime is 1024 ns */
        return s.sched_runtime < 1024 || s.sched_deadline < s.sched_runtime || s.sched_priority ||
                       (s.sched_period && s.sched_period < s.sched_deadline)
                   ? -EINVAL
               : is_capable(&t->process->cred, CAP_SYS_NICE) ? -EBUSY
                                                             : -EPERM;
    }
    bool is_fair = !is_real_time((int)s.sched_policy);

    if (is_fair && (err = nice_check(t->process, of->process, s.sched_nice))) {
        return err == -EACCES ? -EPERM : err;
    }
    err = set_policy(t, of, (int)s.sched_policy, (int)s.sched_priority,
                     s.sched_flags & SCHED_FLAG_RESET_ON_FORK);
    if (!err && is_fair && s.sched_policy != SCHED_IDLE) {
        of->process->nice = nice_in_range(s.sched_nice);
    }
    return err;
}

long sys_sched_getattr(struct task *t, const uint64_t *a)
{
    struct task *of = task_or_self(t, (int)a[0]);
    uint32_t bytes = (uint32_t)a[2];

    if ((int)a[0] < 0 || !a[1] || a[3] || bytes < SCHED_ATTR_SIZE_VER0 || bytes > PAGE_SIZE) {
        return -EINVAL;
    }
    if (!of) {
        return -ESRCH;
    }
    struct sched_attr s = { .sched_policy = (uint32_t)of->policy,
                            .sched_flags = of->resets_on_fork ? SCHED_FLAG_RESET_ON_FORK : 0,
                            .sched_nice = is_real_time(of->policy) ? 0 : of->process->nice,
                            .sched_priority = (uint32_t)of->priority };

    s.size = bytes < sizeof s ? bytes : (uint32_t)sizeof s;
    return copy_to_user(a[1], &s, s.size) ? -EFAULT : 0;
}

/* ---- input and output ---- */

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
