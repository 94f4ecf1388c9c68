/*
 * The file system on the disk.  A server has it (servers/fs_ext4); this is its only client, so whatever it has been told once, it knows:
 * names, attributes and contents are asked for once and then kept, and times and sizes are told to the server when pages are written
 * back.  The server may die at any moment: the queue between the two gives what it had in hand to its next incarnation, and nothing here
 * notices but for the time it takes.
 *
 *     system call (fiber) -- request: its numbers, and a piece of the buffer --> queue --> server
 *          | sleeps                                                               |
 *          v                                                                      v
 *     goes on <---------------- disk_done, from the event loop ---------------- completion
 *
 * A file that loses its last name while somebody has it open is kept by the server (FS_KEEP) until it is forgotten (evict).
 */
#include "disk.h"

#include <asm/statfs.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <string.h>

#include "../../idl/files.h"
#include "../mm/frames.h"
#include "../task/task.h"
#include "dentry.h"
#include "disk_request.h"
#include "page_cache.h"
#include "pipe.h"

#define LINK_BYTES   4096u /* of a symbolic link: a block */
#define LIST_BYTES   8192u /* of a directory at once */
#define HASH_SIZE    1024u
#define FLUSH_NS     5000000000ull /* so long the times of a file may be newer here than on the disk */
#define BLOCKS_SPARE 64u           /* that are not promised to contents: metadata needs some, too */
#define EXT4_MAGIC   0xef53

struct disk_inode { /* inode->data */
    uint64_t handle;
    struct inode *inode;
    struct list changed; /* in disk.changed */
    char *link;          /* of a symbolic link; NULL: not asked for yet */
    uint64_t blocks;     /* of 512 bytes, as the server knows it */
    bool is_kept;        /* has no name any more, and the server has to be told when it can go */
    bool is_stale;       /* size and blocks of a directory, blocks of a file, are others now */
};

static struct {
    bool is_mounted;
    struct wait_queue flusher;
    struct list changed; /* inodes whose times the server does not know */
    struct list hash[HASH_SIZE];
    struct super *super;
    uint64_t free_blocks; /* about: never more than there are */
} disk;

static const struct inode_ops disk_inode_ops;
static const struct file_ops disk_file_ops, disk_directory_ops;

static struct disk_inode *disk_of(const struct inode *i)
{
    return i->data;
}

uint64_t disk_handle(const struct inode *i)
{
    return disk_of(i)->handle;
}

/* ---- inodes ---- */

static struct list *bucket(uint64_t handle)
{
    struct list *b = &disk.hash[(handle ^ handle >> 32) % HASH_SIZE];

    if (!b->next) {
        list_init(b);
    }
    return b;
}

static struct inode *inode_of_handle(uint64_t handle)
{
    LIST_FOR(l, bucket(handle))
    {
        struct inode *i = CONTAINER(l, struct inode, hash);

        if (disk_of(i)->handle == handle) {
            inode_get(i);
            return i;
        }
    }
    return NULL;
}

/* Not hashed yet; NULL: no memory. */
static struct inode *disk_inode_new(struct super *s, uint32_t mode)
{
    struct inode *i = inode_new(s, mode);
    struct disk_inode *d = heap_alloc(sizeof *d);

    if (!i || !d) {
        heap_free(i);
        heap_free(d);
        return NULL;
    }
    list_init(&d->changed);
    d->inode = i;
    i->data = d;
    i->ops = &disk_inode_ops;
    i->file_ops = (mode & S_IFMT) == S_IFREG   ? &disk_file_ops
                  : (mode & S_IFMT) == S_IFDIR ? &disk_directory_ops
                                               : special_file_ops(mode);
    return i;
}

static void disk_inode_enter(struct inode *i, uint64_t handle)
{
    disk_of(i)->handle = handle;
    i->number = handle & UINT32_MAX;
    list_prepend(bucket(handle), &i->hash);
}

static int stat_of(uint64_t handle, struct fs_attr *a)
{
    struct disk_request r = { .method = DISK_STAT, .a = { handle }, .bytes = sizeof *a };

    return disk_ask_with(&r, NULL, a, NULL);
}

