/* Walking paths (path_resolution(7)), mounts, the directories of a process. */
#include <linux/mount.h>
#include <string.h>

#include "../task/task.h"
#include "dentry.h"

#define LINKS_MAX 40u

/* umount2(2); no header for programs has them. */
#define UNMOUNT_FORCE    1u
#define UNMOUNT_DETACH   2u
#define UNMOUNT_EXPIRE   4u
#define UNMOUNT_NOFOLLOW 8u

struct list mounts = { &mounts, &mounts };
struct mount *root_mount;

void path_put(struct path *p)
{
    if (p->dentry) {
        dentry_put(p->dentry);
        p->mount->refs--;
        p->dentry = NULL;
        p->mount = NULL;
    }
}

static void path_set_dentry(struct path *p, struct dentry *d)
{
    dentry_put(p->dentry);
    p->dentry = d;
}

void path_cross(struct path *p)
{
    while (p->dentry->mounted) {
        struct mount *m = p->dentry->mounted;

        dentry_get(m->root);
        dentry_put(p->dentry);
        m->refs++;
        p->mount->refs--;
        p->mount = m;
        p->dentry = m->root;
    }
}

static bool is_root_of(const struct path *p, const struct path *root)
{
    return p->dentry == root->dentry && p->mount == root->mount;
}

static void path_up(struct path *p, const struct path *root)
{
    while (!is_root_of(p, root)) {
        if (p->dentry != p->mount->root) {
            dentry_get(p->dentry->parent);
            path_set_dentry(p, p->dentry->parent);
            break;
        }
        if (!p->mount->parent) {
            break;
        }
        struct mount *below = p->mount;

        dentry_get(below->at);
        path_set_dentry(p, below->at);
        below->parent->refs++;
        below->refs--;
        p->mount = below->parent;
    }
    path_cross(p);
}

static const struct path *root_of_task(void)
{
    static struct path all;

    if (current && current->process->fs) {
        return &current->process->fs->root;
    }
    all = (struct path){ root_mount, root_mount->root };
    return &all;
}

struct walk {
    struct path at;
    unsigned links;
    struct last *last; /* WALK_PARENT: what it is about; else NULL */
};

static int walk(struct walk *w, const char *name, uint32_t flags);

static int follow(struct walk *w, struct dentry *link, uint32_t flags)
{
    struct inode *i = link->inode;
    struct path target = { 0 };
    char *text;
    long n;
    int err;

    if (w->links++ == LINKS_MAX) {
        return -ELOOP;
    }
    if (i->super->type->follow) { /* links of /proc that are no text */
        err = i->super->type->follow(i, &target);
        if (err != -ENOSYS) {
            if (!err) {
                path_put(&w->at);
                w->at = target;
            }
            return err;
        }
    }
    text = heap_alloc(PATH_BYTES_MAX);
    if (!text) {
        return -ENOMEM;
    }
    inode_get(i);
    n = i->ops->readlink ? i->ops->readlink(i, text, PATH_BYTES_MAX - 1) : -EINVAL;
    inode_put(i);
    if (n > 0) {
        text[n] = 0;
        err = walk(w, text, flags);
    } else {
        err = n < 0 ? (int)n : -ENOENT;
    }
    heap_free(text);
    return err;
}

/* One component; is_last: of all, so that a link is followed only if asked. */
static int step(struct walk *w, const char *name, size_t bytes, bool is_last, uint32_t flags)
{
    struct inode *dir = w->at.dentry->inode;
    struct dentry *next;
    int err;

    if (bytes == 1 && name[0] == '.') {
        return 0;
    }
    if (bytes == 2 && name[0] == '.' && name[1] == '.') {
        path_up(&w->at, root_of_task());
        return 0;
    }
    (void)dir;
    err = dentry_lookup(w->at.dentry, name, bytes, &next);
    if (err) {
        return err;
    }
    if (!next->inode) {
        dentry_put(next);
        return -ENOENT;
    }
    if ((next->inode->mode & S_IFMT) == S_IFLNK && (!is_last || flags & WALK_FOLLOW)) {
        err = follow(w, next, is_last ? flags : WALK_FOLLOW);
        dentry_put(next);
        return err;
    }
    path_set_dentry(&w->at, next);
    if (next->mounted) {
        path_cross(&w->at);
    }
    return 0;
}

