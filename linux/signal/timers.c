/* Interval timers (setitimer) and POSIX timers. */
#include <linux/resource.h>
#include <linux/time.h>
#include <string.h>

#include "../mm/mm.h"
#include "../task/process.h"
#include "../task/times.h"
#include "../task/usage.h"
#include "queue.h"

#define TIMERS_MAX 64u /* POSIX timers of a process */
#define PERIOD_MIN_NS                                                                              \
    100000u /* a timer fires no oftener, or there would be no time left for programs */

struct one_timer {
    struct timer timer;
    struct process *process;
    uint64_t interval; /* ns; 0: once */
    uint64_t due;      /* POSIX: when it expires next, or has expired while its signal is pending */
    uint64_t overrun;  /* expirations since the signal was queued */
    uint64_t last_overrun;
    struct sigevent event;
    int clock;
    bool is_queued;
    bool is_at_real; /* its time is one of CLOCK_REALTIME */
    unsigned number;
};

struct process_timers {
    struct one_timer real;   /* ITIMER_REAL */
    struct one_timer cpu[2]; /* ITIMER_VIRTUAL, ITIMER_PROF: looked at now and then */
    uint64_t cpu_due[2];     /* of processor time, ns; 0: off */
    struct one_timer *posix[TIMERS_MAX];
};

static struct process_timers *timers_of(struct process *p)
{
    if (!p->timers) {
        p->timers = heap_alloc(sizeof *p->timers);
    }
    return p->timers;
}

static uint64_t cpu_ns(struct process *p)
{
    struct usage u;

    usage_of_process(p, &u, false);
    return u.user_ns + u.system_ns;
}

/* ---- the limit of processor time ---- */

#define SECOND 1000000000ull

/*
 * One timer looks at all processes that have a limit, not later than the first of them can be at it: a process that is made in between
 * begins at none, and its limit is its parent's.
 */
static void limits_fire(struct timer *timer)
{
    uint64_t next = UINT64_MAX;

    LIST_FOR(l, &processes)
    {
        struct process *p = CONTAINER(l, struct process, all);
        uint64_t soft = p->limit[RLIMIT_CPU].soft, hard = p->limit[RLIMIT_CPU].hard;
        uint64_t limit, used, left;

        if (soft > INT64_MAX / SECOND || p->is_zombie || p->is_exiting) {
            continue;
        }
        soft = soft ? soft : 1;
        limit = soft < hard ? soft : hard;
        used = cpu_ns(p);
        if (used >= hard * SECOND && hard <= INT64_MAX / SECOND) {
            signal_send_process(p, SIGKILL, NULL);
            continue;
        }
        if (used >= soft * SECOND) { /* then every second (Linux: check_process_timers) */
            signal_send_process(p, SIGXCPU, NULL);
            soft = p->limit[RLIMIT_CPU].soft = used / SECOND + 1;
            limit = soft < hard ? soft : hard;
        }
        left = limit * SECOND - used;
        next = left < next ? left : next;
    }
    if (next != UINT64_MAX) {
        (void)timer_set(timer, time_after(next > 1000000 ? next : 1000000));
    }
}

void cpu_limit_changed(void)
{
    static struct timer limits = { .fire = limits_fire };

    limits_fire(&limits);
}

/* ---- interval timers ---- */

static void real_fires(struct timer *timer)
{
    struct one_timer *o = CONTAINER(timer, struct one_timer, timer);

    signal_send_process(o->process, SIGALRM, NULL);
    if (o->interval) {
        (void)timer_set(timer,
                        time_after(o->interval > PERIOD_MIN_NS ? o->interval : PERIOD_MIN_NS));
    }
}

