/* Inodes and the cache of names. */
#include "dentry.h"

#include <assert.h>
#include <linux/inotify.h>
#include <string.h>

#include "../task/task.h"
#include "locks.h"
#include "page_cache.h"

#define HASH_SIZE    2048u
#define UNUSED_NAMES 8192u /* names kept without a user */

static struct list hash[HASH_SIZE];
static struct list unused = { &unused, &unused }; /* least recently used first */
static unsigned unused_count;

struct timespec64 time_now(void)
{
    uint64_t ns = now_real_ns();

    return (struct timespec64){ (int64_t)(ns / 1000000000), (int64_t)(ns % 1000000000) };
}

/* ---- inodes ---- */

struct inode *inode_new(struct super *super, uint32_t mode)
{
    struct inode *i = heap_alloc(sizeof *i);

    if (!i) {
        return NULL;
    }
    i->super = super;
    i->refs = 1;
    i->mode = mode;
    i->links = 1;
    i->uid = current ? current->process->cred.fsuid : 0;
    i->gid = current ? current->process->cred.fsgid : 0;
    i->atime = i->mtime = i->ctime = time_now();
    lock_init(&i->lock);
    list_init(&i->mappings);
    list_init(&i->hash);
    return i;
}

void inode_get(struct inode *i)
{
    i->refs++;
}

void inode_put(struct inode *i)
{
    if (i->refs > 1) {
        i->refs--;
        return;
    }
    /* evict may wait: the last reference is held until it is done */
    inode_watches_drop(i);
    if (i->ops->evict) {
        i->ops->evict(i);
    }
    if (--i->refs) {
        return;
    }
    cache_truncate(i, 0);
    cache_free(i);
    list_remove(&i->hash);
    heap_free(i);
}

void inode_touch(struct inode *i, uint32_t which)
{
    struct timespec64 now = time_now();

    if (which & ATTR_MTIME) {
        i->mtime = i->ctime = now;
    }
    if (which & ATTR_MODE) {
        i->ctime = now;
    }
    if (which & ATTR_ATIME) {
        i->atime = now;
    }
}

/* ---- names ---- */

static uint32_t hash_of(const struct dentry *parent, const char *name, size_t bytes)
{
    uint32_t h = (uint32_t)((uint64_t)parent >> 5) * 0x9e3779b1u;

    for (size_t n = 0; n < bytes; n++) {
        h = (h ^ (uint8_t)name[n]) * 0x01000193u;
    }
    return h ^ h >> 15;
}

static struct list *bucket(uint32_t h)
{
    struct list *b = &hash[h % HASH_SIZE];

    if (!b->next) {
        list_init(b);
    }
    return b;
}

static struct dentry *dentry_new(struct dentry *parent, const char *name, size_t bytes)
{
    struct dentry *d = heap_alloc(sizeof *d + bytes + 1);

    if (!d) {
        return NULL;
    }
    memcpy(d->name, name, bytes);
    d->bytes = (uint16_t)bytes;
    d->refs = 1;
    list_init(&d->hash);
    list_init(&d->lru);
    d->parent = parent ? parent : d;
    if (parent) {
        dentry_get(parent);
        d->hash_value = hash_of(parent, name, bytes);
    }
    return d;
}

struct dentry *dentry_root(struct inode *i)
{
    struct dentry *d = dentry_new(NULL, "/", 1);

    if (d) {
        d->inode = i;
    }
    return d;
}

struct inode *dentry_inode(const struct dentry *d)
{
    return d->inode;
}

void dentry_get(struct dentry *d)
{
    if (d->refs++ == 0) {
        list_remove(&d->lru);
        unused_count--;
    }
}

static void dentry_free(struct dentry *d)
{
    struct dentry *parent = d->parent;
    struct inode *i = d->inode;

    list_remove(&d->hash);
    list_remove(&d->lru);
    if (i) {
        inode_put(i);
    }
    heap_free(d);
    if (parent != d) {
        dentry_put(parent);
    }
}

void dentry_put(struct dentry *d)
{
    assert(d->refs > 0);
    if (--d->refs) {
        return;
    }
    if (list_is_empty(&d->hash) || d->is_volatile) {
        d->refs = 0;
        dentry_free(d);
        return;
    }
    list_append(&unused, &d->lru);
    if (++unused_count > UNUSED_NAMES) {
        (void)dentry_shrink(UNUSED_NAMES / 8);
    }
}

/* Forgetting it needs no waiting: its file system knows all of it. */
static bool is_forgettable(const struct dentry *d)
{
    return !d->inode || d->inode->refs > 1 ||
           (!d->inode->is_changed && !cache_dirty_pages(d->inode));
}

unsigned dentry_shrink(unsigned count)
{
    unsigned n = 0;

    for (unsigned looked = unused_count; looked && n < count && !list_is_empty(&unused); looked--) {
        struct dentry *d = CONTAINER(unused.next, struct dentry, lru);

        list_remove(&d->lru);
        if (!is_forgettable(d)) {
            list_append(&unused, &d->lru);
            continue;
        }
        unused_count--;
        dentry_free(d);
        n++;
    }
    return n;
}