static int walk(struct walk *w, const char *name, uint32_t flags)
{
    if (*name == '/') {
        struct path root = *root_of_task();

        path_get(&root);
        path_put(&w->at);
        w->at = root;
        path_cross(&w->at);
    }
    for (;;) {
        const char *end;
        bool is_last;
        int err;

        while (*name == '/') {
            name++;
        }
        if (!*name) {
            return 0;
        }
        for (end = name; *end && *end != '/'; end++) {
        }
        const char *rest = end;

        while (*rest == '/') {
            rest++;
        }
        is_last = !*rest;
        struct inode *dir = w->at.dentry->inode;

        if ((dir->mode & S_IFMT) != S_IFDIR) {
            return -ENOTDIR;
        }
        err = inode_may(dir, MAY_EXEC);
        if (err) {
            return err;
        }
        if (is_last && w->last) {
            *w->last = (struct last){ name, (size_t)(end - name), *end == '/' };
            return 0;
        }
        /* "link/" is the directory that the link names */
        err = step(w, name, (size_t)(end - name), is_last,
                   *end == '/' ? flags | WALK_FOLLOW | WALK_DIRECTORY : flags);
        if (err) {
            return err;
        }
        if (is_last && *end == '/' && (w->at.dentry->inode->mode & S_IFMT) != S_IFDIR) {
            return -ENOTDIR;
        }
        name = rest;
    }
}

/* Where a path begins. */
static int path_start(int dirfd, const char *name, struct path *out)
{
    if (*name == '/' || dirfd == AT_FDCWD) {
        *out = current && current->process->fs ? current->process->fs->cwd : *root_of_task();
        path_get(out);
        return 0;
    }
    struct file *f = fd_file(dirfd);

    if (!f) {
        return -EBADF;
    }
    if (!f->dentry) {
        file_put(f);
        return *name ? -ENOTDIR : -EBADF;
    }
    *out = (struct path){ f->mount, f->dentry };
    path_get(out);
    file_put(f);
    return *name && (out->dentry->inode->mode & S_IFMT) != S_IFDIR ? (path_put(out), -ENOTDIR) : 0;
}

static int walk_started(struct walk *w, const char *name, uint32_t flags, struct path *out)
{
    int err = walk(w, name, flags);

    if (!err && flags & WALK_DIRECTORY && (w->at.dentry->inode->mode & S_IFMT) != S_IFDIR) {
        err = -ENOTDIR;
    }
    if (err) {
        path_put(&w->at);
        return err;
    }
    *out = w->at;
    return 0;
}

int path_walk_from(const struct path *from, const char *name, uint32_t flags, struct path *out)
{
    struct walk w = { .at = *from };

    path_get(&w.at);
    return walk_started(&w, name, flags, out);
}

int path_walk(int dirfd, const char *name, uint32_t flags, struct path *out)
{
    struct walk w = { 0 };
    int err;

    if (!*name && !(flags & WALK_EMPTY)) {
        return -ENOENT;
    }
    err = path_start(dirfd, name, &w.at);
    return err ? err : walk_started(&w, name, flags, out);
}

int path_parent(int dirfd, const char *name, struct path *out, struct last *last)
{
    struct walk w = { .last = last };
    int err;

    *last = (struct last){ 0 };
    if (!*name) {
        return -ENOENT;
    }
    err = path_start(dirfd, name, &w.at);
    return err ? err : walk_started(&w, name, 0, out);
}

int path_walk_user(int dirfd, uint64_t name, uint32_t flags, struct path *out)
{
    char text[256], *big = NULL;
    long n = copy_text_from_user(text, name, sizeof text);

    if (n == -ENAMETOOLONG) {
        big = heap_alloc(PATH_BYTES_MAX);
        n = big ? copy_text_from_user(big, name, PATH_BYTES_MAX) : -ENOMEM;
    }
    int err = n < 0 ? (int)n : path_walk(dirfd, big ? big : text, flags, out);

    heap_free(big);
    return err;
}

long path_text(const struct path *p, char *to, size_t most)
{
    const struct path *root = root_of_task();
    struct path at = *p;
    size_t used = 0;
    bool is_deleted = at.dentry->parent != at.dentry && list_is_empty(&at.dentry->hash) &&
                      !at.dentry->is_volatile;

    if (most < 2) {
        return -ERANGE;
    }
    to[most - 1] = 0;
    used = 1;
    if (is_deleted) {
        static const char gone[] = " (deleted)";

        if (used + sizeof gone - 1 > most) {
            return -ERANGE;
        }
        used += sizeof gone - 1;
        memcpy(to + most - used, gone, sizeof gone - 1);
    }
    while (!is_root_of(&at, root)) {
        if (at.dentry == at.mount->root) {
            if (!at.mount->parent) {
                break;
            }
            at.dentry = at.mount->at;
            at.mount = at.mount->parent;
            continue;
        }
        if (used + at.dentry->bytes + 1u > most) {
            return -ERANGE;
        }
        used += at.dentry->bytes;
        memcpy(to + most - used, at.dentry->name, at.dentry->bytes);
        to[most - ++used] = '/';
        at.dentry = at.dentry->parent;
    }
    if (used == 1 || to[most - used] != '/') {
        if (used == most) {
            return -ERANGE;
        }
        to[most - ++used] = '/';
    }
    memmove(to, to + most - used, used);
    return (long)used;
}

/* ---- directories of a process ---- */

