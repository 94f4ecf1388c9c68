/* Address spaces: donated tables, vector operations, death. */
#include "test.h"

#define RW (TESS_RIGHT_READ | TESS_RIGHT_WRITE)

/* The vector calls may stop early for an interrupt: repeat with the rest. */
static enum tess_err map_all(tess_cap vs, const struct tess_vector_map *v, uint64_t count,
                             uint64_t rights, uint64_t *done)
{
    enum tess_err err;
    uint64_t n = 0;

    *done = 0;
    do {
        err = tess_vspace_map_vector(vs, v + *done, count - *done, rights, TESS_ATTR_NORMAL, &n);
        *done += n;
    } while (!err && *done < count);
    return err;
}

static enum tess_err unmap_all(tess_cap vs, const tess_cap *f, uint64_t count, uint64_t *done)
{
    enum tess_err err;
    uint64_t n = 0;

    *done = 0;
    do {
        err = tess_vspace_unmap_vector(vs, f + *done, count - *done, &n);
        *done += n;
    } while (!err && *done < count);
    return err;
}

static enum tess_err protect_all(tess_cap vs, const tess_cap *f, uint64_t count, uint64_t rights,
                                 uint64_t *done)
{
    enum tess_err err;
    uint64_t n = 0;

    *done = 0;
    do {
        err = tess_vspace_protect_vector(vs, f + *done, count - *done, rights, &n);
        *done += n;
    } while (!err && *done < count);
    return err;
}

static tess_cap make_space(uint64_t tables)
{
    tess_cap vs = make(TESS_TYPE_vspace);

    OK(tess_vspace_donate(vs, arena, tables * TESS_PAGE, 0, empty_slot()));
    return vs;
}

static uint64_t mapped(tess_cap vs)
{
    uint64_t frames = ~0ull;

    OK(tess_vspace_info(vs, NULL, &frames));
    return frames;
}

TEST("a new address space has no tables and nothing mapped")
{
    uint64_t tables = 9, frames = 9;

    OK(tess_vspace_info(make(TESS_TYPE_vspace), &tables, &frames));
    EQ(tables, 0);
    EQ(frames, 0);
}

TEST("donated memory appears as free tables and as a capability")
{
    tess_cap vs = make(TESS_TYPE_vspace), ut = make_sized(TESS_TYPE_untyped, 65536);
    uint64_t slot = empty_slot(), tables = 0;
    struct tess_untyped_info info;

    OK(tess_vspace_donate(vs, ut, 16 * TESS_PAGE, 0, slot));
    EQ(type_of(slot), TESS_TYPE_tables);
    OK(tess_vspace_info(vs, &tables, NULL));
    TRUE(tables == 16 || tables == 15); /* one may have become the root table already */
    OK(tess_untyped_info(ut, &info));
    EQ(info.used, 65536);
}

TEST("a donation must be whole pages, at most 256 KiB, fit, and have an empty slot")
{
    tess_cap vs = make(TESS_TYPE_vspace), ut = make_sized(TESS_TYPE_untyped, 65536);
    uint64_t slot = empty_slot(), tables = 9;

    ERR(tess_vspace_donate(vs, ut, 0, 0, slot), RANGE);
    ERR(tess_vspace_donate(vs, ut, 5000, 0, slot), RANGE);
    ERR(tess_vspace_donate(vs, ut, ~0ull & ~4095ull, 0, slot), RANGE);
    ERR(tess_vspace_donate(vs, arena, (256u << 10) + 4096, 0, slot), RANGE);
    ERR(tess_vspace_donate(vs, ut, 65536 + 4096, 0, slot), NOMEM);
    ERR(tess_vspace_donate(vs, ut, 4096, 0, ut), EXISTS);
    ERR(tess_vspace_donate(vs, vs, 4096, 0, slot), CAP);
    ERR(tess_vspace_donate(vs, ut, 4096, vs, slot), CAP);
    OK(tess_vspace_info(vs, &tables, NULL));
    EQ(tables, 0);
}

TEST("a tables capability can be neither copied nor invoked")
{
    tess_cap vs = make(TESS_TYPE_vspace);
    uint64_t tables = empty_slot(), slot = empty_slot();

    OK(tess_vspace_donate(vs, arena, TESS_PAGE, 0, tables));
    ERR(tess_cnode_copy(env.cnode, 0, tables, slot, TESS_RIGHT_ALL), ARG);
    EQ(tess_answer(tess_call_0(tables, tess_tag(TESS_LABEL_frame_unmap, 0, 0), 0).tag), TESS_CALL);
}