void dentry_set(struct dentry *d, struct inode *i)
{
    struct inode *old = d->inode;

    d->inode = i;
    if (old) {
        inode_put(old);
    }
}

void dentry_unhash(struct dentry *d)
{
    list_remove(&d->hash);
}

struct dentry *dentry_cached(struct dentry *parent, const char *name, size_t bytes)
{
    uint32_t h = hash_of(parent, name, bytes);
    struct list *head = bucket(h);

    for (struct list *l = head->next; l != head; l = l->next) {
        struct dentry *d = CONTAINER(l, struct dentry, hash);

        if (d->hash_value == h && d->parent == parent && d->bytes == bytes &&
            memcmp(d->name, name, bytes) == 0) {
            dentry_get(d);
            return d;
        }
    }
    return NULL;
}

int dentry_lookup(struct dentry *parent, const char *name, size_t bytes, struct dentry **out)
{
    struct dentry *d = dentry_cached(parent, name, bytes);
    struct inode *dir = parent->inode, *found = NULL;
    int err;

    while (d && d->is_leaving && dir->lock.owner != fiber_running()) {
        dentry_put(d);
        lock_take(&dir->lock);
        lock_drop(&dir->lock);
        d = dentry_cached(parent, name, bytes);
    }
    if (d && !d->is_volatile) {
        *out = d;
        return 0;
    }
    if (d) {
        dentry_unhash(d);
        dentry_put(d);
    }
    if (bytes > NAME_BYTES_MAX) {
        return -ENAMETOOLONG;
    }
    err = dir->ops->lookup ? dir->ops->lookup(dir, name, bytes, &found) : -ENOTDIR;
    if (err && err != -ENOENT) {
        return err;
    }
    d = dentry_cached(parent, name,
                      bytes); /* somebody else may have been faster while this waited */
    if (d) {
        if (found) {
            inode_put(found);
        }
        *out = d;
        return 0;
    }
    d = dentry_new(parent, name, bytes);
    if (!d) {
        if (found) {
            inode_put(found);
        }
        return -ENOMEM;
    }
    d->inode = found;
    d->is_volatile = dir->super->type->is_volatile;
    list_prepend(bucket(d->hash_value), &d->hash);
    *out = d;
    return 0;
}

int dentry_move(struct dentry *d, struct dentry *parent, const char *name, size_t bytes)
{
    struct dentry *target = dentry_new(parent, name, bytes),
                  *old = dentry_cached(parent, name, bytes);

    if (old) {
        dentry_unhash(old);
        dentry_put(old);
    }
    dentry_unhash(d);
    if (!target) { /* the cache does not know it; the file system does */
        return -ENOMEM;
    }
    target->inode = d->inode;
    inode_get(target->inode);
    list_prepend(bucket(target->hash_value), &target->hash);
    dentry_put(target);
    return 0;
}

/* ---- permission (POSIX, file access permissions) ---- */

int inode_may(const struct inode *i, uint32_t what)
{
    const struct credentials *c = current ? &current->process->cred : NULL;
    uint32_t mode = i->mode;

    if (!c) {
        return 0;
    }
    if (is_capable(c, 1 /* CAP_DAC_OVERRIDE */) &&
        (!(what & MAY_EXEC) || (mode & S_IFMT) == S_IFDIR || mode & 0111)) {
        return 0;
    }
    if (is_capable(c, 2 /* CAP_DAC_READ_SEARCH */) &&
        (what == MAY_READ || ((mode & S_IFMT) == S_IFDIR && !(what & MAY_WRITE)))) {
        return 0;
    }
    if (i->uid == c->fsuid) {
        mode >>= 6;
    } else if (is_in_group(c, i->gid)) {
        mode >>= 3;
    }
    return (what & ~mode & 7) ? -EACCES : 0;
}

bool is_in_group(const struct credentials *c, uint32_t gid)
{
    for (uint32_t n = 0; n < c->group_count; n++) {
        if (c->groups[n] == gid) {
            return true;
        }
    }
    return c->fsgid == gid;
}

int dir_may_change(const struct path *dir)
{
    int err = mount_may_write(dir->mount);

    return err ? err : inode_may(dir->dentry->inode, MAY_WRITE | MAY_EXEC);
}

int dir_may_remove(const struct path *dir, const struct inode *victim)
{
    const struct inode *d = dir->dentry->inode;
    int err = dir_may_change(dir);

    if (!err && d->mode & S_ISVTX && current) {
        const struct credentials *c = &current->process->cred;

        err = c->fsuid == d->uid || c->fsuid == victim->uid || is_capable(c, 3 /* CAP_FOWNER */)
                  ? 0
                  : -EPERM;
    }
    return err;
}
