/* Locks on files: POSIX (of processes), of open files (OFD), and flock. */
#include "locks.h"

#include <linux/fs.h>

#include "../task/process.h"
#include "dentry.h"

struct held {
    struct list link;        /* in file_locks.held, by start */
    struct process *process; /* POSIX */
    struct file *file;       /* OFD, flock */
    uint64_t start, end;     /* end: the last byte */
    bool is_write, is_flock;
};

struct file_locks {
    struct list held;
    struct wait_queue changed;
};

/* Who waits for which process: for deadlocks of POSIX locks. */
struct lock_wait {
    struct list link;
    struct process *waits, *holds;
};
static struct list waiting = { &waiting, &waiting };

static struct file_locks *locks_of(struct inode *i)
{
    if (!i->locks) {
        i->locks = heap_alloc(sizeof *i->locks);
        if (i->locks) {
            list_init(&i->locks->held);
            wait_queue_init(&i->locks->changed);
        }
    }
    return i->locks;
}

static bool same_owner(const struct held *a, const struct held *b)
{
    return a->process == b->process && a->file == b->file && a->is_flock == b->is_flock;
}

static struct held *conflict(struct file_locks *l, const struct held *want)
{
    LIST_FOR(at, &l->held)
    {
        struct held *h = CONTAINER(at, struct held, link);

        if (h->is_flock == want->is_flock && !same_owner(h, want) && h->start <= want->end &&
            want->start <= h->end && (h->is_write || want->is_write)) {
            return h;
        }
    }
    return NULL;
}

static struct held *copy_of(const struct held *from)
{
    struct held *h = heap_alloc(sizeof *h);

    if (h) {
        *h = *from;
        list_init(&h->link);
    }
    return h;
}

/* Take the range out of what the owner holds.  -ENOMEM: nothing is changed. */
static int release(struct file_locks *l, const struct held *range)
{
    LIST_FOR(at, &l->held)
    {
        struct held *h = CONTAINER(at, struct held, link);

        if (!same_owner(h, range) || h->start > range->end || range->start > h->end) {
            continue;
        }
        if (h->start < range->start && h->end > range->end) {
            struct held *upper = copy_of(h);

            if (!upper) {
                return -ENOMEM;
            }
            upper->start = range->end + 1;
            list_append(&l->held, &upper->link);
            h->end = range->start - 1;
        } else if (h->start < range->start) {
            h->end = range->start - 1;
        } else if (h->end > range->end) {
            h->start = range->end + 1;
        } else {
            list_remove(&h->link);
            heap_free(h);
        }
    }
    wake_all(&l->changed, 0);
    return 0;
}

static int acquire(struct file_locks *l, const struct held *want)
{
    struct held *h = copy_of(want);
    int err = h ? release(l, want) : -ENOMEM;

    if (err) {
        heap_free(h);
        return err;
    }
    /* join with what touches it: one range, one entry */
    LIST_FOR(at, &l->held)
    {
        struct held *o = CONTAINER(at, struct held, link);

        if (same_owner(o, h) && o->is_write == h->is_write &&
            (o->end + 1 == h->start || h->end + 1 == o->start) && !o->is_flock) {
            h->start = o->start < h->start ? o->start : h->start;
            h->end = o->end > h->end ? o->end : h->end;
            list_remove(at);
            heap_free(o);
        }
    }
    list_append(&l->held, &h->link);
    return 0;
}

static bool would_deadlock(struct process *self, struct process *holder)
{
    for (unsigned depth = 0; holder && depth < 64; depth++) {
        struct process *next = NULL;

        if (holder == self) {
            return true;
        }
        LIST_FOR(l, &waiting)
        {
            struct lock_wait *w = CONTAINER(l, struct lock_wait, link);

            if (w->waits == holder) {
                next = w->holds;
            }
        }
        holder = next;
    }
    return false;
}

static int take(struct inode *i, const struct held *want, bool waits)
{
    struct file_locks *l = locks_of(i);
    struct held *other;

    if (!l) {
        return -ENOMEM;
    }
    while ((other = conflict(l, want))) {
        struct lock_wait w = { .waits = want->process, .holds = other->process };
        int err;

        if (!waits) {
            return -EAGAIN;
        }
        if (want->process && other->process && would_deadlock(want->process, other->process)) {
            return -EDEADLK;
        }
        list_append(&waiting, &w.link);
        err = wait_on(&l->changed, TIME_NEVER, WAIT_INTERRUPTIBLE);
        list_remove(&w.link);
        if (err) {
            return err;
        }
    }
    return acquire(l, want);
}

