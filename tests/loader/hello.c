/*
 * Says what the root program was started on, uses the memory it was given at its edges, and ends.
 * tests/loader/machines.sh compares what it says with the machine.
 */
#include <inttypes.h>
#include <stdio.h>

#include <tess/tess.h>

static struct tess_env env;
static struct tess_slots slots;
static struct tess_pool pool;
static uint32_t links[TESS_ROOT_CNODE_SLOTS];

/* Cut off the page at offset of an untyped (retype at an offset would zero all before it), map, write and read it. */
static enum tess_err use_page(tess_cap untyped, uint64_t offset, uint64_t address,
                              uint64_t expected_paddr)
{
    uint64_t last = untyped, slot, pages, paddr, bytes;
    volatile uint64_t *page = (volatile uint64_t *)address;
    enum tess_err e = tess_slot_alloc(&slots, &slot);

    if (offset > 0) {
        e = e ? e : tess_slot_alloc(&slots, &last);
        e = e ? e : tess_untyped_split(untyped, offset, 0, last);
    }
    e = e ? e : tess_untyped_retype(last, TESS_TYPE_frame, TESS_PAGE, 0, slot, 1, TESS_OFFSET_NEXT);
    e = e ? e : tess_frame_address(slot, &paddr, &bytes);
    e = e ? e : paddr == expected_paddr ? TESS_OK : TESS_RANGE;
    e = e ? e
          : tess_frame_map(slot, TESS_ROOT_VSPACE, address, TESS_RIGHT_READ | TESS_RIGHT_WRITE, 0,
                           &pages);
    if (e) {
        return e;
    }
    page[0] = ~paddr;
    page[TESS_PAGE / 8 - 1] = paddr;
    return page[0] == ~paddr && page[TESS_PAGE / 8 - 1] == paddr ? TESS_OK : TESS_STATE;
}

/* The last page of each range of memory; one mapping before it makes the kernel have tables for that neighbourhood. */
static unsigned use_edges(const struct tess_bootinfo *b)
{
    uint64_t address = (b->image_end + 0x200000) & ~(uint64_t)0x1fffff;
    unsigned failed = 0;
    tess_cap first;

    if (tess_alloc(&env, TESS_TYPE_frame, TESS_PAGE, &first) ||
        tess_map_at(&env, first, TESS_ROOT_VSPACE, address, TESS_RIGHT_READ, 0)) {
        return 1;
    }
    for (uint64_t i = 0; i < b->untyped_count; i++) {
        const struct tess_untyped_desc *u = &b->untyped[i];

        address += TESS_PAGE;
        if (!u->device) {
            uint64_t offset = u->bytes - TESS_PAGE;
            enum tess_err e = use_page(TESS_ROOT_UNTYPED + i, offset, address, u->paddr + offset);

            printf("memory 0x%" PRIx64 " + 0x%" PRIx64 ": last page: error %d\n", u->paddr,
                   u->bytes, (int)e);
            failed += e != TESS_OK;
        }
    }
    return failed;
}

int main(void)
{
    const struct tess_bootinfo *b = tess_bootinfo;
    uint64_t free_bytes = 0;
    unsigned failed;

    for (uint64_t i = 0; i < b->untyped_count; i++) {
        free_bytes += b->untyped[i].device ? 0 : b->untyped[i].bytes;
    }
    printf("el=%" PRIu64 " gic=%" PRIu64 " ram=%" PRIu64 "M debug=%" PRIu64 "\n", b->el,
           b->gic_version, b->ram_bytes >> 20, b->debug_kernel);
    printf("uart=0x%" PRIx64 ",%" PRIu64 " hz=%" PRIu64 " dtb=%" PRIu64 " modules=%" PRIu64 "\n",
           b->uart_paddr, b->uart_irq, b->timer_hz, b->dtb_bytes, b->modules_bytes);
    printf("free: all but %" PRIu64 " KiB\n", (b->ram_bytes - free_bytes) >> 10);
    failed = tess_env_init_root(&env, &slots, &pool, links, b) ? 1 : use_edges(b);
    printf("1 passed, %u failed\n", failed);
    return 0;
}
