/* The operations.  Each one is whole or has not happened: what it staged is published, or dropped. */
#include "fs.h"

#define NAME_INDEX(inode) ((inode)->i_flags & EXT2_INDEX_FL)
#define LINK_MAX          65000u

struct inode {
    ext2_ino_t ino;
    union {
        struct ext2_inode base;
        struct ext2_inode_large large;
    };
};

/* ---- inodes ---- */

static int inode_load(struct fs *f, ext2_ino_t ino, struct inode *i)
{
    memset(i, 0, sizeof *i);
    i->ino = ino;
    return fs_errno(ext2fs_read_inode_full(f->ext2, ino, &i->base, sizeof i->large));
}

static int inode_store(struct fs *f, struct inode *i)
{
    return fs_errno(ext2fs_write_inode_full(f->ext2, i->ino, &i->base, sizeof i->large));
}

static uint64_t handle_of(const struct inode *i)
{
    return i->ino | (uint64_t)i->base.i_generation << 32;
}

/* The inode of a handle, if that is still its. */
static int inode_get(struct fs *f, uint64_t handle, struct inode *i)
{
    ext2_ino_t ino = (ext2_ino_t)handle;
    const struct ext2_super_block *s = f->ext2->super;
    int err;

    if (ino != EXT2_ROOT_INO && (ino < EXT2_FIRST_INO(s) || ino > s->s_inodes_count)) {
        return FS_ESTALE;
    }
    if (!ext2fs_test_inode_bitmap2(f->ext2->inode_map, ino)) {
        return FS_ESTALE;
    }
    err = inode_load(f, ino, i);
    return err ? err : i->base.i_generation != handle >> 32 || !i->base.i_mode ? FS_ESTALE : 0;
}

static int dir_get(struct fs *f, uint64_t handle, struct inode *i)
{
    int err = inode_get(f, handle, i);

    return err ? err : LINUX_S_ISDIR(i->base.i_mode) ? 0 : FS_ENOTDIR;
}

static bool has_large(const struct fs *f, const struct inode *i, size_t end)
{
    return EXT2_INODE_SIZE(f->ext2->super) > 128 && i->large.i_extra_isize + 128u >= end;
}
#define HAS(f, i, field)                                                                           \
    has_large(f, i, offsetof(struct ext2_inode_large, field) + sizeof(i)->large.field)

/* Seconds have 34 bits: two of them stand below the nanoseconds. */
static uint64_t time_get(uint32_t low, uint32_t extra, uint32_t *nsec)
{
    *nsec = extra >> 2;
    return (uint64_t)((int64_t)(int32_t)low + ((int64_t)(extra & 3) << 32));
}

static uint32_t time_extra(uint64_t seconds, uint32_t nsec)
{
    return (uint32_t)((((int64_t)seconds - (int32_t)seconds) >> 32) & 3) |
           (nsec < 1000000000u ? nsec << 2 : 0);
}

static void time_set(struct fs *f, struct inode *i, uint32_t which, uint64_t seconds, uint32_t nsec)
{
    uint32_t extra = time_extra(seconds, nsec);

    if (which & FS_SET_ATIME) {
        i->base.i_atime = (uint32_t)seconds;
        i->large.i_atime_extra = HAS(f, i, i_atime_extra) ? extra : i->large.i_atime_extra;
    }
    if (which & FS_SET_MTIME) {
        i->base.i_mtime = (uint32_t)seconds;
        i->large.i_mtime_extra = HAS(f, i, i_mtime_extra) ? extra : i->large.i_mtime_extra;
    }
    if (which & FS_SET_CTIME) {
        i->base.i_ctime = (uint32_t)seconds;
        i->large.i_ctime_extra = HAS(f, i, i_ctime_extra) ? extra : i->large.i_ctime_extra;
    }
    if ((int64_t)seconds > (int64_t)f->ext2->now && (int64_t)seconds <= INT32_MAX) {
        f->ext2->now = (time_t)seconds;
    }
}

static uint32_t rdev_get(const struct inode *i)
{
    uint32_t old = i->base.i_block[0];

    return old ? (old & 0xffff)
               : i->base.i_block[1]; /* the old encoding is the new one of small numbers */
}

static uint8_t type_of(uint32_t mode)
{
    static const uint8_t type[16] = {
        [1] = 1, [2] = 2, [4] = 4, [6] = 6, [8] = 8, [10] = 10, [12] = 12
    };

    return type[mode >> 12 & 15]; /* DT_* is the type of the mode */
}

