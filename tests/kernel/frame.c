/* Frames: map, protect, unmap, derive, address. */
#include "test.h"

#define RW (TESS_RIGHT_READ | TESS_RIGHT_WRITE)

static enum tess_err map(tess_cap frame, uint64_t at, uint64_t rights)
{
    return tess_frame_map(frame, env.vspace, at, rights, TESS_ATTR_NORMAL, NULL);
}

static volatile uint64_t *at(uint64_t address)
{
    return (volatile uint64_t *)address;
}

/* What touching an address does: the fault's kind, or 0 when there was none. */
static void toucher(void *argument)
{
    volatile uint64_t *p = argument;

    if (shared[10]) {
        *p = shared[11];
    } else {
        shared[11] = *p;
    }
    shared[12] = 1;
    for (;;) {
    }
}

static uint64_t touch(uint64_t address, bool write)
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t;
    struct tess_msg m;

    shared[10] = write;
    shared[12] = 0;
    t = prepare(&(struct tess_thread_config){ .priority = LOW, .fault = ep });
    OK(tess_thread_run(&env, t, toucher, (void *)address));
    do {
        m = tess_recv(ep, after_us(100));
    } while (tess_msg_err(m.tag) == TESS_TIMEOUT && !shared[12]);
    OK(tess_thread_suspend(t->tcb));
    if (shared[12]) {
        return 0;
    }
    EQ(m.w[0], address);
    return tess_tag_label(m.tag);
}

TEST("a mapped frame can be read and written")
{
    void *p;

    (void)make_mapped(65536, &p);
    for (unsigned i = 0; i < 65536 / 8; i++) {
        ((volatile uint64_t *)p)[i] = i;
    }
    for (unsigned i = 0; i < 65536 / 8; i++) {
        EQ(((volatile uint64_t *)p)[i], i);
    }
}

TEST("a frame of one page, of 2 MiB, and of odd numbers of pages can be mapped")
{
    static const uint64_t pages[] = { 1, 3, 511, 512, 513, 1025 };

    for (unsigned i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        uint64_t bytes = pages[i] * TESS_PAGE, done = 0;
        tess_cap frame = make_frame(bytes);

        OK(tess_frame_map(frame, env.vspace, spare, RW, TESS_ATTR_NORMAL, &done));
        EQ(done, pages[i]);
        *at(spare) = 1;
        *at(spare + bytes - 8) = 2;
        EQ(*at(spare + bytes - 8), 2);
        OK(tess_frame_unmap(frame));
    }
}

TEST("a copy of a frame capability can be mapped at a second address and shows the same memory")
{
    void *p, *q;
    tess_cap frame = make_mapped(8192, &p), other = copy(frame, TESS_RIGHT_ALL);

    OK(tess_map(&env, other, 8192, RW, TESS_ATTR_NORMAL, &q));
    *(volatile uint64_t *)p = 0x1234;
    EQ(*(volatile uint64_t *)q, 0x1234);
    ((volatile uint64_t *)q)[1000] = 0x5678;
    EQ(((volatile uint64_t *)p)[1000], 0x5678);
}

TEST("a frame capability has one mapping")
{
    void *p;
    tess_cap frame = make_mapped(4096, &p);

    ERR(map(frame, spare + 65536, RW), STATE);
    *(volatile uint64_t *)p = 1;
}

TEST("an address that is in use is refused and nothing is mapped")
{
    tess_cap small = make_frame(8192), big = make_frame(16384);

    OK(map(small, spare + 8192, RW));
    *at(spare + 8192) = 9;
    ERR(map(big, spare, RW), EXISTS);
    EQ(touch(spare, false), TESS_FAULT_page);
    EQ(*at(spare + 8192), 9);
    OK(map(big, spare + 65536, RW));
    *at(spare + 65536) = 1;
    EQ(*at(spare + 8192), 9);
}

TEST("a misaligned address is refused")
{
    tess_cap frame = make_frame(4096);

    ERR(map(frame, spare + 8, RW), RANGE);
    ERR(map(frame, spare + 2048, RW), RANGE);
}

