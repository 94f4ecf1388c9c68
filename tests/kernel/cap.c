/* CNodes and capabilities: copy, mint, move, delete, revoke, read. */
#include "test.h"

static struct tess_cap_info read_cap(tess_cap cn, uint64_t slot)
{
    struct tess_cap_info info = { 0 };

    OK(tess_cnode_read(cn, slot, &info));
    return info;
}

TEST("a copy names the same object with the same rights and badge")
{
    tess_cap ep = make(TESS_TYPE_endpoint), badged = mint(ep, TESS_RIGHT_ALL, 77);
    struct tess_cap_info a = read_cap(env.cnode, badged), b;

    b = read_cap(env.cnode, copy(badged, TESS_RIGHT_ALL));
    EQ(b.type, TESS_TYPE_endpoint);
    EQ(b.id, a.id);
    EQ(b.rights, a.rights);
    EQ(b.badge, 77);
    EQ(read_cap(env.cnode, ep).id, a.id);
}

TEST("a copy has at most the rights asked for and at most those of its source")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    tess_cap send = copy(ep, TESS_RIGHT_SEND), more = copy(send, TESS_RIGHT_ALL);

    EQ(read_cap(env.cnode, send).rights, TESS_RIGHT_SEND);
    EQ(read_cap(env.cnode, more).rights, TESS_RIGHT_SEND);
    EQ(read_cap(env.cnode, copy(more, 0)).rights, 0);
}

TEST("every kind of kernel object's capability can be copied")
{
    static const enum tess_type type[] = { TESS_TYPE_vspace,       TESS_TYPE_thread,
                                           TESS_TYPE_endpoint,     TESS_TYPE_reply,
                                           TESS_TYPE_notification, TESS_TYPE_budget };

    for (unsigned i = 0; i < sizeof type / sizeof type[0]; i++) {
        tess_cap cap = make(type[i]), other = copy(cap, TESS_RIGHT_ALL);

        EQ(type_of(other), type[i]);
        EQ(read_cap(env.cnode, other).id, read_cap(env.cnode, cap).id);
        drop(cap);
        EQ(type_of(other), type[i]);
    }
}

TEST("a CNode's capability can be copied and reaches the same slots")
{
    tess_cap cn = make_sized(TESS_TYPE_cnode, 4), other = copy(cn, TESS_RIGHT_ALL);

    OK(tess_cnode_copy(cn, 0, make(TESS_TYPE_endpoint), 2, TESS_RIGHT_ALL));
    EQ(read_cap(other, 2).type, TESS_TYPE_endpoint);
}

TEST("untyped memory cannot be copied: its memory would be given out twice")
{
    tess_cap ut = make_sized(TESS_TYPE_untyped, 8192);
    uint64_t slot = empty_slot();

    ERR(tess_cnode_copy(env.cnode, 0, ut, slot, TESS_RIGHT_ALL), ARG);
    EQ(type_of(slot), TESS_TYPE_null);
}

TEST("an empty slot cannot be copied, minted or moved")
{
    uint64_t slot = empty_slots(2);

    ERR(tess_cnode_copy(env.cnode, 0, slot, slot + 1, TESS_RIGHT_ALL), CAP);
    ERR(tess_cnode_mint(env.cnode, 0, slot, slot + 1, TESS_RIGHT_ALL, 1), CAP);
    ERR(tess_cnode_move(env.cnode, 0, slot, slot + 1), CAP);
}

TEST("an occupied slot is not overwritten by copy, mint or move")
{
    tess_cap ep = make(TESS_TYPE_endpoint), n = make(TESS_TYPE_notification);

    ERR(tess_cnode_copy(env.cnode, 0, ep, n, TESS_RIGHT_ALL), EXISTS);
    ERR(tess_cnode_mint(env.cnode, 0, ep, n, TESS_RIGHT_ALL, 3), EXISTS);
    ERR(tess_cnode_move(env.cnode, 0, ep, n), EXISTS);
    ERR(tess_cnode_move(env.cnode, 0, ep, ep), EXISTS);
    ERR(tess_cnode_copy(env.cnode, 0, ep, ep, TESS_RIGHT_ALL), EXISTS);
    EQ(type_of(ep), TESS_TYPE_endpoint);
    EQ(type_of(n), TESS_TYPE_notification);
}

