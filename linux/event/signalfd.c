/* signalfd: pending signals are read.  What can be read depends on who reads: his task's and process's signals. */
#include <linux/eventpoll.h>
#include <linux/fcntl.h>
#include <linux/signalfd.h>

#include "../fs/vfs.h"
#include "../signal/queue.h"
#include "../task/task.h"

/* All wait here: signals of somebody else wake them for nothing, which is rare. */
static struct wait_queue queue = { { &queue.waiters, &queue.waiters } };

void signalfd_wake(struct process *p)
{
    (void)p;
    wake_all(&queue, EPOLLIN);
}

static signal_set set_of(const struct file *f)
{
    return (signal_set)(uintptr_t)f->data;
}

static struct signalfd_siginfo record(const siginfo_t *i)
{
    struct signalfd_siginfo r = { .ssi_signo = (uint32_t)i->si_signo,
                                  .ssi_errno = i->si_errno,
                                  .ssi_code = i->si_code };

    if (i->si_code == SI_TIMER) {
        r.ssi_tid = (uint32_t)i->si_tid;
        r.ssi_overrun = (uint32_t)i->si_overrun;
    } else if (i->si_code > 0 && i->si_signo == SIGCHLD) {
        r.ssi_pid = (uint32_t)i->si_pid;
        r.ssi_uid = i->si_uid;
        r.ssi_status = i->si_status;
        r.ssi_utime = (uint64_t)i->si_utime;
        r.ssi_stime = (uint64_t)i->si_stime;
        return r;
    } else if (i->si_code > 0 && i->si_code != SI_KERNEL) {
        r.ssi_addr = (uint64_t)i->si_addr;
        return r;
    } else {
        r.ssi_pid = (uint32_t)i->si_pid;
        r.ssi_uid = i->si_uid;
    }
    if (i->si_code < 0) {
        r.ssi_ptr = (uint64_t)i->si_ptr;
        r.ssi_int = i->si_int;
    }
    return r;
}

static long signalfd_read(struct file *f, struct uio *u, uint64_t *position)
{
    struct signalfd_siginfo r;
    siginfo_t info;
    long done = 0;

    (void)position;
    if (u->left < sizeof r) {
        return -EINVAL;
    }
    while (u->left >= sizeof r) {
        if (signal_take(current, set_of(f), &info)) {
            r = record(&info);
            if (uio_put(u, &r, sizeof r) != sizeof r) {
                return done ? done : -EFAULT;
            }
            done += sizeof r;
            continue;
        }
        if (done) {
            break;
        }
        int err = f->flags & O_NONBLOCK ? -EAGAIN : wait_on(&queue, TIME_NEVER, WAIT_INTERRUPTIBLE);

        if (err) {
            return err;
        }
    }
    return done;
}

static uint32_t signalfd_poll(struct file *f, struct poll_wait *p)
{
    poll_add(p, &queue);
    return current && (current->signal.pending.set | current->process->pending.set) & set_of(f)
               ? EPOLLIN
               : 0;
}

static const struct file_ops signalfd_ops = { .read = signalfd_read,
                                              .poll = signalfd_poll,
                                              .is_stream = true };

long sys_signalfd4(struct task *t, const uint64_t *a)
{
    uint32_t flags = (uint32_t)a[3];
    signal_set set;
    struct file *f;
    int err;

    (void)t;
    if (a[2] != sizeof set || flags & ~(uint32_t)(SFD_CLOEXEC | SFD_NONBLOCK)) {
        return -EINVAL;
    }
    if (copy_from_user(&set, a[1], sizeof set)) {
        return -EFAULT;
    }
    set &= ~(SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP));
    if ((int)a[0] == -1) {
        err = file_new_anonymous("anon_inode:[signalfd]", &signalfd_ops, (void *)(uintptr_t)set,
                                 O_RDWR | (flags & SFD_NONBLOCK), &f);
        return err ? err : fd_install(f, 0, flags & SFD_CLOEXEC);
    }
    f = fd_file((int)a[0]);
    if (!f) {
        return -EBADF;
    }
    err = f->ops == &signalfd_ops ? (int)a[0] : -EINVAL;
    if (err >= 0) {
        f->data = (void *)(uintptr_t)set;
        wake_all(&queue, 0);
    }
    file_put(f);
    return err;
}
