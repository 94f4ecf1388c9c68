/* Calls that change directories: mkdir, mknod, symlink, link, unlink, rename; and attributes of files. */
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/inotify.h>
#include <linux/resource.h>
#include <string.h>

#include "../task/task.h"
#include "../task/times.h"
#include "dentry.h"
#include "locks.h"
#include "tmpfs.h"

/* The directory of a path in user memory, and the name in it. */
struct place {
    char text[PATH_BYTES_MAX];
    struct path dir;
    struct last last;
};

static int place_find(struct place *p, int dirfd, uint64_t path)
{
    long n = copy_text_from_user(p->text, path, sizeof p->text);

    return n < 0 ? (int)n : path_parent(dirfd, p->text, &p->dir, &p->last);
}

static bool is_dots(const struct last *l)
{
    return (l->bytes == 1 && l->name[0] == '.') || (l->bytes == 2 && memcmp(l->name, "..", 2) == 0);
}

static void place_free(struct place *p)
{
    if (p) {
        path_put(&p->dir);
        heap_free(p);
    }
}

enum make { MAKE_NODE, MAKE_LINK, MAKE_SYMLINK };

/* Make a name: what is there already is EEXIST. */
static int make(struct place *p, enum make what, uint32_t mode, uint64_t device, struct inode *to,
                const char *target)
{
    struct inode *dir = p->dir.dentry->inode, *i = NULL;
    struct dentry *child;
    int err;

    if (!p->last.bytes || is_dots(&p->last)) {
        return -EEXIST;
    }
    lock_take(&dir->lock);
    err = dentry_lookup(p->dir.dentry, p->last.name, p->last.bytes, &child);
    if (err) {
        lock_drop(&dir->lock);
        return err;
    }
    if (child->inode) {
        err = -EEXIST;
    } else if (p->last.needs_directory && (mode & S_IFMT) != S_IFDIR) {
        err = -ENOENT;
    } else if (!dir->links) {
        err = -ENOENT;
    } else {
        err = dir_may_change(&p->dir);
    }
    if (!err) {
        const char *name = p->last.name;
        size_t bytes = p->last.bytes;

        switch (what) {
        case MAKE_NODE:
            err = dir->ops->create ? dir->ops->create(dir, name, bytes, mode, device, &i) : -EPERM;
            break;
        case MAKE_LINK:
            err = dir->ops->link ? dir->ops->link(dir, name, bytes, to) : -EPERM;
            if (!err) {
                inode_get(to);
                i = to;
            }
            break;
        case MAKE_SYMLINK:
            err = dir->ops->symlink ? dir->ops->symlink(dir, name, bytes, target, &i) : -EPERM;
            break;
        }
    }
    if (!err) {
        dentry_set(child, i);
        inode_event(dir, IN_CREATE | ((i->mode & S_IFMT) == S_IFDIR ? IN_ISDIR : 0), child->name,
                    0);
    }
    dentry_put(child);
    lock_drop(&dir->lock);
    return err;
}

static struct place *place_new(int dirfd, uint64_t path, int *err)
{
    struct place *p = heap_alloc(sizeof *p);

    *err = p ? place_find(p, dirfd, path) : -ENOMEM;
    if (*err) {
        place_free(p);
        return NULL;
    }
    return p;
}

static uint32_t without_umask(struct task *t, uint64_t mode)
{
    return (uint32_t)mode & 07777 & ~t->process->fs->umask;
}

long sys_mkdirat(struct task *t, const uint64_t *a)
{
    int err;
    struct place *p = place_new((int)a[0], a[1], &err);

    if (p) {
        err = make(p, MAKE_NODE, S_IFDIR | (without_umask(t, a[2]) & 01777), 0, NULL, NULL);
        place_free(p);
    }
    return err;
}

