/* Extended attributes (xattr(7)): of the name spaces "user", "trusted" and "security". */
#include <linux/capability.h>
#include <linux/inotify.h>
#include <linux/limits.h>
#include <linux/xattr.h>
#include <string.h>

#include "../task/task.h"
#include "dentry.h"

enum xattr { XATTR_GET, XATTR_SET, XATTR_LIST, XATTR_REMOVE };

struct request {
    enum xattr what;
    uint32_t flags; /* XATTR_CREATE, XATTR_REPLACE */
    size_t bytes;   /* of the value, or of the caller's buffer */
    char *value;
    char name[XATTR_NAME_MAX + 1];
};

static bool is_change(enum xattr what)
{
    return what == XATTR_SET || what == XATTR_REMOVE;
}

static bool is_in(const char *name, const char *space)
{
    return strncmp(name, space, strlen(space)) == 0;
}

static bool is_admin(void)
{
    return is_capable(&current->process->cred, CAP_SYS_ADMIN);
}

/* May the running task do that to an attribute of that name? */
static int may(const struct inode *i, const struct request *r)
{
    const struct credentials *c = &current->process->cred;
    uint32_t type = i->mode & S_IFMT;
    bool changes = is_change(r->what);

    if (is_in(r->name, XATTR_TRUSTED_PREFIX)) {
        return is_admin() ? 0 : changes ? -EPERM : -ENODATA;
    }
    if (is_in(r->name, XATTR_SECURITY_PREFIX)) {
        return is_admin() || !changes ? 0 : -EPERM;
    }
    if (is_in(r->name, XATTR_SYSTEM_PREFIX)) {
        return 0; /* it is for their own code to say; there is none */
    }
    if (is_in(r->name, XATTR_USER_PREFIX)) {
        if (type != S_IFREG && type != S_IFDIR) {
            return changes ? -EPERM : -ENODATA;
        }
        if (changes && type == S_IFDIR && i->mode & S_ISVTX && c->fsuid != i->uid &&
            !is_capable(c, CAP_FOWNER)) {
            return -EPERM;
        }
    }
    return inode_may(i, changes ? MAY_WRITE : MAY_READ);
}

/* Is there such a name space? */
static int name_check(const char *name)
{
    static const char *const space[] = { XATTR_USER_PREFIX, XATTR_TRUSTED_PREFIX,
                                         XATTR_SECURITY_PREFIX };

    for (unsigned n = 0; n < sizeof space / sizeof *space; n++) {
        if (is_in(name, space[n])) {
            return name[strlen(space[n])] ? 0 : -EINVAL;
        }
    }
    return -EOPNOTSUPP;
}

/* All names, in a buffer of their own, without those that the running task may not see. */
static long names_of(struct inode *i, char **to)
{
    long bytes = i->ops->listxattr(i, NULL, 0), kept = 0;
    char *all = bytes > 0 ? heap_alloc((size_t)bytes) : NULL;

    if (bytes <= 0 || !all) {
        return bytes <= 0 ? bytes : -ENOMEM;
    }
    bytes = i->ops->listxattr(i, all, (size_t)bytes);
    for (long at = 0, n; at < bytes; at += n) {
        n = (long)strlen(all + at) + 1;
        if (!is_in(all + at, XATTR_TRUSTED_PREFIX) || is_admin()) {
            memmove(all + kept, all + at, (size_t)n);
            kept += n;
        }
    }
    *to = all;
    return bytes < 0 ? bytes : kept;
}

static long list(struct inode *i, struct request *r)
{
    char *names = NULL;
    long n = names_of(i, &names);

    if (n > 0 && r->bytes && (size_t)n > r->bytes) {
        n = -ERANGE;
    } else if (n > 0 && r->bytes) {
        memcpy(r->value, names, (size_t)n);
    }
    heap_free(names);
    return n;
}

/* Bytes of what was asked for, in r->value if that has room; or 0, or -errno. */
static long perform(struct inode *i, struct request *r)
{
    long n = 0;

    if (r->what != XATTR_LIST) {
        n = may(i, r);
        n = n ? n : name_check(r->name);
    }
    if (n || !i->ops->getxattr) {
        return n ? n : r->what == XATTR_LIST ? 0 : -EOPNOTSUPP;
    }
    lock_take(&i->lock);
    switch (r->what) {
    case XATTR_GET:
        n = i->ops->getxattr(i, r->name, r->value, r->bytes);
        break;
    case XATTR_LIST:
        n = list(i, r);
        break;
    case XATTR_SET:
        n = i->ops->setxattr(i, r->name, r->value, r->bytes, r->flags);
        break;
    case XATTR_REMOVE:
        n = i->ops->removexattr(i, r->name);
        break;
    }
    lock_drop(&i->lock);
    return n;
}

