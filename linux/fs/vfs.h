/*
 * Files: inodes, the dentry cache, open files, descriptors, mounts.  Permissions are checked here, not in the file systems.
 */
#ifndef LINUX_FS_VFS_H
#define LINUX_FS_VFS_H

#include <asm/errno.h>
#include <asm/stat.h>
#include <linux/fcntl.h>
#include <linux/stat.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../mm/mm.h"
#include "../task/wait.h"

struct inode;
struct dentry;
struct file;
struct file_table;
struct fs_context;
struct dir_sink;
struct path;
struct poll_wait;
struct statfs64;
struct mount;
struct super;
struct task;
struct credentials;

#define NAME_BYTES_MAX 255u
#define PATH_BYTES_MAX 4096u /* with the NUL */

struct timespec64 {
    int64_t sec;
    int64_t nsec;
};

/* ---- inodes ---- */

struct inode {
    const struct inode_ops *ops;
    const struct file_ops *file_ops; /* of files opened on it */
    struct super *super;
    uint64_t number;
    uint32_t refs;
    uint32_t mode; /* with the type, S_IF* */
    uint32_t links;
    uint32_t uid, gid;
    uint64_t size;
    uint64_t blocks; /* of 512 bytes */
    uint64_t device; /* st_rdev: major << 8 | minor as new_encode_dev */
    struct timespec64 atime, mtime, ctime;
    struct lock lock;              /* held while content or directory changes */
    struct page_tree *pages;       /* the page cache; NULL: none yet */
    struct list mappings;          /* of mm: who maps it */
    struct file_locks *locks;      /* flock, fcntl; NULL: none */
    struct inode_watches *watches; /* inotify; NULL: none */
    void *pipe_or_socket;          /* FIFO: its pipe; socket: who is bound */
    bool has_no_attributes;        /* extended ones, for sure */
    bool is_changed;               /* times or mode are newer than what the file system has */
    uint32_t writers,
        executed;    /* open files that may write; processes whose program it is: never both */
    int write_error; /* -errno of a write-back that nobody has been told of: for fsync */
    void *data;      /* the file system's */
    struct list hash;
};

/* Names are not NUL-terminated.  All may wait; the caller holds the directory's lock where it changes. */
struct inode_ops {
    int (*lookup)(struct inode *dir, const char *name, size_t bytes,
                  struct inode **out); /* -ENOENT; a reference in *out */
    int (*create)(struct inode *dir, const char *name, size_t bytes, uint32_t mode, uint64_t device,
                  struct inode **out);
    int (*symlink)(struct inode *dir, const char *name, size_t bytes, const char *target,
                   struct inode **out);
    int (*link)(struct inode *dir, const char *name, size_t bytes, struct inode *to);
    int (*unlink)(struct inode *dir, const char *name, size_t bytes, struct inode *what,
                  bool is_directory);
    int (*rename)(struct inode *from, const char *name, size_t bytes, struct inode *to,
                  const char *new_name, size_t new_bytes, struct inode *what, struct inode *victim,
                  uint32_t flags); /* victim: NULL: the new name is free */
    long (*readlink)(struct inode *i, char *to, size_t most); /* bytes */
    int (*getattr)(struct inode *i); /* bring the fields up to date; NULL: they are */
    int (*setattr)(
        struct inode *i,
        uint32_t valid); /* fields of ATTR_* were changed in *i: keep them; size: truncate */
    int (*read_pages)(struct inode *i, struct page **page,
                      unsigned count); /* fill them; consecutive, locked */
    int (*write_pages)(struct inode *i, struct page **page,
                       unsigned count); /* write them back; consecutive, locked */
    void (*evict)(
        struct inode *i); /* the last reference went: free data; links 0: the file's content, too */
    long (*getxattr)(struct inode *i, const char *name, void *to, size_t most);
    int (*setxattr)(struct inode *i, const char *name, const void *from, size_t bytes,
                    uint32_t flags);
    long (*listxattr)(struct inode *i, char *to, size_t most);
    int (*removexattr)(struct inode *i, const char *name);
};
#define ATTR_MODE  0x1u
#define ATTR_OWNER 0x2u
#define ATTR_SIZE  0x4u
#define ATTR_ATIME 0x8u
#define ATTR_MTIME 0x10u

