/* File systems in memory: tmpfs, the first root, /dev, unnamed memory files.  Directories are lists with positions that do not move. */
#include <asm/errno.h>
#include <asm/statfs.h>
#include <linux/fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/memfd.h>
#include <string.h>

#include "../mm/frames.h"
#include "../task/task.h"
#include "dentry.h"
#include "locks.h"
#include "page_cache.h"
#include "pipe.h"
#include "tmpfs.h"

struct entry {
    struct list link;
    struct inode *inode;
    uint64_t position; /* for readdir; grows */
    uint16_t bytes;
    char name[];
};

struct directory {
    struct list entries;
    uint64_t last;
    struct inode *parent;
};

struct attribute {
    struct list link;
    size_t bytes;
    char name[]; /* NUL-terminated; the value behind it */
};

struct memory_inode { /* inode->data */
    struct directory dir;
    char *link; /* of a symbolic link */
    struct list attributes;
    uint32_t seals;
};

static uint64_t last_number;
static const struct inode_ops memory_inode_ops;
static const struct file_ops memory_file_ops, memory_directory_ops;

static struct memory_inode *memory_of(const struct inode *i)
{
    return i->data;
}

static struct inode *memory_inode(struct super *s, uint32_t mode)
{
    struct inode *i = inode_new(s, mode);
    struct memory_inode *m = heap_alloc(sizeof *m);

    if (!i || !m) {
        heap_free(i);
        heap_free(m);
        return NULL;
    }
    list_init(&m->dir.entries);
    list_init(&m->attributes);
    m->dir.last = 2;
    m->seals = F_SEAL_SEAL;
    i->data = m;
    i->ops = &memory_inode_ops;
    i->number = ++last_number;
    switch (mode & S_IFMT) {
    case S_IFREG:
        i->file_ops = &memory_file_ops;
        break;
    case S_IFDIR:
        i->file_ops = &memory_directory_ops;
        i->links = 2;
        break;
    default:
        i->file_ops = special_file_ops(mode);
        break;
    }
    return i;
}

static struct entry *find(struct inode *dir, const char *name, size_t bytes)
{
    LIST_FOR(l, &memory_of(dir)->dir.entries)
    {
        struct entry *e = CONTAINER(l, struct entry, link);

        if (e->bytes == bytes && memcmp(e->name, name, bytes) == 0) {
            return e;
        }
    }
    return NULL;
}

static int lookup(struct inode *dir, const char *name, size_t bytes, struct inode **out)
{
    struct entry *e = find(dir, name, bytes);

    if (!e) {
        return -ENOENT;
    }
    inode_get(e->inode);
    *out = e->inode;
    return 0;
}

/* Takes over the reference of the inode if it succeeds. */
static int enter(struct inode *dir, const char *name, size_t bytes, struct inode *i)
{
    struct entry *e = heap_alloc(sizeof *e + bytes);

    if (!e) {
        return -ENOSPC;
    }
    memcpy(e->name, name, bytes);
    e->bytes = (uint16_t)bytes;
    e->inode = i;
    e->position = ++memory_of(dir)->dir.last;
    list_append(&memory_of(dir)->dir.entries, &e->link);
    dir->size += 20;
    if ((i->mode & S_IFMT) == S_IFDIR) {
        dir->links++;
        memory_of(i)->dir.parent = dir;
    }
    inode_touch(dir, ATTR_MTIME);
    return 0;
}

static void leave(struct inode *dir, struct entry *e)
{
    if ((e->inode->mode & S_IFMT) == S_IFDIR) {
        dir->links--;
    }
    dir->size -= 20;
    list_remove(&e->link);
    inode_touch(dir, ATTR_MTIME);
    inode_put(e->inode);
    heap_free(e);
}

static int create(struct inode *dir, const char *name, size_t bytes, uint32_t mode, uint64_t device,
                  struct inode **out)
{
    struct inode *i = memory_inode(dir->super, mode);
    int err;

    if (!i) {
        return -ENOSPC;
    }
    i->device = device;
    if (dir->mode & S_ISGID) {
        i->gid = dir->gid;
        i->mode |= (mode & S_IFMT) == S_IFDIR ? S_ISGID : 0;
    }
    err = enter(dir, name, bytes, i);
    if (err) {
        inode_put(i);
        return err;
    }
    inode_get(i);
    *out = i;
    return 0;
}

static int symlink(struct inode *dir, const char *name, size_t bytes, const char *target,
                   struct inode **out)
{
    int err = create(dir, name, bytes, S_IFLNK | 0777, 0, out);

