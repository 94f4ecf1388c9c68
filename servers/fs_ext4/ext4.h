/*
 * An ext4 file system on a device of sectors, with a journal of its own in JBD2's format.  Functions return 0 or a Linux errno.
 * The same code runs in the server and in the tests on the build machine.
 */
#ifndef FS_EXT4_EXT4_H
#define FS_EXT4_EXT4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../idl/files.h"

#define FS_SECTOR   512u
#define FS_PIECE    65536u /* bytes that one request to the device moves at most */
#define FS_BLOCK    4096u  /* the largest block */
#define FS_SLOTS    240u   /* blocks of the running transaction and of the operation in hand */
#define FS_OP_SLOTS 96u    /* of one operation */
#define FS_DONE     64u    /* operations whose results are known */
#define FS_NAME     255u

/* Where the file system lies.  read, write: n sectors, at most FS_PIECE bytes.  flush: what was written is durable. */
struct fs_device {
    void *context;
    uint64_t sectors;
    int (*read)(void *context, uint64_t sector, uint32_t n, void *to);
    int (*write)(void *context, uint64_t sector, uint32_t n, const void *from);
    int (*flush)(void *context);
};

/* The running transaction: what completed operations changed. */
struct fs_index {
    uint32_t count;           /* blocks */
    uint32_t next;            /* the oldest of done */
    uint64_t block[FS_SLOTS]; /* where each one belongs */
    uint32_t slot[FS_SLOTS];  /* where its contents are */
    uint64_t op[FS_DONE], value[FS_DONE];
};

/*
 * Memory that survives the server, zeroed at boot.  An operation writes into slots that the current index does not name, then the
 * other index, and last `current`; so whatever moment the server dies at, the current index names the blocks of whole operations.
 *
 *     current --> index[0]  block 17 -> slot 3      slot 3  contents of 17
 *                           block 40 -> slot 5      slot 5  contents of 40
 *                 index[1]  being written           slot 9  17 as the operation in hand wants it
 */
struct fs_keep {
    volatile uint32_t current; /* 0 or 1 */
    uint32_t
        block_bytes; /* of the file system that it belongs to; 0: nothing has happened since boot */
    uint8_t uuid[16]; /* its number */
    struct fs_index index[2];
    uint8_t slot[FS_SLOTS][FS_BLOCK];
};

/* Linux's numbers (asm-generic/errno.h); the C library of components has others. */
enum {
    FS_EPERM = 1,
    FS_ENOENT = 2,
    FS_EIO = 5,
    FS_ENOMEM = 12,
    FS_EEXIST = 17,
    FS_ENOTDIR = 20,
    FS_EISDIR = 21,
    FS_EINVAL = 22,
    FS_EFBIG = 27,
    FS_ENOSPC = 28,
    FS_EROFS = 30,
    FS_EMLINK = 31,
    FS_ERANGE = 34,
    FS_ENAMETOOLONG = 36,
    FS_ENOTEMPTY = 39,
    FS_ENODATA = 61,
    FS_EOPNOTSUPP = 95,
    FS_ENOBUFS = 105,
    FS_EALREADY = 114,
    FS_ESTALE = 116,
    FS_EUCLEAN = 117
};

struct fs;

/*
 * Mounts: replays the journal, takes over what keep holds, else deletes the files that a former client kept.  cache_blocks: blocks that
 * are remembered.  An error: *why says what is wrong, and what helps; is it not fatal, the file system is read-only.
 */
int fs_mount(struct fs **to, const struct fs_device *device, struct fs_keep *keep,
             uint32_t cache_blocks, bool read_only, const char **why);
void fs_unmount(struct fs *f); /* writes nothing: fs_sync before */
bool fs_is_read_only(const struct fs *f);
uint64_t fs_root(struct fs *f);
uint32_t fs_block_bytes(const struct fs *f);
bool fs_is_dirty(const struct fs *f); /* something waits for fs_sync */
int fs_sync(struct fs *f);            /* all that was done before is durable */
int fs_attach(struct fs *f, uint16_t client);

/* idl/files.idl says what they do. */
int fs_statfs(struct fs *f, struct fs_space *to);
int fs_lookup(struct fs *f, uint64_t dir, const char *name, uint32_t n, uint64_t *handle,
              uint32_t *type);
int fs_stat(struct fs *f, uint64_t file, struct fs_attr *to);
int fs_readdir(struct fs *f, uint64_t dir, uint64_t cookie, void *to, uint32_t n, uint32_t *used,
               uint64_t *next);
int fs_read(struct fs *f, uint64_t file, uint64_t offset, void *to, uint32_t n, uint32_t *got);
int fs_readlink(struct fs *f, uint64_t file, void *to, uint32_t n, uint32_t *got);
int fs_write(struct fs *f, uint64_t op, uint64_t file, uint64_t offset, const void *from,
             uint32_t n, uint32_t *put);
int fs_setattr(struct fs *f, uint64_t op, uint64_t file, const struct fs_change *c);
int fs_create(struct fs *f, uint64_t op, uint64_t dir, const struct fs_new *what, const char *name,
              const char *target, uint64_t *handle);
int fs_link(struct fs *f, uint64_t op, uint64_t file, uint64_t dir, const char *name, uint32_t n);
int fs_unlink(struct fs *f, uint64_t op, uint64_t dir, uint32_t how, const char *name, uint32_t n);
int fs_rename(struct fs *f, uint64_t op, uint64_t from, const char *old, uint32_t old_n,
              uint64_t to, const char *name, uint32_t n, uint32_t how);
int fs_forget(struct fs *f, uint64_t op, uint64_t file);
int fs_attributes(struct fs *f, uint64_t file, void *to, uint32_t n, uint32_t *used);
int fs_set_attribute(struct fs *f, uint64_t op, uint64_t file, uint32_t how, const char *name,
                     const void *value, uint32_t n); /* n <= FS_BLOCK; name ends in NUL */

#endif
