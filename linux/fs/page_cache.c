/*
 * The page cache.  An inode's pages lie in a radix tree of 64 entries a node.  A page that is filled is UPTODATE; one that is being read
 * or written is LOCKED, and whoever needs it waits.  Clean pages that nobody else has a reference of can be given back.
 */
#include "page_cache.h"

#include <asm/errno.h>
#include <assert.h>
#include <linux/resource.h>
#include <string.h>

#include "../mm/frames.h"
#include "../task/task.h"
#include "dentry.h"

#define NODE_BITS     6u
#define NODE_SIZE     (1u << NODE_BITS)
#define READ_AHEAD    16u /* pages read at once */
#define WRITE_RUN     16u /* pages written at once */
#define WRITE_BACK_NS 2000000000ull
#define KEPT_SHARE    2u /* files with names in memory have at most one page in so many */
#define DIRTY_SHARE   8u /* at most one page in so many is dirty */

struct node {
    void *entry[NODE_SIZE]; /* nodes, or pages at the lowest level */
    uint32_t used;
};

struct page_tree {
    void *root;
    unsigned height; /* levels of nodes; 0: empty */
    uint64_t pages, dirty;
    uint64_t writing; /* runs of pages that are being written back */
    struct inode *inode;
    struct list all; /* in dirty_trees, while there are dirty pages */
};

static struct list lru = {
    &lru, &lru
}; /* clean and dirty pages of files on disks, least recently read first */
static struct list dirty_trees = { &dirty_trees, &dirty_trees };
static struct wait_queue page_waiters = { { &page_waiters.waiters, &page_waiters.waiters } };
/* The write-back fiber, while nothing is dirty: no timer then, so that the event loop waits without a deadline. */
static struct wait_queue dirty_waiters = { { &dirty_waiters.waiters, &dirty_waiters.waiters } };
static uint64_t cached, dirty, kept;

/* ---- the tree ---- */

static struct page_tree *tree_of(struct inode *i)
{
    if (!i->pages) {
        i->pages = heap_alloc(sizeof *i->pages);
        if (i->pages) {
            i->pages->inode = i;
            list_init(&i->pages->all);
        }
    }
    return i->pages;
}

static struct page **place_of(struct page_tree *t, uint64_t index, bool make)
{
    void **at = &t->root;

    while (t->height == 0 || index >> t->height * NODE_BITS) {
        struct node *n;

        if (!make) {
            return NULL;
        }
        n = heap_alloc(sizeof *n);
        if (!n) {
            return NULL;
        }
        n->entry[0] = t->root;
        n->used = t->root != NULL;
        t->root = n;
        t->height++;
    }
    for (unsigned level = t->height; level > 0; level--) {
        struct node *n = *at;

        if (!n) {
            if (!make || !(n = heap_alloc(sizeof *n))) {
                return NULL;
            }
            *at = n;
        }
        at = &n->entry[index >> (level - 1) * NODE_BITS & (NODE_SIZE - 1)];
    }
    return (struct page **)at;
}

static struct page *tree_find(struct inode *i, uint64_t index)
{
    struct page **at = i->pages ? place_of(i->pages, index, false) : NULL;

    return at ? *at : NULL;
}

/* The next page from *index on; NULL. */
static struct page *next_in(void *node, unsigned level, uint64_t base, uint64_t *index)
{
    struct node *n = node;
    uint64_t span = 1ull << (level - 1) * NODE_BITS;
    unsigned from = *index > base ? (unsigned)((*index - base) / span) : 0;

    for (unsigned i = from; i < NODE_SIZE; i++) {
        if (!n->entry[i]) {
            continue;
        }
        if (level == 1) {
            *index = base + i;
            return n->entry[i];
        }
        struct page *p = next_in(n->entry[i], level - 1, base + i * span, index);

        if (p) {
            return p;
        }
    }
    return NULL;
}

