/* Memory at boot: which is free, which is device memory, and an allocator that takes from the smallest range that
 * suffices, so that the largest stays whole for the root thread. */
#include "boot.h"
#include "../arch.h"

#define DEVICE_BITS                                                                                \
    40 /* devices are looked for below 2^40: no board has them higher, and ranges stay few */

static struct ranges memory, device;

/* Take the pages that [base, base + bytes) touches out of r. */
static void cut(struct ranges *r, word_t base, word_t bytes)
{
    word_t first = base & ~(word_t)(TESS_PAGE - 1);
    word_t end = (base + bytes + TESS_PAGE - 1) & ~(word_t)(TESS_PAGE - 1);
    if (first < end && !ranges_cut(r, first, end - first)) {
        boot_die("memory is in too many pieces");
    }
}

void boot_memory_init(const struct handoff *h)
{
    for (uint32_t i = 0; i < h->ram_count; i++) {
        LOOP_BOUND(HANDOFF_RAM);
        (void)ranges_add(&memory, h->ram[i].base, h->ram[i].bytes);
    }
    for (uint32_t i = 0; i < h->used_count; i++) {
        LOOP_BOUND(HANDOFF_USED);
        cut(&memory, h->used[i].base, h->used[i].bytes);
    }
    word_t bits = h->pa_bits < DEVICE_BITS ? h->pa_bits : DEVICE_BITS;
    (void)ranges_add(&device, 0, (word_t)1 << bits);
    for (uint32_t i = 0; i < h->ram_count; i++) {
        LOOP_BOUND(HANDOFF_RAM);
        cut(&device, h->ram[i].base, h->ram[i].bytes);
    }
    for (uint32_t i = 0; i < h->device_count; i++) {
        LOOP_BOUND(HANDOFF_DEVICE);
        cut(&device, h->device[i].base, h->device[i].bytes);
    }
}

void *boot_alloc(word_t bytes)
{
    bytes = (bytes + TESS_PAGE - 1) & ~(word_t)(TESS_PAGE - 1);
    struct handoff_range *best = NULL;
    for (uint32_t i = 0; i < memory.count; i++) {
        LOOP_BOUND(RANGES_MAX);
        struct handoff_range *r = &memory.at[i];
        if (r->bytes >= bytes && (best == NULL || r->bytes < best->bytes)) {
            best = r;
        }
    }
    if (best == NULL) {
        boot_die("too little memory");
    }
    char *p = (char *)(best->base + arch_direct_base());
    cut(&memory, best->base, bytes);
    for (word_t at = 0; at < bytes; at += TESS_PAGE) {
        LOOP_BOUND(16777216); /* pages of 64 GiB */
        arch_zero_page(p + at);
    }
    return p;
}

word_t boot_paddr(const void *p)
{
    return (word_t)p - arch_direct_base();
}

static const struct ranges *largest_first(struct ranges *r)
{
    for (uint32_t n = 1; n < r->count; n++) {
        LOOP_BOUND(RANGES_MAX);
        struct handoff_range x = r->at[n];
        uint32_t i = n;
        for (; i > 0 && r->at[i - 1].bytes < x.bytes; i--) {
            LOOP_BOUND(RANGES_MAX);
            r->at[i] = r->at[i - 1];
        }
        r->at[i] = x;
    }
    return r;
}

const struct ranges *boot_free(void)
{
    return largest_first(&memory);
}

const struct ranges *boot_device(void)
{
    return largest_first(&device);
}