/* What the caller gives: the rest of *r. */
static int from_user(struct request *r, uint64_t name, uint64_t at, uint64_t bytes)
{
    long n = r->what == XATTR_LIST ? 1 : copy_text_from_user(r->name, name, sizeof r->name);

    if (r->flags & ~(uint32_t)(XATTR_CREATE | XATTR_REPLACE)) {
        return -EINVAL;
    }
    if (n <= 0) {
        return n == 0 || n == -ENAMETOOLONG ? -ERANGE : (int)n;
    }
    if (r->what == XATTR_SET && bytes > XATTR_SIZE_MAX) {
        return -E2BIG;
    }
    r->bytes = bytes < XATTR_SIZE_MAX ? bytes : XATTR_SIZE_MAX;
    if (r->bytes && r->what != XATTR_REMOVE && !(r->value = heap_alloc(r->bytes))) {
        return -ENOMEM;
    }
    return r->what == XATTR_SET ? copy_from_user(r->value, at, r->bytes) : 0;
}

static long xattr_of(struct dentry *d, struct mount *m, enum xattr what, uint64_t name, uint64_t at,
                     uint64_t bytes, uint32_t flags)
{
    struct inode *i = dentry_inode(d);
    struct request r = { .what = what, .flags = flags };
    long n = is_change(what) ? mount_may_write(m) : 0;

    n = n ? n : from_user(&r, name, at, bytes);
    n = n ? n : perform(i, &r);
    if (n > 0 && r.bytes && copy_to_user(at, r.value, (size_t)n)) {
        n = -EFAULT;
    }
    heap_free(r.value);
    if (!n && is_change(what)) {
        dentry_event(d, IN_ATTRIB);
    }
    return n;
}

static long xattr_path(uint64_t path, uint32_t walk, enum xattr what, uint64_t name, uint64_t at,
                       uint64_t bytes, uint32_t flags)
{
    struct path p;
    long n = path_walk_user(AT_FDCWD, path, walk, &p);

    if (!n) {
        n = xattr_of(p.dentry, p.mount, what, name, at, bytes, flags);
        path_put(&p);
    }
    return n;
}

static long xattr_fd(int fd, enum xattr what, uint64_t name, uint64_t at, uint64_t bytes,
                     uint32_t flags)
{
    struct file *f = fd_file(fd);
    long n;

    if (!f) {
        return -EBADF;
    }
    n = f->flags & O_PATH ? -EBADF
        : !f->dentry      ? -EOPNOTSUPP
                          : xattr_of(f->dentry, f->mount, what, name, at, bytes, flags);
    file_put(f);
    return n;
}

/* setxattr(path, name, value, size, flags), getxattr(path, name, value, size), listxattr(path, list, size), removexattr(path, name) */
#define XATTR_CALLS(call, what, name, at, bytes, flags)                                            \
    long sys_##call(struct task *t, const uint64_t *a)                                             \
    {                                                                                              \
        (void)t;                                                                                   \
        return xattr_path(a[0], WALK_FOLLOW, what, name, at, bytes, (uint32_t)(flags));            \
    }                                                                                              \
    long sys_l##call(struct task *t, const uint64_t *a)                                            \
    {                                                                                              \
        (void)t;                                                                                   \
        return xattr_path(a[0], 0, what, name, at, bytes, (uint32_t)(flags));                      \
    }                                                                                              \
    long sys_f##call(struct task *t, const uint64_t *a)                                            \
    {                                                                                              \
        (void)t;                                                                                   \
        return xattr_fd((int)a[0], what, name, at, bytes, (uint32_t)(flags));                      \
    }
XATTR_CALLS(setxattr, XATTR_SET, a[1], a[2], a[3], a[4])
XATTR_CALLS(getxattr, XATTR_GET, a[1], a[2], a[3], 0)
XATTR_CALLS(listxattr, XATTR_LIST, 0, a[1], a[2], 0)
XATTR_CALLS(removexattr, XATTR_REMOVE, a[1], 0, 0, 0)