/* The bytes of a struct flock; l_len < 0: those before. */
static int range_of(const struct file *f, const struct flock *k, struct held *out)
{
    int64_t base = k->l_whence == SEEK_SET   ? 0
                   : k->l_whence == SEEK_CUR ? (int64_t)f->position
                                             : (int64_t)f->inode->size;
    int64_t start = base + k->l_start;

    if (k->l_whence < SEEK_SET || k->l_whence > SEEK_END) {
        return -EINVAL;
    }
    if (k->l_len < 0) {
        start += k->l_len;
        out->end = (uint64_t)(start - k->l_len) - 1;
    } else {
        out->end = k->l_len ? (uint64_t)(start + k->l_len) - 1 : INT64_MAX;
    }
    if (start < 0) {
        return -EINVAL;
    }
    if (k->l_len > 0 && start > INT64_MAX - k->l_len + 1) {
        return -EOVERFLOW;
    }
    out->start = (uint64_t)start;
    return 0;
}

static long get(struct file *f, struct held *want, struct flock *k, uint64_t at)
{
    struct file_locks *l = f->inode->locks;
    struct held *other = l ? conflict(l, want) : NULL;

    if (!other) {
        k->l_type = F_UNLCK;
    } else {
        k->l_type = other->is_write ? F_WRLCK : F_RDLCK;
        k->l_whence = SEEK_SET;
        k->l_start = (int64_t)other->start;
        k->l_len = other->end == INT64_MAX ? 0 : (int64_t)(other->end - other->start + 1);
        k->l_pid = other->process ? other->process->pid : -1;
    }
    return copy_to_user(at, k, sizeof *k);
}

long locks_control(struct file *f, uint32_t command, uint64_t at)
{
    bool is_ofd = command >= F_OFD_GETLK;
    uint32_t access = f->flags & O_ACCMODE;
    struct held want = { 0 };
    struct flock k;
    int err;

    if (copy_from_user(&k, at, sizeof k)) {
        return -EFAULT;
    }
    if (is_ofd && k.l_pid) {
        return -EINVAL;
    }
    err = range_of(f, &k, &want);
    if (err) {
        return err;
    }
    want.process = is_ofd ? NULL : current->process;
    want.file = is_ofd ? f : NULL;
    want.is_write = k.l_type == F_WRLCK;
    if (command == F_GETLK || command == F_OFD_GETLK) {
        return k.l_type == F_RDLCK || k.l_type == F_WRLCK ? get(f, &want, &k, at) : -EINVAL;
    }
    switch (k.l_type) {
    case F_UNLCK:
        return f->inode->locks ? release(f->inode->locks, &want) : 0;
    case F_RDLCK:
        if (access == O_WRONLY) {
            return -EBADF;
        }
        break;
    case F_WRLCK:
        if (access == O_RDONLY) {
            return -EBADF;
        }
        break;
    default:
        return -EINVAL;
    }
    return take(f->inode, &want, command == F_SETLKW || command == F_OFD_SETLKW);
}

void locks_file_gone(struct file *f)
{
    struct held all = { .file = f, .end = INT64_MAX };

    if (f->inode->locks) {
        (void)release(f->inode->locks, &all);
        all.is_flock = true;
        (void)release(f->inode->locks, &all);
    }
}

void locks_process_closes(struct inode *i, struct process *p)
{
    struct held all = { .process = p, .end = INT64_MAX };

    (void)release(i->locks, &all);
}

#define FLOCK_SHARED    1u
#define FLOCK_EXCLUSIVE 2u
#define FLOCK_NONBLOCK  4u
#define FLOCK_UNLOCK    8u

long sys_flock(struct task *t, const uint64_t *a)
{
    struct file *f = fd_file((int)a[0]);
    uint32_t what = (uint32_t)a[1] & ~FLOCK_NONBLOCK;
    struct held want = { .file = f, .end = INT64_MAX, .is_flock = true };
    long result;

    (void)t;
    if (!f) {
        return -EBADF;
    }
    want.is_write = what == FLOCK_EXCLUSIVE;
    if (f->flags & O_PATH) {
        result = -EBADF;
    } else if (what == FLOCK_UNLOCK) {
        result = f->inode->locks ? release(f->inode->locks, &want) : 0;
    } else if (what != FLOCK_SHARED && what != FLOCK_EXCLUSIVE) {
        result = -EINVAL;
    } else {
        result = take(f->inode, &want, !(a[1] & FLOCK_NONBLOCK));
    }
    file_put(f);
    return result;
}
