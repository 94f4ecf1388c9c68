/* Notifications: signal, wait, poll, binding. */
#include "test.h"

#define NONE ((struct tess_words){ { 0 } })

TEST("a signal is kept until it is waited for")
{
    tess_cap n = make(TESS_TYPE_notification);

    OK(tess_signal(mint(n, TESS_RIGHT_ALL, 4)));
    struct tess_msg m = tess_recv(n, 0);
    EQ(m.badge, 4);
    EQ(m.tag, TESS_TAG_SIGNAL);
}

TEST("signals are OR-ed")
{
    tess_cap n = make(TESS_TYPE_notification);

    OK(tess_signal(mint(n, TESS_RIGHT_ALL, 1)));
    OK(tess_signal(mint(n, TESS_RIGHT_ALL, 6)));
    OK(tess_signal(mint(n, TESS_RIGHT_ALL, 1ull << 63)));
    EQ(tess_recv(n, 0).badge, 1ull << 63 | 7);
}

TEST("waiting takes all bits: the next poll finds none")
{
    tess_cap n = make(TESS_TYPE_notification);

    OK(tess_signal(mint(n, TESS_RIGHT_ALL, 3)));
    EQ(tess_try_recv(n).badge, 3);
    EQ(tess_msg_err(tess_try_recv(n).tag), TESS_AGAIN);
}

TEST("a signal wakes the waiting thread with the badge")
{
    tess_cap n = make(TESS_TYPE_notification);
    struct tess_thread *t = spawn(HIGH, recv_once, n);

    EQ(state_of(t), TESS_THREAD_WAIT);
    OK(tess_signal(mint(n, TESS_RIGHT_ALL, 0x50)));
    EQ(shared[0], 100);
    EQ(shared[1], 0x50);
    EQ(shared[2], TESS_TAG_SIGNAL);
    EQ(tess_msg_err(tess_try_recv(n).tag), TESS_AGAIN);
}

TEST("a signal to a waiting thread of lower priority wakes it without a switch")
{
    tess_cap n = make(TESS_TYPE_notification);
    struct tess_thread *t = spawn(LOW, recv_once, n);

    until_state(t, TESS_THREAD_WAIT);
    OK(tess_signal(mint(n, TESS_RIGHT_ALL, 1)));
    EQ(shared[0], 0);
    EQ(state_of(t), TESS_THREAD_READY);
    until_equal(&shared[0], 100);
}

static void waiter(void *argument)
{
    note(tess_recv(ARG_CAP(argument), 0).badge);
}

TEST("one signal wakes one of several waiters, in the order in which they came")
{
    tess_cap n = make(TESS_TYPE_notification);
    struct tess_thread *t[3];

    for (unsigned i = 0; i < 3; i++) {
        t[i] = spawn(HIGH, waiter, n);
    }
    for (uint64_t i = 0; i < 3; i++) {
        OK(tess_signal(mint(n, TESS_RIGHT_ALL, i + 1)));
        EQ(state_of(t[i]), TESS_THREAD_SUSPENDED);
    }
    NOTED(1, 2, 3);
}

TEST("signalling needs the right SEND, waiting the right RECV")
{
    tess_cap n = make(TESS_TYPE_notification);

    ERR(tess_signal(mint(n, TESS_RIGHT_RECV, 1)), RIGHTS);
    EQ(tess_msg_err(tess_recv(mint(n, TESS_RIGHT_SEND, 1), 0).tag), TESS_RIGHTS);
    EQ(tess_msg_err(tess_try_recv(mint(n, TESS_RIGHT_SEND, 1)).tag), TESS_RIGHTS);
    EQ(tess_msg_err(tess_try_recv(n).tag), TESS_AGAIN);
}

TEST("waiters of a deleted notification get GONE")
{
    tess_cap n = make(TESS_TYPE_notification);

    spawn(HIGH, recv_once, n);
    drop(n);
    EQ(shared[0], 100 + TESS_GONE);
}