/* EXT2_FT_* of a directory entry. */
static int entry_type(uint32_t mode)
{
    static const uint8_t type[16] = {
        [1] = EXT2_FT_FIFO,     [2] = EXT2_FT_CHRDEV,   [4] = EXT2_FT_DIR,  [6] = EXT2_FT_BLKDEV,
        [8] = EXT2_FT_REG_FILE, [10] = EXT2_FT_SYMLINK, [12] = EXT2_FT_SOCK
    };

    return type[mode >> 12 & 15];
}

/* ---- operations as a whole ---- */

/* FS_EALREADY: it was done before, *value is its result. */
static int begin(struct fs *f, uint64_t op, uint64_t *value)
{
    if (store_find_op(&f->store, op, value)) {
        return FS_EALREADY;
    }
    if (f->is_read_only) {
        return FS_EROFS;
    }
    return store_index(&f->store)->count > FS_SLOTS - FS_OP_SLOTS ? fs_sync(f) : 0;
}

static bool is_touched(const struct fs *f)
{
    return f->store.staged.count ||
           f->ext2->flags & (EXT2_FLAG_DIRTY | EXT2_FLAG_BB_DIRTY | EXT2_FLAG_IB_DIRTY);
}

static int end(struct fs *f, int err, uint64_t op, uint64_t value)
{
    if (err == FS_EALREADY) {
        return 0;
    }
    if (err == 0 && is_touched(f)) {
        err = fs_errno(ext2fs_flush2(f->ext2, EXT2_FLAG_FLUSH_NO_SYNC));
    }
    err = err ? err : f->store.error;
    if (err == 0) {
        store_publish(&f->store, op, value);
    } else if (is_touched(f)) {
        store_abort(&f->store);
        fs_close(f);
        if (fs_open(f) != 0) {
            f->is_read_only = true;
        }
    }
    return err;
}

/* ---- names ---- */

static int name_check(const char *name, uint32_t n)
{
    return n == 0                                       ? FS_ENOENT
           : n > FS_NAME                                ? FS_ENAMETOOLONG
           : memchr(name, '/', n) || memchr(name, 0, n) ? FS_EINVAL
                                                        : 0;
}

static bool is_dots(const char *name, uint32_t n)
{
    return (n == 1 && name[0] == '.') || (n == 2 && name[0] == '.' && name[1] == '.');
}

static int find(struct fs *f, const struct inode *dir, const char *name, uint32_t n,
                struct inode *i)
{
    ext2_ino_t ino;
    int err = name_check(name, n);

    err = err ? err : fs_errno(ext2fs_lookup(f->ext2, dir->ino, name, (int)n, NULL, &ino));
    if (err == 0 && (ino == 0 || ino > f->ext2->super->s_inodes_count)) {
        err = FS_EUCLEAN;
    }
    return err ? err : inode_load(f, ino, i);
}

/* A NUL behind it, for libext2fs. */
static int name_add(struct fs *f, const struct inode *dir, const char *name, uint32_t n,
                    const struct inode *i)
{
    char text[FS_NAME + 1] = { 0 };
    errcode_t e;

    memcpy(text, name, n);
    e = ext2fs_link(f->ext2, dir->ino, text, i->ino, entry_type(i->base.i_mode));
    if (e == EXT2_ET_DIR_NO_SPACE) {
        e = ext2fs_expand_dir(f->ext2, dir->ino);
        e = e ? e : ext2fs_link(f->ext2, dir->ino, text, i->ino, entry_type(i->base.i_mode));
    }
    return fs_errno(e);
}

struct search {
    const char *name;
    uint32_t n;
    ext2_ino_t ino; /* instead; 0: it goes */
    uint8_t type;
    bool is_found;
};

static int name_here(ext2_ino_t dir, int entry, struct ext2_dir_entry *d, int offset,
                     int block_bytes, char *buf, void *to)
{
    struct search *s = to;
    struct ext2_dir_entry *before = NULL;

    (void)dir;
    (void)entry;
    if (!d->inode || (uint32_t)ext2fs_dirent_name_len(d) != s->n ||
        memcmp(d->name, s->name, s->n) != 0) {
        return 0;
    }
    s->is_found = true;
    if (s->ino) {
        d->inode = s->ino;
        ext2fs_dirent_set_file_type(d, s->type);
        return DIRENT_CHANGED | DIRENT_ABORT;
    }
    /* its room goes to the entry before it in the block; the first one stays, empty */
    for (int at = 0; at < offset;) {
        unsigned record;

        before = (struct ext2_dir_entry *)(buf + at);
        record = before->rec_len;
        if (record < 8 || at + (int)record > block_bytes) {
            return DIRENT_ABORT;
        }
        at += (int)record;
    }
    if (before) {
        before->rec_len = (uint16_t)(before->rec_len + d->rec_len);
    } else {
        d->inode = 0;
    }
    return DIRENT_CHANGED | DIRENT_ABORT;
}

