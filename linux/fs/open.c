/* open(2) and what opens files for the personality itself. */
#include <asm/unistd.h>
#include <linux/inotify.h>
#include <linux/openat2.h>
#include <string.h>

#include "../task/task.h"
#include "dentry.h"
#include "locks.h"
#include "pipe.h"
#include "tmpfs.h"

static int make_file(struct path *p, uint32_t flags, struct file **out)
{
    struct inode *i = p->dentry->inode;
    struct file *f;
    int err;

    if (!(flags & O_PATH) && !i->file_ops) { /* eventfd and the like, by /proc/self/fd */
        return -ENXIO;
    }
    f = file_alloc(flags & O_PATH ? &path_file_ops : i->file_ops, i, flags);
    if (!f) {
        return -ENOMEM;
    }
    inode_get(i);
    f->dentry = p->dentry;
    f->mount = p->mount;
    path_get(p);
    err = !(flags & O_PATH) && f->ops->open ? f->ops->open(f) : 0;
    if (err) {
        f->ops = &path_file_ops; /* nothing to release */
        file_put(f);
        return err;
    }
    if (!(flags & O_PATH) && flags & O_ACCMODE && (i->mode & S_IFMT) == S_IFREG) {
        f->is_writer = true;
        i->writers++;
    }
    *out = f;
    return 0;
}

/* What an existing file says to being opened like that. */
static int open_check(const struct path *p, uint32_t flags, bool is_new)
{
    const struct inode *i = p->dentry->inode;
    uint32_t type = i->mode & S_IFMT, access = flags & O_ACCMODE, may = 0;
    int err;

    if (type == S_IFLNK) {
        return -ELOOP;
    }
    if (flags & O_DIRECTORY && type != S_IFDIR) {
        return -ENOTDIR;
    }
    if (type == S_IFDIR && (access != O_RDONLY || flags & O_CREAT || flags & O_TRUNC)) {
        return -EISDIR;
    }
    if (type == S_IFSOCK) {
        return -ENXIO;
    }
    if (is_new) {
        return 0;
    }
    may = access == O_RDONLY ? MAY_READ : access == O_WRONLY ? MAY_WRITE : MAY_READ | MAY_WRITE;
    if (flags & O_TRUNC) {
        may |= MAY_WRITE;
    }
    err = may ? inode_may(i, may) : 0;
    if (!err && may & MAY_WRITE && (type == S_IFREG || type == S_IFDIR)) {
        err = mount_may_write(p->mount);
    }
    if (!err && flags & O_NOATIME && current && current->process->cred.fsuid != i->uid &&
        !is_capable(&current->process->cred, 3 /* CAP_FOWNER */)) {
        err = -EPERM;
    }
    return err;
}

/* The file of that name in dir, made if it is not there.  *made: it was. */
static int create_file(struct path *dir, const struct last *last, uint32_t flags, uint32_t mode,
                       struct path *out, bool *made)
{
    struct inode *d = dir->dentry->inode, *i;
    struct dentry *child;
    int err;

    lock_take(&d->lock);
    err = dentry_lookup(dir->dentry, last->name, last->bytes, &child);
    if (!err && child->inode) {
        lock_drop(&d->lock);
        *out = (struct path){ dir->mount, child };
        dir->mount->refs++;
        path_cross(out);
        return flags & O_EXCL ? (path_put(out), -EEXIST) : 0;
    }
    if (!err) {
        err = dir_may_change(dir);
        err = err ? err : !d->links ? -ENOENT : d->ops->create ? 0 : -EACCES;
        err = err ? err : d->ops->create(d, last->name, last->bytes, mode, 0, &i);
        if (!err) {
            dentry_set(child, i);
            *made = true;
            *out = (struct path){ dir->mount, child };
            dir->mount->refs++;
        } else {
            dentry_put(child);
        }
    }
    lock_drop(&d->lock);
    if (!err) {
        inode_event(d, IN_CREATE, child->name, 0);
    }
    return err;
}

