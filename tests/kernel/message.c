/* Messages of every length, capabilities in messages.
 * Compiled without FP registers, so that the short cuts for threads that use none are taken, too. */
#pragma GCC target("general-regs-only")
#include "test.h"

#define NONE ((struct tess_words){ { 0 } })

static uint64_t word_of(unsigned length, unsigned i)
{
    return (uint64_t)length << 32 | (i * 2654435761u);
}

/* Checks each message against word_of() and answers with the words inverted. */
static void checking_server(void *argument)
{
    struct tess_ipc_buffer *b = tess_ipc_buffer();
    struct tess_msg m = tess_recv(ARG_CAP(argument), 0);

    for (;;) {
        unsigned length = tess_tag_len(m.tag);

        for (unsigned i = 0; i < length; i++) {
            uint64_t w = i < TESS_MSG_REGS ? m.w[i] : b->word[i];

            if (w != word_of(length, i)) {
                shared[1]++;
            }
            if (i < TESS_MSG_REGS) {
                m.w[i] = ~w;
            } else {
                b->word[i] = ~w;
            }
        }
        shared[0]++;
        m = tess_reply_recv_8(ARG_CAP(argument), tess_tag(1, length, 0), 0, 0, m.w[0], m.w[1],
                              m.w[2], m.w[3], m.w[4], m.w[5], m.w[6], m.w[7]);
    }
}

static void all_lengths(tess_cap ep)
{
    struct tess_ipc_buffer *b = tess_ipc_buffer();

    for (unsigned length = 0; length <= TESS_MSG_WORDS; length++) {
        struct tess_words w = NONE;
        struct tess_msg m;

        for (unsigned i = 0; i < length; i++) {
            *(i < TESS_MSG_REGS ? &w.w[i] : &b->word[i]) = word_of(length, i);
        }
        m = tess_call(ep, tess_tag(0, length, 0), 0, w);
        EQ(tess_msg_err(m.tag), TESS_OK);
        EQ(tess_tag_len(m.tag), length);
        for (unsigned i = 0; i < length; i++) {
            EQ(i < TESS_MSG_REGS ? m.w[i] : b->word[i], ~word_of(length, i));
        }
    }
    EQ(shared[0], TESS_MSG_WORDS + 1);
    EQ(shared[1], 0);
}

TEST("messages of all lengths 0..64 arrive whole at a waiting server, and their answers at the "
     "caller")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    spawn(HIGH, checking_server, ep);
    all_lengths(ep);
}

TEST("messages of all lengths 0..64 arrive whole at a server that receives later")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    spawn(LOW, checking_server, ep);
    all_lengths(ep);
}

TEST("messages of all lengths 0..64 arrive whole at a passive server")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    spawn_passive(HIGH, checking_server, ep);
    all_lengths(ep);
}

TEST("messages with a deadline of all lengths 0..64 arrive whole")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    spawn(HIGH, checking_server, ep);
    for (unsigned length = 0; length <= TESS_MSG_WORDS; length++) {
        struct tess_ipc_buffer *b = tess_ipc_buffer();
        struct tess_words w = NONE;

        for (unsigned i = 0; i < length; i++) {
            *(i < TESS_MSG_REGS ? &w.w[i] : &b->word[i]) = word_of(length, i);
        }
        EQ(tess_tag_len(tess_call(ep, tess_tag(0, length, 0), after_us(60000000), w).tag), length);
    }
    EQ(shared[1], 0);
}

static void long_sender(void *argument)
{
    struct tess_ipc_buffer *b = tess_ipc_buffer();

    for (unsigned i = TESS_MSG_REGS; i < TESS_MSG_WORDS; i++) {
        b->word[i] = 1000 + i;
    }
    shared[0] = 100 + tess_send(ARG_CAP(argument), tess_tag(3, 64, 0), 0,
                                (struct tess_words){ { 0, 1, 2, 3, 4, 5, 6, 7 } });
}

TEST("a long plain send arrives whole, whoever comes first")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    for (unsigned round = 0; round < 2; round++) {
        struct tess_msg m;

        shared[0] = 0;
        spawn(round ? HIGH : LOW, long_sender, ep);
        m = tess_recv(ep, 0);
        EQ(tess_tag_len(m.tag), 64);
        for (unsigned i = 0; i < 64; i++) {
            EQ(i < 8 ? m.w[i] : tess_ipc_buffer()->word[i], i < 8 ? i : 1000 + i);
        }
        until_equal(&shared[0], 100);
    }
}

TEST("a short message leaves the receiver's buffer alone")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    for (unsigned i = 0; i < TESS_MSG_WORDS; i++) {
        tess_ipc_buffer()->word[i] = 0x5a5a0000 + i;
    }
    spawn(HIGH, send_once, ep);
    EQ(tess_recv(ep, 0).w[0], 11);
    for (unsigned i = 0; i < TESS_MSG_WORDS; i++) {
        EQ(tess_ipc_buffer()->word[i], 0x5a5a0000 + i);
    }
}

