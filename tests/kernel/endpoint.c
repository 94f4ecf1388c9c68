/* Synchronous messages: send, receive, call, order of queues, rights, errors. */
#include "test.h"

#define NONE ((struct tess_words){ { 0 } })

TEST("a call reaches the receiver and its answer the caller")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_msg m;

    spawn(HIGH, echo_server, ep);
    m = tess_call_2(ep, tess_tag(41, 2, 0), 0, 5, 6);
    EQ(tess_tag_label(m.tag), 42);
    EQ(tess_tag_len(m.tag), 2);
    EQ(m.tag & TESS_TAG_KERNEL, 0);
    EQ(m.w[0], 5);
    EQ(m.w[1], 6);
}

TEST("a call waits for a receiver that comes later")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_msg m;

    spawn(LOW, echo_server, ep);
    m = tess_call_1(ep, tess_tag(1, 1, 0), 0, 99);
    EQ(tess_tag_label(m.tag), 2);
    EQ(m.w[0], 99);
}

TEST("a receiver waits for a caller that comes later")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_msg m;

    spawn(LOW, call_once, mint(ep, TESS_RIGHT_ALL, 3));
    m = tess_recv(ep, 0);
    EQ(m.badge, 3);
    EQ(tess_tag_label(m.tag), 7);
    EQ(m.w[0], 11);
    EQ(m.w[1], 22);
    OK(tess_reply(tess_tag(8, 1, 0), 0, (struct tess_words){ { 33 } }));
    until_equal(&shared[0], 108);
    EQ(shared[1], 33);
}

TEST("the receiver gets the badge of the capability that was used")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    static const uint64_t badge[] = { 1, 0x8000000000000000ull, ~0ull, 0 };

    for (unsigned i = 0; i < 4; i++) {
        tess_cap cap = badge[i] ? mint(ep, TESS_RIGHT_ALL, badge[i]) : ep;

        shared[0] = 0;
        spawn(HIGH, send_once, cap);
        EQ(tess_recv(ep, 0).badge, badge[i]);
        EQ(shared[0], 100);
    }
}

TEST("send returns when the message has been received")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t = spawn(HIGH, send_once, ep);

    EQ(state_of(t), TESS_THREAD_SEND);
    EQ(shared[0], 0);
    EQ(tess_recv(ep, 0).w[0], 11);
    EQ(shared[0], 100);
}

TEST("send to a waiting receiver returns at once")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    spawn(HIGH, recv_once, ep);
    OK(tess_send(ep, tess_tag(4, 1, 0), 0, (struct tess_words){ { 5 } }));
    EQ(shared[0], 100);
    EQ(shared[3], 5);
}

TEST("try_send to nobody returns AGAIN and leaves nothing behind")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    ERR(tess_try_send(ep, tess_tag(0, 0, 0), NONE), AGAIN);
    EQ(tess_msg_err(tess_try_recv(ep).tag), TESS_AGAIN);
}

TEST("try_send to a waiting receiver delivers")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    spawn(HIGH, recv_once, ep);
    OK(tess_try_send(mint(ep, TESS_RIGHT_ALL, 6), tess_tag(4, 1, 0), (struct tess_words){ { 5 } }));
    EQ(shared[0], 100);
    EQ(shared[1], 6);
    EQ(shared[3], 5);
}

TEST("try_recv takes the message of a waiting sender")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    spawn(HIGH, send_once, ep);
    struct tess_msg m = tess_try_recv(ep);
    EQ(tess_msg_err(m.tag), TESS_OK);
    EQ(m.w[0], 11);
    EQ(shared[0], 100);
    EQ(tess_msg_err(tess_try_recv(ep).tag), TESS_AGAIN);
}

TEST("try_recv takes the message of a waiting caller, who still waits for the answer")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t = spawn(HIGH, call_once, ep);

    EQ(tess_try_recv(ep).w[0], 11);
    EQ(state_of(t), TESS_THREAD_REPLY);
    OK(tess_reply(tess_tag(1, 0, 0), 0, NONE));
    EQ(shared[0], 101);
}

static void sender(void *argument)
{
    OK(tess_send(ARG_CAP(argument), tess_tag(0, 0, 0), 0, NONE));
}

