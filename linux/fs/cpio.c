/*
 * Archives of format newc (Documentation/driver-api/early-userspace/buffer-format.rst): a header of 13 hexadecimal numbers of 8
 * digits behind "070701", the name, the content, each filled up to a multiple of 4 bytes.
 */
#include <string.h>

#include "../task/task.h"
#include "dentry.h"
#include "tmpfs.h"

#define HEADER 110u

enum field {
    INO,
    MODE,
    UID,
    GID,
    NLINK,
    MTIME,
    SIZE,
    DEV_MAJOR,
    DEV_MINOR,
    RDEV_MAJOR,
    RDEV_MINOR,
    NAME_SIZE
};

/* Hard links of regular files: the name that was first. */
struct seen {
    struct seen *next;
    uint32_t ino;
    struct inode *inode;
};

static bool number(const char *header, enum field f, uint32_t *out)
{
    *out = 0;
    for (unsigned i = 0; i < 8; i++) {
        char c = header[6 + 8 * f + i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;

        if (digit < 0) {
            return false;
        }
        *out = *out << 4 | (uint32_t)digit;
    }
    return true;
}

static int write_content(struct inode *i, const void *data, uint32_t bytes)
{
    struct file *f = file_alloc(i->file_ops, i, O_RDWR | O_LARGEFILE);
    uint64_t at = 0;
    struct uio u;
    long n;

    if (!f) {
        return -ENOMEM;
    }
    inode_get(i);
    uio_kernel(&u, (void *)(uintptr_t)data, bytes);
    n = bytes ? f->ops->write(f, &u, &at) : 0;
    file_put(f);
    return n == (long)bytes ? 0 : -ENOSPC;
}

static struct inode *linked(struct seen *list, uint32_t ino)
{
    for (; list; list = list->next) {
        if (list->ino == ino) {
            return list->inode;
        }
    }
    return NULL;
}

static int add(const char *name, const uint32_t *v, const char *data, struct seen **seen)
{
    struct path dir;
    struct last last;
    struct inode *i = NULL, *old;
    struct dentry *d;
    int err = path_parent(AT_FDCWD, name, &dir, &last);

    if (err) {
        return err;
    }
    struct inode *parent = dir.dentry->inode;

    err = last.bytes ? dentry_lookup(dir.dentry, last.name, last.bytes, &d) : -EEXIST;
    if (!err && d->inode) {
        dentry_put(d);
        err = -EEXIST;
    }
    if (err) {
        path_put(&dir);
        return err == -EEXIST && (v[MODE] & S_IFMT) == S_IFDIR ? 0 : err;
    }
    old = v[NLINK] > 1 && (v[MODE] & S_IFMT) == S_IFREG ? linked(*seen, v[INO]) : NULL;
    if (old) {
        err = parent->ops->link(parent, last.name, last.bytes, old);
        i = old;
        inode_get(i);
        if (!err && v[SIZE]) { /* the content comes with the last name */
            err = write_content(i, data, v[SIZE]);
        }
    } else if ((v[MODE] & S_IFMT) == S_IFLNK) {
        char target[PATH_BYTES_MAX];
        uint32_t n = v[SIZE] < sizeof target - 1 ? v[SIZE] : (uint32_t)sizeof target - 1;

        memcpy(target, data, n);
        target[n] = 0;
        err = parent->ops->symlink(parent, last.name, last.bytes, target, &i);
    } else {
        err = parent->ops->create(parent, last.name, last.bytes, v[MODE],
                                  v[RDEV_MAJOR] << 8 | v[RDEV_MINOR], &i);
        if (!err && (v[MODE] & S_IFMT) == S_IFREG) {
            err = write_content(i, data, v[SIZE]);
        }
    }
    if (!err) {
        i->uid = v[UID];
        i->gid = v[GID];
        i->mtime.sec = v[MTIME];
        if (v[NLINK] > 1 && !old && (v[MODE] & S_IFMT) == S_IFREG) {
            struct seen *s = heap_alloc(sizeof *s);

            if (s) {
                *s = (struct seen){ *seen, v[INO], i };
                *seen = s;
            }
        }
        dentry_set(d, i);
    } else if (i) {
        inode_put(i);
    }
    dentry_put(d);
    path_put(&dir);
    return err;
}

int cpio_unpack(const void *archive, size_t bytes)
{
    const char *at = archive, *end = at + bytes;
    struct seen *seen = NULL;
    int err = 0;

    while (!err) {
        uint32_t v[12];
        const char *name = at + HEADER, *data;

        if (end - at < (long)HEADER || memcmp(at, "070701", 6) != 0) {
            err = -EINVAL;
            break;
        }
        for (unsigned i = 0; i < 12 && !err; i++) {
            err = number(at, i, &v[i]) ? 0 : -EINVAL;
        }
        if (err || v[NAME_SIZE] == 0 || v[NAME_SIZE] > end - name || name[v[NAME_SIZE] - 1]) {
            err = -EINVAL;
            break;
        }
        if (strcmp(name, "TRAILER!!!") == 0) {
            break;
        }
        data = at + ((HEADER + v[NAME_SIZE] + 3) & ~3u);
        if (data > end || v[SIZE] > end - data) {
            err = -EINVAL;
            break;
        }
        if (strcmp(name, ".") != 0) {
            err = add(name, v, data, &seen);
            if (err) {
                log_line("initial root: %s: error %d", name, -err);
                err = err == -ENOSPC || err == -ENOMEM ? err : 0;
            }
        }
        at = data + ((v[SIZE] + 3) & ~3u);
    }
    while (seen) {
        struct seen *s = seen;

        seen = s->next;
        heap_free(s);
    }
    return err;
}
