/* pidfds: descriptors of processes. */
#include <linux/eventpoll.h>
#include <linux/fcntl.h>
#include <linux/pidfd.h>
#include <linux/capability.h>

#include "../fs/proc.h"
#include "../task/process.h"

struct pidfd {
    struct list link;        /* in all */
    struct process *process; /* NULL: gone */
    struct wait_queue queue;
};

static struct list all = { &all, &all };

void pidfd_process_over(struct process *p)
{
    LIST_FOR(l, &all)
    {
        struct pidfd *d = CONTAINER(l, struct pidfd, link);

        if (d->process == p) {
            wake_all(&d->queue, EPOLLIN | EPOLLRDNORM);
        }
    }
}

void pidfd_process_gone(struct process *p)
{
    LIST_FOR(l, &all)
    {
        struct pidfd *d = CONTAINER(l, struct pidfd, link);

        if (d->process == p) {
            d->process = NULL;
            wake_all(&d->queue, EPOLLIN | EPOLLRDNORM);
        }
    }
}

static uint32_t pidfd_poll(struct file *f, struct poll_wait *p)
{
    struct pidfd *d = f->data;

    poll_add(p, &d->queue);
    return !d->process || d->process->is_zombie ? EPOLLIN | EPOLLRDNORM : 0;
}

static void pidfd_release(struct file *f)
{
    struct pidfd *d = f->data;

    list_remove(&d->link);
    heap_free(d);
}

static const struct file_ops pidfd_ops = { .poll = pidfd_poll,
                                           .release = pidfd_release,
                                           .is_stream = true };

/* The process of a pidfd, NULL when it is gone; -EBADF. */
static int pidfd_process(int fd, struct process **out)
{
    struct file *f = fd_file(fd);
    int err = f && f->ops == &pidfd_ops ? 0 : -EBADF;

    if (!err) {
        *out = ((struct pidfd *)f->data)->process;
    }
    if (f) {
        file_put(f);
    }
    return err;
}

int pidfd_number(int fd)
{
    struct process *p;
    int err = pidfd_process(fd, &p);

    return err ? err : p ? p->pid : -ECHILD;
}

bool pidfd_is_nonblocking(int fd)
{
    struct file *f = fd_file(fd);
    bool is = f && f->flags & PIDFD_NONBLOCK;

    if (f) {
        file_put(f);
    }
    return is;
}

int pidfd_install(struct process *p, uint32_t flags)
{
    struct pidfd *d = heap_alloc(sizeof *d);
    struct file *f;
    int err;

    if (!d) {
        return -ENOMEM;
    }
    d->process = p;
    wait_queue_init(&d->queue);
    list_append(&all, &d->link);
    err = file_new_anonymous("anon_inode:[pidfd]", &pidfd_ops, d, O_RDWR | (flags & PIDFD_NONBLOCK),
                             &f);
    if (err) {
        list_remove(&d->link);
        heap_free(d);
        return err;
    }
    return fd_install(f, 0, true);
}

long sys_pidfd_open(struct task *t, const uint64_t *a)
{
    int pid = (int)a[0];
    uint32_t flags = (uint32_t)a[1];
    struct process *p;

    (void)t;
    if (flags & ~(uint32_t)PIDFD_NONBLOCK || pid <= 0) {
        return -EINVAL;
    }
    p = process_find(pid);
    if (!p) {
        return task_find(pid) ? -EINVAL : -ESRCH;
    }
    return pidfd_install(p, flags);
}

long sys_pidfd_send_signal(struct task *t, const uint64_t *a)
{
    siginfo_t info = { .si_code = SI_USER };
    int signal = (int)a[1], err;
    struct process *p;

    if (a[3]) {
        return -EINVAL;
    }
    if (a[2] && copy_from_user(&info, a[2], sizeof info)) {
        return -EFAULT;
    }
    err = pidfd_process((int)a[0], &p);
    if (err) {
        struct file *f = fd_file((int)a[0]); /* a folder /proc/PID will do, too */
        int pid = f ? proc_pid(f) : 0;

        if (f) {
            file_put(f);
        }
        if (!pid) {
            return err;
        }
        p = process_find(pid);
    }
    if ((a[2] && info.si_signo != signal) || signal < 0 || signal > SIGNALS) {
        return -EINVAL;
    }
    if (!p) {
        return -ESRCH;
    }
    if (!a[2]) {
        info.si_signo = signal;
        info.si_pid = t->process->pid;
        info.si_uid = t->process->cred.uid;
    } else if (p != t->process && (info.si_code >= 0 || info.si_code == SI_TKILL)) {
        return -EPERM;
    }
    err = signal_may_send(t->process, p, signal);
    if (!err && signal) {
        signal_send_process(p, signal, &info);
    }
    return err;
}

/* May t look into the process (ptrace(2), access mode checking)? */
static bool may_look_into(const struct task *t, const struct process *p)
{
    const struct credentials *c = &t->process->cred, *o = &p->cred;
    bool is_same = c->uid == o->euid && c->uid == o->suid && c->uid == o->uid &&
                   c->gid == o->egid && c->gid == o->sgid && c->gid == o->gid;

    return p == t->process || is_capable(c, CAP_SYS_PTRACE) || (is_same && !p->is_undumpable);
}

long sys_pidfd_getfd(struct task *t, const uint64_t *a)
{
    struct process *p;
    struct file *f;
    int err = a[2] ? -EINVAL : pidfd_process((int)a[0], &p);

    if (err) {
        return err;
    }
    if (!p || p->is_zombie) {
        return -ESRCH;
    }
    if (!may_look_into(t, p)) {
        return -EPERM;
    }
    f = fd_file_of(p, (int)a[1]);
    return f ? fd_install(f, 0, true) : -EBADF;
}