TEST("deleting a tables capability takes all mappings out of the address space")
{
    tess_cap vs = make(TESS_TYPE_vspace), frame = make_frame(65536);
    uint64_t tables = empty_slot();

    OK(tess_vspace_donate(vs, arena, 8 * TESS_PAGE, 0, tables));
    OK(tess_frame_map(frame, vs, 0x10000, RW, 0, NULL));
    EQ(mapped(vs), 1);
    drop(tables);
    EQ(mapped(vs), 0);
    ERR(tess_frame_unmap(frame), STATE);
    OK(tess_frame_map(frame, env.vspace, spare, RW, 0, NULL));
}

TEST("an address space can be used again after its tables were taken away")
{
    tess_cap vs = make(TESS_TYPE_vspace), frame = make_frame(65536);
    uint64_t tables = empty_slot();

    for (int round = 0; round < 3; round++) {
        OK(tess_vspace_donate(vs, arena, 8 * TESS_PAGE, 0, tables));
        OK(tess_frame_map(frame, vs, 0x10000, RW, 0, NULL));
        drop(tables);
    }
    EQ(mapped(vs), 0);
}

TEST("revoking the memory under the tables takes all mappings out of the address space")
{
    tess_cap vs = make(TESS_TYPE_vspace), frame = make_frame(65536);
    tess_cap ut = make_sized(TESS_TYPE_untyped, 65536);

    OK(tess_vspace_donate(vs, ut, 8 * TESS_PAGE, 0, empty_slot()));
    OK(tess_frame_map(frame, vs, 0x10000, RW, 0, NULL));
    revoke(ut);
    EQ(mapped(vs), 0);
    OK(tess_frame_map(frame, env.vspace, spare, RW, 0, NULL));
    struct tess_untyped_info info;
    OK(tess_untyped_info(ut, &info));
    EQ(info.used, 0);
}

TEST("deleting an address space leaves its frames unmapped and whole")
{
    tess_cap vs = make_space(8), frame = make_frame(65536);

    OK(tess_frame_map(frame, env.vspace, spare, RW, 0, NULL));
    *(volatile uint64_t *)spare = 0x77;
    OK(tess_frame_unmap(frame));
    OK(tess_frame_map(frame, vs, 0x10000, RW, 0, NULL));
    drop(vs);
    ERR(tess_frame_unmap(frame), STATE);
    OK(tess_frame_map(frame, env.vspace, spare, RW, 0, NULL));
    EQ(*(volatile uint64_t *)spare, 0x77);
}

TEST("mapping into a deleted address space is refused")
{
    tess_cap vs = make_space(8);

    drop(vs);
    ERR(tess_frame_map(make_frame(4096), vs, 0x10000, RW, 0, NULL), CAP);
}

TEST("a deleted frame disappears from its address space")
{
    tess_cap vs = make_space(8), frame = make_frame(4096);

    OK(tess_frame_map(frame, vs, 0x10000, RW, 0, NULL));
    drop(frame);
    EQ(mapped(vs), 0);
    frame = make_frame(4096);
    OK(tess_frame_map(frame, vs, 0x10000, RW, 0, NULL));
}

TEST("map_vector maps scattered frames in one call")
{
    tess_cap frames = 0;
    struct tess_vector_map v[TESS_VECTOR_MAX];
    uint64_t done = 0;

    OK(tess_alloc_many(&env, TESS_TYPE_frame, 4096, TESS_VECTOR_MAX, &frames));
    for (uint64_t i = 0; i < TESS_VECTOR_MAX; i++) {
        v[i] = (struct tess_vector_map){ frames + i, spare + i * 8192 };
    }
    OK(map_all(env.vspace, v, TESS_VECTOR_MAX, RW, &done));
    EQ(done, TESS_VECTOR_MAX);
    for (uint64_t i = 0; i < TESS_VECTOR_MAX; i++) {
        *(volatile uint64_t *)v[i].address = i;
    }
    for (uint64_t i = 0; i < TESS_VECTOR_MAX; i++) {
        EQ(*(volatile uint64_t *)v[i].address, i);
    }
}

TEST("map_vector stops at the first error and says how far it came")
{
    tess_cap frames = 0;
    struct tess_vector_map v[4];
    uint64_t done = 0;

    OK(tess_alloc_many(&env, TESS_TYPE_frame, 4096, 4, &frames));
    for (uint64_t i = 0; i < 4; i++) {
        v[i] = (struct tess_vector_map){ frames + i, spare + i * 4096 };
    }
    v[2].address += 8;
    ERR(map_all(env.vspace, v, 4, RW, &done), RANGE);
    EQ(done, 2);
    OK(tess_frame_unmap(frames + 1));
    ERR(tess_frame_unmap(frames + 2), STATE);
    v[2].frame = env.cnode;
    ERR(map_all(env.vspace, v + 2, 2, RW, &done), CAP);
    EQ(done, 0);
}

