/* Untyped memory: retype, split, info, revoke. */
#include <string.h>
#include "test.h"

#define CNODE_HEAD 128u /* what a CNode takes beside its slots */

static uint64_t used(tess_cap untyped)
{
    struct tess_untyped_info info = { 0 };

    OK(tess_untyped_info(untyped, &info));
    return info.used;
}

static enum tess_err retype(tess_cap ut, enum tess_type type, uint64_t size, uint64_t slot,
                            uint64_t count)
{
    return tess_untyped_retype(ut, type, size, 0, slot, count, TESS_OFFSET_NEXT);
}

TEST("retype makes every kind of kernel object")
{
    EQ(type_of(make_sized(TESS_TYPE_untyped, 8192)), TESS_TYPE_untyped);
    EQ(type_of(make_sized(TESS_TYPE_cnode, 16)), TESS_TYPE_cnode);
    EQ(type_of(make_sized(TESS_TYPE_frame, 8192)), TESS_TYPE_frame);
    EQ(type_of(make(TESS_TYPE_vspace)), TESS_TYPE_vspace);
    EQ(type_of(make(TESS_TYPE_thread)), TESS_TYPE_thread);
    EQ(type_of(make(TESS_TYPE_endpoint)), TESS_TYPE_endpoint);
    EQ(type_of(make(TESS_TYPE_reply)), TESS_TYPE_reply);
    EQ(type_of(make(TESS_TYPE_notification)), TESS_TYPE_notification);
    EQ(type_of(make(TESS_TYPE_budget)), TESS_TYPE_budget);
}

TEST("retype makes up to 64 objects in consecutive slots")
{
    tess_cap first;
    struct tess_cap_info info[TESS_RETYPE_MAX];

    OK(tess_alloc_many(&env, TESS_TYPE_endpoint, 0, TESS_RETYPE_MAX, &first));
    for (uint64_t i = 0; i < TESS_RETYPE_MAX; i++) {
        OK(tess_cnode_read(env.cnode, first + i, &info[i]));
        EQ(info[i].type, TESS_TYPE_endpoint);
        for (uint64_t j = 0; j < i; j++) {
            TRUE(info[i].id != info[j].id);
        }
    }
}

TEST("retype of no object or of more than 64 is refused")
{
    tess_cap ut = make_sized(TESS_TYPE_untyped, 65536);
    uint64_t slot = empty_slots(TESS_RETYPE_MAX + 1);

    ERR(retype(ut, TESS_TYPE_endpoint, 0, slot, 0), ARG);
    ERR(retype(ut, TESS_TYPE_endpoint, 0, slot, TESS_RETYPE_MAX + 1), ARG);
    ERR(retype(ut, TESS_TYPE_endpoint, 0, slot, ~0ull), ARG);
    EQ(used(ut), 0);
}

TEST("types that are not made from memory are refused")
{
    static const uint64_t bad[] = { TESS_TYPE_null,
                                    TESS_TYPE_irq,
                                    TESS_TYPE_irq_control,
                                    TESS_TYPE_tables,
                                    TESS_TYPE_cpu,
                                    TESS_TYPE_trace,
                                    TESS_TYPE_machine,
                                    TESS_TYPE_zombie,
                                    TESS_TYPE_zombie + 1u,
                                    0x100000002ull,
                                    ~0ull };
    tess_cap ut = make_sized(TESS_TYPE_untyped, 65536);
    uint64_t slot = empty_slot();

    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct tess_msg m = TESS_INVOKE(untyped, retype, 6, ut, bad[i], TESS_PAGE, 0, slot, 1, -1);

        EQ(tess_answer(m.tag), TESS_ARG);
    }
    EQ(type_of(slot), TESS_TYPE_null);
    EQ(used(ut), 0);
}

TEST("a frame or untyped must be whole pages, at least one")
{
    static const uint64_t bad[] = { 0, 1, 100, 4095, 4097, ~0ull, 1ull << 63 | 1 };
    tess_cap ut = make_sized(TESS_TYPE_untyped, 65536);
    uint64_t slot = empty_slot();

    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ERR(retype(ut, TESS_TYPE_frame, bad[i], slot, 1), ARG);
        ERR(retype(ut, TESS_TYPE_untyped, bad[i], slot, 1), ARG);
    }
}

