/*
 * epoll: sets of files, and which of them have become ready.
 *
 *     file --watches--> item --of_set--> set
 *                        |
 *       waiters in the queues that the file's poll names: a wake puts the item into set->ready, and wakes who waits for the set
 *
 * An item in `ready` may be ready: epoll_wait asks its file again.  A level-triggered one goes back to the end of the list when it
 * was reported.  An item holds no reference of its file: the last file_put takes it out (epoll_file_gone).
 */
#include <linux/eventpoll.h>
#include <linux/fcntl.h>

#include "../fs/locks.h"
#include "../task/times.h"
#include "poll.h"

#define QUEUES     4u  /* that a file's poll names, at most */
#define NESTED_MAX 5u  /* sets in sets (Linux: EP_MAX_NESTS 4 below the first) */
#define CHUNK      16u /* events that are copied at once */
#define PRIVATE    (EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE)
#define ALWAYS     (EPOLLERR | EPOLLHUP)
#define EXCLUSIVE_OK                                                                               \
    (EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE)

struct epoll {
    struct list items, ready;
    struct wait_queue waiting; /* in epoll_wait */
    struct wait_queue pollers; /* of the set's own descriptor */
};

struct item;
struct item_waiter {
    struct waiter waiter;
    struct item *item;
};

struct item {
    struct list of_file, of_set, ready;
    struct epoll *set;
    struct file *file;
    int fd;
    uint32_t events;
    uint64_t data;
    unsigned queues;
    struct item_waiter queue[QUEUES];
    struct poll_wait adding;
};

static const struct file_ops epoll_ops;

static bool is_in(const struct list *l)
{
    return !list_is_empty(l);
}

static void item_is_ready(struct item *i)
{
    struct epoll *e = i->set;

    if (!is_in(&i->ready)) {
        list_append(&e->ready, &i->ready);
    }
    wake_some(&e->waiting, EPOLLIN, 1);
    wake_all(&e->pollers, EPOLLIN | EPOLLRDNORM);
}

static void wake_item(struct waiter *w, uint32_t events)
{
    struct item *i = CONTAINER(w, struct item_waiter, waiter)->item;

    if (i->events & ~PRIVATE && (!events || events & (i->events | ALWAYS))) {
        item_is_ready(i);
    }
}

static void add_queue(struct poll_wait *p, struct wait_queue *q)
{
    struct item *i = CONTAINER(p, struct item, adding);

    if (i->queues == QUEUES) {
        unimplemented("epoll: a file with more queues", QUEUES);
        return;
    }
    struct item_waiter *w = &i->queue[i->queues++];

    waiter_init(&w->waiter);
    w->waiter.wake = wake_item;
    w->item = i;
    waiter_add(q, &w->waiter);
}

/* What is true of its file and wanted. */
static uint32_t item_look(struct item *i)
{
    return i->events & ~PRIVATE ? file_poll(i->file, NULL) & (i->events | ALWAYS) : 0;
}

static void item_remove(struct item *i)
{
    for (unsigned n = 0; n < i->queues; n++) {
        waiter_remove(&i->queue[n].waiter);
    }
    list_remove(&i->of_file);
    list_remove(&i->of_set);
    list_remove(&i->ready);
    heap_free(i);
}

void epoll_file_gone(struct file *f)
{
    LIST_FOR(l, &f->watches)
    {
        item_remove(CONTAINER(l, struct item, of_file));
    }
}

static void epoll_release(struct file *f)
{
    struct epoll *e = f->data;

    LIST_FOR(l, &e->items)
    {
        item_remove(CONTAINER(l, struct item, of_set));
    }
    heap_free(e);
}

static uint32_t epoll_poll(struct file *f, struct poll_wait *p)
{
    struct epoll *e = f->data;

    poll_add(p, &e->pollers);
    LIST_FOR(l, &e->ready)
    {
        if (item_look(CONTAINER(l, struct item, ready))) {
            return EPOLLIN | EPOLLRDNORM;
        }
        list_remove(l);
    }
    return 0;
}