static struct page *tree_next(struct page_tree *t, uint64_t *index)
{
    if (!t || !t->height || *index >> t->height * NODE_BITS) {
        return NULL;
    }
    return t->root ? next_in(t->root, t->height, 0, index) : NULL;
}

static void free_nodes(void *node, unsigned level)
{
    struct node *n = node;

    for (unsigned i = 0; level > 1 && i < NODE_SIZE; i++) {
        if (n->entry[i]) {
            free_nodes(n->entry[i], level - 1);
        }
    }
    heap_free(n);
}

void cache_free(struct inode *i)
{
    if (i->pages) {
        assert(!i->pages->pages);
        if (i->pages->root) {
            free_nodes(i->pages->root, i->pages->height);
        }
        list_remove(&i->pages->all);
        heap_free(i->pages);
        i->pages = NULL;
    }
}

/* ---- pages ---- */

static bool is_kept(const struct inode *i)
{
    return !i->ops->write_pages && !i->ops->read_pages;
}

/* A new page in the tree, LOCKED, with a reference for the caller beside the tree's. */
static struct page *page_add(struct inode *i, uint64_t index)
{
    struct page_tree *t = tree_of(i);
    struct page **at = t ? place_of(t, index, true) : NULL;
    struct page *p;

    if (!at) {
        return NULL;
    }
    assert(!*at);
    if (is_kept(i) && i->links && kept > pages_total() / KEPT_SHARE) {
        return NULL; /* the file system in memory is full */
    }
    p = page_alloc();
    if (!p) {
        return NULL;
    }
    at = place_of(t, index, true); /* page_alloc may have changed the tree: it reclaims */
    *at = p;
    p->inode = i;
    p->index = index;
    p->flags = PAGE_LOCKED | (is_kept(i) ? PAGE_KEEP : 0);
    page_get(p);
    t->pages++;
    if (p->flags & PAGE_KEEP) {
        kept++;
    } else {
        cached++;
        list_append(&lru, &p->link);
    }
    return p;
}

static void unlock_page(struct page *p)
{
    p->flags &= ~PAGE_LOCKED;
    wake_all(&page_waiters, 0);
}

static void page_clean(struct page *p)
{
    if (p->flags & PAGE_DIRTY) {
        struct page_tree *t = p->inode->pages;

        p->flags &= ~PAGE_DIRTY;
        dirty--;
        if (--t->dirty == 0) {
            list_remove(&t->all);
        }
    }
}

void cache_dirty(struct page *p)
{
    if (p->flags & (PAGE_DIRTY | PAGE_KEEP)) {
        return;
    }
    struct page_tree *t = p->inode->pages;

    p->flags |= PAGE_DIRTY;
    if (dirty++ == 0) {
        wake_all(&dirty_waiters, 0);
    }
    if (t->dirty++ == 0) {
        list_append(&dirty_trees, &t->all);
    }
}

/* Out of the cache.  Whoever has it mapped keeps it: anonymous from now on. */
static void page_drop(struct page *p)
{
    struct page_tree *t = p->inode->pages;

    page_clean(p);
    *place_of(t, p->index, false) = NULL;
    t->pages--;
    if (p->flags & PAGE_KEEP) {
        kept--;
    } else {
        cached--;
    }
    list_remove(&p->link);
    p->inode = NULL;
    p->flags &= ~PAGE_KEEP;
    page_put(p);
}

struct page *cache_peek(struct inode *i, uint64_t index)
{
    struct page *p = tree_find(i, index);

    if (!p || !(p->flags & PAGE_UPTODATE)) {
        return NULL;
    }
    page_get(p);
    return p;
}

/* Fill LOCKED pages that follow one another; each has a reference, which goes. */
static int read_run(struct inode *i, struct page **page, unsigned count)
{
    int err = i->ops->read_pages ? i->ops->read_pages(i, page, count) : 0;

    for (unsigned n = 0; n < count; n++) {
        if (!i->ops->read_pages) {
            page_clear(page_data(page[n]));
        }
        page[n]->flags |= err ? PAGE_ERROR : PAGE_UPTODATE;
        unlock_page(page[n]);
        if (err && page[n]->inode) {
            page_drop(page[n]);
        }
        page_put(page[n]);
    }
    return err;
}