TEST("a CNode has 2 to 2^20 slots, the first of which is never used")
{
    tess_cap ut = make_sized(TESS_TYPE_untyped, 65536);
    uint64_t slot = empty_slot();

    ERR(retype(ut, TESS_TYPE_cnode, 0, slot, 1), ARG);
    ERR(retype(ut, TESS_TYPE_cnode, TESS_CNODE_MAX + 1, slot, 1), ARG);
    ERR(retype(ut, TESS_TYPE_cnode, 1ull << 58, slot, 1), ARG);
    ERR(retype(ut, TESS_TYPE_cnode, ~0ull, slot, 1), ARG);
    ERR(retype(ut, TESS_TYPE_cnode, 1, slot, 1), ARG);
    OK(retype(ut, TESS_TYPE_cnode, 2, slot, 1));
    EQ(type_of(slot), TESS_TYPE_cnode);
}

TEST("an occupied destination slot is refused and nothing is made")
{
    tess_cap ut = make_sized(TESS_TYPE_untyped, 65536);
    uint64_t slot = empty_slots(4);

    OK(retype(ut, TESS_TYPE_endpoint, 0, slot + 2, 1));
    uint64_t before = used(ut);
    ERR(retype(ut, TESS_TYPE_endpoint, 0, slot, 4), EXISTS);
    EQ(type_of(slot), TESS_TYPE_null);
    EQ(type_of(slot + 1), TESS_TYPE_null);
    EQ(type_of(slot + 3), TESS_TYPE_null);
    EQ(used(ut), before);
}

TEST("destination slots outside the CNode are refused")
{
    tess_cap ut = make_sized(TESS_TYPE_untyped, 65536), cn = make_sized(TESS_TYPE_cnode, 8);

    ERR(tess_untyped_retype(ut, TESS_TYPE_endpoint, 0, cn, 8, 1, TESS_OFFSET_NEXT), RANGE);
    ERR(tess_untyped_retype(ut, TESS_TYPE_endpoint, 0, cn, 6, 3, TESS_OFFSET_NEXT), RANGE);
    ERR(tess_untyped_retype(ut, TESS_TYPE_endpoint, 0, cn, ~0ull, 2, TESS_OFFSET_NEXT), RANGE);
    EQ(used(ut), 0);
    OK(tess_untyped_retype(ut, TESS_TYPE_endpoint, 0, cn, 6, 2, TESS_OFFSET_NEXT));
}

TEST("slot 0 of a CNode cannot be filled by retype")
{
    tess_cap ut = make_sized(TESS_TYPE_untyped, 65536), cn = make_sized(TESS_TYPE_cnode, 8);

    ERR(tess_untyped_retype(ut, TESS_TYPE_endpoint, 0, cn, 0, 1, TESS_OFFSET_NEXT), RANGE);
}

TEST("a destination that is not a CNode is refused")
{
    tess_cap ut = make_sized(TESS_TYPE_untyped, 65536), ep = make(TESS_TYPE_endpoint);

    ERR(tess_untyped_retype(ut, TESS_TYPE_endpoint, 0, ep, 1, 1, TESS_OFFSET_NEXT), CAP);
    ERR(tess_untyped_retype(ut, TESS_TYPE_endpoint, 0, 1ull << 40, 1, 1, TESS_OFFSET_NEXT), CAP);
}

TEST("retype puts objects into another CNode")
{
    tess_cap cn = make_sized(TESS_TYPE_cnode, 8);
    struct tess_cap_info info;

    OK(tess_untyped_retype(arena, TESS_TYPE_reply, 0, cn, 5, 2, TESS_OFFSET_NEXT));
    OK(tess_cnode_read(cn, 5, &info));
    EQ(info.type, TESS_TYPE_reply);
    OK(tess_cnode_read(cn, 6, &info));
    EQ(info.type, TESS_TYPE_reply);
    OK(tess_cnode_read(cn, 7, &info));
    EQ(info.type, TESS_TYPE_null);
}

TEST("more than the untyped memory holds is refused and nothing is used")
{
    tess_cap ut = make_sized(TESS_TYPE_untyped, 8192);
    uint64_t slot = empty_slots(4);

    ERR(retype(ut, TESS_TYPE_frame, 4096, slot, 3), NOMEM);
    EQ(used(ut), 0);
    ERR(retype(ut, TESS_TYPE_frame, 1ull << 50, slot, 1), NOMEM);
    ERR(retype(ut, TESS_TYPE_cnode, 128, slot, 1), NOMEM);
    OK(retype(ut, TESS_TYPE_frame, 4096, slot, 2));
    EQ(used(ut), 8192);
    ERR(retype(ut, TESS_TYPE_endpoint, 0, slot + 2, 1), NOMEM);
}