TEST("vector operations take at most TESS_VECTOR_MAX frames, and none is none")
{
    uint64_t done = 9;
    struct tess_vector_map v[1] = { { 0, 0 } };
    tess_cap f[1] = { 0 };

    OK(tess_vspace_map_vector(env.vspace, v, 0, RW, TESS_ATTR_NORMAL, &done));
    EQ(done, 0);
    OK(tess_vspace_unmap_vector(env.vspace, f, 0, &done));
    OK(tess_vspace_protect_vector(env.vspace, f, 0, TESS_RIGHT_READ, &done));
    EQ(tess_answer(TESS_INVOKE(vspace, map_vector, 3, env.vspace, TESS_VECTOR_MAX + 1, RW, 0).tag),
       TESS_ARG);
    EQ(tess_answer(TESS_INVOKE(vspace, unmap_vector, 1, env.vspace, 57).tag), TESS_ARG);
    EQ(tess_answer(TESS_INVOKE(vspace, protect_vector, 2, env.vspace, ~0ull, RW).tag), TESS_ARG);
}

TEST("unmap_vector and protect_vector act on all frames")
{
    tess_cap frames = 0, f[4];
    struct tess_vector_map v[4];
    uint64_t done = 0, before = mapped(env.vspace);

    OK(tess_alloc_many(&env, TESS_TYPE_frame, 4096, 4, &frames));
    for (uint64_t i = 0; i < 4; i++) {
        f[i] = frames + i;
        v[i] = (struct tess_vector_map){ f[i], spare + i * 4096 };
    }
    OK(map_all(env.vspace, v, 4, TESS_RIGHT_READ, &done));
    OK(protect_all(env.vspace, f, 4, RW, &done));
    EQ(done, 4);
    for (uint64_t i = 0; i < 4; i++) {
        *(volatile uint64_t *)v[i].address = i;
    }
    EQ(mapped(env.vspace), before + 4);
    OK(unmap_all(env.vspace, f, 4, &done));
    EQ(done, 4);
    EQ(mapped(env.vspace), before);
    ERR(unmap_all(env.vspace, f, 4, &done), STATE);
    EQ(done, 0);
}

TEST("vector operations act only on frames mapped in the invoked address space")
{
    tess_cap vs = make_space(8), frame = make_frame(4096);
    uint64_t done = 9;

    OK(tess_frame_map(frame, vs, 0x10000, RW, 0, NULL));
    ERR(unmap_all(env.vspace, &frame, 1, &done), STATE);
    ERR(protect_all(env.vspace, &frame, 1, TESS_RIGHT_READ, &done), STATE);
    EQ(done, 0);
    EQ(mapped(vs), 1);
    OK(unmap_all(vs, &frame, 1, &done));
}

/* Code that fits into one page and needs nothing else: signal the notification in slot 1 for ever. */
__asm__(".pushsection .text\n"
        ".balign 64\n"
        ".global vspace_code, vspace_code_end\n"
        "vspace_code:\n"
        "1: mov x0, #1\n"
        "   svc #2\n"
        "   ldr x0, [sp]\n"
        "   b 1b\n"
        "vspace_code_end:\n"
        ".popsection\n");
extern const uint32_t vspace_code[], vspace_code_end[];

struct stranger {
    tess_cap tcb, vs, cn, n, code, tables;
};

/* A thread in an address space and CNode of its own; it signals n again and again. */
static struct stranger make_stranger(tess_cap fault)
{
    struct stranger s = { .vs = make(TESS_TYPE_vspace),
                          .cn = make_sized(TESS_TYPE_cnode, 4),
                          .tcb = make(TESS_TYPE_thread),
                          .n = make(TESS_TYPE_notification),
                          .tables = empty_slot() };
    tess_cap budget = make(TESS_TYPE_budget), mine;
    void *p;

