/* Directories: names that are looked up, listed, come and go. */
#include "fs.h"

/* EXT2_FT_* of a directory entry. */
static int entry_type(uint32_t mode)
{
    static const uint8_t type[16] = {
        [1] = EXT2_FT_FIFO,     [2] = EXT2_FT_CHRDEV,   [4] = EXT2_FT_DIR,  [6] = EXT2_FT_BLKDEV,
        [8] = EXT2_FT_REG_FILE, [10] = EXT2_FT_SYMLINK, [12] = EXT2_FT_SOCK
    };

    return type[mode >> 12 & 15];
}

/* ---- entries of a directory ---- */

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

int fs_lookup(struct fs *f, uint64_t dir, const char *name, uint32_t n, uint64_t *handle,
              uint32_t *type)
{
    struct inode d, i;
    int err = inode_get_dir(f, dir, &d);

    err = err ? err : find(f, &d, name, n, &i);
    if (err == 0) {
        *handle = inode_handle(&i);
        *type = inode_type(i.base.i_mode);
    }
    return err;
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
            e.handle = inode_handle(&i);
            e.next = start + at + record;
            e.type = inode_type(i.base.i_mode);
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
    int err = inode_get_dir(f, dir, &d);

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

/* ---- names that come and go ---- */

static int create(struct fs *f, uint64_t dir, struct fs_new what, const char *name,
                  const char *target, uint64_t *handle)
{
    struct inode d, i;
    int err = inode_get_dir(f, dir, &d);

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
    err = inode_new(f, &d, &what, target, &i);
    err = err ? err : name_add(f, &d, name, what.name_bytes, &i);
    *handle = inode_handle(&i);
    return err ? err : dir_changed(f, &d, 0);
}

int fs_create(struct fs *f, uint64_t op, uint64_t dir, const struct fs_new *what, const char *name,
              const char *target, uint64_t *handle)
{
    int err = op_begin(f, op, handle);

    err = err ? err : create(f, dir, *what, name, target, handle);
    return op_end(f, err, op, err ? 0 : *handle);
}

static int link(struct fs *f, uint64_t file, uint64_t dir, const char *name, uint32_t n)
{
    struct inode d, i, there;
    int err = inode_get_dir(f, dir, &d);

    err = err ? err : inode_get(f, file, &i);
    if (err || LINUX_S_ISDIR(i.base.i_mode)) {
        return err ? err : FS_EPERM;
    }
    if (i.base.i_links_count == 0 || d.base.i_links_count == 0) {
        return FS_ENOENT;
    }
    if (i.base.i_links_count >= FS_LINK_MAX) {
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
    int err = op_begin(f, op, &value);

    err = err ? err : link(f, file, dir, name, n);
    return op_end(f, err, op, 0);
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
    int err = inode_get_dir(f, dir, &d);

    err = err                ? err
          : is_dots(name, n) ? (n == 1 ? FS_EINVAL : FS_ENOTEMPTY)
                             : find(f, &d, name, n, &i);
    err = err ? err : check_removal(f, &i, how & FS_DIRECTORY);
    err = err ? err : name_set(f, &d, name, n, NULL);
    err = err ? err : inode_lose_name(f, &i, how & FS_KEEP);
    return err ? err : dir_changed(f, &d, how & FS_DIRECTORY ? -1 : 0);
}

int fs_unlink(struct fs *f, uint64_t op, uint64_t dir, uint32_t how, const char *name, uint32_t n)
{
    uint64_t value;
    int err = op_begin(f, op, &value);

    err = err ? err : unlink(f, dir, how, name, n);
    return op_end(f, err, op, 0);
}

/* ---- rename ---- */

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
    err = is_there                                               ? check_removal(f, &b->i, is_dir)
          : to_links && b->dir.base.i_links_count >= FS_LINK_MAX ? FS_EMLINK
                                                                 : 0;
    err = err        ? err
          : is_there ? name_set(f, &b->dir, b->name, b->n, &a->i)
                     : name_add(f, &b->dir, b->name, b->n, &a->i);
    err = err ? err : name_set(f, &a->dir, a->name, a->n, NULL);
    err = err ? err : moved(f, a, &b->dir);
    err = err ? err : is_there ? inode_lose_name(f, &b->i, is_kept) : 0;
    err = err ? err : dir_changed(f, &a->dir, from_links);
    return err ? err : dir_changed(f, &b->dir, to_links);
}

static int rename_both(struct fs *f, uint64_t from, uint64_t to, struct side *a, struct side *b,
                       uint32_t how)
{
    int err = inode_get_dir(f, from, &a->dir), there;

    err = err ? err : inode_get_dir(f, to, &b->dir);
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
    int err = op_begin(f, op, &value);

    if (err == 0 && (how & FS_NOREPLACE) && (how & FS_EXCHANGE)) {
        err = FS_EINVAL;
    }
    err = err ? err : rename_both(f, from, to, &a, &b, how);
    return op_end(f, err, op, 0);
}
