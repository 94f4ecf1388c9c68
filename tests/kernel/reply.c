/* Replies: the built-in one, Reply objects, and what happens when the one who should answer is gone. */
#include "test.h"

#define NONE ((struct tess_words){ { 0 } })

TEST("a reply without a caller is refused")
{
    ERR(tess_reply(tess_tag(0, 0, 0), 0, NONE), STATE);
    EQ(tess_msg_err(tess_reply_recv_0(make(TESS_TYPE_endpoint), tess_tag(0, 0, 0), 0, 0).tag),
       TESS_STATE);
}

TEST("a caller is answered once")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    spawn(HIGH, call_once, ep);
    (void)tess_recv(ep, 0);
    OK(tess_reply(tess_tag(1, 0, 0), 0, NONE));
    EQ(shared[0], 101);
    ERR(tess_reply(tess_tag(1, 0, 0), 0, NONE), STATE);
}

TEST("receiving while an answer is owed is refused, and the caller still gets its answer")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    spawn(HIGH, call_once, ep);
    (void)tess_recv(ep, 0);
    EQ(tess_msg_err(tess_recv(ep, 0).tag), TESS_STATE);
    EQ(tess_msg_err(tess_try_recv(ep).tag), TESS_STATE);
    OK(tess_reply(tess_tag(2, 0, 0), 0, NONE));
    EQ(shared[0], 102);
}

TEST("waiting for a notification while an answer is owed is allowed")
{
    tess_cap ep = make(TESS_TYPE_endpoint), n = mint(make(TESS_TYPE_notification), 15, 1);

    spawn(HIGH, call_once, ep);
    (void)tess_recv(ep, 0);
    OK(tess_signal(n));
    EQ(tess_recv(n, 0).badge, 1);
    OK(tess_reply(tess_tag(2, 0, 0), 0, NONE));
    EQ(shared[0], 102);
}

TEST("a reply with a bad tag is refused and the caller still waits")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t = spawn(HIGH, call_once, ep);

    (void)tess_recv(ep, 0);
    ERR(tess_reply(tess_tag(1, 0, 0) | TESS_TAG_FAULT, 0, NONE), ARG);
    ERR(tess_reply(tess_tag(1, 65, 0), 0, NONE), ARG);
    ERR(tess_reply(tess_tag(1, 0, 5), 0, NONE), ARG);
    EQ(tess_msg_err(tess_reply_recv_0(ep, tess_tag(1, 65, 0), 0, 0).tag), TESS_ARG);
    EQ(state_of(t), TESS_THREAD_REPLY);
    OK(tess_reply(tess_tag(1, 0, 0), 0, NONE));
    EQ(shared[0], 101);
}

TEST("reply_recv on a bad capability is refused and the caller still waits")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t = spawn(HIGH, call_once, ep);

    (void)tess_recv(ep, 0);
    EQ(tess_msg_err(tess_reply_recv_0(0, tess_tag(1, 0, 0), 0, 0).tag), TESS_CAP);
    EQ(tess_msg_err(tess_reply_recv_0(ep, tess_tag(1, 0, 0), 0, ep).tag), TESS_CAP);
    EQ(state_of(t), TESS_THREAD_REPLY);
    OK(tess_reply(tess_tag(1, 0, 0), 0, NONE));
}

TEST("a deferred caller is answered later through the Reply object")
{
    tess_cap ep = make(TESS_TYPE_endpoint), r = make(TESS_TYPE_reply);
    struct tess_thread *t = spawn(HIGH, call_once, ep);

    (void)tess_recv(ep, 0);
    OK(tess_reply_defer(r));
    EQ(state_of(t), TESS_THREAD_REPLY);
    ERR(tess_reply(tess_tag(1, 0, 0), 0, NONE), STATE);
    OK(tess_reply(tess_tag(6, 1, 0), r, (struct tess_words){ { 77 } }));
    EQ(shared[0], 106);
    EQ(shared[1], 77);
    ERR(tess_reply(tess_tag(6, 0, 0), r, NONE), STATE);
}