    if (!err) {
        size_t n = strlen(target);
        char *text = heap_alloc(n + 1);

        if (!text) {
            leave(dir, find(dir, name, bytes));
            inode_put(*out);
            return -ENOSPC;
        }
        memcpy(text, target, n);
        memory_of(*out)->link = text;
        (*out)->size = n;
    }
    return err;
}

static int link_to(struct inode *dir, const char *name, size_t bytes, struct inode *to)
{
    int err = enter(dir, name, bytes, to);

    if (!err) {
        inode_get(to);
        to->links++;
        inode_touch(to, ATTR_MODE);
    }
    return err;
}

static int unlink(struct inode *dir, const char *name, size_t bytes, struct inode *what,
                  bool is_directory)
{
    struct entry *e = find(dir, name, bytes);

    if (!e || e->inode != what) {
        return -ENOENT;
    }
    if (is_directory && !list_is_empty(&memory_of(what)->dir.entries)) {
        return -ENOTEMPTY;
    }
    what->links -= is_directory ? 2 : 1;
    inode_touch(what, ATTR_MODE);
    leave(dir, e);
    return 0;
}

static int rename(struct inode *from, const char *name, size_t bytes, struct inode *to,
                  const char *new_name, size_t new_bytes, struct inode *what, struct inode *victim,
                  uint32_t flags)
{
    struct entry *e = find(from, name, bytes), *other = find(to, new_name, new_bytes);
    struct inode *i;
    int err;

    (void)what, (void)victim;
    if (!e) {
        return -ENOENT;
    }
    i = e->inode;
    if (flags & RENAME_EXCHANGE) {
        bool was_dir = (i->mode & S_IFMT) == S_IFDIR, is_dir;

        if (!other) {
            return -ENOENT;
        }
        is_dir = (other->inode->mode & S_IFMT) == S_IFDIR;
        e->inode = other->inode;
        other->inode = i;
        from->links += (uint32_t)is_dir - (uint32_t)was_dir;
        to->links += (uint32_t)was_dir - (uint32_t)is_dir;
        return 0;
    }
    if (other) {
        bool is_dir = (other->inode->mode & S_IFMT) == S_IFDIR;

        if (is_dir && !list_is_empty(&memory_of(other->inode)->dir.entries)) {
            return -ENOTEMPTY;
        }
        other->inode->links -= is_dir ? 2 : 1;
        leave(to, other);
    }
    inode_get(i);
    err = enter(to, new_name, new_bytes, i);
    if (err) {
        inode_put(i);
        return err;
    }
    leave(from, e);
    inode_touch(i, ATTR_MODE);
    return 0;
}

static long readlink(struct inode *i, char *to, size_t most)
{
    size_t n = i->size < most ? i->size : most;

    memcpy(to, memory_of(i)->link, n);
    return (long)n;
}

static int setattr(struct inode *i, uint32_t valid)
{
    struct memory_inode *m = memory_of(i);

    (void)m;
    if (valid & ATTR_SIZE) {
        cache_truncate(i, i->size);
        i->blocks = 0;
    }
    return 0;
}

static void evict(struct inode *i)
{
    struct memory_inode *m = memory_of(i);

    if (!m) {
        return;
    }
    i->data = NULL;
    i->ops = &memory_inode_ops;
    while (!list_is_empty(&m->dir.entries)) {
        struct entry *e = CONTAINER(m->dir.entries.next, struct entry, link);

        list_remove(&e->link);
        inode_put(e->inode);
        heap_free(e);
    }
    while (!list_is_empty(&m->attributes)) {
        struct attribute *x = CONTAINER(m->attributes.next, struct attribute, link);

        list_remove(&x->link);
        heap_free(x);
    }
    heap_free(m->link);
    heap_free(m);
}

/* ---- extended attributes ---- */

static struct attribute *attribute(struct inode *i, const char *name)
{
    LIST_FOR(l, &memory_of(i)->attributes)
    {
        struct attribute *x = CONTAINER(l, struct attribute, link);

        if (strcmp(x->name, name) == 0) {
            return x;
        }
    }
    return NULL;
}

static long getxattr(struct inode *i, const char *name, void *to, size_t most)
{
    struct attribute *x = attribute(i, name);

    if (!x) {
        return -ENODATA;
    }
    if (most && x->bytes > most) {
        return -ERANGE;
    }
    if (most) {
        memcpy(to, x->name + strlen(x->name) + 1, x->bytes);
    }
    return (long)x->bytes;
}