TEST("the kernel leaves the user's part of the IPC buffer alone")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_ipc_buffer *b = tess_ipc_buffer();

    for (unsigned i = 0; i < 59; i++) {
        b->user[i] = i + 1;
    }
    spawn(HIGH, long_sender, ep);
    (void)tess_recv(ep, 0);
    for (unsigned i = 0; i < 59; i++) {
        EQ(b->user[i], i + 1);
    }
}

static void bufferless_receiver(void *argument)
{
    struct tess_msg m = tess_recv(ARG_CAP(argument), 0);

    shared[1] = tess_tag_len(m.tag);
    shared[2] = m.w[7];
    shared[0] = 100 + tess_msg_err(m.tag);
}

static struct tess_thread *prepare_bufferless(uint64_t priority)
{
    struct tess_thread *t = prepare(&(struct tess_thread_config){ .priority = priority });

    OK(tess_thread_configure(t->tcb, env.cnode, env.vspace, 0, 0, 0, 0));
    return t;
}

TEST("a receiver without a buffer gets a long message's first eight words, and the tag says so")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t = prepare_bufferless(HIGH);

    OK(tess_thread_run(&env, t, bufferless_receiver, CAP_ARG(ep)));
    EQ(tess_msg_err(tess_send_8(ep, tess_tag(3, 64, 0), 0, 0, 1, 2, 3, 4, 5, 6, 7).tag), TESS_OK);
    EQ(shared[0], 100);
    EQ(shared[1], 8);
    EQ(shared[2], 7);
}

static void bufferless_sender(void *argument)
{
    shared[1] = 100 + tess_send(ARG_CAP(argument), tess_tag(3, 9, 0), 0, NONE);
    shared[2] = 100 + tess_send(ARG_CAP(argument), tess_tag(3, 0, 1), 0, NONE);
    shared[3] = 100 + tess_send(ARG_CAP(argument), tess_tag(3, 8, 0), 0, NONE);
    shared[0] = 1;
}

TEST("a sender without a buffer cannot send long messages or capabilities")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t = prepare_bufferless(LOW);

    OK(tess_thread_run(&env, t, bufferless_sender, CAP_ARG(ep)));
    EQ(tess_tag_len(tess_recv(ep, 0).tag), 8);
    until_equal(&shared[0], 1);
    EQ(shared[1], 100 + TESS_ARG);
    EQ(shared[2], 100 + TESS_ARG);
    EQ(shared[3], 100);
}

/* ---- capabilities in messages ---- */

/* Sends the shared[16 + i] capabilities; shared[20] = how many, shared[21] = endpoint. */
static void cap_sender(void *argument)
{
    for (unsigned i = 0; i < shared[20] && i < 4; i++) {
        tess_ipc_send_cap(i, shared[16 + i]);
    }
    shared[0] = 100 + tess_send(ARG_CAP(argument), tess_tag(3, 0, (unsigned)shared[20]), 0, NONE);
}

static struct tess_msg receive_caps(tess_cap ep, uint64_t slot, unsigned count)
{
    shared[20] = count;
    spawn(HIGH, cap_sender, ep);
    tess_ipc_receive_at(slot);
    return tess_recv(ep, 0);
}

TEST("one to four capabilities travel with a message into consecutive slots")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    for (unsigned i = 0; i < 4; i++) {
        shared[16 + i] = make(i % 2 ? TESS_TYPE_reply : TESS_TYPE_notification);
    }
    for (unsigned count = 1; count <= 4; count++) {
        uint64_t slot = empty_slots(5);
        struct tess_msg m = receive_caps(ep, slot, count);

        EQ(tess_msg_err(m.tag), TESS_OK);
        EQ(tess_tag_caps(m.tag), count);
        for (unsigned i = 0; i < 5; i++) {
            EQ(type_of(slot + i), i >= count ? TESS_TYPE_null
                                  : i % 2    ? TESS_TYPE_reply
                                             : TESS_TYPE_notification);
        }
        for (unsigned i = 0; i < 4; i++) {
            TRUE(type_of(shared[16 + i]) != TESS_TYPE_null);
        }
    }
}

TEST("a received capability is a child of the one sent, with its rights and badge")
{
    tess_cap ep = make(TESS_TYPE_endpoint), n = make(TESS_TYPE_notification);
    uint64_t slot = empty_slot();
    struct tess_cap_info info;

    shared[16] = mint(n, TESS_RIGHT_SEND, 0x80);
    EQ(tess_tag_caps(receive_caps(ep, slot, 1).tag), 1);
    OK(tess_cnode_read(env.cnode, slot, &info));
    EQ(info.rights, TESS_RIGHT_SEND);
    EQ(info.badge, 0x80);
    OK(tess_signal(slot));
    EQ(tess_try_recv(n).badge, 0x80);
    revoke(shared[16]);
    EQ(type_of(slot), TESS_TYPE_null);
}