static void cpu_fires(struct timer *timer)
{
    struct one_timer *o = CONTAINER(timer, struct one_timer, timer);
    struct process_timers *x = o->process->timers;
    unsigned which = o->number;
    uint64_t used = cpu_ns(o->process);

    if (used >= x->cpu_due[which]) {
        signal_send_process(o->process, which ? SIGPROF : SIGVTALRM, NULL);
        x->cpu_due[which] = o->interval ? used + o->interval : 0;
    }
    if (x->cpu_due[which]) {
        uint64_t left = x->cpu_due[which] - used;

        (void)timer_set(timer, time_after(left > 1000000 ? left : 1000000));
    }
}

static uint64_t ns_of(const struct __kernel_old_timeval *v)
{
    return (uint64_t)v->tv_sec * 1000000000ull + (uint64_t)v->tv_usec * 1000;
}

static struct __kernel_old_timeval timeval_of(uint64_t ns)
{
    return (struct __kernel_old_timeval){ (long)(ns / 1000000000), (long)(ns % 1000000000 / 1000) };
}

struct interval {
    struct __kernel_old_timeval interval, value;
};

static void read_interval(struct process *p, unsigned which, struct interval *out)
{
    struct process_timers *x = p->timers;
    uint64_t left = 0, interval = 0;

    if (x && which == ITIMER_REAL) {
        uint64_t now = now_ns();

        left = x->real.timer.place
                   ? x->real.timer.deadline > now ? x->real.timer.deadline - now : 1000
                   : 0;
        interval = x->real.interval;
    } else if (x && x->cpu_due[which - 1]) {
        uint64_t used = cpu_ns(p);

        left = x->cpu_due[which - 1] > used ? x->cpu_due[which - 1] - used : 1000;
        interval = x->cpu[which - 1].interval;
    }
    if (left && left < 1000) {
        left = 1000;
    }
    *out = (struct interval){ timeval_of(interval), timeval_of(left) };
}

long sys_getitimer(struct task *t, const uint64_t *a)
{
    struct interval v;

    if (a[0] > ITIMER_PROF) {
        return -EINVAL;
    }
    read_interval(t->process, (unsigned)a[0], &v);
    return copy_to_user(a[1], &v, sizeof v);
}

static bool is_valid(const struct __kernel_old_timeval *v)
{
    return v->tv_sec >= 0 && v->tv_usec >= 0 && v->tv_usec < 1000000;
}

long sys_setitimer(struct task *t, const uint64_t *a)
{
    struct interval new = { 0 }, old;
    struct process_timers *x;
    unsigned which = (unsigned)a[0];
    uint64_t value;

    if (a[0] > ITIMER_PROF) {
        return -EINVAL;
    }
    if (a[1] && copy_from_user(&new, a[1], sizeof new)) {
        return -EFAULT;
    }
    if (!is_valid(&new.value) || !is_valid(&new.interval)) {
        return -EINVAL;
    }
    x = timers_of(t->process);
    if (!x) {
        return -ENOMEM;
    }
    read_interval(t->process, which, &old);
    value = ns_of(&new.value);
    if (which == ITIMER_REAL) {
        x->real.process = t->process;
        x->real.timer.fire = real_fires;
        x->real.interval = ns_of(&new.interval);
        (void)timer_set(&x->real.timer, value ? time_after(value) : TIME_NEVER);
    } else {
        struct one_timer *o = &x->cpu[which - 1];

        o->process = t->process;
        o->number = which - 1;
        o->timer.fire = cpu_fires;
        o->interval = ns_of(&new.interval);
        x->cpu_due[which - 1] = value ? cpu_ns(t->process) + value : 0;
        (void)timer_set(&o->timer, value ? time_after(value) : TIME_NEVER);
    }
    return a[2] && copy_to_user(a[2], &old, sizeof old) ? -EFAULT : 0;
}

/* ---- POSIX timers ---- */

/* The first expiration after now; those that were missed until then are overruns. */
static void posix_next(struct one_timer *o)
{
    uint64_t now = now_ns();

    if (o->due <= now) {
        uint64_t expired = (now - o->due) / o->interval + 1;

        o->overrun += expired;
        o->due += expired * o->interval;
    }
    (void)timer_set(&o->timer, o->due > now + PERIOD_MIN_NS ? o->due : now + PERIOD_MIN_NS);
}

