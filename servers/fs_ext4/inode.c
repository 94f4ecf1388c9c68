/* Inodes: what a file is, how it begins and ends; and an operation as a whole. */
#include "fs.h"

/* ---- operations as a whole ---- */

int op_begin(struct fs *f, uint64_t op, uint64_t *value)
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

int op_end(struct fs *f, int err, uint64_t op, uint64_t value)
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

/* ---- inodes and handles ---- */

int inode_load(struct fs *f, ext2_ino_t ino, struct inode *i)
{
    memset(i, 0, sizeof *i);
    i->ino = ino;
    return fs_errno(ext2fs_read_inode_full(f->ext2, ino, &i->base, sizeof i->large));
}

int inode_store(struct fs *f, struct inode *i)
{
    return fs_errno(ext2fs_write_inode_full(f->ext2, i->ino, &i->base, sizeof i->large));
}

uint64_t inode_handle(const struct inode *i)
{
    return i->ino | (uint64_t)i->base.i_generation << 32;
}

int inode_get(struct fs *f, uint64_t handle, struct inode *i)
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

int inode_get_dir(struct fs *f, uint64_t handle, struct inode *i)
{
    int err = inode_get(f, handle, i);

    return err ? err : LINUX_S_ISDIR(i->base.i_mode) ? 0 : FS_ENOTDIR;
}

uint8_t inode_type(uint32_t mode)
{
    static const uint8_t type[16] = {
        [1] = 1, [2] = 2, [4] = 4, [6] = 6, [8] = 8, [10] = 10, [12] = 12
    };

    return type[mode >> 12 & 15]; /* DT_* is the type of the mode */
}

uint64_t fs_root(struct fs *f)
{
    struct inode i;

    return inode_load(f, EXT2_ROOT_INO, &i) ? EXT2_ROOT_INO : inode_handle(&i);
}

/* ---- attributes ---- */

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

static int change(struct fs *f, uint64_t file, const struct fs_change *c)
{
    struct inode i;
    int err = inode_get(f, file, &i);

    if (err == 0 && c->set & FS_SET_SIZE) {
        err = contents_truncate(f, &i, c->size);
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
    int err = op_begin(f, op, &value);

    err = err ? err : change(f, file, c);
    return op_end(f, err, op, 0);
}

/* ---- a new one ---- */

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

int inode_new(struct fs *f, struct inode *dir, const struct fs_new *what, const char *target,
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
        err = dir->base.i_links_count >= FS_LINK_MAX
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

static int inode_free(struct fs *f, struct inode *i)
{
    bool is_dir = LINUX_S_ISDIR(i->base.i_mode);
    int err = contents_cut(f, i, 0);

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

int inode_lose_name(struct fs *f, struct inode *i, bool is_kept)
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
    int err = op_begin(f, op, &value);

    err = err ? err : inode_get(f, file, &i);
    if (err == 0 && i.base.i_links_count == 0) {
        err = orphan_remove(f, &i);
        err = err ? err : inode_free(f, &i);
    }
    return op_end(f, err == FS_ESTALE ? 0 : err, op, 0);
}

int inode_forget_all(struct fs *f)
{
    ext2_ino_t ino;
    int err = 0;

    while (err == 0 && (ino = f->ext2->super->s_last_orphan) != 0) {
        uint64_t value;
        struct inode i = { 0 };

        err = op_begin(f, 0, &value);
        err = err                                    ? err
              : ino > f->ext2->super->s_inodes_count ? FS_EUCLEAN
                                                     : inode_load(f, ino, &i);
        err = err ? err : orphan_remove(f, &i);
        if (err == 0 && i.base.i_links_count == 0 && i.base.i_mode) {
            err = inode_free(f, &i);
        } else if (err == 0) { /* Linux puts a file there while it makes it shorter */
            i.base.i_dtime = 0;
            err = contents_cut(f, &i, EXT2_I_SIZE(&i.base));
            err = err ? err : inode_store(f, &i);
        }
        err = op_end(f, err, 0, 0);
    }
    return err;
}