TEST("an address outside user space is refused")
{
    tess_cap frame = make_frame(8192);

    ERR(map(frame, TESS_USER_TOP, RW), RANGE);
    ERR(map(frame, TESS_USER_TOP - 4096, RW), RANGE);
    ERR(map(frame, ~0ull - 4095, RW), RANGE);
    ERR(map(frame, ~0ull - 8191, RW), RANGE);
    ERR(map(frame, 0xffff000000000000ull, RW), RANGE);
}

TEST("mapping needs the rights it asks for")
{
    tess_cap frame = make_frame(4096), ro = copy(frame, TESS_RIGHT_READ);
    tess_cap none = copy(frame, 0);

    ERR(map(ro, spare, RW), RIGHTS);
    ERR(map(ro, spare, TESS_RIGHT_READ | TESS_RIGHT_EXEC), RIGHTS);
    ERR(map(none, spare, TESS_RIGHT_READ), RIGHTS);
    OK(map(ro, spare, TESS_RIGHT_READ));
}

TEST("rights that make no sense in a mapping are refused")
{
    tess_cap frame = make_frame(4096);

    ERR(map(frame, spare, 0), ARG);
    ERR(map(frame, spare, TESS_RIGHT_WRITE), ARG);
    ERR(map(frame, spare, 0x10 | TESS_RIGHT_READ), ARG);
    ERR(map(frame, spare, ~0ull), ARG);
}

TEST("attributes that do not exist are refused")
{
    tess_cap frame = make_frame(4096);

    ERR(tess_frame_map(frame, env.vspace, spare, RW, 3, NULL), ARG);
    ERR(tess_frame_map(frame, env.vspace, spare, RW, ~0ull, NULL), ARG);
}

TEST("RAM can be mapped non-cacheable")
{
    tess_cap frame = make_frame(4096);

    OK(tess_frame_map(frame, env.vspace, spare, RW, TESS_ATTR_NOCACHE, NULL));
    *at(spare) = 77;
    EQ(*at(spare), 77);
}

TEST("a vspace argument of another kind is refused")
{
    tess_cap frame = make_frame(4096);

    ERR(tess_frame_map(frame, make(TESS_TYPE_endpoint), spare, RW, 0, NULL), CAP);
    ERR(tess_frame_map(frame, 0, spare, RW, 0, NULL), CAP);
}

TEST("writing to a read-only mapping is a page fault, reading is not")
{
    tess_cap frame = make_frame(4096);

    OK(map(frame, spare, TESS_RIGHT_READ));
    EQ(touch(spare, false), 0);
    EQ(touch(spare, true), TESS_FAULT_page);
}

TEST("after unmap an access is a page fault")
{
    tess_cap frame = make_frame(8192);

    OK(map(frame, spare, RW));
    *at(spare + 4096) = 5;
    OK(tess_frame_unmap(frame));
    EQ(touch(spare, false), TESS_FAULT_page);
    EQ(touch(spare + 4096, true), TESS_FAULT_page);
}

TEST("unmap of a frame that is not mapped is refused")
{
    tess_cap frame = make_frame(4096);

    ERR(tess_frame_unmap(frame), STATE);
    OK(map(frame, spare, RW));
    OK(tess_frame_unmap(frame));
    ERR(tess_frame_unmap(frame), STATE);
}

TEST("an unmapped frame keeps its content and can be mapped elsewhere")
{
    tess_cap frame = make_frame(4096);

    OK(map(frame, spare, RW));
    *at(spare) = 0xabcdef;
    OK(tess_frame_unmap(frame));
    OK(map(frame, spare + 0x400000, RW));
    EQ(*at(spare + 0x400000), 0xabcdef);
    EQ(touch(spare, false), TESS_FAULT_page);
}

