/* Between the files of fs/: names, mounts. */
#ifndef LINUX_FS_DENTRY_H
#define LINUX_FS_DENTRY_H

#include "vfs.h"

/*
 * A name in a directory.  A cached one with refs 0 stays until memory is short; it holds a reference of its parent and of its inode.
 * Without an inode it is negative: the name is known not to be there.
 */
struct dentry {
    struct dentry *parent; /* itself: a root */
    struct inode *inode;
    struct list hash, lru; /* hash: empty when the name has been removed */
    struct mount *mounted; /* what is mounted on it, the last first; NULL */
    uint32_t refs, hash_value;
    uint16_t bytes;
    bool is_volatile; /* must be asked for each time (procfs) */
    bool is_leaving;  /* being removed, under the directory's lock: who wants it waits for that */
    char name[];
};

struct mount {
    struct super *super;
    struct dentry *root;
    struct mount *parent;  /* NULL: the root of all */
    struct dentry *at;     /* in the parent */
    struct mount *covered; /* what was mounted on the same dentry before */
    struct list all;       /* in mounts */
    uint32_t flags;        /* MS_* */
    uint32_t id, refs;
    char source[64];
};

/* The last path of a mount that is mounted nowhere has gone. */
void mount_gone(struct mount *m);

extern struct list mounts;
extern struct mount *root_mount;

struct fs_context {
    uint32_t refs;
    struct path root, cwd;
    uint32_t umask;
};

struct file_table {
    uint32_t refs;
    uint32_t room, next; /* next: no free one below it */
    struct file **file;
    uint64_t *close_on_exec; /* bits */
};

/* The child of that name, from the cache or the file system; a reference.  Its inode may be NULL.  -errno of the file system. */
int dentry_lookup(struct dentry *parent, const char *name, size_t bytes, struct dentry **out);
/* The child if the cache has it, with a reference; NULL. */
struct dentry *dentry_cached(struct dentry *parent, const char *name, size_t bytes);
/* A root without a name. */
struct dentry *dentry_root(struct inode *i);
/* It has an inode now (whose reference it takes over), or none. */
void dentry_set(struct dentry *d, struct inode *i);
/* Take the name out of the cache: it is gone, or not to be believed. */
void dentry_unhash(struct dentry *d);
/* It moves to another directory and name. */
int dentry_move(struct dentry *d, struct dentry *parent, const char *name, size_t bytes);
/* Nothing finds it by its name any more. */
static inline bool dentry_is_deleted(const struct dentry *d)
{
    return d->parent != d && list_is_empty(&d->hash) && !d->is_volatile;
}
/* What path_text puts behind the name of such a one. */
#define PATH_DELETED " (deleted)"
/* Forget unused names; how many. */
unsigned dentry_shrink(unsigned count);

static inline void path_get(struct path *p)
{
    p->mount->refs++;
    dentry_get(p->dentry);
}

/* The last component, after WALK_PARENT: its name in the path's text. */
struct last {
    const char *name;
    size_t bytes;
    bool needs_directory; /* a slash follows */
};
/* As path_walk with WALK_PARENT; *last points into name. */
int path_parent(int dirfd, const char *name, struct path *out, struct last *last);
/* Up to what is mounted there. */
void path_cross(struct path *p);
/* From a path on, kernel text. */
int path_walk_from(const struct path *from, const char *name, uint32_t flags, struct path *out);

/* May the running task write to that mount?  -EROFS. */
int mount_may_write(const struct mount *m);
/* Permission to add or remove names: write and search.  And the sticky bit. */
int dir_may_change(const struct path *dir);
int dir_may_remove(const struct path *dir, const struct inode *victim);

/* The file system of that name; NULL. */
const struct file_system *file_system_find(const char *name);
/* All registered, for /proc/filesystems: the i-th, or NULL. */
const struct file_system *file_system_at(unsigned i);
/* A new mount of it, not yet in the tree. */
int mount_new(const struct file_system *type, const char *source, uint32_t flags,
              const char *options, struct mount **out);

/* A socket's name in a directory, made for the running task: -EEXIST.  Its inode, with a reference. */
int make_socket_node(const char *path, struct inode **out);
/* What is mounted there becomes the root, and what was the root is seen no more. */
int mount_pivot(const char *new_root);

/* Times. */
struct timespec64 time_now(void);

/* inotify (event/inotify.c): mask IN_*; name NULL: of the inode itself. */
void inode_event(struct inode *i, uint32_t mask, const char *name, uint32_t cookie);
void inode_watches_drop(struct inode *i);
/* The same of a name or an open file: its directory is told, too. */
void dentry_event(struct dentry *d, uint32_t mask);
void file_event(struct file *f, uint32_t mask);

extern const struct file_ops path_file_ops; /* of O_PATH */

#endif
