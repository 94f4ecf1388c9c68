/* Between the files of the file system. */
#ifndef FS_EXT4_FS_H
#define FS_EXT4_FS_H

#include <string.h>
#include <ext2fs/ext2_fs.h>
#include <ext2fs/ext2fs.h>

#include "ext4.h"

#define FS_WAYS 4u
#define FS_MAP  2048u /* more than FS_SLOTS: a power of two */

/* block -> slot.  A block is its number + 1; 0: empty. */
struct fs_map {
    uint32_t count;
    uint64_t block[FS_MAP];
    uint32_t slot[FS_MAP];
};

/* Where a block is looked for: in the operation in hand, the running transaction, the cache, on the device. */
struct fs_store {
    struct fs_device device;
    struct fs_keep *keep;
    uint32_t block_bytes, sets;
    struct fs_map staged, running;
    uint8_t is_used[FS_SLOTS];
    uint32_t next_slot, tick;
    uint64_t *cached; /* block + 1, by set and way */
    uint32_t *age;
    uint8_t *cache;
    int error; /* of the operation in hand: what it staged is not whole */
};

struct fs_journal {
    uint32_t blocks; /* of the journal; 0: there is none */
    uint64_t *at;    /* where each lies */
    uint32_t first, sequence, start;
    uint32_t compat, incompat;
    uint8_t uuid[16];
    bool is_readable; /* we know all of its features */
};

struct fs {
    struct fs_store store;
    struct fs_journal journal;
    ext2_filsys ext2;
    bool is_read_only,
        has_freed; /* has_freed: blocks, since the last commit; they must not be written before it */
    bool is_data_dirty; /* data was written since the last flush */
};

/* store.c */
int store_init(struct fs_store *s, const struct fs_device *device, struct fs_keep *keep,
               uint32_t cache_blocks);
void store_free(struct fs_store *s);
void store_set_block(struct fs_store *s, uint32_t bytes); /* forgets what is cached */
int store_raw_read(struct fs_store *s, uint64_t block, uint32_t n, void *to);
int store_raw_write(struct fs_store *s, uint64_t block, uint32_t n, const void *from);
int store_read(struct fs_store *s, uint64_t block, void *to);
int store_stage(struct fs_store *s, uint64_t block, const void *from);
void store_publish(struct fs_store *s, uint64_t op, uint64_t value);
void store_abort(struct fs_store *s);
void store_clear(struct fs_store *s); /* the running transaction is on disk */
void store_forget_ops(struct fs_store *s, uint16_t client);
bool store_find_op(const struct fs_store *s, uint64_t op, uint64_t *value);
bool store_adopt(
    struct fs_store *s, const uint8_t *uuid,
    uint64_t blocks); /* false: keep is of another file system, or damaged; it is emptied */
void store_drop(struct fs_store *s, uint64_t block,
                uint32_t n); /* from the cache and the operation in hand: data go their own way */
void store_put(struct fs_store *s, uint64_t block, const void *from); /* into the cache */
const struct fs_index *store_index(const struct fs_store *s);

/* manager.c: libext2fs's way to the store. */
extern io_manager fs_io_manager;
extern struct fs_store *fs_io_store;

/* journal.c */
int journal_find(struct fs *f); /* maps it, reads its superblock */
int journal_replay(struct fs *f);
int journal_commit(struct fs *f);

int fs_errno(errcode_t e);

/* mount.c */
#define FS_EPOCH                                                                                   \
    0x40000000u /* a time where none is known: larger than any inode's number, as e2fsck expects of i_dtime */
int fs_open(struct fs *f);
void fs_close(struct fs *f);

/* ---- operations: inode.c ---- */

/*
 * Each one is whole or has not happened: what it staged is published, or dropped.
 *
 *     int err = op_begin(f, op, &value);
 *     err = err ? err : change_something(f);
 *     return op_end(f, err, op, value);
 *
 * op_begin: FS_EALREADY: it was done before, *value is its result; op_end makes that 0.  FS_EROFS, or what fs_sync says.
 */
int op_begin(struct fs *f, uint64_t op, uint64_t *value);
int op_end(struct fs *f, int err, uint64_t op, uint64_t value);

/* ---- inodes: inode.c ---- */

#define FS_LINK_MAX 65000u /* ext4's EXT4_LINK_MAX */

struct inode {
    ext2_ino_t ino;
    union {
        struct ext2_inode base;
        struct ext2_inode_large large;
    };
};

int inode_load(struct fs *f, ext2_ino_t ino, struct inode *i);
int inode_store(struct fs *f, struct inode *i);
uint64_t inode_handle(const struct inode *i);
/* The inode of a handle, if that is still its: else FS_ESTALE. */
int inode_get(struct fs *f, uint64_t handle, struct inode *i);
int inode_get_dir(struct fs *f, uint64_t handle, struct inode *i); /* else FS_ENOTDIR */
uint8_t inode_type(uint32_t mode);                                 /* DT_* */
/* A new inode that dir shall name; a directory or symbolic link with what is in it. */
int inode_new(struct fs *f, struct inode *dir, const struct fs_new *what, const char *target,
              struct inode *i);
/* One name less.  The last one: the file goes, or is kept, an orphan. */
int inode_lose_name(struct fs *f, struct inode *i, bool is_kept);
/* Deletes what is on the list of orphans. */
int inode_forget_all(struct fs *f);

/* ---- contents: contents.c ---- */

/* Frees the blocks behind size. */
int contents_cut(struct fs *f, struct inode *i, uint64_t size);
/* And sets it; i is not stored.  Behind the new end there are zeros, should the file grow again. */
int contents_truncate(struct fs *f, struct inode *i, uint64_t size);
#endif
