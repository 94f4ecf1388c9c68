/*
 * Shared memory of System V.  A segment is a file in memory that has no name; who attaches it maps it, so that fork, exec and exit need
 * nothing of this file.  The mappings hold the file: when the last one of a removed segment goes, so does the file, and shm_released
 * ends the segment.
 */
#include <asm/shmbuf.h>
#include <linux/mman.h>
#include <stdio.h>

#include "../fs/page_cache.h"
#include "../mm/mm.h"
#include "ipc.h"

/* linux/shm.h, which needs headers of the C library */
#define SHM_EXEC      0100000u
#define SHM_RDONLY    010000u
#define SHM_RND       020000u
#define SHM_REMAP     040000u
#define SHM_DEST      01000u /* of the mode: it is removed with the last detach */
#define SHM_LOCKED    02000u
#define SHM_HUGETLB   04000u
#define SHM_NORESERVE 010000u
#define SHM_LOCK      11
#define SHM_UNLOCK    12
#define SHM_STAT      13
#define SHM_INFO      14
#define SHM_STAT_ANY  15

struct segment {
    struct ipc_object o;
    struct file *file;
    uint64_t bytes, attached, detached; /* when */
    int creator, last;
    char name[16]; /* for /proc/PID/maps */
};

struct shm_info { /* linux/shm.h */
    int32_t used_ids;
    uint64_t total, resident, swapped, attempts, successes;
};

static int make(uint64_t bytes, uint32_t flags, int32_t key, struct ipc_object **out);
static int fits(const struct ipc_object *o, uint64_t bytes);
static void destroy(struct ipc_object *o);
static struct ipc_kind segments = { .make = make, .fits = fits, .destroy = destroy };
static struct file_ops ops; /* those of a file in memory, with shm_released */
static void (*file_released)(struct file *f);

static struct segment *segment_of(const struct ipc_object *o)
{
    return (struct segment *)o; /* its first member */
}

static struct segment *segment_of_file(const struct file *f)
{
    unsigned place = 0;
    struct ipc_object *o;

    while (f && f->ops == &ops && (o = ipc_next(&segments, &place))) {
        if (segment_of(o)->file == f) {
            return segment_of(o);
        }
    }
    return NULL;
}

/* The last one of its mappings has gone, and the segment had been removed before. */
static void shm_released(struct file *f)
{
    struct segment *s = segment_of_file(f);

    if (s) {
        ipc_remove(&segments, &s->o);
    }
    if (file_released) {
        file_released(f);
    }
}

static int make(uint64_t bytes, uint32_t flags, int32_t key, struct ipc_object **out)
{
    struct memory_info info;
    struct segment *s;
    int err;

    memory_info(&info);
    if (!bytes || bytes > SHM_MOST || flags & SHM_HUGETLB) {
        return -EINVAL;
    }
    if (bytes > info.total * PAGE_SIZE && !(flags & SHM_NORESERVE)) {
        return -ENOMEM;
    }
    s = heap_alloc(sizeof *s);
    if (!s) {
        return -ENOMEM;
    }
    snprintf(s->name, sizeof s->name, "SYSV%08x", (uint32_t)key);
    err = memory_file(s->name, (bytes + PAGE_SIZE - 1) & -PAGE_SIZE, &s->file);
    if (err) {
        heap_free(s);
        return err;
    }
    if (!ops.read) {
        ops = *s->file->ops;
        file_released = ops.release;
        ops.release = shm_released;
    }
    s->file->ops = &ops;
    s->bytes = bytes;
    s->creator = current->process->pid;
    *out = &s->o;
    return 0;
}

static int fits(const struct ipc_object *o, uint64_t bytes)
{
    return bytes > segment_of(o)->bytes ? -EINVAL : 0;
}

static void destroy(struct ipc_object *o)
{
    heap_free(o);
}

static uint64_t attaches(const struct segment *s)
{
    uint64_t n = 0;

    LIST_FOR(l, &s->file->inode->mappings)
    {
        n++;
    }
    return n;
}

long sys_shmget(struct task *t, const uint64_t *a)
{
    (void)t;
    return ipc_get(&segments, (int32_t)a[0], (uint32_t)a[2], a[1]);
}

long sys_shmat(struct task *t, const uint64_t *a)
{
    uint32_t flags = (uint32_t)a[2];
    uint32_t prot =
        PROT_READ | (flags & SHM_RDONLY ? 0 : PROT_WRITE) | (flags & SHM_EXEC ? PROT_EXEC : 0);
    uint64_t at = flags & SHM_RND ? a[1] & -PAGE_SIZE : a[1];
    struct ipc_object *o;
    struct segment *s;
    long result;
    int err = ipc_find(&segments, (int)a[0], &o);

    if (err) {
        return err;
    }
    if (at % PAGE_SIZE || (!at && flags & SHM_REMAP)) {
        return -EINVAL;
    }
    err = ipc_allows(o, flags & SHM_RDONLY ? 0444 : 0666);
    if (err) {
        return err;
    }
    s = segment_of(o);
    result = space_map(t->process->space, at, s->bytes, prot,
                       MAP_SHARED | (!at                 ? 0
                                     : flags & SHM_REMAP ? MAP_FIXED
                                                         : MAP_FIXED_NOREPLACE),
                       s->file, 0);
    if (result < 0) {
        return result == -EEXIST || (at && result == -ENOMEM) ? -EINVAL : result;
    }
    s->attached = ipc_now();
    s->last = t->process->pid;
    return result;
}