/* The entry of a name leads to another inode; NULL: is removed. */
static int name_set(struct fs *f, const struct inode *dir, const char *name, uint32_t n,
                    const struct inode *i)
{
    struct search s = { name, n, i ? i->ino : 0, i ? (uint8_t)entry_type(i->base.i_mode) : 0,
                        false };
    errcode_t e = ext2fs_dir_iterate2(f->ext2, dir->ino, 0, NULL, name_here, &s);

    return e ? fs_errno(e) : s.is_found ? 0 : FS_ENOENT;
}

static int entry_counts(ext2_ino_t dir, int entry, struct ext2_dir_entry *d, int offset,
                        int block_bytes, char *buf, void *to)
{
    int n = ext2fs_dirent_name_len(d);

    (void)dir;
    (void)entry;
    (void)offset;
    (void)block_bytes;
    (void)buf;
    if (d->inode && !is_dots(d->name, (uint32_t)n)) {
        *(bool *)to = false;
        return DIRENT_ABORT;
    }
    return 0;
}

static int check_empty(struct fs *f, const struct inode *dir)
{
    bool is_empty = true;
    errcode_t e = ext2fs_dir_iterate2(f->ext2, dir->ino, 0, NULL, entry_counts, &is_empty);

    return e ? fs_errno(e) : is_empty ? 0 : FS_ENOTEMPTY;
}

static int dir_changed(struct fs *f, struct inode *dir, int links)
{
    int err = inode_load(f, dir->ino, dir); /* libext2fs has changed it, too */

    dir->base.i_links_count = (uint16_t)(dir->base.i_links_count + links);
    return err ? err : inode_store(f, dir);
}

/* ---- reading ---- */

int fs_statfs(struct fs *f, struct fs_space *to)
{
    const struct ext2_super_block *s = f->ext2->super;
    uint64_t free = ext2fs_free_blocks_count(f->ext2->super),
             reserved = ext2fs_r_blocks_count(f->ext2->super);

    *to = (struct fs_space){ .blocks = ext2fs_blocks_count(f->ext2->super),
                             .free = free,
                             .available = free > reserved ? free - reserved : 0,
                             .files = s->s_inodes_count,
                             .files_free = s->s_free_inodes_count,
                             .block_bytes = f->store.block_bytes,
                             .name_max = FS_NAME };
    memcpy(&to->id, s->s_uuid, sizeof to->id);
    return 0;
}

uint64_t fs_root(struct fs *f)
{
    struct inode i;

    return inode_load(f, EXT2_ROOT_INO, &i) ? EXT2_ROOT_INO : handle_of(&i);
}

int fs_lookup(struct fs *f, uint64_t dir, const char *name, uint32_t n, uint64_t *handle,
              uint32_t *type)
{
    struct inode d, i;
    int err = dir_get(f, dir, &d);

    err = err ? err : find(f, &d, name, n, &i);
    if (err == 0) {
        *handle = handle_of(&i);
        *type = type_of(i.base.i_mode);
    }
    return err;
}

int fs_stat(struct fs *f, uint64_t file, struct fs_attr *to)
{
    struct inode i;
    int err = inode_get(f, file, &i);
    bool is_device = err == 0 && (LINUX_S_ISCHR(i.base.i_mode) || LINUX_S_ISBLK(i.base.i_mode));

    if (err) {
        return err;
    }
    *to = (struct fs_attr){ .handle = file,
                            .size = EXT2_I_SIZE(&i.base),
                            .mode = i.base.i_mode,
                            .nlink = i.base.i_links_count,
                            .blocks512 = ext2fs_inode_i_blocks(f->ext2, &i.base),
                            .uid = inode_uid(i.base),
                            .gid = inode_gid(i.base),
                            .rdev = is_device ? rdev_get(&i) : 0 };
    if (i.base.i_flags & EXT4_HUGE_FILE_FL) {
        to->blocks512 *= f->store.block_bytes / 512;
    }
    to->atime = time_get(i.base.i_atime, HAS(f, &i, i_atime_extra) ? i.large.i_atime_extra : 0,
                         &to->atime_nsec);
    to->mtime = time_get(i.base.i_mtime, HAS(f, &i, i_mtime_extra) ? i.large.i_mtime_extra : 0,
                         &to->mtime_nsec);
    to->ctime = time_get(i.base.i_ctime, HAS(f, &i, i_ctime_extra) ? i.large.i_ctime_extra : 0,
                         &to->ctime_nsec);
    return 0;
}