void inode_get(struct inode *i);
void inode_put(struct inode *i);
/* The content or the attributes have changed, or were read: ATTR_MTIME: mtime and ctime; ATTR_MODE: ctime; ATTR_ATIME. */
void inode_touch(struct inode *i, uint32_t which);
/* A new inode of super (links 1, times now, owner the running task's), not yet hashed; NULL: no memory. */
struct inode *inode_new(struct super *super, uint32_t mode);

/* ---- open files ---- */

struct file {
    const struct file_ops *ops;
    struct inode *inode;
    struct dentry *dentry; /* NULL: has no name (pipes, epoll) */
    struct mount *mount;
    uint32_t refs;
    uint32_t flags; /* O_*: access mode and what F_SETFL changes */
    uint64_t position;
    void *data;
    bool is_writer; /* counted in the inode's writers */
    int owner;      /* F_SETOWN */
    uint32_t owner_signal;
    struct list watches; /* epoll items on it */
};

/* Any may be NULL: then what Linux does with such a file (EINVAL, ENOTTY, ESPIPE, always ready ...). */
struct file_ops {
    int (*open)(struct file *f);
    long (*read)(struct file *f, struct uio *u, uint64_t *position);  /* bytes */
    long (*write)(struct file *f, struct uio *u, uint64_t *position); /* bytes */
    long (*ioctl)(struct file *f, uint32_t command, uint64_t argument);
    uint32_t (*poll)(
        struct file *f,
        struct poll_wait
            *p); /* EPOLL* that are true now; poll_add each queue that may change them */
    int (*iterate)(struct file *f, struct dir_sink *to);
    long (*seek)(struct file *f, int64_t offset, int whence);
    int (*sync)(struct file *f, bool data_only);
    int (*map)(struct file *f, uint32_t prot, uint32_t flags); /* may it be mapped? */
    bool map_anonymous; /* mapping it gives anonymous memory: /dev/zero */
    long (*allocate)(struct file *f, uint32_t mode, uint64_t offset, uint64_t bytes);
    int (*flush)(struct file *f);    /* at each close of a descriptor */
    void (*release)(struct file *f); /* the last reference went */
    bool is_stream;                  /* no position: lseek gives ESPIPE */
};

/* While a poller looks: add the queue, unless p is NULL or has what it wants. */
struct poll_wait {
    void (*add)(struct poll_wait *p, struct wait_queue *q);
};
static inline void poll_add(struct poll_wait *p, struct wait_queue *q)
{
    if (p) {
        p->add(p, q);
    }
}

/* Where iterate puts entries: false: no room for it, stop; f->position must then be its position. */
struct dir_sink {
    bool (*put)(struct dir_sink *s, const char *name, size_t bytes, uint64_t inode, uint8_t type,
                uint64_t next_position);
};

/* A file without a name of an anonymous inode ("anon_inode:[eventfd]").  Refs 1. */
int file_new_anonymous(const char *name, const struct file_ops *ops, void *data, uint32_t flags,
                       struct file **out);
/* An unnamed file of zeros: shared anonymous memory, memfd_create.  Refs 1. */
int memory_file(const char *name, uint64_t bytes, struct file **out);
/* Refs 1; takes over the reference of the inode.  NULL: no memory. */
struct file *file_alloc(const struct file_ops *ops, struct inode *inode, uint32_t flags);
/* "anon_inode:..." of such a file; NULL: it is another. */
const char *file_anonymous_name(const struct file *f);
void file_get(struct file *f);
void file_put(struct file *f);

/* ---- descriptors ---- */

/* The open file of a descriptor of the running task, with a reference; NULL: EBADF. */
struct file *fd_file(int fd);
/* Put f (whose reference it takes over, also when it fails) at the lowest free descriptor from `from` on.  -EMFILE. */
int fd_install(struct file *f, int from, bool close_on_exec);
/* Give the file a certain user number beside another: for SCM_RIGHTS, /proc/self/fd: the file of anyone, with a reference. */
struct file *fd_file_of(struct process *p, int fd);
bool fd_is_close_on_exec(struct process *p, int fd);
int file_table_fork(struct file_table *from, bool share, struct file_table **out);
void file_table_put(struct file_table *t);
void file_table_exec(struct process *p); /* unshare, close O_CLOEXEC */
/* The process ends: close what is only its own; may wait. */
void file_table_close_all(struct process *p);
int fs_context_fork(struct fs_context *from, bool share, struct fs_context **out);
void fs_context_put(struct fs_context *c);