/* While its signal is pending, the timer rests: what expires meanwhile is counted when the signal is taken. */
static void posix_fires(struct timer *timer)
{
    struct one_timer *o = CONTAINER(timer, struct one_timer, timer);
    siginfo_t info = { .si_signo = o->event.sigev_signo, .si_code = SI_TIMER };
    struct signal_pending *pending = &o->process->pending;

    if (o->event.sigev_notify == SIGEV_NONE) {
        return;
    }
    if (o->is_queued) { /* of an earlier setting */
        o->overrun++;
        return;
    }
    info.si_tid = (int)o->number;
    info.si_value = o->event.sigev_value;
    if (o->event.sigev_notify & SIGEV_THREAD_ID) {
        struct task *to = task_find(o->event._sigev_un._tid);

        if (!to || to->process != o->process) {
            return;
        }
        pending = &to->signal.pending;
        signal_send_task(to, info.si_signo, &info);
    } else {
        signal_send_process(o->process, info.si_signo, &info);
    }
    o->is_queued = pending->set & SIGNAL_BIT(info.si_signo);
    if (!o->is_queued && o->interval) { /* it is ignored at present */
        posix_next(o);
        o->overrun = 0;
    }
}

static struct one_timer *posix_find(struct process *p, uint64_t number)
{
    return p->timers && number < TIMERS_MAX ? p->timers->posix[number] : NULL;
}

void posix_timer_taken(struct process *p, siginfo_t *info)
{
    struct one_timer *o = info->si_code == SI_TIMER ? posix_find(p, (uint64_t)info->si_tid) : NULL;

    if (o) {
        if (o->interval && !o->timer.place) {
            o->due += o->interval;
            posix_next(o);
        }
        o->last_overrun = o->overrun;
        info->si_overrun = (int)o->overrun;
        o->overrun = 0;
        o->is_queued = false;
    }
}

long sys_timer_create(struct task *t, const uint64_t *a)
{
    struct process_timers *x = timers_of(t->process);
    struct one_timer *o;
    int32_t number = 0;
    uint64_t now;
    int err = clock_now((int)a[0], &now);

    if (err) {
        return err;
    }
    while (x && number < (int)TIMERS_MAX && x->posix[number]) {
        number++;
    }
    if (!x || number == (int)TIMERS_MAX) {
        return -EAGAIN;
    }
    o = heap_alloc(sizeof *o);
    if (!o) {
        return -EAGAIN;
    }
    o->event.sigev_notify = SIGEV_SIGNAL;
    o->event.sigev_signo = SIGALRM;
    o->event.sigev_value.sival_int = number;
    if (a[1] && copy_from_user(&o->event, a[1], sizeof o->event)) {
        heap_free(o);
        return -EFAULT;
    }
    bool is_thread = o->event.sigev_notify == (SIGEV_SIGNAL | SIGEV_THREAD_ID);
    struct task *to = is_thread ? task_find(o->event._sigev_un._tid) : NULL;

    if ((o->event.sigev_notify != SIGEV_NONE && o->event.sigev_notify != SIGEV_SIGNAL &&
         !is_thread) ||
        (o->event.sigev_notify != SIGEV_NONE &&
         (o->event.sigev_signo < 1 || o->event.sigev_signo > SIGNALS)) ||
        (is_thread && (!to || to->process != t->process))) {
        heap_free(o);
        return -EINVAL;
    }
    if (copy_to_user(a[2], &number, sizeof number)) {
        heap_free(o);
        return -EFAULT;
    }
    o->process = t->process;
    o->clock = (int)a[0];
    o->number = (unsigned)number;
    o->timer.fire = posix_fires;
    x->posix[number] = o;
    return 0;
}