static const struct file_ops epoll_ops = { .poll = epoll_poll,
                                           .release = epoll_release,
                                           .is_stream = true };

long sys_epoll_create1(struct task *t, const uint64_t *a)
{
    struct epoll *e;
    struct file *f;
    int err;

    (void)t;
    if (a[0] & ~(uint64_t)EPOLL_CLOEXEC) {
        return -EINVAL;
    }
    e = heap_alloc(sizeof *e);
    if (!e) {
        return -ENOMEM;
    }
    list_init(&e->items);
    list_init(&e->ready);
    wait_queue_init(&e->waiting);
    wait_queue_init(&e->pollers);
    err = file_new_anonymous("anon_inode:[eventpoll]", &epoll_ops, e, O_RDWR, &f);
    if (err) {
        heap_free(e);
        return err;
    }
    return fd_install(f, 0, a[0] & EPOLL_CLOEXEC);
}

/* ---- epoll_ctl ---- */

/* Would `set` be in a loop if it watched `other`, or too deep? */
static bool is_loop(const struct epoll *set, const struct file *other, unsigned depth)
{
    const struct epoll *e = other->data;

    if (other->ops != &epoll_ops) {
        return false;
    }
    if (e == set || depth == NESTED_MAX) {
        return true;
    }
    LIST_FOR(l, &e->items)
    {
        if (is_loop(set, CONTAINER(l, struct item, of_set)->file, depth + 1)) {
            return true;
        }
    }
    return false;
}

static struct item *item_find(struct epoll *e, struct file *f, int fd)
{
    LIST_FOR(l, &f->watches)
    {
        struct item *i = CONTAINER(l, struct item, of_file);

        if (i->set == e && i->fd == fd) {
            return i;
        }
    }
    return NULL;
}

static int item_add(struct epoll *e, struct file *f, int fd, const struct epoll_event *event)
{
    struct item *i;

    if (is_loop(e, f, 1)) {
        return -ELOOP;
    }
    i = heap_alloc(sizeof *i);
    if (!i) {
        return -ENOMEM;
    }
    i->set = e;
    i->file = f;
    i->fd = fd;
    i->events = event->events | ALWAYS;
    i->data = event->data;
    i->adding.add = add_queue;
    list_init(&i->ready);
    list_append(&f->watches, &i->of_file);
    list_append(&e->items, &i->of_set);
    if (file_poll(f, &i->adding) & i->events) {
        item_is_ready(i);
    }
    return 0;
}

static int control(struct epoll *e, int op, struct file *f, int fd, const struct epoll_event *event)
{
    struct item *i = item_find(e, f, fd);

    if (op == EPOLL_CTL_ADD) {
        return i ? -EEXIST : item_add(e, f, fd, event);
    }
    if (!i) {
        return -ENOENT;
    }
    if (op == EPOLL_CTL_DEL) {
        item_remove(i);
        return 0;
    }
    if (i->events & EPOLLEXCLUSIVE) {
        return -EINVAL;
    }
    i->events = event->events | ALWAYS;
    i->data = event->data;
    if (item_look(i)) {
        item_is_ready(i);
    }
    return 0;
}

static int control_check(int op, const struct file *set, const struct file *f,
                         const struct epoll_event *event)
{
    bool is_exclusive = op != EPOLL_CTL_DEL && event->events & EPOLLEXCLUSIVE;

    if (!f->ops->poll) {
        return -EPERM;
    }
    if (set == f || set->ops != &epoll_ops ||
        (is_exclusive && (op == EPOLL_CTL_MOD || f->ops == &epoll_ops ||
                          event->events & ~(uint32_t)EXCLUSIVE_OK))) {
        return -EINVAL;
    }
    return op == EPOLL_CTL_ADD || op == EPOLL_CTL_DEL || op == EPOLL_CTL_MOD ? 0 : -EINVAL;
}