TEST("a size whose product with the count wraps around is refused")
{
    tess_cap ut = make_sized(TESS_TYPE_untyped, 8192);
    uint64_t slot = empty_slots(64);

    ERR(retype(ut, TESS_TYPE_frame, 1ull << 59, slot, 32), NOMEM);
    ERR(retype(ut, TESS_TYPE_untyped, 1ull << 58, slot, 64), NOMEM);
    EQ(used(ut), 0);
}

TEST("untyped.info counts what has been carved out")
{
    tess_cap ut = make_sized(TESS_TYPE_untyped, 65536);
    uint64_t slot = empty_slots(4);

    EQ(used(ut), 0);
    OK(retype(ut, TESS_TYPE_endpoint, 0, slot, 1));
    EQ(used(ut), TESS_SIZE_endpoint);
    OK(retype(ut, TESS_TYPE_thread, 0, slot + 1, 1));
    EQ(used(ut), TESS_SIZE_endpoint + TESS_SIZE_thread);
    OK(retype(ut, TESS_TYPE_frame, 4096, slot + 2, 1));
    EQ(used(ut), 8192);
    OK(retype(ut, TESS_TYPE_cnode, 3, slot + 3, 1));
    EQ(used(ut), 8192 + CNODE_HEAD + 3 * TESS_SLOT_BYTES);
}

TEST("untyped.info describes a piece of RAM by place and size")
{
    struct tess_untyped_info whole, part;
    tess_cap ut;

    OK(tess_untyped_info(arena, &whole));
    EQ(whole.device, 0);
    EQ(whole.bytes, ARENA_BYTES);
    ut = make_sized(TESS_TYPE_untyped, 12288);
    OK(tess_untyped_info(ut, &part));
    EQ(part.bytes, 12288);
    EQ(part.device, 0);
    TRUE(part.paddr >= whole.paddr + whole.used);
    TRUE(part.paddr + part.bytes <= whole.paddr + whole.bytes);
}

TEST("retype at a chosen offset takes exactly that memory")
{
    tess_cap ut = make_sized(TESS_TYPE_untyped, 65536);
    uint64_t slot = empty_slots(2), paddr, bytes;
    struct tess_untyped_info info;

    OK(tess_untyped_info(ut, &info));
    OK(tess_untyped_retype(ut, TESS_TYPE_frame, 8192, 0, slot, 1, 16384));
    OK(tess_frame_address(slot, &paddr, &bytes));
    EQ(paddr, info.paddr + 16384);
    EQ(bytes, 8192);
    EQ(used(ut), 24576);
    OK(retype(ut, TESS_TYPE_frame, 4096, slot + 1, 1));
    OK(tess_frame_address(slot + 1, &paddr, NULL));
    EQ(paddr, info.paddr + 24576);
}

TEST("a chosen offset must be aligned, inside, and not below what is used")
{
    tess_cap ut = make_sized(TESS_TYPE_untyped, 65536);
    uint64_t slot = empty_slots(2);

    ERR(tess_untyped_retype(ut, TESS_TYPE_frame, 4096, 0, slot, 1, 2048), RANGE);
    ERR(tess_untyped_retype(ut, TESS_TYPE_endpoint, 0, 0, slot, 1, 32), RANGE);
    OK(retype(ut, TESS_TYPE_frame, 8192, slot, 1));
    ERR(tess_untyped_retype(ut, TESS_TYPE_frame, 4096, 0, slot + 1, 1, 4096), RANGE);
    TRUE(tess_untyped_retype(ut, TESS_TYPE_frame, 4096, 0, slot + 1, 1, 65536) != TESS_OK);
    TRUE(tess_untyped_retype(ut, TESS_TYPE_frame, 4096, 0, slot + 1, 1, ~4095ull) != TESS_OK);
    EQ(used(ut), 8192);
    EQ(type_of(slot + 1), TESS_TYPE_null);
}

TEST("frames made from memory that was used before are zero")
{
    tess_cap ut = make_sized(TESS_TYPE_untyped, 65536);
    uint64_t slot = empty_slot();

    for (int round = 0; round < 2; round++) {
        OK(retype(ut, TESS_TYPE_frame, 65536, slot, 1));
        OK(tess_map_at(&env, slot, env.vspace, spare, 3, TESS_ATTR_NORMAL));
        uint64_t *p = (uint64_t *)spare;
        for (unsigned i = 0; i < 65536 / 8; i++) {
            EQ(p[i], 0);
            p[i] = ~0ull;
        }
        revoke(ut);
        EQ(used(ut), 0);
    }
}