static uint64_t pages_of(const struct inode *i)
{
    return (i->size + PAGE_SIZE - 1) / PAGE_SIZE;
}

uint64_t cache_pages(const struct inode *i)
{
    return i->pages ? i->pages->pages : 0;
}

/* Read the page and those that follow and are not there. */
static int read_from(struct inode *i, uint64_t index, unsigned most)
{
    struct page *page[READ_AHEAD];
    unsigned count = 0;

    while (count < most && index + count < pages_of(i) && !tree_find(i, index + count)) {
        page[count] = page_add(i, index + count);
        if (!page[count]) {
            break;
        }
        count++;
    }
    return count ? read_run(i, page, count) : -ENOMEM;
}

int cache_page(struct inode *i, uint64_t index, struct page **out)
{
    for (;;) {
        struct page *p = tree_find(i, index);

        if (p && p->flags & PAGE_UPTODATE) {
            page_get(p);
            *out = p;
            return 0;
        }
        if (index >= pages_of(i)) {
            return -ENXIO;
        }
        if (p) {
            (void)wait_on(&page_waiters, TIME_NEVER, WAIT_UNINTERRUPTIBLE);
            continue;
        }
        int err = read_from(i, index, i->ops->read_pages ? READ_AHEAD : 1);

        if (err) {
            return err;
        }
    }
}

void cache_truncate(struct inode *i, uint64_t bytes)
{
    uint64_t first = (bytes + PAGE_SIZE - 1) / PAGE_SIZE, index = first;
    struct page *p;

    if (!i->pages) {
        return;
    }
    if (!list_is_empty(&i->mappings)) {
        space_unmap_file_pages(i, first, ~0ull - first);
    }
    while ((p = tree_next(i->pages, &index))) {
        if (p->flags & PAGE_LOCKED && i->refs) {
            (void)wait_on(&page_waiters, TIME_NEVER, WAIT_UNINTERRUPTIBLE);
            continue;
        }
        page_drop(p);
    }
    p = bytes % PAGE_SIZE ? tree_find(i, bytes / PAGE_SIZE) : NULL;
    if (p && p->flags & PAGE_UPTODATE) {
        memset((char *)page_data(p) + bytes % PAGE_SIZE, 0, PAGE_SIZE - bytes % PAGE_SIZE);
    }
}

/* ---- writing back ---- */

static int write_run(struct inode *i, struct page **page, unsigned count)
{
    int err;

    for (unsigned n = 0; n < count; n++) {
        page[n]->flags |= PAGE_LOCKED;
        page_get(page[n]);
        page_clean(page[n]);
    }
    /* what is mapped and written meanwhile is dirty again: it has to fault for that */
    if (!list_is_empty(&i->mappings)) {
        space_unmap_file_pages(i, page[0]->index, count);
    }
    i->pages->writing++;
    err = i->ops->write_pages(i, page, count);
    i->pages->writing--;
    if (err && !i->write_error) {
        i->write_error = err; /* what could not be written is lost, as with Linux: fsync says so */
    }
    for (unsigned n = 0; n < count; n++) {
        unlock_page(page[n]);
        page_put(page[n]);
    }
    return err;
}

int cache_write_back(struct inode *i)
{
    uint64_t index = 0;
    struct page *p;
    int result = 0;

    while (i->pages && i->pages->dirty && (p = tree_next(i->pages, &index))) {
        struct page *run[WRITE_RUN];
        unsigned count = 0;

        if (p->flags & PAGE_LOCKED) {
            (void)wait_on(&page_waiters, TIME_NEVER, WAIT_UNINTERRUPTIBLE);
            continue;
        }
        while (count < WRITE_RUN && p && p->flags & PAGE_DIRTY && !(p->flags & PAGE_LOCKED) &&
               p->index == index + count) {
            run[count++] = p;
            p = tree_find(i, index + count);
        }
        if (count) {
            int err = write_run(i, run, count);

            result = result ? result : err;
        }
        index += count ? count : 1;
    }
    while (i->pages && i->pages->writing) { /* by somebody else */
        (void)wait_on(&page_waiters, TIME_NEVER, WAIT_UNINTERRUPTIBLE);
    }
    return result;
}