TEST("slots outside the CNode are refused by every operation on slots")
{
    tess_cap ep = make(TESS_TYPE_endpoint), cn = make_sized(TESS_TYPE_cnode, 4);
    static const uint64_t bad[] = { 4, 5, 1ull << 32, 1ull << 58, ~0ull };

    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        TRUE(tess_cnode_copy(cn, 0, ep, bad[i], TESS_RIGHT_ALL) == TESS_RANGE);
        TRUE(tess_cnode_mint(cn, 0, ep, bad[i], TESS_RIGHT_ALL, 1) == TESS_RANGE);
        TRUE(tess_cnode_move(cn, 0, ep, bad[i]) == TESS_RANGE);
        TRUE(tess_cnode_copy(env.cnode, cn, bad[i], ep + 1, TESS_RIGHT_ALL) == TESS_RANGE);
        TRUE(tess_cnode_delete(cn, bad[i]) == TESS_RANGE);
        TRUE(tess_cnode_revoke(cn, bad[i]) == TESS_RANGE);
        TRUE(tess_cnode_read(cn, bad[i], NULL) == TESS_RANGE);
    }
}

TEST("slot 0 of a CNode cannot be filled: it stands for nothing")
{
    tess_cap ep = make(TESS_TYPE_endpoint), cn = make_sized(TESS_TYPE_cnode, 4);

    ERR(tess_cnode_copy(cn, 0, ep, 0, TESS_RIGHT_ALL), RANGE);
    ERR(tess_cnode_mint(cn, 0, ep, 0, TESS_RIGHT_ALL, 1), RANGE);
    ERR(tess_cnode_move(cn, 0, ep, 0), RANGE);
}

TEST("a source CNode argument that is no CNode is refused")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    uint64_t slot = empty_slot();

    ERR(tess_cnode_copy(env.cnode, ep, 1, slot, TESS_RIGHT_ALL), CAP);
    ERR(tess_cnode_mint(env.cnode, ep, 1, slot, TESS_RIGHT_ALL, 1), CAP);
    ERR(tess_cnode_move(env.cnode, ep, 1, slot), CAP);
    ERR(tess_cnode_copy(env.cnode, slot, 1, slot, TESS_RIGHT_ALL), CAP);
}

TEST("capabilities are copied from and to other CNodes")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    tess_cap one = make_sized(TESS_TYPE_cnode, 8), two = make_sized(TESS_TYPE_cnode, 8);
    uint64_t back = empty_slot();

    OK(tess_cnode_copy(one, 0, ep, 3, TESS_RIGHT_SEND));
    OK(tess_cnode_copy(two, one, 3, 7, TESS_RIGHT_ALL));
    OK(tess_cnode_copy(env.cnode, two, 7, back, TESS_RIGHT_ALL));
    EQ(read_cap(env.cnode, back).id, read_cap(env.cnode, ep).id);
    EQ(read_cap(env.cnode, back).rights, TESS_RIGHT_SEND);
}

TEST("mint sets the badge")
{
    tess_cap ep = make(TESS_TYPE_endpoint), n = make(TESS_TYPE_notification);

    EQ(read_cap(env.cnode, mint(ep, TESS_RIGHT_ALL, ~0ull)).badge, ~0ull);
    EQ(read_cap(env.cnode, mint(n, TESS_RIGHT_ALL, 0x10)).badge, 0x10);
    EQ(read_cap(env.cnode, ep).badge, 0);
}

TEST("a badge cannot be changed")
{
    tess_cap badged = mint(make(TESS_TYPE_endpoint), TESS_RIGHT_ALL, 5);
    uint64_t slot = empty_slot();

    ERR(tess_cnode_mint(env.cnode, 0, badged, slot, TESS_RIGHT_ALL, 6), ARG);
    EQ(type_of(slot), TESS_TYPE_null);
}