/* ---- names ---- */

#define WALK_FOLLOW    0x1u /* a symbolic link at the end is followed */
#define WALK_DIRECTORY 0x2u /* ENOTDIR if it is none */
#define WALK_PARENT    0x4u /* stop before the last component: see path_name */
#define WALK_EMPTY     0x8u /* an empty path means dirfd itself (AT_EMPTY_PATH) */

struct path {
    struct mount *mount;
    struct dentry *dentry; /* its inode may be NULL: negative */
};
/* Kernel text; dirfd AT_FDCWD or a descriptor.  A reference in *out. */
int path_walk(int dirfd, const char *name, uint32_t flags, struct path *out);
/* The same with a path in user memory. */
int path_walk_user(int dirfd, uint64_t name, uint32_t flags, struct path *out);
void path_put(struct path *p);
/* Open for the personality itself or for open(2): flags O_*, mode for O_CREAT.  A reference in *out. */
int file_open(int dirfd, const char *name, uint32_t flags, uint32_t mode, struct file **out);
/* unlink of a kernel text, for the running task. */
int path_unlink(const char *name);
/* Absolute path, as getcwd gives it; bytes with the NUL, or -ENAMETOOLONG. */
long path_text(const struct path *p, char *to, size_t most);
struct inode *dentry_inode(const struct dentry *d);
void dentry_get(struct dentry *d);
void dentry_put(struct dentry *d);
uint32_t mount_flags(const struct mount *m); /* MS_* */

bool is_in_group(const struct credentials *c, uint32_t gid);
/* Read permission and the like: MAY_* bits; 0 or -EACCES. */
#define MAY_EXEC  1u
#define MAY_WRITE 2u
#define MAY_READ  4u
int inode_may(const struct inode *i, uint32_t what);

/* ---- file systems ---- */

struct super {
    const struct file_system *type;
    struct inode *root;
    uint64_t device; /* st_dev */
    uint32_t flags;  /* MS_RDONLY ... */
    uint32_t mounts; /* beside the first */
    void *data;
};
struct file_system {
    const char *name;
    bool is_volatile; /* what a name stands for is asked each time */
    bool is_virtual;  /* has no device: "nodev" */
    int (*mount)(struct super *s, const char *source, const char *options);
    int (*follow)(struct inode *link,
                  struct path *to); /* links that are no text; -ENOSYS: it is text */
    int (*statfs)(struct super *s, struct statfs64 *to);
    int (*sync)(struct super *s);
    void (*unmount)(struct super *s);
};
/* Once each, at the start. */
void file_system_register(const struct file_system *type);
/* Mount for the personality itself: type name, source, where. */
int mount_at(const char *type, const char *source, const char *where, uint32_t flags,
             const char *options);

/* Device files: who answers for (S_IFCHR or S_IFBLK) major, minor. */
void device_register(uint32_t kind, uint32_t major, uint32_t first_minor, uint32_t count,
                     const struct file_ops *ops);
/* A name in the devtmpfs at /dev. */
int device_node(const char *name, uint32_t mode, uint32_t major, uint32_t minor);

/* ---- page cache (fs/page_cache.c) ---- */

/* Read and write of files with a page cache. */
long cached_read(struct file *f, struct uio *u, uint64_t *position);
long cached_write(struct file *f, struct uio *u, uint64_t *position);
/* The page, filled, with a reference.  -EIO, -ENOMEM; beyond the end of the file: -ENXIO.  May wait. */
int cache_page(struct inode *i, uint64_t index, struct page **out);
/* The page if it is there and filled, with a reference, else NULL: never waits. */
struct page *cache_peek(struct inode *i, uint64_t index);
void cache_dirty(struct page *p);
/* Forget pages from index on (truncate), or all. */
void cache_truncate(struct inode *i, uint64_t bytes);
int cache_write_back(struct inode *i); /* all dirty pages of i; waits */
uint64_t cache_dirty_pages(const struct inode *i);
/* Write back and forget pages first .. end - 1 that nobody uses: fadvise. */
void cache_drop(struct inode *i, uint64_t first, uint64_t end);
/* Read so many pages from first on that are not there; errors show when they are needed. */
void cache_ahead(struct inode *i, uint64_t first, uint64_t count);

#endif