TEST("senders of equal priority are received in the order of their sends")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    for (uint64_t i = 1; i <= 6; i++) {
        spawn(HIGH, sender, mint(ep, TESS_RIGHT_ALL, i));
    }
    for (uint64_t i = 1; i <= 6; i++) {
        EQ(tess_recv(ep, 0).badge, i);
    }
}

TEST("receivers of equal priority are served in the order of their receives")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t[4];

    for (unsigned i = 0; i < 4; i++) {
        t[i] = spawn(HIGH, recv_once, ep);
    }
    for (unsigned i = 0; i < 4; i++) {
        EQ(state_of(t[i]), TESS_THREAD_RECV);
        OK(tess_send(ep, tess_tag(0, 0, 0), 0, NONE));
        EQ(state_of(t[i]), TESS_THREAD_SUSPENDED);
    }
}

TEST("a sender that is deleted leaves the queue, the others keep their order")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t[5];

    for (uint64_t i = 0; i < 5; i++) {
        t[i] = spawn(HIGH, sender, mint(ep, TESS_RIGHT_ALL, i + 1));
    }
    drop(t[0]->tcb);
    drop(t[2]->tcb);
    drop(t[4]->tcb);
    EQ(tess_recv(ep, 0).badge, 2);
    EQ(tess_recv(ep, 0).badge, 4);
    EQ(tess_msg_err(tess_try_recv(ep).tag), TESS_AGAIN);
}

TEST("a receiver that is deleted leaves the queue, the others keep their order")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t[3];

    for (unsigned i = 0; i < 3; i++) {
        t[i] = spawn(HIGH, recv_once, ep);
    }
    drop(t[1]->tcb);
    OK(tess_send(ep, tess_tag(0, 0, 0), 0, NONE));
    EQ(state_of(t[0]), TESS_THREAD_SUSPENDED);
    OK(tess_send(ep, tess_tag(0, 0, 0), 0, NONE));
    EQ(state_of(t[2]), TESS_THREAD_SUSPENDED);
    ERR(tess_try_send(ep, tess_tag(0, 0, 0), NONE), AGAIN);
}

TEST("sending and calling need the right SEND")
{
    tess_cap cap = copy(make(TESS_TYPE_endpoint), TESS_RIGHT_RECV | TESS_RIGHT_GRANT);

    ERR(tess_send(cap, tess_tag(0, 0, 0), 0, NONE), RIGHTS);
    ERR(tess_try_send(cap, tess_tag(0, 0, 0), NONE), RIGHTS);
    EQ(tess_msg_err(tess_call_0(cap, tess_tag(0, 0, 0), 0).tag), TESS_RIGHTS);
}

TEST("receiving needs the right RECV")
{
    tess_cap cap = copy(make(TESS_TYPE_endpoint), TESS_RIGHT_SEND | TESS_RIGHT_GRANT);

    EQ(tess_msg_err(tess_recv(cap, 0).tag), TESS_RIGHTS);
    EQ(tess_msg_err(tess_try_recv(cap).tag), TESS_RIGHTS);
    EQ(tess_msg_err(tess_reply_recv_0(cap, tess_tag(0, 0, 0), 0, 0).tag), TESS_RIGHTS);
}

TEST("a tag with a bit that only the kernel sets is refused")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    spawn(HIGH, recv_once, ep);
    for (uint64_t bit = 0x400; bit <= 0x8000; bit <<= 1) {
        ERR(tess_send(ep, tess_tag(1, 0, 0) | bit, 0, NONE), ARG);
        ERR(tess_try_send(ep, tess_tag(1, 0, 0) | bit, NONE), ARG);
        EQ(tess_msg_err(tess_call_0(ep, tess_tag(1, 0, 0) | bit, 0).tag), TESS_ARG);
    }
    EQ(shared[0], 0);
}

TEST("a message of more than 64 words is refused")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    spawn(HIGH, recv_once, ep);
    for (unsigned words = 65; words < 128; words += 31) {
        ERR(tess_send(ep, tess_tag(1, words, 0), 0, NONE), ARG);
        EQ(tess_msg_err(tess_call_0(ep, tess_tag(1, words, 0), 0).tag), TESS_ARG);
    }
    EQ(shared[0], 0);
}

TEST("a message with more than 4 capabilities is refused")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    spawn(HIGH, recv_once, ep);
    for (unsigned caps = 5; caps < 8; caps++) {
        ERR(tess_send(ep, tess_tag(1, 0, caps), 0, NONE), ARG);
    }
    EQ(shared[0], 0);
}

