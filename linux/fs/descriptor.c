/* Open files and descriptors. */
#include <asm/ioctls.h>
#include <linux/close_range.h>
#include <linux/inotify.h>
#include <linux/resource.h>
#include <string.h>

#include "../task/task.h"
#include "dentry.h"
#include "locks.h"

/* ---- open files ---- */

struct file *file_alloc(const struct file_ops *ops, struct inode *inode, uint32_t flags)
{
    struct file *f = heap_alloc(sizeof *f);

    if (f) {
        f->ops = ops;
        f->inode = inode;
        f->refs = 1;
        f->flags = flags;
        list_init(&f->watches);
    }
    return f;
}

void file_get(struct file *f)
{
    f->refs++;
}

void file_put(struct file *f)
{
    if (f->refs > 1) {
        f->refs--;
        return;
    }
    if (!list_is_empty(&f->watches)) {
        epoll_file_gone(f);
    }
    if (!(f->flags & O_PATH)) {
        file_event(f, (f->flags & O_ACCMODE) == O_RDONLY ? IN_CLOSE_NOWRITE : IN_CLOSE_WRITE);
    }
    locks_file_gone(f);
    if (f->ops->release) {
        f->ops->release(f);
    }
    struct path at = { f->mount, f->dentry };

    path_put(&at);
    f->inode->writers -= f->is_writer;
    inode_put(f->inode);
    heap_free(f);
}

/* Files without a name live in a file system of their own. */
static struct super anonymous_super;
static const struct inode_ops anonymous_ops;
static const struct file_system anonymous_type = { .name = "anon_inodefs", .is_virtual = true };

int file_new_anonymous(const char *name, const struct file_ops *ops, void *data, uint32_t flags,
                       struct file **out)
{
    static uint64_t number;
    struct inode *i;
    struct file *f;

    anonymous_super.type = &anonymous_type;
    anonymous_super.device = 0xd;
    i = inode_new(&anonymous_super, 0600);
    if (!i) {
        return -ENOMEM;
    }
    i->ops = &anonymous_ops;
    i->number = ++number;
    i->data = (void *)(uintptr_t)name;
    f = file_alloc(ops, i, flags);
    if (!f) {
        inode_put(i);
        return -ENOMEM;
    }
    f->data = data;
    *out = f;
    return 0;
}

const char *file_anonymous_name(const struct file *f)
{
    return f->inode->super == &anonymous_super ? f->inode->data : NULL;
}

/* ---- tables ---- */

static struct file **slot_of(struct file_table *t, int fd)
{
    return (unsigned)fd < t->room && t->file[fd] ? &t->file[fd] : NULL;
}

struct file *fd_file(int fd)
{
    struct file_table *t = current->process->files;
    struct file *f = (unsigned)fd < t->room ? t->file[fd] : NULL;

    if (f) {
        f->refs++;
    }
    return f;
}

struct file *fd_file_of(struct process *p, int fd)
{
    struct file **f = p->files ? slot_of(p->files, fd) : NULL;

    if (f) {
        file_get(*f);
    }
    return f ? *f : NULL;
}

static bool table_grow(struct file_table *t, uint32_t room)
{
    struct file **file = heap_alloc(room * sizeof *file);
    uint64_t *bits = heap_alloc(room / 8);

    if (!file || !bits) {
        heap_free(file);
        heap_free(bits);
        return false;
    }
    if (t->room) {
        memcpy(file, t->file, t->room * sizeof *file);
        memcpy(bits, t->close_on_exec, t->room / 8);
    }
    heap_free(t->file);
    heap_free(t->close_on_exec);
    t->file = file;
    t->close_on_exec = bits;
    t->room = room;
    return true;
}

static void set_close_on_exec(struct file_table *t, int fd, bool on)
{
    uint64_t bit = 1ull << fd % 64;

    t->close_on_exec[fd / 64] =
        on ? t->close_on_exec[fd / 64] | bit : t->close_on_exec[fd / 64] & ~bit;
}