TEST("deleting a frame's capability removes its mapping")
{
    void *p;
    tess_cap frame = make_mapped(4096, &p);

    EQ(*(volatile uint64_t *)p, 0);
    drop(frame);
    EQ(touch((uint64_t)p, false), TESS_FAULT_page);
}

TEST("revoking a frame removes the mappings of its copies and keeps its own")
{
    void *p, *q;
    tess_cap frame = make_mapped(4096, &p), other = copy(frame, TESS_RIGHT_ALL);

    OK(tess_map(&env, other, 4096, RW, TESS_ATTR_NORMAL, &q));
    revoke(frame);
    EQ(touch((uint64_t)q, false), TESS_FAULT_page);
    EQ(touch((uint64_t)p, true), 0);
}

TEST("protect takes the write right from a mapping and gives it back")
{
    void *p;
    tess_cap frame = make_mapped(8192, &p);

    OK(tess_frame_protect(frame, TESS_RIGHT_READ));
    EQ(touch((uint64_t)p + 4096, true), TESS_FAULT_page);
    EQ(touch((uint64_t)p, false), 0);
    OK(tess_frame_protect(frame, RW));
    EQ(touch((uint64_t)p + 4096, true), 0);
}

TEST("protect is bounded by the capability's rights")
{
    tess_cap frame = copy(make_frame(4096), TESS_RIGHT_READ);

    OK(map(frame, spare, TESS_RIGHT_READ));
    ERR(tess_frame_protect(frame, RW), RIGHTS);
    ERR(tess_frame_protect(frame, 0), ARG);
    EQ(touch(spare, true), TESS_FAULT_page);
}

TEST("protect of a frame that is not mapped is refused")
{
    ERR(tess_frame_protect(make_frame(4096), TESS_RIGHT_READ), STATE);
}

TEST("derive makes a frame for a sub-range")
{
    void *p, *q;
    tess_cap frame = make_mapped(65536, &p);
    uint64_t slot = empty_slot(), paddr, sub;

    OK(tess_frame_derive(frame, 8192, 4096, 0, slot, TESS_RIGHT_ALL));
    OK(tess_frame_address(frame, &paddr, NULL));
    OK(tess_frame_address(slot, &sub, NULL));
    EQ(sub, paddr + 8192);
    OK(tess_map(&env, slot, 4096, RW, TESS_ATTR_NORMAL, &q));
    ((volatile uint64_t *)p)[1024] = 0x42;
    EQ(*(volatile uint64_t *)q, 0x42);
}

TEST("a derived frame dies with its origin's revocation")
{
    tess_cap frame = make_frame(65536);
    uint64_t slot = empty_slots(2);

    OK(tess_frame_derive(frame, 0, 8192, 0, slot, TESS_RIGHT_ALL));
    OK(tess_frame_derive(slot, 4096, 4096, 0, slot + 1, TESS_RIGHT_ALL));
    revoke(frame);
    EQ(type_of(slot), TESS_TYPE_null);
    EQ(type_of(slot + 1), TESS_TYPE_null);
}

TEST("a derived frame has no more rights than its origin")
{
    tess_cap frame = copy(make_frame(65536), TESS_RIGHT_READ);
    uint64_t slot = empty_slot();

    OK(tess_frame_derive(frame, 0, 8192, 0, slot, TESS_RIGHT_ALL));
    ERR(map(slot, spare, RW), RIGHTS);
}

TEST("derive outside the frame, misaligned or empty is refused")
{
    tess_cap frame = make_frame(65536);
    uint64_t slot = empty_slot();

    ERR(tess_frame_derive(frame, 0, 0, 0, slot, 15), RANGE);
    ERR(tess_frame_derive(frame, 0, 65536 + 4096, 0, slot, 15), RANGE);
    ERR(tess_frame_derive(frame, 65536, 4096, 0, slot, 15), RANGE);
    ERR(tess_frame_derive(frame, 61440, 8192, 0, slot, 15), RANGE);
    ERR(tess_frame_derive(frame, 100, 4096, 0, slot, 15), RANGE);
    ERR(tess_frame_derive(frame, 0, 100, 0, slot, 15), RANGE);
    ERR(tess_frame_derive(frame, ~4095ull, 8192, 0, slot, 15), RANGE);
    ERR(tess_frame_derive(frame, 0, 4096, 0, frame, 15), EXISTS);
    ERR(tess_frame_derive(frame, 0, 4096, frame, slot, 15), CAP);
}

