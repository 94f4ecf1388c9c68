/* Contents of files and symbolic links.  Data go to their blocks directly; only metadata is staged. */
#include "fs.h"

/* ---- where blocks lie ---- */

/* Where a block of a file is; 0: nowhere, it is all zeros. */
static int where(struct fs *f, struct inode *i, uint64_t number, int flags, uint64_t *at,
                 bool *is_unwritten)
{
    int state = 0;
    blk64_t block = 0;
    errcode_t e = ext2fs_bmap2(f->ext2, i->ino, &i->base, NULL, flags, number, &state, &block);

    *is_unwritten = state & BMAP_RET_UNINIT;
    *at = block;
    return e ? fs_errno(e) : block >= ext2fs_blocks_count(f->ext2->super) ? FS_EUCLEAN : 0;
}

/* The part of a block that is read or written. */
static uint32_t part_of(const struct fs *f, uint64_t offset, uint32_t n)
{
    uint32_t room = f->store.block_bytes - (uint32_t)(offset % f->store.block_bytes);

    return n < room ? n : room;
}

/* As many blocks as lie side by side on the device from that one on, most at most, in *count; the first is at *at. */
static int run_at(struct fs *f, struct inode *i, uint64_t number, uint32_t most, uint64_t *at,
                  uint32_t *count, bool *is_unwritten)
{
    struct ext2fs_extent e = { 0 };
    ext2_extent_handle_t handle;
    bool is_found = false;

    *count = 1;
    if (i->base.i_flags & EXT4_EXTENTS_FL &&
        ext2fs_extent_open2(f->ext2, i->ino, &i->base, &handle) == 0) {
        is_found = ext2fs_extent_goto(handle, number) == 0 &&
                   ext2fs_extent_get(handle, EXT2_EXTENT_CURRENT, &e) == 0;
        ext2fs_extent_free(handle);
    }
    if (!is_found || number < e.e_lblk || number - e.e_lblk >= e.e_len ||
        e.e_pblk + e.e_len > ext2fs_blocks_count(f->ext2->super)) {
        return where(f, i, number, 0, at, is_unwritten);
    }
    *at = e.e_pblk + (number - e.e_lblk);
    *is_unwritten = e.e_flags & EXT2_EXTENT_FLAGS_UNINIT;
    e.e_len -= (uint32_t)(number - e.e_lblk);
    *count = e.e_len < most ? e.e_len : most;
    return 0;
}

/* ---- reading ---- */

/* Whole blocks that lie side by side on the device, as one request. */
static int read_run(struct fs *f, struct inode *i, uint64_t offset, uint8_t *to, uint32_t n,
                    uint32_t *got)
{
    uint32_t bytes = f->store.block_bytes, count = 0, part, most;
    uint64_t first = 0, at;
    bool is_unwritten;

    n = n < FS_PIECE ? n : FS_PIECE;
    while ((most = n / bytes - count) > 0) {
        int err = run_at(f, i, offset / bytes + count, most, &at, &part, &is_unwritten);

        if (err) {
            return err;
        }
        if (is_unwritten || at == 0 || (count && at != first + count)) {
            break;
        }
        first = count ? first : at;
        count += part;
    }
    *got = count * bytes;
    return count ? store_raw_read(&f->store, first, count, to) : 0;
}

/* A part of a block, or zeros. */
static int read_part(struct fs *f, struct inode *i, uint64_t offset, uint8_t *to, uint32_t n)
{
    uint8_t block[FS_BLOCK];
    uint64_t at;
    bool is_unwritten;
    int err = where(f, i, offset / f->store.block_bytes, 0, &at, &is_unwritten);

    if (err) {
        return err;
    }
    if (at == 0 || is_unwritten) {
        memset(to, 0, n);
        return 0;
    }
    err = store_raw_read(&f->store, at, 1, block);
    memcpy(to, block + offset % f->store.block_bytes, n);
    return err;
}

int fs_read(struct fs *f, uint64_t file, uint64_t offset, void *to, uint32_t n, uint32_t *got)
{
    struct inode i;
    int err = inode_get(f, file, &i);
    uint64_t size = err ? 0 : EXT2_I_SIZE(&i.base);

    *got = 0;
    if (err || !LINUX_S_ISREG(i.base.i_mode)) {
        return err ? err : LINUX_S_ISDIR(i.base.i_mode) ? FS_EISDIR : FS_EINVAL;
    }
    n = offset >= size ? 0 : size - offset < n ? (uint32_t)(size - offset) : n;
    while (err == 0 && *got < n) {
        uint32_t part = 0;

        if (offset % f->store.block_bytes == 0) {
            err = read_run(f, &i, offset, (uint8_t *)to + *got, n - *got, &part);
        }
        if (err == 0 && part == 0) {
            part = part_of(f, offset, n - *got);
            err = read_part(f, &i, offset, (uint8_t *)to + *got, part);
        }
        *got += part;
        offset += part;
    }
    return err;
}

static bool is_fast(struct fs *f, const struct inode *i)
{
    return ext2fs_is_fast_symlink((struct ext2_inode *)&i->base) && f;
}

int fs_readlink(struct fs *f, uint64_t file, void *to, uint32_t n, uint32_t *got)
{
    uint8_t block[FS_BLOCK];
    struct inode i;
    int err = inode_get(f, file, &i);
    uint64_t size = err ? 0 : EXT2_I_SIZE(&i.base), at;
    bool is_unwritten;

    if (err || !LINUX_S_ISLNK(i.base.i_mode)) {
        return err ? err : FS_EINVAL;
    }
    *got = size < n ? (uint32_t)size : n;
    if (is_fast(f, &i)) {
        if (size > sizeof i.base.i_block) {
            return FS_EUCLEAN;
        }
        memcpy(to, i.base.i_block, *got);
        return 0;
    }
    err = size > f->store.block_bytes ? FS_EUCLEAN : where(f, &i, 0, 0, &at, &is_unwritten);
    err = err ? err : at == 0 ? FS_EUCLEAN : store_read(&f->store, at, block);
    if (err == 0) {
        memcpy(to, block, *got);
    }
    return err;
}