TEST("kernel objects made from memory that a user wrote start fresh")
{
    tess_cap ut = make_sized(TESS_TYPE_untyped, 8192);
    uint64_t slot = empty_slots(8);

    OK(retype(ut, TESS_TYPE_frame, 8192, slot, 1));
    OK(tess_map_at(&env, slot, env.vspace, spare, 3, TESS_ATTR_NORMAL));
    memset((void *)spare, 0xa5, 8192);
    revoke(ut);
    OK(retype(ut, TESS_TYPE_notification, 0, slot, 1));
    EQ(tess_msg_err(tess_try_recv(slot).tag), TESS_AGAIN);
    OK(retype(ut, TESS_TYPE_endpoint, 0, slot + 1, 1));
    EQ(tess_msg_err(tess_try_recv(slot + 1).tag), TESS_AGAIN);
    OK(retype(ut, TESS_TYPE_thread, 0, slot + 2, 1));
    struct tess_thread_info info;
    OK(tess_thread_info(slot + 2, &info));
    EQ(info.state, TESS_THREAD_SUSPENDED);
    EQ(info.priority, 0);
    EQ(info.has_budget, 0);
    OK(retype(ut, TESS_TYPE_cnode, 15, slot + 3, 1));
    for (uint64_t i = 1; i < 15; i++) {
        struct tess_cap_info cap;
        OK(tess_cnode_read(slot + 3, i, &cap));
        EQ(cap.type, TESS_TYPE_null);
    }
}

TEST("revoking untyped memory makes all of it usable again")
{
    tess_cap ut = make_sized(TESS_TYPE_untyped, 65536);
    uint64_t slot = empty_slots(16);

    for (int round = 0; round < 5; round++) {
        OK(retype(ut, TESS_TYPE_frame, 4096, slot, 16));
        ERR(retype(ut, TESS_TYPE_endpoint, 0, slot, 1), EXISTS);
        revoke(ut);
        EQ(used(ut), 0);
        for (uint64_t i = 0; i < 16; i++) {
            EQ(type_of(slot + i), TESS_TYPE_null);
        }
    }
}

TEST("revoking untyped memory destroys what was made from its pieces, however deep")
{
    tess_cap ut = make_sized(TESS_TYPE_untyped, 65536), inner = ut;
    uint64_t slot = empty_slots(16);

    for (uint64_t i = 0; i < 8; i++) {
        OK(retype(inner, TESS_TYPE_untyped, 65536 - 4096 * (i + 1), slot + i, 1));
        inner = slot + i;
        OK(retype(inner, TESS_TYPE_endpoint, 0, slot + 8 + i, 1));
    }
    revoke(ut);
    for (uint64_t i = 0; i < 16; i++) {
        EQ(type_of(slot + i), TESS_TYPE_null);
    }
    EQ(used(ut), 0);
}

TEST("an untyped piece survives the deletion of its parent, and its memory is not given out twice")
{
    tess_cap ut = make_sized(TESS_TYPE_untyped, 65536);
    uint64_t slot = empty_slots(2);

    OK(retype(ut, TESS_TYPE_untyped, 8192, slot, 1));
    drop(ut);
    OK(retype(slot, TESS_TYPE_endpoint, 0, slot + 1, 1));
    struct tess_untyped_info whole, part;
    OK(tess_untyped_info(arena, &whole));
    OK(tess_untyped_info(slot, &part));
    TRUE(part.paddr + part.bytes <= whole.paddr + whole.used);
}

TEST("split cuts untyped memory in two usable pieces")
{
    tess_cap ut = make_sized(TESS_TYPE_untyped, 65536);
    uint64_t slot = empty_slots(4);
    struct tess_untyped_info whole, low, high;

    OK(tess_untyped_info(ut, &whole));
    OK(tess_untyped_split(ut, 16384, 0, slot));
    OK(tess_untyped_info(ut, &low));
    OK(tess_untyped_info(slot, &high));
    EQ(low.paddr, whole.paddr);
    EQ(low.bytes, 16384);
    EQ(high.paddr, whole.paddr + 16384);
    EQ(high.bytes, 65536 - 16384);
    EQ(high.used, 0);
    OK(retype(ut, TESS_TYPE_frame, 16384, slot + 1, 1));
    OK(retype(slot, TESS_TYPE_frame, 49152, slot + 2, 1));
    ERR(retype(ut, TESS_TYPE_endpoint, 0, slot + 3, 1), NOMEM);
}