TEST("only endpoints and notifications can have a badge")
{
    static const enum tess_type type[] = { TESS_TYPE_vspace, TESS_TYPE_thread, TESS_TYPE_reply,
                                           TESS_TYPE_budget };
    uint64_t slot = empty_slot();

    for (unsigned i = 0; i < sizeof type / sizeof type[0]; i++) {
        ERR(tess_cnode_mint(env.cnode, 0, make(type[i]), slot, TESS_RIGHT_ALL, 5), ARG);
    }
    ERR(tess_cnode_mint(env.cnode, 0, make_frame(4096), slot, TESS_RIGHT_ALL, 5), ARG);
    EQ(type_of(slot), TESS_TYPE_null);
}

TEST("move leaves the source empty and the rest unchanged")
{
    tess_cap ep = make(TESS_TYPE_endpoint), badged = mint(ep, TESS_RIGHT_SEND, 9);
    uint64_t to = empty_slot();
    struct tess_cap_info before = read_cap(env.cnode, badged), after;

    OK(tess_cnode_move(env.cnode, 0, badged, to));
    after = read_cap(env.cnode, to);
    EQ(type_of(badged), TESS_TYPE_null);
    EQ(after.id, before.id);
    EQ(after.badge, 9);
    EQ(after.rights, TESS_RIGHT_SEND);
}

TEST("a moved capability keeps its place in the derivation tree")
{
    tess_cap ep = make(TESS_TYPE_endpoint), child = copy(ep, TESS_RIGHT_ALL);
    tess_cap other = copy(ep, TESS_RIGHT_ALL);
    uint64_t to = empty_slot();

    OK(tess_cnode_move(env.cnode, 0, child, to));
    revoke(other);
    EQ(type_of(to), TESS_TYPE_endpoint);
    (void)copy(to, TESS_RIGHT_ALL);
    revoke(ep);
    EQ(type_of(to), TESS_TYPE_null);
    EQ(type_of(other), TESS_TYPE_null);
}

TEST("a capability that has children cannot be moved")
{
    tess_cap ep = make(TESS_TYPE_endpoint), child = copy(ep, TESS_RIGHT_ALL);
    uint64_t to = empty_slot();

    ERR(tess_cnode_move(env.cnode, 0, ep, to), STATE);
    EQ(type_of(to), TESS_TYPE_null);
    drop(child);
    OK(tess_cnode_move(env.cnode, 0, ep, to));
}

TEST("a moved untyped capability keeps its memory")
{
    tess_cap ut = make_sized(TESS_TYPE_untyped, 8192);
    uint64_t ep = empty_slot(), to = empty_slot();

    OK(tess_cnode_move(env.cnode, 0, ut, to));
    OK(tess_untyped_retype(to, TESS_TYPE_endpoint, 0, 0, ep, 1, TESS_OFFSET_NEXT));
    revoke(to);
    EQ(type_of(ep), TESS_TYPE_null);
}

TEST("a mapped frame cannot be moved, an unmapped one can")
{
    void *at;
    tess_cap frame = make_mapped(4096, &at);
    uint64_t to = empty_slot();

    ERR(tess_cnode_move(env.cnode, 0, frame, to), STATE);
    *(volatile uint64_t *)at = 5;
    OK(tess_frame_unmap(frame));
    OK(tess_cnode_move(env.cnode, 0, frame, to));
    OK(tess_map_at(&env, to, env.vspace, (uint64_t)at, 3, TESS_ATTR_NORMAL));
    EQ(*(volatile uint64_t *)at, 5);
}

TEST("rights that do not exist are refused by copy, mint and derive")
{
    tess_cap ep = make(TESS_TYPE_endpoint), frame = make_frame(4096);
    uint64_t slot = empty_slot();

    ERR(tess_cnode_copy(env.cnode, 0, ep, slot, 0x10), ARG);
    ERR(tess_cnode_mint(env.cnode, 0, ep, slot, ~0ull, 1), ARG);
    ERR(tess_frame_derive(frame, 0, 4096, 0, slot, 0x1f), ARG);
    EQ(type_of(slot), TESS_TYPE_null);
}

