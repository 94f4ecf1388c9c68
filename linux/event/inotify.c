/*
 * inotify: what happens to inodes is told to who watches them.
 *
 *     inotify --watches--> watch <--watches-- inode_watches <-- inode
 *        |
 *        events, in order, until they are read
 *
 * A watch holds a reference of its inode, until that is deleted.  Limits are per user: who made the inotify counts (inotify(7)).
 */
#include <asm/ioctls.h>
#include <linux/eventpoll.h>
#include <linux/fcntl.h>
#include <linux/inotify.h>
#include <string.h>

#include "../fs/dentry.h"
#include "../task/task.h"
#include "limits.h"

#define NAME_UNIT sizeof(struct inotify_event) /* names are padded to a multiple of it */
#define CONTROL                                                                                    \
    (IN_MASK_ADD | IN_MASK_CREATE | IN_ONESHOT | IN_DONT_FOLLOW | IN_ONLYDIR | IN_EXCL_UNLINK)

struct inode_watches {
    struct list watches;
};

unsigned inotify_queued_max = 16384, inotify_instances_max = 128, inotify_watches_max = 8192;

/* What a user has, as long as it has any. */
struct owner {
    struct list all;
    uint32_t uid;
    unsigned instances, watches;
};

static struct list owners = { &owners, &owners };

struct inotify {
    struct owner *owner;
    struct list watches, events;
    unsigned count; /* of events, that of an overflow left out */
    bool is_full;   /* events end with an overflow that is not read yet */
    int last;       /* number of the last watch */
    struct wait_queue queue;
};

struct watch {
    struct list of_inotify, of_inode;
    struct inotify *inotify;
    struct inode *inode;
    int number;
    uint32_t mask;
};

struct event {
    struct list link;
    size_t name_bytes; /* as it is read, 0 or a multiple of NAME_UNIT */
    struct inotify_event head;
    char name[];
};

/* ---- whose ---- */

/* One instance more of the running task's user: NULL with *err. */
static struct owner *owner_take(int *err)
{
    uint32_t uid = current->process->cred.euid;
    struct owner *o = NULL;

    LIST_FOR(l, &owners)
    {
        struct owner *this = CONTAINER(l, struct owner, all);

        o = this->uid == uid ? this : o;
    }
    if (o ? o->instances >= inotify_instances_max : !inotify_instances_max) {
        *err = -EMFILE;
        return NULL;
    }
    if (!o) {
        o = heap_alloc(sizeof *o);
        if (!o) {
            *err = -ENOMEM;
            return NULL;
        }
        o->uid = uid;
        list_append(&owners, &o->all);
    }
    o->instances++;
    return o;
}

static void owner_put(struct owner *o)
{
    if (!--o->instances) {
        list_remove(&o->all);
        heap_free(o);
    }
}

/* ---- telling ---- */

static bool is_same(const struct event *e, const struct inotify_event *head, const char *name)
{
    return e->head.wd == head->wd && e->head.mask == head->mask && e->head.cookie == head->cookie &&
           (name ? e->name_bytes && strcmp(e->name, name) == 0 : !e->name_bytes);
}

/* false: it was not. */
static bool append(struct inotify *n, const struct inotify_event *head, const char *name)
{
    size_t length = name ? strlen(name) + 1 : 0;
    size_t padded = (length + NAME_UNIT - 1) / NAME_UNIT * NAME_UNIT;
    struct event *e;

    if (!list_is_empty(&n->events) &&
        is_same(CONTAINER(n->events.prev, struct event, link), head, name)) {
        return false; /* told once (inotify(7)) */
    }
    e = heap_alloc(sizeof *e + padded);
    if (!e) {
        return false;
    }
    e->head = *head;
    e->head.len = (uint32_t)padded;
    e->name_bytes = padded;
    if (name) {
        memcpy(e->name, name, length);
    }
    list_append(&n->events, &e->link);
    wake_all(&n->queue, EPOLLIN | EPOLLRDNORM);
    return true;
}

static void tell(struct inotify *n, int watch, uint32_t mask, uint32_t cookie, const char *name)
{
    const struct inotify_event head = { .wd = watch, .mask = mask, .cookie = cookie },
                               overflow = { .wd = -1, .mask = IN_Q_OVERFLOW };

    if (n->count < inotify_queued_max) {
        n->count += append(n, &head, name);
    } else if (!n->is_full) {
        n->is_full = append(n, &overflow, NULL);
    }
}

