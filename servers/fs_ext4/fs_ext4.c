/* The component: the file system (ext4.h) between its interface and its disk. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <comp/sleep.h>

#include "FsExt4.h"
#include "ext4.h"

#define RETRY_NS 10000000u

struct self {
    struct fs *fs;
    bool is_over;       /* it could not be mounted */
    uint64_t commit_at; /* the first request from then on commits what was changed before */
};

_Static_assert(sizeof(struct fs_memory) >= sizeof(struct fs_keep), "what survives has room");
_Static_assert(sizeof(struct fs_attr) == 80 && sizeof(struct fs_change) == 72 &&
                   sizeof(struct fs_new) == 40 && sizeof(struct fs_space) == 56,
               "idl/files.idl says the same");

/* ---- the disk ---- */

/* While there is no driver there is no disk, but that is no error. */
static int disk_result(enum tess_err err)
{
    return err == TESS_OK ? 0 : err == (enum tess_err)BLOCK_ERROR_READ_ONLY ? FS_EROFS : FS_EIO;
}

static int device_read(void *context, uint64_t sector, uint32_t n, void *to)
{
    enum tess_err err;

    while ((err = disk_read(context, sector, n, to)) == TESS_GONE) {
        comp_sleep_until(tess_deadline_ns(RETRY_NS));
    }
    return disk_result(err);
}

static int device_write(void *context, uint64_t sector, uint32_t n, const void *from)
{
    enum tess_err err;

    while ((err = disk_write(context, sector, n, from)) == TESS_GONE) {
        comp_sleep_until(tess_deadline_ns(RETRY_NS));
    }
    comp_alive();
    return disk_result(err);
}

static int device_flush(void *context)
{
    enum tess_err err;

    while ((err = disk_flush(context)) == TESS_GONE) {
        comp_sleep_until(tess_deadline_ns(RETRY_NS));
    }
    return disk_result(err);
}

static void mount(struct self *self)
{
    struct fs_device device = { self, 0, device_read, device_write, device_flush };
    const char *why = "the disk does not say how large it is";
    enum tess_err err;

    while ((err = disk_capacity(self, &device.sectors)) == TESS_GONE) {
        comp_sleep_until(tess_deadline_ns(RETRY_NS));
    }
    if (err == TESS_OK) {
        (void)fs_mount(&self->fs, &device, (struct fs_keep *)memory(self), CACHE_BLOCKS, READ_ONLY,
                       &why);
    }
    self->is_over = !self->fs;
    if (why) {
        printf("%s: %s: %s\n", SELF_PATH, self->fs ? "read-only" : "not mounted", why);
    }
}

/* ---- its interface ---- */

static enum tess_err answer(int err)
{
    return err ? (enum tess_err)(FS_ERROR + (uint32_t)err) : TESS_OK;
}

static int sync_all(struct self *self);

/* Before each request: all work on the disk is done in requests, which come one after the other. */
static int ready(struct self *self)
{
    if (!self->fs && !self->is_over) {
        mount(self);
    }
    if (self->fs && tess_now() >= self->commit_at) {
        if (fs_is_dirty(self->fs)) {
            (void)sync_all(self);
        }
        self->commit_at = tess_deadline_ns(COMMIT_MS * 1000000ull);
    }
    return self->fs ? 0 : FS_EUCLEAN;
}

static enum tess_err files_attach_client(struct self *self, uint64_t client, uint64_t *root,
                                         uint32_t *block_bytes, bool *read_only)
{
    int err = client > UINT16_MAX ? FS_EINVAL : ready(self);

    err = err ? err : fs_attach(self->fs, (uint16_t)client);
    if (err == 0) {
        *root = fs_root(self->fs);
        *block_bytes = fs_block_bytes(self->fs);
        *read_only = fs_is_read_only(self->fs);
    }
    return answer(err);
}

static enum tess_err files_statfs(struct self *self, uint32_t n, void *buf)
{
    int err = n < sizeof(struct fs_space) ? FS_EINVAL : ready(self);
    struct fs_space space;

    err = err ? err : fs_statfs(self->fs, &space);
    if (err == 0) {
        memcpy(buf, &space, sizeof space);
    }
    return answer(err);
}

/* A copy of what a client may change while it is looked at. */
static int name_copy(char *to, const void *from, uint32_t n)
{
    if (n > FS_NAME) {
        return FS_ENAMETOOLONG;
    }
    memcpy(to, from, n);
    return 0;
}

static enum tess_err files_lookup(struct self *self, uint64_t dir, uint32_t n, const void *name,
                                  uint64_t *handle, uint32_t *type)
{
    char copy[FS_NAME];
    int err = ready(self);

    err = err ? err : name_copy(copy, name, n);
    return answer(err ? err : fs_lookup(self->fs, dir, copy, n, handle, type));
}

static enum tess_err files_stat(struct self *self, uint64_t file, uint32_t n, void *buf)
{
    int err = n < sizeof(struct fs_attr) ? FS_EINVAL : ready(self);
    struct fs_attr attr;

    err = err ? err : fs_stat(self->fs, file, &attr);
    if (err == 0) {
        memcpy(buf, &attr, sizeof attr);
    }
    return answer(err);
}