/* The lowest free descriptor from `from` on, or -EMFILE. */
static int free_descriptor(struct file_table *t, int from, uint64_t limit)
{
    uint32_t fd = (uint32_t)from > t->next ? (uint32_t)from : t->next;

    while (fd < t->room && t->file[fd]) {
        fd++;
    }
    if (fd >= limit) {
        return -EMFILE;
    }
    if (fd >= t->room) {
        uint32_t room = t->room ? t->room : 64;

        while (room <= fd) {
            room *= 2;
        }
        if (!table_grow(t, room)) {
            return -ENOMEM;
        }
    }
    if ((uint32_t)from <= t->next) {
        t->next = fd;
    }
    return (int)fd;
}

int fd_install(struct file *f, int from, bool close_on_exec)
{
    struct process *p = current->process;
    int fd = free_descriptor(p->files, from, p->limit[RLIMIT_NOFILE].soft);

    if (fd < 0) {
        file_put(f);
        return fd;
    }
    p->files->file[fd] = f;
    set_close_on_exec(p->files, fd, close_on_exec);
    return fd;
}

/* A descriptor goes. */
static int close_file(struct process *p, struct file *f)
{
    int err = f->ops->flush ? f->ops->flush(f) : 0;

    if (f->inode->locks) {
        locks_process_closes(f->inode, p);
    }
    file_put(f);
    return err;
}

static int close_fd(struct process *p, int fd)
{
    struct file_table *t = p->files;
    struct file **slot = slot_of(t, fd), *f;

    if (!slot) {
        return -EBADF;
    }
    f = *slot;
    *slot = NULL;
    if ((uint32_t)fd < t->next) {
        t->next = (uint32_t)fd;
    }
    return close_file(p, f);
}

int file_table_fork(struct file_table *from, bool share, struct file_table **out)
{
    struct file_table *t = from;

    if (from && share) {
        from->refs++;
        *out = from;
        return 0;
    }
    t = heap_alloc(sizeof *t);
    if (!t) {
        return -ENOMEM;
    }
    t->refs = 1;
    if (from) {
        if (!table_grow(t, from->room)) {
            heap_free(t);
            return -ENOMEM;
        }
        t->next = from->next;
        memcpy(t->close_on_exec, from->close_on_exec, from->room / 8);
        for (uint32_t i = 0; i < from->room; i++) {
            t->file[i] = from->file[i];
            if (t->file[i]) {
                t->file[i]->refs++;
            }
        }
    } else if (!table_grow(t, 64)) {
        heap_free(t);
        return -ENOMEM;
    }
    *out = t;
    return 0;
}

void file_table_close_all(struct process *p)
{
    struct file_table *t = p->files;

    if (t->refs == 1) {
        for (uint32_t i = 0; i < t->room; i++) {
            if (t->file[i]) {
                (void)close_fd(p, (int)i);
            }
        }
    }
}

void file_table_put(struct file_table *t)
{
    if (--t->refs) {
        return;
    }
    for (uint32_t i = 0; i < t->room; i++) {
        if (t->file[i]) {
            file_put(t->file[i]);
        }
    }
    heap_free(t->file);
    heap_free(t->close_on_exec);
    heap_free(t);
}

/* The process has a table of its own. */
static int unshare_files(struct process *p)
{
    struct file_table *own;
    int err;

    if (p->files->refs == 1) {
        return 0;
    }
    err = file_table_fork(p->files, false, &own);
    if (!err) {
        file_table_put(p->files);
        p->files = own;
    }
    return err;
}

void file_table_exec(struct process *p)
{
    struct file_table *t;

    (void)unshare_files(p);
    t = p->files;
    for (uint32_t w = 0; w < t->room / 64; w++) {
        while (t->close_on_exec[w]) {
            int fd = (int)(w * 64) + __builtin_ctzll(t->close_on_exec[w]);

            set_close_on_exec(t, fd, false);
            (void)close_fd(p, fd);
        }
    }
}

