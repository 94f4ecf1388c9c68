/* Pseudo-terminals: the master side /dev/ptmx, the slaves /dev/pts/N (pty(7)). */
#include <asm/errno.h>
#include <linux/eventpoll.h>
#include <stdio.h>
#include <string.h>

#include "../fs/dentry.h"
#include "../fs/device.h"
#include "../task/process.h"
#include "tty.h"

#define PTYS_MAX   256u
#define TURN_BYTES 65536 /* written to the master at once; then others have their turn */
#define TURN_NS    1000

struct pty {
    struct tty *slave;
    unsigned number, slaves; /* open slaves */
    bool is_locked, has_master, was_opened;
    struct wait_queue master; /* who reads or writes it */
    struct inode *node;
};

static struct pty *pty_of[PTYS_MAX];
static struct super *devpts;

static void to_master(struct tty *t)
{
    wake_all(&t->pty->master, EPOLLIN | EPOLLRDNORM);
}

static void pty_free(struct pty *p)
{
    pty_of[p->number] = NULL;
    if (p->node) {
        p->node->links = 0;
        inode_put(p->node);
    }
    heap_free(p->slave);
    heap_free(p);
}

/* ---- the master ---- */

static int master_open(struct file *f)
{
    struct pty *p = heap_alloc(sizeof *p);
    unsigned n = 0;

    while (n < PTYS_MAX && pty_of[n]) {
        n++;
    }
    if (!p || n == PTYS_MAX) {
        heap_free(p);
        return p ? -ENOSPC : -ENOMEM;
    }
    p->slave = tty_new(136, n);
    if (!p->slave) {
        heap_free(p);
        return -ENOMEM;
    }
    p->number = n;
    p->is_locked = p->has_master = true;
    p->slave->pty = p;
    p->slave->start_output = to_master;
    p->slave->name = "pts";
    wait_queue_init(&p->master);
    pty_of[n] = p;
    f->data = p;
    return 0;
}

static long master_read(struct file *f, struct uio *u, uint64_t *position)
{
    struct pty *p = f->data;
    struct tty *t = p->slave;
    uint8_t part[256];
    long done = 0;

    (void)position;
    for (;;) {
        int err;

        if (t->packet_mode && t->packet) {
            uint8_t what = t->packet;

            t->packet = 0;
            return uio_put(u, &what, 1) ? 1 : -EFAULT;
        }
        if (t->out_head != t->out_tail && !t->is_stopped) {
            break;
        }
        if (!p->slaves && p->was_opened) {
            return -EIO;
        }
        if (f->flags & O_NONBLOCK) {
            return -EAGAIN;
        }
        err = wait_on(&p->master, TIME_NEVER, WAIT_INTERRUPTIBLE);
        if (err) {
            return err;
        }
    }
    if (t->packet_mode) {
        static const uint8_t data = TIOCPKT_DATA;

        done += (long)uio_put(u, &data, 1);
    }
    while (u->left) {
        size_t n = tty_take_output(t, part, u->left < sizeof part ? u->left : sizeof part);

        if (!n) {
            break;
        }
        n = uio_put(u, part, n);
        done += (long)n;
        if (!n) {
            return done ? done : -EFAULT;
        }
    }
    tty_output_done(t);
    return done;
}

static long master_write(struct file *f, struct uio *u, uint64_t *position)
{
    struct pty *p = f->data;
    uint8_t part[256];
    long done = 0, turn = 0;

    (void)position;
    while (u->left) {
        size_t room = tty_room(p->slave), n;
        int err;

        if (!room) {
            if (done || f->flags & O_NONBLOCK) {
                return done ? done : -EAGAIN;
            }
            err = wait_on(&p->slave->readers, TIME_NEVER, WAIT_INTERRUPTIBLE);
            if (err) {
                return err;
            }
            continue;
        }
        n = uio_get(u, part, room < sizeof part ? room : sizeof part);
        if (!n) {
            return done ? done : -EFAULT;
        }
        tty_input(p->slave, part, n);
        done += (long)n;
        if (done - turn >=
            TURN_BYTES) { /* a line without end is thrown away as fast as it is written */
            if (signal_is_pending(current)) {
                return done;
            }
            fiber_pause(TURN_NS);
            turn = done;
        }
    }
    return done;
}