/* ---- writing ---- */

/* What was freed is written again only when nobody can need it any more. */
static int settle(struct fs *f)
{
    return f->has_freed && f->store.staged.count == 0 ? fs_sync(f) : 0;
}

/* The block where a part is to be written, with what else is in it. */
static int write_place(struct fs *f, struct inode *i, uint64_t offset, uint32_t part, uint64_t *at,
                       uint8_t *block)
{
    uint64_t number = offset / f->store.block_bytes;
    bool is_unwritten, is_old;
    int err = where(f, i, number, 0, at, &is_unwritten);

    is_old = *at && !is_unwritten;
    if (err == 0 && !is_old) {
        err = *at ? 0 : settle(f);
        err = err ? err : where(f, i, number, BMAP_ALLOC, at, &is_unwritten);
        err = err ? err : *at == 0 ? FS_EUCLEAN : 0;
    }
    if (err || part == f->store.block_bytes) {
        return err;
    }
    memset(block, 0, f->store.block_bytes);
    return is_old ? store_raw_read(&f->store, *at, 1, block) : 0;
}

static int data_write(struct fs *f, uint64_t at, uint32_t n, const uint8_t *from)
{
    if (n == 0) {
        return 0;
    }
    store_drop(&f->store, at, n);
    f->is_data_dirty = true;
    return store_raw_write(&f->store, at, n, from);
}

/* Whole blocks that lie side by side go as one request. */
static int write_all(struct fs *f, struct inode *i, uint64_t offset, const uint8_t *from,
                     uint32_t n)
{
    uint8_t block[FS_BLOCK];
    const uint8_t *run = from;
    uint32_t bytes = f->store.block_bytes, count = 0;
    uint64_t first = 0, at;
    int err = 0;

    while (err == 0 && n) {
        uint32_t part = part_of(f, offset, n);

        err = write_place(f, i, offset, part, &at, block);
        if (err == 0 && count && (part != bytes || at != first + count)) {
            err = data_write(f, first, count, run);
            count = 0;
        }
        if (err == 0 && part != bytes) {
            memcpy(block + offset % bytes, from, part);
            err = data_write(f, at, 1, block);
        } else if (err == 0) {
            first = count ? first : at;
            run = count ? run : from;
            count++;
        }
        offset += part;
        from += part;
        n -= part;
    }
    return err ? err : data_write(f, first, count, run);
}

static int write_file(struct fs *f, uint64_t file, uint64_t offset, const void *from, uint32_t n)
{
    struct inode i;
    int err = inode_get(f, file, &i);

    if (err || !LINUX_S_ISREG(i.base.i_mode)) {
        return err ? err : LINUX_S_ISDIR(i.base.i_mode) ? FS_EISDIR : FS_EINVAL;
    }
    if (offset + n < offset || offset + n > (uint64_t)f->store.block_bytes << 32) {
        return FS_EFBIG;
    }
    err = write_all(f, &i, offset, from, n);
    if (err == 0 && offset + n > EXT2_I_SIZE(&i.base)) {
        err = fs_errno(ext2fs_inode_size_set(f->ext2, &i.base, (ext2_off64_t)(offset + n)));
        err = err ? err : inode_store(f, &i);
    }
    return err;
}

int fs_write(struct fs *f, uint64_t op, uint64_t file, uint64_t offset, const void *from,
             uint32_t n, uint32_t *put)
{
    uint64_t value = n;
    int err = op_begin(f, op, &value);

    err = err ? err : write_file(f, file, offset, from, n);
    *put = (uint32_t)value;
    return op_end(f, err, op, n);
}

/* ---- another size ---- */

int contents_cut(struct fs *f, struct inode *i, uint64_t size)
{
    uint64_t first = (size + f->store.block_bytes - 1) / f->store.block_bytes;

    if (!ext2fs_inode_has_valid_blocks2(f->ext2, &i->base)) {
        return 0;
    }
    return fs_errno(ext2fs_punch(f->ext2, i->ino, &i->base, NULL, first, ~0ull));
}

int contents_truncate(struct fs *f, struct inode *i, uint64_t size)
{
    uint32_t in = (uint32_t)(size % f->store.block_bytes);
    uint8_t block[FS_BLOCK];
    uint64_t at;
    bool is_unwritten;
    int err = 0;

    if (!LINUX_S_ISREG(i->base.i_mode)) {
        return LINUX_S_ISDIR(i->base.i_mode) ? FS_EISDIR : FS_EINVAL;
    }
    if (size > (uint64_t)f->store.block_bytes << 32) {
        return FS_EFBIG;
    }
    if (size < EXT2_I_SIZE(&i->base)) {
        err = in ? where(f, i, size / f->store.block_bytes, 0, &at, &is_unwritten) : 0;
        if (err == 0 && in && at && !is_unwritten) {
            err = store_raw_read(&f->store, at, 1, block);
            memset(block + in, 0, f->store.block_bytes - in);
            err = err ? err : data_write(f, at, 1, block);
        }
        err = err ? err : contents_cut(f, i, size);
    }
    return err ? err : fs_errno(ext2fs_inode_size_set(f->ext2, &i->base, (ext2_off64_t)size));
}