long sys_mknodat(struct task *t, const uint64_t *a)
{
    uint32_t type = (uint32_t)a[2] & S_IFMT;
    struct place *p;
    int err;

    if (type == S_IFDIR) {
        return -EPERM;
    }
    if (type && type != S_IFREG && type != S_IFIFO && type != S_IFSOCK && type != S_IFCHR &&
        type != S_IFBLK) {
        return -EINVAL;
    }
    p = place_new((int)a[0], a[1], &err);
    if (p) {
        if ((type == S_IFCHR || type == S_IFBLK) &&
            !is_capable(&t->process->cred, 27 /* CAP_MKNOD */)) {
            err = -EPERM;
        } else {
            err = make(p, MAKE_NODE, (type ? type : S_IFREG) | without_umask(t, a[2]),
                       (uint32_t)a[3], NULL, NULL);
        }
        place_free(p);
    }
    return err;
}

int make_socket_node(const char *path, struct inode **out)
{
    struct place *p = heap_alloc(sizeof *p);
    struct path made;
    int err;

    if (!p) {
        return -ENOMEM;
    }
    err = path_parent(AT_FDCWD, path, &p->dir, &p->last);
    if (!err) {
        err = make(p, MAKE_NODE, S_IFSOCK | without_umask(current, 0777), 0, NULL, NULL);
        err = err ? err : path_walk(AT_FDCWD, path, 0, &made);
    }
    if (!err) {
        *out = made.dentry->inode;
        inode_get(*out);
        path_put(&made);
    }
    place_free(p);
    return err;
}

long sys_symlinkat(struct task *t, const uint64_t *a)
{
    char *target = heap_alloc(PATH_BYTES_MAX);
    long n = target ? copy_text_from_user(target, a[0], PATH_BYTES_MAX) : -ENOMEM;
    int err = n < 0 ? (int)n : n == 0 ? -ENOENT : 0;
    struct place *p = err ? NULL : place_new((int)a[1], a[2], &err);

    (void)t;
    if (p) {
        err = make(p, MAKE_SYMLINK, S_IFLNK, 0, NULL, target);
        place_free(p);
    }
    heap_free(target);
    return err;
}