/* The watch ends, and its owner is told. */
static void watch_remove(struct watch *w)
{
    struct inode *i = w->inode;

    tell(w->inotify, w->number, IN_IGNORED, 0, NULL);
    w->inotify->owner->watches--;
    list_remove(&w->of_inotify);
    list_remove(&w->of_inode);
    if (list_is_empty(&i->watches->watches)) {
        heap_free(i->watches);
        i->watches = NULL;
    }
    heap_free(w);
    inode_put(i);
}

void inode_event(struct inode *i, uint32_t mask, const char *name, uint32_t cookie)
{
    uint32_t about = mask & IN_ALL_EVENTS;

    if (!i->watches) {
        return;
    }
    if (!name && (i->mode & S_IFMT) == S_IFDIR && !(mask & (IN_DELETE_SELF | IN_MOVE_SELF))) {
        mask |= IN_ISDIR;
    }
    inode_get(i);
    struct list *head = &i->watches->watches;

    for (struct list *l = head->next, *next; i->watches && l != head; l = next) {
        struct watch *w = CONTAINER(l, struct watch, of_inode);

        next = l->next;
        if (about & w->mask) {
            tell(w->inotify, w->number, mask, cookie, name);
        }
        if (mask & IN_DELETE_SELF || (about & w->mask && w->mask & IN_ONESHOT)) {
            watch_remove(w);
        }
    }
    inode_put(i);
}

void dentry_event(struct dentry *d, uint32_t mask)
{
    struct inode *i = d->inode, *dir = d->parent->inode;

    if (dir->watches && d->parent != d) {
        inode_event(dir, mask | ((i->mode & S_IFMT) == S_IFDIR ? IN_ISDIR : 0), d->name, 0);
    }
    if (i->watches) {
        inode_event(i, mask, NULL, 0);
    }
}

void file_event(struct file *f, uint32_t mask)
{
    if (f->dentry) {
        dentry_event(f->dentry, mask);
    } else if (f->inode->watches) {
        inode_event(f->inode, mask, NULL, 0);
    }
}

/* Watches hold references: the inode that goes has none. */
void inode_watches_drop(struct inode *i)
{
    (void)i;
}

/* ---- reading ---- */

static long inotify_read(struct file *f, struct uio *u, uint64_t *position)
{
    struct inotify *n = f->data;
    long done = 0;

    (void)position;
    while (list_is_empty(&n->events)) {
        int err =
            f->flags & O_NONBLOCK ? -EAGAIN : wait_on(&n->queue, TIME_NEVER, WAIT_INTERRUPTIBLE);

        if (err) {
            return err;
        }
    }
    while (!list_is_empty(&n->events)) {
        struct event *e = CONTAINER(n->events.next, struct event, link);
        size_t bytes = sizeof e->head + e->name_bytes;

        if (u->left < bytes) {
            return done ? done : -EINVAL;
        }
        list_remove(&e->link);
        if (e->head.mask & IN_Q_OVERFLOW) {
            n->is_full = false;
        } else {
            n->count--;
        }
        size_t put = uio_put(u, &e->head, sizeof e->head);

        put += uio_put(u, e->name, e->name_bytes);
        heap_free(e);
        if (put != bytes) {
            return -EFAULT;
        }
        done += (long)bytes;
    }
    return done;
}

static uint32_t inotify_poll(struct file *f, struct poll_wait *p)
{
    struct inotify *n = f->data;

    poll_add(p, &n->queue);
    return list_is_empty(&n->events) ? 0 : EPOLLIN | EPOLLRDNORM;
}

static long inotify_ioctl(struct file *f, uint32_t command, uint64_t argument)
{
    struct inotify *n = f->data;
    int bytes = 0;

    if (command != FIONREAD) {
        return -ENOTTY;
    }
    LIST_FOR(l, &n->events)
    {
        bytes += (int)(sizeof(struct inotify_event) + CONTAINER(l, struct event, link)->name_bytes);
    }
    return copy_to_user(argument, &bytes, sizeof bytes);
}

static void inotify_release(struct file *f)
{
    struct inotify *n = f->data;

    while (!list_is_empty(&n->watches)) {
        watch_remove(CONTAINER(n->watches.next, struct watch, of_inotify));
    }
    LIST_FOR(l, &n->events)
    {
        heap_free(CONTAINER(l, struct event, link));
    }
    owner_put(n->owner);
    heap_free(n);
}

