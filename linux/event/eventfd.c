/* eventfd: a counter that can be waited for. */
#include <linux/eventpoll.h>
#include <linux/fcntl.h>

#include "../fs/vfs.h"
#include "../task/task.h"

#define COUNT_MAX (UINT64_MAX - 1)
/* eventfd(2): the other two flags are O_CLOEXEC and O_NONBLOCK. */
#define EFD_SEMAPHORE 1u

struct eventfd {
    uint64_t count;
    bool is_semaphore;
    struct wait_queue queue;
};

static long eventfd_read(struct file *f, struct uio *u, uint64_t *position)
{
    struct eventfd *e = f->data;
    uint64_t value;

    (void)position;
    if (u->left < sizeof value) {
        return -EINVAL;
    }
    while (!e->count) {
        int err =
            f->flags & O_NONBLOCK ? -EAGAIN : wait_on(&e->queue, TIME_NEVER, WAIT_INTERRUPTIBLE);

        if (err) {
            return err;
        }
    }
    value = e->is_semaphore ? 1 : e->count;
    e->count -= value;
    wake_all(&e->queue, EPOLLOUT);
    return uio_put(u, &value, sizeof value) == sizeof value ? (long)sizeof value : -EFAULT;
}

static long eventfd_write(struct file *f, struct uio *u, uint64_t *position)
{
    struct eventfd *e = f->data;
    uint64_t value;

    (void)position;
    if (u->left < sizeof value) {
        return -EINVAL;
    }
    if (uio_get(u, &value, sizeof value) != sizeof value) {
        return -EFAULT;
    }
    if (value == UINT64_MAX) {
        return -EINVAL;
    }
    while (value > COUNT_MAX - e->count) {
        int err =
            f->flags & O_NONBLOCK ? -EAGAIN : wait_on(&e->queue, TIME_NEVER, WAIT_INTERRUPTIBLE);

        if (err) {
            return err;
        }
    }
    e->count += value;
    wake_all(&e->queue, EPOLLIN);
    return sizeof value;
}

static uint32_t eventfd_poll(struct file *f, struct poll_wait *p)
{
    struct eventfd *e = f->data;

    poll_add(p, &e->queue);
    return (e->count ? EPOLLIN : 0u) | (e->count < COUNT_MAX ? EPOLLOUT : 0u);
}

static void eventfd_release(struct file *f)
{
    heap_free(f->data);
}

static const struct file_ops eventfd_ops = { .read = eventfd_read,
                                             .write = eventfd_write,
                                             .poll = eventfd_poll,
                                             .release = eventfd_release,
                                             .is_stream = true };

long sys_eventfd2(struct task *t, const uint64_t *a)
{
    uint32_t flags = (uint32_t)a[1];
    struct eventfd *e;
    struct file *f;
    int err;

    (void)t;
    if (flags & ~(uint32_t)(EFD_SEMAPHORE | O_CLOEXEC | O_NONBLOCK)) {
        return -EINVAL;
    }
    e = heap_alloc(sizeof *e);
    if (!e) {
        return -ENOMEM;
    }
    e->count = (uint32_t)a[0];
    e->is_semaphore = flags & EFD_SEMAPHORE;
    wait_queue_init(&e->queue);
    err = file_new_anonymous("anon_inode:[eventfd]", &eventfd_ops, e, O_RDWR | (flags & O_NONBLOCK),
                             &f);
    if (err) {
        heap_free(e);
        return err;
    }
    return fd_install(f, 0, flags & O_CLOEXEC);
}