static int setxattr(struct inode *i, const char *name, const void *from, size_t bytes,
                    uint32_t flags)
{
    struct attribute *old = attribute(i, name), *x;
    size_t n = strlen(name) + 1;

    if (old ? flags & 1 /* XATTR_CREATE */ : flags & 2 /* XATTR_REPLACE */) {
        return old ? -EEXIST : -ENODATA;
    }
    x = heap_alloc(sizeof *x + n + bytes);
    if (!x) {
        return -ENOSPC;
    }
    memcpy(x->name, name, n);
    memcpy(x->name + n, from, bytes);
    x->bytes = bytes;
    if (old) {
        list_remove(&old->link);
        heap_free(old);
    }
    list_append(&memory_of(i)->attributes, &x->link);
    inode_touch(i, ATTR_MODE);
    return 0;
}

static long listxattr(struct inode *i, char *to, size_t most)
{
    size_t used = 0;

    LIST_FOR(l, &memory_of(i)->attributes)
    {
        struct attribute *x = CONTAINER(l, struct attribute, link);
        size_t n = strlen(x->name) + 1;

        if (most && used + n > most) {
            return -ERANGE;
        }
        if (most) {
            memcpy(to + used, x->name, n);
        }
        used += n;
    }
    return (long)used;
}

static int removexattr(struct inode *i, const char *name)
{
    struct attribute *x = attribute(i, name);

    if (!x) {
        return -ENODATA;
    }
    list_remove(&x->link);
    heap_free(x);
    return 0;
}

static const struct inode_ops memory_inode_ops = {
    .lookup = lookup,
    .create = create,
    .symlink = symlink,
    .link = link_to,
    .unlink = unlink,
    .rename = rename,
    .readlink = readlink,
    .setattr = setattr,
    .evict = evict,
    .getxattr = getxattr,
    .setxattr = setxattr,
    .listxattr = listxattr,
    .removexattr = removexattr,
};

/* ---- files ---- */

static int iterate(struct file *f, struct dir_sink *to)
{
    struct inode *dir = f->inode;

    if (f->position == 0) {
        if (!to->put(to, ".", 1, dir->number, 4, 1)) {
            return 0;
        }
        f->position = 1;
    }
    if (f->position == 1) {
        struct inode *parent = memory_of(dir)->dir.parent;

        if (!to->put(to, "..", 2, parent ? parent->number : dir->number, 4, 2)) {
            return 0;
        }
        f->position = 2;
    }
    LIST_FOR(l, &memory_of(dir)->dir.entries)
    {
        struct entry *e = CONTAINER(l, struct entry, link);

        if (e->position <= f->position) {
            continue;
        }
        if (!to->put(to, e->name, e->bytes, e->inode->number, (uint8_t)(e->inode->mode >> 12 & 15),
                     e->position)) {
            return 0;
        }
        f->position = e->position;
    }
    return 0;
}

static long write_memory(struct file *f, struct uio *u, uint64_t *position)
{
    struct inode *i = f->inode;
    uint32_t seals = memory_of(i)->seals;

    if (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE) ||
        (seals & F_SEAL_GROW && *position + u->left > i->size)) {
        return -EPERM;
    }
    return cached_write(f, u, position);
}

static long allocate(struct file *f, uint32_t mode, uint64_t offset, uint64_t bytes)
{
    struct inode *i = f->inode;
    uint32_t seals = memory_of(i)->seals;

    if (mode & FALLOC_FL_PUNCH_HOLE) {
        if (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) {
            return -EPERM;
        }
        for (uint64_t at = offset; at < offset + bytes && at < i->size;) {
            uint64_t in = at % PAGE_SIZE, part = PAGE_SIZE - in;
            struct page *p = cache_peek(i, at / PAGE_SIZE);

            part = part < offset + bytes - at ? part : offset + bytes - at;
            if (p) {
                memset((char *)page_data(p) + in, 0, part);
                page_put(p);
            }
            at += part;
        }
        return 0;
    }
    if (mode & ~(uint32_t)FALLOC_FL_KEEP_SIZE) {
        return -EOPNOTSUPP;
    }
    if (seals & F_SEAL_GROW && offset + bytes > i->size) {
        return -EPERM;
    }
    if (bytes / PAGE_SIZE > pages_free()) {
        return -ENOSPC;
    }
    if (!(mode & FALLOC_FL_KEEP_SIZE) && offset + bytes > i->size) {
        i->size = offset + bytes;
        inode_touch(i, ATTR_MTIME);
    }
    return 0;
}

static int map_memory(struct file *f, uint32_t prot, uint32_t flags)
{
    bool is_shared_write = (flags & 0xf) == 1 && prot & 2; /* MAP_SHARED, PROT_WRITE */

    return is_shared_write && memory_of(f->inode)->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)
               ? -EPERM
               : 0;
}

