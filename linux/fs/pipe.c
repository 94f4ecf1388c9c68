/* Pipes and FIFOs: a ring of pages; and what other special files do when they are opened. */
#include "pipe.h"

#include <asm/ioctls.h>
#include <linux/eventpoll.h>
#include <string.h>

#include "../task/task.h"
#include "dentry.h"
#include "device.h"
#include "locks.h"

#define PIPE_PAGES     16u
#define PIPE_PAGES_MAX 256u
#define ATOMIC         4096u /* PIPE_BUF: a write of so many bytes is not mixed with others */

struct pipe {
    struct page **page; /* [pages]; made when they are written */
    unsigned pages;
    uint64_t head,
        tail; /* bytes written and read since the beginning; the place is modulo the size */
    unsigned readers, writers;
    unsigned readers_ever, writers_ever; /* openings of a FIFO, counted */
    unsigned refs;                       /* files, and the FIFO's inode while it is open */
    struct wait_queue queue;
    struct lock lock; /* one writer, and one reader, at a time */
    struct lock read_lock;
};

static struct pipe *pipe_new(void)
{
    struct pipe *p = heap_alloc(sizeof *p);

    if (!p) {
        return NULL;
    }
    p->page = heap_alloc(PIPE_PAGES * sizeof *p->page);
    if (!p->page) {
        heap_free(p);
        return NULL;
    }
    p->pages = PIPE_PAGES;
    wait_queue_init(&p->queue);
    lock_init(&p->lock);
    lock_init(&p->read_lock);
    return p;
}

static void pipe_put(struct pipe *p)
{
    if (--p->refs) {
        return;
    }
    for (unsigned i = 0; i < p->pages; i++) {
        if (p->page[i]) {
            page_put(p->page[i]);
        }
    }
    heap_free(p->page);
    heap_free(p);
}

static uint64_t size_of(const struct pipe *p)
{
    return p->pages * PAGE_SIZE;
}

static uint64_t filled(const struct pipe *p)
{
    return p->head - p->tail;
}

static uint64_t room(const struct pipe *p)
{
    return size_of(p) - filled(p);
}

/* The bytes at a place that lie together; NULL: no memory. */
static char *at(struct pipe *p, uint64_t place, uint64_t *bytes)
{
    unsigned i = (unsigned)(place / PAGE_SIZE % p->pages);

    if (!p->page[i]) {
        p->page[i] = page_alloc();
        if (!p->page[i]) {
            return NULL;
        }
    }
    *bytes = PAGE_SIZE - place % PAGE_SIZE;
    return (char *)page_data(p->page[i]) + place % PAGE_SIZE;
}

static long pipe_read(struct file *f, struct uio *u, uint64_t *position)
{
    struct pipe *p = f->data;
    long done = 0, err = 0;

    (void)position;
    if (!u->left) {
        return 0;
    }
    while (!filled(p)) {
        if (!p->writers) {
            return 0;
        }
        if (f->flags & O_NONBLOCK) {
            return -EAGAIN;
        }
        err = wait_on(&p->queue, TIME_NEVER, WAIT_INTERRUPTIBLE);
        if (err) {
            return err;
        }
    }
    while (filled(p) && u->left) {
        uint64_t bytes;
        char *from = at(p, p->tail, &bytes);

        bytes = bytes < filled(p) ? bytes : filled(p);
        bytes = bytes < u->left ? bytes : u->left;
        bytes = from ? uio_put(u, from, bytes) : 0;
        if (!bytes) {
            err = -EFAULT;
            break;
        }
        p->tail += bytes;
        done += (long)bytes;
    }
    wake_all(&p->queue, EPOLLOUT | EPOLLWRNORM);
    return done ? done : err;
}

static long pipe_write(struct file *f, struct uio *u, uint64_t *position)
{
    struct pipe *p = f->data;
    uint64_t least = u->left <= ATOMIC ? u->left : 1;
    long done = 0, err = 0;

    (void)position;
    if (!u->left) {
        return 0;
    }
    lock_take(&p->lock);
    while (u->left) {
        if (!p->readers) {
            err = -EPIPE;
            break;
        }
        if (room(p) < least) {
            if (f->flags & O_NONBLOCK) {
                err = -EAGAIN;
                break;
            }
            lock_drop(&p->lock);
            err = wait_on(&p->queue, TIME_NEVER, WAIT_INTERRUPTIBLE);
            lock_take(&p->lock);
            if (err) {
                break;
            }
            continue;
        }
        while (u->left && room(p)) {
            uint64_t bytes;
            char *to = at(p, p->head, &bytes);

            bytes = bytes < room(p) ? bytes : room(p);
            bytes = bytes < u->left ? bytes : u->left;
            bytes = to ? uio_get(u, to, bytes) : 0;
            if (!bytes) {
                err = to ? -EFAULT : -ENOMEM;
                break;
            }
            p->head += bytes;
            done += (long)bytes;
        }
        wake_all(&p->queue, EPOLLIN | EPOLLRDNORM);
        if (err) {
            break;
        }
        least = 1;
    }
    lock_drop(&p->lock);
    if (err == -EPIPE) {
        signal_send_task(current, SIGPIPE, NULL);
    }
    return done ? done : err;
}