long sys_epoll_ctl(struct task *t, const uint64_t *a)
{
    struct epoll_event event = { 0 };
    struct file *set, *f;
    int op = (int)a[1], err;

    (void)t;
    if (op != EPOLL_CTL_DEL && copy_from_user(&event, a[3], sizeof event)) {
        return -EFAULT;
    }
    set = fd_file((int)a[0]);
    if (!set) {
        return -EBADF;
    }
    f = fd_file((int)a[2]);
    if (!f) {
        file_put(set);
        return -EBADF;
    }
    err = control_check(op, set, f, &event);
    err = err ? err : control(set->data, op, f, (int)a[2], &event);
    file_put(f);
    file_put(set);
    return err;
}

/* ---- epoll_wait ---- */

/* Take up to `most` events of the ready items. */
static unsigned collect(struct epoll *e, struct epoll_event *to, unsigned most)
{
    struct list again;
    unsigned n = 0;

    list_init(&again);
    while (n < most && !list_is_empty(&e->ready)) {
        struct item *i = CONTAINER(e->ready.next, struct item, ready);
        uint32_t events;

        list_remove(&i->ready);
        events = item_look(i);
        if (!events) {
            continue;
        }
        to[n++] = (struct epoll_event){ .events = events, .data = i->data };
        if (i->events & EPOLLONESHOT) {
            i->events &= PRIVATE;
        } else if (!(i->events & EPOLLET)) {
            list_append(&again, &i->ready);
        }
    }
    while (!list_is_empty(&again)) {
        struct list *l = again.next;

        list_remove(l);
        list_append(&e->ready, l);
    }
    return n;
}

/* All that is ready, up to `most`: how many; -EFAULT.  In one round no item twice: most is at most the number of ready ones. */
static long collect_to_user(struct epoll *e, uint64_t to, unsigned most)
{
    struct epoll_event event[CHUNK];
    unsigned ready = 0;
    long done = 0;

    if (most > CHUNK) {
        LIST_FOR(l, &e->ready)
        {
            ready++;
        }
        most = ready < most ? ready : most;
    }
    while (most) {
        unsigned asked = most < CHUNK ? most : CHUNK, n = collect(e, event, asked);

        if (!n) {
            break;
        }
        if (copy_to_user(to + (uint64_t)done * sizeof *event, event, n * sizeof *event)) {
            return done ? done : -EFAULT;
        }
        done += n;
        most = n < asked ? 0 : most - n;
    }
    return done;
}

static long wait_for_events(struct epoll *e, uint64_t to, unsigned most, uint64_t deadline)
{
    long n;

    for (;;) {
        n = list_is_empty(&e->ready) ? 0 : collect_to_user(e, to, most);
        if (n || !deadline) {
            break;
        }
        n = wait_on(&e->waiting, deadline, WAIT_INTERRUPTIBLE);
        if (n) {
            n = n == -ETIMEDOUT ? 0 : n == -ERESTARTSYS ? -EINTR : n;
            break;
        }
    }
    if (!list_is_empty(&e->ready)) {
        wake_some(&e->waiting, EPOLLIN, 1);
    }
    return n;
}

static long epoll_wait(struct task *t, const uint64_t *a, uint64_t deadline)
{
    int most = (int)a[2];
    struct file *f;
    long n;

    if (most <= 0 || (unsigned)most > INT32_MAX / sizeof(struct epoll_event)) {
        return -EINVAL;
    }
    f = fd_file((int)a[0]);
    if (!f) {
        return -EBADF;
    }
    n = f->ops != &epoll_ops ? -EINVAL : mask_from_user(t, a[4], a[5]);
    if (!n) {
        n = mask_back(t, wait_for_events(f->data, a[1], (unsigned)most, deadline));
    }
    file_put(f);
    return n;
}

long sys_epoll_pwait(struct task *t, const uint64_t *a)
{
    int ms = (int)a[3];

    return epoll_wait(t, a, ms < 0 ? TIME_NEVER : ms == 0 ? 0 : time_after((uint64_t)ms * 1000000));
}

long sys_epoll_pwait2(struct task *t, const uint64_t *a)
{
    uint64_t deadline;
    int err = timeout_from_user(a[3], &deadline);

    return err ? err : epoll_wait(t, a, deadline);
}
