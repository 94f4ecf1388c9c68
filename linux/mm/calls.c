/* System calls of memory. */
#include <asm/errno.h>
#include <linux/resource.h>
#include <string.h>

#include "../fs/vfs.h"
#include "../task/task.h"
#include "space.h"

static uint64_t round_up(uint64_t bytes)
{
    return (bytes + PAGE_SIZE - 1) & -PAGE_SIZE;
}

static bool is_over_limit(const struct task *t, uint64_t more)
{
    const struct process *p = t->process;
    uint64_t limit = p->limit[RLIMIT_AS].soft;

    return limit != ~0ull && p->space->pages_virtual * PAGE_SIZE + more > limit;
}

/* May the file be mapped like that?  0, or -errno. */
static int file_check(struct file *f, uint32_t prot, uint32_t flags)
{
    uint32_t access = f->flags & O_ACCMODE;

    if (f->flags & O_PATH) {
        return -EBADF;
    }
    if (access == O_WRONLY ||
        (prot & PROT_WRITE && (flags & MAP_TYPE) != MAP_PRIVATE && access != O_RDWR)) {
        return -EACCES;
    }
    if (!f->ops->map) {
        return -ENODEV;
    }
    return f->ops->map(f, prot, flags);
}

/* Mappings of a process: Linux's vm.max_map_count (Documentation/admin-guide/sysctl/vm.rst). */
#define MAPPINGS_MAX 65530u

#define POPULATE_TURN 32u           /* pages, then others have their turn */
#define POPULATE_MOST (16ull << 20) /* bytes that MAP_POPULATE, a hint, does at once */
#define TURN_NS       1u

/* MADV_POPULATE_READ, MADV_POPULATE_WRITE: pages of the range become the program's as by accesses of that kind. */
static long populate(struct space *s, uint64_t from, uint64_t end, bool is_write)
{
    uint32_t wanted = is_write ? PROT_WRITE : PROT_READ;

    for (uint64_t at = from; at < end; at += PAGE_SIZE) {
        struct mapping *m = mapping_at(s, at);
        int code, signal;

        if (!m || m->start > at) {
            return -ENOMEM;
        }
        if (!(m->prot & wanted)) {
            return -EINVAL;
        }
        if ((at - from) / PAGE_SIZE % POPULATE_TURN ==
            POPULATE_TURN - 1) { /* others want to live, too */
            if (signal_is_pending(current)) {
                return -EINTR;
            }
            fiber_pause(TURN_NS);
            m = mapping_at(s, at);
            if (!m || m->start > at) {
                return -ENOMEM;
            }
        }
        signal = space_fault(s, at, is_write ? ACCESS_WRITE : ACCESS_READ, &code);
        if (signal) { /* it may have waited, and the mapping may be another */
            return signal == SIGKILL ? -ENOMEM : -EFAULT;
        }
    }
    return 0;
}

