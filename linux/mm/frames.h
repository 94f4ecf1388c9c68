/* Between the files of mm/. */
#ifndef LINUX_MM_FRAMES_H
#define LINUX_MM_FRAMES_H

#include "mm.h"

#define PAGE_FREE 0x100u /* the first page of a free block; index: its order */
#define PAGE_SLAB 0x200u /* of small objects of the heap */

/* Once: the window has so many bytes.  False: too few. */
bool pages_start(uint64_t window_bytes);
/* What page_alloc_range gave. */
void page_free_range(struct page *p);
uint64_t pages_free(void);
uint64_t pages_total(void);
uint64_t heap_pages(void);

/* Clear a page: DC ZVA clears a block of DCZID_EL0.BS words (Arm ARM C6.2.100); 64 bytes on every CPU that has it enabled here. */
static inline void page_clear(void *page)
{
    for (char *at = page, *end = at + PAGE_SIZE; at < end; at += 256) {
        __asm__ volatile("dc zva, %0\n\tdc zva, %1\n\tdc zva, %2\n\tdc zva, %3"
                         :
                         : "r"(at), "r"(at + 64), "r"(at + 128), "r"(at + 192)
                         : "memory");
    }
}

#endif