uint64_t cache_dirty_pages(const struct inode *i)
{
    return i->pages ? i->pages->dirty : 0;
}

void cache_drop(struct inode *i, uint64_t first, uint64_t end)
{
    uint64_t index = first;
    struct page *p;

    if (is_kept(i)) {
        return;
    }
    (void)cache_write_back(i);
    while ((p = tree_next(i->pages, &index)) && index < end) {
        if (p->refs == 1 && !(p->flags & (PAGE_DIRTY | PAGE_LOCKED))) {
            page_drop(p);
        }
        index++;
    }
}

void cache_ahead(struct inode *i, uint64_t first, uint64_t count)
{
    uint64_t end = first + count < pages_of(i) ? first + count : pages_of(i);

    while (!is_kept(i) && first < end && pages_free() > pages_total() / 8) {
        if (!tree_find(i, first) &&
            read_from(i, first, end - first < READ_AHEAD ? (unsigned)(end - first) : READ_AHEAD)) {
            return;
        }
        first++;
    }
}

int cache_sync(struct super *s)
{
    int result = 0;

    LIST_FOR(l, &dirty_trees)
    {
        struct inode *i = CONTAINER(l, struct page_tree, all)->inode;

        if (i->super == s) {
            inode_get(i);
            int err = cache_write_back(i);

            inode_put(i);
            result = result ? result : err;
            if (err) {
                break;
            }
            l_next = dirty_trees.next; /* the list may have changed */
        }
    }
    return result;
}

static void write_back_now_and_then(void *argument)
{
    (void)argument;
    for (;;) {
        while (!dirty) {
            (void)wait_on(&dirty_waiters, TIME_NEVER, WAIT_UNINTERRUPTIBLE);
        }
        fiber_pause(WRITE_BACK_NS);
        for (unsigned n = 0; n < 64 && !list_is_empty(&dirty_trees); n++) {
            struct inode *i = CONTAINER(dirty_trees.next, struct page_tree, all)->inode;

            inode_get(i);
            if (cache_write_back(i)) {
                n = 64;
            }
            inode_put(i);
        }
    }
}

void cache_start(void)
{
    fiber_start(write_back_now_and_then, NULL);
}

unsigned cache_reclaim(unsigned pages)
{
    unsigned done = 0, looked = 0;

    LIST_FOR(l, &lru)
    {
        struct page *p = CONTAINER(l, struct page, link);

        if (done == pages || looked++ > 4096) {
            break;
        }
        if (p->refs == 1 && !(p->flags & (PAGE_DIRTY | PAGE_LOCKED))) {
            page_drop(p);
            done++;
        }
    }
    return done ? done : dentry_shrink(pages);
}

uint64_t cache_kept_room(void)
{
    uint64_t limit = pages_total() / KEPT_SHARE, left = limit > kept ? limit - kept : 0;

    return left < pages_free() ? left : pages_free();
}

void cache_info(struct memory_info *info)
{
    info->cached = cached + kept;
    info->dirty = dirty;
    info->shared = kept;
}

/* ---- reading and writing files ---- */

/* A page that is read again and again is given back last. */
static void page_used(struct page *p)
{
    if (!(p->flags & PAGE_KEEP)) {
        list_remove(&p->link);
        list_append(&lru, &p->link);
    }
}

