/* POSIX message queues (mq_overview(7)): queues with names of their own, which no folder shows. */
#include <asm/siginfo.h>
#include <linux/capability.h>
#include <linux/eventpoll.h>
#include <linux/fcntl.h>
#include <linux/mqueue.h>
#include <linux/resource.h>
#include <string.h>

#include "../task/times.h"
#include "dentry.h"

/* Linux's limits: ipc/mqueue.c and include/linux/ipc_namespace.h name them DFLT_ and HARD_; mq_overview(7) describes them. */
#define QUEUES_MAX        256u
#define MESSAGES_DEFAULT  10
#define BYTES_DEFAULT     8192
#define MESSAGES_MAX      10
#define BYTES_MAX         8192
#define MESSAGES_MAX_ROOT 65536
#define BYTES_MAX_ROOT    (16 << 20)

struct message {
    struct list link;
    uint32_t priority, bytes;
    uint8_t text[];
};

struct mqueue {
    struct list link; /* in queues, while it has its name */
    struct inode *inode;
    struct list messages; /* in the order of receiving */
    int64_t count, most, bytes_most;
    struct wait_queue receivers, senders;
    unsigned receiving;    /* who waits for a message */
    uint64_t charged;      /* to its creator's RLIMIT_MSGQUEUE */
    uint32_t charged_user; /* whose */
    int notify_pid;        /* 0: nobody */
    siginfo_t notify;      /* si_signo 0: nothing is sent */
    char name[NAME_BYTES_MAX + 1];
};

static struct list queues = { &queues, &queues };
static unsigned queue_count;

static struct mqueue *queue_of(const struct file *f)
{
    return f->inode->data;
}

/* ---- being there ---- */

static void queue_evict(struct inode *i)
{
    struct mqueue *q = i->data;

    LIST_FOR(l, &q->messages)
    {
        heap_free(CONTAINER(l, struct message, link));
    }
    queue_count--;
    heap_free(q);
}

static const struct inode_ops queue_inode_ops = { .evict = queue_evict };
static const struct file_system queue_type = { .name = "mqueue", .is_virtual = true };
static struct super queue_super = { .type = &queue_type, .device = 0xe };

static uint64_t charged_to(uint32_t user)
{
    uint64_t sum = 0;

    LIST_FOR(l, &queues)
    {
        const struct mqueue *q = CONTAINER(l, struct mqueue, link);

        sum += q->charged_user == user ? q->charged : 0;
    }
    return sum;
}

static struct mqueue *queue_find(const char *name)
{
    LIST_FOR(l, &queues)
    {
        struct mqueue *q = CONTAINER(l, struct mqueue, link);

        if (strcmp(q->name, name) == 0) {
            return q;
        }
    }
    return NULL;
}

static int queue_new(const char *name, uint32_t mode, const struct mq_attr *wanted,
                     struct mqueue **out)
{
    const struct process *p = current->process;
    bool is_root = is_capable(&p->cred, CAP_SYS_RESOURCE);
    int64_t most = wanted ? wanted->mq_maxmsg : MESSAGES_DEFAULT;
    int64_t bytes = wanted ? wanted->mq_msgsize : BYTES_DEFAULT;
    struct mqueue *q;
    uint64_t charged;

    if (most <= 0 || bytes <= 0 || most > (is_root ? MESSAGES_MAX_ROOT : MESSAGES_MAX) ||
        bytes > (is_root ? BYTES_MAX_ROOT : BYTES_MAX)) {
        return -EINVAL;
    }
    if (queue_count >= QUEUES_MAX && !is_root) {
        return -ENOSPC;
    }
    charged = (uint64_t)most * ((uint64_t)bytes + sizeof(struct message));
    if (charged > p->limit[RLIMIT_MSGQUEUE].soft ||
        charged_to(p->cred.uid) > p->limit[RLIMIT_MSGQUEUE].soft - charged) {
        return -EMFILE;
    }
    q = heap_alloc(sizeof *q);
    if (!q) {
        return -ENOMEM;
    }
    q->inode = inode_new(&queue_super, S_IFREG | (mode & 0777 & ~p->fs->umask));
    if (!q->inode) {
        heap_free(q);
        return -ENOMEM;
    }
    q->inode->ops = &queue_inode_ops;
    q->inode->data = q;
    q->most = most;
    q->bytes_most = bytes;
    q->charged = charged;
    q->charged_user = p->cred.uid;
    list_init(&q->messages);
    wait_queue_init(&q->receivers);
    wait_queue_init(&q->senders);
    strcpy(q->name, name);
    list_append(&queues, &q->link);
    queue_count++;
    *out = q;
    return 0;
}

static uint32_t queue_poll(struct file *f, struct poll_wait *p)
{
    struct mqueue *q = queue_of(f);

    poll_add(p, &q->receivers);
    poll_add(p, &q->senders);
    return (q->count ? EPOLLIN | EPOLLRDNORM : 0u) |
           (q->count < q->most ? EPOLLOUT | EPOLLWRNORM : 0u);
}