static const struct file_ops memory_file_ops = {
    .read = cached_read, .write = write_memory, .map = map_memory, .allocate = allocate
};
static const struct file_ops memory_directory_ops = { .iterate = iterate };

/* ---- mounts ---- */

static int statfs(struct super *s, struct statfs64 *to)
{
    (void)s;
    *to = (struct statfs64){ .f_type = 0x01021994,
                             .f_bsize = PAGE_SIZE,
                             .f_blocks = pages_total() / 2,
                             .f_bfree = cache_kept_room(),
                             .f_bavail = cache_kept_room(),
                             .f_files = 65536,
                             .f_ffree = 60000,
                             .f_namelen = 255,
                             .f_frsize = PAGE_SIZE };
    return 0;
}

static int mount_memory(struct super *s, const char *source, const char *options)
{
    const char *mode = strstr(options, "mode=");
    uint32_t bits = 0;

    (void)source;
    for (mode = mode ? mode + 5 : ""; *mode >= '0' && *mode <= '7'; mode++) {
        bits = bits * 8 + (uint32_t)(*mode - '0');
    }
    s->root = memory_inode(s, S_IFDIR | (bits ? bits : 01777));
    return s->root ? 0 : -ENOMEM;
}

static const struct file_system tmpfs = {
    .name = "tmpfs", .is_virtual = true, .mount = mount_memory, .statfs = statfs
};
static const struct file_system rootfs = {
    .name = "rootfs", .is_virtual = true, .mount = mount_memory, .statfs = statfs
};
static const struct file_system devtmpfs = {
    .name = "devtmpfs", .is_virtual = true, .mount = mount_memory, .statfs = statfs
};
static const struct file_system ramfs = {
    .name = "ramfs", .is_virtual = true, .mount = mount_memory, .statfs = statfs
};

void tmpfs_start(void)
{
    file_system_register(&rootfs);
    file_system_register(&tmpfs);
    file_system_register(&devtmpfs);
    file_system_register(&ramfs);
}

/* ---- unnamed files ---- */

static struct super unnamed = { .type = &tmpfs, .device = 1 };

int memory_file(const char *name, uint64_t bytes, struct file **out)
{
    struct inode *i = memory_inode(&unnamed, S_IFREG | 0777);
    struct file *f = i ? file_alloc(&memory_file_ops, i, O_RDWR | O_LARGEFILE) : NULL;

    if (!f) {
        if (i) {
            inode_put(i);
        }
        return -ENOMEM;
    }
    i->size = bytes;
    i->links = 0;
    f->data = (void *)(uintptr_t)name;
    *out = f;
    return 0;
}

long sys_memfd_create(struct task *t, const uint64_t *a)
{
    char name[250];
    struct file *f;
    long n = copy_text_from_user(name, a[0], sizeof name);
    int err;

    (void)t;
    if (n == -ENAMETOOLONG || a[1] & ~(uint64_t)(MFD_CLOEXEC | MFD_ALLOW_SEALING)) {
        return -EINVAL;
    }
    if (n < 0) {
        return n;
    }
    err = memory_file("memfd:", 0, &f);
    if (err) {
        return err;
    }
    memory_of(f->inode)->seals = a[1] & MFD_ALLOW_SEALING ? 0 : F_SEAL_SEAL;
    return fd_install(f, 0, a[1] & MFD_CLOEXEC);
}

long memory_seals(struct file *f, bool add, uint64_t seals)
{
    struct memory_inode *m = f->inode->ops == &memory_inode_ops ? memory_of(f->inode) : NULL;

    if (!m || f->inode->super != &unnamed) {
        return -EINVAL;
    }
    if (!add) {
        return m->seals;
    }
    if (seals & ~0x1full) {
        return -EINVAL;
    }
    if (m->seals & F_SEAL_SEAL || (f->flags & O_ACCMODE) == O_RDONLY) {
        return -EPERM;
    }
    if (seals & ~(uint64_t)m->seals & F_SEAL_WRITE && space_may_write_file(f->inode)) {
        return -EBUSY;
    }
    m->seals |= (uint32_t)seals;
    return 0;
}

bool memory_may_resize(struct inode *i, uint64_t bytes)
{
    uint32_t seals = i->ops == &memory_inode_ops ? memory_of(i)->seals : 0;

    return !(seals & F_SEAL_SHRINK && bytes < i->size) && !(seals & F_SEAL_GROW && bytes > i->size);
}
