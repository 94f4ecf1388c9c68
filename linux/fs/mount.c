/* File systems and where they are mounted (mount(2)). */
#include <linux/mount.h>
#include <string.h>

#include "../task/task.h"
#include "dentry.h"

/* umount2(2); no header for programs has them. */
#define UNMOUNT_FORCE    1u
#define UNMOUNT_DETACH   2u
#define UNMOUNT_EXPIRE   4u
#define UNMOUNT_NOFOLLOW 8u

struct list mounts = { &mounts, &mounts };
struct mount *root_mount;

#define FILE_SYSTEMS_MAX 16u

static const struct file_system *known[FILE_SYSTEMS_MAX];
static uint32_t last_id = 20;

void file_system_register(const struct file_system *type)
{
    for (unsigned i = 0; i < FILE_SYSTEMS_MAX; i++) {
        if (!known[i]) {
            known[i] = type;
            return;
        }
    }
}

const struct file_system *file_system_at(unsigned i)
{
    return i < FILE_SYSTEMS_MAX ? known[i] : NULL;
}

const struct file_system *file_system_find(const char *name)
{
    for (unsigned i = 0; i < FILE_SYSTEMS_MAX && known[i]; i++) {
        if (strcmp(known[i]->name, name) == 0) {
            return known[i];
        }
    }
    return NULL;
}

uint32_t mount_flags(const struct mount *m)
{
    return m->flags;
}

int mount_may_write(const struct mount *m)
{
    return (m->flags | m->super->flags) & MS_RDONLY ? -EROFS : 0;
}

int mount_new(const struct file_system *type, const char *source, uint32_t flags,
              const char *options, struct mount **out)
{
    static uint64_t last_device = 0x10;
    struct super *s = heap_alloc(sizeof *s);
    struct mount *m = heap_alloc(sizeof *m);
    int err = s && m ? 0 : -ENOMEM;

    if (!err) {
        s->type = type;
        s->flags = flags;
        s->device = ++last_device;
        err = type->mount(s, source, options);
    }
    if (!err) {
        m->super = s;
        m->root = dentry_root(s->root);
        err = m->root ? 0 : -ENOMEM;
    }
    if (err) {
        heap_free(s);
        heap_free(m);
        return err;
    }
    m->root->is_volatile = false;
    m->flags = flags;
    m->id = ++last_id;
    m->refs = 1;
    strncpy(m->source, source, sizeof m->source - 1);
    list_init(&m->all);
    *out = m;
    return 0;
}

static void mount_attach(struct mount *m, const struct path *at)
{
    m->parent = at->mount;
    m->at = at->dentry;
    m->covered = at->dentry->mounted;
    path_get((struct path *)at);
    at->dentry->mounted = m;
    list_append(&mounts, &m->all);
}

int mount_at(const char *type, const char *source, const char *where, uint32_t flags,
             const char *options)
{
    const struct file_system *fs = file_system_find(type);
    struct path p;
    struct mount *m;
    int err;

    if (!fs) {
        return -ENODEV;
    }
    if (!root_mount) {
        err = mount_new(fs, source, flags, options, &m);
        if (!err) {
            root_mount = m;
            list_append(&mounts, &m->all);
        }
        return err;
    }
    err = path_walk(AT_FDCWD, where, WALK_FOLLOW, &p);
    if (err) {
        return err;
    }
    err = mount_new(fs, source, flags, options, &m);
    if (!err) {
        mount_attach(m, &p);
    }
    path_put(&p);
    return err;
}

static int bind_mount(const struct path *at, const char *source, uint32_t flags)
{
    struct path from;
    int err = path_walk(AT_FDCWD, source, WALK_FOLLOW, &from);

    if (err) {
        return err;
    }
    struct mount *m = heap_alloc(sizeof *m);

    if (!m) {
        path_put(&from);
        return -ENOMEM;
    }
    *m = *from.mount;
    dentry_get(m->root = from.dentry);
    m->refs = 1;
    m->flags = (from.mount->flags & MS_RDONLY) | (flags & MS_RDONLY);
    m->id = ++last_id;
    list_init(&m->all);
    m->super->mounts++;
    mount_attach(m, at);
    path_put(&from);
    return 0;
}

static long do_mount(const char *source, const char *where, const char *type, uint32_t flags,
                     const char *options)
{
    struct path at;
    int err = path_walk(AT_FDCWD, where, WALK_FOLLOW, &at);

    if (err) {
        return err;
    }
    if (flags & MS_REMOUNT) {
        if (at.dentry == at.mount->root) {
            at.mount->flags = flags & (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME);
        } else {
            err = -EINVAL;
        }
    } else if (flags & MS_BIND) {
        err = bind_mount(&at, source, flags);
    } else if (flags & (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE)) {
        err = 0; /* there is one name space: nothing propagates */
    } else {
        const struct file_system *fs = file_system_find(type);
        struct mount *m;

        err = (at.dentry->inode->mode & S_IFMT) != S_IFDIR ? -ENOTDIR
              : fs ? mount_new(fs, source, flags & ~(uint32_t)MS_SILENT, options, &m)
                   : -ENODEV;
        if (!err) {
            mount_attach(m, &at);
        }
    }
    path_put(&at);
    return err;
}