long sys_mmap(struct task *t, const uint64_t *a)
{
    uint32_t prot = (uint32_t)a[2], flags = (uint32_t)a[3];
    uint32_t type = flags & MAP_TYPE;
    struct file *f = NULL;
    uint64_t offset = a[5];
    long result;

    if (a[5] % PAGE_SIZE || !a[1]) {
        return -EINVAL;
    }
    if (type != MAP_PRIVATE && type != MAP_SHARED && type != MAP_SHARED_VALIDATE) {
        return -EINVAL;
    }
    if (type == MAP_SHARED_VALIDATE) {
        flags = (flags & ~(uint32_t)MAP_TYPE) | MAP_SHARED;
    }
    if (is_over_limit(t, round_up(a[1])) || t->process->space->mappings >= MAPPINGS_MAX) {
        return -ENOMEM;
    }
    if (!(flags & MAP_ANONYMOUS)) {
        f = fd_file((int)a[4]);
        if (!f) {
            return -EBADF;
        }
        if (a[5] + a[1] < a[5]) {
            file_put(f);
            return -EOVERFLOW;
        }
        result = file_check(f, prot, flags);
    } else if (type != MAP_PRIVATE) {
        offset = 0;
        result = memory_file("dev/zero", round_up(a[1]), &f);
    } else {
        result = 0;
    }
    if (!result) {
        result = f && f->ops->map_anonymous
                     ? space_map(t->process->space, a[0], a[1], prot, flags, NULL, 0)
                     : space_map(t->process->space, a[0], a[1], prot, flags, f, offset);
    }
    if (result >= 0 && f && f->dentry && !(f->flags & O_NOATIME) &&
        f->inode->atime.sec <= f->inode->mtime.sec) { /* relatime, as in reading */
        inode_touch(f->inode, ATTR_ATIME);
    }
    if (f) {
        file_put(f);
    }
    if (result > 0 && (flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE) {
        /* what cannot be had now is had, or missed, at its first access */
        uint64_t bytes = round_up(a[1]) < POPULATE_MOST ? round_up(a[1]) : POPULATE_MOST;

        (void)populate(t->process->space, (uint64_t)result, (uint64_t)result + bytes,
                       prot & PROT_WRITE && type == MAP_PRIVATE);
    }
    return result;
}

long sys_munmap(struct task *t, const uint64_t *a)
{
    return space_unmap(t->process->space, a[0], a[1]);
}

long sys_mprotect(struct task *t, const uint64_t *a)
{
    if (a[2] & ~(uint64_t)(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_GROWSDOWN | PROT_GROWSUP |
                           0x10 /* PROT_BTI */ | PROT_SEM)) {
        return -EINVAL;
    }
    return space_protect(t->process->space, a[0], a[1],
                         (uint32_t)a[2] & (PROT_READ | PROT_WRITE | PROT_EXEC));
}

long sys_brk(struct task *t, const uint64_t *a)
{
    struct space *s = t->process->space;
    uint64_t old = round_up(s->brk_end), new = round_up(a[0]);

    if (a[0] < s->brk_start || a[0] >= TESS_USER_TOP) {
        return (long)s->brk_end;
    }
    if (t->process->limit[RLIMIT_DATA].soft != ~0ull &&
        a[0] - s->brk_start > t->process->limit[RLIMIT_DATA].soft) {
        return (long)s->brk_end;
    }
    if (new > old) {
        if (!space_is_free(s, old, new - old + PAGE_SIZE) || is_over_limit(t, new - old) ||
            space_map(s, old, new - old, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, NULL, 0) < 0) {
            return (long)s->brk_end;
        }
    } else if (new < old) {
        (void)space_unmap(s, new, old - new);
    }
    s->brk_end = a[0];
    return (long)a[0];
}

/* Take the pages of `from` to another place in the space. */
static int move_pages(struct space *s, uint64_t from, uint64_t bytes, uint64_t to)
{
    struct batch b = { .space = s };
    uint64_t address = from, *e;

    while ((e = entry_next(s, &address, from + bytes))) {
        struct page *p = entry_page(*e);
        uint64_t *target;

        page_get(p);
        entry_clear(&b, address, e);
        target = entry_make(s, to + (address - from));
        if (!target) {
            (void)batch_flush(&b);
            page_put(p);
            return -ENOMEM;
        }
        entry_set(s, to + (address - from), target, p);
        address += PAGE_SIZE;
    }
    (void)batch_flush(&b);
    return 0;
}

static long move_mapping(struct space *s, struct mapping *m, uint64_t old, uint64_t old_bytes,
                         uint64_t bytes, uint32_t flags, uint64_t to)
{
    uint32_t how = m->flags | (flags & MREMAP_FIXED ? MAP_FIXED : 0);
    uint64_t offset = m->offset + (old - m->start);
    struct file *f = m->file;
    const char *name = m->name;
    uint32_t prot = m->prot;
    long at;

    if (f) {
        file_get(f);
    }
    at = space_map(s, flags & MREMAP_FIXED ? to : 0, bytes, prot, how, f, offset);
    if (at >= 0) {
        int err = move_pages(s, old, old_bytes < bytes ? old_bytes : bytes, (uint64_t)at);

        space_name(s, (uint64_t)at, name);
        if (!(flags & MREMAP_DONTUNMAP)) {
            (void)space_unmap(s, old, old_bytes);
        }
        at = err ? err : at;
    }
    if (f) {
        file_put(f);
    }
    return at;
}

long sys_mremap(struct task *t, const uint64_t *a)
{
    struct space *s = t->process->space;
    uint64_t old = a[0], old_bytes = round_up(a[1]), bytes = round_up(a[2]), to = a[4];
    uint32_t flags = (uint32_t)a[3];
    struct mapping *m;

    if (flags & ~(uint32_t)(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP) || old % PAGE_SIZE ||
        !bytes || (flags & MREMAP_FIXED && !(flags & MREMAP_MAYMOVE)) ||
        (flags & MREMAP_DONTUNMAP && (!(flags & MREMAP_MAYMOVE) || bytes != old_bytes))) {
        return -EINVAL;
    }
    if (flags & MREMAP_FIXED && (to % PAGE_SIZE || (to < old + old_bytes && old < to + bytes))) {
        return -EINVAL;
    }
    m = mapping_at(s, old);
    if (!m || m->start > old || old + old_bytes > m->end) {
        return -EFAULT;
    }
    if (!old_bytes) {
        return is_private(m) ? -EINVAL : move_mapping(s, m, old, 0, bytes, flags, to);
    }
    if (flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) {
        return move_mapping(s, m, old, old_bytes, bytes, flags, to);
    }
    if (bytes <= old_bytes) {
        int err = bytes < old_bytes ? space_unmap(s, old + bytes, old_bytes - bytes) : 0;

        return err ? err : (long)old;
    }
    if (is_over_limit(t, bytes - old_bytes)) {
        return -ENOMEM;
    }
    if (old + old_bytes == m->end && old + bytes < TESS_USER_TOP &&
        space_is_free(s, m->end, bytes - old_bytes)) {
        s->pages_virtual += (bytes - old_bytes) / PAGE_SIZE;
        m->end = old + bytes;
        s->changes++;
        return (long)old;
    }
    return flags & MREMAP_MAYMOVE ? move_mapping(s, m, old, old_bytes, bytes, flags, 0) : -ENOMEM;
}

long sys_madvise(struct task *t, const uint64_t *a)
{
    struct space *s = t->process->space;
    uint64_t end = a[0] + round_up(a[1]), at = a[0];
    bool drops = a[2] == MADV_DONTNEED || a[2] == MADV_FREE || a[2] == MADV_DONTNEED_LOCKED;

    if (a[0] % PAGE_SIZE || end < a[0]) {
        return -EINVAL;
    }
    switch (a[2]) {
    case MADV_POPULATE_READ:
    case MADV_POPULATE_WRITE:
        return populate(s, at, end, a[2] == MADV_POPULATE_WRITE);
    case MADV_NORMAL:
    case MADV_RANDOM:
    case MADV_SEQUENTIAL:
    case MADV_WILLNEED:
    case MADV_DONTNEED:
    case MADV_FREE:
    case MADV_DONTFORK:
    case MADV_DOFORK:
    case MADV_HUGEPAGE:
    case MADV_NOHUGEPAGE:
    case MADV_DONTDUMP:
    case MADV_DODUMP:
    case MADV_COLD:
    case MADV_PAGEOUT:
    case MADV_DONTNEED_LOCKED:
        break;
    default:
        return -EINVAL;
    }
    for (unsigned i = mapping_index(s, a[0]); at < end; i++) {
        struct mapping *m = i < s->mappings ? s->mapping[i] : NULL;

        if (!m || m->start > at) {
            return -ENOMEM;
        }
        if (drops && (a[2] != MADV_FREE || is_private(m))) {
            space_drop_pages(s, at, end < m->end ? end : m->end);
        }
        at = m->end;
    }
    return 0;
}

long sys_msync(struct task *t, const uint64_t *a)
{
    struct space *s = t->process->space;
    uint64_t end = a[0] + round_up(a[1]), at = a[0];

    if (a[0] % PAGE_SIZE || a[2] & ~(uint64_t)(MS_ASYNC | MS_INVALIDATE | MS_SYNC) ||
        (a[2] & MS_ASYNC && a[2] & MS_SYNC)) {
        return -EINVAL;
    }
    while (at < end) {
        struct mapping *m = mapping_at(s, at);

        if (!m || m->start > at) {
            return -ENOMEM;
        }
        at = m->end;
        if (a[2] & MS_INVALIDATE && s->pages_locked && m->flags & MAP_LOCKED) {
            return -EBUSY;
        }
        if (a[2] & MS_SYNC && m->file && !is_private(m) && m->file->ops->sync) {
            struct file *f = m->file;
            int err;

            file_get(f);
            err = f->ops->sync(f, true);
            file_put(f);
            if (err) {
                return err;
            }
        }
    }
    return 0;
}

/* Is the page in memory?  m: the mapping that holds the address. */
static bool is_in_memory(struct space *s, const struct mapping *m, uint64_t address)
{
    uint64_t *e = entry_find(s, address);
    struct page *p = NULL;

    if (e && *e) {
        return true;
    }
    if (m->inode) {
        p = cache_peek(m->inode, (m->offset + (address - m->start)) / PAGE_SIZE);
    }
    if (p) {
        page_put(p);
    }
    return p;
}

bool space_has_content(struct space *s, uint64_t address)
{
    struct mapping *m = mapping_at(s, address);

    return m && m->start <= address && ((m->inode && is_private(m)) || is_in_memory(s, m, address));
}

long sys_mincore(struct task *t, const uint64_t *a)
{
    struct space *s = t->process->space;
    uint64_t end = a[0] + round_up(a[1]);

    if (a[0] % PAGE_SIZE) {
        return -EINVAL;
    }
    if (end < a[0] || round_up(a[1]) < a[1]) {
        return -ENOMEM;
    }
    for (uint64_t at = a[0]; at < end; at += PAGE_SIZE) {
        struct mapping *m = mapping_at(s, at);
        uint8_t there;

        if (!m || m->start > at) {
            return -ENOMEM;
        }
        there = is_in_memory(s, m, at);
        if (copy_to_user(a[2] + (at - a[0]) / PAGE_SIZE, &there, 1)) {
            return -EFAULT;
        }
    }
    return 0;
}

/* Nothing is ever taken from a process against its will, so locking is bookkeeping, and bringing in. */
static long lock_range(struct task *t, uint64_t address, uint64_t bytes, bool lock)
{
    struct space *s = t->process->space;
    uint64_t from = address & -PAGE_SIZE, end = (address + bytes + PAGE_SIZE - 1) & -PAGE_SIZE;
    uint64_t limit = t->process->limit[RLIMIT_MEMLOCK].soft;

    if (end < from) {
        return -EINVAL;
    }
    if (lock && t->process->cred.euid != 0 && (end - from) > limit) {
        return limit ? -ENOMEM : -EPERM;
    }
    if (lock && (end - from) / PAGE_SIZE > pages_total()) {
        return -ENOMEM;
    }
    for (uint64_t at = from, next; at < end; at = next) {
        struct mapping *m = mapping_at(s, at);
        uint64_t *e;
        int code;

        if (!m || m->start > at) {
            return -ENOMEM;
        }
        if (!lock || m->prot == PROT_NONE) {
            next = m->end;
            continue;
        }
        next = at + PAGE_SIZE;
        e = entry_find(s, at);
        if (!(e && *e) &&
            space_fault(s, at, m->prot & PROT_WRITE ? ACCESS_WRITE : ACCESS_READ, &code)) {
            return -EAGAIN;
        }
    }
    s->pages_locked = lock ? s->pages_locked + (end - from) / PAGE_SIZE : 0;
    return 0;
}

long sys_mlock(struct task *t, const uint64_t *a)
{
    return lock_range(t, a[0], a[1], true);
}

long sys_mlock2(struct task *t, const uint64_t *a)
{
    return a[2] & ~(uint64_t)MLOCK_ONFAULT ? -EINVAL : lock_range(t, a[0], a[1], true);
}

long sys_munlock(struct task *t, const uint64_t *a)
{
    return lock_range(t, a[0], a[1], false);
}

long sys_mlockall(struct task *t, const uint64_t *a)
{
    if (!a[0] || a[0] & ~(uint64_t)(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) ||
        a[0] == MCL_ONFAULT) {
        return -EINVAL;
    }
    if (t->process->cred.euid != 0 && !t->process->limit[RLIMIT_MEMLOCK].soft) {
        return -EPERM;
    }
    if (a[0] & MCL_CURRENT) {
        struct space *s = t->process->space;

        for (unsigned i = 0; i < s->mappings; i++) {
            s->mapping[i]->flags |= MAP_LOCKED;
        }
        s->pages_locked = s->pages_virtual;
    }
    return 0;
}

long sys_munlockall(struct task *t, const uint64_t *a)
{
    (void)a;
    t->process->space->pages_locked = 0;
    return 0;
}

void memory_info(struct memory_info *info)
{
    *info =
        (struct memory_info){ .total = pages_total(), .free = pages_free(), .heap = heap_pages() };
    cache_info(info);
    info->anonymous = info->total - info->free - info->heap - info->cached;
}