/* Entries of a block from cookie on, as many as there is room for.  *next: the cookie behind the last one that was put. */
static int entries(struct fs *f, const uint8_t *block, uint64_t start, uint64_t *next, uint8_t *to,
                   uint32_t n, uint32_t *used)
{
    uint32_t bytes = f->store.block_bytes;

    for (uint32_t at = 0, record; at + 8 <= bytes; at += record) {
        const struct ext2_dir_entry *d = (const struct ext2_dir_entry *)(block + at);
        uint32_t name = (uint32_t)ext2fs_dirent_name_len(d),
                 room = (FS_ENTRY_BYTES + name + 7) & ~7u;
        struct fs_entry e = { .record = (uint16_t)room, .name_bytes = (uint8_t)name };
        struct inode i;

        record = d->rec_len;
        if (record < 8 || record % 4 || at + record > bytes || name + 8 > record) {
            return FS_EUCLEAN;
        }
        if (start + at < *next) {
            continue;
        }
        if (d->inode) {
            if (*used + room > n) {
                return FS_ENOBUFS;
            }
            if (d->inode > f->ext2->super->s_inodes_count || inode_load(f, d->inode, &i) != 0) {
                return FS_EUCLEAN;
            }
            e.handle = handle_of(&i);
            e.next = start + at + record;
            e.type = type_of(i.base.i_mode);
            memset(to + *used, 0, room);
            memcpy(to + *used, &e, FS_ENTRY_BYTES);
            memcpy(to + *used + FS_ENTRY_BYTES, d->name, name);
            *used += room;
        }
        *next = start + at + record;
    }
    *next = *next < start + bytes ? start + bytes : *next;
    return 0;
}

/* A cookie is the place of an entry in the directory. */
int fs_readdir(struct fs *f, uint64_t dir, uint64_t cookie, void *to, uint32_t n, uint32_t *used,
               uint64_t *next)
{
    uint8_t block[FS_BLOCK];
    struct inode d;
    int err = dir_get(f, dir, &d);

    *used = 0;
    *next = cookie;
    while (err == 0 && *next < EXT2_I_SIZE(&d.base)) {
        uint64_t number = *next / f->store.block_bytes;
        blk64_t at;

        err = fs_errno(ext2fs_bmap2(f->ext2, d.ino, &d.base, NULL, 0, number, NULL, &at));
        if (err == 0 && (at == 0 || at >= ext2fs_blocks_count(f->ext2->super))) {
            err = FS_EUCLEAN;
        }
        err = err ? err : store_read(&f->store, at, block);
        err = err ? err : entries(f, block, number * f->store.block_bytes, next, to, n, used);
    }
    return err == FS_ENOBUFS ? (*used ? 0 : FS_EINVAL) : err;
}

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

/* ---- orphans and the end of files ---- */

static int orphan_add(struct fs *f, struct inode *i)
{
    i->base.i_dtime = f->ext2->super->s_last_orphan;
    f->ext2->super->s_last_orphan = i->ino;
    ext2fs_mark_super_dirty(f->ext2);
    return inode_store(f, i);
}

/* FS_ENOENT: it is none. */
static int orphan_remove(struct fs *f, const struct inode *i)
{
    ext2_ino_t at = f->ext2->super->s_last_orphan;
    struct inode before;

    if (at == i->ino) {
        f->ext2->super->s_last_orphan = i->base.i_dtime;
        ext2fs_mark_super_dirty(f->ext2);
        return 0;
    }
    for (uint32_t steps = f->ext2->super->s_inodes_count;
         at && at <= f->ext2->super->s_inodes_count && steps; steps--) {
        int err = inode_load(f, at, &before);

        if (err || before.base.i_dtime == i->ino) {
            before.base.i_dtime = i->base.i_dtime;
            return err ? err : inode_store(f, &before);
        }
        at = before.base.i_dtime;
    }
    return FS_ENOENT;
}

