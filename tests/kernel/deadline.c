/* Deadlines: only lower bounds are asked for, so that the speed of the machine does not matter. */
#include "test.h"

#define NONE ((struct tess_words){ { 0 } })

TEST("a receive ends with TIMEOUT, not before its deadline")
{
    uint64_t deadline = after_us(2000);

    EQ(tess_msg_err(tess_recv(make(TESS_TYPE_endpoint), deadline).tag), TESS_TIMEOUT);
    TRUE(tess_now() >= deadline);
}

TEST("a wait ends with TIMEOUT, not before its deadline")
{
    uint64_t deadline = after_us(2000);

    EQ(tess_msg_err(tess_recv(make(TESS_TYPE_notification), deadline).tag), TESS_TIMEOUT);
    TRUE(tess_now() >= deadline);
}

TEST("a send that nobody receives ends with TIMEOUT, not before its deadline")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    uint64_t deadline = after_us(2000);

    ERR(tess_send(ep, tess_tag(0, 0, 0), deadline, NONE), TIMEOUT);
    TRUE(tess_now() >= deadline);
    EQ(tess_msg_err(tess_try_recv(ep).tag), TESS_AGAIN);
}

TEST("a call that nobody receives ends with TIMEOUT, not before its deadline")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    uint64_t deadline = after_us(2000);

    EQ(tess_msg_err(tess_call_0(ep, tess_tag(0, 0, 0), deadline).tag), TESS_TIMEOUT);
    TRUE(tess_now() >= deadline);
    EQ(tess_msg_err(tess_try_recv(ep).tag), TESS_AGAIN);
}

static void late_server(void *argument)
{
    shared[5] = tess_recv(ARG_CAP(argument), 0).w[0];
    (void)tess_recv(shared[9], 0);
    shared[6] = 100 + tess_reply(tess_tag(0, 0, 0), 0, NONE);
    shared[7] = 100 + tess_msg_err(tess_try_recv(ARG_CAP(argument)).tag);
}

TEST("a call that is received but not answered ends with TIMEOUT; the late answer is refused")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    uint64_t deadline = after_us(2000);

    shared[9] = mint(make(TESS_TYPE_notification), TESS_RIGHT_ALL, 1);
    spawn(HIGH, late_server, ep);
    EQ(tess_msg_err(tess_call_1(ep, tess_tag(0, 1, 0), deadline, 3).tag), TESS_TIMEOUT);
    TRUE(tess_now() >= deadline);
    EQ(shared[5], 3);
    OK(tess_signal(shared[9]));
    EQ(shared[6], 100 + TESS_STATE);
    EQ(shared[7], 100 + TESS_AGAIN);
}

TEST("a call whose deadline passes while a passive server runs on its budget gets the budget back")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    uint64_t deadline = after_us(2000);

    shared[9] = mint(make(TESS_TYPE_notification), TESS_RIGHT_ALL, 1);
    spawn_passive(HIGH, late_server, ep);
    EQ(tess_msg_err(tess_call_1(ep, tess_tag(0, 1, 0), deadline, 3).tag), TESS_TIMEOUT);
    TRUE(tess_now() >= deadline);
    struct tess_thread_info info;
    OK(tess_thread_info(own_thread(), &info));
    EQ(info.has_budget, 1);
}

TEST("the deadline of a call that waits in the queue goes on while it is served")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    uint64_t deadline = after_us(4000);

    shared[9] = mint(make(TESS_TYPE_notification), TESS_RIGHT_ALL, 1);
    spawn(LOW, late_server, ep);
    EQ(tess_msg_err(tess_call_1(ep, tess_tag(0, 1, 0), deadline, 8).tag), TESS_TIMEOUT);
    TRUE(tess_now() >= deadline);
}

static void deadline_caller(void *argument)
{
    uint64_t deadline = after_us(shared[10]);

    shared[0] = 100 + tess_msg_err(tess_call_0(ARG_CAP(argument), tess_tag(0, 0, 0), deadline).tag);
    shared[1] = tess_now() >= deadline;
}

TEST("a caller in a Reply object gets TIMEOUT at its deadline, and the object can be used again")
{
    tess_cap ep = make(TESS_TYPE_endpoint), r = make(TESS_TYPE_reply);

    shared[10] = 3000;
    spawn(HIGH, deadline_caller, ep);
    while (tess_msg_err(tess_try_recv(ep).tag)) { /* it gave up before it was received */
        shared[10] *= 2;
        spawn(HIGH, deadline_caller, ep);
    }
    shared[0] = 0;
    OK(tess_reply_defer(r));
    until_equal(&shared[0], 100 + TESS_TIMEOUT);
    EQ(shared[1], 1);
    ERR(tess_reply(tess_tag(0, 0, 0), r, NONE), STATE);
    spawn(HIGH, call_once, ep);
    (void)tess_recv(ep, 0);
    OK(tess_reply_defer(r));
    OK(tess_reply(tess_tag(5, 0, 0), r, NONE));
    EQ(shared[0], 105);
}

