/* Translation tables of stage 1, 4 KiB granule, 48-bit user half (Arm ARM D8.3); barriers and TLB maintenance. */
#include "../../arch.h"

#define PTE_VALID     (1ull << 0)
#define PTE_TABLE     (1ull << 1) /* levels 0..2: table; level 3: page */
#define PTE_ATTR(n)   ((uint64_t)(n) << 2)
#define PTE_USER      (1ull << 6) /* AP[1]: EL0 may access */
#define PTE_READ_ONLY (1ull << 7) /* AP[2] */
#define PTE_INNER     (3ull << 8)
#define PTE_AF        (1ull << 10)
#define PTE_NG        (1ull << 11)
#define PTE_PXN       (1ull << 53)
#define PTE_UXN       (1ull << 54)
#define PTE_ADDRESS   0x0000fffffffff000ull

word_t arch_pte_table(word_t table_paddr)
{
    return table_paddr | PTE_VALID | PTE_TABLE;
}

word_t arch_pte_leaf(word_t paddr, unsigned level, unsigned rights, unsigned attr)
{
    /* MAIR indices are the values of TESS_ATTR_* (boot/handoff.h) */
    uint64_t pte =
        paddr | PTE_VALID | PTE_ATTR(attr) | PTE_USER | PTE_INNER | PTE_AF | PTE_NG | PTE_PXN;

    if (level == 3) {
        pte |= PTE_TABLE;
    }
    if (!(rights & TESS_RIGHT_WRITE)) {
        pte |= PTE_READ_ONLY;
    }
    if (!(rights & TESS_RIGHT_EXEC) || attr == TESS_ATTR_DEVICE) {
        pte |= PTE_UXN;
    }
    return pte;
}

bool arch_pte_is_table(word_t pte, unsigned level)
{
    return level < 3 && (pte & (PTE_VALID | PTE_TABLE)) == (PTE_VALID | PTE_TABLE);
}

bool arch_pte_is_leaf(word_t pte, unsigned level)
{
    return (pte & PTE_VALID) && (level == 3 || !(pte & PTE_TABLE));
}

word_t arch_pte_paddr(word_t pte)
{
    return pte & PTE_ADDRESS;
}

unsigned arch_pte_rights(word_t pte)
{
    return TESS_RIGHT_READ | (pte & PTE_READ_ONLY ? 0 : TESS_RIGHT_WRITE) |
           (pte & PTE_UXN ? 0 : TESS_RIGHT_EXEC);
}

void arch_pte_write(word_t *pte, word_t value)
{
    *(volatile word_t *)pte = value;
}

void arch_tlb_publish(void)
{
    __asm__ volatile("dsb ishst" ::
                         : "memory"); /* the walker sees the new entries; ERET is the ISB */
}

void arch_tlb_page(word_t asid, word_t vaddr)
{
    if (asid != 0) {
        __asm__ volatile("dsb ishst\n tlbi vae1is, %0" ::"r"(asid << 48 | vaddr >> 12) : "memory");
    }
}

void arch_tlb_asid(word_t asid)
{
    __asm__ volatile("dsb ishst\n tlbi aside1is, %0" ::"r"(asid << 48) : "memory");
}

void arch_tlb_sync(void)
{
    __asm__ volatile("dsb ish" ::: "memory");
}

word_t arch_space_word(word_t root_paddr, word_t asid)
{
    return root_paddr | asid << 48;
}

/* DC ZVA clears a naturally aligned block of 4 << DCZID_EL0.BS bytes (Arm ARM D17.2.35), at most 2 KiB. */
void arch_zero_page(void *page)
{
    static word_t block; /* 0: not yet read */
    char *p = page, *end = p + TESS_PAGE;

    if (block == 0) {
        uint64_t dczid;
        __asm__("mrs %0, dczid_el0" : "=r"(dczid));
        block = 4u << (dczid & 15);
    }
    if (block == 64) {
        while (p < end) {
            LOOP_BOUND(16);
            __asm__ volatile("dc zva, %0\n dc zva, %1\n dc zva, %2\n dc zva, %3" ::"r"(p),
                             "r"(p + 64), "r"(p + 128), "r"(p + 192)
                             : "memory");
            p += 256;
        }
        return;
    }
    for (; p < end; p += block) {
        LOOP_BOUND(1024);
        __asm__ volatile("dc zva, %0" ::"r"(p) : "memory");
    }
}

void arch_icache_sync(void *at, word_t bytes)
{
    for (word_t a = (word_t)at & ~63ull; a < (word_t)at + bytes; a += 64) {
        LOOP_BOUND(1 << 20); /* boot only */
        __asm__ volatile("dc cvau, %0" ::"r"(a) : "memory");
    }
    __asm__ volatile("dsb ish\n ic ialluis\n dsb ish\n isb" ::: "memory");
}