static void read_posix(const struct one_timer *o, struct __kernel_itimerspec *out)
{
    uint64_t now = now_ns(), left = 0;

    if (o->timer.place) {
        left = o->due > now ? o->due - now : 1;
    } else if (o->interval && o->due) {
        left = o->due > now ? o->due - now : o->interval - (now - o->due) % o->interval;
    }
    out->it_value.tv_sec = (long long)(left / 1000000000);
    out->it_value.tv_nsec = (long long)(left % 1000000000);
    out->it_interval.tv_sec = (long long)(o->interval / 1000000000);
    out->it_interval.tv_nsec = (long long)(o->interval % 1000000000);
}

long sys_timer_gettime(struct task *t, const uint64_t *a)
{
    struct one_timer *o = posix_find(t->process, a[0]);
    struct __kernel_itimerspec v;

    if (!o) {
        return -EINVAL;
    }
    read_posix(o, &v);
    return copy_to_user(a[1], &v, sizeof v);
}

long sys_timer_settime(struct task *t, const uint64_t *a)
{
    struct one_timer *o = posix_find(t->process, a[0]);
    struct __kernel_itimerspec old;
    uint64_t value, interval, deadline;
    int err;

    if (!o || !a[2]) {
        return -EINVAL;
    }
    err = time_from_user(a[2] + sizeof(struct __kernel_timespec), &value);
    err = err ? err : time_from_user(a[2], &interval);
    err = err ? err : clock_deadline(o->clock, value, a[1] & TIMER_ABSTIME, &deadline);
    if (err) {
        return err;
    }
    read_posix(o, &old);
    o->interval = interval;
    o->overrun = 0;
    o->due = value ? deadline : 0;
    o->is_at_real = o->clock == CLOCK_REALTIME && a[1] & TIMER_ABSTIME;
    (void)timer_set(&o->timer, value ? deadline : TIME_NEVER);
    return a[3] && copy_to_user(a[3], &old, sizeof old) ? -EFAULT : 0;
}

long sys_timer_getoverrun(struct task *t, const uint64_t *a)
{
    struct one_timer *o = posix_find(t->process, a[0]);

    return o ? (long)(o->last_overrun < INT32_MAX ? o->last_overrun : INT32_MAX) : -EINVAL;
}

static void posix_delete(struct process *p, unsigned number)
{
    struct one_timer *o = p->timers->posix[number];

    p->timers->posix[number] = NULL;
    timer_cancel(&o->timer);
    heap_free(o);
}

long sys_timer_delete(struct task *t, const uint64_t *a)
{
    if (!posix_find(t->process, a[0])) {
        return -EINVAL;
    }
    posix_delete(t->process, (unsigned)a[0]);
    return 0;
}

void posix_timers_clock_changed(int64_t ns)
{
    LIST_FOR(l, &processes)
    {
        struct process_timers *x = CONTAINER(l, struct process, all)->timers;

        for (unsigned i = 0; x && i < TIMERS_MAX; i++) {
            struct one_timer *o = x->posix[i];

            if (o && o->is_at_real && o->timer.place) {
                int64_t deadline = (int64_t)o->due - ns;

                o->due = deadline > 0 ? (uint64_t)deadline : 1;
                (void)timer_set(&o->timer, o->due);
            }
        }
    }
}

void posix_timers_exec(struct process *p)
{
    for (unsigned i = 0; p->timers && i < TIMERS_MAX; i++) {
        if (p->timers->posix[i]) {
            posix_delete(p, i);
        }
    }
}

void posix_timers_exit(struct process *p)
{
    posix_timers_exec(p);
    if (p->timers) {
        timer_cancel(&p->timers->real.timer);
        timer_cancel(&p->timers->cpu[0].timer);
        timer_cancel(&p->timers->cpu[1].timer);
        heap_free(p->timers);
        p->timers = NULL;
    }
}