bool fd_is_close_on_exec(struct process *p, int fd)
{
    return p->files->close_on_exec[fd / 64] >> fd % 64 & 1;
}

/* ---- calls ---- */

long sys_close(struct task *t, const uint64_t *a)
{
    int err;

    if ((uint32_t)a[0] < t->process->files->room) {
        set_close_on_exec(t->process->files, (int)a[0], false);
    }
    err = close_fd(t->process, (int)a[0]);
    return err == -ERESTARTSYS ? -EINTR : err;
}

long sys_close_range(struct task *t, const uint64_t *a)
{
    uint32_t first = (uint32_t)a[0], last = (uint32_t)a[1];
    struct file_table *f;
    int err = 0;

    if (a[2] & ~(uint64_t)(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC) || first > last) {
        return -EINVAL;
    }
    if (a[2] & CLOSE_RANGE_UNSHARE) {
        err = unshare_files(t->process);
    }
    f = t->process->files;
    for (uint32_t fd = first; !err && fd < f->room && fd <= last; fd++) {
        if (!f->file[fd]) {
            continue;
        }
        if (a[2] & CLOSE_RANGE_CLOEXEC) {
            set_close_on_exec(f, (int)fd, true);
        } else {
            set_close_on_exec(f, (int)fd, false);
            (void)close_fd(t->process, (int)fd);
        }
    }
    return err;
}

long sys_dup(struct task *t, const uint64_t *a)
{
    struct file *f = fd_file((int)a[0]);

    (void)t;
    return f ? fd_install(f, 0, false) : -EBADF;
}

long sys_dup3(struct task *t, const uint64_t *a)
{
    struct process *p = t->process;
    int to = (int)a[1], fd;
    struct file *f, *old;

    if (a[2] & ~(uint64_t)O_CLOEXEC || (int)a[0] == to) {
        return -EINVAL;
    }
    if (to < 0 || (uint64_t)to >= p->limit[RLIMIT_NOFILE].soft) {
        return -EBADF;
    }
    f = fd_file((int)a[0]);
    if (!f) {
        return -EBADF;
    }
    if ((uint32_t)to >= p->files->room) {
        fd = free_descriptor(p->files, to, p->limit[RLIMIT_NOFILE].soft);
        if (fd < 0) {
            file_put(f);
            return fd;
        }
    }
    old = p->files->file[to];
    p->files->file[to] = f;
    set_close_on_exec(p->files, to, a[2] & O_CLOEXEC);
    if (old) {
        (void)close_file(p, old);
    }
    return to;
}

static long get_set_flags(struct task *t, int fd, struct file *f, bool set, uint64_t value)
{
    const uint32_t changeable = O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME | FASYNC;

    (void)t, (void)fd;
    if (!set) {
        return f->flags & ~(uint32_t)(O_CLOEXEC | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC);
    }
    f->flags = (f->flags & ~changeable) | ((uint32_t)value & changeable);
    return 0;
}

static long owner(struct file *f, uint32_t command, uint64_t value)
{
    struct f_owner_ex ex;

    switch (command) {
    case F_SETOWN:
        if ((int)value == INT32_MIN) {
            return -EINVAL;
        }
        f->owner = (int)value;
        return 0;
    case F_GETOWN:
        return f->owner;
    case F_SETOWN_EX:
        if (copy_from_user(&ex, value, sizeof ex)) {
            return -EFAULT;
        }
        if (ex.type < F_OWNER_TID || ex.type > F_OWNER_PGRP) {
            return -EINVAL;
        }
        f->owner = ex.type == F_OWNER_PGRP ? -ex.pid : ex.pid;
        return 0;
    default:
        ex.type = f->owner < 0 ? F_OWNER_PGRP : F_OWNER_PID;
        ex.pid = f->owner < 0 ? -f->owner : f->owner;
        return copy_to_user(value, &ex, sizeof ex);
    }
}

