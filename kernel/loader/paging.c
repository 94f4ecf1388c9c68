/* Translation tables. */
#include <loader/paging.h>

enum { PAGE_SHIFT = 12, BITS = 9, ROOT_SHIFT = 39, BLOCK_SHIFT_MAX = 30 };
enum { PTE_VALID = 1, PTE_TABLE = 2 }; /* at level 3 the second bit says "page" */

#define PTE_ADDRESS 0x0000fffffffff000ull

uint64_t paging_table(struct paging *p)
{
    return p->used < p->max ? p->pool + (p->used++ << PAGE_SHIFT) : 0;
}

/* Write one leaf as high in the tree as alignment and length allow; its size, or 0. */
static uint64_t map_leaf(struct paging *p, uint64_t root, uint64_t va, uint64_t pa, uint64_t bytes,
                         uint64_t attributes)
{
    uint64_t table = root;

    for (unsigned shift = ROOT_SHIFT;; shift -= BITS) {
        uint64_t *pte = (uint64_t *)table + (va >> shift & ((1u << BITS) - 1));
        uint64_t size = 1ull << shift;

        if (shift <= BLOCK_SHIFT_MAX && !*pte && !((va | pa) & (size - 1)) && bytes >= size) {
            *pte = pa | attributes | PTE_VALID | (shift == PAGE_SHIFT ? PTE_TABLE : 0);
            return size;
        }
        if (shift == PAGE_SHIFT) {
            return 0;
        }
        if (!*pte) {
            uint64_t next = paging_table(p);

            if (!next) {
                return 0;
            }
            *pte = next | PTE_VALID | PTE_TABLE;
        } else if (!(*pte & PTE_TABLE)) {
            return 0;
        }
        table = *pte & PTE_ADDRESS;
    }
}

bool paging_map(struct paging *p, uint64_t root, uint64_t va, uint64_t pa, uint64_t bytes,
                uint64_t attributes)
{
    while (bytes) {
        uint64_t size = map_leaf(p, root, va, pa, bytes, attributes);

        if (!size) {
            return false;
        }
        va += size;
        pa += size;
        bytes -= size;
    }
    return true;
}