static int find_or_create(int dirfd, const char *name, uint32_t flags, uint32_t mode,
                          struct path *out, bool *made)
{
    const char *at = name;
    char *link = NULL;
    int base = dirfd, err;

    for (unsigned depth = 0; depth < 40; depth++) {
        struct last last;
        struct path dir, p;

        err = path_parent(base, at, &dir, &last);
        if (err) {
            break;
        }
        if (!last.bytes || last.needs_directory || (last.bytes == 1 && *last.name == '.') ||
            (last.bytes == 2 && memcmp(last.name, "..", 2) == 0)) {
            path_put(&dir);
            err = -EISDIR;
            break;
        }
        err = create_file(&dir, &last, flags, mode, &p, made);
        if (err) {
            path_put(&dir);
            break;
        }
        if ((p.dentry->inode->mode & S_IFMT) != S_IFLNK || flags & O_NOFOLLOW) {
            path_put(&dir);
            *out = p;
            break;
        }
        /* a link: what it names may have to be made */
        struct path target;

        err = path_walk_from(&dir, last.name, WALK_FOLLOW, &target);
        if (err != -ENOENT) {
            path_put(&dir);
            path_put(&p);
            if (!err) {
                *out = target;
            }
            break;
        }
        char *text = heap_alloc(PATH_BYTES_MAX);
        long n = text ? p.dentry->inode->ops->readlink(p.dentry->inode, text, PATH_BYTES_MAX - 1)
                      : -ENOMEM;

        path_put(&p);
        if (n <= 0) {
            path_put(&dir);
            heap_free(text);
            err = n < 0 ? (int)n : -ENOENT;
            break;
        }
        text[n] = 0;
        if (*text != '/') { /* relative to where the link is */
            char *whole = heap_alloc(PATH_BYTES_MAX);
            long used = whole ? path_text(&dir, whole, PATH_BYTES_MAX) : -ENOMEM;

            if (used < 0 || used + n + 1 > (long)PATH_BYTES_MAX) {
                err = used < 0 ? (int)used : -ENAMETOOLONG;
            } else {
                whole[used - 1] = '/';
                memcpy(whole + used, text, (size_t)n + 1);
            }
            heap_free(text);
            text = whole;
        }
        path_put(&dir);
        heap_free(link);
        link = text;
        at = text;
        base = AT_FDCWD;
        if (err && err != -ENOENT) {
            break;
        }
    }
    heap_free(link);
    return err;
}

static int truncate_opened(struct inode *i)
{
    int err = 0;

    lock_take(&i->lock);
    if (i->size) {
        i->size = 0;
        inode_touch(i, ATTR_MTIME);
        err = i->ops->setattr ? i->ops->setattr(i, ATTR_SIZE | ATTR_MTIME) : 0;
        cache_truncate(i, 0);
    }
    lock_drop(&i->lock);
    return err;
}

int file_open(int dirfd, const char *name, uint32_t flags, uint32_t mode, struct file **out)
{
    uint32_t walk = flags & O_NOFOLLOW ? 0 : WALK_FOLLOW;
    uint32_t mask = current && current->process->fs ? current->process->fs->umask : 022;
    bool made = false;
    struct path p;
    int err;

    if (flags & O_PATH) {
        flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    }
    if (flags & AT_EMPTY_PATH && !(flags & O_CREAT)) {
        walk |= WALK_EMPTY;
    }
    if (flags & O_CREAT && (flags & __O_TMPFILE) == __O_TMPFILE) {
        return -EOPNOTSUPP;
    }
    if (flags & O_CREAT && !(flags & O_DIRECTORY)) {
        err = find_or_create(dirfd, name, flags, S_IFREG | (mode & 07777 & ~mask), &p, &made);
    } else {
        err = path_walk(dirfd, name, walk, &p);
    }
    if (err) {
        return err;
    }
    struct inode *i = p.dentry->inode;

    if (flags & O_PATH) {
        err = flags & O_DIRECTORY && (i->mode & S_IFMT) != S_IFDIR ? -ENOTDIR : 0;
    } else {
        err = i->executed && flags & (O_ACCMODE | O_TRUNC) ? -ETXTBSY : open_check(&p, flags, made);
        if (!err && flags & O_TRUNC && (i->mode & S_IFMT) == S_IFREG && !made) {
            err = memory_may_resize(i, 0) ? truncate_opened(i) : -EPERM;
        }
    }
    err = err ? err : make_file(&p, flags & ~(uint32_t)AT_EMPTY_PATH, out);
    path_put(&p);
    if (!err && !(flags & O_PATH)) {
        file_event(*out, IN_OPEN);
    }
    return err;
}

