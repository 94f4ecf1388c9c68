/* Extended attributes of files on the disk.  The server is asked each time, but for files of which it is known that they have none. */
#include <linux/xattr.h>
#include <string.h>

#include "../../idl/files.h"
#include "disk_request.h"
#include "vfs.h"

#define ALL_BYTES 16384u /* more than an inode and a block can hold */
#define SET_BYTES 8192u  /* of a name with its value, which the interface takes at most */

/* All of them, as the server has them, in memory for the caller to free: bytes, or -errno. */
static long all(struct inode *i, uint8_t **to)
{
    struct disk_request r = { .method = DISK_ATTRIBUTES,
                              .a = { disk_handle(i) },
                              .bytes = ALL_BYTES };
    uint64_t used[2];
    int err;

    *to = NULL;
    if (i->has_no_attributes) {
        return 0;
    }
    *to = heap_alloc(ALL_BYTES);
    err = *to ? disk_ask_with(&r, NULL, *to, used) : -ENOMEM;
    if (err || used[0] > ALL_BYTES) {
        return err ? err : -EUCLEAN;
    }
    i->has_no_attributes = !used[0];
    return (long)used[0];
}

struct attribute {
    const char *name, *value;
    size_t name_bytes, value_bytes;
};

/* The one at *at, which moves on; false: there is none, or it is not whole. */
static bool next(const uint8_t *all, long bytes, long *at, struct attribute *to)
{
    struct fs_attribute a;
    long left = bytes - *at;

    if (left < (long)sizeof a) {
        return false;
    }
    memcpy(&a, all + *at, sizeof a);
    if (a.record > left || a.record < sizeof a || a.name_bytes > a.record - sizeof a ||
        a.value_bytes > a.record - sizeof a - a.name_bytes) {
        return false;
    }
    to->name = (const char *)all + *at + sizeof a;
    to->value = to->name + a.name_bytes;
    to->name_bytes = a.name_bytes;
    to->value_bytes = a.value_bytes;
    *at += a.record;
    return true;
}

long disk_getxattr(struct inode *i, const char *name, void *to, size_t most)
{
    uint8_t *list;
    long bytes = all(i, &list), n = bytes < 0 ? bytes : -ENODATA, at = 0;
    struct attribute a;

    while (n == -ENODATA && next(list, bytes, &at, &a)) {
        if (a.name_bytes == strlen(name) && memcmp(a.name, name, a.name_bytes) == 0) {
            n = most && a.value_bytes > most ? -ERANGE : (long)a.value_bytes;
            memcpy(to, a.value, n > 0 && most ? (size_t)n : 0);
        }
    }
    heap_free(list);
    return n;
}

long disk_listxattr(struct inode *i, char *to, size_t most)
{
    uint8_t *list;
    long bytes = all(i, &list), used = bytes < 0 ? bytes : 0, at = 0;
    struct attribute a;

    while (used >= 0 && next(list, bytes, &at, &a)) {
        if (most && used + a.name_bytes + 1 > most) {
            used = -ERANGE;
            break;
        }
        if (most) {
            memcpy(to + used, a.name, a.name_bytes);
            to[(size_t)used + a.name_bytes] = 0;
        }
        used += (long)a.name_bytes + 1;
    }
    heap_free(list);
    return used;
}

static int change(struct inode *i, const char *name, const void *value, size_t bytes, uint32_t how)
{
    struct disk_request r = { .method = DISK_SET_ATTRIBUTE,
                              .op = disk_next_op(),
                              .a = { disk_handle(i) },
                              .how = how,
                              .split = (uint32_t)strlen(name) };
    int err;

    if (bytes > SET_BYTES - r.split) {
        return -ENOSPC; /* no block holds it */
    }
    err = disk_ask_with(
        &r, (struct disk_bytes[]){ { name, r.split }, { bytes ? value : NULL, bytes }, { 0 } },
        NULL, NULL);
    if (!err) {
        i->has_no_attributes = false;
        disk_inode_changed(i);
    }
    return err;
}

int disk_setxattr(struct inode *i, const char *name, const void *from, size_t bytes, uint32_t flags)
{
    return change(i, name, from, bytes,
                  (flags & XATTR_CREATE ? FS_ATTRIBUTE_CREATE : 0) |
                      (flags & XATTR_REPLACE ? FS_ATTRIBUTE_REPLACE : 0));
}

int disk_removexattr(struct inode *i, const char *name)
{
    return change(i, name, NULL, 0, FS_ATTRIBUTE_REMOVE);
}