static uint32_t pipe_poll(struct file *f, struct poll_wait *w)
{
    struct pipe *p = f->data;
    uint32_t events = 0, access = f->flags & O_ACCMODE;

    poll_add(w, &p->queue);
    if (access != O_WRONLY) {
        events |= filled(p) ? EPOLLIN | EPOLLRDNORM : 0;
        events |= !p->writers && p->writers_ever ? EPOLLHUP : 0;
    }
    if (access != O_RDONLY) {
        events |= room(p) >= ATOMIC ? EPOLLOUT | EPOLLWRNORM : 0;
        events |= !p->readers ? EPOLLERR : 0;
    }
    return events;
}

static long pipe_ioctl(struct file *f, uint32_t command, uint64_t argument)
{
    struct pipe *p = f->data;
    int bytes = (int)filled(p);

    return command == FIONREAD ? copy_to_user(argument, &bytes, sizeof bytes) : -ENOTTY;
}

static void pipe_release(struct file *f)
{
    struct pipe *p = f->data;
    uint32_t access = f->flags & O_ACCMODE;

    p->readers -= access != O_WRONLY;
    p->writers -= access != O_RDONLY;
    wake_all(&p->queue, EPOLLIN | EPOLLOUT | EPOLLHUP | EPOLLERR);
    if (f->inode->pipe_or_socket == p && !p->readers && !p->writers) {
        f->inode->pipe_or_socket = NULL;
        pipe_put(p);
    }
    pipe_put(p);
}

static const struct file_ops pipe_ops = { .read = pipe_read,
                                          .write = pipe_write,
                                          .poll = pipe_poll,
                                          .ioctl = pipe_ioctl,
                                          .release = pipe_release,
                                          .is_stream = true };

long pipe_size(struct file *f, bool set, uint64_t bytes)
{
    struct pipe *p = f->ops == &pipe_ops ? f->data : NULL;
    unsigned pages = 1;

    if (!p) {
        return -EBADF;
    }
    if (!set) {
        return (long)size_of(p);
    }
    while (pages * PAGE_SIZE < bytes && pages < PIPE_PAGES_MAX) {
        pages *= 2;
    }
    if (pages * PAGE_SIZE < bytes) {
        return -EPERM;
    }
    if (pages * PAGE_SIZE < filled(p)) {
        return -EBUSY;
    }
    struct page **page = heap_alloc(pages * sizeof *page);
    uint64_t n = filled(p);

    if (!page) {
        return -ENOMEM;
    }
    for (uint64_t i = 0; i < n;) { /* from the new beginning on */
        uint64_t part, to = i % PAGE_SIZE;
        char *from = at(p, p->tail + i, &part);
        unsigned k = (unsigned)(i / PAGE_SIZE);

        page[k] = page[k] ? page[k] : page_alloc();
        if (!page[k] || !from) {
            for (k = 0; k < pages; k++) {
                if (page[k]) {
                    page_put(page[k]);
                }
            }
            heap_free(page);
            return -ENOMEM;
        }
        part = part < n - i ? part : n - i;
        part = part < PAGE_SIZE - to ? part : PAGE_SIZE - to;
        memcpy((char *)page_data(page[k]) + to, from, part);
        i += part;
    }
    for (unsigned i = 0; i < p->pages; i++) {
        if (p->page[i]) {
            page_put(p->page[i]);
        }
    }
    heap_free(p->page);
    p->page = page;
    p->pages = pages;
    p->tail = 0;
    p->head = n;
    wake_all(&p->queue, EPOLLOUT | EPOLLWRNORM);
    return (long)size_of(p);
}

/* ---- FIFOs (fifo(7)) ---- */

static struct super pipes; /* of pipe2; opened again by /proc/self/fd they wait for nobody */