/* An attribute block belongs to several inodes, perhaps. */
static int attributes_free(struct fs *f, struct inode *i)
{
    return ext2fs_file_acl_block(f->ext2, &i->base)
               ? fs_errno(ext2fs_free_ext_attr(f->ext2, i->ino, &i->large))
               : 0;
}

static int truncate_blocks(struct fs *f, struct inode *i, uint64_t size)
{
    uint64_t first = (size + f->store.block_bytes - 1) / f->store.block_bytes;

    if (!ext2fs_inode_has_valid_blocks2(f->ext2, &i->base)) {
        return 0;
    }
    return fs_errno(ext2fs_punch(f->ext2, i->ino, &i->base, NULL, first, ~0ull));
}

static int inode_free(struct fs *f, struct inode *i)
{
    bool is_dir = LINUX_S_ISDIR(i->base.i_mode);
    int err = truncate_blocks(f, i, 0);

    err = err ? err : attributes_free(f, i);
    i->base.i_links_count = 0;
    i->base.i_dtime = (uint32_t)f->ext2->now > FS_EPOCH ? (uint32_t)f->ext2->now : FS_EPOCH;
    ext2fs_inode_size_set(f->ext2, &i->base, 0);
    err = err ? err : inode_store(f, i);
    if (err == 0) {
        ext2fs_inode_alloc_stats2(f->ext2, i->ino, -1, is_dir);
    }
    return err;
}

/* One name less.  The last one: the file goes, or is kept. */
static int name_lost(struct fs *f, struct inode *i, bool is_kept)
{
    bool is_dir = LINUX_S_ISDIR(i->base.i_mode);

    if (!is_dir && i->base.i_links_count > 1) {
        i->base.i_links_count--;
        return inode_store(f, i);
    }
    i->base.i_links_count = 0;
    return is_kept ? orphan_add(f, i) : inode_free(f, i);
}

int fs_forget(struct fs *f, uint64_t op, uint64_t file)
{
    uint64_t value;
    struct inode i;
    int err = begin(f, op, &value);

    err = err ? err : inode_get(f, file, &i);
    if (err == 0 && i.base.i_links_count == 0) {
        err = orphan_remove(f, &i);
        err = err ? err : inode_free(f, &i);
    }
    return end(f, err == FS_ESTALE ? 0 : err, op, 0);
}

int tree_forget_all(struct fs *f)
{
    ext2_ino_t ino;
    int err = 0;

    while (err == 0 && (ino = f->ext2->super->s_last_orphan) != 0) {
        uint64_t value;
        struct inode i = { 0 };

        err = begin(f, 0, &value);
        err = err                                    ? err
              : ino > f->ext2->super->s_inodes_count ? FS_EUCLEAN
                                                     : inode_load(f, ino, &i);
        err = err ? err : orphan_remove(f, &i);
        if (err == 0 && i.base.i_links_count == 0 && i.base.i_mode) {
            err = inode_free(f, &i);
        } else if (err == 0) { /* Linux puts a file there while it makes it shorter */
            i.base.i_dtime = 0;
            err = truncate_blocks(f, &i, EXT2_I_SIZE(&i.base));
            err = err ? err : inode_store(f, &i);
        }
        err = end(f, err, 0, 0);
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
    int err = begin(f, op, &value);

    err = err ? err : write_file(f, file, offset, from, n);
    *put = (uint32_t)value;
    return end(f, err, op, n);
}

/* Behind the new end there are zeros, should the file grow again. */
static int truncate(struct fs *f, struct inode *i, uint64_t size)
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
        err = err ? err : truncate_blocks(f, i, size);
    }
    return err ? err : fs_errno(ext2fs_inode_size_set(f->ext2, &i->base, (ext2_off64_t)size));
}

static int change(struct fs *f, uint64_t file, const struct fs_change *c)
{
    struct inode i;
    int err = inode_get(f, file, &i);

    if (err == 0 && c->set & FS_SET_SIZE) {
        err = truncate(f, &i, c->size);
    }
    if (err) {
        return err;
    }
    if (c->set & FS_SET_MODE) {
        i.base.i_mode = (uint16_t)((i.base.i_mode & 0xf000) | (c->mode & 0xfff));
    }
    if (c->set & FS_SET_UID) {
        i.base.i_uid = (uint16_t)c->uid;
        ext2fs_set_i_uid_high(i.base, c->uid >> 16);
    }
    if (c->set & FS_SET_GID) {
        i.base.i_gid = (uint16_t)c->gid;
        ext2fs_set_i_gid_high(i.base, c->gid >> 16);
    }
    time_set(f, &i, c->set & FS_SET_ATIME, c->atime, c->atime_nsec);
    time_set(f, &i, c->set & FS_SET_MTIME, c->mtime, c->mtime_nsec);
    time_set(f, &i, c->set & FS_SET_CTIME, c->ctime, c->ctime_nsec);
    return inode_store(f, &i);
}