static uint32_t master_poll(struct file *f, struct poll_wait *w)
{
    struct pty *p = f->data;
    struct tty *t = p->slave;

    poll_add(w, &p->master);
    poll_add(w, &t->readers);
    return ((t->out_head != t->out_tail && !t->is_stopped) || (t->packet_mode && t->packet)
                ? EPOLLIN | EPOLLRDNORM
                : 0) |
           (tty_room(t) ? EPOLLOUT | EPOLLWRNORM : 0) |
           (!p->slaves && p->was_opened ? EPOLLHUP : 0);
}

static long open_peer(struct pty *p, uint32_t flags)
{
    char name[24];
    struct file *f;
    int err;

    snprintf(name, sizeof name, "/dev/pts/%u", p->number);
    err = file_open(AT_FDCWD, name, flags & (O_ACCMODE | O_NOCTTY | O_NONBLOCK | O_CLOEXEC), 0, &f);
    return err ? err : fd_install(f, 0, flags & O_CLOEXEC);
}

static long master_ioctl(struct file *f, uint32_t command, uint64_t argument)
{
    struct pty *p = f->data;
    int value;

    switch (command) {
    case TIOCGPTN:
        return copy_to_user(argument, &p->number, sizeof p->number);
    case TIOCSPTLCK:
        if (copy_from_user(&value, argument, sizeof value)) {
            return -EFAULT;
        }
        p->is_locked = value != 0;
        return 0;
    case TIOCGPTLCK:
        value = p->is_locked;
        return copy_to_user(argument, &value, sizeof value);
    case TIOCGPTPEER:
        return open_peer(p, (uint32_t)argument);
    case TIOCPKT:
        if (copy_from_user(&value, argument, sizeof value)) {
            return -EFAULT;
        }
        p->slave->packet_mode = value != 0;
        p->slave->packet = 0;
        return 0;
    case TIOCGPKT:
        value = p->slave->packet_mode;
        return copy_to_user(argument, &value, sizeof value);
    case FIONREAD:
        value = (int)(p->slave->out_head - p->slave->out_tail);
        return copy_to_user(argument, &value, sizeof value);
    case TIOCSIG:
        if (argument < 1 || argument > SIGNALS) {
            return -EINVAL;
        }
        if (p->slave->foreground) {
            signal_send_group(p->slave->foreground, (int)argument, NULL);
        }
        return 0;
    default: {
        struct file as_slave = *f;

        as_slave.data = p->slave;
        return tty_ioctl(&as_slave, command, argument);
    }
    }
}

static void master_release(struct file *f)
{
    struct pty *p = f->data;

    p->has_master = false;
    tty_hang_up(p->slave);
    if (!p->slaves) {
        pty_free(p);
    }
}

static const struct file_ops master_ops = { .open = master_open,
                                            .read = master_read,
                                            .write = master_write,
                                            .ioctl = master_ioctl,
                                            .poll = master_poll,
                                            .release = master_release,
                                            .is_stream = true };

/* ---- the slaves ---- */

static int slave_open(struct file *f)
{
    unsigned n = (unsigned)(f->inode->device & 0xff);
    struct pty *p = n < PTYS_MAX ? pty_of[n] : NULL;

    if (!p || !p->has_master || p->is_locked) {
        return -EIO;
    }
    p->slaves++;
    p->was_opened = true;
    tty_opened(p->slave, f);
    return 0;
}

static void slave_release(struct file *f)
{
    struct tty *t = f->data;
    struct pty *p = t->pty;

    t->refs--;
    if (--p->slaves == 0) {
        wake_all(&p->master, EPOLLHUP | EPOLLIN);
        if (!p->has_master) {
            LIST_FOR(l, &processes)
            {
                struct process *o = CONTAINER(l, struct process, all);

                if (o->tty == t) {
                    o->tty = NULL;
                }
            }
            pty_free(p);
        }
    }
}

