/* Message queues of System V. */
#include <asm/msgbuf.h>
#include <linux/capability.h>
#include <linux/msg.h>

#include "../mm/mm.h"
#include "ipc.h"

struct message {
    struct list link;
    int64_t type;
    size_t bytes;
    char text[];
};

struct queue {
    struct ipc_object o;
    struct list messages;
    uint64_t bytes, count, most; /* most: bytes */
    uint64_t sent, received;     /* when */
    int sender, receiver;        /* the last ones */
    struct wait_queue changed;
};

static int make(uint64_t size, uint32_t flags, int32_t key, struct ipc_object **out);
static int fits(const struct ipc_object *o, uint64_t size);
static void destroy(struct ipc_object *o);
static struct ipc_kind queues = { .make = make, .fits = fits, .destroy = destroy };

static struct queue *queue_of(const struct ipc_object *o)
{
    return (struct queue *)o;
}

static int make(uint64_t size, uint32_t flags, int32_t key, struct ipc_object **out)
{
    struct queue *q = heap_alloc(sizeof *q);

    (void)size, (void)flags, (void)key;
    if (!q) {
        return -ENOMEM;
    }
    list_init(&q->messages);
    wait_queue_init(&q->changed);
    q->most = MSGMNB;
    *out = &q->o;
    return 0;
}

static int fits(const struct ipc_object *o, uint64_t size)
{
    (void)o, (void)size;
    return 0;
}

static void destroy(struct ipc_object *o)
{
    LIST_FOR(l, &queue_of(o)->messages)
    {
        heap_free(CONTAINER(l, struct message, link));
    }
    heap_free(o);
}

long sys_msgget(struct task *t, const uint64_t *a)
{
    (void)t;
    return ipc_get(&queues, (int32_t)a[0], (uint32_t)a[1], 0);
}

/* Wait for a change of the queue, which the caller has a reference of. */
static int wait_for_change(struct queue *q, uint32_t flags, int nowait)
{
    int err;

    if (flags & IPC_NOWAIT) {
        return nowait;
    }
    err = wait_on(&q->changed, TIME_NEVER, WAIT_INTERRUPTIBLE);
    return q->o.is_gone ? -EIDRM : err ? -ERESTARTNOHAND : 0;
}

static int put(struct task *t, struct queue *q, struct message *m, uint32_t flags)
{
    int err = 0;

    while (!(err = ipc_allows(&q->o, 0222))) {
        if (q->bytes + m->bytes <= q->most && q->count + 1 <= q->most) {
            break;
        }
        err = wait_for_change(q, flags, -EAGAIN);
        if (err) {
            return err;
        }
    }
    if (err) {
        return err;
    }
    list_append(&q->messages, &m->link);
    q->bytes += m->bytes;
    q->count++;
    q->sent = ipc_now();
    q->sender = t->process->pid;
    wake_all(&q->changed, 0);
    return 0;
}

long sys_msgsnd(struct task *t, const uint64_t *a)
{
    struct ipc_object *o;
    struct message *m;
    int64_t type;
    int err;

    if (copy_from_user(&type, a[1], sizeof type)) {
        return -EFAULT;
    }
    if (a[2] > MSGMAX || (int)a[0] < 0 || type < 1) {
        return -EINVAL;
    }
    m = heap_alloc(sizeof *m + a[2]);
    if (!m) {
        return -ENOMEM;
    }
    m->type = type;
    m->bytes = a[2];
    list_init(&m->link);
    err = copy_from_user(m->text, a[1] + sizeof type, m->bytes);
    err = err ? err : ipc_find(&queues, (int)a[0], &o);
    if (!err) {
        o->refs++;
        err = put(t, queue_of(o), m, (uint32_t)a[3]);
        ipc_put(&queues, o);
    }
    if (err) {
        heap_free(m);
    }
    return err;
}

/* The message that is meant, or NULL. */
static struct message *choose(const struct queue *q, int64_t type, uint32_t flags)
{
    struct message *best = NULL;
    int64_t place = 0;

    LIST_FOR(l, &q->messages)
    {
        struct message *m = CONTAINER(l, struct message, link);

        if (flags & MSG_COPY ? place++ == type
            : type == 0      ? true
            : type > 0       ? (m->type == type) != !!(flags & MSG_EXCEPT)
                             : false) {
            return m;
        }
        if (!(flags & MSG_COPY) && type < 0 && (type == INT64_MIN || m->type <= -type) &&
            (!best || m->type < best->type)) {
            best = m;
        }
    }
    return best;
}

