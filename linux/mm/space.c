/* Address spaces: mappings and entries; map, unmap, protect, fork. */
#include "space.h"

#include <asm/errno.h>
#include <assert.h>
#include <linux/resource.h>
#include <string.h>

#include "../fs/vfs.h"
#include "../task/task.h"

#define TWO_MIB (2ull << 20)

/* ---- runs for the kernel ---- */

bool batch_flush(struct batch *b)
{
    if (b->count && !native_pages(b->space->native, b->run, b->count)) {
        b->failed = true;
    }
    b->count = 0;
    return !b->failed;
}

void batch_add(struct batch *b, uint64_t address, uint64_t op, uint64_t offset)
{
    if (b->count) {
        struct tess_run *last = &b->run[b->count - 1];
        uint64_t pages = last->what % PAGE_SIZE + 1;
        uint64_t next = (last->where & -PAGE_SIZE) + pages * PAGE_SIZE;

        if (next == address && last->where % PAGE_SIZE == op && pages < TESS_PAGES_MAX &&
            address % TWO_MIB &&
            (op == 0 || op >= TESS_PAGES_KEEP ||
             (last->what & -PAGE_SIZE) + pages * PAGE_SIZE == offset)) {
            last->what++;
            return;
        }
        if (b->count == TESS_VECTOR_MAX) {
            (void)batch_flush(b);
        }
    }
    b->run[b->count++] = (struct tess_run){ address | op, offset };
}

/* ---- entries ---- */