TEST("the physical address needs the right PHYS")
{
    tess_cap frame = make_frame(8192);
    uint64_t paddr = 0, bytes = 0;
    struct tess_untyped_info info;

    OK(tess_untyped_info(arena, &info));
    OK(tess_frame_address(frame, &paddr, &bytes));
    EQ(bytes, 8192);
    TRUE(paddr >= info.paddr && paddr + bytes <= info.paddr + info.bytes);
    ERR(tess_frame_address(copy(frame, TESS_RIGHT_ALL & ~TESS_RIGHT_PHYS), NULL, NULL), RIGHTS);
}

TEST("code runs from a mapping with the right EXEC and from no other")
{
    tess_cap frame = make_frame(4096), again = copy(frame, TESS_RIGHT_ALL);
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t;
    struct tess_msg m;

    OK(map(frame, spare, RW));
    *(volatile uint32_t *)spare = 0x14000000; /* b . */
    OK(map(again, spare + 8192, TESS_RIGHT_READ | TESS_RIGHT_EXEC));
    t = prepare(&(struct tess_thread_config){ .priority = LOW, .fault = ep });
    OK(tess_thread_start(t->tcb, spare, t->stack_top, 0, t->tls));
    m = tess_recv(ep, 0);
    EQ(tess_tag_label(m.tag), TESS_FAULT_page);
    EQ(m.w[0], spare);
    EQ(m.w[3], 1);
    OK(tess_thread_suspend(t->tcb));
    OK(tess_thread_start(t->tcb, spare + 8192, t->stack_top, 0, t->tls));
    EQ(tess_msg_err(tess_recv(ep, after_us(2000)).tag), TESS_TIMEOUT);
    EQ(state_of(t), TESS_THREAD_READY);
}

TEST("out of page tables: mapping says NOMEM, and goes on after a donation")
{
    tess_cap vs = make(TESS_TYPE_vspace), frame = make_frame(4 << 20);
    uint64_t pages = 99, free = 99, tables = empty_slots(2);

    ERR(tess_frame_map(frame, vs, 0x200000, RW, 0, &pages), NOMEM);
    EQ(pages, 0);
    OK(tess_vspace_donate(vs, arena, 4 * TESS_PAGE, 0, tables));
    ERR(tess_frame_map(frame, vs, 0x200000 - TESS_PAGE, RW, 0, &pages), NOMEM);
    TRUE(pages > 0 && pages < 1024);
    OK(tess_vspace_donate(vs, arena, 4 * TESS_PAGE, 0, tables + 1));
    OK(tess_frame_map(frame, vs, 0x200000 - TESS_PAGE, RW, 0, &pages));
    EQ(pages, 1024);
    OK(tess_vspace_info(vs, &free, &pages));
    EQ(pages, 1);
}

TEST("a half-mapped frame can be unmapped")
{
    tess_cap vs = make(TESS_TYPE_vspace), frame = make_frame(4 << 20);
    uint64_t pages, tables = empty_slot();

    OK(tess_vspace_donate(vs, arena, 4 * TESS_PAGE, 0, tables));
    ERR(tess_frame_map(frame, vs, 0x200000 - TESS_PAGE, RW, 0, &pages), NOMEM);
    OK(tess_frame_unmap(frame));
    OK(tess_vspace_info(vs, NULL, &pages));
    EQ(pages, 0);
    OK(map(frame, spare, RW));
}

TEST("a frame mapped in another address space is not visible here")
{
    tess_cap vs = make(TESS_TYPE_vspace), frame = make_frame(4096);
    uint64_t tables = empty_slot();

    OK(tess_vspace_donate(vs, arena, 8 * TESS_PAGE, 0, tables));
    OK(tess_frame_map(frame, vs, spare, RW, 0, NULL));
    EQ(touch(spare, false), TESS_FAULT_page);
}