TEST("without the right GRANT no capability is sent")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    tess_cap no_grant = copy(ep, TESS_RIGHT_SEND | TESS_RIGHT_RECV);

    shared[16] = make(TESS_TYPE_reply);
    shared[20] = 1;
    spawn(HIGH, cap_sender, no_grant);
    EQ(shared[0], 100 + TESS_RIGHTS);
    EQ(tess_msg_err(tess_try_recv(ep).tag), TESS_AGAIN);
}

TEST("a receiver that wants no capabilities gets none, and the message")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    shared[16] = make(TESS_TYPE_reply);
    struct tess_msg m = receive_caps(ep, 0, 1);
    EQ(tess_msg_err(m.tag), TESS_OK);
    EQ(tess_tag_caps(m.tag), 0);
    EQ(shared[0], 100);
}

TEST("capabilities stop at the first occupied receive slot; the rest stays with the sender")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    uint64_t slot = empty_slots(4);

    for (unsigned i = 0; i < 4; i++) {
        shared[16 + i] = make(TESS_TYPE_reply);
    }
    OK(tess_cnode_copy(env.cnode, 0, ep, slot + 2, TESS_RIGHT_ALL));
    EQ(tess_tag_caps(receive_caps(ep, slot, 4).tag), 2);
    EQ(type_of(slot), TESS_TYPE_reply);
    EQ(type_of(slot + 1), TESS_TYPE_reply);
    EQ(type_of(slot + 2), TESS_TYPE_endpoint);
    EQ(type_of(slot + 3), TESS_TYPE_null);
    EQ(type_of(shared[19]), TESS_TYPE_reply);
}

TEST("a receive slot outside the CNode takes no capability")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    static const uint64_t bad[] = { TESS_ROOT_CNODE_SLOTS, 1ull << 58, ~0ull };

    shared[16] = make(TESS_TYPE_reply);
    for (unsigned i = 0; i < 3; i++) {
        EQ(tess_tag_caps(receive_caps(ep, bad[i], 1).tag), 0);
    }
}

TEST("empty slots and absurd numbers in the buffer send no capability")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    uint64_t slot = empty_slots(4);
    static const uint64_t bad[] = { 0, TESS_ROOT_CNODE_SLOTS, ~0ull };

    for (unsigned i = 0; i < 3; i++) {
        shared[16] = bad[i];
        struct tess_msg m = receive_caps(ep, slot, 1);
        EQ(tess_tag_caps(m.tag), 0);
        EQ(type_of(slot), TESS_TYPE_null);
    }
}

TEST("untyped memory does not travel with a message: it cannot be copied")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    uint64_t slot = empty_slot();

    shared[16] = make_sized(TESS_TYPE_untyped, 4096);
    EQ(tess_tag_caps(receive_caps(ep, slot, 1).tag), 0);
    EQ(type_of(slot), TESS_TYPE_null);
}

static void cap_replier(void *argument)
{
    (void)tess_recv(ARG_CAP(argument), 0);
    tess_ipc_send_cap(0, shared[16]);
    (void)tess_reply_recv_0(ARG_CAP(argument), tess_tag(9, 0, 1), 0, 0);
}

TEST("a capability travels with a reply")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    uint64_t slot = empty_slot();

    shared[16] = make(TESS_TYPE_notification);
    spawn(HIGH, cap_replier, ep);
    tess_ipc_receive_at(slot);
    EQ(tess_tag_caps(tess_call_0(ep, tess_tag(1, 0, 0), 0).tag), 1);
    EQ(type_of(slot), TESS_TYPE_notification);
}

static void cap_caller(void *argument)
{
    struct tess_msg m;

    tess_ipc_send_cap(0, shared[16]);
    m = tess_call_1(ARG_CAP(argument), tess_tag(1, 1, 1), 0, 5);
    shared[0] = tess_msg_err(m.tag) ? tess_msg_err(m.tag) : 100 + tess_tag_label(m.tag);
}

TEST("a capability travels with a call to a waiting receiver")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    uint64_t slot = empty_slot();

    shared[16] = make(TESS_TYPE_budget);
    spawn(LOW, cap_caller, ep);
    tess_ipc_receive_at(slot);
    struct tess_msg m = tess_recv(ep, 0);
    EQ(tess_tag_caps(m.tag), 1);
    EQ(m.w[0], 5);
    EQ(type_of(slot), TESS_TYPE_budget);
    OK(tess_reply(tess_tag(1, 0, 0), 0, NONE));
    until_equal(&shared[0], 101);
}

TEST("a mapped frame's capability arrives unmapped")
{
    void *p;
    tess_cap ep = make(TESS_TYPE_endpoint);
    uint64_t slot = empty_slot();

    shared[16] = make_mapped(4096, &p);
    EQ(tess_tag_caps(receive_caps(ep, slot, 1).tag), 1);
    ERR(tess_frame_unmap(slot), STATE);
    *(volatile uint64_t *)p = 1;
}
