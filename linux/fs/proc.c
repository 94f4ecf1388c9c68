/* procfs and sysfs: inodes, directories, reading; what the files say is in proc_process.c and proc_system.c. */
#include "proc.h"

#include <asm/statfs.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dentry.h"

#define WRITE_MAX 4096u
#define DT(mode)  ((uint8_t)((mode) >> 12))

/* ---- texts ---- */

static bool text_room(struct text *t, size_t bytes)
{
    size_t room = t->room ? t->room : 1024;
    char *bigger;

    if (t->room - t->bytes >= bytes) {
        return true;
    }
    while (room - t->bytes < bytes) {
        room *= 2;
    }
    bigger = heap_alloc(room);
    if (!bigger) {
        t->is_short = true;
        return false;
    }
    if (t->bytes) {
        memcpy(bigger, t->at, t->bytes);
    }
    heap_free(t->at);
    t->at = bigger;
    t->room = room;
    return true;
}

void text_bytes(struct text *t, const void *from, size_t bytes)
{
    if (bytes && text_room(t, bytes)) {
        memcpy(t->at + t->bytes, from, bytes);
        t->bytes += bytes;
    }
}

void text_add(struct text *t, const char *format, ...)
{
    char line[512];
    va_list list;
    int n;

    va_start(list, format);
    n = vsnprintf(line, sizeof line, format, list);
    va_end(list);
    if (n > 0) {
        text_bytes(t, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
    }
}

void text_escaped(struct text *t, const char *from, size_t bytes, const char *special)
{
    for (size_t i = 0; i < bytes; i++) {
        if (from[i] && strchr(special, from[i])) {
            text_add(t, "\\%03o", (unsigned)(unsigned char)from[i]);
        } else {
            text_bytes(t, from + i, 1);
        }
    }
}

void text_path(struct text *to, const struct path *p)
{
    char *name = heap_alloc(PATH_BYTES_MAX);
    long n = name ? path_text(p, name, PATH_BYTES_MAX) : -ENOMEM;

    if (n > 0) {
        text_bytes(to, name, strlen(name));
    }
    heap_free(name);
}

/* ---- inodes ---- */

struct proc_inode {
    const struct entry *entry;
    struct subject subject;
};

static const struct inode_ops proc_inode_ops;
static const struct file_ops file_ops, dir_ops, memory_ops;

static const struct proc_inode *proc_of(const struct inode *i)
{
    return i->data;
}

int proc_pid(const struct file *f)
{
    const struct proc_inode *p = f->ops == &dir_ops ? proc_of(f->inode) : NULL;

    return p && p->entry->children == proc_process_entries ? p->subject.pid : 0;
}

static bool is_dir(const struct entry *e)
{
    return e->kind == PROC_DIR || e->kind == PROC_ROOT || e->kind == PROC_TASKS ||
           e->kind == PROC_FDS || e->kind == PROC_FDINFOS;
}

static uint32_t mode_of(const struct entry *e)
{
    return e->mode | (is_dir(e) ? S_IFDIR : e->kind == PROC_LINK ? S_IFLNK : S_IFREG);
}

/* The same number for the same thing, as long as it is there. */
static uint64_t number_of(const struct entry *e, const struct subject *s)
{
    uint64_t n = (uint64_t)e >> 3;

    n = (n ^ (uint64_t)s->pid) * 0x100000001b3ull;
    n = (n ^ (uint64_t)s->tid) * 0x100000001b3ull;
    n = (n ^ (uint64_t)(s->fd + 1)) * 0x100000001b3ull;
    return (n ^ n >> 32) & 0xffffffff;
}

/* Of a link in /proc/PID/fd: how the file was opened. */
static uint32_t mode_of_fd(struct process *p, int fd)
{
    struct file *f = fd_file_of(p, fd);
    uint32_t access = f ? f->flags & (O_ACCMODE | O_PATH) : O_PATH;
    uint32_t mode = access == O_RDONLY   ? 0500
                    : access == O_WRONLY ? 0300
                    : access == O_RDWR   ? 0700
                                         : 0;

    if (f) {
        file_put(f);
    }
    return S_IFLNK | mode;
}

static struct inode *proc_inode(struct super *super, const struct entry *e, const struct subject *s)
{
    struct inode *i = inode_new(super, mode_of(e));
    struct proc_inode *p = heap_alloc(sizeof *p);
    struct process *of = s->pid ? process_find(s->pid) : NULL;

    if (!i || !p) {
        heap_free(i);
        heap_free(p);
        return NULL;
    }
    *p = (struct proc_inode){ e, *s };
    i->data = p;
    i->ops = &proc_inode_ops;
    i->file_ops = is_dir(e) ? &dir_ops : e->kind == PROC_MEMORY ? &memory_ops : &file_ops;
    i->number = number_of(e, s);
    i->links = is_dir(e) ? 2 : 1;
    if (e == &proc_fd_entry && of) {
        i->mode = mode_of_fd(of, s->fd);
        i->size = 64; /* as on Linux */
    }
    i->uid = of ? of->cred.euid : 0;
    i->gid = of ? of->cred.egid : 0;
    return i;
}

static void evict(struct inode *i)
{
    heap_free(i->data);
}

/* ---- directories ---- */

static const struct entry process_dir = { "", PROC_DIR, 0555, proc_process_entries, 0, 0, 0 },
                          task_dir = { "", PROC_DIR, 0555, proc_task_entries, 0, 0, 0 };

/* A decimal number without leading zeros, or -1. */
static int number_from(const char *name, size_t bytes)
{
    int n = 0;

    if (!bytes || bytes > 9 || (bytes > 1 && name[0] == '0')) {
        return -1;
    }
    for (size_t i = 0; i < bytes; i++) {
        if (name[i] < '0' || name[i] > '9') {
            return -1;
        }
        n = n * 10 + name[i] - '0';
    }
    return n;
}

static bool has_fd(struct process *p, int fd)
{
    struct file *f = fd_file_of(p, fd);

    if (f) {
        file_put(f);
    }
    return f;
}

/* The entry that a number names in the directory, and what it is about; NULL: none. */
static const struct entry *numbered(enum proc_kind kind, int n, struct subject *s)
{
    struct process *p;
    struct task *t;

    if (n < 0) {
        return NULL;
    }
    if (kind == PROC_ROOT) {
        t = task_find(n);
        p = t ? t->process : process_find(n);
        *s = (struct subject){ p ? p->pid : 0, 0, -1 };
        return p ? &process_dir : NULL;
    }
    if (subject_process(s, &p, &t)) {
        return NULL;
    }
    if (kind == PROC_TASKS) {
        t = task_find(n);
        s->tid = n;
        return t && t->process == p ? &task_dir : NULL;
    }
    if (kind != PROC_FDS && kind != PROC_FDINFOS) {
        return NULL;
    }
    s->fd = n;
    return !has_fd(p, n) ? NULL : kind == PROC_FDS ? &proc_fd_entry : &proc_fdinfo_entry;
}

static int lookup(struct inode *dir, const char *name, size_t bytes, struct inode **out)
{
    const struct entry *e = proc_of(dir)->entry, *found = NULL;
    struct subject s = proc_of(dir)->subject;
    struct process *p;
    struct task *t;

    if (s.pid && subject_process(&s, &p, &t)) {
        return -ENOENT;
    }
    if ((e->kind == PROC_FDS || e->kind == PROC_FDINFOS) && may_inspect(p)) {
        return -EACCES;
    }
    for (const struct entry *c = e->children; c && c->name && !found; c++) {
        found = strlen(c->name) == bytes && memcmp(c->name, name, bytes) == 0 ? c : NULL;
    }
    found = found ? found : numbered(e->kind, number_from(name, bytes), &s);
    if (!found) {
        return -ENOENT;
    }
    *out = proc_inode(dir->super, found, &s);
    return *out ? 0 : -ENOMEM;
}

/* The smallest number >= n that the directory has; -1: none. */
static int next_number(const struct proc_inode *dir, int n)
{
    enum proc_kind kind = dir->entry->kind;
    struct process *p;
    struct task *t;

    if (kind == PROC_ROOT) {
        for (; n < (int)TASKS_MAX; n++) {
            if (process_find(n)) {
                return n;
            }
        }
        return -1;
    }
    if (kind == PROC_DIR || subject_process(&dir->subject, &p, &t)) {
        return -1;
    }
    if (kind == PROC_TASKS) {
        for (; n < (int)TASKS_MAX; n++) {
            t = task_find(n);
            if (t && t->process == p) {
                return n;
            }
        }
        return -1;
    }
    for (; p->files && n < (int)p->files->room; n++) {
        if (p->files->file[n]) {
            return n;
        }
    }
    return -1;
}

static int iterate(struct file *f, struct dir_sink *to)
{
    const struct proc_inode *dir = proc_of(f->inode);
    const struct entry *e = dir->entry->children;
    uint64_t count = 0, at;

    while (e && e[count].name) {
        count++;
    }
    for (at = f->position; at < count + 2; at = ++f->position) {
        bool ok;

        if (at < 2) {
            ok = to->put(to, "..", at + 1, f->inode->number, DT(S_IFDIR), at + 1);
        } else {
            const struct entry *c = &e[at - 2];

            ok = to->put(to, c->name, strlen(c->name), number_of(c, &dir->subject), DT(mode_of(c)),
                         at + 1);
        }
        if (!ok) {
            return 0;
        }
    }
    for (;;) {
        int n = next_number(dir, (int)(f->position - count - 2));
        struct subject s = dir->subject;
        const struct entry *c = n < 0 ? NULL : numbered(dir->entry->kind, n, &s);
        char name[12];

        if (!c) {
            return 0;
        }
        at = (uint64_t)n + count + 3;
        if (!to->put(to, name, (size_t)snprintf(name, sizeof name, "%d", n), number_of(c, &s),
                     DT(mode_of(c)), at)) {
            return 0;
        }
        f->position = at;
    }
}

static const struct file_ops dir_ops = { .iterate = iterate };

/* ---- files ---- */

static int show(const struct proc_inode *p, struct text *to)
{
    int err = p->entry->show ? p->entry->show(to, &p->subject) : 0;

    return err ? err : to->is_short ? -ENOMEM : 0;
}

/* The text is made when it is read from the beginning, and kept for the rest of the reading. */
static long file_read(struct file *f, struct uio *u, uint64_t *position)
{
    struct text *t = f->data;
    size_t n;
    int err;

    if (!t) {
        t = f->data = heap_alloc(sizeof *t);
        if (!t) {
            return -ENOMEM;
        }
    }
    if (*position == 0 || !t->at) {
        t->bytes = 0;
        err = show(proc_of(f->inode), t);
        if (err) {
            return err;
        }
    }
    if (*position >= t->bytes) {
        return 0;
    }
    n = t->bytes - *position < u->left ? t->bytes - *position : u->left;
    n = uio_put(u, t->at + *position, n);
    *position += n;
    return n || !u->left ? (long)n : -EFAULT;
}

static long file_write(struct file *f, struct uio *u, uint64_t *position)
{
    const struct proc_inode *p = proc_of(f->inode);
    size_t n = u->left;
    char *text;
    int err;

    if (!p->entry->write) {
        return -EIO;
    }
    if (n >= WRITE_MAX) {
        return -EINVAL;
    }
    text = heap_alloc(n + 1);
    if (!text) {
        return -ENOMEM;
    }
    err = uio_get(u, text, n) == n ? p->entry->write(&p->subject, text, n) : -EFAULT;
    heap_free(text);
    if (err) {
        return err;
    }
    *position += n;
    return (long)n;
}

static void file_release(struct file *f)
{
    struct text *t = f->data;

    if (t) {
        heap_free(t->at);
        heap_free(t);
    }
}

static int file_opened(struct file *f)
{
    const struct proc_inode *p = proc_of(f->inode);
    struct process *of;
    struct task *t;

    f->data = NULL;
    if (!p->subject.pid) {
        return 0;
    }
    return subject_process(&p->subject, &of, &t) ? -ESRCH
           : p->entry->mode & 0044               ? 0
                                                 : may_inspect(of);
}

static const struct file_ops file_ops = {
    .open = file_opened, .read = file_read, .write = file_write, .release = file_release
};

/* ---- /proc/PID/mem: the position is an address ---- */

static long memory_move(struct file *f, struct uio *u, uint64_t *position, bool write)
{
    const struct proc_inode *p = proc_of(f->inode);
    char *part = heap_alloc(PAGE_SIZE);
    long done = 0, n = part ? 0 : -ENOMEM;

    while (part && u->left) {
        struct process *of;
        struct task *t;
        size_t want = u->left < PAGE_SIZE ? u->left : PAGE_SIZE, moved;

        if (subject_process(&p->subject, &of, &t) || !of->space) {
            break;
        }
        if (write) {
            want = uio_get(u, part, want);
            n = want ? space_poke(of->space, *position, part, want) : -EFAULT;
        } else {
            n = space_read(of->space, *position, part, want);
        }
        if (n <= 0) {
            n = n == 0 || n == -EFAULT ? -EIO : n;
            break;
        }
        moved = write ? (size_t)n : uio_put(u, part, (size_t)n);
        *position += moved;
        done += (long)moved;
        if (moved < want) {
            break;
        }
    }
    heap_free(part);
    return done ? done : n < 0 ? n : 0;
}

static long memory_read(struct file *f, struct uio *u, uint64_t *position)
{
    return memory_move(f, u, position, false);
}

static long memory_write(struct file *f, struct uio *u, uint64_t *position)
{
    return memory_move(f, u, position, true);
}

static const struct file_ops memory_ops = { .open = file_opened,
                                            .read = memory_read,
                                            .write = memory_write };

/* ---- links ---- */

static long readlink(struct inode *i, char *to, size_t most)
{
    struct text t = { 0 };
    int err = show(proc_of(i), &t);
    size_t n = t.bytes < most ? t.bytes : most;

    if (!err && n) {
        memcpy(to, t.at, n);
    }
    heap_free(t.at);
    return err ? err : (long)n;
}

static int follow(struct inode *link, struct path *to)
{
    const struct proc_inode *p = proc_of(link);

    return p->entry->follow ? p->entry->follow(&p->subject, to) : -ENOSYS;
}

static const struct inode_ops proc_inode_ops = { .lookup = lookup,
                                                 .readlink = readlink,
                                                 .evict = evict };

/* ---- the file systems ---- */

static int mount_tree(struct super *s, const struct entry *root)
{
    const struct subject all = { 0, 0, -1 };

    s->root = proc_inode(s, root, &all);
    return s->root ? 0 : -ENOMEM;
}

static int proc_mount(struct super *s, const char *source, const char *options)
{
    static const struct entry root = { "", PROC_ROOT, 0555, proc_system_entries, 0, 0, 0 };

    (void)source, (void)options;
    return mount_tree(s, &root);
}

static int one_cpu(struct text *to, const struct subject *s)
{
    (void)s;
    text_add(to, "0\n");
    return 0;
}

static int no_huge_pages(struct text *to, const struct subject *s)
{
    (void)s;
    text_add(to, "always madvise [never]\n");
    return 0;
}

static const struct entry
    sys_cpu[] = { { "online", PROC_FILE, 0444, 0, one_cpu, 0, 0 },
                  { "possible", PROC_FILE, 0444, 0, one_cpu, 0, 0 },
                  { "present", PROC_FILE, 0444, 0, one_cpu, 0, 0 },
                  { 0 } },
    sys_system[] = { { "cpu", PROC_DIR, 0555, sys_cpu, 0, 0, 0 }, { 0 } },
    sys_devices[] = { { "system", PROC_DIR, 0555, sys_system, 0, 0, 0 }, { 0 } },
    sys_huge[] = { { "enabled", PROC_FILE, 0444, 0, no_huge_pages, 0, 0 }, { 0 } },
    sys_mm[] = { { "transparent_hugepage", PROC_DIR, 0555, sys_huge, 0, 0, 0 }, { 0 } },
    sys_kernel[] = { { "mm", PROC_DIR, 0555, sys_mm, 0, 0, 0 }, { 0 } },
    sys_root[] = { { "devices", PROC_DIR, 0555, sys_devices, 0, 0, 0 },
                   { "kernel", PROC_DIR, 0555, sys_kernel, 0, 0, 0 },
                   { 0 } };

static int sysfs_mount(struct super *s, const char *source, const char *options)
{
    static const struct entry root = { "", PROC_DIR, 0555, sys_root, 0, 0, 0 };

    (void)source, (void)options;
    return mount_tree(s, &root);
}

static int proc_statfs(struct super *s, struct statfs64 *to)
{
    *to = (struct statfs64){ .f_type = strcmp(s->type->name, "proc") == 0 ? PROC_SUPER_MAGIC
                                                                          : SYSFS_MAGIC,
                             .f_bsize = PAGE_SIZE,
                             .f_frsize = PAGE_SIZE,
                             .f_namelen = NAME_BYTES_MAX };
    return 0;
}

static const struct file_system proc_type = { .name = "proc",
                                              .is_volatile = true,
                                              .is_virtual = true,
                                              .mount = proc_mount,
                                              .follow = follow,
                                              .statfs = proc_statfs };
static const struct file_system sysfs_type = {
    .name = "sysfs", .is_virtual = true, .mount = sysfs_mount, .statfs = proc_statfs
};

void proc_start(void)
{
    file_system_register(&proc_type);
    file_system_register(&sysfs_type);
}