/* Whoever closes a descriptor of the queue no longer wants to be told. */
static int queue_flush(struct file *f)
{
    struct mqueue *q = queue_of(f);

    if (current && q->notify_pid == current->process->pid) {
        q->notify_pid = 0;
    }
    return 0;
}

static const struct file_ops queue_ops = { .poll = queue_poll,
                                           .flush = queue_flush,
                                           .is_stream = true };

/* The C library has taken the slash away. */
static int name_from_user(uint64_t from, char *name)
{
    long bytes = copy_text_from_user(name, from, NAME_BYTES_MAX + 1);

    return bytes < 0                                                                ? (int)bytes
           : !*name                                                                 ? -ENOENT
           : strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ? -EACCES
                                                                                    : 0;
}

long sys_mq_open(struct task *t, const uint64_t *a)
{
    uint32_t flags = (uint32_t)a[1];
    char name[NAME_BYTES_MAX + 1];
    struct mq_attr attr;
    struct mqueue *q;
    struct file *f;
    int err = name_from_user(a[0], name);

    (void)t;
    if (err) {
        return err;
    }
    if (flags & O_CREAT && a[3] && copy_from_user(&attr, a[3], sizeof attr)) {
        return -EFAULT;
    }
    q = queue_find(name);
    if (!q) {
        err = flags & O_CREAT ? queue_new(name, (uint32_t)a[2], a[3] ? &attr : NULL, &q) : -ENOENT;
        if (err) {
            return err;
        }
    } else if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) {
        return -EEXIST;
    } else if ((flags & O_ACCMODE) == O_ACCMODE) {
        return -EINVAL;
    } else {
        uint32_t access = (flags & O_ACCMODE) == O_RDONLY   ? MAY_READ
                          : (flags & O_ACCMODE) == O_WRONLY ? MAY_WRITE
                                                            : MAY_READ | MAY_WRITE;

        err = inode_may(q->inode, access);
        if (err) {
            return err;
        }
    }
    inode_get(q->inode);
    f = file_alloc(&queue_ops, q->inode, flags & (O_ACCMODE | O_NONBLOCK));
    if (!f) {
        inode_put(q->inode);
        return -ENOMEM;
    }
    return fd_install(f, 0, true);
}

long sys_mq_unlink(struct task *t, const uint64_t *a)
{
    const struct credentials *c = &t->process->cred;
    char name[NAME_BYTES_MAX + 1];
    int err = name_from_user(a[0], name);
    struct mqueue *q = err ? NULL : queue_find(name);

    if (!q) {
        return err ? err : -ENOENT;
    }
    if (c->fsuid != q->inode->uid && !is_capable(c, CAP_FOWNER)) {
        return -EPERM; /* as in a folder that is sticky */
    }
    list_remove(&q->link);
    inode_put(q->inode);
    return 0;
}

/* ---- messages ---- */

/* The queue of a descriptor that may do what access says; a reference in *f. */
static int queue_at(int fd, uint32_t forbidden, struct file **f)
{
    *f = fd_file(fd);
    if (!*f) {
        return -EBADF;
    }
    if ((*f)->ops != &queue_ops || ((*f)->flags & O_ACCMODE) == forbidden) {
        file_put(*f);
        return -EBADF;
    }
    return 0;
}

static int deadline_from_user(uint64_t from, uint64_t *deadline)
{
    uint64_t ns;
    int err;

    *deadline = TIME_NEVER;
    if (!from) {
        return 0;
    }
    err = time_from_user(from, &ns);
    return err ? err : clock_deadline(0 /* CLOCK_REALTIME */, ns, true, deadline);
}

/* Behind those of its priority. */
static void queue_insert(struct mqueue *q, struct message *m)
{
    struct list *at = q->messages.prev;

    while (at != &q->messages && CONTAINER(at, struct message, link)->priority < m->priority) {
        at = at->prev;
    }
    list_prepend(at, &m->link);
    q->count++;
}

/* A message came to an empty queue for which nobody waits. */
static void queue_notify(struct mqueue *q)
{
    struct process *p = q->notify_pid ? process_find(q->notify_pid) : NULL;

    q->notify_pid = 0;
    if (p && q->notify.si_signo) {
        q->notify.si_pid = current->process->pid;
        q->notify.si_uid = current->process->cred.uid;
        signal_send_process(p, q->notify.si_signo, &q->notify);
    }
}

static long send(struct file *f, const uint64_t *a, uint64_t deadline)
{
    struct mqueue *q = queue_of(f);
    struct message *m;
    int err = 0;

    if (a[2] > (uint64_t)q->bytes_most) {
        return -EMSGSIZE;
    }
    m = heap_alloc(sizeof *m + a[2]);
    if (!m) {
        return -ENOMEM;
    }
    m->bytes = (uint32_t)a[2];
    m->priority = (uint32_t)a[3];
    err = copy_from_user(m->text, a[1], a[2]) ? -EFAULT : 0;
    while (!err && q->count >= q->most) {
        err = f->flags & O_NONBLOCK ? -EAGAIN : wait_on(&q->senders, deadline, WAIT_INTERRUPTIBLE);
    }
    if (err) {
        heap_free(m);
        return err;
    }
    queue_insert(q, m);
    if (q->count == 1 && !q->receiving) {
        queue_notify(q);
    }
    wake_all(&q->receivers, EPOLLIN);
    return 0;
}

