/*
 * The journal, in JBD2's format (facts: Documentation/filesystems/ext4/journal.rst of Linux; numbers are big-endian).
 *
 *     superblock | descriptor  contents...  [descriptor contents...]  commit | (unused)
 *
 * One transaction is in it at a time, from its first block on, and is at home before the next one begins.  So no block is ever
 * revoked by us, and the order of writes is:
 *
 *     1  contents, descriptors; needs_recovery                               flush (with it: the data of files)
 *     2  superblock: starts here; commit block                               flush: now it has happened
 *     3  all blocks to their homes                                           flush
 *     4  superblock: empty                                                   flush
 *     5  no needs_recovery                                                   with the next flush
 *
 * What is between two flushes may happen in any order, or in part.  So there is no moment at which the journal says that it has a
 * beginning and needs_recovery is not set: e2fsck -p would refuse that, and Linux forget the transaction.
 *
 * What others left is replayed with their revocations.
 */
#include <stdlib.h>

#include "fs.h"

#define MAGIC 0xc03b3998u
enum { DESCRIPTOR = 1, COMMIT = 2, SUPER_V1 = 3, SUPER_V2 = 4, REVOKE = 5 };
enum { ESCAPE = 1, SAME_UUID = 2, DELETED = 4, LAST_TAG = 8 };
enum { INCOMPAT_REVOKE = 1, INCOMPAT_64BIT = 2 };
#define HEADER 12u
#define UUID   16u

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void put32(uint8_t *at, uint32_t value)
{
    for (int i = 3; i >= 0; i--, value >>= 8) {
        at[i] = (uint8_t)value;
    }
}

static void header(uint8_t *at, uint32_t type, uint32_t sequence)
{
    put32(at, MAGIC);
    put32(at + 4, type);
    put32(at + 8, sequence);
}

static uint32_t tag_bytes(const struct fs_journal *j)
{
    return j->incompat & INCOMPAT_64BIT ? 12 : 8;
}

/* ---- finding it ---- */

static int super_read(struct fs *f, uint8_t *block)
{
    struct fs_journal *j = &f->journal;
    int err = store_raw_read(&f->store, j->at[0], 1, block);
    uint32_t type = get32(block + 4);

    if (err) {
        return err;
    }
    if (get32(block) != MAGIC || (type != SUPER_V1 && type != SUPER_V2) ||
        get32(block + 12) != f->store.block_bytes) {
        return FS_EUCLEAN;
    }
    j->blocks = get32(block + 16) < j->blocks ? get32(block + 16) : j->blocks;
    j->first = get32(block + 20);
    j->sequence = get32(block + 24);
    j->start = get32(block + 28);
    if (type == SUPER_V2) {
        j->compat = get32(block + 36);
        j->incompat = get32(block + 40);
        memcpy(j->uuid, block + 48, UUID);
    }
    j->is_readable =
        j->compat == 0 && (j->incompat & ~(uint32_t)(INCOMPAT_REVOKE | INCOMPAT_64BIT)) == 0;
    return j->first == 0 || j->first >= j->blocks || j->start >= j->blocks ? FS_EUCLEAN : 0;
}

int journal_find(struct fs *f)
{
    struct fs_journal *j = &f->journal;
    ext2_ino_t ino = f->ext2->super->s_journal_inum;
    uint8_t block[FS_BLOCK];
    struct ext2_inode inode;

    if (!ino || f->ext2->super->s_journal_dev || ext2fs_read_inode(f->ext2, ino, &inode) != 0) {
        return FS_EUCLEAN;
    }
    if (EXT2_I_SIZE(&inode) / f->store.block_bytes >
        262144) { /* 1 GiB of 4-KiB blocks: mke2fs's largest */
        return FS_EUCLEAN;
    }
    j->blocks = (uint32_t)(EXT2_I_SIZE(&inode) / f->store.block_bytes);
    j->at = calloc(j->blocks ? j->blocks : 1, sizeof *j->at);
    if (!j->at) {
        return FS_ENOMEM;
    }
    for (uint32_t i = 0; i < j->blocks; i++) {
        blk64_t at = 0;

        if (ext2fs_bmap2(f->ext2, ino, &inode, NULL, 0, i, NULL, &at) != 0 || at == 0 ||
            at >= ext2fs_blocks_count(f->ext2->super)) {
            return FS_EUCLEAN;
        }
        j->at[i] = at;
    }
    return j->blocks < 8 ? FS_EUCLEAN : super_read(f, block);
}

/* ---- replay ---- */

struct revoked {
    uint64_t block;
    uint32_t sequence;
};

struct replay {
    struct fs *f;
    bool is_writing;
    uint32_t end; /* the first sequence that is not complete */
    struct revoked *revoked;
    uint32_t revoked_count, revoked_room;
};