static enum tess_err files_readdir(struct self *self, uint64_t dir, uint64_t cookie, uint32_t n,
                                   void *buf, uint32_t *used, uint64_t *next)
{
    int err = ready(self);

    return answer(err ? err : fs_readdir(self->fs, dir, cookie, buf, n, used, next));
}

static enum tess_err files_read(struct self *self, uint64_t file, uint64_t offset, uint32_t n,
                                void *buf, uint32_t *got)
{
    int err = ready(self);

    return answer(err ? err : fs_read(self->fs, file, offset, buf, n, got));
}

static enum tess_err files_write(struct self *self, uint64_t op, uint64_t file, uint64_t offset,
                                 uint32_t n, const void *buf, uint32_t *put)
{
    int err = ready(self);

    return answer(err ? err : fs_write(self->fs, op, file, offset, buf, n, put));
}

static enum tess_err files_setattr(struct self *self, uint64_t op, uint64_t file, uint32_t n,
                                   const void *buf)
{
    int err = n < sizeof(struct fs_change) ? FS_EINVAL : ready(self);
    struct fs_change change;

    if (err == 0) {
        memcpy(&change, buf, sizeof change);
        err = fs_setattr(self->fs, op, file, &change);
    }
    return answer(err);
}

static enum tess_err files_create(struct self *self, uint64_t op, uint64_t dir, uint32_t n,
                                  const void *buf, uint64_t *handle)
{
    static char text[FS_NAME + FS_BLOCK];
    int err = n < sizeof(struct fs_new) ? FS_EINVAL : ready(self);
    struct fs_new what;

    if (err) {
        return answer(err);
    }
    memcpy(&what, buf, sizeof what);
    if (what.name_bytes > FS_NAME || what.target_bytes > FS_BLOCK) {
        return answer(FS_ENAMETOOLONG);
    }
    if (sizeof what + what.name_bytes + what.target_bytes > n) {
        return answer(FS_EINVAL);
    }
    memcpy(text, (const char *)buf + sizeof what, what.name_bytes + what.target_bytes);
    return answer(fs_create(self->fs, op, dir, &what, text, text + what.name_bytes, handle));
}

static enum tess_err files_link(struct self *self, uint64_t op, uint64_t file, uint64_t dir,
                                uint32_t n, const void *name)
{
    char copy[FS_NAME];
    int err = ready(self);

    err = err ? err : name_copy(copy, name, n);
    return answer(err ? err : fs_link(self->fs, op, file, dir, copy, n));
}

static enum tess_err files_unlink(struct self *self, uint64_t op, uint64_t dir, uint32_t how,
                                  uint32_t n, const void *name)
{
    char copy[FS_NAME];
    int err = ready(self);

    err = err ? err : name_copy(copy, name, n);
    return answer(err ? err : fs_unlink(self->fs, op, dir, how, copy, n));
}

static enum tess_err files_rename(struct self *self, uint64_t op, uint64_t from, uint64_t to,
                                  uint32_t how, uint32_t from_bytes, uint32_t n, const void *names)
{
    char old[FS_NAME], new[FS_NAME];
    int err = from_bytes > n ? FS_EINVAL : ready(self);

    err = err ? err : name_copy(old, names, from_bytes);
    err = err ? err : name_copy(new, (const char *)names + from_bytes, n - from_bytes);
    return answer(
        err ? err : fs_rename(self->fs, op, from, old, from_bytes, to, new, n - from_bytes, how));
}

static enum tess_err files_forget(struct self *self, uint64_t op, uint64_t file)
{
    int err = ready(self);

    return answer(err ? err : fs_forget(self->fs, op, file));
}

static enum tess_err files_readlink(struct self *self, uint64_t file, uint32_t n, void *buf,
                                    uint32_t *got)
{
    int err = ready(self);

    return answer(err ? err : fs_readlink(self->fs, file, buf, n, got));
}

static enum tess_err files_attributes(struct self *self, uint64_t file, uint32_t n, void *buf,
                                      uint32_t *used)
{
    int err = ready(self);

    return answer(err ? err : fs_attributes(self->fs, file, buf, n, used));
}

static enum tess_err files_set_attribute(struct self *self, uint64_t op, uint64_t file,
                                         uint32_t how, uint32_t name_bytes, uint32_t n,
                                         const void *buf)
{
    static char value[FS_BLOCK];
    char name[FS_NAME + 1] = { 0 };
    int err = name_bytes > n ? FS_EINVAL : ready(self);

    err = err ? err : name_copy(name, buf, name_bytes);
    if (err == 0 && n - name_bytes > sizeof value) {
        err = FS_ENOSPC; /* more than a block holds */
    }
    if (err) {
        return answer(err);
    }
    memcpy(value, (const char *)buf + name_bytes, n - name_bytes);
    return answer(fs_set_attribute(self->fs, op, file, how, name, value, n - name_bytes));
}

/* One transaction for all: whatever file is meant. */
static int sync_all(struct self *self)
{
    bool was_read_only = fs_is_read_only(self->fs);
    int err = fs_sync(self->fs);

    if (fs_is_read_only(self->fs) && !was_read_only) {
        printf("%s: read-only from now on: the disk did not take the journal (run e2fsck)\n",
               SELF_PATH);
    }
    return err;
}

static enum tess_err files_sync(struct self *self, uint64_t file)
{
    int err = ready(self);

    (void)file;
    return answer(err ? err : sync_all(self));
}