static int inode_load(struct super *s, uint64_t handle, struct inode **out)
{
    struct inode *i = inode_of_handle(handle), *other;
    struct fs_attr a;
    int err;

    if (!i) {
        err = stat_of(handle, &a);
        if (err) {
            return err == -ESTALE ? -ENOENT : err;
        }
        i = disk_inode_new(s, a.mode);
        if (!i) {
            return -ENOMEM;
        }
        i->size = a.size;
        i->blocks = disk_of(i)->blocks = a.blocks512;
        i->links = a.nlink;
        i->uid = a.uid;
        i->gid = a.gid;
        i->device = a.rdev;
        i->atime = (struct timespec64){ (int64_t)a.atime, a.atime_nsec };
        i->mtime = (struct timespec64){ (int64_t)a.mtime, a.mtime_nsec };
        i->ctime = (struct timespec64){ (int64_t)a.ctime, a.ctime_nsec };
        other = inode_of_handle(handle);
        if (other) { /* somebody else was faster while this waited */
            heap_free(i->data);
            heap_free(i);
            i = other;
        } else {
            disk_inode_enter(i, handle);
        }
    }
    *out = i;
    return 0;
}

/* Times, owner or mode are newer than the server's. */
static void inode_changed(struct inode *i)
{
    i->is_changed = true;
    if (list_is_empty(&disk_of(i)->changed)) {
        if (list_is_empty(&disk.changed)) {
            wake_all(&disk.flusher, 0);
        }
        list_append(&disk.changed, &disk_of(i)->changed);
    }
}

void disk_inode_changed(struct inode *i)
{
    inode_touch(i, ATTR_MODE);
    inode_changed(i);
}

static int set_attributes(struct inode *i, uint32_t set)
{
    struct fs_change c = { .size = i->size,
                           .atime = (uint64_t)i->atime.sec,
                           .mtime = (uint64_t)i->mtime.sec,
                           .ctime = (uint64_t)i->ctime.sec,
                           .atime_nsec = (uint32_t)i->atime.nsec,
                           .mtime_nsec = (uint32_t)i->mtime.nsec,
                           .ctime_nsec = (uint32_t)i->ctime.nsec,
                           .set = set | FS_SET_ATIME | FS_SET_MTIME | FS_SET_CTIME,
                           .mode = i->mode & 07777,
                           .uid = i->uid,
                           .gid = i->gid };
    struct disk_request r = { .method = DISK_SETATTR,
                              .op = disk_next_op(),
                              .a = { disk_of(i)->handle } };

    i->is_changed = false;
    list_remove(&disk_of(i)->changed);
    return disk_ask_with(&r, (struct disk_bytes[]){ { &c, sizeof c }, { 0 } }, NULL, NULL);
}

static int setattr(struct inode *i, uint32_t valid)
{
    int err;

    if (valid & ATTR_SIZE) {
        cache_truncate(i, i->size); /* first: what is being written back must not come after it */
    }
    err = set_attributes(i, (valid & ATTR_MODE ? FS_SET_MODE : 0) |
                                (valid & ATTR_OWNER ? FS_SET_UID | FS_SET_GID : 0) |
                                (valid & ATTR_SIZE ? FS_SET_SIZE : 0));
    disk_of(i)->is_stale |= !!(valid & ATTR_SIZE);
    return err;
}

/* With those that what is not written back yet will take: each dirty page one, up to the size. */
static uint64_t blocks_of(const struct inode *i)
{
    uint64_t known = disk_of(i)->blocks, whole = (i->size + PAGE_SIZE - 1) / PAGE_SIZE * 8;
    uint64_t all = known + cache_dirty_pages(i) * 8;

    all = all < whole ? all : whole;
    return all > known ? all : known;
}

static int getattr(struct inode *i)
{
    struct disk_inode *d = disk_of(i);
    struct fs_attr a;
    int err = 0;

    if (d->is_stale) {
        d->is_stale = false;
        err = stat_of(d->handle, &a);
        if (!err) {
            d->blocks = a.blocks512;
            i->size = (i->mode & S_IFMT) == S_IFDIR ? a.size : i->size;
        }
    }
    i->blocks = (i->mode & S_IFMT) == S_IFREG ? blocks_of(i) : d->blocks;
    return i->links ? err : 0; /* what was removed keeps what was known of it */
}

