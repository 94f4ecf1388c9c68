/* read, write and their kin; positions; directories. */
#include <linux/falloc.h>
#include <linux/fadvise.h>
#include <linux/fs.h>
#include <linux/inotify.h>
#include <linux/uio.h>
#include <string.h>

#include "../task/task.h"
#include "dentry.h"
#include "page_cache.h"

#define IO_MAX 0x7ffff000ull /* bytes of one call, as in Linux */

static uint32_t type_of(const struct file *f)
{
    return f->inode->mode & S_IFMT;
}

/* The file of a descriptor that may be read or written; NULL and *err. */
static struct file *file_for(int fd, bool write, int *err)
{
    struct file *f = fd_file(fd);
    uint32_t access = f ? f->flags & O_ACCMODE : 0;

    *err = -EBADF;
    if (f && (f->flags & O_PATH || (write ? access == O_RDONLY : access == O_WRONLY))) {
        file_put(f);
        return NULL;
    }
    return f;
}

static long transfer(struct file *f, struct uio *u, uint64_t *position, bool write)
{
    long n;

    if (type_of(f) == S_IFDIR && !write) {
        return -EISDIR;
    }
    if (write ? !f->ops->write : !f->ops->read) {
        return -EINVAL;
    }
    n = write ? f->ops->write(f, u, position) : f->ops->read(f, u, position);
    if (n > 0) {
        file_event(f, write ? IN_MODIFY : IN_ACCESS);
    }
    if (n > 0 && write && f->flags & O_DSYNC && f->ops->sync) {
        int err = f->ops->sync(f, !(f->flags & __O_SYNC));

        n = err ? err : n;
    }
    return n;
}

/* At the file's own position. */
static long at_position(struct file *f, struct uio *u, bool write)
{
    return transfer(f, u, &f->position, write);
}

static long one(int fd, uint64_t at, uint64_t bytes, bool write)
{
    struct iovec_user piece;
    struct uio u;
    int err;
    struct file *f = file_for(fd, write, &err);
    long n;

    if (!f) {
        return err;
    }
    if ((int64_t)bytes < 0) {
        file_put(f);
        return -EINVAL;
    }
    uio_user(&u, &piece, at, bytes < IO_MAX ? bytes : IO_MAX);
    n = at_position(f, &u, write);
    file_put(f);
    return n;
}

long sys_read(struct task *t, const uint64_t *a)
{
    (void)t;
    return one((int)a[0], a[1], a[2], false);
}

long sys_write(struct task *t, const uint64_t *a)
{
    (void)t;
    return one((int)a[0], a[1], a[2], true);
}

static long one_at(int fd, uint64_t at, uint64_t bytes, uint64_t position, bool write)
{
    struct iovec_user piece;
    struct uio u;
    int err;
    struct file *f;
    long n;

    if ((int64_t)position < 0 || (int64_t)bytes < 0) {
        return -EINVAL;
    }
    f = file_for(fd, write, &err);
    if (!f) {
        return err;
    }
    uio_user(&u, &piece, at, bytes < IO_MAX ? bytes : IO_MAX);
    n = f->ops->is_stream ? -ESPIPE : transfer(f, &u, &position, write);
    file_put(f);
    return n;
}

long sys_pread64(struct task *t, const uint64_t *a)
{
    (void)t;
    return one_at((int)a[0], a[1], a[2], a[3], false);
}

long sys_pwrite64(struct task *t, const uint64_t *a)
{
    (void)t;
    return one_at((int)a[0], a[1], a[2], a[3], true);
}

/* ---- vectors ---- */

int uio_vector(struct uio *u, struct iovec_user *room, uint64_t at, uint64_t count)
{
    uint64_t left = 0;

    if (count > UIO_MAXIOV) {
        return -EINVAL;
    }
    if (copy_from_user(room, at, count * sizeof *room)) {
        return -EFAULT;
    }
    for (uint64_t i = 0; i < count; i++) {
        if ((int64_t)room[i].bytes < 0 || (int64_t)(left + room[i].bytes) < 0) {
            return -EINVAL;
        }
        left += room[i].bytes;
    }
    *u = (struct uio){ .piece = room,
                       .pieces = (unsigned)count,
                       .left = left < IO_MAX ? left : IO_MAX };
    return 0;
}