static long receive(struct file *f, const uint64_t *a, uint64_t deadline)
{
    struct mqueue *q = queue_of(f);
    struct message *m;
    long result;

    if (a[2] < (uint64_t)q->bytes_most) {
        return -EMSGSIZE;
    }
    while (!q->count) {
        int err = -EAGAIN;

        if (!(f->flags & O_NONBLOCK)) {
            q->receiving++;
            err = wait_on(&q->receivers, deadline, WAIT_INTERRUPTIBLE);
            q->receiving--;
        }
        if (err) {
            return err;
        }
    }
    m = CONTAINER(q->messages.next, struct message, link);
    list_remove(&m->link);
    q->count--;
    wake_all(&q->senders, EPOLLOUT);
    result = copy_to_user(a[1], m->text, m->bytes) ||
                     (a[3] && copy_to_user(a[3], &m->priority, sizeof m->priority))
                 ? -EFAULT
                 : (long)m->bytes;
    heap_free(m);
    return result;
}

long sys_mq_timedsend(struct task *t, const uint64_t *a)
{
    uint64_t deadline;
    struct file *f;
    int err = deadline_from_user(a[4], &deadline);
    long result;

    (void)t;
    if (err || (uint32_t)a[3] >= MQ_PRIO_MAX) {
        return err ? err : -EINVAL;
    }
    err = queue_at((int)a[0], O_RDONLY, &f);
    if (err) {
        return err;
    }
    result = send(f, a, deadline);
    file_put(f);
    return result;
}

long sys_mq_timedreceive(struct task *t, const uint64_t *a)
{
    uint64_t deadline;
    struct file *f;
    int err = deadline_from_user(a[4], &deadline);
    long result;

    (void)t;
    err = err ? err : queue_at((int)a[0], O_WRONLY, &f);
    if (err) {
        return err;
    }
    result = receive(f, a, deadline);
    file_put(f);
    return result;
}

long sys_mq_getsetattr(struct task *t, const uint64_t *a)
{
    struct mq_attr wanted, now = { 0 };
    const struct mqueue *q;
    struct file *f;
    int err;

    (void)t;
    if (a[1] && copy_from_user(&wanted, a[1], sizeof wanted)) {
        return -EFAULT;
    }
    if (a[1] && wanted.mq_flags & ~(long)O_NONBLOCK) {
        return -EINVAL;
    }
    err = queue_at((int)a[0], O_ACCMODE, &f);
    if (err) {
        return err;
    }
    q = queue_of(f);
    now.mq_flags = f->flags & O_NONBLOCK;
    now.mq_maxmsg = q->most;
    now.mq_msgsize = q->bytes_most;
    now.mq_curmsgs = q->count;
    if (a[1]) {
        f->flags = (f->flags & ~(uint32_t)O_NONBLOCK) | (uint32_t)wanted.mq_flags;
    }
    file_put(f);
    return a[2] && copy_to_user(a[2], &now, sizeof now) ? -EFAULT : 0;
}

long sys_mq_notify(struct task *t, const uint64_t *a)
{
    struct process *p = t->process;
    struct mqueue *q;
    struct file *f;
    sigevent_t event;
    int err = 0;

    if (a[1]) {
        if (copy_from_user(&event, a[1], sizeof event)) {
            return -EFAULT;
        }
        if (event.sigev_notify == SIGEV_THREAD) { /* tells by a netlink socket */
            unimplemented("mq_notify SIGEV_THREAD", 0);
            return -ENOSYS;
        }
        if ((event.sigev_notify != SIGEV_NONE && event.sigev_notify != SIGEV_SIGNAL) ||
            (event.sigev_notify == SIGEV_SIGNAL &&
             (event.sigev_signo < 0 || event.sigev_signo > SIGNALS))) {
            return -EINVAL;
        }
    }
    err = queue_at((int)a[0], O_ACCMODE, &f);
    if (err) {
        return err;
    }
    q = queue_of(f);
    if (!a[1]) {
        q->notify_pid = q->notify_pid == p->pid ? 0 : q->notify_pid;
    } else if (q->notify_pid) {
        err = -EBUSY;
    } else {
        q->notify_pid = p->pid;
        q->notify = (siginfo_t){ .si_code = SI_MESGQ };
        q->notify.si_signo = event.sigev_notify == SIGEV_SIGNAL ? event.sigev_signo : 0;
        q->notify.si_value = event.sigev_value;
    }
    file_put(f);
    return err;
}