TEST("device memory can be mapped, and shows the device")
{
    tess_cap frame = copy(uart_frame, TESS_RIGHT_ALL);
    void *p;

    OK(tess_map(&env, frame, TESS_PAGE, RW, TESS_ATTR_DEVICE, &p));
    EQ(((volatile uint32_t *)p)[0xfe0 / 4] & 0xff, 0x11); /* UARTPeriphID0 of a PL011 */
    drop(frame);
}

TEST("device memory is mapped as device memory, and never executable")
{
    tess_cap frame = copy(uart_frame, TESS_RIGHT_ALL);

    ERR(tess_frame_map(frame, env.vspace, spare, RW, TESS_ATTR_NORMAL, NULL), ARG);
    ERR(tess_frame_map(frame, env.vspace, spare, RW, TESS_ATTR_NOCACHE, NULL), ARG);
    drop(frame);
}

TEST("RAM is not mapped as device memory")
{
    ERR(tess_frame_map(make_frame(4096), env.vspace, spare, RW, TESS_ATTR_DEVICE, NULL), ARG);
}

/* A frame of 4 MiB whose memory begins on a 2 MiB boundary. */
static tess_cap make_aligned(void)
{
    struct tess_untyped_info info;
    tess_cap frame = empty_slot();
    uint64_t start;

    OK(tess_untyped_info(arena, &info));
    start = ((info.paddr + info.used + 0x1fffff) & ~0x1fffffull) - info.paddr;
    OK(tess_untyped_retype(arena, TESS_TYPE_frame, 4u << 20, 0, frame, 1, start));
    return frame;
}

TEST("a large aligned frame is mapped with few tables, and every page of it is right")
{
    tess_cap frame = make_aligned(), small = empty_slot(), vs = make(TESS_TYPE_vspace);
    uint64_t where = (spare + 0x1fffff) & ~0x1fffffull, pages = 0;
    void *p;

    OK(tess_vspace_donate(vs, arena, 3 * TESS_PAGE, 0, empty_slot()));
    OK(tess_frame_map(frame, vs, 0x40000000, RW, TESS_ATTR_NORMAL, &pages));
    EQ(pages, 1024);
    OK(tess_frame_unmap(frame));
    OK(tess_map_at(&env, frame, env.vspace, where, RW, TESS_ATTR_NORMAL));
    for (uint64_t i = 0; i < 4u << 20; i += 4096) {
        *at(where + i) = i;
    }
    OK(tess_frame_derive(frame, 0x234000, 4096, 0, small, TESS_RIGHT_ALL));
    OK(tess_map(&env, small, 4096, RW, TESS_ATTR_NORMAL, &p));
    EQ(*(volatile uint64_t *)p, 0x234000);
    OK(tess_frame_protect(frame, TESS_RIGHT_READ));
    EQ(touch(where + 0x3ff000, true), TESS_FAULT_page);
    EQ(touch(where + 0x3ff000, false), 0);
    OK(tess_frame_unmap(frame));
    EQ(touch(where + 0x200000, false), TESS_FAULT_page);
}

TEST("nothing can be mapped into a large mapping, nor a large frame over a small one")
{
    tess_cap frame = make_aligned(), small = make_frame(4096);
    uint64_t where = (spare + 0x1fffff) & ~0x1fffffull;

    OK(map(frame, where, RW));
    ERR(map(small, where + 0x234000, RW), EXISTS);
    OK(tess_frame_unmap(frame));
    OK(map(small, where + 0x234000, RW));
    *at(where + 0x234000) = 7;
    ERR(map(frame, where, RW), EXISTS);
    EQ(*at(where + 0x234000), 7);
    EQ(touch(where, false), TESS_FAULT_page);
    OK(tess_frame_unmap(small));
    OK(map(frame, where, RW));
}
