/* What files are: stat, statx, statfs, access, readlink. */
#include <asm/statfs.h>
#include <linux/fcntl.h>
#include <linux/stat.h>
#include <string.h>

#include "../task/task.h"
#include "dentry.h"

static int refresh(struct inode *i)
{
    return i->ops->getattr ? i->ops->getattr(i) : 0;
}

static void fill(const struct inode *i, struct stat *s)
{
    *s = (struct stat){ .st_dev = i->super->device,
                        .st_ino = i->number,
                        .st_mode = i->mode,
                        .st_nlink = i->links,
                        .st_uid = i->uid,
                        .st_gid = i->gid,
                        .st_rdev = i->device,
                        .st_size = (long)i->size,
                        .st_blksize = PAGE_SIZE,
                        .st_blocks = (long)i->blocks,
                        .st_atime = i->atime.sec,
                        .st_atime_nsec = (unsigned long)i->atime.nsec,
                        .st_mtime = i->mtime.sec,
                        .st_mtime_nsec = (unsigned long)i->mtime.nsec,
                        .st_ctime = i->ctime.sec,
                        .st_ctime_nsec = (unsigned long)i->ctime.nsec };
}

static long stat_to_user(struct inode *i, uint64_t to)
{
    struct stat s;
    int err = refresh(i);

    if (err) {
        return err;
    }
    fill(i, &s);
    return copy_to_user(to, &s, sizeof s);
}

long sys_fstat(struct task *t, const uint64_t *a)
{
    struct file *f = fd_file((int)a[0]);
    long err;

    (void)t;
    if (!f) {
        return -EBADF;
    }
    err = stat_to_user(f->inode, a[1]);
    file_put(f);
    return err;
}

/* The inode of a descriptor or path, with a reference. */
static int find(int dirfd, uint64_t path, uint32_t flags, struct inode **out)
{
    uint32_t walk =
        (flags & AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW) | (flags & AT_EMPTY_PATH ? WALK_EMPTY : 0);
    char first = 1;
    struct path p;
    int err;

    if (flags & AT_EMPTY_PATH && (!path || copy_from_user(&first, path, 1) || !first) &&
        dirfd != AT_FDCWD) {
        struct file *f = fd_file(dirfd);

        if (!f) {
            return -EBADF;
        }
        inode_get(f->inode);
        *out = f->inode;
        file_put(f);
        return 0;
    }
    err = path_walk_user(dirfd, path, walk, &p);
    if (!err) {
        *out = p.dentry->inode;
        inode_get(*out);
        path_put(&p);
    }
    return err;
}

long sys_newfstatat(struct task *t, const uint64_t *a)
{
    struct inode *i;
    long err;

    (void)t;
    if (a[3] & ~(uint64_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT)) {
        return -EINVAL;
    }
    err = find((int)a[0], a[1], (uint32_t)a[3], &i);
    if (!err) {
        err = stat_to_user(i, a[2]);
        inode_put(i);
    }
    return err;
}

static struct statx_timestamp stamp(const struct timespec64 *t)
{
    return (struct statx_timestamp){ .tv_sec = t->sec, .tv_nsec = (uint32_t)t->nsec };
}

