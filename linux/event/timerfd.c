/*
 * timerfd: a timer whose expirations are read.  An interval timer fires once, and is set again when the expirations are counted (read,
 * gettime): one that nobody reads costs nothing, however short its interval is.
 */
#include <linux/eventpoll.h>
#include <linux/fcntl.h>
#include <linux/time.h>
#include <linux/timerfd.h>

#include "../fs/vfs.h"
#include "../task/times.h"

struct timerfd {
    struct timer timer;
    int clock;
    uint64_t deadline; /* of the last setting or expiration; TIME_NEVER: not set */
    uint64_t interval; /* ns; 0: once */
    uint64_t expired;  /* not read yet */
    bool has_fired;    /* and an interval timer is not set again yet */
    struct wait_queue queue;
};

static void fire(struct timer *timer)
{
    struct timerfd *t = CONTAINER(timer, struct timerfd, timer);

    t->expired++;
    t->has_fired = true;
    wake_all(&t->queue, EPOLLIN);
}

/* The timer is set (anew). */
static int start(struct timerfd *t, uint64_t deadline)
{
    uint64_t now = now_ns();

    t->deadline = deadline;
    t->has_fired = false;
    if (deadline != TIME_NEVER && deadline <= now) {
        timer_cancel(&t->timer);
        fire(&t->timer);
        return 0;
    }
    return timer_set(&t->timer, deadline);
}

/* Count the expirations of an interval timer up to now, and set it again. */
static void catch_up(struct timerfd *t)
{
    if (t->has_fired && t->interval) {
        uint64_t missed = (now_ns() - t->deadline) / t->interval;

        t->has_fired = false;
        t->expired += missed;
        t->deadline += (missed + 1) * t->interval;
        (void)timer_set(&t->timer, t->deadline); /* there was room for it before */
    }
}

static long timerfd_read(struct file *f, struct uio *u, uint64_t *position)
{
    struct timerfd *t = f->data;
    uint64_t value;

    (void)position;
    if (u->left < sizeof value) {
        return -EINVAL;
    }
    while (!t->expired) {
        int err =
            f->flags & O_NONBLOCK ? -EAGAIN : wait_on(&t->queue, TIME_NEVER, WAIT_INTERRUPTIBLE);

        if (err) {
            return err;
        }
    }
    catch_up(t);
    value = t->expired;
    t->expired = 0;
    return uio_put(u, &value, sizeof value) == sizeof value ? (long)sizeof value : -EFAULT;
}

static uint32_t timerfd_poll(struct file *f, struct poll_wait *p)
{
    struct timerfd *t = f->data;

    poll_add(p, &t->queue);
    return t->expired ? EPOLLIN : 0;
}

static void timerfd_release(struct file *f)
{
    struct timerfd *t = f->data;

    timer_cancel(&t->timer);
    heap_free(t);
}

static const struct file_ops timerfd_ops = {
    .read = timerfd_read, .poll = timerfd_poll, .release = timerfd_release, .is_stream = true
};

long sys_timerfd_create(struct task *task, const uint64_t *a)
{
    int clock = (int)a[0], err;
    uint32_t flags = (uint32_t)a[1];
    struct timerfd *t;
    struct file *f;

    (void)task;
    if (flags & ~(uint32_t)(TFD_CLOEXEC | TFD_NONBLOCK) ||
        (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME &&
         clock != CLOCK_REALTIME_ALARM && clock != CLOCK_BOOTTIME_ALARM)) {
        return -EINVAL;
    }
    t = heap_alloc(sizeof *t);
    if (!t) {
        return -ENOMEM;
    }
    t->clock = clock == CLOCK_REALTIME_ALARM   ? CLOCK_REALTIME
               : clock == CLOCK_BOOTTIME_ALARM ? CLOCK_BOOTTIME
                                               : clock;
    t->deadline = TIME_NEVER;
    t->timer.fire = fire;
    wait_queue_init(&t->queue);
    err = file_new_anonymous("anon_inode:[timerfd]", &timerfd_ops, t,
                             O_RDWR | (flags & TFD_NONBLOCK), &f);
    if (err) {
        heap_free(t);
        return err;
    }
    return fd_install(f, 0, flags & TFD_CLOEXEC);
}

/* The open file of a timerfd, with a reference: -EBADF, -EINVAL. */
static int timerfd_file(int fd, struct file **out)
{
    struct file *f = fd_file(fd);

    if (!f) {
        return -EBADF;
    }
    if (f->ops != &timerfd_ops) {
        file_put(f);
        return -EINVAL;
    }
    *out = f;
    return 0;
}

/* struct itimerspec: interval, value. */
static int setting_to_user(struct timerfd *t, uint64_t to)
{
    uint64_t left = 0, now = now_ns();
    int err;

    catch_up(t);
    if (t->deadline != TIME_NEVER && !t->has_fired) {
        left = t->deadline > now ? t->deadline - now : 1;
    }
    err = time_to_user(to, t->interval);
    return err ? err : time_to_user(to + sizeof(struct __kernel_timespec), left);
}

long sys_timerfd_settime(struct task *task, const uint64_t *a)
{
    uint32_t flags = (uint32_t)a[1];
    uint64_t interval, value, deadline = TIME_NEVER;
    struct timerfd *t;
    struct file *f;
    int err;

    (void)task;
    if (flags & ~(uint32_t)(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) {
        return -EINVAL;
    }
    err = time_from_user(a[2], &interval);
    err = err ? err : time_from_user(a[2] + sizeof(struct __kernel_timespec), &value);
    err = err ? err : timerfd_file((int)a[0], &f);
    if (err) {
        return err;
    }
    t = f->data;
    if (value) {
        err = clock_deadline(t->clock, value, flags & TFD_TIMER_ABSTIME, &deadline);
    }
    if (!err && a[3]) {
        err = setting_to_user(t, a[3]);
    }
    if (!err) {
        t->interval = interval;
        t->expired = 0;
        err = start(t, deadline);
    }
    file_put(f);
    return err;
}

long sys_timerfd_gettime(struct task *task, const uint64_t *a)
{
    struct file *f;
    int err = timerfd_file((int)a[0], &f);

    (void)task;
    if (!err) {
        err = setting_to_user(f->data, a[1]);
        file_put(f);
    }
    return err;
}