static uint32_t behind(const struct fs_journal *j, uint32_t at)
{
    return at + 1 < j->blocks ? at + 1 : j->first;
}

static bool is_revoked(const struct replay *r, uint64_t block, uint32_t sequence)
{
    for (uint32_t i = 0; i < r->revoked_count; i++) {
        if (r->revoked[i].block == block && (int32_t)(r->revoked[i].sequence - sequence) >= 0) {
            return true;
        }
    }
    return false;
}

static int revoke(struct replay *r, const uint8_t *block, uint32_t sequence)
{
    uint32_t wide = r->f->journal.incompat & INCOMPAT_64BIT ? 8 : 4, end = get32(block + HEADER);

    if (end > r->f->store.block_bytes) {
        return FS_EUCLEAN;
    }
    for (uint32_t at = HEADER + 4; at + wide <= end; at += wide) {
        if (r->revoked_count == r->revoked_room) {
            void *more = realloc(r->revoked, (r->revoked_room * 2 + 64) * sizeof *r->revoked);

            if (!more) {
                return FS_ENOMEM;
            }
            r->revoked = more;
            r->revoked_room = r->revoked_room * 2 + 64;
        }
        r->revoked[r->revoked_count++] =
            (struct revoked){ wide == 8 ? (uint64_t)get32(block + at) << 32 | get32(block + at + 4)
                                        : get32(block + at),
                              sequence };
    }
    return 0;
}

static int put_home(struct replay *r, uint32_t from, uint64_t to, uint32_t flags, uint32_t sequence)
{
    uint8_t block[FS_BLOCK];
    int err;

    if (!r->is_writing || (int32_t)(sequence - r->end) >= 0 || is_revoked(r, to, sequence)) {
        return 0;
    }
    if (to >= ext2fs_blocks_count(r->f->ext2->super)) {
        return FS_EUCLEAN;
    }
    err = store_raw_read(&r->f->store, r->f->journal.at[from], 1, block);
    if (flags & ESCAPE) {
        put32(block, MAGIC);
    }
    return err ? err : store_raw_write(&r->f->store, to, 1, block);
}

/* *at: the descriptor; then the block behind its contents. */
static int tags(struct replay *r, const uint8_t *block, uint32_t *at, uint32_t sequence,
                uint32_t *left)
{
    const struct fs_journal *j = &r->f->journal;
    uint32_t offset = HEADER, flags;

    do {
        uint64_t to;
        int err;

        if (offset + tag_bytes(j) > r->f->store.block_bytes || (*left)-- == 0) {
            return FS_EUCLEAN;
        }
        to = get32(block + offset) |
             (tag_bytes(j) == 12 ? (uint64_t)get32(block + offset + 8) << 32 : 0);
        flags = get32(block + offset + 4) & 0xffff;
        offset += tag_bytes(j) + (flags & SAME_UUID ? 0 : UUID);
        *at = behind(j, *at);
        err = put_home(r, *at, to, flags, sequence);
        if (err) {
            return err;
        }
    } while (!(flags & LAST_TAG));
    return 0;
}

/* The log from its start as far as it goes. */
static int pass(struct replay *r, bool is_writing)
{
    struct fs *f = r->f;
    uint32_t at = f->journal.start, sequence = f->journal.sequence, left = f->journal.blocks;
    uint8_t block[FS_BLOCK];
    int err = 0;

    r->is_writing = is_writing;
    while (err == 0 && left--) {
        err = store_raw_read(&f->store, f->journal.at[at], 1, block);
        if (err || get32(block) != MAGIC || get32(block + 8) != sequence) {
            break;
        }
        switch (get32(block + 4)) {
        case DESCRIPTOR:
            err = tags(r, block, &at, sequence, &left);
            break;
        case COMMIT:
            sequence++;
            break;
        case REVOKE:
            err = is_writing ? 0 : revoke(r, block, sequence);
            break;
        default:
            left = 0;
        }
        at = behind(&f->journal, at);
    }
    r->end = is_writing ? r->end : sequence;
    return err == FS_EUCLEAN && !is_writing
               ? 0
               : err; /* what was being written when the power went may be anything */
}

static int flush(struct fs *f)
{
    return f->store.device.flush(f->store.device.context);
}

/* needs_recovery of the superblock at home. */
static int flag_write(struct fs *f, bool is_set)
{
    uint8_t block[FS_BLOCK];
    uint64_t at = 1024 / f->store.block_bytes;
    struct ext2_super_block super;
    int err = store_raw_read(&f->store, at, 1, block);

    if (err) {
        return err;
    }
    memcpy(&super, block + 1024 % f->store.block_bytes, sizeof super);
    super.s_feature_incompat &= ~(uint32_t)EXT3_FEATURE_INCOMPAT_RECOVER;
    super.s_feature_incompat |= is_set ? EXT3_FEATURE_INCOMPAT_RECOVER : 0;
    memcpy(block + 1024 % f->store.block_bytes, &super, sizeof super);
    return store_raw_write(&f->store, at, 1, block);
}