/* All that is known of i here is known to the server. */
static int write_back(struct inode *i)
{
    int err = cache_write_back(i);

    if (i->is_changed) {
        int second = set_attributes(i, i->mode & S_IFMT ? FS_SET_MODE : 0);

        err = err ? err : second;
    }
    return err;
}

static void evict(struct inode *i)
{
    struct disk_inode *d = disk_of(i);

    if (!d) {
        return;
    }
    while (i->links && (i->is_changed || cache_dirty_pages(i))) {
        int err = write_back(i);

        if (err) {
            log_line("inode %lu could not be written: error %d", (unsigned long)i->number, -err);
            break;
        }
    }
    if (!i->links && d->is_kept) {
        struct disk_request r = { .method = DISK_FORGET, .op = disk_next_op(), .a = { d->handle } };

        d->is_kept = false;
        (void)disk_ask(&r, NULL);
    }
    if (i->refs > 1) { /* somebody found it meanwhile */
        return;
    }
    list_remove(&d->changed);
    list_remove(&i->hash);
    i->data = NULL;
    heap_free(d->link);
    heap_free(d);
}

/* ---- names ---- */

static void directory_changed(struct inode *dir)
{
    inode_touch(dir, ATTR_MTIME);
    inode_changed(dir);
    disk_of(dir)->is_stale = true;
}

static int lookup(struct inode *dir, const char *name, size_t bytes, struct inode **out)
{
    struct disk_request r = { .method = DISK_LOOKUP, .a = { disk_of(dir)->handle } };
    uint64_t found[2];
    int err = disk_ask_with(&r, (struct disk_bytes[]){ { name, bytes }, { 0 } }, NULL, found);

    return err ? err : inode_load(dir->super, found[0], out);
}

static int make(struct inode *dir, const char *name, size_t bytes, uint32_t mode, uint64_t device,
                const char *target, struct inode **out)
{
    struct inode *i = disk_inode_new(dir->super, mode);
    uint64_t handle[2];
    int err;

    if (!i) {
        return -ENOMEM;
    }
    i->device = device;
    if (dir->mode & S_ISGID) {
        i->gid = dir->gid;
        i->mode |= (mode & S_IFMT) == S_IFDIR ? S_ISGID : 0;
    }
    struct fs_new n = { .time = (uint64_t)i->ctime.sec,
                        .time_nsec = (uint32_t)i->ctime.nsec,
                        .mode = i->mode,
                        .uid = i->uid,
                        .gid = i->gid,
                        .rdev = (uint32_t)device,
                        .name_bytes = (uint32_t)bytes,
                        .target_bytes = target ? (uint32_t)strlen(target) : 0 };
    struct disk_request r = { .method = DISK_CREATE,
                              .op = disk_next_op(),
                              .a = { disk_of(dir)->handle } };

    err = disk_ask_with(&r,
                        (struct disk_bytes[]){
                            { &n, sizeof n }, { name, bytes }, { target, n.target_bytes }, { 0 } },
                        NULL, handle);
    if (err) {
        heap_free(i->data);
        heap_free(i);
        return err;
    }
    disk_inode_enter(i, handle[0]);
    i->has_no_attributes = true;
    i->size = n.target_bytes;
    if ((mode & S_IFMT) == S_IFDIR) {
        i->links = 2;
        dir->links++;
        disk_of(i)->is_stale = true;
    }
    directory_changed(dir);
    *out = i;
    return 0;
}

static int create(struct inode *dir, const char *name, size_t bytes, uint32_t mode, uint64_t device,
                  struct inode **out)
{
    return make(dir, name, bytes, mode, device, NULL, out);
}

static int symlink(struct inode *dir, const char *name, size_t bytes, const char *target,
                   struct inode **out)
{
    return make(dir, name, bytes, S_IFLNK | 0777, 0, target, out);
}

static int link_to(struct inode *dir, const char *name, size_t bytes, struct inode *to)
{
    struct disk_request r = { .method = DISK_LINK,
                              .op = disk_next_op(),
                              .a = { disk_of(to)->handle, disk_of(dir)->handle } };
    int err = disk_ask_with(&r, (struct disk_bytes[]){ { name, bytes }, { 0 } }, NULL, NULL);

    if (!err) {
        to->links++;
        inode_touch(to, ATTR_MODE);
        inode_changed(to);
        directory_changed(dir);
    }
    return err;
}