TEST("a signal without a badge wakes nobody's bits but ends a wait")
{
    tess_cap n = make(TESS_TYPE_notification);

    spawn(HIGH, recv_once, n);
    OK(tess_signal(n));
    EQ(shared[0], 100);
    EQ(shared[1], 0);
    EQ(shared[2], TESS_TAG_SIGNAL);
}

TEST("a deleted waiter leaves the queue")
{
    tess_cap n = make(TESS_TYPE_notification);
    struct tess_thread *a = spawn(HIGH, waiter, n);

    spawn(HIGH, waiter, n);
    drop(a->tcb);
    OK(tess_signal(mint(n, TESS_RIGHT_ALL, 9)));
    NOTED(9);
}

/* ---- bound notifications ---- */

TEST("a bound notification's signal is delivered at the thread's endpoint receive")
{
    tess_cap n = make(TESS_TYPE_notification), ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t = prepare(&(struct tess_thread_config){ .priority = HIGH });

    OK(tess_thread_bind_notification(t->tcb, n));
    OK(tess_thread_run(&env, t, recv_once, CAP_ARG(ep)));
    EQ(state_of(t), TESS_THREAD_RECV);
    OK(tess_signal(mint(n, TESS_RIGHT_ALL, 0x11)));
    EQ(shared[0], 100);
    EQ(shared[1], 0x11);
    EQ(shared[2], TESS_TAG_SIGNAL);
    ERR(tess_try_send(ep, tess_tag(0, 0, 0), NONE), AGAIN);
}

TEST("a bound notification's signal is kept while the thread does not receive")
{
    tess_cap n = make(TESS_TYPE_notification), ep = make(TESS_TYPE_endpoint);

    OK(tess_thread_bind_notification(own_thread(), n));
    OK(tess_signal(mint(n, TESS_RIGHT_ALL, 2)));
    struct tess_msg m = tess_recv(ep, 0);
    EQ(m.badge, 2);
    EQ(m.tag, TESS_TAG_SIGNAL);
    OK(tess_signal(mint(n, TESS_RIGHT_ALL, 4)));
    EQ(tess_try_recv(ep).badge, 4);
    OK(tess_thread_bind_notification(own_thread(), 0));
}

TEST("a bound notification's bits come before a waiting sender")
{
    tess_cap n = make(TESS_TYPE_notification), ep = make(TESS_TYPE_endpoint);

    OK(tess_thread_bind_notification(own_thread(), n));
    spawn(HIGH, send_once, mint(ep, TESS_RIGHT_ALL, 5));
    OK(tess_signal(mint(n, TESS_RIGHT_ALL, 2)));
    EQ(tess_recv(ep, 0).badge, 2);
    EQ(tess_recv(ep, 0).badge, 5);
    OK(tess_thread_bind_notification(own_thread(), 0));
}

TEST("a bound notification's bits come with reply_recv")
{
    tess_cap n = make(TESS_TYPE_notification), ep = make(TESS_TYPE_endpoint);
    struct tess_msg m;

    OK(tess_thread_bind_notification(own_thread(), n));
    spawn(HIGH, call_once, ep);
    (void)tess_recv(ep, 0);
    OK(tess_signal(mint(n, TESS_RIGHT_ALL, 8)));
    m = tess_reply_recv_0(ep, tess_tag(1, 0, 0), 0, 0);
    EQ(m.badge, 8);
    EQ(m.tag, TESS_TAG_SIGNAL);
    EQ(shared[0], 101);
    OK(tess_thread_bind_notification(own_thread(), 0));
}

TEST("a notification is bound to one thread, a thread to one notification")
{
    tess_cap n = make(TESS_TYPE_notification), other = make(TESS_TYPE_notification);
    struct tess_thread *a = prepare(&(struct tess_thread_config){ .priority = LOW });
    struct tess_thread *b = prepare(&(struct tess_thread_config){ .priority = LOW });

    OK(tess_thread_bind_notification(a->tcb, n));
    ERR(tess_thread_bind_notification(b->tcb, n), EXISTS);
    ERR(tess_thread_bind_notification(a->tcb, other), EXISTS);
    OK(tess_thread_bind_notification(a->tcb, 0));
    OK(tess_thread_bind_notification(b->tcb, n));
}