static const struct file_ops inotify_ops = { .read = inotify_read,
                                             .poll = inotify_poll,
                                             .ioctl = inotify_ioctl,
                                             .release = inotify_release,
                                             .is_stream = true };

/* ---- calls ---- */

long sys_inotify_init1(struct task *t, const uint64_t *a)
{
    uint32_t flags = (uint32_t)a[0];
    struct inotify *n;
    struct file *f;
    int err = -ENOMEM;

    (void)t;
    if (flags & ~(uint32_t)(IN_CLOEXEC | IN_NONBLOCK)) {
        return -EINVAL;
    }
    n = heap_alloc(sizeof *n);
    if (!n || !(n->owner = owner_take(&err))) {
        heap_free(n);
        return err;
    }
    list_init(&n->watches);
    list_init(&n->events);
    wait_queue_init(&n->queue);
    err = file_new_anonymous("anon_inode:inotify", &inotify_ops, n,
                             O_RDONLY | (flags & IN_NONBLOCK), &f);
    if (err) {
        owner_put(n->owner);
        heap_free(n);
        return err;
    }
    return fd_install(f, 0, flags & IN_CLOEXEC);
}

/* The open file, with a reference: -EBADF, -EINVAL. */
static int inotify_file(int fd, struct file **out)
{
    struct file *f = fd_file(fd);

    if (!f) {
        return -EBADF;
    }
    if (f->ops != &inotify_ops) {
        file_put(f);
        return -EINVAL;
    }
    *out = f;
    return 0;
}

static long watch_new(struct inotify *n, struct inode *i, uint32_t mask)
{
    struct watch *w;

    if (n->owner->watches >= inotify_watches_max) {
        return -ENOSPC;
    }
    w = heap_alloc(sizeof *w);
    if (!w || (!i->watches && !(i->watches = heap_alloc(sizeof *i->watches)))) {
        heap_free(w);
        return -ENOMEM;
    }
    if (!i->watches->watches.next) {
        list_init(&i->watches->watches);
    }
    inode_get(i);
    w->inode = i;
    w->inotify = n;
    w->number = ++n->last;
    w->mask = mask;
    n->owner->watches++;
    list_append(&n->watches, &w->of_inotify);
    list_append(&i->watches->watches, &w->of_inode);
    return w->number;
}

static long watch_set(struct inotify *n, struct inode *i, uint32_t mask)
{
    uint32_t kept = mask & (IN_ALL_EVENTS | IN_ONESHOT | IN_EXCL_UNLINK);

    LIST_FOR(l, &n->watches)
    {
        struct watch *w = CONTAINER(l, struct watch, of_inotify);

        if (w->inode == i) {
            if (mask & IN_MASK_CREATE) {
                return -EEXIST;
            }
            w->mask = mask & IN_MASK_ADD ? w->mask | kept : kept;
            return w->number;
        }
    }
    return watch_new(n, i, kept);
}

long sys_inotify_add_watch(struct task *t, const uint64_t *a)
{
    uint32_t mask = (uint32_t)a[2];
    struct file *f;
    struct path p;
    long n;

    (void)t;
    if (!(mask & (IN_ALL_EVENTS | IN_UNMOUNT)) ||
        mask & ~(uint32_t)(IN_ALL_EVENTS | IN_UNMOUNT | IN_ISDIR | CONTROL) ||
        (mask & IN_MASK_ADD && mask & IN_MASK_CREATE)) {
        return -EINVAL;
    }
    n = inotify_file((int)a[0], &f);
    if (n) {
        return n;
    }
    n = path_walk_user(
        AT_FDCWD, a[1],
        (mask & IN_DONT_FOLLOW ? 0 : WALK_FOLLOW) | (mask & IN_ONLYDIR ? WALK_DIRECTORY : 0), &p);
    if (!n) {
        struct inode *i = p.dentry->inode;

        n = i ? inode_may(i, MAY_READ) : -ENOENT;
        n = n ? n : watch_set(f->data, i, mask);
        path_put(&p);
    }
    file_put(f);
    return n;
}

long sys_inotify_rm_watch(struct task *t, const uint64_t *a)
{
    struct file *f;
    int err = inotify_file((int)a[0], &f);

    (void)t;
    if (err) {
        return err;
    }
    err = -EINVAL;
    LIST_FOR(l, &((struct inotify *)f->data)->watches)
    {
        struct watch *w = CONTAINER(l, struct watch, of_inotify);

        if (w->number == (int)a[1]) {
            watch_remove(w);
            err = 0;
            break;
        }
    }
    file_put(f);
    return err;
}