    OK(tess_vspace_donate(s.vs, arena, 8 * TESS_PAGE, 0, s.tables));
    s.code = make_frame(4096);
    mine = copy(s.code, TESS_RIGHT_ALL);
    OK(tess_map(&env, mine, 4096, RW, 0, &p));
    for (unsigned i = 0; vspace_code + i < vspace_code_end; i++) {
        ((volatile uint32_t *)p)[i] = vspace_code[i];
    }
    __builtin___clear_cache(p, (char *)p + 4096);
    OK(tess_frame_map(s.code, s.vs, 0x10000, TESS_RIGHT_READ | TESS_RIGHT_EXEC, 0, NULL));
    OK(tess_cnode_mint(s.cn, 0, s.n, 1, TESS_RIGHT_ALL, 1));
    OK(tess_thread_configure(s.tcb, s.cn, s.vs, fault, 0, 0, 0));
    OK(tess_thread_set_priority(s.tcb, LOW, LOW));
    OK(tess_budget_configure(budget, env.cpu, 1000000, 1000000));
    OK(tess_budget_bind(budget, s.tcb));
    OK(tess_thread_start(s.tcb, 0x10000, 0x10800, 0, 0));
    return s;
}

TEST("a thread runs in an address space and CNode of its own")
{
    struct stranger s = make_stranger(0);

    for (int i = 0; i < 10; i++) {
        EQ(tess_wait(s.n, 0, NULL), 1);
    }
}

TEST("a thread of the root's space can touch nothing of another space, and the other nothing of it")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct stranger s = make_stranger(ep);
    struct tess_msg m;

    EQ(tess_wait(s.n, 0, NULL), 1);
    OK(tess_thread_suspend(s.tcb));
    OK(tess_thread_start(s.tcb, (uint64_t)&forever, 0x10800, 0, 0));
    m = tess_recv(ep, 0);
    EQ(tess_tag_label(m.tag), TESS_FAULT_page);
    EQ(m.w[0], (uint64_t)&forever);
}

TEST("a thread whose address space is deleted faults instead of running on")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct stranger s = make_stranger(ep);
    struct tess_msg m;

    EQ(tess_wait(s.n, 0, NULL), 1);
    revoke(s.vs);
    drop(s.vs);
    m = tess_recv(ep, 0);
    TRUE(m.tag & TESS_TAG_FAULT);
    EQ(tess_tag_label(m.tag), TESS_FAULT_page);
}

TEST("a thread whose page tables are deleted faults instead of running on")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct stranger s = make_stranger(ep);
    struct tess_msg m;

    EQ(tess_wait(s.n, 0, NULL), 1);
    drop(s.tables);
    m = tess_recv(ep, 0);
    EQ(tess_tag_label(m.tag), TESS_FAULT_page);
}

TEST("a thread whose code frame is deleted faults instead of running on")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct stranger s = make_stranger(ep);
    struct tess_msg m;

    EQ(tess_wait(s.n, 0, NULL), 1);
    drop(s.code);
    m = tess_recv(ep, 0);
    EQ(tess_tag_label(m.tag), TESS_FAULT_page);
    EQ(m.w[0] & ~4095ull, 0x10000);
}

TEST("a thread blocked in a receive survives the death of its address space and faults when woken")
{
    tess_cap ep = make(TESS_TYPE_endpoint), fault = make(TESS_TYPE_endpoint);
    struct stranger s = make_stranger(fault);
    struct tess_regs regs;
    struct tess_msg m;

    OK(tess_thread_suspend(s.tcb));
    OK(tess_cnode_copy(s.cn, 0, ep, 2, TESS_RIGHT_ALL));
    OK(tess_thread_read_regs(s.tcb, &regs));
    /* Offset 4 of the code is svc #2; make it svc #4, receive, through the own mapping. */
    tess_cap mine = copy(s.code, TESS_RIGHT_ALL);
    void *p;
    OK(tess_map(&env, mine, 4096, RW, 0, &p));
    ((volatile uint32_t *)p)[1] = 0xd4000081;
    __builtin___clear_cache(p, (char *)p + 4096);
    regs.pc = 0x10004;
    regs.x[0] = 2;
    regs.x[2] = 0;
    OK(tess_thread_write_regs(s.tcb, &regs));
    OK(tess_thread_resume(s.tcb));
    struct tess_thread_info info;
    do {
        sleep_us(100);
        OK(tess_thread_info(s.tcb, &info));
    } while (info.state != TESS_THREAD_RECV);
    revoke(s.vs);
    drop(s.vs);
    OK(tess_send(ep, tess_tag(0, 0, 0), 0, (struct tess_words){ { 0 } }));
    m = tess_recv(fault, 0);
    EQ(tess_tag_label(m.tag), TESS_FAULT_page);
    EQ(m.w[0], 0x10008);
}

TEST("many address spaces, more than one at a time, keep their memory apart")
{
    struct stranger s[12];

    for (unsigned i = 0; i < 12; i++) {
        s[i] = make_stranger(0);
    }
    for (unsigned round = 0; round < 4; round++) {
        for (unsigned i = 0; i < 12; i++) {
            EQ(tess_wait(s[i].n, 0, NULL), 1);
        }
    }
}
