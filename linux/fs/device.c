/* Device files: who answers for which number; null, zero, full, random, urandom, kmsg. */
#include "device.h"

#include <asm/ioctls.h>
#include <linux/eventpoll.h>
#include <linux/random.h>
#include <string.h>

#include "../task/random.h"
#include "../task/task.h"
#include "dentry.h"
#include "tmpfs.h"

#define RANGES 32u

static struct range {
    uint32_t kind, major, first, count;
    const struct file_ops *ops;
} range[RANGES];

void device_register(uint32_t kind, uint32_t major, uint32_t first_minor, uint32_t count,
                     const struct file_ops *ops)
{
    for (unsigned i = 0; i < RANGES; i++) {
        if (!range[i].ops) {
            range[i] = (struct range){ kind, major, first_minor, count, ops };
            return;
        }
    }
}

static int open_device(struct file *f)
{
    const struct inode *i = f->inode;
    uint32_t major = (uint32_t)(i->device >> 8 & 0xfff), minor = (uint32_t)(i->device & 0xff);

    for (unsigned n = 0; n < RANGES && range[n].ops; n++) {
        const struct range *r = &range[n];

        if (r->kind == (i->mode & S_IFMT) && r->major == major && minor - r->first < r->count) {
            f->ops = r->ops;
            return f->ops->open ? f->ops->open(f) : 0;
        }
    }
    return -ENXIO;
}

const struct file_ops device_node_ops = { .open = open_device };

int device_node(const char *name, uint32_t mode, uint32_t major, uint32_t minor)
{
    struct path dev;
    struct dentry *d;
    struct inode *i;
    int err = path_walk(AT_FDCWD, "/dev", WALK_FOLLOW, &dev);

    if (err) {
        return err;
    }
    err = dentry_lookup(dev.dentry, name, strlen(name), &d);
    if (!err && !d->inode) {
        err = dev.dentry->inode->ops->create(dev.dentry->inode, name, strlen(name), mode,
                                             DEVICE(major, minor), &i);
        if (!err) {
            dentry_set(d, i);
        }
        dentry_put(d);
    }
    path_put(&dev);
    return err;
}

/* ---- memory devices ---- */

static long read_null(struct file *f, struct uio *u, uint64_t *position)
{
    (void)f, (void)u, (void)position;
    return 0;
}

static long write_null(struct file *f, struct uio *u, uint64_t *position)
{
    long n = (long)u->left;

    (void)f, (void)position;
    u->left = 0;
    return n;
}

static long read_zero(struct file *f, struct uio *u, uint64_t *position)
{
    size_t want = u->left, n = uio_zero(u, want);

    (void)f, (void)position;
    return n || !want ? (long)n : -EFAULT;
}

static long write_full(struct file *f, struct uio *u, uint64_t *position)
{
    (void)f, (void)u, (void)position;
    return -ENOSPC;
}

static long read_random(struct file *f, struct uio *u, uint64_t *position)
{
    uint8_t part[256];
    long done = 0;

    (void)f, (void)position;
    while (u->left && random_may_go_on((uint64_t)done)) {
        size_t n = u->left < sizeof part ? u->left : sizeof part, moved;

        random_bytes(part, n);
        moved = uio_put(u, part, n);
        done += (long)moved;
        if (moved < n) {
            return done ? done : -EFAULT;
        }
    }
    return done;
}

static long write_random(struct file *f, struct uio *u, uint64_t *position)
{
    uint8_t part[256];
    long done = 0;

    (void)f, (void)position;
    while (u->left && random_may_go_on((uint64_t)done)) {
        size_t n = uio_get(u, part, sizeof part);

        if (!n) {
            return done ? done : -EFAULT;
        }
        random_seed(part, n);
        done += (long)n;
    }
    return done;
}

static long random_ioctl(struct file *f, uint32_t command, uint64_t argument)
{
    int bits = 256;

    (void)f;
    switch (command) {
    case RNDGETENTCNT:
        return copy_to_user(argument, &bits, sizeof bits);
    case RNDADDTOENTCNT:
    case RNDADDENTROPY:
    case RNDZAPENTCNT:
    case RNDCLEARPOOL:
        return is_capable(&current->process->cred, 21) ? 0 : -EPERM;
    default:
        return -EINVAL;
    }
}

static long seek_nowhere(struct file *f, int64_t offset, int whence)
{
    (void)f, (void)offset, (void)whence;
    return 0;
}

static uint32_t always_ready(struct file *f, struct poll_wait *w)
{
    (void)f, (void)w;
    return EPOLLIN | EPOLLRDNORM | EPOLLOUT | EPOLLWRNORM;
}

static int map_zero(struct file *f, uint32_t prot, uint32_t flags)
{
    (void)f, (void)prot, (void)flags;
    return 0;
}

static long write_kmsg(struct file *f, struct uio *u, uint64_t *position)
{
    char line[200];
    size_t n = uio_get(u, line, sizeof line - 1);

    (void)f, (void)position;
    line[n] = 0;
    while (n && line[n - 1] == '\n') {
        line[--n] = 0;
    }
    log_line("%s", line);
    u->left = 0;
    return (long)n + 1;
}

#define COMMON .seek = seek_nowhere, .poll = always_ready
static const struct file_ops null_ops = { .read = read_null, .write = write_null, COMMON };
static const struct file_ops zero_ops = {
    .read = read_zero, .write = write_null, .map = map_zero, .map_anonymous = true, COMMON
};
static const struct file_ops full_ops = { .read = read_zero, .write = write_full, COMMON };
static const struct file_ops random_ops = {
    .read = read_random, .write = write_random, .ioctl = random_ioctl, COMMON
};
static const struct file_ops kmsg_ops = { .read = read_null, .write = write_kmsg, COMMON };

static const struct {
    const char *name;
    uint32_t minor, mode;
    const struct file_ops *ops;
} memory_device[] = {
    { "null", 3, 0666, &null_ops },      { "zero", 5, 0666, &zero_ops },
    { "full", 7, 0666, &full_ops },      { "random", 8, 0666, &random_ops },
    { "urandom", 9, 0666, &random_ops }, { "kmsg", 11, 0644, &kmsg_ops },
};

static int name_link(const char *name, const char *target)
{
    struct path dev;
    struct inode *i;
    int err = path_walk(AT_FDCWD, "/dev", WALK_FOLLOW, &dev);

    if (!err) {
        err = dev.dentry->inode->ops->symlink(dev.dentry->inode, name, strlen(name), target, &i);
        if (!err) {
            inode_put(i);
        }
        path_put(&dev);
    }
    return err;
}

void devices_start(void)
{
    for (unsigned i = 0; i < sizeof memory_device / sizeof *memory_device; i++) {
        device_register(S_IFCHR, 1, memory_device[i].minor, 1, memory_device[i].ops);
        (void)device_node(memory_device[i].name, S_IFCHR | memory_device[i].mode, 1,
                          memory_device[i].minor);
    }
    (void)name_link("fd", "/proc/self/fd");
    (void)name_link("stdin", "/proc/self/fd/0");
    (void)name_link("stdout", "/proc/self/fd/1");
    (void)name_link("stderr", "/proc/self/fd/2");
}