long sys_linkat(struct task *t, const uint64_t *a)
{
    struct path from;
    struct place *p;
    uint32_t flags =
        (a[4] & AT_SYMLINK_FOLLOW ? WALK_FOLLOW : 0) | (a[4] & AT_EMPTY_PATH ? WALK_EMPTY : 0);
    int err;

    (void)t;
    if (a[4] & ~(uint64_t)(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) {
        return -EINVAL;
    }
    err = path_walk_user((int)a[0], a[1], flags, &from);
    if (err) {
        return err;
    }
    p = place_new((int)a[2], a[3], &err);
    if (p) {
        struct inode *i = from.dentry->inode;

        err = from.mount->super != p->dir.mount->super ? -EXDEV
              : (i->mode & S_IFMT) == S_IFDIR          ? -EPERM
              : !i->links && !(i->mode & S_IFMT)       ? -ENOENT
                                                       : make(p, MAKE_LINK, i->mode, 0, i, NULL);
        if (!err) {
            inode_event(i, IN_ATTRIB, NULL, 0);
        }
        place_free(p);
    }
    path_put(&from);
    return err;
}

/* ---- removing ---- */

static int remove_checked(struct place *p, struct dentry *child, bool is_rmdir)
{
    struct inode *dir = p->dir.dentry->inode, *i = child->inode;
    bool is_dir = i && (i->mode & S_IFMT) == S_IFDIR;
    int err;

    if (!i) {
        return -ENOENT;
    }
    err = dir_may_remove(&p->dir, i);
    if (err) {
        return err;
    }
    if (is_rmdir && !is_dir) {
        return -ENOTDIR;
    }
    if (!is_rmdir && is_dir) {
        return -EISDIR;
    }
    if (!is_dir && p->last.needs_directory) {
        return -ENOTDIR;
    }
    if (child->mounted) {
        return -EBUSY;
    }
    if (!dir->ops->unlink) {
        return -EPERM;
    }
    inode_get(i);
    child->is_leaving = true;
    err = dir->ops->unlink(dir, child->name, child->bytes, i, is_dir);
    child->is_leaving = false;
    if (!err) {
        dentry_unhash(child);
        inode_event(i, is_dir || !i->links ? IN_DELETE_SELF : IN_ATTRIB, NULL, 0);
        inode_event(dir, IN_DELETE | (is_dir ? IN_ISDIR : 0), child->name, 0);
    }
    inode_put(i);
    return err;
}

static int remove_name(struct place *p, bool is_rmdir)
{
    struct inode *dir = p->dir.dentry->inode;
    struct dentry *child;
    int err;

    if (!p->last.bytes) {
        return is_rmdir ? -EBUSY : -EISDIR;
    }
    if (is_dots(&p->last)) {
        return !is_rmdir ? -EISDIR : p->last.bytes == 1 ? -EINVAL : -ENOTEMPTY;
    }
    lock_take(&dir->lock);
    err = dentry_lookup(p->dir.dentry, p->last.name, p->last.bytes, &child);
    if (!err) {
        err = remove_checked(p, child, is_rmdir);
        dentry_put(child);
    }
    lock_drop(&dir->lock);
    return err;
}

int path_unlink(const char *name)
{
    struct place *p = heap_alloc(sizeof *p);
    int err = p ? path_parent(AT_FDCWD, name, &p->dir, &p->last) : -ENOMEM;

    if (err) {
        heap_free(p);
        return err;
    }
    err = remove_name(p, false);
    place_free(p);
    return err;
}

long sys_unlinkat(struct task *t, const uint64_t *a)
{
    struct place *p;
    int err;

    (void)t;
    if (a[2] & ~(uint64_t)AT_REMOVEDIR) {
        return -EINVAL;
    }
    p = place_new((int)a[0], a[1], &err);
    if (p) {
        err = remove_name(p, a[2] & AT_REMOVEDIR);
        place_free(p);
    }
    return err;
}

/* ---- rename ---- */

static bool is_below(const struct dentry *d, const struct dentry *top)
{
    for (; d->parent != d; d = d->parent) {
        if (d == top) {
            return true;
        }
    }
    return d == top;
}

static int rename_check(struct place *from, struct dentry *old, struct place *to,
                        struct dentry *new, uint32_t flags)
{
    struct inode *i = old->inode, *other = new->inode;
    bool is_dir = i && (i->mode & S_IFMT) == S_IFDIR;
    bool other_is_dir = other && (other->mode & S_IFMT) == S_IFDIR;
    int err;

    if (!i) {
        return -ENOENT;
    }
    if (other && flags & RENAME_NOREPLACE) {
        return -EEXIST;
    }
    if (!other && flags & RENAME_EXCHANGE) {
        return -ENOENT;
    }
    /* A slash behind a name says that it is a directory, or will be one. */
    if (!is_dir && from->last.needs_directory) {
        return -ENOTDIR;
    }
    if (to->last.needs_directory && !(flags & RENAME_EXCHANGE ? other_is_dir : is_dir)) {
        return -ENOTDIR;
    }
    if (is_dir && is_below(to->dir.dentry, old)) {
        return -EINVAL;
    }
    if (other_is_dir && is_below(from->dir.dentry, new)) {
        return flags & RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
    }
    err = dir_may_remove(&from->dir, i);
    err = err ? err : other ? dir_may_remove(&to->dir, other) : dir_may_change(&to->dir);
    if (err) {
        return err;
    }
    if (other && !(flags & RENAME_EXCHANGE) && is_dir != other_is_dir) {
        return is_dir ? -ENOTDIR : -EISDIR;
    }
    if (old->mounted || new->mounted) {
        return -EBUSY;
    }
    return from->dir.dentry->inode->ops->rename ? 0 : -EPERM;
}

static int rename_locked(struct place *from, struct place *to, uint32_t flags)
{
    struct dentry *old, *new;
    struct inode *fd = from->dir.dentry->inode, *td = to->dir.dentry->inode;
    int err = dentry_lookup(from->dir.dentry, from->last.name, from->last.bytes, &old);

    if (err) {
        return err;
    }
    err = dentry_lookup(to->dir.dentry, to->last.name, to->last.bytes, &new);
    if (err) {
        dentry_put(old);
        return err;
    }
    err = rename_check(from, old, to, new, flags);
    if (!err && old->inode != new->inode) {
        static uint32_t cookie;
        struct inode *gone = new->inode;
        uint32_t dir_bit = (old->inode->mode & S_IFMT) == S_IFDIR ? IN_ISDIR : 0;

        if (gone) {
            inode_get(gone);
        }
        new->is_leaving = gone != NULL;
        err = fd->ops->rename(fd, old->name, old->bytes, td, new->name, new->bytes, old->inode,
                              gone, flags);
        new->is_leaving = false;
        if (!err && flags & RENAME_EXCHANGE) {
            dentry_unhash(old);
            dentry_unhash(new);
        } else if (!err) {
            inode_event(fd, IN_MOVED_FROM | dir_bit, old->name, ++cookie);
            inode_event(td, IN_MOVED_TO | dir_bit, new->name, cookie);
            inode_event(old->inode, IN_MOVE_SELF, NULL, 0);
            (void)dentry_move(old, to->dir.dentry, to->last.name, to->last.bytes);
            if (gone && !gone->links) {
                inode_event(gone, IN_DELETE_SELF, NULL, 0);
            }
        }
        if (gone) {
            inode_put(gone);
        }
    }
    dentry_put(old);
    dentry_put(new);
    return err;
}

static long rename_user(int from_fd, uint64_t from_path, int to_fd, uint64_t to_path,
                        uint32_t flags)
{
    static struct lock all; /* renames across directories, one at a time: no deadlock of two */
    struct place *from, *to = NULL;
    int err;

    if (flags & ~(uint32_t)(RENAME_NOREPLACE | RENAME_EXCHANGE) ||
        flags == (RENAME_NOREPLACE | RENAME_EXCHANGE)) {
        return -EINVAL;
    }
    if (!all.queue.waiters.next) {
        lock_init(&all);
    }
    from = place_new(from_fd, from_path, &err);
    if (from) {
        to = place_new(to_fd, to_path, &err);
    }
    if (to) {
        struct inode *fd = from->dir.dentry->inode, *td = to->dir.dentry->inode;

        if (from->dir.mount->super != to->dir.mount->super) {
            err = -EXDEV;
        } else if (!from->last.bytes || !to->last.bytes || is_dots(&from->last) ||
                   is_dots(&to->last)) {
            err = -EBUSY;
        } else {
            lock_take(&all);
            lock_take(&fd->lock);
            if (td != fd) {
                lock_take(&td->lock);
            }
            err = rename_locked(from, to, flags);
            if (td != fd) {
                lock_drop(&td->lock);
            }
            lock_drop(&fd->lock);
            lock_drop(&all);
        }
    }
    place_free(from);
    place_free(to);
    return err;
}

long sys_renameat(struct task *t, const uint64_t *a)
{
    (void)t;
    return rename_user((int)a[0], a[1], (int)a[2], a[3], 0);
}

long sys_renameat2(struct task *t, const uint64_t *a)
{
    (void)t;
    return rename_user((int)a[0], a[1], (int)a[2], a[3], (uint32_t)a[4]);
}

/* ---- attributes ---- */

/* A path, or a descriptor with an empty path. */
static int attr_walk(int dirfd, uint64_t path, uint32_t flags, struct path *out)
{
    uint32_t walk =
        (flags & AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW) | (flags & AT_EMPTY_PATH ? WALK_EMPTY : 0);

    return path_walk_user(dirfd, path, walk, out);
}

static int changed(struct inode *i, uint32_t valid)
{
    int err = i->ops->setattr ? i->ops->setattr(i, valid) : 0;

    if (!err) {
        inode_event(i, IN_ATTRIB, NULL, 0);
    }
    return err;
}

static bool is_owner(const struct task *t, const struct inode *i)
{
    return t->process->cred.fsuid == i->uid || is_capable(&t->process->cred, 3 /* CAP_FOWNER */);
}

static int change_mode(struct task *t, struct inode *i, const struct mount *m, uint32_t mode)
{
    int err = m ? mount_may_write(m) : 0;

    if (err || !is_owner(t, i)) {
        return err ? err : -EPERM;
    }
    if ((i->mode & S_IFMT) == S_IFLNK) {
        return -EOPNOTSUPP;
    }
    if (!is_in_group(&t->process->cred, i->gid) &&
        !is_capable(&t->process->cred, 4 /* CAP_FSETID */)) {
        mode &= ~(uint32_t)S_ISGID;
    }
    i->mode = (i->mode & S_IFMT) | (mode & 07777);
    inode_touch(i, ATTR_MODE);
    return changed(i, ATTR_MODE);
}

static int change_owner(struct task *t, struct inode *i, const struct mount *m, uint32_t uid,
                        uint32_t gid)
{
    const struct credentials *c = &t->process->cred;
    bool privileged = is_capable(c, 0 /* CAP_CHOWN */);
    int err = m ? mount_may_write(m) : 0;

    if (err) {
        return err;
    }
    if (uid != UINT32_MAX && !privileged && (c->fsuid != i->uid || uid != i->uid)) {
        return -EPERM;
    }
    if (gid != UINT32_MAX && !privileged &&
        (c->fsuid != i->uid || (gid != i->gid && !is_in_group(c, gid)))) {
        return -EPERM;
    }
    i->uid = uid == UINT32_MAX ? i->uid : uid;
    i->gid = gid == UINT32_MAX ? i->gid : gid;
    if ((i->mode & S_IFMT) != S_IFDIR && (uid != UINT32_MAX || gid != UINT32_MAX)) {
        i->mode &= ~(uint32_t)(S_ISUID | (i->mode & 0010 ? S_ISGID : 0));
    }
    inode_touch(i, ATTR_MODE);
    return changed(i, ATTR_OWNER | ATTR_MODE);
}

long sys_fchmodat(struct task *t, const uint64_t *a)
{
    struct path p;
    int err = attr_walk((int)a[0], a[1], 0, &p);

    if (!err) {
        err = change_mode(t, p.dentry->inode, p.mount, (uint32_t)a[2]);
        path_put(&p);
    }
    return err;
}

long sys_fchmod(struct task *t, const uint64_t *a)
{
    struct file *f = fd_file((int)a[0]);
    int err;

    if (!f) {
        return -EBADF;
    }
    err = f->flags & O_PATH ? -EBADF : change_mode(t, f->inode, f->mount, (uint32_t)a[1]);
    file_put(f);
    return err;
}

long sys_fchownat(struct task *t, const uint64_t *a)
{
    struct path p;
    int err;

    if (a[4] & ~(uint64_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) {
        return -EINVAL;
    }
    err = attr_walk((int)a[0], a[1], (uint32_t)a[4], &p);
    if (!err) {
        err = change_owner(t, p.dentry->inode, p.mount, (uint32_t)a[2], (uint32_t)a[3]);
        path_put(&p);
    }
    return err;
}

long sys_fchown(struct task *t, const uint64_t *a)
{
    struct file *f = fd_file((int)a[0]);
    int err;

    if (!f) {
        return -EBADF;
    }
    err = f->flags & O_PATH ? -EBADF
                            : change_owner(t, f->inode, f->mount, (uint32_t)a[1], (uint32_t)a[2]);
    file_put(f);
    return err;
}

/* ---- times ---- */

#define UTIME_NOW_  0x3fffffff
#define UTIME_OMIT_ 0x3ffffffe

static int set_times(struct task *t, struct inode *i, const struct mount *m,
                     const struct timespec64 *times)
{
    struct timespec64 now = time_now();
    const struct timespec64 both_now[2] = { { 0, UTIME_NOW_ }, { 0, UTIME_NOW_ } };
    const struct timespec64 *x = times ? times : both_now;
    bool is_now = x[0].nsec == UTIME_NOW_ && x[1].nsec == UTIME_NOW_;
    int err = m ? mount_may_write(m) : 0;

    if (x[0].nsec == UTIME_OMIT_ && x[1].nsec == UTIME_OMIT_) {
        return 0;
    }
    for (unsigned n = 0; n < 2; n++) {
        if ((x[n].nsec < 0 || x[n].nsec >= 1000000000) && x[n].nsec != UTIME_NOW_ &&
            x[n].nsec != UTIME_OMIT_) {
            return -EINVAL;
        }
    }
    if (!err && !is_owner(t, i)) {
        err = !is_now ? -EPERM : inode_may(i, MAY_WRITE);
    }
    if (err) {
        return err;
    }
    if (x[0].nsec != UTIME_OMIT_) {
        i->atime = x[0].nsec == UTIME_NOW_ ? now : x[0];
    }
    if (x[1].nsec != UTIME_OMIT_) {
        i->mtime = x[1].nsec == UTIME_NOW_ ? now : x[1];
    }
    i->ctime = now;
    return changed(i, ATTR_ATIME | ATTR_MTIME);
}

long sys_utimensat(struct task *t, const uint64_t *a)
{
    struct timespec64 times[2];
    struct path p;
    int err;

    if (a[2] && copy_from_user(times, a[2], sizeof times)) {
        return -EFAULT;
    }
    if (a[3] & ~(uint64_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) {
        return -EINVAL;
    }
    if (!a[1]) {
        struct file *f = fd_file((int)a[0]);

        if (!f) {
            return (int)a[0] == AT_FDCWD ? -EFAULT : -EBADF;
        }
        err = set_times(t, f->inode, f->mount, a[2] ? times : NULL);
        file_put(f);
        return err;
    }
    err = attr_walk((int)a[0], a[1], (uint32_t)a[3], &p);
    if (!err) {
        err = set_times(t, p.dentry->inode, p.mount, a[2] ? times : NULL);
        path_put(&p);
    }
    return err;
}

/* ---- sizes ---- */

static int truncate_to(struct task *t, struct inode *i, uint64_t bytes)
{
    int err;

    if ((i->mode & S_IFMT) != S_IFREG) {
        return (i->mode & S_IFMT) == S_IFDIR ? -EISDIR : -EINVAL;
    }
    if (bytes > t->process->limit[RLIMIT_FSIZE].soft) {
        signal_send_task(t, SIGXFSZ, NULL);
        return -EFBIG;
    }
    if (!memory_may_resize(i, bytes)) {
        return -EPERM;
    }
    lock_take(&i->lock);
    uint64_t old = i->size;

    i->size = bytes;
    inode_touch(i, ATTR_MTIME);
    err = i->ops->setattr ? i->ops->setattr(i, ATTR_SIZE | ATTR_MTIME) : 0;
    if (err) {
        i->size = old;
    } else if (bytes < old) {
        cache_truncate(i, bytes);
    }
    lock_drop(&i->lock);
    if (!err) {
        inode_event(i, IN_MODIFY, NULL, 0);
    }
    return err;
}

long sys_ftruncate(struct task *t, const uint64_t *a)
{
    struct file *f = fd_file((int)a[0]);
    int err;

    if ((int64_t)a[1] < 0 || !f) {
        if (f) {
            file_put(f);
        }
        return f ? -EINVAL : -EBADF;
    }
    err = f->flags & O_PATH                      ? -EBADF
          : (f->flags & O_ACCMODE) == O_RDONLY   ? -EINVAL
          : (f->inode->mode & S_IFMT) != S_IFREG ? -EINVAL
                                                 : truncate_to(t, f->inode, a[1]);
    file_put(f);
    return err;
}

long sys_truncate(struct task *t, const uint64_t *a)
{
    struct path p;
    int err;

    if ((int64_t)a[1] < 0) {
        return -EINVAL;
    }
    err = path_walk_user(AT_FDCWD, a[0], WALK_FOLLOW, &p);
    if (!err) {
        err = (p.dentry->inode->mode & S_IFMT) == S_IFDIR ? -EISDIR
                                                          : inode_may(p.dentry->inode, MAY_WRITE);
        err = err ? err : mount_may_write(p.mount);
        err = err ? err : p.dentry->inode->executed ? -ETXTBSY : 0;
        err = err ? err : truncate_to(t, p.dentry->inode, a[1]);
        path_put(&p);
    }
    return err;
}
