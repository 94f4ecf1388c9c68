/* Processor time: what the threads' budgets have consumed, and what the personality has worked for them. */
#include "usage.h"

#include <linux/resource.h>
#include <linux/times.h>
#include <tess/time.h>

#include "../mm/mm.h"
#include "native.h"

uint64_t task_cpu_ns(struct task *t)
{
    return native_consumed(t->native) - t->consumed_before;
}

uint64_t task_system_ns(const struct task *t)
{
    return tess_ns_of_ticks(t->system_ticks);
}

void usage_of_process(struct process *p, struct usage *u, bool with_children)
{
    struct space_info info = { 0 };

    *u = (struct usage){ .user_ns = p->user_ns,
                         .system_ns = p->system_ns,
                         .faults_minor = p->faults_minor,
                         .faults_major = p->faults_major };
    LIST_FOR(l, &p->tasks)
    {
        struct task *t = CONTAINER(l, struct task, peer);

        u->user_ns += task_cpu_ns(t);
        u->system_ns += task_system_ns(t);
    }
    if (p->space) {
        space_info(p->space, &info);
        u->resident_kib = info.peak_pages * (PAGE_SIZE / 1024);
    }
    if (with_children) {
        u->user_ns += p->children_user_ns;
        u->system_ns += p->children_system_ns;
        u->faults_minor += p->children_faults_minor;
        u->faults_major += p->children_faults_major;
    }
}

static struct __kernel_old_timeval timeval(uint64_t ns)
{
    return (struct __kernel_old_timeval){ (long)(ns / 1000000000), (long)(ns / 1000 % 1000000) };
}

int usage_to_user(uint64_t to, const struct usage *u)
{
    struct rusage r = { .ru_maxrss = (long)u->resident_kib,
                        .ru_minflt = (long)u->faults_minor,
                        .ru_majflt = (long)u->faults_major };
    struct __kernel_old_timeval user = timeval(u->user_ns), system = timeval(u->system_ns);

    r.ru_utime.tv_sec = user.tv_sec;
    r.ru_utime.tv_usec = user.tv_usec;
    r.ru_stime.tv_sec = system.tv_sec;
    r.ru_stime.tv_usec = system.tv_usec;
    return copy_to_user(to, &r, sizeof r);
}

long sys_getrusage(struct task *t, const uint64_t *a)
{
    struct process *p = t->process;
    struct usage u;

    switch ((int)a[0]) {
    case RUSAGE_SELF:
        usage_of_process(p, &u, false);
        break;
    case RUSAGE_CHILDREN:
        u = (struct usage){ .user_ns = p->children_user_ns,
                            .system_ns = p->children_system_ns,
                            .faults_minor = p->children_faults_minor,
                            .faults_major = p->children_faults_major };
        break;
    case RUSAGE_THREAD:
        u = (struct usage){ .user_ns = task_cpu_ns(t), .system_ns = task_system_ns(t) };
        break;
    default:
        return -EINVAL;
    }
    return usage_to_user(a[1], &u);
}

#define CLOCK_TICK_NS 10000000u /* 100 a second: USER_HZ */

long sys_times(struct task *t, const uint64_t *a)
{
    struct usage u;
    struct tms tms;

    usage_of_process(t->process, &u, false);
    tms.tms_utime = (long)(u.user_ns / CLOCK_TICK_NS);
    tms.tms_stime = (long)(u.system_ns / CLOCK_TICK_NS);
    tms.tms_cutime = (long)(t->process->children_user_ns / CLOCK_TICK_NS);
    tms.tms_cstime = (long)(t->process->children_system_ns / CLOCK_TICK_NS);
    if (a[0] && copy_to_user(a[0], &tms, sizeof tms)) {
        return -EFAULT;
    }
    return (long)(now_ns() / CLOCK_TICK_NS);
}