static int super_write(struct fs *f, uint32_t start)
{
    struct fs_journal *j = &f->journal;
    uint8_t block[FS_BLOCK];
    int err = store_raw_read(&f->store, j->at[0], 1, block);

    put32(block + 24, j->sequence);
    put32(block + 28, start);
    j->start = start;
    return err ? err : store_raw_write(&f->store, j->at[0], 1, block);
}

/* The end of step 3, and the next two. */
static int close_log(struct fs *f, uint32_t sequence)
{
    int err = flush(f);

    f->journal.sequence = sequence;
    err = err ? err : super_write(f, 0);
    err = err ? err : flush(f);
    return err ? err : flag_write(f, false);
}

int journal_replay(struct fs *f)
{
    struct replay r = { .f = f };
    int err = 0;

    if (f->journal.start) {
        err = f->journal.is_readable ? pass(&r, false) : FS_EUCLEAN;
        /* The last incarnation may have died before the flush of its commit block. */
        err = err ? err : flush(f);
        err = err ? err : pass(&r, true);
        err = err ? err : close_log(f, r.end + 1);
        free(r.revoked);
    }
    return err;
}

/* ---- commit ---- */

/* Contents and descriptors from journal block *at on. */
static int log_write(struct fs *f, const struct fs_index *x, uint32_t *at)
{
    struct fs_journal *j = &f->journal;
    uint8_t descriptor[FS_BLOCK], block[FS_BLOCK];
    uint32_t bytes = f->store.block_bytes, each = (bytes - HEADER - UUID) / tag_bytes(j);

    for (uint32_t i = 0; i < x->count; i += each) {
        uint32_t n = x->count - i < each ? x->count - i : each, home = (*at)++;
        uint8_t *tag = descriptor + HEADER;
        int err;

        memset(descriptor, 0, sizeof descriptor);
        header(descriptor, DESCRIPTOR, j->sequence);
        for (uint32_t k = i; k < i + n; k++) {
            uint32_t flags = (k > i ? SAME_UUID : 0) | (k + 1 == i + n ? LAST_TAG : 0);

            memcpy(block, f->store.keep->slot[x->slot[k]], bytes);
            if (get32(block) == MAGIC) {
                put32(block, 0);
                flags |= ESCAPE;
            }
            put32(tag, (uint32_t)x->block[k]);
            put32(tag + 4, flags);
            if (tag_bytes(j) == 12) {
                put32(tag + 8, (uint32_t)(x->block[k] >> 32));
            }
            tag += tag_bytes(j);
            if (k == i) {
                memcpy(tag, j->uuid, UUID);
                tag += UUID;
            }
            err = store_raw_write(&f->store, j->at[(*at)++], 1, block);
            if (err) {
                return err;
            }
        }
        err = store_raw_write(&f->store, j->at[home], 1, descriptor);
        if (err) {
            return err;
        }
    }
    return 0;
}

/* The end of step 1, and step 2. */
static int commit_write(struct fs *f, uint32_t at)
{
    uint8_t block[FS_BLOCK] = { 0 };
    int err = flush(f);

    header(block, COMMIT, f->journal.sequence);
    err = err ? err : super_write(f, f->journal.first);
    err = err ? err : store_raw_write(&f->store, f->journal.at[at], 1, block);
    return err ? err : flush(f);
}

static int home_write(struct fs *f, const struct fs_index *x)
{
    int err = 0;

    for (uint32_t i = 0; i < x->count && err == 0; i++) {
        const uint8_t *from = f->store.keep->slot[x->slot[i]];

        err = store_raw_write(&f->store, x->block[i], 1, from);
        store_put(&f->store, x->block[i], from);
    }
    return err;
}

int journal_commit(struct fs *f)
{
    const struct fs_index *x = store_index(&f->store);
    uint32_t at = f->journal.first;
    int err;

    if (x->count == 0) {
        err = f->is_data_dirty ? flush(f) : 0;
        f->is_data_dirty = f->is_data_dirty && err;
        return err;
    }
    err = log_write(f, x, &at);
    err = err ? err : flag_write(f, true);
    err = err ? err : commit_write(f, at);
    err = err ? err : home_write(f, x);
    err = err ? err : close_log(f, f->journal.sequence + 1);
    if (err == 0) {
        store_clear(&f->store);
        f->has_freed = false;
        f->is_data_dirty = false;
    }
    return err;
}