static long vector(int fd, uint64_t at, uint64_t count, const uint64_t *position, bool write)
{
    struct iovec_user few[8], *room = few;
    struct uio u;
    int err;
    struct file *f = file_for(fd, write, &err);
    long n;

    if (!f) {
        return err;
    }
    if (count > sizeof few / sizeof *few && count <= UIO_MAXIOV) {
        room = heap_alloc(count * sizeof *room);
    }
    n = room ? uio_vector(&u, room, at, count) : -ENOMEM;
    if (!n && u.pieces) {
        uint64_t own = position ? *position : 0;

        n = position && f->ops->is_stream ? -ESPIPE
            : position                    ? transfer(f, &u, &own, write)
                                          : at_position(f, &u, write);
    }
    if (room != few) {
        heap_free(room);
    }
    file_put(f);
    return n;
}

long sys_readv(struct task *t, const uint64_t *a)
{
    (void)t;
    return vector((int)a[0], a[1], a[2], NULL, false);
}

long sys_writev(struct task *t, const uint64_t *a)
{
    (void)t;
    return vector((int)a[0], a[1], a[2], NULL, true);
}

long sys_preadv(struct task *t, const uint64_t *a)
{
    (void)t;
    return (int64_t)a[3] < 0 ? -EINVAL : vector((int)a[0], a[1], a[2], &a[3], false);
}

long sys_pwritev(struct task *t, const uint64_t *a)
{
    (void)t;
    return (int64_t)a[3] < 0 ? -EINVAL : vector((int)a[0], a[1], a[2], &a[3], true);
}

long sys_preadv2(struct task *t, const uint64_t *a)
{
    (void)t;
    if (a[5] & ~(uint64_t)RWF_SUPPORTED) {
        return -EOPNOTSUPP;
    }
    return vector((int)a[0], a[1], a[2], (int64_t)a[3] == -1 ? NULL : &a[3], false);
}

long sys_pwritev2(struct task *t, const uint64_t *a)
{
    (void)t;
    if (a[5] & ~(uint64_t)RWF_SUPPORTED) {
        return -EOPNOTSUPP;
    }
    return vector((int)a[0], a[1], a[2], (int64_t)a[3] == -1 ? NULL : &a[3], true);
}

/* ---- positions ---- */

static long seek_plain(struct file *f, int64_t offset, int whence)
{
    struct inode *i = f->inode;
    int64_t to = offset;

    switch (whence) {
    case SEEK_SET:
        break;
    case SEEK_CUR:
        to += (int64_t)f->position;
        break;
    case SEEK_END:
        to += (int64_t)i->size;
        break;
    case SEEK_DATA:
    case SEEK_HOLE:
        if ((uint64_t)offset >= i->size || offset < 0) {
            return -ENXIO;
        }
        to = whence == SEEK_DATA ? offset : (int64_t)i->size;
        break;
    default:
        return -EINVAL;
    }
    if (to < 0) {
        return -EINVAL;
    }
    f->position = (uint64_t)to;
    return to;
}

long sys_lseek(struct task *t, const uint64_t *a)
{
    struct file *f = fd_file((int)a[0]);
    long to;

    (void)t;
    if (!f) {
        return -EBADF;
    }
    to = f->flags & O_PATH   ? -EBADF
         : f->ops->is_stream ? -ESPIPE
         : f->ops->seek      ? f->ops->seek(f, (int64_t)a[1], (int)a[2])
                             : seek_plain(f, (int64_t)a[1], (int)a[2]);
    file_put(f);
    return to;
}

/* ---- from file to file ---- */

#define COPY_BYTES 65536u

static long copy_files(struct file *in, uint64_t *in_at, struct file *out, uint64_t *out_at,
                       uint64_t bytes)
{
    uint64_t room = bytes < COPY_BYTES ? bytes : COPY_BYTES;
    char *buffer = heap_alloc(room ? room : 1);
    long done = 0, n = 0;

    if (!buffer) {
        return -ENOMEM;
    }
    while ((uint64_t)done < bytes) {
        struct uio u;
        uint64_t part = bytes - (uint64_t)done < room ? bytes - (uint64_t)done : room;
        uint64_t before = *in_at;
        long written;

        uio_kernel(&u, buffer, part);
        n = transfer(in, &u, in_at, false);
        if (n <= 0) {
            break;
        }
        uio_kernel(&u, buffer, (size_t)n);
        written = transfer(out, &u, out_at, true);
        if (written < n) {
            *in_at = before + (uint64_t)(written > 0 ? written : 0);
        }
        if (written < 0) {
            n = written;
            break;
        }
        done += written;
        if (written < n || (in->ops->is_stream && (uint64_t)n < part)) {
            break;
        }
    }
    heap_free(buffer);
    return done ? done : n;
}

/* Two files between which bytes go, and the positions that count: the files' own, or those at addresses of the program. */
struct ends {
    struct file *in, *out;
    uint64_t in_user, out_user; /* 0: the file's own */
    uint64_t own[2], *in_at, *out_at;
};