TEST("move works between CNodes")
{
    tess_cap ep = make(TESS_TYPE_endpoint), cn = make_sized(TESS_TYPE_cnode, 8);

    OK(tess_cnode_move(cn, 0, ep, 1));
    EQ(type_of(ep), TESS_TYPE_null);
    OK(tess_cnode_move(cn, cn, 1, 2));
    EQ(read_cap(cn, 1).type, TESS_TYPE_null);
    EQ(read_cap(cn, 2).type, TESS_TYPE_endpoint);
}

TEST("delete empties the slot")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    drop(ep);
    EQ(type_of(ep), TESS_TYPE_null);
    EQ(tess_msg_err(tess_try_recv(ep).tag), TESS_CAP);
}

TEST("delete of an empty slot is no error")
{
    OK(tess_cnode_delete(env.cnode, empty_slot()));
}

TEST("an object lives as long as one capability to it")
{
    tess_cap n = make(TESS_TYPE_notification), a = mint(n, TESS_RIGHT_ALL, 1);
    tess_cap b = copy(a, TESS_RIGHT_ALL);

    drop(n);
    OK(tess_signal(a));
    drop(a);
    EQ(tess_try_recv(b).badge, 1);
}

TEST("children of a deleted capability pass to its parent")
{
    tess_cap ep = make(TESS_TYPE_endpoint), child = copy(ep, TESS_RIGHT_ALL);
    tess_cap one = copy(child, TESS_RIGHT_ALL), two = copy(child, TESS_RIGHT_ALL);

    drop(child);
    EQ(type_of(one), TESS_TYPE_endpoint);
    EQ(type_of(two), TESS_TYPE_endpoint);
    revoke(ep);
    EQ(type_of(one), TESS_TYPE_null);
    EQ(type_of(two), TESS_TYPE_null);
}

TEST("revoke removes children and grandchildren but not itself")
{
    tess_cap ep = make(TESS_TYPE_endpoint), a = copy(ep, TESS_RIGHT_ALL);
    tess_cap b = copy(a, TESS_RIGHT_ALL), c = copy(b, TESS_RIGHT_ALL), d = copy(ep, TESS_RIGHT_ALL);

    revoke(ep);
    EQ(type_of(ep), TESS_TYPE_endpoint);
    EQ(type_of(a), TESS_TYPE_null);
    EQ(type_of(b), TESS_TYPE_null);
    EQ(type_of(c), TESS_TYPE_null);
    EQ(type_of(d), TESS_TYPE_null);
}

TEST("revoke of a child leaves parent, siblings and their children")
{
    tess_cap ep = make(TESS_TYPE_endpoint), a = copy(ep, TESS_RIGHT_ALL);
    tess_cap b = copy(ep, TESS_RIGHT_ALL), a1 = copy(a, TESS_RIGHT_ALL),
             b1 = copy(b, TESS_RIGHT_ALL);

    revoke(a);
    EQ(type_of(a1), TESS_TYPE_null);
    EQ(type_of(a), TESS_TYPE_endpoint);
    EQ(type_of(b), TESS_TYPE_endpoint);
    EQ(type_of(b1), TESS_TYPE_endpoint);
    EQ(type_of(ep), TESS_TYPE_endpoint);
}

TEST("revoke of a capability without children changes nothing")
{
    tess_cap ep = make(TESS_TYPE_endpoint), child = copy(ep, TESS_RIGHT_ALL);

    revoke(child);
    EQ(type_of(child), TESS_TYPE_endpoint);
    EQ(type_of(ep), TESS_TYPE_endpoint);
}

TEST("revoke of an empty slot is refused")
{
    ERR(tess_cnode_revoke(env.cnode, empty_slot()), CAP);
}

TEST("revoke reaches copies in other CNodes")
{
    tess_cap ep = make(TESS_TYPE_endpoint), cn = make_sized(TESS_TYPE_cnode, 4);

    OK(tess_cnode_copy(cn, 0, ep, 2, TESS_RIGHT_ALL));
    revoke(ep);
    EQ(read_cap(cn, 2).type, TESS_TYPE_null);
}

