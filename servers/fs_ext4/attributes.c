/* Extended attributes: in the inode's own record, and in one block more. */
#include "fs.h"

#define SYSTEM "system." /* contents and access lists, which are not told as attributes */

static int open_attributes(struct fs *f, uint64_t file, struct ext2_xattr_handle **to)
{
    struct inode i;
    int err = inode_get(f, file, &i);

    *to = NULL;
    err = err ? err : fs_errno(ext2fs_xattrs_open(f->ext2, i.ino, to));
    return err ? err : fs_errno(ext2fs_xattrs_read(*to));
}

static void close_attributes(struct ext2_xattr_handle *h)
{
    if (h) {
        (void)ext2fs_xattrs_close(&h);
    }
}

struct list {
    uint8_t *to;
    uint32_t room, used;
};

static int put(char *name, char *value, size_t value_bytes, void *to)
{
    struct list *l = to;
    struct fs_attribute a = { .name_bytes = (uint32_t)strlen(name),
                              .value_bytes = (uint32_t)value_bytes };

    if (strncmp(name, SYSTEM, sizeof SYSTEM - 1) == 0) {
        return 0;
    }
    a.record = ((uint32_t)sizeof a + a.name_bytes + a.value_bytes + 7) & ~7u;
    if (l->room - l->used < a.record) {
        l->used = UINT32_MAX;
        return XATTR_ABORT;
    }
    memcpy(l->to + l->used, &a, sizeof a);
    memcpy(l->to + l->used + sizeof a, name, a.name_bytes);
    memcpy(l->to + l->used + sizeof a + a.name_bytes, value, value_bytes);
    l->used += a.record;
    return 0;
}

int fs_attributes(struct fs *f, uint64_t file, void *to, uint32_t n, uint32_t *used)
{
    struct list l = { .to = to, .room = n };
    struct ext2_xattr_handle *h;
    int err = open_attributes(f, file, &h);

    err = err ? err : fs_errno(ext2fs_xattrs_iterate(h, put, &l));
    close_attributes(h);
    *used = l.used;
    return err ? err : l.used == UINT32_MAX ? FS_ERANGE : 0;
}

static int change(struct ext2_xattr_handle *h, uint32_t how, const char *name, const void *value,
                  uint32_t n)
{
    void *old = NULL;
    size_t old_bytes;
    errcode_t e = ext2fs_xattr_get(h, name, &old, &old_bytes);
    bool is_there = e == 0;

    ext2fs_free_mem(&old);
    if (e && e != EXT2_ET_EA_KEY_NOT_FOUND) {
        return fs_errno(e);
    }
    if (is_there && how & FS_ATTRIBUTE_CREATE) {
        return FS_EEXIST;
    }
    if (!is_there && how & (FS_ATTRIBUTE_REPLACE | FS_ATTRIBUTE_REMOVE)) {
        return FS_ENODATA;
    }
    return fs_errno(how & FS_ATTRIBUTE_REMOVE ? ext2fs_xattr_remove(h, name)
                                              : ext2fs_xattr_set(h, name, value, n));
}

int fs_set_attribute(struct fs *f, uint64_t op, uint64_t file, uint32_t how, const char *name,
                     const void *value, uint32_t n)
{
    struct ext2_xattr_handle *h = NULL;
    uint64_t nothing;
    int err = op_begin(f, op, &nothing);

    if (err == 0 && (!strchr(name, '.') || strncmp(name, SYSTEM, sizeof SYSTEM - 1) == 0)) {
        err = FS_EOPNOTSUPP;
    }
    err = err ? err : open_attributes(f, file, &h);
    err = err ? err : change(h, how, name, value, n);
    close_attributes(h);
    return op_end(f, err, op, 0);
}