/* A slave was opened by its name, or as /dev/tty: it counts, too. */
static const struct file_ops slave_ops = { .open = slave_open,
                                           .read = tty_read,
                                           .write = tty_write,
                                           .ioctl = tty_ioctl,
                                           .poll = tty_poll,
                                           .release = slave_release,
                                           .is_stream = true };

const struct file_ops *pty_slave_ops(void)
{
    current->process->tty->pty->slaves++;
    return &slave_ops;
}

/* ---- devpts ---- */

static struct inode *node_of(struct pty *p)
{
    static const struct inode_ops ops;

    if (!p->node) {
        struct inode *i = inode_new(devpts, S_IFCHR | 0620);

        if (!i) {
            return NULL;
        }
        i->ops = &ops;
        i->file_ops = &device_node_ops;
        i->number = p->number + 3;
        i->device = DEVICE(136, p->number);
        i->gid = 5; /* tty */
        p->node = i;
    }
    inode_get(p->node);
    return p->node;
}

static int devpts_lookup(struct inode *dir, const char *name, size_t bytes, struct inode **out)
{
    unsigned n = 0;

    if (bytes == 4 && memcmp(name, "ptmx", 4) == 0) {
        *out = dir->data;
        inode_get(*out);
        return 0;
    }
    for (size_t i = 0; i < bytes; i++) {
        if (name[i] < '0' || name[i] > '9' || n >= PTYS_MAX) {
            return -ENOENT;
        }
        n = n * 10 + (unsigned)(name[i] - '0');
    }
    if (!bytes || n >= PTYS_MAX || !pty_of[n]) {
        return -ENOENT;
    }
    *out = node_of(pty_of[n]);
    return *out ? 0 : -ENOMEM;
}

static int devpts_iterate(struct file *f, struct dir_sink *to)
{
    for (uint64_t at = f->position; at < PTYS_MAX + 3; at = ++f->position) {
        char name[8];
        int n;

        if (at < 2) {
            if (!to->put(to, "..", at + 1, 1, 4, at + 1)) {
                return 0;
            }
            continue;
        }
        if (at == 2) {
            if (!to->put(to, "ptmx", 4, 2, 2, 3)) {
                return 0;
            }
            continue;
        }
        if (!pty_of[at - 3]) {
            continue;
        }
        n = snprintf(name, sizeof name, "%u", (unsigned)(at - 3));
        if (!to->put(to, name, (size_t)n, at, 2, at + 1)) {
            return 0;
        }
    }
    return 0;
}

static int devpts_mount(struct super *s, const char *source, const char *options)
{
    static const struct inode_ops dir_ops = { .lookup = devpts_lookup }, node_ops;
    static const struct file_ops dir_file_ops = { .iterate = devpts_iterate };
    struct inode *root = inode_new(s, S_IFDIR | 0755), *ptmx = inode_new(s, S_IFCHR | 0666);

    (void)source, (void)options;
    if (!root || !ptmx) {
        heap_free(root);
        heap_free(ptmx);
        return -ENOMEM;
    }
    root->ops = &dir_ops;
    root->file_ops = &dir_file_ops;
    root->links = 2;
    root->number = 1;
    ptmx->ops = &node_ops;
    ptmx->file_ops = &device_node_ops;
    ptmx->device = DEVICE(5, 2);
    ptmx->number = 2;
    root->data = ptmx;
    s->root = root;
    devpts = s;
    return 0;
}

static const struct file_system devpts_type = {
    .name = "devpts", .is_volatile = true, .is_virtual = true, .mount = devpts_mount
};

void pty_start(void)
{
    file_system_register(&devpts_type);
    device_register(S_IFCHR, 5, 2, 1, &master_ops);
    device_register(S_IFCHR, 136, 0, PTYS_MAX, &slave_ops);
    (void)device_node("ptmx", S_IFCHR | 0666, 5, 2);
}