static long open_user(int dirfd, uint64_t path, uint32_t flags, uint32_t mode)
{
    char *name = heap_alloc(PATH_BYTES_MAX);
    long n = name ? copy_text_from_user(name, path, PATH_BYTES_MAX) : -ENOMEM;
    struct file *f;

    if (n >= 0) {
        n = file_open(dirfd, name, flags | O_LARGEFILE, mode, &f);
    }
    heap_free(name);
    return n < 0 ? n : fd_install(f, 0, flags & O_CLOEXEC);
}

long sys_openat(struct task *t, const uint64_t *a)
{
    char name[256];
    long n = copy_text_from_user(name, a[1], sizeof name);
    uint32_t flags = (uint32_t)a[2] & ~(uint32_t)AT_EMPTY_PATH;
    struct file *f;

    (void)t;
    if (n == -ENAMETOOLONG) {
        return open_user((int)a[0], a[1], flags, (uint32_t)a[3]);
    }
    if (n >= 0) {
        n = file_open((int)a[0], name, flags | O_LARGEFILE, (uint32_t)a[3], &f);
    }
    return n < 0 ? n : fd_install(f, 0, flags & O_CLOEXEC);
}

/* openat2(2): flags that openat would ignore are errors. */
static int check_how(const struct open_how *how)
{
    const uint64_t known = O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND |
                           O_NONBLOCK | O_SYNC | O_DSYNC | O_DIRECT | O_LARGEFILE | O_DIRECTORY |
                           O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_PATH | __O_TMPFILE |
                           020000 /* FASYNC */;
    const uint64_t of_path = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    const uint64_t resolve = RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS |
                             RESOLVE_BENEATH | RESOLVE_IN_ROOT | RESOLVE_CACHED;
    bool creates = how->flags & (O_CREAT | __O_TMPFILE);

    if (how->flags & ~known || how->resolve & ~resolve || how->mode & ~(creates ? 07777ull : 0)) {
        return -EINVAL;
    }
    if (how->flags & __O_TMPFILE && ((how->flags & (O_TMPFILE | O_CREAT)) != O_TMPFILE ||
                                     (how->flags & O_ACCMODE) == O_RDONLY)) {
        return -EINVAL;
    }
    return how->flags & O_PATH && how->flags & ~of_path ? -EINVAL : 0;
}

long sys_openat2(struct task *t, const uint64_t *a)
{
    struct open_how how;
    int err;

    (void)t;
    if (a[3] < sizeof how) {
        return -EINVAL;
    }
    err = copy_struct_from_user(&how, sizeof how, a[2], a[3]);
    err = err ? err : check_how(&how);
    if (err) {
        return err;
    }
    if (how.resolve) {
        unimplemented("openat2 resolve", how.resolve);
        return -EINVAL;
    }
    return open_user((int)a[0], a[1], (uint32_t)how.flags, (uint32_t)how.mode);
}

/* What a descriptor with O_PATH can do: nothing with content. */
const struct file_ops path_file_ops = { 0 };