TEST("labels of 48 bits arrive unchanged")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    spawn(HIGH, recv_once, ep);
    OK(tess_send(ep, tess_tag(0xfedcba987654, 3, 0), 0, NONE));
    EQ(shared[2], tess_tag(0xfedcba987654, 3, 0));
}

TEST("callers waiting on a deleted endpoint get GONE")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    spawn(HIGH, call_once, ep);
    drop(ep);
    EQ(shared[0], TESS_GONE);
}

TEST("senders waiting on a deleted endpoint get GONE")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    spawn(HIGH, send_once, ep);
    drop(ep);
    EQ(shared[0], 100 + TESS_GONE);
}

TEST("receivers waiting on a deleted endpoint get GONE")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    spawn(HIGH, recv_once, ep);
    drop(ep);
    EQ(shared[0], 100 + TESS_GONE);
}

TEST("a waiting sender keeps an endpoint alive only through capabilities")
{
    tess_cap ep = make(TESS_TYPE_endpoint), other = copy(ep, TESS_RIGHT_ALL);

    spawn(HIGH, send_once, ep);
    drop(ep);
    EQ(shared[0], 0);
    EQ(tess_recv(other, 0).w[0], 11);
    EQ(shared[0], 100);
}

TEST("cancel_badge ends the waiting of senders with that badge, and of no others")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    tess_cap one = mint(ep, TESS_RIGHT_ALL, 1), two = mint(ep, TESS_RIGHT_ALL, 2);

    spawn(HIGH, send_once, one);
    struct tess_thread *t = spawn(HIGH, sender, two);
    OK(tess_cnode_cancel_badge(TESS_ROOT_CNODE, ep, 1));
    EQ(shared[0], 100 + TESS_CANCELED);
    EQ(state_of(t), TESS_THREAD_SEND);
    EQ(tess_recv(ep, 0).badge, 2);
}

TEST("cancel_badge ends the waiting of callers with that badge")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    spawn(HIGH, call_once, mint(ep, TESS_RIGHT_ALL, 1));
    OK(tess_cnode_cancel_badge(TESS_ROOT_CNODE, ep, 1));
    EQ(shared[0], TESS_CANCELED);
    EQ(tess_msg_err(tess_try_recv(ep).tag), TESS_AGAIN);
}

TEST("cancel_badge does not touch a caller that is being served")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t = spawn(HIGH, call_once, mint(ep, TESS_RIGHT_ALL, 1));

    EQ(tess_recv(ep, 0).badge, 1);
    OK(tess_cnode_cancel_badge(TESS_ROOT_CNODE, ep, 1));
    EQ(state_of(t), TESS_THREAD_REPLY);
    OK(tess_reply(tess_tag(0, 0, 0), 0, NONE));
    EQ(shared[0], 100);
}

TEST("cancel_badge does not touch receivers, and with nobody waiting does nothing")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t;

    OK(tess_cnode_cancel_badge(TESS_ROOT_CNODE, ep, 0));
    t = spawn(HIGH, recv_once, ep);
    OK(tess_cnode_cancel_badge(TESS_ROOT_CNODE, ep, 0));
    EQ(state_of(t), TESS_THREAD_RECV);
}

TEST("cancel_badge with many waiting picks every one with the badge")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    tess_cap cap[3] = { mint(ep, TESS_RIGHT_ALL, 1), mint(ep, TESS_RIGHT_ALL, 2),
                        mint(ep, TESS_RIGHT_ALL, 3) };
    struct tess_thread *t[18];

    for (unsigned i = 0; i < 18; i++) {
        t[i] = spawn(HIGH, send_once, cap[i % 3]);
    }
    OK(tess_cnode_cancel_badge(TESS_ROOT_CNODE, ep, 2));
    for (unsigned i = 0; i < 18; i++) {
        EQ(state_of(t[i]), i % 3 == 1 ? TESS_THREAD_SUSPENDED : TESS_THREAD_SEND);
    }
    for (unsigned i = 0; i < 12; i++) {
        EQ(tess_recv(ep, 0).badge, i % 2 ? 3 : 1);
    }
}

static void badge_owner(void *argument)
{
    struct tess_msg m = tess_call_0(ARG_CAP(argument), tess_tag(0, 0, 0), 0);

    note(m.tag & TESS_TAG_ERROR ? tess_tag_label(m.tag) : 0);
}