/* A name of i has gone.  The caller and the name have a reference each: more say that somebody uses it. */
#define REFS_OF_NAME 2u
static void name_gone(struct inode *dir, struct inode *i, bool is_kept)
{
    bool is_directory = (i->mode & S_IFMT) == S_IFDIR;

    i->links -= i->links && is_directory ? i->links : i->links ? 1 : 0;
    if (is_directory) {
        dir->links--;
    }
    disk_of(i)->is_kept |= is_kept && !i->links;
    inode_touch(i, ATTR_MODE);
    if (i->links) {
        inode_changed(i);
    } else {
        i->is_changed = false;
        list_remove(&disk_of(i)->changed);
    }
}

static int unlink(struct inode *dir, const char *name, size_t bytes, struct inode *what,
                  bool is_directory)
{
    bool is_kept = what->refs > REFS_OF_NAME;
    struct disk_request r = { .method = DISK_UNLINK,
                              .op = disk_next_op(),
                              .a = { disk_of(dir)->handle },
                              .how = (is_directory ? FS_DIRECTORY : 0) | (is_kept ? FS_KEEP : 0) };
    int err = disk_ask_with(&r, (struct disk_bytes[]){ { name, bytes }, { 0 } }, NULL, NULL);

    if (!err) {
        name_gone(dir, what, is_kept);
        directory_changed(dir);
    }
    return err;
}

static int rename(struct inode *from, const char *name, size_t bytes, struct inode *to,
                  const char *new_name, size_t new_bytes, struct inode *what, struct inode *victim,
                  uint32_t flags)
{
    bool is_exchange = flags & RENAME_EXCHANGE;
    bool is_kept = victim && !is_exchange && victim->refs > REFS_OF_NAME;
    bool is_dir = (what->mode & S_IFMT) == S_IFDIR;
    struct disk_request r = { .method = DISK_RENAME,
                              .op = disk_next_op(),
                              .a = { disk_of(from)->handle, disk_of(to)->handle },
                              .split = (uint32_t)bytes,
                              .how = (is_kept ? FS_KEEP : 0) | (is_exchange ? FS_EXCHANGE : 0) |
                                     (flags & RENAME_NOREPLACE ? FS_NOREPLACE : 0) };
    int err = disk_ask_with(
        &r, (struct disk_bytes[]){ { name, bytes }, { new_name, new_bytes }, { 0 } }, NULL, NULL);

    if (err) {
        return err;
    }
    if (victim && is_exchange) {
        bool other_is_dir = (victim->mode & S_IFMT) == S_IFDIR;

        from->links += (uint32_t)other_is_dir - (uint32_t)is_dir;
        to->links += (uint32_t)is_dir - (uint32_t)other_is_dir;
        inode_touch(victim, ATTR_MODE);
        inode_changed(victim);
    } else {
        if (victim) {
            name_gone(to, victim, is_kept);
        }
        from->links -= is_dir;
        to->links += is_dir;
    }
    inode_touch(what, ATTR_MODE);
    inode_changed(what);
    directory_changed(from);
    directory_changed(to);
    return 0;
}

static long readlink(struct inode *i, char *to, size_t most)
{
    struct disk_inode *d = disk_of(i);
    size_t n;

    if (!d->link) {
        struct disk_request r = { .method = DISK_READLINK,
                                  .a = { d->handle },
                                  .bytes = LINK_BYTES };
        char *text = heap_alloc(LINK_BYTES + 1);
        uint64_t got[2];
        int err = text ? disk_ask_with(&r, NULL, text, got) : -ENOMEM;

        if (err) {
            heap_free(text);
            return err;
        }
        n = got[0] < LINK_BYTES ? got[0] : LINK_BYTES;
        char *exact = heap_alloc(n + 1);

        if (exact) {
            memcpy(exact, text, n);
        }
        heap_free(text);
        if (!exact || d->link) { /* somebody else was faster */
            heap_free(exact);
        } else {
            d->link = exact;
            i->size = n;
        }
        if (!d->link) {
            return -ENOMEM;
        }
    }
    n = i->size < most ? i->size : most;
    memcpy(to, d->link, n);
    return (long)n;
}

