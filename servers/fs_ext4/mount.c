/* From a device to a file system and back. */
#include <stdlib.h>

#include "fs.h"

/* What we write so that Linux and e2fsck find it right.  What libext2fs knows beyond that is only read. */
#define INCOMPAT_WRITABLE                                                                          \
    (EXT2_FEATURE_INCOMPAT_FILETYPE | EXT3_FEATURE_INCOMPAT_RECOVER |                              \
     EXT3_FEATURE_INCOMPAT_EXTENTS | EXT4_FEATURE_INCOMPAT_64BIT | EXT4_FEATURE_INCOMPAT_FLEX_BG)
#define RO_COMPAT_WRITABLE                                                                         \
    (EXT2_FEATURE_RO_COMPAT_SPARSE_SUPER | EXT2_FEATURE_RO_COMPAT_LARGE_FILE |                     \
     EXT4_FEATURE_RO_COMPAT_HUGE_FILE | EXT4_FEATURE_RO_COMPAT_DIR_NLINK |                         \
     EXT4_FEATURE_RO_COMPAT_EXTRA_ISIZE)

static errcode_t freed_range(struct fs *f, int inuse)
{
    f->has_freed = f->has_freed || inuse < 0;
    return 0;
}

static void block_changed(ext2_filsys e, blk64_t block, int inuse)
{
    (void)block;
    (void)freed_range(e->priv_data, inuse);
}

static void blocks_changed(ext2_filsys e, blk64_t block, blk_t n, int inuse)
{
    (void)block;
    (void)n;
    (void)freed_range(e->priv_data, inuse);
}

/* libext2fs's view of what the store holds now. */
int fs_open(struct fs *f)
{
    errcode_t e;
    int flags =
        EXT2_FLAG_64BITS | EXT2_FLAG_SOFTSUPP_FEATURES | (f->is_read_only ? 0 : EXT2_FLAG_RW);

    fs_io_store = &f->store;
    e = ext2fs_open2("disk", NULL, flags, 0, 0, fs_io_manager, &f->ext2);
    if (e) {
        f->ext2 = NULL;
        return fs_errno(e);
    }
    f->ext2->priv_data = f;
    f->ext2->flags |= EXT2_FLAG_MASTER_SB_ONLY;
    f->ext2->now = f->ext2->super->s_wtime ? f->ext2->super->s_wtime : FS_EPOCH;
    e = ext2fs_read_bitmaps(f->ext2);
    if (e) {
        return fs_errno(e);
    }
    ext2fs_set_block_alloc_stats_callback(f->ext2, block_changed, NULL);
    ext2fs_set_block_alloc_stats_range_callback(f->ext2, blocks_changed, NULL);
    if (!f->is_read_only) {
        ext2fs_set_feature_journal_needs_recovery(f->ext2->super);
    }
    return 0;
}

void fs_close(struct fs *f)
{
    if (f->ext2) {
        ext2fs_free(f->ext2);
        f->ext2 = NULL;
    }
}

/* libext2fs believes these numbers when it sizes its tables. */
static bool is_sound(const struct ext2_super_block *s)
{
    uint32_t bits = 8 * (1024u << s->s_log_block_size), groups;
    bool is_dynamic = s->s_rev_level >= EXT2_DYNAMIC_REV;
    uint32_t inode_bytes = is_dynamic ? s->s_inode_size : 128u;

    if (s->s_blocks_per_group < 256 || s->s_blocks_per_group > bits || s->s_blocks_per_group % 8 ||
        s->s_inodes_per_group == 0 || s->s_inodes_per_group > bits || s->s_inodes_per_group % 8 ||
        s->s_log_cluster_size != s->s_log_block_size ||
        s->s_clusters_per_group != s->s_blocks_per_group ||
        s->s_first_data_block != (s->s_log_block_size == 0) ||
        s->s_blocks_count <= s->s_first_data_block) {
        return false;
    }
    groups = (s->s_blocks_count - s->s_first_data_block + s->s_blocks_per_group - 1) /
             s->s_blocks_per_group;
    return (uint64_t)groups * s->s_inodes_per_group == s->s_inodes_count && inode_bytes >= 128 &&
           inode_bytes <= bits / 8 && (inode_bytes & (inode_bytes - 1)) == 0 &&
           (!is_dynamic || s->s_first_ino >= EXT2_GOOD_OLD_FIRST_INO) &&
           (!(s->s_feature_incompat & EXT4_FEATURE_INCOMPAT_64BIT) ||
            (s->s_desc_size >= 32 && s->s_desc_size <= 1024)) &&
           !(s->s_feature_incompat & EXT2_FEATURE_INCOMPAT_META_BG) &&
           s->s_reserved_gdt_blocks <= bits / 32;
}

/* What must be known before libext2fs looks at anything. */
static int super_read(struct fs *f, const char **why, uint8_t *uuid, uint64_t *blocks)
{
    struct ext2_super_block super;
    int err = f->store.device.sectors < 8
                  ? FS_EIO
                  : f->store.device.read(f->store.device.context, 2, 2, &super);

    if (err) {
        *why = "the disk cannot be read";
        return err;
    }
    if (super.s_magic != EXT2_SUPER_MAGIC || super.s_log_block_size > 2) {
        *why =
            "there is no ext4 file system with blocks of 1, 2 or 4 KiB (make one: mke2fs -t ext4)";
        return FS_EUCLEAN;
    }
    if (!is_sound(&super)) {
        *why = "its superblock is damaged (run e2fsck)";
        return FS_EUCLEAN;
    }
    store_set_block(&f->store, 1024u << super.s_log_block_size);
    memcpy(uuid, super.s_uuid, sizeof super.s_uuid);
    *blocks = super.s_blocks_count;
    if (*blocks * (f->store.block_bytes / FS_SECTOR) > f->store.device.sectors) {
        *why = "the file system is larger than its disk (run resize2fs or e2fsck)";
        return FS_EUCLEAN;
    }
    if (super.s_feature_incompat & EXT4_FEATURE_INCOMPAT_64BIT && super.s_blocks_count_hi) {
        *why = "the file system has more than 2^32 blocks";
        return FS_EUCLEAN;
    }
    return 0;
}

