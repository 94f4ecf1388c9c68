/* The heap: slabs of one page for sizes up to 2 KiB, ranges of pages for more. */
#include <string.h>

#include "frames.h"

static const uint16_t size_of[] = { 16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 800, 1344, 2032 };
#define CLASSES (sizeof size_of / sizeof *size_of)

/* At the start of a slab's page; the objects end at the end of the page, so that all are 16-byte aligned. */
struct slab {
    void *free; /* objects, linked by their first word */
    uint16_t used, class;
};
#define SLAB_HEADER 16u

static struct list partial[CLASSES];         /* struct page.link: slabs with a free object */
static uint64_t pages, objects[CLASSES + 1]; /* in use; the last: ranges of pages */
static bool is_started;

static struct page *slab_new(unsigned class)
{
    struct page *p = page_alloc();

    if (!p) {
        return NULL;
    }
    struct slab *s = page_data(p);

    *s = (struct slab){ .class = (uint16_t) class };
    for (int64_t at = PAGE_SIZE - size_of[class]; at >= (int64_t)SLAB_HEADER;
         at -= size_of[class]) {
        void **object = (void **)((char *)s + at);

        *object = s->free;
        s->free = object;
    }
    p->flags = PAGE_HEAP | PAGE_SLAB;
    pages++;
    list_append(&partial[class], &p->link);
    return p;
}

static void *slab_alloc(unsigned class)
{
    struct list *head = &partial[class];
    struct page *p =
        list_is_empty(head) ? slab_new(class) : CONTAINER(head->next, struct page, link);

    if (!p) {
        return NULL;
    }
    struct slab *s = page_data(p);
    void **object = s->free;

    s->free = *object;
    s->used++;
    objects[class]++;
    if (!s->free) {
        list_remove(&p->link);
    }
    return object;
}

static void start(void)
{
    for (unsigned i = 0; i < CLASSES; i++) {
        list_init(&partial[i]);
    }
    is_started = true;
}

void *heap_alloc(size_t bytes)
{
    void *memory;

    if (!is_started) {
        start();
    }
    if (bytes > size_of[CLASSES - 1]) {
        unsigned count = (unsigned)((bytes + PAGE_SIZE - 1) / PAGE_SIZE);
        struct page *p = bytes > 1024 * PAGE_SIZE ? NULL : page_alloc_range(count);

        if (!p) {
            return NULL;
        }
        p->flags = PAGE_HEAP;
        pages += 1ull << p->index;
        objects[CLASSES]++;
        memory = page_data(p);
    } else {
        unsigned class = 0;

        while (size_of[class] < bytes) {
            class ++;
        }
        memory = slab_alloc(class);
        bytes = size_of[class];
    }
    return memory ? memset(memory, 0, bytes) : NULL;
}

void heap_free(void *memory)
{
    if (!memory) {
        return;
    }
    struct page *p = page_of((void *)((uint64_t)memory & -PAGE_SIZE));

    if (!(p->flags & PAGE_SLAB)) {
        pages -= 1ull << p->index;
        objects[CLASSES]--;
        page_free_range(p);
        return;
    }
    struct slab *s = page_data(p);

    if (!s->free) {
        list_append(&partial[s->class], &p->link);
    }
    *(void **)memory = s->free;
    s->free = memory;
    objects[s->class]--;
    if (--s->used == 0) {
        list_remove(&p->link);
        pages--;
        page_put(p);
    }
}

uint64_t heap_pages(void)
{
    return pages;
}

bool heap_class(unsigned number, unsigned *bytes, uint64_t *used)
{
    if (number > CLASSES) {
        return false;
    }
    *bytes = number < CLASSES ? size_of[number] : 0;
    *used = objects[number];
    return true;
}