TEST("a thread serves many callers through reply_recv")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_msg m;

    for (uint64_t i = 1; i <= 20; i++) {
        spawn(HIGH, badge_owner, mint(ep, TESS_RIGHT_ALL, i));
    }
    m = tess_recv(ep, 0);
    for (uint64_t i = 1; i <= 20; i++) {
        EQ(m.badge, i);
        m = i < 20 ? tess_reply_recv_0(ep, tess_tag(0, 0, 0), 0, 0) : m;
    }
    OK(tess_reply(tess_tag(0, 0, 0), 0, NONE));
}

TEST("nested calls: a server that calls another server answers its own caller afterwards")
{
    tess_cap outer = make(TESS_TYPE_endpoint), inner = make(TESS_TYPE_endpoint);
    struct tess_msg m;

    spawn(HIGH + 1, echo_server, inner);
    spawn(LOW, call_once, outer);
    m = tess_recv(outer, 0);
    EQ(m.w[0], 11);
    m = tess_call_1(inner, tess_tag(1, 1, 0), 0, 44);
    EQ(m.w[0], 44);
    OK(tess_reply(tess_tag(5, 1, 0), 0, (struct tess_words){ { 55 } }));
    until_equal(&shared[0], 105);
    EQ(shared[1], 55);
}

TEST("a thread that calls an endpoint on which only itself could receive waits; its deletion is "
     "clean")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t = spawn(HIGH, call_once, ep);

    EQ(state_of(t), TESS_THREAD_SEND);
    drop(t->tcb);
    EQ(tess_msg_err(tess_try_recv(ep).tag), TESS_AGAIN);
}

TEST("an endpoint has invocations of its own label only; other labels are messages")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    spawn(HIGH, echo_server, ep);
    EQ(tess_tag_label(tess_call_0(ep, tess_tag(TESS_LABEL_untyped_info, 0, 0), 0).tag),
       TESS_LABEL_untyped_info + 1);
}

TEST("a thousand round trips between two threads lose and double nothing")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    spawn(HIGH, echo_server, ep);
    for (uint64_t i = 0; i < 1000; i++) {
        struct tess_msg m = tess_call_1(ep, tess_tag(i, 1, 0), 0, i * i);

        EQ(tess_tag_label(m.tag), i + 1);
        EQ(m.w[0], i * i);
    }
}

TEST("nop and yield succeed with an empty tag")
{
    EQ(tess_nop_0().tag, 0);
    EQ(tess_yield_0().tag, 0);
}

TEST("a system call number that does not exist returns CALL")
{
    register uint64_t x0 __asm__("x0") = 1;
    register uint64_t x1 __asm__("x1") = 0;

    __asm__ volatile("svc #11"
                     : "+r"(x0), "+r"(x1)
                     :
                     : "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13",
                       "x14", "x15", "x16", "x17", "cc", "memory");
    EQ(tess_msg_err(x1), TESS_CALL);
    __asm__ volatile("svc #0xffff"
                     : "+r"(x0), "+r"(x1)
                     :
                     : "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13",
                       "x14", "x15", "x16", "x17", "cc", "memory");
    EQ(tess_msg_err(x1), TESS_CALL);
}

TEST("cancel_badge needs an endpoint's capability without a badge")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    ERR(tess_cnode_cancel_badge(env.cnode, mint(ep, TESS_RIGHT_ALL, 1), 1), RIGHTS);
    ERR(tess_cnode_cancel_badge(env.cnode, make(TESS_TYPE_notification), 1), CAP);
    ERR(tess_cnode_cancel_badge(env.cnode, empty_slot(), 1), CAP);
    ERR(tess_cnode_cancel_badge(env.cnode, TESS_ROOT_CNODE_SLOTS, 1), RANGE);
}

TEST("ack_recv at an endpoint while an answer is owed is refused")
{
    tess_cap ep = make(TESS_TYPE_endpoint), line = empty_slot();

    OK(tess_irq_control_get(TESS_ROOT_IRQ_CONTROL, 34, 0, 0, line));
    spawn(HIGH, call_once, ep);
    (void)tess_recv(ep, 0);
    EQ(tess_msg_err(tess_ack_recv(ep, 0, line).tag), TESS_STATE);
    drop(line);
    OK(tess_reply(tess_tag(1, 0, 0), 0, NONE));
    EQ(shared[0], 101);
}
