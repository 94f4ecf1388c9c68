/* The translation tables that the loader builds (Arm ARM D8.3: 4 KiB granule, 48-bit addresses). */
#ifndef KERNEL_LOADER_PAGING_H
#define KERNEL_LOADER_PAGING_H

#include <stdbool.h>
#include <stdint.h>

/* Attributes of a mapping; MAIR as kernel/boot/handoff.h says: index 0 Normal write-back, 1 Device-nGnRE. */
#define PTE_AF       (1ull << 10)
#define PTE_INNER    (3ull << 8)
#define PTE_READONLY (1ull << 7)
#define PTE_DEVICE   (1ull << 2)
#define PTE_PXN      (1ull << 53)
#define PTE_UXN      (1ull << 54)
#define MAP_DATA     (PTE_AF | PTE_INNER | PTE_PXN | PTE_UXN)
#define MAP_RODATA   (MAP_DATA | PTE_READONLY)
#define MAP_TEXT     (PTE_AF | PTE_INNER | PTE_READONLY | PTE_UXN)
#define MAP_DEVICE   (PTE_AF | PTE_DEVICE | PTE_PXN | PTE_UXN)

struct paging {
    uint64_t pool; /* zeroed pages, addressed physically */
    uint64_t used, max;
};

/* An empty table; 0 when the pool is used up. */
uint64_t paging_table(struct paging *p);
/*
 * Map bytes at va to pa with the largest blocks that fit, in the tree below root.  All page aligned; nothing may be
 * mapped there yet.  False when the pool is used up or something is mapped.
 */
bool paging_map(struct paging *p, uint64_t root, uint64_t va, uint64_t pa, uint64_t bytes,
                uint64_t attributes);

#endif