TEST("a server defers many callers and answers them in another order")
{
    tess_cap ep = make(TESS_TYPE_endpoint), r[4];
    struct tess_thread *t[4];

    for (unsigned i = 0; i < 4; i++) {
        t[i] = spawn(HIGH, call_once, ep);
        r[i] = make(TESS_TYPE_reply);
        (void)tess_recv(ep, 0);
        OK(tess_reply_defer(r[i]));
    }
    for (unsigned i = 4; i-- > 0;) {
        shared[0] = 0;
        EQ(state_of(t[i]), TESS_THREAD_REPLY);
        OK(tess_reply(tess_tag(i, 0, 0), r[i], NONE));
        EQ(shared[0], 100 + i);
    }
}

TEST("defer without a caller is refused")
{
    ERR(tess_reply_defer(make(TESS_TYPE_reply)), STATE);
}

TEST("defer into a Reply object that holds a caller is refused and changes nothing")
{
    tess_cap ep = make(TESS_TYPE_endpoint), r = make(TESS_TYPE_reply);

    spawn(HIGH, call_once, ep);
    (void)tess_recv(ep, 0);
    OK(tess_reply_defer(r));
    spawn(HIGH, call_once, ep);
    (void)tess_recv(ep, 0);
    ERR(tess_reply_defer(r), STATE);
    OK(tess_reply(tess_tag(1, 0, 0), 0, NONE));
    EQ(shared[0], 101);
    OK(tess_reply(tess_tag(2, 0, 0), r, NONE));
    EQ(shared[0], 102);
}

TEST("reply_recv through a Reply object answers and receives in one entry")
{
    tess_cap ep = make(TESS_TYPE_endpoint), r = make(TESS_TYPE_reply);
    struct tess_msg m;

    spawn(HIGH, call_once, mint(ep, TESS_RIGHT_ALL, 1));
    spawn(HIGH, send_once, mint(ep, TESS_RIGHT_ALL, 2));
    EQ(tess_recv(ep, 0).badge, 1);
    OK(tess_reply_defer(r));
    m = tess_reply_recv_0(ep, tess_tag(4, 0, 0), 0, r);
    EQ(m.badge, 2);
    until_equal(&shared[0], 100);
}

TEST("the caller of a deleted Reply object gets GONE")
{
    tess_cap ep = make(TESS_TYPE_endpoint), r = make(TESS_TYPE_reply);

    spawn(HIGH, call_once, ep);
    (void)tess_recv(ep, 0);
    OK(tess_reply_defer(r));
    drop(r);
    EQ(shared[0], TESS_GONE);
}

TEST("a Reply object dies with its last capability, not before")
{
    tess_cap ep = make(TESS_TYPE_endpoint), r = make(TESS_TYPE_reply), s = copy(r, 15);
    struct tess_thread *t = spawn(HIGH, call_once, ep);

    (void)tess_recv(ep, 0);
    OK(tess_reply_defer(r));
    drop(r);
    EQ(state_of(t), TESS_THREAD_REPLY);
    OK(tess_reply(tess_tag(3, 0, 0), s, NONE));
    EQ(shared[0], 103);
}

TEST("the caller of a Reply object whose memory is revoked gets GONE")
{
    tess_cap ep = make(TESS_TYPE_endpoint), ut = make_sized(TESS_TYPE_untyped, 4096);
    uint64_t r = empty_slot();

    OK(tess_untyped_retype(ut, TESS_TYPE_reply, 0, 0, r, 1, TESS_OFFSET_NEXT));
    spawn(HIGH, call_once, ep);
    (void)tess_recv(ep, 0);
    OK(tess_reply_defer(r));
    revoke(ut);
    EQ(shared[0], TESS_GONE);
}

static void take_and_stay(void *argument)
{
    (void)tess_recv(ARG_CAP(argument), 0);
    shared[8] = 1;
    (void)tess_recv(env.sleep, 0);
}

TEST("the caller of a server that is deleted gets GONE")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread *server = spawn(HIGH, take_and_stay, ep);

    spawn(HIGH, call_once, ep);
    EQ(shared[8], 1);
    EQ(shared[0], 0);
    drop(server->tcb);
    EQ(shared[0], TESS_GONE);
}

TEST("the caller of a passive server that is deleted gets GONE and its budget back")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread *server = spawn_passive(HIGH, take_and_stay, ep);

    spawn(HIGH, call_once, ep);
    EQ(shared[8], 1);
    drop(server->tcb);
    EQ(shared[0], TESS_GONE);
}