static const char *unwritable(const struct fs *f)
{
    const struct ext2_super_block *s = f->ext2->super;

    if (s->s_feature_incompat & ~(uint32_t)INCOMPAT_WRITABLE ||
        s->s_feature_ro_compat & ~(uint32_t)RO_COMPAT_WRITABLE) {
        return "it has features that are only read (tools/rootfs.sh names those that are written)";
    }
    if (!(s->s_feature_compat & EXT3_FEATURE_COMPAT_HAS_JOURNAL)) {
        return "it has no journal (make one: tune2fs -j)";
    }
    if (s->s_state & EXT2_ERROR_FS || !(s->s_state & EXT2_VALID_FS)) {
        return "it is marked as damaged (run e2fsck)";
    }
    return NULL;
}

static int prepare_journal(struct fs *f, const char **why)
{
    int err;

    if (!(f->ext2->super->s_feature_compat & EXT3_FEATURE_COMPAT_HAS_JOURNAL)) {
        return 0;
    }
    err = journal_find(f);
    if (err == 0 && f->journal.start) {
        err = journal_replay(f);
    }
    if (err) {
        *why = "its journal is damaged or of a kind that only Linux can replay (run e2fsck)";
    } else if (f->journal.blocks < f->journal.first + FS_SLOTS + FS_SLOTS / 64 + 2 ||
               !f->journal.is_readable) {
        *why = "its journal is too small or has features that are not written (make one: tune2fs "
               "-J size=16)";
    }
    return err;
}

static int reopen(struct fs *f)
{
    fs_close(f);
    store_set_block(&f->store, f->store.block_bytes);
    return fs_open(f);
}

/* keep goes on where the last incarnation stopped: its transaction is committed, since what it freed is no longer known. */
static int mount(struct fs *f, const char **why)
{
    uint8_t uuid[16];
    uint64_t blocks;
    bool is_continued, is_asked = f->is_read_only;
    int err = super_read(f, why, uuid, &blocks);

    if (err) {
        return err;
    }
    is_continued = store_adopt(&f->store, uuid, blocks);
    *why = "it cannot be opened (run e2fsck)";
    err = fs_open(f);
    if (err) {
        return err;
    }
    *why = unwritable(f);
    err = prepare_journal(f, why);
    if (err) {
        return err;
    }
    f->is_read_only = is_asked || *why;
    err = reopen(f);
    if (err == 0 && !f->is_read_only) {
        err = is_continued ? journal_commit(f) : inode_forget_all(f);
    }
    *why = err ? "it cannot be used (run e2fsck)" : *why;
    return err;
}

int fs_mount(struct fs **to, const struct fs_device *device, struct fs_keep *keep,
             uint32_t cache_blocks, bool read_only, const char **why)
{
    struct fs *f = calloc(1, sizeof *f);
    int err;

    *why = "there is too little memory";
    err = f ? store_init(&f->store, device, keep, cache_blocks) : FS_ENOMEM;
    if (err == 0) {
        *why = NULL;
        f->is_read_only = read_only;
        err = mount(f, why);
    }
    if (err && f) {
        fs_unmount(f);
        f = NULL;
    }
    *to = f;
    return err;
}

void fs_unmount(struct fs *f)
{
    fs_close(f);
    free(f->journal.at);
    store_free(&f->store);
    free(f);
}

bool fs_is_read_only(const struct fs *f)
{
    return f->is_read_only;
}

uint32_t fs_block_bytes(const struct fs *f)
{
    return f->store.block_bytes;
}

bool fs_is_dirty(const struct fs *f)
{
    return !f->is_read_only && (f->is_data_dirty || store_index(&f->store)->count);
}

/* A commit that failed may have happened: nothing may be written after it but by a replay. */
int fs_sync(struct fs *f)
{
    int err = f->is_read_only ? 0 : journal_commit(f);

    f->is_read_only = f->is_read_only || err;
    return err;
}

int fs_attach(struct fs *f, uint16_t client)
{
    if (f->is_read_only) {
        return 0;
    }
    store_forget_ops(&f->store, client);
    return inode_forget_all(f);
}

int fs_errno(errcode_t e)
{
    switch (e) {
    case 0:
        return 0;
    case EXT2_ET_NO_MEMORY:
        return FS_ENOMEM;
    case EXT2_ET_FILE_NOT_FOUND:
        return FS_ENOENT;
    case EXT2_ET_FILE_EXISTS:
    case EXT2_ET_DIR_EXISTS:
        return FS_EEXIST;
    case EXT2_ET_NO_DIRECTORY:
        return FS_ENOTDIR;
    case EXT2_ET_DIR_NO_SPACE:
    case EXT2_ET_EA_NO_SPACE:
    case EXT2_ET_BLOCK_ALLOC_FAIL:
    case EXT2_ET_INODE_ALLOC_FAIL:
        return FS_ENOSPC;
    case EXT2_ET_FILE_TOO_BIG:
        return FS_EFBIG;
    case EXT2_ET_INVALID_ARGUMENT:
        return FS_EINVAL;
    default:
        return e > 0 && e < 256
                   ? (int)e
                   : FS_EUCLEAN; /* of the device, from the store; else what is there is not what ext4 allows */
    }
}