static int ends_open(struct ends *e, uint64_t in, uint64_t in_user, uint64_t out, uint64_t out_user)
{
    int ignored;

    e->in = file_for((int)in, false, &ignored);
    e->out = file_for((int)out, true, &ignored);
    e->in_user = in_user;
    e->out_user = out_user;
    return e->in && e->out ? 0 : -EBADF;
}

static int position_from_user(uint64_t at, uint64_t *position)
{
    if (copy_from_user(position, at, sizeof *position)) {
        return -EFAULT;
    }
    return (int64_t)*position < 0 ? -EINVAL : 0;
}

static int ends_positions(struct ends *e)
{
    int err = e->in_user ? position_from_user(e->in_user, &e->own[0]) : 0;

    err = err || !e->out_user ? err : position_from_user(e->out_user, &e->own[1]);
    e->in_at = e->in_user ? &e->own[0] : &e->in->position;
    e->out_at = e->out_user ? &e->own[1] : &e->out->position;
    return err;
}

/* Copies if there was no error, tells the program the positions, and lets go of the files. */
static long ends_copy(struct ends *e, int err, uint64_t bytes)
{
    long n = err ? err : copy_files(e->in, e->in_at, e->out, e->out_at, bytes);

    if (n >= 0 && ((e->in_user && copy_to_user(e->in_user, &e->own[0], sizeof e->own[0])) ||
                   (e->out_user && copy_to_user(e->out_user, &e->own[1], sizeof e->own[1])))) {
        n = -EFAULT;
    }
    if (e->in) {
        file_put(e->in);
    }
    if (e->out) {
        file_put(e->out);
    }
    return n;
}

long sys_sendfile(struct task *t, const uint64_t *a)
{
    struct ends e;
    int err = ends_open(&e, a[1], a[2], a[0], 0);

    (void)t;
    if (!err &&
        ((type_of(e.in) != S_IFREG && !e.in->inode->ops->read_pages && e.in->ops->is_stream) ||
         e.out->flags & O_APPEND)) {
        err = -EINVAL;
    }
    err = err ? err : ends_positions(&e);
    return ends_copy(&e, err, a[3] < IO_MAX ? a[3] : IO_MAX);
}

long sys_copy_file_range(struct task *t, const uint64_t *a)
{
    uint64_t bytes = a[4] < IO_MAX ? a[4] : IO_MAX;
    struct ends e;
    int err = ends_open(&e, a[0], a[1], a[2], a[3]);

    (void)t;
    if (!err) {
        err = a[5]                                                    ? -EINVAL
              : type_of(e.in) == S_IFDIR || type_of(e.out) == S_IFDIR ? -EISDIR
              : type_of(e.in) != S_IFREG || type_of(e.out) != S_IFREG ? -EINVAL
              : e.out->flags & O_APPEND                               ? -EBADF
                                                                      : ends_positions(&e);
    }
    if (!err && e.in->inode == e.out->inode && bytes && *e.in_at < *e.out_at + bytes &&
        *e.out_at < *e.in_at + bytes) {
        err = -EINVAL;
    }
    return ends_copy(&e, err, bytes);
}

long sys_splice(struct task *t, const uint64_t *a)
{
    struct ends e;
    int err = ends_open(&e, a[0], a[1], a[2], a[3]);

    (void)t;
    if (!err) {
        err = type_of(e.in) != S_IFIFO && type_of(e.out) != S_IFIFO ? -EINVAL
              : (a[1] && e.in->ops->is_stream) || (a[3] && e.out->ops->is_stream)
                  ? -ESPIPE
                  : ends_positions(&e);
    }
    return ends_copy(&e, err, a[4] < COPY_BYTES ? a[4] : COPY_BYTES);
}

/* ---- keeping ---- */

static long sync_file(int fd, bool data_only)
{
    struct file *f = fd_file(fd);
    long err;

    if (!f) {
        return -EBADF;
    }
    err = f->flags & O_PATH                 ? -EBADF
          : f->ops->sync                    ? f->ops->sync(f, data_only)
          : f->ops->is_stream || !f->dentry ? -EINVAL
                                            : 0;
    file_put(f);
    return err;
}

long sys_fsync(struct task *t, const uint64_t *a)
{
    (void)t;
    return sync_file((int)a[0], false);
}

long sys_fdatasync(struct task *t, const uint64_t *a)
{
    (void)t;
    return sync_file((int)a[0], true);
}