static int fifo_open(struct file *f)
{
    struct inode *i = f->inode;
    struct pipe *p = i->pipe_or_socket;
    uint32_t access = f->flags & O_ACCMODE;
    int err = 0;

    if (!p) {
        p = pipe_new();
        if (!p) {
            return -ENOMEM;
        }
        p->refs = 1;
        i->pipe_or_socket = p;
    }
    if (i->super != &pipes && access == O_WRONLY && f->flags & O_NONBLOCK && !p->readers) {
        if (!p->writers) {
            i->pipe_or_socket = NULL;
            pipe_put(p);
        }
        return -ENXIO;
    }
    p->refs++;
    f->data = p;
    p->readers += access != O_WRONLY;
    p->writers += access != O_RDONLY;
    p->readers_ever += access != O_WRONLY;
    p->writers_ever += access != O_RDONLY;
    wake_all(&p->queue, 0);
    unsigned seen = access == O_RDONLY ? p->writers_ever : p->readers_ever;

    while (!err && i->super != &pipes && access != O_RDWR && !(f->flags & O_NONBLOCK) &&
           !(access == O_RDONLY ? p->writers || p->writers_ever != seen
                                : p->readers || p->readers_ever != seen)) {
        err = wait_on(&p->queue, TIME_NEVER, WAIT_INTERRUPTIBLE);
    }
    if (err) {
        pipe_release(f);
        return err;
    }
    f->ops = &pipe_ops;
    return 0;
}

static const struct file_ops fifo_ops = { .open = fifo_open, .is_stream = true };

static int open_nothing(struct file *f)
{
    (void)f;
    return -ENXIO;
}

static const struct file_ops socket_node_ops = { .open = open_nothing };

const struct file_ops *special_file_ops(uint32_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFIFO:
        return &fifo_ops;
    case S_IFCHR:
    case S_IFBLK:
        return &device_node_ops;
    default:
        return &socket_node_ops;
    }
}

/* ---- pipe2 ---- */

static int pipe_end(struct pipe *p, struct inode *i, uint32_t flags, struct file **out)
{
    struct file *f = file_alloc(&pipe_ops, i, flags);

    if (!f) {
        return -ENOMEM;
    }
    inode_get(i);
    f->data = p;
    p->refs++;
    p->readers += (flags & O_ACCMODE) != O_WRONLY;
    p->writers += (flags & O_ACCMODE) != O_RDONLY;
    *out = f;
    return 0;
}

static const struct inode_ops pipe_inode_ops;
static const struct file_system pipefs = { .name = "pipefs", .is_virtual = true };
static struct super pipes = { .type = &pipefs, .device = 0xc };

long sys_pipe2(struct task *t, const uint64_t *a)
{
    static uint64_t number;
    uint32_t flags = (uint32_t)a[1];
    struct file *end[2] = { 0 };
    struct inode *i;
    struct pipe *p;
    int32_t fd[2];
    int err;

    if (flags & ~(uint32_t)(O_CLOEXEC | O_NONBLOCK | O_DIRECT)) {
        return -EINVAL;
    }
    p = pipe_new();
    i = inode_new(&pipes, S_IFIFO | 0600);
    if (!p || !i) {
        heap_free(i);
        if (p) {
            p->refs = 1;
            pipe_put(p);
        }
        return -ENOMEM;
    }
    i->ops = &pipe_inode_ops;
    i->number = ++number;
    i->file_ops = &fifo_ops; /* opened again by /proc/self/fd */
    i->pipe_or_socket = p;
    p->refs = 1;
    p->writers_ever = 1;
    err = pipe_end(p, i, O_RDONLY | (flags & O_NONBLOCK), &end[0]);
    err = err ? err : pipe_end(p, i, O_WRONLY | (flags & O_NONBLOCK), &end[1]);
    inode_put(i);
    if (err) {
        if (end[0]) {
            file_put(end[0]);
        }
        return err;
    }
    fd[0] = fd_install(end[0], 0, flags & O_CLOEXEC);
    if (fd[0] < 0) {
        file_put(end[1]);
        return fd[0];
    }
    fd[1] = fd_install(end[1], 0, flags & O_CLOEXEC);
    if (fd[1] < 0 || copy_to_user(a[0], fd, sizeof fd)) {
        uint64_t first = (uint64_t)fd[0], second = (uint64_t)fd[1];

        (void)sys_close(t, &first);
        if (fd[1] >= 0) {
            (void)sys_close(t, &second);
            return -EFAULT;
        }
        return fd[1];
    }
    return 0;
}
