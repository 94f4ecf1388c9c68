/* Page frames: a buddy allocator over the window (Knuth, TAOCP 1, 2.5), and the array of struct page that describes it. */
#include <assert.h>
#include <string.h>

#include "../task/native.h"
#include "frames.h"
#include "mm.h"

#define ORDERS 11u /* blocks of 1 .. 1024 pages */
#define FIBER_RESERVE                                                                              \
    64u /* pages that only ranges get: stacks of fibers, so that what frees memory can run */

static struct page *frame; /* [frames] */
static uint64_t frames, free_pages;
static struct list free_block[ORDERS];

static uint64_t number_of(const struct page *p)
{
    return (uint64_t)(p - frame);
}

void *page_data(const struct page *p)
{
    return (void *)(WINDOW_AT + number_of(p) * PAGE_SIZE);
}

uint64_t page_offset(const struct page *p)
{
    return number_of(p) * PAGE_SIZE;
}

struct page *page_of(const void *data)
{
    return &frame[((uint64_t)data - WINDOW_AT) / PAGE_SIZE];
}

/* A free block's first page: refs 0, index: its order, PAGE_FREE. */
static void block_free(uint64_t n, unsigned order)
{
    free_pages += 1ull << order;
    for (; order < ORDERS - 1; order++) {
        uint64_t buddy = n ^ 1ull << order;

        if (buddy >= frames || !(frame[buddy].flags & PAGE_FREE) || frame[buddy].index != order) {
            break;
        }
        list_remove(&frame[buddy].link);
        frame[buddy].flags = 0;
        n &= ~(1ull << order);
    }
    frame[n].flags = PAGE_FREE;
    frame[n].index = order;
    list_prepend(&free_block[order], &frame[n].link);
}

static struct page *block_alloc(unsigned order)
{
    unsigned from = order;

    while (from < ORDERS && list_is_empty(&free_block[from])) {
        from++;
    }
    if (from == ORDERS) {
        return NULL;
    }
    struct page *p = CONTAINER(free_block[from].next, struct page, link);

    list_remove(&p->link);
    while (from > order) {
        struct page *half = p + (1u << --from);

        half->flags = PAGE_FREE;
        half->index = from;
        list_prepend(&free_block[from], &half->link);
    }
    free_pages -= 1ull << order;
    p->flags = 0;
    p->refs = 1;
    p->inode = NULL;
    return p;
}

bool pages_start(uint64_t window_bytes)
{
    uint64_t taken;

    frames = window_bytes / PAGE_SIZE;
    frame = (struct page *)WINDOW_AT;
    taken = (frames * sizeof(struct page) + PAGE_SIZE - 1) / PAGE_SIZE;
    if (taken + 2 * FIBER_RESERVE >= frames) {
        return false;
    }
    memset(frame, 0, taken * PAGE_SIZE);
    for (unsigned i = 0; i < ORDERS; i++) {
        list_init(&free_block[i]);
    }
    for (uint64_t i = 0; i < frames; i++) {
        list_init(&frame[i].link);
    }
    for (uint64_t i = 0; i < taken; i++) {
        frame[i].refs = 1;
    }
    for (uint64_t n = taken; n < frames;) {
        unsigned order = 0;

        while (order < ORDERS - 1 && !(n & 1ull << order) && n + (2ull << order) <= frames) {
            order++;
        }
        block_free(n, order);
        n += 1ull << order;
    }
    return true;
}

struct page *page_alloc(void)
{
    if (free_pages <= FIBER_RESERVE && !cache_reclaim(32)) {
        return NULL;
    }
    struct page *p = block_alloc(0);

    if (!p && cache_reclaim(32)) {
        p = block_alloc(0);
    }
    return p;
}

struct page *page_alloc_zeroed(void)
{
    struct page *p = page_alloc();

    if (p) {
        page_clear(page_data(p));
    }
    return p;
}

static unsigned order_of(unsigned count)
{
    unsigned order = 0;

    while (1u << order < count) {
        order++;
    }
    return order;
}

struct page *page_alloc_range(unsigned count)
{
    unsigned order = order_of(count);
    struct page *p = order < ORDERS ? block_alloc(order) : NULL;

    for (unsigned tries = 0; !p && order < ORDERS && tries < 8 && cache_reclaim(64); tries++) {
        p = block_alloc(order);
    }
    if (p) {
        p->index = order;
    }
    return p;
}

void page_free_range(struct page *p)
{
    assert(p->refs == 1);
    p->refs = 0;
    block_free(number_of(p), (unsigned)p->index);
}

void page_get(struct page *p)
{
    p->refs++;
}

void page_put(struct page *p)
{
    assert(p->refs > 0);
    if (--p->refs == 0) {
        block_free(number_of(p), 0);
    }
}

uint64_t pages_free(void)
{
    return free_pages;
}

uint64_t pages_total(void)
{
    return frames;
}