static int iterate(struct file *f, struct dir_sink *to)
{
    uint8_t *list = heap_alloc(LIST_BYTES);
    int err = list ? 0 : -ENOMEM;

    while (!err) {
        struct disk_request r = { .method = DISK_READDIR,
                                  .a = { disk_of(f->inode)->handle, f->position },
                                  .bytes = LIST_BYTES };
        uint64_t value[2];
        const struct fs_entry *e;

        err = disk_ask_with(&r, NULL, list, value);
        if (err || !value[0] || value[0] > LIST_BYTES) {
            break;
        }
        for (uint64_t at = 0; at + FS_ENTRY_BYTES <= value[0]; at += e->record) {
            const char *name = (const char *)list + at + FS_ENTRY_BYTES;

            e = (const struct fs_entry *)(list + at);
            if (e->record < FS_ENTRY_BYTES + e->name_bytes || at + e->record > value[0]) {
                err = -EUCLEAN;
                break;
            }
            if (!to->put(to, name, e->name_bytes, e->handle & UINT32_MAX, e->type, e->next)) {
                heap_free(list);
                return 0;
            }
            f->position = e->next;
        }
    }
    heap_free(list);
    return err;
}

/* ---- contents ---- */

static int read_pages(struct inode *i, struct page **page, unsigned count)
{
    uint32_t bytes = count * PAGE_SIZE;
    struct disk_request r = { .method = DISK_READ,
                              .a = { disk_of(i)->handle, page[0]->index * PAGE_SIZE },
                              .bytes = bytes };
    uint64_t got[2] = { 0 };
    int err;

    r.buffer = disk_piece_take(bytes);
    err = disk_ask(&r, got);
    if (!err && got[0] < bytes) { /* what was never written, behind the end that the server knows */
        memset(disk_piece(r.buffer + got[0]), 0, bytes - got[0]);
    }
    for (unsigned n = 0; n < count && !err; n++) {
        memcpy(page_data(page[n]), disk_piece(r.buffer + n * PAGE_SIZE), PAGE_SIZE);
    }
    disk_piece_drop(r.buffer, bytes);
    return err;
}

static int write_pages(struct inode *i, struct page **page, unsigned count)
{
    uint64_t from = page[0]->index * PAGE_SIZE, done = 0;
    uint64_t bytes = i->size <= from                      ? 0
                     : i->size - from < count * PAGE_SIZE ? i->size - from
                                                          : count * PAGE_SIZE;
    uint64_t buffer;
    int err = 0;

    if (!bytes) {
        return 0;
    }
    buffer = disk_piece_take((uint32_t)bytes);
    for (unsigned n = 0; n * PAGE_SIZE < bytes; n++) {
        uint64_t part = bytes - n * PAGE_SIZE;

        memcpy(disk_piece(buffer + n * PAGE_SIZE), page_data(page[n]),
               part < PAGE_SIZE ? part : PAGE_SIZE);
    }
    while (!err && done < bytes) {
        struct disk_request r = { .method = DISK_WRITE,
                                  .op = disk_next_op(),
                                  .a = { disk_of(i)->handle, from + done },
                                  .buffer = buffer + done,
                                  .bytes = (uint32_t)(bytes - done) };
        uint64_t put[2] = { 0 };

        err = disk_ask(&r, put);
        err = err ? err : put[0] ? 0 : -ENOSPC;
        done += put[0];
    }
    disk_piece_drop(buffer, (uint32_t)bytes);
    disk_of(i)->is_stale = true;
    disk.free_blocks -= disk.free_blocks < count ? disk.free_blocks : count;
    return err;
}

static int sync_disk(uint64_t handle)
{
    struct disk_request r = { .method = DISK_SYNC, .a = { handle } };

    return disk_ask(&r, NULL);
}

static int sync_file(struct file *f, bool data_only)
{
    struct inode *i = f->inode;
    int err = write_back(i);

    (void)data_only;
    err = err ? err : sync_disk(disk_of(i)->handle);
    if (i->write_error) {
        err = i->write_error;
        i->write_error = 0;
    }
    return err;
}

static int space(struct fs_space *to)
{
    struct disk_request r = { .method = DISK_STATFS, .bytes = sizeof *to };
    int err = disk_ask_with(&r, NULL, to, NULL);

    if (!err) {
        disk.free_blocks = to->available * to->block_bytes / PAGE_SIZE;
    }
    return err;
}