long cached_read(struct file *f, struct uio *u, uint64_t *position)
{
    struct inode *i = f->inode;
    long done = 0;

    while (u->left && *position < i->size) {
        uint64_t in = *position % PAGE_SIZE, part = PAGE_SIZE - in;
        struct page *p = cache_peek(i, *position / PAGE_SIZE);
        size_t n;

        if (!p) {
            int err = cache_page(i, *position / PAGE_SIZE, &p);

            if (err == -ENXIO) {
                break;
            }
            if (err) {
                return done ? done : err;
            }
        }
        part = part < i->size - *position ? part : i->size - *position;
        part = part < u->left ? part : u->left;
        n = uio_put(u, (const char *)page_data(p) + in, part);
        page_used(p);
        page_put(p);
        *position += n;
        done += (long)n;
        if (n < part) {
            return done ? done : -EFAULT;
        }
    }
    if (!(f->flags & O_NOATIME) && done && !(f->mount && mount_flags(f->mount) & 1024)) {
        /* relatime: only if the last reading was before the last change */
        if (i->atime.sec <= i->mtime.sec) {
            i->atime = time_now();
        }
    }
    return done;
}

/* A page to be written: filled before, unless it is overwritten as a whole or beyond the end. */
static int page_for_writing(struct inode *i, uint64_t index, bool is_whole, struct page **out)
{
    struct page *p = cache_peek(i, index);

    if (p) {
        *out = p;
        return 0;
    }
    if (!is_whole && index < pages_of(i)) {
        return cache_page(i, index, out);
    }
    while ((p = tree_find(i, index)) && !(p->flags & PAGE_UPTODATE)) {
        (void)wait_on(&page_waiters, TIME_NEVER, WAIT_UNINTERRUPTIBLE);
    }
    if (!p) {
        p = page_add(i, index);
        if (!p) {
            return -ENOSPC;
        }
        page_clear(page_data(p));
        p->flags |= PAGE_UPTODATE;
        unlock_page(p);
    } else {
        page_get(p);
    }
    *out = p;
    return 0;
}

static long limit_write(struct file *f, uint64_t position, size_t left)
{
    uint64_t limit = current ? current->process->limit[RLIMIT_FSIZE].soft : ~0ull;
    uint64_t most = INT64_MAX;

    if (limit < most) {
        most = limit;
        if (position >= most && left) {
            signal_send_task(current, SIGXFSZ, NULL);
            return -EFBIG;
        }
    }
    (void)f;
    if (position >= most) {
        return left ? -EFBIG : 0;
    }
    return (long)(left < most - position ? left : most - position);
}

long cached_write(struct file *f, struct uio *u, uint64_t *position)
{
    struct inode *i = f->inode;
    long done = 0, err = 0;

    lock_take(&i->lock);
    if (f->flags & O_APPEND) {
        *position = i->size;
    }
    long most = limit_write(f, *position, u->left);

    while (most > 0 && done < most) {
        uint64_t in = *position % PAGE_SIZE, part = PAGE_SIZE - in;
        struct page *p;
        size_t n;

        part = part < (uint64_t)(most - done) ? part : (uint64_t)(most - done);
        err = page_for_writing(i, *position / PAGE_SIZE, part == PAGE_SIZE, &p);
        if (err) {
            break;
        }
        n = uio_get(u, (char *)page_data(p) + in, part);
        if (n) {
            cache_dirty(p);
        }
        page_put(p);
        if (dirty > pages_total() / DIRTY_SHARE && !is_kept(i)) {
            (void)cache_write_back(i); /* whoever writes faster than the disk waits for it */
        }
        *position += n;
        done += (long)n;
        if (*position > i->size) {
            i->size = *position;
        }
        if (n < part) {
            err = -EFAULT;
            break;
        }
    }
    if (done) {
        inode_touch(i, ATTR_MTIME);
        if (is_kept(i)) {
            i->blocks = i->pages->pages * (PAGE_SIZE / 512);
        }
        if (i->mode & (S_ISUID | S_ISGID) && current && current->process->cred.fsuid) {
            i->mode &= ~(uint32_t)(S_ISUID | (i->mode & 0010 ? S_ISGID : 0));
        }
    }
    lock_drop(&i->lock);
    return done ? done : most < 0 ? most : err;
}