static long control(struct task *t, int fd, struct file *f, uint32_t command, uint64_t value)
{
    switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        if (value >= t->process->limit[RLIMIT_NOFILE].soft) {
            return -EINVAL;
        }
        file_get(f);
        return fd_install(f, (int)value, command == F_DUPFD_CLOEXEC);
    case F_GETFD:
        return fd_is_close_on_exec(t->process, fd) ? FD_CLOEXEC : 0;
    case F_SETFD:
        set_close_on_exec(t->process->files, fd, value & FD_CLOEXEC);
        return 0;
    case F_GETFL:
        return get_set_flags(t, fd, f, false, 0);
    case F_SETFL:
        return get_set_flags(t, fd, f, true, value);
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_GETLK:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
        return locks_control(f, command, value);
    case F_SETOWN:
    case F_GETOWN:
    case F_SETOWN_EX:
    case F_GETOWN_EX:
        return owner(f, command, value);
    case F_SETSIG:
        if (value > SIGNALS) {
            return -EINVAL;
        }
        f->owner_signal = (uint32_t)value;
        return 0;
    case F_GETSIG:
        return f->owner_signal;
    case F_SETPIPE_SZ:
    case F_GETPIPE_SZ:
        return pipe_size(f, command == F_SETPIPE_SZ, value);
    case F_ADD_SEALS:
    case F_GET_SEALS:
        return memory_seals(f, command == F_ADD_SEALS, value);
    case F_NOTIFY:
        if (!(f->inode && S_ISDIR(f->inode->mode))) {
            return -ENOTDIR;
        }
        if (!((uint32_t)value & ~DN_MULTISHOT)) {
            return 0; /* wants to be told of nothing any more */
        }
        unimplemented("fcntl", command);
        return -EINVAL;
    case F_SETLEASE:
    case F_GETLEASE:
    default:
        unimplemented("fcntl", command);
        return -EINVAL;
    }
}

long sys_fcntl(struct task *t, const uint64_t *a)
{
    struct file *f = fd_file((int)a[0]);
    long result;

    if (!f) {
        return -EBADF;
    }
    if (f->flags & O_PATH && a[1] != F_DUPFD && a[1] != F_DUPFD_CLOEXEC && a[1] != F_GETFD &&
        a[1] != F_SETFD && a[1] != F_GETFL) {
        result = -EBADF;
    } else {
        result = control(t, (int)a[0], f, (uint32_t)a[1], a[2]);
    }
    file_put(f);
    return result;
}

long sys_ioctl(struct task *t, const uint64_t *a)
{
    struct file *f = fd_file((int)a[0]);
    uint32_t command = (uint32_t)a[1];
    long result = 0;
    int value;

    if (!f || f->flags & O_PATH) {
        if (f) {
            file_put(f);
        }
        return -EBADF;
    }
    switch (command) {
    case FIOCLEX:
    case FIONCLEX:
        set_close_on_exec(t->process->files, (int)a[0], command == FIOCLEX);
        break;
    case FIONBIO:
        result = copy_from_user(&value, a[2], sizeof value);
        if (!result) {
            f->flags = value ? f->flags | O_NONBLOCK : f->flags & ~(uint32_t)O_NONBLOCK;
        }
        break;
    default:
        if (f->ops->ioctl) {
            result = f->ops->ioctl(f, command, a[2]);
        } else if (command == FIONREAD && (f->inode->mode & S_IFMT) == S_IFREG) {
            value = f->inode->size > f->position ? (int)(f->inode->size - f->position) : 0;
            result = copy_to_user(a[2], &value, sizeof value);
        } else {
            result = -ENOTTY;
        }
    }
    file_put(f);
    return result;
}