int fs_context_fork(struct fs_context *from, bool share, struct fs_context **out)
{
    struct fs_context *c = from;

    if (from && share) {
        from->refs++;
    } else {
        c = heap_alloc(sizeof *c);
        if (!c) {
            return -ENOMEM;
        }
        c->refs = 1;
        c->umask = from ? from->umask : 022;
        c->root = from ? from->root : (struct path){ root_mount, root_mount->root };
        c->cwd = from ? from->cwd : c->root;
        path_get(&c->root);
        path_get(&c->cwd);
    }
    *out = c;
    return 0;
}

void fs_context_put(struct fs_context *c)
{
    if (--c->refs == 0) {
        path_put(&c->root);
        path_put(&c->cwd);
        heap_free(c);
    }
}

static long change_to(struct path *place, struct path *to)
{
    int err = (to->dentry->inode->mode & S_IFMT) != S_IFDIR
                  ? -ENOTDIR
                  : inode_may(to->dentry->inode, MAY_EXEC);

    if (err) {
        path_put(to);
        return err;
    }
    struct path old = *place;

    *place = *to;
    path_put(&old);
    return 0;
}

long sys_chdir(struct task *t, const uint64_t *a)
{
    struct path p;
    int err = path_walk_user(AT_FDCWD, a[0], WALK_FOLLOW | WALK_DIRECTORY, &p);

    return err ? err : change_to(&t->process->fs->cwd, &p);
}

long sys_fchdir(struct task *t, const uint64_t *a)
{
    struct file *f = fd_file((int)a[0]);
    struct path p;

    if (!f) {
        return -EBADF;
    }
    if (!f->dentry) {
        file_put(f);
        return -ENOTDIR;
    }
    p = (struct path){ f->mount, f->dentry };
    path_get(&p);
    file_put(f);
    return change_to(&t->process->fs->cwd, &p);
}

long sys_chroot(struct task *t, const uint64_t *a)
{
    struct path p;
    int err = path_walk_user(AT_FDCWD, a[0], WALK_FOLLOW | WALK_DIRECTORY, &p);

    if (err) {
        return err;
    }
    if (!is_capable(&t->process->cred, 18 /* CAP_SYS_CHROOT */)) {
        path_put(&p);
        return -EPERM;
    }
    return change_to(&t->process->fs->root, &p);
}

long sys_getcwd(struct task *t, const uint64_t *a)
{
    char text[PATH_BYTES_MAX];
    const struct path *cwd = &t->process->fs->cwd;
    long n;

    if (cwd->dentry->parent != cwd->dentry && list_is_empty(&cwd->dentry->hash)) {
        return -ENOENT;
    }
    n = path_text(cwd, text, sizeof text);
    if (n < 0) {
        return n;
    }
    if ((uint64_t)n > a[1]) {
        return -ERANGE;
    }
    return copy_to_user(a[0], text, (size_t)n) ? -EFAULT : n;
}

long sys_umask(struct task *t, const uint64_t *a)
{
    uint32_t old = t->process->fs->umask;

    t->process->fs->umask = (uint32_t)a[0] & 0777;
    return old;
}

/* ---- mounts ---- */

#define FILE_SYSTEMS_MAX 16u

static const struct file_system *known[FILE_SYSTEMS_MAX];

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
    static uint32_t last_id = 20;
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
    m->root = from.dentry; /* whose reference it takes over */
    m->refs = 1;
    m->flags = (from.mount->flags & MS_RDONLY) | (flags & MS_RDONLY);
    m->id += 1000;
    list_init(&m->all);
    m->super->mounts++;
    mount_attach(m, at);
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

static int unmount(struct path *p, bool is_lazy)
{
    struct mount *m = p->mount;
    bool is_last;

    if (p->dentry != m->root || !m->parent) {
        return -EINVAL;
    }
    LIST_FOR(l, &mounts)
    {
        if (CONTAINER(l, struct mount, all)->parent == m && !is_lazy) {
            return -EBUSY;
        }
    }
    if (m->refs > 2 && !is_lazy) { /* one its own, one of the path */
        return -EBUSY;
    }
    int err = m->super->type->sync ? m->super->type->sync(m->super) : 0;

    if (err) {
        return err;
    }
    m->at->mounted = m->covered;
    list_remove(&m->all);
    struct path at = { m->parent, m->at };

    path_put(&at);
    is_last = m->super->mounts == 0;
    if (!is_last) {
        m->super->mounts--;
    }
    if (m->refs > 2) {
        m->parent = NULL; /* lazily: what is open stays */
        return 0;
    }
    path_put(p);
    (void)dentry_shrink(UINT32_MAX);
    dentry_unhash(m->root);
    dentry_put(m->root);
    if (is_last) {
        if (m->super->type->unmount) {
            m->super->type->unmount(m->super);
        }
        heap_free(m->super);
    }
    heap_free(m);
    return 0;
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
        if (p.dentry) {
            path_put(&p);
        }
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
        p.mount->at->mounted = p.mount->covered;
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