long sys_mount(struct task *t, const uint64_t *a)
{
    struct {
        char source[256], where[256], type[32], options[256];
    } *x = heap_alloc(sizeof *x);
    long err;

    if (!x) {
        return -ENOMEM;
    }
    err = is_capable(&t->process->cred, 21 /* CAP_SYS_ADMIN */) ? 0 : -EPERM;
    err = err ? err : copy_text_from_user(x->where, a[1], sizeof x->where);
    err = err < 0 || !a[0] ? err : copy_text_from_user(x->source, a[0], sizeof x->source);
    err = err < 0 || !a[2] ? err : copy_text_from_user(x->type, a[2], sizeof x->type);
    err = err < 0 || !a[4] ? err : copy_text_from_user(x->options, a[4], sizeof x->options);
    if (err >= 0) {
        err = do_mount(x->source, x->where, x->type, (uint32_t)a[3], x->options);
    }
    heap_free(x);
    return err;
}

static void mount_detach(struct mount *m)
{
    struct mount **at = &m->at->mounted;

    while (*at && *at != m) {
        at = &(*at)->covered;
    }
    if (*at) {
        *at = m->covered;
    }
}

static struct mount *mount_on(const struct mount *m)
{
    LIST_FOR(l, &mounts)
    {
        struct mount *child = CONTAINER(l, struct mount, all);

        if (child->parent == m) {
            return child;
        }
    }
    return NULL;
}

/* Nobody uses it any more, and it is mounted nowhere. */
void mount_gone(struct mount *m)
{
    struct super *s = m->super;
    bool is_last = s->mounts == 0;

    if (is_last) { /* nothing finds its names any more; those of others are seen elsewhere, too */
        (void)dentry_shrink(UINT32_MAX);
        dentry_unhash(m->root);
    } else {
        s->mounts--;
    }
    dentry_put(m->root);
    if (is_last) {
        if (s->type->unmount) {
            s->type->unmount(s);
        }
        heap_free(s);
    }
    heap_free(m);
}

/* What is open stays usable: the mount goes with its last user. */
static int mount_remove(struct mount *m)
{
    int err = m->super->type->sync ? m->super->type->sync(m->super) : 0;
    struct path at = { m->parent, m->at };

    if (err || !m->parent) { /* somebody else was faster while this waited */
        return err;
    }
    mount_detach(m);
    list_remove(&m->all);
    m->parent = NULL;
    path_put(&at);
    if (--m->refs == 0) {
        mount_gone(m);
    }
    return 0;
}

static int unmount(struct path *p, bool is_lazy)
{
    struct mount *m = p->mount, *leaf;
    int err = 0;

    if (p->dentry != m->root || !m->parent) {
        return -EINVAL;
    }
    if (!is_lazy && (mount_on(m) || m->refs > 2)) { /* one of the place, one of the path */
        return -EBUSY;
    }
    while (!err && (leaf = mount_on(m))) {
        struct mount *next;

        while ((next = mount_on(leaf))) {
            leaf = next;
        }
        err = mount_remove(leaf);
    }
    return err ? err : mount_remove(m);
}

long sys_umount2(struct task *t, const uint64_t *a)
{
    struct path p;
    int err;

    if (a[1] & ~(uint64_t)(UNMOUNT_FORCE | UNMOUNT_DETACH | UNMOUNT_EXPIRE | UNMOUNT_NOFOLLOW)) {
        return -EINVAL;
    }
    if (!is_capable(&t->process->cred, 21 /* CAP_SYS_ADMIN */)) {
        return -EPERM;
    }
    err = path_walk_user(AT_FDCWD, a[0], a[1] & UNMOUNT_NOFOLLOW ? 0 : WALK_FOLLOW, &p);
    if (!err) {
        err = unmount(&p, a[1] & UNMOUNT_DETACH);
        path_put(&p);
    }
    return err;
}

int mount_pivot(const char *new_root)
{
    struct path p;
    int err = path_walk(AT_FDCWD, new_root, WALK_FOLLOW, &p);

    if (!err) {
        list_remove(&root_mount->all);
        root_mount = p.mount;
        mount_detach(p.mount);
        p.mount->parent = NULL;
    }
    return err;
}

long sys_sync(struct task *t, const uint64_t *a)
{
    (void)t, (void)a;
    LIST_FOR(l, &mounts)
    {
        struct mount *m = CONTAINER(l, struct mount, all);

        if (m->super->type->sync) {
            (void)m->super->type->sync(m->super);
        }
    }
    return 0;
}

long sys_syncfs(struct task *t, const uint64_t *a)
{
    struct file *f = fd_file((int)a[0]);
    struct super *s;
    int err = 0;

    (void)t;
    if (!f) {
        return -EBADF;
    }
    s = f->inode->super;
    if (s && s->type && s->type->sync) {
        err = s->type->sync(s);
    }
    file_put(f);
    return err;
}
