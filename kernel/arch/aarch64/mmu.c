/* Barriers, TLB maintenance, zeroing (Arm ARM D8.13, D17.2.35). */
#include "../../arch.h"

#define TLBI_PAGES_MAX 32u /* more pages: all of the address space at once */

void arch_tlb_publish(void)
{
    __asm__ volatile("dsb ishst" ::
                         : "memory"); /* the walker sees the new entries; ERET is the ISB */
}

void arch_tlb_range(word_t asid, word_t vaddr, unsigned pages)
{
    if (asid == 0) {
        return;
    }
    __asm__ volatile("dsb ishst" ::: "memory");
    if (pages > TLBI_PAGES_MAX) {
        __asm__ volatile("tlbi aside1is, %0" ::"r"(asid << 48) : "memory");
        return;
    }
    word_t what = asid << 48 | vaddr >> 12;
    for (unsigned i = 0; i < pages; i++) {
        LOOP_BOUND(TLBI_PAGES_MAX);
        __asm__ volatile("tlbi vae1is, %0" ::"r"(what + i) : "memory");
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
