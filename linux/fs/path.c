/* Walking paths (path_resolution(7)), the directories of a process. */
#include <string.h>

#include "../task/task.h"
#include "dentry.h"

#define LINKS_MAX 40u

void path_put(struct path *p)
{
    if (p->dentry) {
        dentry_put(p->dentry);
        if (--p->mount->refs == 0) {
            mount_gone(p->mount);
        }
        p->dentry = NULL;
        p->mount = NULL;
    }
}

static void path_set_dentry(struct path *p, struct dentry *d)
{
    dentry_put(p->dentry);
    p->dentry = d;
}

/* What is mounted at this place: on the dentry, as this mount shows it; a bind mount shows it elsewhere, too. */
static struct mount *mounted_at(const struct path *p)
{
    struct mount *m = p->dentry->mounted;

    while (m && m->parent != p->mount) {
        m = m->covered;
    }
    return m;
}

void path_cross(struct path *p)
{
    struct mount *m;

    while ((m = mounted_at(p))) {
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
        struct last *last = w->last; /* of the path, not of a link on the way */

        text[n] = 0;
        w->last = NULL;
        err = walk(w, text, flags);
        w->last = last;
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
    bool is_deleted = dentry_is_deleted(at.dentry);

    if (most < 2) {
        return -ENAMETOOLONG;
    }
    to[most - 1] = 0;
    used = 1;
    if (is_deleted) {
        if (used + sizeof PATH_DELETED - 1 > most) {
            return -ENAMETOOLONG;
        }
        used += sizeof PATH_DELETED - 1;
        memcpy(to + most - used, PATH_DELETED, sizeof PATH_DELETED - 1);
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
            return -ENAMETOOLONG;
        }
        used += at.dentry->bytes;
        memcpy(to + most - used, at.dentry->name, at.dentry->bytes);
        to[most - ++used] = '/';
        at.dentry = at.dentry->parent;
    }
    if (used == 1 || to[most - used] != '/') {
        if (used == most) {
            return -ENAMETOOLONG;
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