long sys_statx(struct task *t, const uint64_t *a)
{
    struct statx x = { .stx_mask = STATX_BASIC_STATS, .stx_blksize = PAGE_SIZE };
    struct inode *i;
    long err;

    (void)t;
    if (a[2] & ~(uint64_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT |
                           AT_STATX_SYNC_TYPE) ||
        (a[2] & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE || a[3] & STATX__RESERVED) {
        return -EINVAL;
    }
    err = find((int)a[0], a[1], (uint32_t)a[2], &i);
    if (err) {
        return err;
    }
    err = refresh(i);
    x.stx_nlink = i->links;
    x.stx_uid = i->uid;
    x.stx_gid = i->gid;
    x.stx_mode = (uint16_t)i->mode;
    x.stx_ino = i->number;
    x.stx_size = i->size;
    x.stx_blocks = i->blocks;
    x.stx_atime = stamp(&i->atime);
    x.stx_mtime = stamp(&i->mtime);
    x.stx_ctime = stamp(&i->ctime);
    x.stx_rdev_major = (uint32_t)(i->device >> 8 & 0xfff);
    x.stx_rdev_minor = (uint32_t)((i->device & 0xff) | (i->device >> 12 & 0xfff00));
    x.stx_dev_major = (uint32_t)(i->super->device >> 8 & 0xfff);
    x.stx_dev_minor = (uint32_t)(i->super->device & 0xff);
    inode_put(i);
    return err ? err : copy_to_user(a[4], &x, sizeof x);
}

static long statfs_to_user(struct super *s, uint64_t to)
{
    struct statfs64 f = { .f_bsize = PAGE_SIZE,
                          .f_namelen = NAME_BYTES_MAX,
                          .f_frsize = PAGE_SIZE };
    int err = s->type->statfs ? s->type->statfs(s, &f) : 0;

    return err ? err : copy_to_user(to, &f, sizeof f);
}

long sys_statfs(struct task *t, const uint64_t *a)
{
    struct path p;
    long err = path_walk_user(AT_FDCWD, a[0], WALK_FOLLOW, &p);

    (void)t;
    if (!err) {
        err = statfs_to_user(p.mount->super, a[1]);
        path_put(&p);
    }
    return err;
}

long sys_fstatfs(struct task *t, const uint64_t *a)
{
    struct file *f = fd_file((int)a[0]);
    long err;

    (void)t;
    if (!f) {
        return -EBADF;
    }
    err = statfs_to_user(f->inode->super, a[1]);
    file_put(f);
    return err;
}

/* With the real user's rights, or (AT_EACCESS) the effective one's. */
static long may_access(struct task *t, int dirfd, uint64_t path, uint32_t mode, uint32_t flags)
{
    struct credentials *c = &t->process->cred, saved = *c;
    uint32_t walk =
        (flags & AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW) | (flags & AT_EMPTY_PATH ? WALK_EMPTY : 0);
    struct path p;
    long err;

    if (mode & ~7u || flags & ~(uint32_t)(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) {
        return -EINVAL;
    }
    if (!(flags & AT_EACCESS)) {
        c->fsuid = c->uid;
        c->fsgid = c->gid;
        if (c->uid) {
            c->cap_effective = 0;
        } else {
            c->cap_effective = c->cap_permitted;
        }
    }
    err = path_walk_user(dirfd, path, walk, &p);
    if (!err) {
        err = mode ? inode_may(p.dentry->inode, mode) : 0;
        if (!err && mode & MAY_WRITE &&
            ((p.dentry->inode->mode & S_IFMT) == S_IFREG ||
             (p.dentry->inode->mode & S_IFMT) == S_IFDIR)) {
            err = mount_may_write(p.mount);
        }
        path_put(&p);
    }
    c->fsuid = saved.fsuid;
    c->fsgid = saved.fsgid;
    c->cap_effective = saved.cap_effective;
    return err;
}

long sys_faccessat(struct task *t, const uint64_t *a)
{
    return may_access(t, (int)a[0], a[1], (uint32_t)a[2], 0);
}

long sys_faccessat2(struct task *t, const uint64_t *a)
{
    return may_access(t, (int)a[0], a[1], (uint32_t)a[2], (uint32_t)a[3]);
}

long sys_readlinkat(struct task *t, const uint64_t *a)
{
    char text[PATH_BYTES_MAX];
    struct path p;
    long n = path_walk_user((int)a[0], a[1], WALK_EMPTY, &p);

    (void)t;
    if ((int)a[3] <= 0) {
        if (!n) {
            path_put(&p);
        }
        return n ? n : -EINVAL;
    }
    if (n) {
        return n;
    }
    struct inode *i = p.dentry->inode;

    n = (i->mode & S_IFMT) != S_IFLNK || !i->ops->readlink ? -EINVAL
                                                           : i->ops->readlink(i, text, sizeof text);
    path_put(&p);
    if (n > (long)(int)a[3]) {
        n = (int)a[3];
    }
    return n > 0 && copy_to_user(a[2], text, (size_t)n) ? -EFAULT : n;
}
