/* Page faults. */
#include <asm/errno.h>
#include <asm/siginfo.h>
#include <assert.h>
#include <string.h>

#include "../fs/vfs.h"
#include "../task/task.h"
#include "space.h"

#define PAGE_COHERENT 0x400u /* instructions in it can be fetched */

static struct page *zero_page;

/* What was written as data is seen by instruction fetches (Arm ARM B2.4.4). */
static void make_coherent(struct page *p)
{
    uint64_t ctr, line;
    char *at = page_data(p);

    if (p->flags & PAGE_COHERENT) {
        return;
    }
    p->flags |= PAGE_COHERENT;
    __asm__("mrs %0, ctr_el0" : "=r"(ctr));
    line = 4ull << (ctr >> 16 & 15);
    for (char *a = at; a < at + PAGE_SIZE && !(ctr & 1ull << 28); a += line) {
        __asm__ volatile("dc cvau, %0" : : "r"(a) : "memory");
    }
    __asm__ volatile("dsb ish" : : : "memory");
    line = 4ull << (ctr & 15);
    for (char *a = at; a < at + PAGE_SIZE && !(ctr & 1ull << 29); a += line) {
        __asm__ volatile("ic ivau, %0" : : "r"(a) : "memory");
    }
    __asm__ volatile("dsb ish\n\tisb" : : : "memory");
}

/* Let the hardware have the page of an entry, with these rights. */
static void hw_map(struct batch *b, uint64_t address, uint64_t *e, uint64_t rights)
{
    struct page *p = entry_page(*e);

    if (rights & TESS_RIGHT_EXEC) {
        make_coherent(p);
    }
    if (rights & TESS_RIGHT_WRITE) {
        p->flags &= ~PAGE_COHERENT;
    }
    batch_add(b, address, rights, page_offset(p));
    *e |= E_MAPPED | (rights & TESS_RIGHT_WRITE ? E_WRITE : 0);
}

static uint64_t readable(const struct mapping *m, const struct page *p)
{
    uint64_t rights = rights_of(m->prot);
    bool writable = is_private(m) ? !p->inode && p->refs == 1 : false;

    return writable ? rights : rights & ~(uint64_t)TESS_RIGHT_WRITE;
}

void map_around(struct batch *b, struct mapping *m, uint64_t address)
{
    uint64_t from = address & -(CHUNK_PAGES * PAGE_SIZE), to = from + CHUNK_PAGES * PAGE_SIZE;

    from = from > m->start ? from : m->start;
    to = to < m->end ? to : m->end;
    for (uint64_t at = from; at < to; at += PAGE_SIZE) {
        uint64_t *e = entry_make(m->space, at);

        if (!e) {
            return;
        }
        if (!*e && m->inode) {
            struct page *p = cache_peek(m->inode, (m->offset + (at - m->start)) / PAGE_SIZE);

            if (p) {
                entry_set(m->space, at, e, p);
            }
        }
        if (*e && !(*e & E_MAPPED)) {
            hw_map(b, at, e, readable(m, entry_page(*e)));
        }
    }
}

/* A private page of its own for the entry, with the content of `from` (NULL: zeros). */
static int own_page(struct batch *b, struct mapping *m, uint64_t address, uint64_t *e,
                    struct page *from)
{
    struct page *p = from && from != zero_page ? page_alloc() : page_alloc_zeroed();

    if (!p) {
        return -ENOMEM;
    }
    if (from && from != zero_page) {
        memcpy(page_data(p), page_data(from), PAGE_SIZE);
    }
    if (*e) {
        struct page *old = entry_page(*e);

        /* replaced in the hardware, then put */
        *e = 0;
        m->space->pages_resident--;
        entry_set(m->space, address, e, p);
        hw_map(b, address, e, rights_of(m->prot));
        (void)batch_flush(b);
        page_put(old);
        return 0;
    }
    entry_set(m->space, address, e, p);
    hw_map(b, address, e, rights_of(m->prot));
    return 0;
}

static int anonymous(struct batch *b, struct mapping *m, uint64_t address, uint64_t *e,
                     bool is_write)
{
    if (is_write) {
        return own_page(b, m, address, e, NULL);
    }
    if (!zero_page) {
        zero_page = page_alloc_zeroed();
        if (!zero_page) {
            return -ENOMEM;
        }
    }
    page_get(zero_page);
    entry_set(m->space, address, e, zero_page);
    hw_map(b, address, e, rights_of(m->prot) & ~(uint64_t)TESS_RIGHT_WRITE);
    return 0;
}