TEST("a deadline that has passed ends the operation at once, and delivers what is there")
{
    tess_cap ep = make(TESS_TYPE_endpoint), n = mint(make(TESS_TYPE_notification), 15, 1);

    EQ(tess_msg_err(tess_recv(ep, 1).tag), TESS_TIMEOUT);
    EQ(tess_msg_err(tess_recv(n, 1).tag), TESS_TIMEOUT);
    ERR(tess_send(ep, tess_tag(0, 0, 0), 1, NONE), TIMEOUT);
    EQ(tess_msg_err(tess_call_0(ep, tess_tag(0, 0, 0), 1).tag), TESS_TIMEOUT);
    OK(tess_signal(n));
    EQ(tess_recv(n, 1).badge, 1);
    spawn(HIGH, send_once, ep);
    EQ(tess_recv(ep, 1).w[0], 11);
}

TEST("a message before the deadline cancels it: no late TIMEOUT follows")
{
    tess_cap ep = make(TESS_TYPE_endpoint), n = make(TESS_TYPE_notification);
    uint64_t deadline, us = 3000;
    struct tess_msg m;

    spawn(LOW, send_once, ep);
    do { /* long enough for the sender to run */
        deadline = after_us(us *= 2);
        m = tess_recv(ep, deadline);
    } while (tess_msg_err(m.tag) == TESS_TIMEOUT);
    EQ(tess_msg_err(m.tag), TESS_OK);
    EQ(tess_msg_err(tess_recv(n, deadline + tess_ticks_of_ns(2000000)).tag), TESS_TIMEOUT);
    TRUE(tess_now() >= deadline + tess_ticks_of_ns(2000000));
}

TEST("a far deadline does not end anything early")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    spawn(LOW, send_once, ep);
    EQ(tess_msg_err(tess_recv(ep, ~0ull).tag), TESS_OK);
}

static void sleeper(void *argument)
{
    uint64_t deadline = ARG_CAP(argument);

    tess_sleep_until(&env, deadline);
    note(tess_now() >= deadline ? deadline : 0);
}

TEST("threads with different deadlines wake in the order of the deadlines")
{
    uint64_t start = tess_now(), step = tess_ticks_of_ns(1000000), base;
    static const unsigned order[] = { 5, 2, 7, 1, 8, 3, 6, 4 };

    spawn(HIGH, recv_once, make(TESS_TYPE_endpoint));
    base = tess_now() + 50 * (tess_now() - start) + 20 * step; /* all are there by then */

    for (unsigned i = 0; i < 8; i++) {
        spawn(HIGH, sleeper, base + order[i] * step);
    }
    tess_sleep_until(&env, base + 20 * step);
    NOTED(base + step, base + 2 * step, base + 3 * step, base + 4 * step, base + 5 * step,
          base + 6 * step, base + 7 * step, base + 8 * step);
}

TEST("a deleted thread's deadline disturbs nobody")
{
    uint64_t deadline, us = 3000;

    do { /* until the deletion was faster than the deadline */
        deadline = after_us(us *= 2);
        struct tess_thread *t = spawn(HIGH, sleeper, deadline);

        forget_notes();
        drop(t->tcb);
    } while (tess_now() >= deadline);
    tess_sleep_until(&env, deadline + tess_ticks_of_ns(1000000));
    test_noted(NULL, 0, __FILE__, __LINE__);
}

TEST("a thousand short deadlines in a row all expire")
{
    for (unsigned i = 0; i < 1000; i++) {
        uint64_t deadline = tess_now() + 100;

        EQ(tess_msg_err(tess_recv(env.sleep, deadline).tag), TESS_TIMEOUT);
        TRUE(tess_now() >= deadline);
    }
}

TEST("reply_recv with a deadline answers first and then ends with TIMEOUT")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    uint64_t deadline;

    spawn(HIGH, call_once, ep);
    (void)tess_recv(ep, 0);
    deadline = after_us(2000);
    EQ(tess_msg_err(tess_reply_recv_0(ep, tess_tag(1, 0, 0), deadline, 0).tag), TESS_TIMEOUT);
    TRUE(tess_now() >= deadline);
    EQ(shared[0], 101);
}

TEST("of many threads with deadlines, deleted in any order, the others wake in theirs")
{
    static const unsigned char order[] = { 11, 3, 14, 7, 1, 9, 15, 5, 12, 2, 13, 8, 4, 10, 6, 16 };
    uint64_t start = tess_now(), step = tess_ticks_of_ns(1000000), base;
    struct tess_thread *t[16];

    spawn(HIGH, recv_once, make(TESS_TYPE_endpoint));
    base = tess_now() + 100 * (tess_now() - start) + 20 * step; /* all are there by then */
    for (unsigned i = 0; i < 16; i++) {
        t[i] = spawn(HIGH, sleeper, base + order[i] * step);
    }
    for (unsigned i = 0; i < 16; i++) {
        if (order[i] % 3 != 0) {
            drop(t[i]->tcb);
        }
    }
    tess_sleep_until(&env, base + 20 * step);
    NOTED(base + 3 * step, base + 6 * step, base + 9 * step, base + 12 * step, base + 15 * step);
}
