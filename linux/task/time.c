/* Clocks and sleeping. */
#include <linux/capability.h>
#include <linux/time.h>
#include <linux/timex.h>

#include "../mm/mm.h"
#include "clock.h"
#include "process.h"
#include "times.h"
#include "usage.h"
#include "vdso.h"

#define NS 1000000000ull

int time_from_user(uint64_t from, uint64_t *ns)
{
    struct __kernel_timespec t;

    if (copy_from_user(&t, from, sizeof t)) {
        return -EFAULT;
    }
    if (t.tv_sec < 0 || t.tv_nsec < 0 || t.tv_nsec >= (long long)NS) {
        return -EINVAL;
    }
    *ns = (uint64_t)t.tv_sec > TIME_NEVER / NS / 4 ? TIME_NEVER / 2
                                                   : (uint64_t)t.tv_sec * NS + (uint64_t)t.tv_nsec;
    return 0;
}

int time_to_user(uint64_t to, uint64_t ns)
{
    struct __kernel_timespec t = { (long long)(ns / NS), (long long)(ns % NS) };

    return copy_to_user(to, &t, sizeof t);
}

uint64_t time_after(uint64_t ns)
{
    uint64_t now = now_ns();

    return ns > TIME_NEVER - 1 - now ? TIME_NEVER - 1 : now + ns;
}

/* Clocks of other processes and threads: posix-cpu-timers' encoding, ~pid << 3 | 4 (thread) | which. */
static int cpu_clock(struct task *t, int clock, uint64_t *ns)
{
    int number = ~(clock >> 3);
    struct usage u;

    if ((clock & 3) == 3) {
        return -EINVAL;
    }
    if (clock & 4) {
        struct task *of = number ? task_find(number) : t;

        if (!of || of->process != t->process) {
            return -EINVAL;
        }
        *ns = task_cpu_ns(of) + task_system_ns(of);
        return 0;
    }
    struct process *p = number ? process_find(number) : t->process;

    if (!p) {
        return -EINVAL;
    }
    usage_of_process(p, &u, false);
    *ns = u.user_ns + u.system_ns;
    return 0;
}

int clock_now(int clock, uint64_t *ns)
{
    struct task *t = current;

    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_TAI:
        *ns = now_real_ns();
        return 0;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
    case CLOCK_BOOTTIME_ALARM:
        *ns = now_ns();
        return 0;
    case CLOCK_PROCESS_CPUTIME_ID:
        return cpu_clock(t, -8 | 2, ns);
    case CLOCK_THREAD_CPUTIME_ID:
        return cpu_clock(t, -8 | 6, ns);
    default:
        return clock < 0 ? cpu_clock(t, clock, ns) : -EINVAL;
    }
}

int clock_deadline(int clock, uint64_t ns, bool is_absolute, uint64_t *deadline)
{
    uint64_t now;
    int err = clock_now(clock, &now);

    if (!err) {
        *deadline = time_after(!is_absolute ? ns : ns > now ? ns - now : 0);
    }
    return err;
}

long sys_clock_gettime(struct task *t, const uint64_t *a)
{
    uint64_t ns;
    int err = clock_now((int)a[0], &ns);

    (void)t;
    return err ? err : time_to_user(a[1], ns);
}

long sys_clock_getres(struct task *t, const uint64_t *a)
{
    uint64_t ns;
    int err = clock_now((int)a[0], &ns);

    (void)t;
    if (err || !a[1]) {
        return err;
    }
    return time_to_user(
        a[1], a[0] == CLOCK_REALTIME_COARSE || a[0] == CLOCK_MONOTONIC_COARSE ? 4000000 : 1);
}

/* Who sleeps until a time of CLOCK_REALTIME. */
static struct wait_queue real_sleepers;

static long set_real(struct task *t, uint64_t ns)
{
    uint64_t before = clock_real_offset();

    if (!is_capable(&t->process->cred, CAP_SYS_TIME)) {
        return -EPERM;
    }
    clock_set_real(ns);
    vdso_clock_changed();
    posix_timers_clock_changed((int64_t)(clock_real_offset() - before));
    if (real_sleepers.waiters.next) {
        wake_all(&real_sleepers, 0);
    }
    return 0;
}