/* The first chunk with a key of at least this one. */
static unsigned chunk_index(const struct space *s, uint64_t key)
{
    unsigned low = 0, high = s->chunks;

    while (low < high) {
        unsigned middle = (low + high) / 2;

        if (s->chunk[middle]->key < key) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

#define CHUNK_KEY(address) ((address) / (CHUNK_PAGES * PAGE_SIZE))
#define IN_CHUNK(address)  ((address) / PAGE_SIZE % CHUNK_PAGES)

uint64_t *entry_find(struct space *s, uint64_t address)
{
    uint64_t key = CHUNK_KEY(address);
    struct chunk *c = s->last;

    if (!c || c->key != key) {
        unsigned i = chunk_index(s, key);

        if (i == s->chunks || s->chunk[i]->key != key) {
            return NULL;
        }
        c = s->last = s->chunk[i];
    }
    return &c->entry[IN_CHUNK(address)];
}

static void array_free(void **array, const struct room *room)
{
    heap_free(array ? array - room->front : NULL);
}

/* Make room for one more pointer at place i of an array: the smaller part moves. */
static bool open_place(void ***array, unsigned count, struct room *room, unsigned i)
{
    bool is_front = i < count / 2;

    if (is_front ? !room->front : room->front + count == room->all) {
        unsigned all = count > 8 ? 2 * count : 16, front = (all - count) / 2;
        void **bigger = heap_alloc(all * sizeof(void *));

        if (!bigger) {
            return false;
        }
        if (count) {
            memcpy(bigger + front, *array, count * sizeof(void *));
        }
        array_free(*array, room);
        *array = bigger + front;
        *room = (struct room){ front, all };
    }
    if (is_front) {
        memmove(*array - 1, *array, i * sizeof(void *));
        --*array;
        room->front--;
    } else {
        memmove(*array + i + 1, *array + i, (count - i) * sizeof(void *));
    }
    return true;
}

uint64_t *entry_make(struct space *s, uint64_t address)
{
    uint64_t *e = entry_find(s, address);

    if (e) {
        return e;
    }
    uint64_t key = CHUNK_KEY(address);
    unsigned i = chunk_index(s, key);
    struct chunk *c = heap_alloc(sizeof *c);

    if (!c || !open_place((void ***)&s->chunk, s->chunks, &s->chunk_room, i)) {
        heap_free(c);
        return NULL;
    }
    c->key = key;
    s->chunk[i] = s->last = c;
    s->chunks++;
    return &c->entry[IN_CHUNK(address)];
}

uint64_t *entry_next(struct space *s, uint64_t *address, uint64_t end)
{
    for (unsigned i = chunk_index(s, CHUNK_KEY(*address)); i < s->chunks; i++) {
        struct chunk *c = s->chunk[i];
        uint64_t base = c->key * CHUNK_PAGES * PAGE_SIZE;
        unsigned n = *address > base ? IN_CHUNK(*address) : 0;

        for (; n < CHUNK_PAGES && base + n * PAGE_SIZE < end; n++) {
            if (c->entry[n]) {
                *address = base + n * PAGE_SIZE;
                return &c->entry[n];
            }
        }
        if (base >= end) {
            break;
        }
        *address = base + CHUNK_PAGES * PAGE_SIZE;
    }
    return NULL;
}

void entry_set(struct space *s, uint64_t address, uint64_t *entry, struct page *p)
{
    assert(!*entry && !((uint64_t)p & E_FLAGS));
    *entry = (uint64_t)p;
    if (++s->pages_resident > s->pages_peak) {
        s->pages_peak = s->pages_resident;
    }
    (void)address;
}

void entry_clear(struct batch *b, uint64_t address, uint64_t *entry)
{
    if (*entry & E_MAPPED) {
        batch_add(b, address, 0, 0);
    }
    page_put(entry_page(*entry));
    *entry = 0;
    b->space->pages_resident--;
}

/* Pages are unmapped before they can be anything else: one batch at a time is unmapped, then put. */
void space_drop_pages(struct space *s, uint64_t from, uint64_t to)
{
    struct batch b = { .space = s };
    struct page *page[TESS_VECTOR_MAX * 8];
    uint64_t address = from, *e;
    unsigned count = 0;

    while ((e = entry_next(s, &address, to))) {
        if (count == sizeof page / sizeof *page) {
            (void)batch_flush(&b);
            while (count) {
                page_put(page[--count]);
            }
        }
        page[count] = entry_page(*e);
        page_get(page[count++]);
        entry_clear(&b, address, e);
        address += PAGE_SIZE;
    }
    (void)batch_flush(&b);
    while (count) {
        page_put(page[--count]);
    }
}

/* ---- mappings ---- */

unsigned mapping_index(const struct space *s, uint64_t address)
{
    unsigned low = 0, high = s->mappings;

    while (low < high) {
        unsigned middle = (low + high) / 2;

        if (s->mapping[middle]->end <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct mapping *mapping_at(const struct space *s, uint64_t address)
{
    unsigned i = mapping_index(s, address);

    return i < s->mappings ? s->mapping[i] : NULL;
}

static void attach(struct mapping *m, struct file *file)
{
    m->file = file;
    m->inode = file ? file->inode : NULL;
    list_init(&m->of_inode);
    if (file) {
        file_get(file);
        list_append(&m->inode->mappings, &m->of_inode);
    }
}

static void detach(struct mapping *m)
{
    list_remove(&m->of_inode);
    if (m->file) {
        file_put(m->file);
    }
    heap_free(m);
}

static bool insert(struct space *s, struct mapping *m)
{
    unsigned i = mapping_index(s, m->start);

    if (!open_place((void ***)&s->mapping, s->mappings, &s->mapping_room, i)) {
        return false;
    }
    s->mapping[i] = m;
    s->mappings++;
    s->changes++;
    s->pages_virtual += (m->end - m->start) / PAGE_SIZE;
    return true;
}

static void remove_at(struct space *s, unsigned i)
{
    struct mapping *m = s->mapping[i];

    s->pages_virtual -= (m->end - m->start) / PAGE_SIZE;
    s->mappings--;
    s->changes++;
    if (i < s->mappings / 2) {
        memmove(s->mapping + 1, s->mapping, i * sizeof *s->mapping);
        s->mapping++;
        s->mapping_room.front++;
    } else {
        memmove(s->mapping + i, s->mapping + i + 1, (s->mappings - i) * sizeof *s->mapping);
    }
    detach(m);
}

/* Cut mapping i in two at the address, which is inside it. */
static int split(struct space *s, unsigned i, uint64_t at)
{
    struct mapping *m = s->mapping[i], *upper = heap_alloc(sizeof *upper);

    if (!upper) {
        return -ENOMEM;
    }
    *upper = *m;
    upper->start = at;
    upper->offset += at - m->start;
    attach(upper, m->file);
    s->pages_virtual -= (m->end - at) / PAGE_SIZE;
    m->end = at;
    if (!insert(s, upper)) {
        m->end = upper->end;
        s->pages_virtual += (m->end - at) / PAGE_SIZE;
        detach(upper);
        return -ENOMEM;
    }
    return 0;
}

/* No mapping crosses either end of the range. */
static int split_ends(struct space *s, uint64_t from, uint64_t to)
{
    for (unsigned side = 0; side < 2; side++) {
        uint64_t at = side ? to : from;
        unsigned i = mapping_index(s, at);

        if (i < s->mappings && s->mapping[i]->start < at) {
            int err = split(s, i, at);

            if (err) {
                return err;
            }
        }
    }
    return 0;
}

static bool can_join(const struct mapping *a, const struct mapping *b)
{
    return a->end == b->start && a->prot == b->prot && a->flags == b->flags && a->file == b->file &&
           a->name == b->name && (!a->file || a->offset + (a->end - a->start) == b->offset);
}

/* Join mapping i with its neighbours where they are the same. */
static void join(struct space *s, unsigned i)
{
    for (unsigned n = 0; n < 2; n++) {
        unsigned low = n ? i : i - 1;

        if (i + n > 0 && low + 1 < s->mappings && can_join(s->mapping[low], s->mapping[low + 1])) {
            struct mapping *m = s->mapping[low];
            uint64_t end = s->mapping[low + 1]->end;

            remove_at(s, low + 1);
            s->pages_virtual += (end - m->end) / PAGE_SIZE;
            m->end = end;
            i = low;
        }
    }
}

int space_unmap(struct space *s, uint64_t address, uint64_t bytes)
{
    uint64_t end = address + ((bytes + PAGE_SIZE - 1) & -PAGE_SIZE);
    int err;

    if (address % PAGE_SIZE || !bytes || end > TESS_USER_TOP || end < address) {
        return -EINVAL;
    }
    err = split_ends(s, address, end);
    if (err) {
        return err;
    }
    unsigned i = mapping_index(s, address);

    if (i < s->mappings && s->mapping[i]->start < end) {
        space_drop_pages(s, address, end);
        if (end > s->room_below) {
            s->room_below = 0;
        }
    }
    while (i < s->mappings && s->mapping[i]->start < end) {
        remove_at(s, i);
    }
    return 0;
}

/* A free range of so many bytes, as high as possible below the stack's room; 0: none. */
static uint64_t find_room(struct space *s, uint64_t bytes)
{
    uint64_t gap = current ? current->process->limit[RLIMIT_STACK].soft : 0;
    uint64_t top, widest = 0;

    gap = gap < (128ull << 20) ? 128ull << 20 : gap > STACK_TOP / 6 ? STACK_TOP / 6 : gap;
    top = (STACK_TOP - gap) & -PAGE_SIZE;
    if (top != s->room_top) {
        s->room_top = top;
        s->room_below = 0;
    }
    if (s->room_below && bytes > s->room_above) {
        top = s->room_below;
        widest = s->room_above;
    }
    for (unsigned i = mapping_index(s, top);; i--) {
        uint64_t below = i ? s->mapping[i - 1]->end : SPACE_LOWEST;

        if (i < s->mappings && s->mapping[i]->start < top) {
            top = s->mapping[i]->start;
            if (s->mapping[i]->flags & MAP_GROWSDOWN) {
                top -= top > 256 * PAGE_SIZE ? 256 * PAGE_SIZE : top;
            }
        }
        if (top > below && top - below >= bytes) {
            top -= bytes;
            if (!s->room_below || top < s->room_below) {
                s->room_below = top;
                s->room_above = widest;
            }
            return top;
        }
        if (top > below && top - below > widest) {
            widest = top - below;
        }
        if (i == 0) {
            return 0;
        }
    }
}

bool space_is_free(const struct space *s, uint64_t address, uint64_t bytes)
{
    const struct mapping *m = mapping_at(s, address);

    return !m || m->start >= address + bytes;
}

/* Would so much more private memory be more than there is? */
static bool is_too_much(uint64_t bytes, uint32_t prot, uint32_t flags)
{
    return (flags & MAP_TYPE) == MAP_PRIVATE && prot & PROT_WRITE && !(flags & MAP_NORESERVE) &&
           bytes / PAGE_SIZE > pages_total();
}

long space_map(struct space *s, uint64_t address, uint64_t bytes, uint32_t prot, uint32_t flags,
               struct file *file, uint64_t offset)
{
    uint64_t size = (bytes + PAGE_SIZE - 1) & -PAGE_SIZE;
    struct mapping *m;
    int err;

    if (!size || size < bytes || size >= TESS_USER_TOP) {
        return bytes ? -ENOMEM : -EINVAL;
    }
    if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
        if (address % PAGE_SIZE) {
            return -EINVAL;
        }
        if (address > TESS_USER_TOP - size) {
            return -ENOMEM;
        }
        if (flags & MAP_FIXED_NOREPLACE && !space_is_free(s, address, size)) {
            return -EEXIST;
        }
    } else {
        address = (address + PAGE_SIZE - 1) & -PAGE_SIZE;
        if (address < SPACE_LOWEST || address > STACK_TOP - size ||
            !space_is_free(s, address, size)) {
            address = find_room(s, size);
        }
        if (!address) {
            return -ENOMEM;
        }
    }
    if (is_too_much(size, prot, flags)) {
        return -ENOMEM;
    }
    m = heap_alloc(sizeof *m);
    if (!m) {
        return -ENOMEM;
    }
    err = space_is_free(s, address, size) ? 0 : space_unmap(s, address, size);
    if (err) {
        heap_free(m);
        return err;
    }
    *m = (struct mapping){ .start = address,
                           .end = address + size,
                           .offset = offset,
                           .space = s,
                           .prot = prot,
                           .flags = flags & ~(uint32_t)(MAP_FIXED | MAP_FIXED_NOREPLACE |
                                                        MAP_POPULATE | MAP_NONBLOCK) };
    attach(m, file);
    if (!insert(s, m)) {
        detach(m);
        return -ENOMEM;
    }
    join(s, mapping_index(s, address));
    return (long)address;
}

/* Rights of the hardware for a page that is there. */
static uint64_t allowed(const struct mapping *m, const struct page *p)
{
    uint64_t rights = rights_of(m->prot);
    bool writable = is_private(m) ? !p->inode && p->refs == 1 : (p->flags & PAGE_DIRTY) != 0;

    return writable ? rights : rights & ~(uint64_t)TESS_RIGHT_WRITE;
}

static void protect_pages(struct mapping *m)
{
    struct batch b = { .space = m->space };
    uint64_t address = m->start, *e;

    while ((e = entry_next(m->space, &address, m->end))) {
        uint64_t rights = allowed(m, entry_page(*e));

        if (*e & E_MAPPED) {
            batch_add(&b, address, rights ? TESS_PAGES_KEEP | rights : 0, 0);
            *e &= ~(E_MAPPED | E_WRITE);
            *e |= (rights ? E_MAPPED : 0) | (rights & TESS_RIGHT_WRITE ? E_WRITE : 0);
        }
        address += PAGE_SIZE;
    }
    (void)batch_flush(&b);
}

int space_protect(struct space *s, uint64_t address, uint64_t bytes, uint32_t prot)
{
    uint64_t end = address + ((bytes + PAGE_SIZE - 1) & -PAGE_SIZE);
    int err;

    if (address % PAGE_SIZE || end < address || end > TESS_USER_TOP) {
        return address % PAGE_SIZE ? -EINVAL : -ENOMEM;
    }
    if (end == address) {
        return 0;
    }
    /* check: all of it is mapped, and the files allow it */
    uint64_t at = address;

    for (unsigned i = mapping_index(s, address); at < end; i++) {
        const struct mapping *m = i < s->mappings ? s->mapping[i] : NULL;

        if (!m || m->start > at) {
            return -ENOMEM;
        }
        if (prot & PROT_WRITE && m->file && !is_private(m) &&
            ((m->file->flags & O_ACCMODE) != O_RDWR ||
             (m->file->ops->map && m->file->ops->map(m->file, prot, MAP_SHARED)))) {
            return -EACCES; /* not opened for it, or sealed against it */
        }
        at = m->end;
    }
    err = split_ends(s, address, end);
    if (err) {
        return err;
    }
    for (unsigned i = mapping_index(s, address); i < s->mappings && s->mapping[i]->start < end;
         i++) {
        if (s->mapping[i]->prot != prot) {
            s->mapping[i]->prot = prot;
            protect_pages(s->mapping[i]);
        }
    }
    s->changes++;
    /* neighbours that are the same again: thousands of mprotects must not leave thousands of mappings */
    for (unsigned i = mapping_index(s, address ? address - 1 : 0);
         i + 1 < s->mappings && s->mapping[i]->start <= end;) {
        unsigned before = s->mappings;

        if (can_join(s->mapping[i], s->mapping[i + 1])) {
            join(s, i + 1);
        }
        i += s->mappings == before;
    }
    return 0;
}

struct mapping *stack_grow(struct space *s, uint64_t address)
{
    struct mapping *m = mapping_at(s, address);
    uint64_t start = address & -PAGE_SIZE, most;
    unsigned i;

    if (!m || m->start <= address || !(m->flags & MAP_GROWSDOWN) || !current) {
        return NULL;
    }
    i = mapping_index(s, address);
    most = current->process->limit[RLIMIT_STACK].soft;
    if (m->end - start > most || start < SPACE_LOWEST ||
        (i && start - s->mapping[i - 1]->end < 256 * PAGE_SIZE &&
         s->mapping[i - 1]->prot != PROT_NONE) ||
        (i && start < s->mapping[i - 1]->end)) {
        return NULL;
    }
    s->pages_virtual += (m->start - start) / PAGE_SIZE;
    m->start = start;
    s->changes++;
    return m;
}

/* ---- whole spaces ---- */

int space_new(struct space **out)
{
    struct space *s = heap_alloc(sizeof *s);

    if (!s) {
        return -ENOMEM;
    }
    s->native = native_space_new();
    if (!s->native) {
        heap_free(s);
        return -ENOMEM;
    }
    s->refs = 1;
    *out = s;
    return 0;
}

void space_get(struct space *s)
{
    s->refs++;
}

void space_put(struct space *s)
{
    if (--s->refs) {
        return;
    }
    space_drop_pages(s, 0, TESS_USER_TOP);
    while (s->mappings) {
        remove_at(s, s->mappings - 1);
    }
    for (unsigned i = 0; i < s->chunks; i++) {
        heap_free(s->chunk[i]);
    }
    native_space_free(s->native);
    array_free((void **)s->chunk, &s->chunk_room);
    array_free((void **)s->mapping, &s->mapping_room);
    heap_free(s);
}

struct native_space *space_native(const struct space *s)
{
    return s->native;
}

/* The private pages of m are shared with `to`, and lose the right to be written. */
static int fork_pages(struct batch *b, struct mapping *m, struct space *to)
{
    uint64_t address = m->start, *e;

    while ((e = entry_next(m->space, &address, m->end))) {
        struct page *p = entry_page(*e);

        if (!p->inode) {
            uint64_t *copy = entry_make(to, address);

            if (!copy) {
                return -ENOMEM;
            }
            if (*e & E_WRITE) {
                batch_add(b, address,
                          TESS_PAGES_KEEP | (rights_of(m->prot) & ~(uint64_t)TESS_RIGHT_WRITE), 0);
                *e &= ~E_WRITE;
            }
            page_get(p);
            entry_set(to, address, copy, p);
        }
        address += PAGE_SIZE;
    }
    return 0;
}

int space_fork(struct space *from, struct space **out)
{
    struct batch b = { .space = from };
    struct space *s;
    int err = space_new(&s);

    if (err) {
        return err;
    }
    s->brk_start = from->brk_start;
    s->brk_end = from->brk_end;
    s->layout = from->layout;
    for (unsigned i = 0; i < from->mappings && !err; i++) {
        struct mapping *m = from->mapping[i], *copy;

        copy = heap_alloc(sizeof *copy);
        if (!copy) {
            err = -ENOMEM;
            break;
        }
        *copy = *m;
        copy->space = s;
        attach(copy, m->file);
        if (!insert(s, copy)) {
            detach(copy);
            err = -ENOMEM;
        } else if (is_private(m)) {
            err = fork_pages(&b, m, s);
        }
    }
    (void)batch_flush(&b);
    if (err) {
        space_put(s);
        return err;
    }
    *out = s;
    return 0;
}

void space_set_break(struct space *s, uint64_t start)
{
    s->brk_start = s->brk_end = start;
}

struct space_layout *space_layout(struct space *s)
{
    return &s->layout;
}

void space_name(struct space *s, uint64_t address, const char *name)
{
    struct mapping *m = mapping_at(s, address);

    if (m && m->start <= address) {
        m->name = name;
    }
}

void space_unmap_file_pages(struct inode *inode, uint64_t first, uint64_t count)
{
    LIST_FOR(l, &inode->mappings)
    {
        struct mapping *m = CONTAINER(l, struct mapping, of_inode);
        uint64_t low = m->offset / PAGE_SIZE, pages = (m->end - m->start) / PAGE_SIZE;
        uint64_t from = first > low ? first - low : 0;
        uint64_t to = first + count > low ? first + count - low : 0;
        struct batch b = { .space = m->space };

        to = to > pages || first + count < first ? pages : to;
        for (uint64_t at = m->start + from * PAGE_SIZE, end = m->start + to * PAGE_SIZE, *e;
             from < to && (e = entry_next(m->space, &at, end)); at += PAGE_SIZE) {
            if (entry_page(*e)->inode == inode) {
                entry_clear(&b, at, e);
            }
        }
        (void)batch_flush(&b);
    }
}

bool space_may_write_file(const struct inode *inode)
{
    LIST_FOR(l, &inode->mappings)
    {
        const struct mapping *m = CONTAINER(l, struct mapping, of_inode);

        if (!is_private(m) && (m->file->flags & O_ACCMODE) == O_RDWR) {
            return true;
        }
    }
    return false;
}

/* ---- for /proc ---- */

bool space_next_mapping(struct space *s, uint64_t from, struct mapping_info *out)
{
    struct mapping *m = mapping_at(s, from);
    uint64_t address, *e;

    if (!m) {
        return false;
    }
    *out = (struct mapping_info){ .start = m->start,
                                  .end = m->end,
                                  .offset = m->offset,
                                  .prot = m->prot,
                                  .flags = m->flags,
                                  .file = m->file,
                                  .name = m->name };
    if (!m->name && m->start <= s->brk_start && m->end >= s->brk_end && s->brk_end > s->brk_start &&
        !m->file) {
        out->name = "[heap]";
    }
    for (address = m->start; (e = entry_next(s, &address, m->end)); address += PAGE_SIZE) {
        out->resident_pages++;
        out->private_pages += !entry_page(*e)->inode;
    }
    return true;
}

void space_info(const struct space *s, struct space_info *out)
{
    *out = (struct space_info){
        .virtual_pages = s->pages_virtual,
        .resident_pages = s->pages_resident,
        .peak_pages = s->pages_peak,
        .text_pages = (s->layout.code_end - s->layout.code_start + PAGE_SIZE - 1) / PAGE_SIZE
    };
    for (unsigned i = 0; i < s->mappings; i++) {
        const struct mapping *m = s->mapping[i];

        if (is_private(m) && m->prot & PROT_WRITE) {
            out->data_pages += (m->end - m->start) / PAGE_SIZE;
        }
    }
}