static long take(struct task *t, struct queue *q, const uint64_t *a)
{
    uint32_t flags = (uint32_t)a[4];
    struct message *m;
    size_t bytes;
    int err;

    for (;;) {
        err = ipc_allows(&q->o, 0444);
        if (err) {
            return err;
        }
        m = choose(q, (int64_t)a[3], flags);
        if (m) {
            break;
        }
        err = wait_for_change(q, flags, -ENOMSG);
        if (err) {
            return err;
        }
    }
    if (m->bytes > a[2] && !(flags & MSG_NOERROR)) {
        return -E2BIG;
    }
    bytes = m->bytes < a[2] ? m->bytes : a[2];
    if (flags & MSG_COPY) { /* copied before user memory is touched, which may wait */
        struct message *copy = heap_alloc(sizeof *copy + bytes);

        if (!copy) {
            return -ENOMEM;
        }
        copy->type = m->type;
        __builtin_memcpy(copy->text, m->text, bytes);
        m = copy;
    } else {
        list_remove(&m->link);
        q->bytes -= m->bytes;
        q->count--;
        q->received = ipc_now();
        q->receiver = t->process->pid;
        wake_all(&q->changed, 0);
    }
    err = copy_to_user(a[1], &m->type, sizeof m->type);
    err = err ? err : copy_to_user(a[1] + sizeof m->type, m->text, bytes);
    heap_free(m);
    return err ? err : (long)bytes;
}

long sys_msgrcv(struct task *t, const uint64_t *a)
{
    uint32_t flags = (uint32_t)a[4];
    struct ipc_object *o;
    long n;

    if ((int)a[0] < 0 || (int64_t)a[2] < 0 ||
        (flags & MSG_COPY && (flags & MSG_EXCEPT || !(flags & IPC_NOWAIT)))) {
        return -EINVAL;
    }
    n = ipc_find(&queues, (int)a[0], &o);
    if (n) {
        return n;
    }
    o->refs++;
    n = take(t, queue_of(o), a);
    ipc_put(&queues, o);
    return n;
}

static long info(int command, uint64_t to)
{
    struct msginfo i = { .msgmax = MSGMAX,
                         .msgmnb = MSGMNB,
                         .msgmni = IPC_MOST,
                         .msgssz = MSGSSZ,
                         .msgmap = MSGMAP,
                         .msgtql = MSGTQL,
                         .msgpool = MSGPOOL,
                         .msgseg = MSGSEG };

    if (command == MSG_INFO) {
        unsigned place = 0;
        struct ipc_object *o;

        i.msgpool = (int)queues.used;
        i.msgmap = i.msgtql = 0;
        while ((o = ipc_next(&queues, &place))) {
            i.msgmap += (int)queue_of(o)->count;
            i.msgtql += (int)queue_of(o)->bytes;
        }
    }
    return copy_to_user(to, &i, sizeof i) ? -EFAULT : ipc_highest(&queues);
}

static long stat(const struct queue *q, uint64_t to)
{
    struct msqid64_ds d = { .msg_stime = (long)q->sent,
                            .msg_rtime = (long)q->received,
                            .msg_ctime = (long)q->o.changed,
                            .msg_cbytes = q->bytes,
                            .msg_qnum = q->count,
                            .msg_qbytes = q->most,
                            .msg_lspid = q->sender,
                            .msg_lrpid = q->receiver };

    ipc_show(&q->o, &d.msg_perm);
    return copy_to_user(to, &d, sizeof d);
}

static long set(struct queue *q, const struct msqid64_ds *d)
{
    if (d->msg_qbytes > MSGMNB && !is_capable(&current->process->cred, CAP_SYS_RESOURCE)) {
        return -EPERM;
    }
    ipc_set(&q->o, &d->msg_perm);
    q->most = d->msg_qbytes;
    wake_all(&q->changed, 0);
    return 0;
}

long sys_msgctl(struct task *t, const uint64_t *a)
{
    int command = (int)a[1], err;
    struct msqid64_ds d;
    struct ipc_object *o;

    (void)t;
    switch (command) {
    case IPC_INFO:
    case MSG_INFO:
        return info(command, a[2]);
    case IPC_STAT:
    case MSG_STAT:
    case MSG_STAT_ANY:
        err = ipc_look(&queues, (int)a[0], command != IPC_STAT, command == MSG_STAT_ANY, &o);
        err = err ? err : (int)stat(queue_of(o), a[2]);
        return err ? err : command == IPC_STAT ? 0 : o->id;
    case IPC_SET:
    case IPC_RMID:
        break;
    default:
        return -EINVAL;
    }
    if (command == IPC_SET && copy_from_user(&d, a[2], sizeof d)) {
        return -EFAULT;
    }
    err = ipc_find(&queues, (int)a[0], &o);
    err = err ? err : ipc_owns(o);
    if (err) {
        return err;
    }
    if (command == IPC_SET) {
        return set(queue_of(o), &d);
    }
    o->refs++;
    ipc_remove(&queues, o);
    wake_all(&queue_of(o)->changed, 0);
    ipc_put(&queues, o);
    return 0;
}

void msg_text(struct text *to)
{
    unsigned place = 0;
    struct ipc_object *o;

    text_add(to,
             "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  "
             "cgid      stime      rtime      ctime\n");
    while ((o = ipc_next(&queues, &place))) {
        const struct queue *q = queue_of(o);

        text_add(to, "%10d %10d  %4o  %10lu %10lu %5d %5d %5u %5u %5u %5u %10lu %10lu %10lu\n",
                 o->key, o->id, o->mode, (unsigned long)q->bytes, (unsigned long)q->count,
                 q->sender, q->receiver, o->uid, o->gid, o->cuid, o->cgid, (unsigned long)q->sent,
                 (unsigned long)q->received, (unsigned long)o->changed);
    }
}