static int sync_super(struct super *s)
{
    int result = cache_sync(s), err;

    while (!list_is_empty(&disk.changed)) {
        struct inode *i = CONTAINER(disk.changed.next, struct disk_inode, changed)->inode;

        inode_get(i);
        err = write_back(i);
        inode_put(i);
        result = result ? result : err;
    }
    err = sync_disk(0);
    return result ? result : err;
}

/* Are there blocks for what will be written back?  A write that is taken must not fail for want of them later. */
static int make_room(struct inode *i, uint64_t position, uint64_t bytes)
{
    uint64_t from = position > i->size ? position : i->size, end = position + bytes;
    uint64_t pages = end > from ? end / PAGE_SIZE - from / PAGE_SIZE + 1 : 0;
    struct memory_info info;
    struct fs_space now;
    int err;

    cache_info(&info);
    if (pages + info.dirty + BLOCKS_SPARE <= disk.free_blocks) {
        return 0;
    }
    err = sync_super(i->super);
    err = err ? err : space(&now);
    return err ? err : !pages || pages + BLOCKS_SPARE <= disk.free_blocks ? 0 : -ENOSPC;
}

static long write_file(struct file *f, struct uio *u, uint64_t *position)
{
    struct inode *i = f->inode;
    int err = make_room(i, f->flags & O_APPEND ? i->size : *position, u->left);
    long n = err ? err : cached_write(f, u, position);

    if (n > 0) {
        inode_changed(i);
    }
    return n;
}

static int map_file(struct file *f, uint32_t prot, uint32_t flags)
{
    (void)f, (void)prot, (void)flags;
    return 0;
}

static const struct file_ops disk_file_ops = {
    .map = map_file, .read = cached_read, .write = write_file, .sync = sync_file
};
static const struct file_ops disk_directory_ops = { .iterate = iterate, .sync = sync_file };
static const struct inode_ops disk_inode_ops = {
    .lookup = lookup,
    .create = create,
    .symlink = symlink,
    .link = link_to,
    .unlink = unlink,
    .rename = rename,
    .readlink = readlink,
    .getattr = getattr,
    .setattr = setattr,
    .read_pages = read_pages,
    .write_pages = write_pages,
    .evict = evict,
    .getxattr = disk_getxattr,
    .setxattr = disk_setxattr,
    .listxattr = disk_listxattr,
    .removexattr = disk_removexattr,
};

/* ---- the file system ---- */

static void flush_now_and_then(void *nothing)
{
    (void)nothing;
    for (;;) {
        while (list_is_empty(&disk.changed)) {
            (void)wait_on(&disk.flusher, TIME_NEVER, WAIT_UNINTERRUPTIBLE);
        }
        fiber_pause(FLUSH_NS);
        (void)sync_super(disk.super);
    }
}

static int mount_disk(struct super *s, const char *source, const char *options)
{
    struct disk_request r = { .method = DISK_ATTACH, .a = { DISK_CLIENT } };
    struct fs_space now;
    uint64_t root[2];
    int err;

    (void)source, (void)options;
    err = disk_buffer();
    if (err || disk.is_mounted) {
        return err ? err : -EBUSY;
    }
    disk.super = s;
    err = disk_ask(&r, root);
    err = err ? err : inode_load(s, root[0], &s->root);
    err = err ? err : space(&now);
    if (!err) {
        s->flags |= root[1] >> 32 ? MS_RDONLY : 0;
        disk.is_mounted = true;
        fiber_start(flush_now_and_then, NULL);
    }
    return err;
}

static int statfs(struct super *s, struct statfs64 *to)
{
    struct fs_space now;
    int err = space(&now);

    (void)s;
    if (!err) {
        *to = (struct statfs64){ .f_type = EXT4_MAGIC,
                                 .f_bsize = now.block_bytes,
                                 .f_blocks = now.blocks,
                                 .f_bfree = now.free,
                                 .f_bavail = now.available,
                                 .f_files = now.files,
                                 .f_ffree = now.files_free,
                                 .f_namelen = now.name_max,
                                 .f_frsize = now.block_bytes };
    }
    return err;
}

static const struct file_system ext4 = {
    .name = "ext4", .mount = mount_disk, .statfs = statfs, .sync = sync_super
};

void disk_start(void)
{
    disk_request_start();
    wait_queue_init(&disk.flusher);
    list_init(&disk.changed);
    file_system_register(&ext4);
}