int fs_setattr(struct fs *f, uint64_t op, uint64_t file, const struct fs_change *c)
{
    uint64_t value;
    int err = begin(f, op, &value);

    err = err ? err : change(f, file, c);
    return end(f, err, op, 0);
}

/* ---- names that come and go ---- */

/* Fills a new inode's owner, times and generation. */
static void new_owner(struct fs *f, struct inode *i, const struct fs_new *what, uint32_t generation)
{
    i->base.i_uid = (uint16_t)what->uid;
    i->base.i_gid = (uint16_t)what->gid;
    ext2fs_set_i_uid_high(i->base, what->uid >> 16);
    ext2fs_set_i_gid_high(i->base, what->gid >> 16);
    i->base.i_generation = generation;
    time_set(f, i, FS_SET_ATIME | FS_SET_MTIME | FS_SET_CTIME, what->time, what->time_nsec);
}

/* The structure of a file without blocks. */
static int new_plain(struct fs *f, struct inode *i, const struct fs_new *what)
{
    bool is_device = LINUX_S_ISCHR(what->mode) || LINUX_S_ISBLK(what->mode);
    uint32_t major = what->rdev >> 8 & 0xfff,
             minor = (what->rdev & 0xff) | (what->rdev >> 12 & 0xfff00);
    ext2_extent_handle_t handle;
    int err;

    memset(&i->large, 0, sizeof i->large);
    i->base.i_mode = (uint16_t)what->mode;
    i->base.i_links_count = 1;
    if (is_device && major < 256 && minor < 256) {
        i->base.i_block[0] = major << 8 | minor;
    } else if (is_device) {
        i->base.i_block[1] = what->rdev;
    }
    err = fs_errno(ext2fs_write_new_inode(f->ext2, i->ino, &i->base));
    if (err == 0 && LINUX_S_ISREG(what->mode) && ext2fs_has_feature_extents(f->ext2->super)) {
        i->base.i_flags |= EXT4_EXTENTS_FL;
        err = fs_errno(ext2fs_extent_open2(f->ext2, i->ino, &i->base,
                                           &handle)); /* writes the head of the tree */
        if (err == 0) {
            ext2fs_extent_free(handle);
            err = fs_errno(ext2fs_write_inode(f->ext2, i->ino, &i->base));
        }
    }
    if (err == 0) {
        ext2fs_inode_alloc_stats2(f->ext2, i->ino, 1, 0);
    }
    return err;
}

static int new_symlink(struct fs *f, const struct inode *dir, struct inode *i,
                       const struct fs_new *what, const char *target)
{
    char text[FS_BLOCK] = { 0 };

    if (what->target_bytes == 0 || memchr(target, 0, what->target_bytes)) {
        return what->target_bytes ? FS_EINVAL : FS_ENOENT;
    }
    if (what->target_bytes >= f->store.block_bytes) {
        return FS_ENAMETOOLONG;
    }
    memcpy(text, target, what->target_bytes);
    return fs_errno(ext2fs_symlink(f->ext2, dir->ino, i->ino, NULL, text));
}

static int new_inode(struct fs *f, struct inode *dir, const struct fs_new *what, const char *target,
                     struct inode *i)
{
    struct inode old;
    int err = fs_errno(ext2fs_new_inode(f->ext2, dir->ino, (int)what->mode, NULL, &i->ino));
    ext2_ino_t ino = i->ino;

    err = err ? err : inode_load(f, ino, &old);
    if (err) {
        return err;
    }
    if (LINUX_S_ISDIR(what->mode)) {
        err = dir->base.i_links_count >= LINK_MAX
                  ? FS_EMLINK
                  : fs_errno(ext2fs_mkdir(f->ext2, dir->ino, ino, NULL));
    } else if (LINUX_S_ISLNK(what->mode)) {
        err = new_symlink(f, dir, i, what, target);
    } else {
        err = new_plain(f, i, what);
    }
    err = err ? err : inode_load(f, ino, i);
    if (err == 0) {
        i->base.i_mode = (uint16_t)what->mode;
        new_owner(f, i, what, old.base.i_generation + 1);
        err = inode_store(f, i);
    }
    return err;
}