TEST("the caller of a server that is suspended waits on, and is answered after resume")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread *server = spawn(LOW, echo_server, ep);
    struct tess_thread *caller;

    until_state(server, TESS_THREAD_RECV);
    caller =
        spawn(HIGH, call_once, ep); /* the server, of lower priority, is ready but does not run */
    EQ(state_of(caller), TESS_THREAD_REPLY);
    OK(tess_thread_suspend(server->tcb));
    sleep_us(1000);
    EQ(shared[0], 0);
    EQ(state_of(caller), TESS_THREAD_REPLY);
    OK(tess_thread_resume(server->tcb));
    until_equal(&shared[0], 108);
}

TEST("an answer to a caller that was deleted is refused, and the server goes on")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t = spawn(HIGH, call_once, ep);

    (void)tess_recv(ep, 0);
    drop(t->tcb);
    ERR(tess_reply(tess_tag(0, 0, 0), 0, NONE), STATE);
    spawn(HIGH, send_once, ep);
    EQ(tess_recv(ep, 0).w[0], 11);
}

TEST("a Reply object whose caller was deleted is free again")
{
    tess_cap ep = make(TESS_TYPE_endpoint), r = make(TESS_TYPE_reply);
    struct tess_thread *t = spawn(HIGH, call_once, ep);

    (void)tess_recv(ep, 0);
    OK(tess_reply_defer(r));
    drop(t->tcb);
    ERR(tess_reply(tess_tag(0, 0, 0), r, NONE), STATE);
    spawn(HIGH, call_once, ep);
    (void)tess_recv(ep, 0);
    OK(tess_reply_defer(r));
    OK(tess_reply(tess_tag(9, 0, 0), r, NONE));
    EQ(shared[0], 109);
}

TEST("a caller suspended while it is served gets CANCELED, and its answer is refused")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t = spawn(HIGH, call_once, ep);

    (void)tess_recv(ep, 0);
    OK(tess_thread_suspend(t->tcb));
    ERR(tess_reply(tess_tag(0, 0, 0), 0, NONE), STATE);
    OK(tess_thread_resume(t->tcb));
    EQ(shared[0], TESS_CANCELED);
}

static void relay(void *argument)
{
    struct tess_msg m = tess_recv(ARG_CAP(argument), 0);

    shared[8]++;
    m = tess_call_0(shared[9], tess_tag(1, 0, 0), 0);
    shared[10] = tess_msg_err(m.tag);
    (void)tess_reply_recv_0(ARG_CAP(argument), tess_tag(50, 0, 0), 0, 0);
}

TEST("in a chain of calls the death of the last server is seen by the one before it, not by the "
     "first caller")
{
    tess_cap a = make(TESS_TYPE_endpoint), b = make(TESS_TYPE_endpoint);
    struct tess_thread *last = spawn(HIGH, take_and_stay, b);

    shared[9] = b;
    spawn(HIGH, relay, a);
    spawn(HIGH, call_once, a);
    EQ(shared[0], 0);
    drop(last->tcb);
    EQ(shared[10], TESS_GONE);
    EQ(shared[0], 150);
}

TEST("in a chain of calls the death of the middle server is seen by its caller; the last one's "
     "answer has no taker")
{
    tess_cap a = make(TESS_TYPE_endpoint), b = make(TESS_TYPE_endpoint);
    struct tess_thread *middle;

    shared[9] = b;
    middle = spawn(HIGH, relay, a);
    spawn(HIGH, call_once, a);
    (void)tess_recv(b, 0);
    drop(middle->tcb);
    EQ(shared[0], TESS_GONE);
    ERR(tess_reply(tess_tag(0, 0, 0), 0, NONE), STATE);
}

TEST("many waiting callers of a deleted server's endpoint: the one being served gets GONE, the "
     "others wait on")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread *server = spawn(HIGH, take_and_stay, ep), *t[3];

    for (unsigned i = 0; i < 3; i++) {
        t[i] = spawn(HIGH, call_once, ep);
    }
    drop(server->tcb);
    EQ(state_of(t[0]), TESS_THREAD_SUSPENDED);
    EQ(shared[0], TESS_GONE);
    EQ(state_of(t[1]), TESS_THREAD_SEND);
    EQ(state_of(t[2]), TESS_THREAD_SEND);
}

TEST("an answer's badge is zero")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    spawn(HIGH, echo_server, ep);
    EQ(tess_call_0(mint(ep, TESS_RIGHT_ALL, 99), tess_tag(1, 0, 0), 0).badge, 0);
}