TEST("split behind what is used keeps the objects")
{
    tess_cap ut = make_sized(TESS_TYPE_untyped, 65536);
    uint64_t slot = empty_slots(3);

    OK(retype(ut, TESS_TYPE_frame, 8192, slot, 1));
    OK(tess_untyped_split(ut, 8192, 0, slot + 1));
    EQ(type_of(slot), TESS_TYPE_frame);
    revoke(ut);
    EQ(type_of(slot), TESS_TYPE_null);
    OK(retype(ut, TESS_TYPE_frame, 8192, slot, 1));
    ERR(retype(ut, TESS_TYPE_frame, 4096, slot + 2, 1), NOMEM);
}

TEST("split below what is used, at the ends, or inside a page is refused")
{
    tess_cap ut = make_sized(TESS_TYPE_untyped, 65536);
    uint64_t slot = empty_slots(2);

    ERR(tess_untyped_split(ut, 0, 0, slot), RANGE);
    ERR(tess_untyped_split(ut, 65536, 0, slot), RANGE);
    ERR(tess_untyped_split(ut, 6000, 0, slot), RANGE);
    ERR(tess_untyped_split(ut, ~0ull << 12, 0, slot), RANGE);
    OK(retype(ut, TESS_TYPE_frame, 8192, slot + 1, 1));
    ERR(tess_untyped_split(ut, 4096, 0, slot), RANGE);
    ERR(tess_untyped_split(ut, 8192, 0, slot + 1), EXISTS);
    struct tess_untyped_info info;
    OK(tess_untyped_info(ut, &info));
    EQ(info.bytes, 65536);
}

TEST("when the last object is deleted, all memory can be split and used again")
{
    tess_cap ut = make_sized(TESS_TYPE_untyped, 65536);
    uint64_t slot = empty_slots(2);

    OK(retype(ut, TESS_TYPE_frame, 65536, slot, 1));
    drop(slot);
    EQ(used(ut), 0);
    OK(tess_untyped_split(ut, 4096, 0, slot));
    OK(retype(ut, TESS_TYPE_frame, 4096, slot + 1, 1));
}

TEST("device memory becomes frames but no kernel objects")
{
    tess_cap ut = 0;
    uint64_t slot = empty_slot();

    for (uint64_t i = 0; i < tess_bootinfo->untyped_count; i++) {
        ut = tess_bootinfo->untyped[i].device ? TESS_ROOT_UNTYPED + i : ut;
    }
    TRUE(ut != 0);
    ERR(retype(ut, TESS_TYPE_endpoint, 0, slot, 1), ARG);
    ERR(retype(ut, TESS_TYPE_thread, 0, slot, 1), ARG);
    ERR(retype(ut, TESS_TYPE_cnode, 4, slot, 1), ARG);
    ERR(retype(ut, TESS_TYPE_vspace, 0, slot, 1), ARG);
}

TEST("page tables are not made of device memory")
{
    tess_cap vs = make(TESS_TYPE_vspace);
    uint64_t slot = empty_slot();

    for (uint64_t i = 0; i < tess_bootinfo->untyped_count; i++) {
        if (tess_bootinfo->untyped[i].device) {
            ERR(tess_vspace_donate(vs, TESS_ROOT_UNTYPED + i, 4096, 0, slot), ARG);
        }
    }
}

TEST("an invocation that is too short is refused")
{
    uint64_t slot = empty_slot();
    struct tess_msg m = tess_call_8(arena, tess_tag(TESS_LABEL_untyped_retype, 5, 0), 0,
                                    TESS_TYPE_endpoint, 0, 0, slot, 1, -1, 0, 0);

    EQ(tess_answer(m.tag), TESS_ARG);
    EQ(type_of(slot), TESS_TYPE_null);
}

TEST("a label that no object has, or another object's, is refused")
{
    EQ(tess_answer(tess_call_0(arena, tess_tag(0, 0, 0), 0).tag), TESS_CALL);
    EQ(tess_answer(tess_call_0(arena, tess_tag(0x1234, 0, 0), 0).tag), TESS_CALL);
    EQ(tess_answer(tess_call_0(arena, tess_tag(0xffffffffffff, 0, 0), 0).tag), TESS_CALL);
    EQ(tess_answer(tess_call_0(arena, tess_tag(0x10000 | TESS_LABEL_untyped_info, 0, 0), 0).tag),
       TESS_CALL);
    EQ(tess_answer(tess_call_0(arena, tess_tag(TESS_LABEL_frame_unmap, 0, 0), 0).tag), TESS_CALL);
    EQ(tess_answer(tess_call_1(arena, tess_tag(TESS_LABEL_cnode_delete, 1, 0), 0, 1).tag),
       TESS_CALL);
}