static int create(struct fs *f, uint64_t dir, struct fs_new what, const char *name,
                  const char *target, uint64_t *handle)
{
    struct inode d, i;
    int err = dir_get(f, dir, &d);

    what.mode |= what.mode & 0xf000 ? 0 : LINUX_S_IFREG;
    if (err == 0 && (entry_type(what.mode) == 0 || what.mode >> 16)) {
        err = FS_EINVAL;
    }
    err = err                         ? err
          : d.base.i_links_count == 0 ? FS_ENOENT
                                      : find(f, &d, name, what.name_bytes, &i);
    if (err != FS_ENOENT || d.base.i_links_count == 0 || what.name_bytes == 0) {
        return err ? err : FS_EEXIST;
    }
    err = new_inode(f, &d, &what, target, &i);
    err = err ? err : name_add(f, &d, name, what.name_bytes, &i);
    *handle = handle_of(&i);
    return err ? err : dir_changed(f, &d, 0);
}

int fs_create(struct fs *f, uint64_t op, uint64_t dir, const struct fs_new *what, const char *name,
              const char *target, uint64_t *handle)
{
    int err = begin(f, op, handle);

    err = err ? err : create(f, dir, *what, name, target, handle);
    return end(f, err, op, err ? 0 : *handle);
}

static int link(struct fs *f, uint64_t file, uint64_t dir, const char *name, uint32_t n)
{
    struct inode d, i, there;
    int err = dir_get(f, dir, &d);

    err = err ? err : inode_get(f, file, &i);
    if (err || LINUX_S_ISDIR(i.base.i_mode)) {
        return err ? err : FS_EPERM;
    }
    if (i.base.i_links_count == 0 || d.base.i_links_count == 0) {
        return FS_ENOENT;
    }
    if (i.base.i_links_count >= LINK_MAX) {
        return FS_EMLINK;
    }
    err = find(f, &d, name, n, &there);
    if (err != FS_ENOENT || n == 0) {
        return err ? err : FS_EEXIST;
    }
    err = name_add(f, &d, name, n, &i);
    i.base.i_links_count++;
    err = err ? err : inode_store(f, &i);
    return err ? err : dir_changed(f, &d, 0);
}

int fs_link(struct fs *f, uint64_t op, uint64_t file, uint64_t dir, const char *name, uint32_t n)
{
    uint64_t value;
    int err = begin(f, op, &value);

    err = err ? err : link(f, file, dir, name, n);
    return end(f, err, op, 0);
}

/* May this name go as how says? */
static int check_removal(struct fs *f, const struct inode *i, bool is_rmdir)
{
    bool is_dir = LINUX_S_ISDIR(i->base.i_mode);

    if (is_dir != is_rmdir) {
        return is_dir ? FS_EISDIR : FS_ENOTDIR;
    }
    return is_dir ? check_empty(f, i) : 0;
}

static int unlink(struct fs *f, uint64_t dir, uint32_t how, const char *name, uint32_t n)
{
    struct inode d, i;
    int err = dir_get(f, dir, &d);

    err = err                ? err
          : is_dots(name, n) ? (n == 1 ? FS_EINVAL : FS_ENOTEMPTY)
                             : find(f, &d, name, n, &i);
    err = err ? err : check_removal(f, &i, how & FS_DIRECTORY);
    err = err ? err : name_set(f, &d, name, n, NULL);
    err = err ? err : name_lost(f, &i, how & FS_KEEP);
    return err ? err : dir_changed(f, &d, how & FS_DIRECTORY ? -1 : 0);
}

int fs_unlink(struct fs *f, uint64_t op, uint64_t dir, uint32_t how, const char *name, uint32_t n)
{
    uint64_t value;
    int err = begin(f, op, &value);

    err = err ? err : unlink(f, dir, how, name, n);
    return end(f, err, op, 0);
}

/* Is `what` on the way from dir up to the root? */
static int check_no_loop(struct fs *f, const struct inode *what, const struct inode *dir)
{
    ext2_ino_t at = dir->ino;

    for (uint32_t steps = f->ext2->super->s_inodes_count; at != EXT2_ROOT_INO && steps; steps--) {
        int err =
            at == what->ino ? FS_EINVAL : fs_errno(ext2fs_lookup(f->ext2, at, "..", 2, NULL, &at));

        if (err) {
            return err;
        }
    }
    return what->ino == EXT2_ROOT_INO ? FS_EINVAL : at == EXT2_ROOT_INO ? 0 : FS_EUCLEAN;
}