long sys_shmdt(struct task *t, const uint64_t *a)
{
    struct space *space = t->process->space;
    struct mapping_info m;
    struct segment *s;
    uint64_t end, at = a[0];
    struct file *f;

    if (at % PAGE_SIZE || !space_next_mapping(space, at, &m) || m.start != at || m.offset) {
        return -EINVAL;
    }
    s = segment_of_file(m.file);
    if (!s) {
        return -EINVAL;
    }
    s->detached = ipc_now();
    s->last = t->process->pid;
    f = s->file;
    file_get(f);
    end = at + ((s->bytes + PAGE_SIZE - 1) & -PAGE_SIZE);
    do { /* it may have been cut in pieces */
        uint64_t next = m.end;

        if (m.file == f && m.start - m.offset == a[0]) {
            (void)space_unmap(space, m.start, m.end - m.start);
        }
        at = next;
    } while (at < end && space_next_mapping(space, at, &m) && m.start < end);
    file_put(f);
    return 0;
}

static long stat(struct segment *s, uint64_t to)
{
    struct shmid64_ds d = { .shm_segsz = s->bytes,
                            .shm_atime = (long)s->attached,
                            .shm_dtime = (long)s->detached,
                            .shm_ctime = (long)s->o.changed,
                            .shm_cpid = s->creator,
                            .shm_lpid = s->last,
                            .shm_nattch = attaches(s) };

    ipc_show(&s->o, &d.shm_perm);
    return copy_to_user(to, &d, sizeof d);
}

/* Of all segments: how large they are, and how many of their pages are there. */
static uint64_t count_pages(uint64_t *resident)
{
    unsigned place = 0;
    uint64_t n = 0;
    struct ipc_object *o;

    *resident = 0;
    while ((o = ipc_next(&segments, &place))) {
        n += (segment_of(o)->bytes + PAGE_SIZE - 1) / PAGE_SIZE;
        *resident += cache_pages(segment_of(o)->file->inode);
    }
    return n;
}

static long info(int command, uint64_t to)
{
    struct shm_info used = { .used_ids = (int32_t)segments.used };
    struct shminfo64 limits = {
        .shmmax = SHM_MOST, .shmmin = 1, .shmmni = IPC_MOST, .shmseg = IPC_MOST, .shmall = SHM_MOST
    };
    int err;

    used.total = count_pages(&used.resident);
    err = command == IPC_INFO ? copy_to_user(to, &limits, sizeof limits)
                              : copy_to_user(to, &used, sizeof used);

    return err ? err : ipc_highest(&segments);
}

/* It stays for those that have attached it. */
static void withdraw(struct segment *s)
{
    if (!(s->o.mode & SHM_DEST)) {
        s->o.mode |= SHM_DEST;
        s->o.key = IPC_PRIVATE;
        file_put(s->file);
    }
}

long sys_shmctl(struct task *t, const uint64_t *a)
{
    int command = (int)a[1];
    struct shmid64_ds d;
    struct ipc_object *o;
    int err;

    (void)t;
    switch (command) {
    case IPC_INFO:
    case SHM_INFO:
        return info(command, a[2]);
    case IPC_STAT:
    case SHM_STAT:
    case SHM_STAT_ANY:
        err = ipc_look(&segments, (int)a[0], command != IPC_STAT, command == SHM_STAT_ANY, &o);
        err = err ? err : (int)stat(segment_of(o), a[2]);
        return err ? err : command == IPC_STAT ? 0 : o->id;
    case IPC_SET:
    case IPC_RMID:
    case SHM_LOCK:
    case SHM_UNLOCK:
        break;
    default:
        return -EINVAL;
    }
    if (command == IPC_SET && copy_from_user(&d, a[2], sizeof d)) {
        return -EFAULT;
    }
    err = ipc_find(&segments, (int)a[0], &o);
    err = err ? err : ipc_owns(o);
    if (err) {
        return err;
    }
    if (command == IPC_SET) {
        ipc_set(o, &d.shm_perm);
    } else if (command == IPC_RMID) {
        withdraw(segment_of(o));
    } else { /* nothing is ever paged out here */
        o->mode = command == SHM_LOCK ? o->mode | SHM_LOCKED : o->mode & ~SHM_LOCKED;
    }
    return 0;
}

void shm_text(struct text *to)
{
    unsigned place = 0;
    struct ipc_object *o;

    text_add(to,
             "       key      shmid perms                  size  cpid  lpid nattch   uid   gid  "
             "cuid  cgid      atime      dtime      ctime                   rss                  "
             "swap\n");
    while ((o = ipc_next(&segments, &place))) {
        const struct segment *s = segment_of(o);

        text_add(to, "%10d %10d  %4o %21lu %5d %5d  %5lu %5u %5u %5u %5u %10lu %10lu %10lu ",
                 o->key, o->id, o->mode, (unsigned long)s->bytes, s->creator, s->last,
                 (unsigned long)attaches(s), o->uid, o->gid, o->cuid, o->cgid,
                 (unsigned long)s->attached, (unsigned long)s->detached, (unsigned long)o->changed);
        text_add(to, "%21lu %21lu\n", (unsigned long)(cache_pages(s->file->inode) * PAGE_SIZE),
                 0ul);
    }
}