/* The entry has a page already. */
static int present(struct batch *b, struct mapping *m, uint64_t address, uint64_t *e, bool is_write)
{
    struct page *p = entry_page(*e);

    if (!is_write) {
        map_around(b, m, address);
        return 0;
    }
    if (!is_private(m)) {
        inode_touch(m->inode, ATTR_MTIME);
        cache_dirty(p);
        hw_map(b, address, e, rights_of(m->prot));
        return 0;
    }
    if (!p->inode && p->refs == 1) {
        hw_map(b, address, e, rights_of(m->prot));
        return 0;
    }
    return own_page(b, m, address, e, p);
}

/* -EAGAIN: the mappings have changed while the page was read. */
static int from_file(struct batch *b, struct mapping *m, uint64_t address, bool is_write)
{
    struct space *s = m->space;
    uint32_t changes = s->changes;
    uint64_t index = (m->offset + (address - m->start)) / PAGE_SIZE, *e;
    struct inode *inode = m->inode;
    struct page *p = cache_peek(inode, index);
    int err;

    if (!p) {
        inode_get(inode);
        err = cache_page(inode, index, &p);
        inode_put(inode);
        if (err) {
            return err;
        }
        if (s->changes != changes) {
            page_put(p);
            return -EAGAIN;
        }
    }
    e = entry_make(s, address);
    if (!e || *e) {
        page_put(p);
        return e ? -EAGAIN : -ENOMEM;
    }
    if (is_write && is_private(m)) {
        err = own_page(b, m, address, e, p);
        page_put(p);
        return err;
    }
    entry_set(s, address, e, p);
    if (is_write) {
        inode_touch(m->inode, ATTR_MTIME);
        cache_dirty(p);
        hw_map(b, address, e, rights_of(m->prot));
    } else {
        map_around(b, m, address);
    }
    return 0;
}

int space_fault(struct space *s, uint64_t address, uint32_t access, int *code)
{
    uint64_t page = address & -PAGE_SIZE;
    bool is_write = access & ACCESS_WRITE;
    uint32_t wanted = access & ACCESS_EXEC ? PROT_EXEC : is_write ? PROT_WRITE : 0;

    for (;;) {
        struct batch b = { .space = s };
        struct mapping *m = mapping_at(s, address);
        uint64_t *e;
        int err;

        if (!m || m->start > address) {
            m = stack_grow(s, address);
        }
        if (!m) {
            *code = SEGV_MAPERR;
            return SIGSEGV;
        }
        if (!rights_of(m->prot) ||
            (wanted && !(m->prot & wanted) && !(access & ACCESS_FORCE && is_private(m)))) {
            *code = SEGV_ACCERR;
            return SIGSEGV;
        }
        e = entry_make(s, page);
        if (!e) {
            err = -ENOMEM;
        } else if (*e) {
            err = present(&b, m, page, e, is_write);
        } else if (m->inode) {
            err = from_file(&b, m, page, is_write);
        } else {
            err = anonymous(&b, m, page, e, is_write);
        }
        if (!batch_flush(&b) && !err) {
            err = -ENOMEM;
        }
        if (!err) {
            return 0;
        }
        if (err == -EAGAIN) {
            continue;
        }
        if (err == -ENOMEM) {
            *code = 0;
            return memory_is_short() ? 0 : SIGKILL;
        }
        *code = BUS_ADRERR;
        return SIGBUS;
    }
}

long space_poke(struct space *s, uint64_t to, const void *from, size_t bytes)
{
    size_t done = 0;

    while (done < bytes) {
        uint64_t at = to + done, *e = at < TESS_USER_TOP ? entry_find(s, at) : NULL;
        const struct mapping *m = at < TESS_USER_TOP ? mapping_at(s, at) : NULL;
        struct page *p = e && *e ? entry_page(*e) : NULL;
        size_t part = PAGE_SIZE - at % PAGE_SIZE;
        int code;

        if (!m || m->start > at) {
            break;
        }
        if (!p || (is_private(m) ? p->inode || p->refs != 1 : !(*e & E_WRITE))) {
            if (space_fault(s, at, ACCESS_WRITE | ACCESS_FORCE, &code)) {
                break;
            }
            continue;
        }
        part = part < bytes - done ? part : bytes - done;
        memcpy((char *)page_data(p) + at % PAGE_SIZE, (const char *)from + done, part);
        p->flags &= ~PAGE_COHERENT;
        if (m->prot & PROT_EXEC) {
            make_coherent(p);
        }
        done += part;
    }
    return done ? (long)done : -EFAULT;
}