long sys_clock_settime(struct task *t, const uint64_t *a)
{
    uint64_t ns, now;
    int err = clock_now((int)a[0], &now);

    err = err ? err : time_from_user(a[1], &ns);
    if (err) {
        return err;
    }
    return a[0] == CLOCK_REALTIME ? set_real(t, ns) : (int)a[0] < 0 ? -EPERM : -EINVAL;
}

long sys_gettimeofday(struct task *t, const uint64_t *a)
{
    uint64_t ns = now_real_ns();
    struct __kernel_old_timeval tv = { (long)(ns / NS), (long)(ns % NS / 1000) };
    struct timezone zone = { 0, 0 };

    (void)t;
    return (a[0] && copy_to_user(a[0], &tv, sizeof tv)) ||
                   (a[1] && copy_to_user(a[1], &zone, sizeof zone))
               ? -EFAULT
               : 0;
}

long sys_settimeofday(struct task *t, const uint64_t *a)
{
    struct __kernel_old_timeval tv;

    if (!a[0]) {
        return 0;
    }
    if (copy_from_user(&tv, a[0], sizeof tv)) {
        return -EFAULT;
    }
    if (tv.tv_sec < 0 || tv.tv_usec < 0 || tv.tv_usec >= 1000000) {
        return -EINVAL;
    }
    return set_real(t, (uint64_t)tv.tv_sec * NS + (uint64_t)tv.tv_usec * 1000);
}

long sys_adjtimex(struct task *t, const uint64_t *a)
{
    struct __kernel_timex x;
    uint64_t ns = now_real_ns();

    if (copy_from_user(&x, a[0], sizeof x)) {
        return -EFAULT;
    }
    if (x.modes && !is_capable(&t->process->cred, CAP_SYS_TIME)) {
        return -EPERM;
    }
    x.status = 0x40; /* STA_UNSYNC */
    x.tick = 10000;
    x.maxerror = x.esterror = 16000000;
    x.precision = 1;
    x.tolerance = 32768000;
    x.time.tv_sec = (long long)(ns / NS);
    x.time.tv_usec = (long long)(ns % NS / 1000);
    return copy_to_user(a[0], &x, sizeof x) ? -EFAULT : 5 /* TIME_ERROR: not synchronised */;
}

/* ---- sleeping ---- */

static long sleep_until(uint64_t deadline, bool is_absolute, uint64_t remaining_to)
{
    struct wait_queue nobody;
    int err;

    wait_queue_init(&nobody);
    err = wait_on(&nobody, deadline, WAIT_INTERRUPTIBLE);
    if (err == -ETIMEDOUT) {
        return 0;
    }
    if (err == -ERESTARTSYS && !is_absolute && remaining_to) {
        uint64_t now = now_ns();

        if (time_to_user(remaining_to, deadline > now ? deadline - now : 0)) {
            return -EFAULT;
        }
    }
    return err == -ERESTARTSYS ? -ERESTARTNOHAND : err;
}

/* Until CLOCK_REALTIME shows ns: when the clock is set, that moment is another. */
static long sleep_until_real(uint64_t ns)
{
    int err;

    if (!real_sleepers.waiters.next) {
        wait_queue_init(&real_sleepers);
    }
    do {
        uint64_t deadline;

        err = clock_deadline(CLOCK_REALTIME, ns, true, &deadline);
        err = err ? err : wait_on(&real_sleepers, deadline, WAIT_INTERRUPTIBLE);
    } while (!err);
    return err == -ETIMEDOUT ? 0 : err == -ERESTARTSYS ? -ERESTARTNOHAND : err;
}

long sys_clock_nanosleep(struct task *t, const uint64_t *a)
{
    bool is_absolute = a[1] & TIMER_ABSTIME;
    uint64_t ns, deadline;
    int err;

    (void)t;
    if (a[0] == CLOCK_THREAD_CPUTIME_ID) {
        return -EINVAL;
    }
    err = time_from_user(a[2], &ns);
    err = err ? err : clock_deadline((int)a[0], ns, is_absolute, &deadline);
    if (!err && is_absolute && a[0] == CLOCK_REALTIME) {
        return sleep_until_real(ns);
    }
    return err ? err : sleep_until(deadline, is_absolute, a[3]);
}

long sys_nanosleep(struct task *t, const uint64_t *a)
{
    uint64_t ns;
    int err = time_from_user(a[0], &ns);

    (void)t;
    return err ? err : sleep_until(time_after(ns), false, a[1]);
}