long sys_sync_file_range(struct task *t, const uint64_t *a)
{
    struct file *f = fd_file((int)a[0]);
    long err;

    (void)t;
    if (!f) {
        return -EBADF;
    }
    err = (int64_t)a[1] < 0 || (int64_t)a[2] < 0 || a[3] & ~7ull ? -EINVAL
          : f->ops->is_stream                                    ? -ESPIPE
          : f->inode->ops->write_pages                           ? cache_write_back(f->inode)
                                                                 : 0;
    file_put(f);
    return err;
}

long sys_fadvise64(struct task *t, const uint64_t *a)
{
    struct file *f = fd_file((int)a[0]);
    long err;

    (void)t;
    if (!f) {
        return -EBADF;
    }
    err = f->ops->is_stream                                ? -ESPIPE
          : (int64_t)a[2] < 0 || a[3] > POSIX_FADV_NOREUSE ? -EINVAL
                                                           : 0;
    uint64_t first = a[1] / PAGE_SIZE, end = a[2] ? (a[1] + a[2]) / PAGE_SIZE : ~0ull;

    if (!err && a[3] == POSIX_FADV_DONTNEED && f->ops->read == cached_read) {
        cache_drop(f->inode, first, end);
    } else if (!err && a[3] == POSIX_FADV_WILLNEED && f->ops->read == cached_read) {
        cache_ahead(f->inode, first, end - first);
    }
    file_put(f);
    return err;
}

long sys_readahead(struct task *t, const uint64_t *a)
{
    int err;
    struct file *f = file_for((int)a[0], false, &err);

    (void)t;
    if (!f) {
        return err;
    }
    err = f->ops->read == cached_read ? 0 : -EINVAL;
    if (!err) {
        cache_ahead(f->inode, a[1] / PAGE_SIZE, a[2] / PAGE_SIZE + 1);
    }
    file_put(f);
    return err;
}

long sys_fallocate(struct task *t, const uint64_t *a)
{
    int err;
    struct file *f = file_for((int)a[0], true, &err);
    long result;

    (void)t;
    if ((int64_t)a[2] < 0 || (int64_t)a[3] <= 0) {
        if (f) {
            file_put(f);
        }
        return f ? -EINVAL : err;
    }
    if (!f) {
        return err;
    }
    result = type_of(f) == S_IFIFO                                          ? -ESPIPE
             : type_of(f) != S_IFREG                                        ? -ENODEV
             : a[2] + a[3] > INT64_MAX                                      ? -EFBIG
             : a[1] & FALLOC_FL_PUNCH_HOLE && !(a[1] & FALLOC_FL_KEEP_SIZE) ? -EOPNOTSUPP
             : f->ops->allocate ? f->ops->allocate(f, (uint32_t)a[1], a[2], a[3])
                                : -EOPNOTSUPP;
    file_put(f);
    return result;
}

/* ---- directories ---- */

struct to_user {
    struct dir_sink sink;
    uint64_t at, left;
    bool any;
    int err;
};

/* struct linux_dirent64: inode, next position, bytes of the record, type, name. */
#define DIRENT_NAME 19u

static bool put_entry(struct dir_sink *sink, const char *name, size_t bytes, uint64_t inode,
                      uint8_t type, uint64_t next)
{
    struct to_user *u = CONTAINER(sink, struct to_user, sink);
    uint16_t record = (uint16_t)((DIRENT_NAME + bytes + 1 + 7) & ~7ull);
    uint8_t entry[DIRENT_NAME + NAME_BYTES_MAX + 9] = { 0 };

    if (record > u->left) {
        u->err = u->any ? 0 : -EINVAL;
        return false;
    }
    memcpy(entry, &inode, 8);
    memcpy(entry + 8, &next, 8);
    memcpy(entry + 16, &record, 2);
    entry[18] = type;
    memcpy(entry + DIRENT_NAME, name, bytes);
    if (copy_to_user(u->at, entry, record)) {
        u->err = -EFAULT;
        return false;
    }
    u->at += record;
    u->left -= record;
    u->any = true;
    return true;
}

long sys_getdents64(struct task *t, const uint64_t *a)
{
    struct to_user u = { .sink.put = put_entry, .at = a[1], .left = (uint32_t)a[2] };
    int err;
    struct file *f = file_for((int)a[0], false, &err);

    (void)t;
    if (!f) {
        return err;
    }
    if (!f->ops->iterate) {
        err = -ENOTDIR;
    } else {
        lock_take(&f->inode->lock);
        err = f->inode->links ? f->ops->iterate(f, &u.sink) : -ENOENT;
        lock_drop(&f->inode->lock);
    }
    file_put(f);
    return err ? err : u.err ? u.err : (long)(u.at - a[1]);
}