TEST("the child of a child is revoked through a deleted middle in any order of siblings")
{
    for (unsigned order = 0; order < 6; order++) {
        static const unsigned char permutation[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
                                                         { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
        tess_cap ep = make(TESS_TYPE_endpoint), mid[3], leaf[3];

        for (unsigned i = 0; i < 3; i++) {
            mid[i] = copy(ep, TESS_RIGHT_ALL);
            leaf[i] = copy(mid[i], TESS_RIGHT_ALL);
        }
        for (unsigned i = 0; i < 3; i++) {
            drop(mid[permutation[order][i]]);
            for (unsigned j = 0; j < 3; j++) {
                EQ(type_of(leaf[j]), TESS_TYPE_endpoint);
            }
        }
        revoke(ep);
        for (unsigned j = 0; j < 3; j++) {
            EQ(type_of(leaf[j]), TESS_TYPE_null);
        }
    }
}

TEST("deleting a CNode deletes the capabilities in it")
{
    tess_cap n = make(TESS_TYPE_notification), cn = make_sized(TESS_TYPE_cnode, 8);
    tess_cap ep = make(TESS_TYPE_endpoint), child = empty_slot();

    /* The endpoint's capability lives in the CNode only; its child passes to its parent, the arena. */
    OK(tess_cnode_move(cn, 0, ep, 1));
    OK(tess_cnode_copy(env.cnode, cn, 1, child, TESS_RIGHT_ALL));
    OK(tess_cnode_copy(cn, 0, n, 2, TESS_RIGHT_ALL));
    drop(cn);
    EQ(type_of(cn), TESS_TYPE_null);
    EQ(type_of(child), TESS_TYPE_endpoint);
    EQ(type_of(n), TESS_TYPE_notification);
}

TEST("an object whose last capability was in a deleted CNode is gone")
{
    tess_cap ep = make(TESS_TYPE_endpoint), cn = make_sized(TESS_TYPE_cnode, 8);
    struct tess_thread *t = spawn(HIGH, call_once, ep);

    EQ(state_of(t), TESS_THREAD_SEND);
    OK(tess_cnode_move(cn, 0, ep, 1));
    drop(cn);
    EQ(shared[0], TESS_GONE);
}

TEST("a CNode that holds its own capability can be deleted")
{
    tess_cap cn = make_sized(TESS_TYPE_cnode, 8);

    OK(tess_cnode_copy(cn, 0, cn, 3, TESS_RIGHT_ALL));
    OK(tess_cnode_copy(cn, 0, make(TESS_TYPE_endpoint), 4, TESS_RIGHT_ALL));
    drop(cn);
    EQ(type_of(cn), TESS_TYPE_null);
}

TEST("a CNode whose only capability lies in itself is destroyed with its untyped memory")
{
    tess_cap ut = make_sized(TESS_TYPE_untyped, 8192), cn = empty_slot();
    struct tess_untyped_info info;

    OK(tess_untyped_retype(ut, TESS_TYPE_cnode, 8, 0, cn, 1, TESS_OFFSET_NEXT));
    OK(tess_cnode_move(cn, 0, cn, 5));
    EQ(type_of(cn), TESS_TYPE_null);
    revoke(ut);
    OK(tess_untyped_info(ut, &info));
    EQ(info.used, 0);
}

TEST("CNodes that hold each other are destroyed with their untyped memory")
{
    tess_cap ut = make_sized(TESS_TYPE_untyped, 65536);
    uint64_t cn = empty_slots(8);
    struct tess_untyped_info info;

    OK(tess_untyped_retype(ut, TESS_TYPE_cnode, 8, 0, cn, 8, TESS_OFFSET_NEXT));
    for (uint64_t i = 0; i < 8; i++) {
        for (uint64_t j = 1; j < 8; j++) {
            OK(tess_cnode_copy(cn + i, 0, cn + (i + j) % 8, j, TESS_RIGHT_ALL));
        }
    }
    revoke(ut);
    for (uint64_t i = 0; i < 8; i++) {
        EQ(type_of(cn + i), TESS_TYPE_null);
    }
    OK(tess_untyped_info(ut, &info));
    EQ(info.used, 0);
}

TEST("a chain of CNodes, each held only by the one before, is deleted from its first")
{
    tess_cap cn = make_sized(TESS_TYPE_cnode, 4), head = cn, ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t = spawn(HIGH, recv_once, ep);

    for (unsigned i = 0; i < 100; i++) {
        tess_cap next = make_sized(TESS_TYPE_cnode, 4);

        OK(tess_cnode_copy(next, 0, head, 1, TESS_RIGHT_ALL));
        drop(head);
        head = next;
        cn = i ? cn : next;
    }
    OK(tess_cnode_move(head, 0, ep, 2));
    drop(head);
    until_equal(&shared[0], 100 + TESS_GONE);
    until_state(t, TESS_THREAD_SUSPENDED);
}

TEST("two CNodes, each with the other's last capability, vanish when one is deleted through its "
     "child")
{
    tess_cap ut = make_sized(TESS_TYPE_untyped, 8192);
    uint64_t cn = empty_slots(2);

    OK(tess_untyped_retype(ut, TESS_TYPE_cnode, 4, 0, cn, 2, TESS_OFFSET_NEXT));
    OK(tess_cnode_copy(cn, 0, cn + 1, 1, TESS_RIGHT_ALL));
    OK(tess_cnode_copy(cn + 1, 0, cn, 1, TESS_RIGHT_ALL));
    drop(cn + 1);
    drop(cn);
    revoke(ut);
    struct tess_untyped_info info;
    OK(tess_untyped_info(ut, &info));
    EQ(info.used, 0);
}

TEST("cnode.read describes size, badge and rights")
{
    EQ(read_cap(env.cnode, make_sized(TESS_TYPE_cnode, 12)).size, 12);
    EQ(read_cap(env.cnode, make_frame(12288)).size, 12288);
    EQ(read_cap(env.cnode, make_sized(TESS_TYPE_untyped, 8192)).size, 8192);
    EQ(read_cap(env.cnode, make(TESS_TYPE_endpoint)).rights & 7u,
       TESS_RIGHT_SEND | TESS_RIGHT_RECV | TESS_RIGHT_GRANT);
}

TEST("a system call on an empty, foreign or absurd slot returns CAP")
{
    static const uint64_t bad[] = { 0, TESS_ROOT_CNODE_SLOTS, 1ull << 32, 1ull << 58, ~0ull };

    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        EQ(tess_msg_err(tess_call_0(bad[i], tess_tag(0, 0, 0), 0).tag), TESS_CAP);
        ERR(tess_send(bad[i], tess_tag(0, 0, 0), 0, (struct tess_words){ { 0 } }), CAP);
        ERR(tess_try_send(bad[i], tess_tag(0, 0, 0), (struct tess_words){ { 0 } }), CAP);
        EQ(tess_msg_err(tess_recv(bad[i], 0).tag), TESS_CAP);
        EQ(tess_msg_err(tess_try_recv(bad[i]).tag), TESS_CAP);
        EQ(tess_msg_err(tess_ack_recv(bad[i], 0, bad[i]).tag), TESS_CAP);
        ERR(tess_signal(bad[i]), CAP);
    }
}

TEST("receive, send and signal on an object of another kind return CAP")
{
    tess_cap other = make(TESS_TYPE_reply);

    EQ(tess_msg_err(tess_recv(other, 0).tag), TESS_CAP);
    EQ(tess_msg_err(tess_try_recv(other).tag), TESS_CAP);
    ERR(tess_send(other, tess_tag(0, 0, 0), 0, (struct tess_words){ { 0 } }), CAP);
    ERR(tess_try_send(other, tess_tag(0, 0, 0), (struct tess_words){ { 0 } }), CAP);
    ERR(tess_signal(other), CAP);
    ERR(tess_signal(make(TESS_TYPE_endpoint)), CAP);
    ERR(tess_send(make(TESS_TYPE_notification), tess_tag(0, 0, 0), 0, (struct tess_words){ { 0 } }),
        CAP);
}

static void no_cnode(void *argument)
{
    struct tess_msg m = tess_call_0(ARG_CAP(argument), tess_tag(1, 0, 0), 0);

    shared[0] = 100 + tess_msg_err(m.tag);
    for (;;) {
    }
}

TEST("a thread without a CNode has no capabilities: every slot is CAP")
{
    struct tess_thread *t = prepare(&(struct tess_thread_config){ .priority = LOW });

    OK(tess_thread_configure(t->tcb, 0, env.vspace, 0, t->frame,
                             t->bytes - sizeof(struct tess_ipc_buffer), 0));
    OK(tess_thread_run(&env, t, no_cnode, CAP_ARG(TESS_ROOT_CNODE)));
    until_equal(&shared[0], 100 + TESS_CAP);
}

static void own_cnode(void *argument)
{
    (void)argument;
    shared[1] = tess_msg_err(tess_try_recv(3).tag);
    shared[2] = tess_msg_err(tess_try_recv(4).tag);
    shared[3] = tess_msg_err(tess_try_recv(8).tag);
    shared[0] = 1;
    for (;;) {
    }
}

TEST("a thread sees exactly the slots of its own CNode")
{
    struct tess_thread *t = prepare(&(struct tess_thread_config){ .priority = LOW });
    tess_cap cn = make_sized(TESS_TYPE_cnode, 8);

    OK(tess_cnode_copy(cn, 0, make(TESS_TYPE_endpoint), 3, TESS_RIGHT_ALL));
    OK(tess_thread_configure(t->tcb, cn, env.vspace, 0, t->frame,
                             t->bytes - sizeof(struct tess_ipc_buffer), 0));
    OK(tess_thread_run(&env, t, own_cnode, 0));
    until_equal(&shared[0], 1);
    EQ(shared[1], TESS_AGAIN);
    EQ(shared[2], TESS_CAP);
    EQ(shared[3], TESS_CAP);
}

TEST("deleting a thread's CNode capability elsewhere leaves the thread its slots")
{
    struct tess_thread *t = prepare(&(struct tess_thread_config){ .priority = LOW });
    tess_cap cn = make_sized(TESS_TYPE_cnode, 8);

    OK(tess_cnode_copy(cn, 0, make(TESS_TYPE_endpoint), 3, TESS_RIGHT_ALL));
    OK(tess_thread_configure(t->tcb, cn, env.vspace, 0, t->frame,
                             t->bytes - sizeof(struct tess_ipc_buffer), 0));
    drop(cn);
    OK(tess_thread_run(&env, t, own_cnode, 0));
    until_equal(&shared[0], 1);
    EQ(shared[1], TESS_AGAIN);
}

static void probe(void *argument)
{
    for (;;) {
        shared[1] = tess_msg_err(tess_try_recv(ARG_CAP(argument)).tag);
        shared[0]++;
    }
}

TEST("revoking a CNode takes it away from the thread that uses it, while it runs")
{
    struct tess_thread *t = prepare(&(struct tess_thread_config){ .priority = LOW });
    tess_cap cn = make_sized(TESS_TYPE_cnode, 8);

    OK(tess_cnode_copy(cn, 0, make(TESS_TYPE_endpoint), 3, TESS_RIGHT_ALL));
    OK(tess_thread_configure(t->tcb, cn, env.vspace, 0, t->frame,
                             t->bytes - sizeof(struct tess_ipc_buffer), 0));
    OK(tess_thread_run(&env, t, probe, (void *)3));
    until_equal(&shared[1], TESS_AGAIN);
    revoke(cn);
    until_equal(&shared[1], TESS_CAP);
}

TEST("an invocation on a copy made in another CNode acts on the same object")
{
    tess_cap n = make(TESS_TYPE_notification), cn = make_sized(TESS_TYPE_cnode, 4);
    uint64_t back = empty_slot();

    OK(tess_cnode_mint(cn, 0, n, 1, TESS_RIGHT_ALL, 4));
    OK(tess_cnode_copy(env.cnode, cn, 1, back, TESS_RIGHT_SEND));
    OK(tess_signal(back));
    EQ(tess_try_recv(n).badge, 4);
}

TEST("cnode.read tells the place of a frame only who may ask for it")
{
    tess_cap frame = make_frame(4096), hidden = copy(frame, TESS_RIGHT_ALL & ~TESS_RIGHT_PHYS);
    uint64_t paddr = 0;

    OK(tess_frame_address(frame, &paddr, NULL));
    EQ(read_cap(env.cnode, frame).id, paddr);
    EQ(read_cap(env.cnode, hidden).id, 0);
}