TEST("binding needs the right RECV and a notification")
{
    struct tess_thread *a = prepare(&(struct tess_thread_config){ .priority = LOW });

    ERR(tess_thread_bind_notification(a->tcb, copy(make(TESS_TYPE_notification), TESS_RIGHT_SEND)),
        RIGHTS);
    ERR(tess_thread_bind_notification(a->tcb, make(TESS_TYPE_endpoint)), CAP);
}

TEST("an unbound notification is no longer delivered at the endpoint")
{
    tess_cap n = make(TESS_TYPE_notification), ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t = prepare(&(struct tess_thread_config){ .priority = HIGH });

    OK(tess_thread_bind_notification(t->tcb, n));
    OK(tess_thread_run(&env, t, recv_once, CAP_ARG(ep)));
    OK(tess_thread_bind_notification(t->tcb, 0));
    OK(tess_signal(mint(n, TESS_RIGHT_ALL, 1)));
    EQ(shared[0], 0);
    EQ(tess_try_recv(n).badge, 1);
}

TEST("deleting a bound notification leaves the thread receiving messages")
{
    tess_cap n = make(TESS_TYPE_notification), ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t = prepare(&(struct tess_thread_config){ .priority = HIGH });

    OK(tess_thread_bind_notification(t->tcb, n));
    OK(tess_thread_run(&env, t, recv_once, CAP_ARG(ep)));
    revoke(n);
    drop(n);
    EQ(state_of(t), TESS_THREAD_RECV);
    OK(tess_send(ep, tess_tag(1, 1, 0), 0, (struct tess_words){ { 3 } }));
    EQ(shared[3], 3);
}

TEST("deleting the thread leaves its bound notification usable")
{
    tess_cap n = make(TESS_TYPE_notification), ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t = prepare(&(struct tess_thread_config){ .priority = HIGH });

    OK(tess_thread_bind_notification(t->tcb, n));
    OK(tess_thread_run(&env, t, recv_once, CAP_ARG(ep)));
    drop(t->tcb);
    OK(tess_signal(mint(n, TESS_RIGHT_ALL, 1)));
    EQ(tess_try_recv(n).badge, 1);
    OK(tess_thread_bind_notification(own_thread(), n));
    OK(tess_thread_bind_notification(own_thread(), 0));
}

TEST("signals to a passive thread's bound notification stay pending until its next receive")
{
    tess_cap n = make(TESS_TYPE_notification), ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t = prepare(&(struct tess_thread_config){ .priority = HIGH, .passive = 1 });

    OK(tess_thread_bind_notification(t->tcb, n));
    OK(tess_thread_run(&env, t, echo_server, CAP_ARG(ep)));
    OK(tess_signal(mint(n, TESS_RIGHT_ALL, 1)));
    EQ(state_of(t), TESS_THREAD_RECV);
    EQ(tess_try_recv(n).badge, 1);
}

static void ping(void *argument)
{
    for (unsigned i = 0; i < 500; i++) {
        (void)tess_recv(ARG_CAP(argument), 0);
        (void)tess_signal(shared[16]);
    }
    shared[0] = 1;
}

TEST("two threads that signal each other in turn lose no signal")
{
    tess_cap a = mint(make(TESS_TYPE_notification), TESS_RIGHT_ALL, 1);
    tess_cap b = mint(make(TESS_TYPE_notification), TESS_RIGHT_ALL, 2);

    shared[16] = b;
    spawn(HIGH, ping, a);
    for (unsigned i = 0; i < 500; i++) {
        OK(tess_signal(a));
        EQ(tess_recv(b, 0).badge, 2);
    }
    EQ(shared[0], 1);
}

TEST("binding a notification that has bits delivers them to a thread that receives")
{
    tess_cap n = make(TESS_TYPE_notification), ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t = spawn(HIGH, recv_once, ep);

    OK(tess_signal(mint(n, TESS_RIGHT_ALL, 0x30)));
    OK(tess_thread_bind_notification(t->tcb, n));
    EQ(shared[0], 100);
    EQ(shared[1], 0x30);
    EQ(tess_msg_err(tess_try_recv(n).tag), TESS_AGAIN);
}