struct side {
    struct inode dir, i;
    const char *name;
    uint32_t n;
};

/* A directory that moves has another parent; links of both change. */
static int moved(struct fs *f, const struct side *s, const struct inode *to)
{
    return LINUX_S_ISDIR(s->i.base.i_mode) && s->dir.ino != to->ino
               ? name_set(f, &s->i, "..", 2, to)
               : 0;
}

static int exchange(struct fs *f, struct side *a, struct side *b)
{
    int links =
        LINUX_S_ISDIR(b->i.base.i_mode) - LINUX_S_ISDIR(a->i.base.i_mode); /* of a's directory */
    int err = LINUX_S_ISDIR(b->i.base.i_mode) ? check_no_loop(f, &b->i, &a->dir) : 0;

    err = err ? err : name_set(f, &a->dir, a->name, a->n, &b->i);
    err = err ? err : name_set(f, &b->dir, b->name, b->n, &a->i);
    err = err ? err : moved(f, a, &b->dir);
    err = err ? err : moved(f, b, &a->dir);
    if (a->dir.ino == b->dir.ino) {
        links = 0;
    }
    err = err ? err : dir_changed(f, &a->dir, links);
    return err ? err : dir_changed(f, &b->dir, -links);
}

static int replace(struct fs *f, struct side *a, struct side *b, bool is_there, bool is_kept)
{
    bool is_dir = LINUX_S_ISDIR(a->i.base.i_mode);
    int to_links = is_dir && a->dir.ino != b->dir.ino && !is_there, from_links = 0, err;

    if (is_dir) {
        from_links = a->dir.ino != b->dir.ino || is_there ? -1 : 0;
    }
    err = is_there                                            ? check_removal(f, &b->i, is_dir)
          : to_links && b->dir.base.i_links_count >= LINK_MAX ? FS_EMLINK
                                                              : 0;
    err = err        ? err
          : is_there ? name_set(f, &b->dir, b->name, b->n, &a->i)
                     : name_add(f, &b->dir, b->name, b->n, &a->i);
    err = err ? err : name_set(f, &a->dir, a->name, a->n, NULL);
    err = err ? err : moved(f, a, &b->dir);
    err = err ? err : is_there ? name_lost(f, &b->i, is_kept) : 0;
    err = err ? err : dir_changed(f, &a->dir, from_links);
    return err ? err : dir_changed(f, &b->dir, to_links);
}

static int rename_both(struct fs *f, uint64_t from, uint64_t to, struct side *a, struct side *b,
                       uint32_t how)
{
    int err = dir_get(f, from, &a->dir), there;

    err = err ? err : dir_get(f, to, &b->dir);
    err = err ? err
          : is_dots(a->name, a->n) || is_dots(b->name, b->n)
              ? FS_EINVAL
              : find(f, &a->dir, a->name, a->n, &a->i);
    if (err) {
        return err;
    }
    there = find(f, &b->dir, b->name, b->n, &b->i);
    if ((there && there != FS_ENOENT) || b->n == 0) {
        return there;
    }
    if (there ? how & FS_EXCHANGE || b->dir.base.i_links_count == 0 : how & FS_NOREPLACE) {
        return there ? FS_ENOENT : FS_EEXIST;
    }
    if (!there && a->i.ino == b->i.ino) {
        return 0;
    }
    err = LINUX_S_ISDIR(a->i.base.i_mode) ? check_no_loop(f, &a->i, &b->dir) : 0;
    if (err) {
        return err;
    }
    return how & FS_EXCHANGE ? exchange(f, a, b) : replace(f, a, b, !there, how & FS_KEEP);
}

int fs_rename(struct fs *f, uint64_t op, uint64_t from, const char *old, uint32_t old_n,
              uint64_t to, const char *name, uint32_t n, uint32_t how)
{
    struct side a = { .name = old, .n = old_n }, b = { .name = name, .n = n };
    uint64_t value;
    int err = begin(f, op, &value);

    if (err == 0 && (how & FS_NOREPLACE) && (how & FS_EXCHANGE)) {
        err = FS_EINVAL;
    }
    err = err ? err : rename_both(f, from, to, &a, &b, how);
    return end(f, err, op, 0);
}
