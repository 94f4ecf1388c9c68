/* Destruction in every state: objects taken away by revoking the memory they are made of. */
#include "test.h"

#define NONE ((struct tess_words){ { 0 } })

static tess_cap ut; /* what is revoked */

static tess_cap made_in(enum tess_type type, uint64_t size)
{
    tess_cap slot = empty_slot();

    OK(tess_untyped_retype(ut, type, size, 0, slot, 1, TESS_OFFSET_NEXT));
    return slot;
}

static void begin(void)
{
    ut = make_sized(TESS_TYPE_untyped, 256u << 10);
}

/* Revoke, and see that the memory is whole again. */
static void revoke_all(void)
{
    struct tess_untyped_info info;
    tess_cap frame = empty_slot();

    revoke(ut);
    OK(tess_untyped_info(ut, &info));
    EQ(info.used, 0);
    OK(tess_untyped_retype(ut, TESS_TYPE_frame, info.bytes, 0, frame, 1, TESS_OFFSET_NEXT));
    revoke(ut);
}

/* A helper thread made entirely of the memory that will be revoked. */
static struct tess_thread *spawn_in(const struct tess_thread_config *config, helper *main,
                                    tess_cap argument)
{
    struct tess_pool pool, *own = env.pool;
    struct tess_thread *t;

    tess_pool_init(&pool);
    OK(tess_pool_add(&pool, ut));
    env.pool = &pool;
    t = prepare(config);
    env.pool = own;
    OK(tess_thread_run(&env, t, main, CAP_ARG(argument)));
    return t;
}

static struct tess_thread *high_in(helper *main, tess_cap argument)
{
    return spawn_in(&(struct tess_thread_config){ .priority = HIGH }, main, argument);
}

TEST("revoking an endpoint's memory wakes senders, callers and nobody twice")
{
    begin();
    tess_cap ep = made_in(TESS_TYPE_endpoint, 0);

    struct tess_thread *a = spawn(HIGH, send_once, ep), *b = spawn(HIGH, call_once, ep);
    revoke_all();
    EQ(state_of(a), TESS_THREAD_SUSPENDED);
    EQ(state_of(b), TESS_THREAD_SUSPENDED);
    EQ(shared[0], TESS_GONE); /* the caller wrote last */
}

TEST("revoking an endpoint's memory wakes its receivers")
{
    begin();
    tess_cap ep = made_in(TESS_TYPE_endpoint, 0);

    for (int i = 0; i < 4; i++) {
        spawn(HIGH, recv_once, ep);
    }
    revoke_all();
    EQ(shared[0], 100 + TESS_GONE);
}

TEST("revoking an endpoint's memory leaves a call that is being served alone")
{
    begin();
    tess_cap ep = made_in(TESS_TYPE_endpoint, 0);

    spawn(HIGH, call_once, ep);
    (void)tess_recv(ep, 0);
    revoke_all();
    EQ(shared[0], 0);
    OK(tess_reply(tess_tag(3, 0, 0), 0, NONE));
    EQ(shared[0], 103);
}

TEST("revoking a notification's memory wakes its waiters and unbinds it")
{
    begin();
    tess_cap n = made_in(TESS_TYPE_notification, 0), ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t = prepare(&(struct tess_thread_config){ .priority = HIGH });

    spawn(HIGH, recv_once, n);
    revoke_all();
    EQ(shared[0], 100 + TESS_GONE);
    n = made_in(TESS_TYPE_notification, 0);
    OK(tess_thread_bind_notification(t->tcb, n));
    OK(tess_thread_run(&env, t, recv_once, CAP_ARG(ep)));
    revoke_all();
    EQ(state_of(t), TESS_THREAD_RECV);
    OK(tess_thread_bind_notification(t->tcb, make(TESS_TYPE_notification)));
}

TEST("revoking a waiting sender's memory takes it out of the queue")
{
    begin();
    tess_cap ep = make(TESS_TYPE_endpoint);

    high_in(send_once, ep);
    revoke_all();
    EQ(tess_msg_err(tess_try_recv(ep).tag), TESS_AGAIN);
}

TEST("revoking a waiting caller's memory takes it out of the queue")
{
    begin();
    tess_cap ep = make(TESS_TYPE_endpoint);

    high_in(call_once, ep);
    revoke_all();
    EQ(tess_msg_err(tess_try_recv(ep).tag), TESS_AGAIN);
}

TEST("revoking a waiting receiver's memory takes it out of the queue")
{
    begin();
    tess_cap ep = make(TESS_TYPE_endpoint);

    high_in(recv_once, ep);
    revoke_all();
    ERR(tess_try_send(ep, tess_tag(0, 0, 0), NONE), AGAIN);
}

TEST("revoking the memory of a caller that is being served leaves its server without a caller")
{
    begin();
    tess_cap ep = make(TESS_TYPE_endpoint);

    high_in(call_once, ep);
    (void)tess_recv(ep, 0);
    revoke_all();
    ERR(tess_reply(tess_tag(0, 0, 0), 0, NONE), STATE);
    EQ(tess_msg_err(tess_try_recv(ep).tag), TESS_AGAIN);
}

TEST("revoking a server's memory wakes its caller with GONE")
{
    begin();
    tess_cap ep = make(TESS_TYPE_endpoint);

    high_in(recv_once, ep);
    spawn(HIGH, call_once, ep); /* recv_once ends without an answer: the thread is suspended */
    EQ(shared[0], 100);
    revoke_all();
    EQ(shared[0], TESS_GONE);
}

TEST("revoking the memory of a passive server that runs on a lent budget gives the budget back")
{
    begin();
    tess_cap ep = make(TESS_TYPE_endpoint);

    spawn_in(&(struct tess_thread_config){ .priority = HIGH, .passive = 1 }, recv_once, ep);
    struct tess_thread *caller = spawn(HIGH, call_once, ep);
    EQ(state_of(caller), TESS_THREAD_REPLY);
    revoke_all();
    EQ(shared[0], TESS_GONE);
    EQ(state_of(caller), TESS_THREAD_SUSPENDED);
}

TEST("revoking a ready thread's memory takes it out of the ready queue")
{
    begin();
    struct tess_thread *t = spawn_in(&(struct tess_thread_config){ .priority = LOW }, forever, 0);

    spawn(LOW, forever, 0);
    EQ(state_of(t), TESS_THREAD_READY);
    revoke_all();
    sleep_us(2000);
}

TEST("revoking the memory of a thread that waits for its budget takes its timer along")
{
    begin();
    struct tess_thread *t = spawn_in(
        &(struct tess_thread_config){ .priority = HIGH, .budget = 20000, .period = 10000000 },
        forever, 0);

    until_state(t, TESS_THREAD_NO_BUDGET);
    revoke_all();
    sleep_us(200000);
}

static void wait_with_deadline(void *argument)
{
    (void)tess_recv(ARG_CAP(argument), shared[10]);
    shared[0] = 1;
}

TEST("revoking the memory of a thread that waits with a deadline takes its timer along")
{
    tess_cap n = make(TESS_TYPE_notification);
    uint64_t us = 3000;

    begin();
    do { /* until the revoke was faster than the deadline */
        shared[10] = after_us(us *= 2);
        shared[0] = 0;
        high_in(wait_with_deadline, n);
        revoke(ut);
    } while (tess_now() >= shared[10]);
    tess_sleep_until(&env, shared[10] + tess_ticks_of_ns(1000000));
    EQ(shared[0], 0);
}

TEST("revoking a budget's memory stops its thread, wherever the budget is lent to")
{
    begin();
    struct tess_thread *t = spawn(LOW, forever, 0);
    tess_cap b = made_in(TESS_TYPE_budget, 0);

    OK(tess_budget_configure(b, env.cpu, 100000, 100000));
    OK(tess_budget_unbind(t->budget));
    OK(tess_budget_bind(b, t->tcb));
    sleep_us(1000);
    revoke_all();
    EQ(state_of(t), TESS_THREAD_NO_BUDGET);
    OK(tess_budget_bind(t->budget, t->tcb));
    EQ(state_of(t), TESS_THREAD_READY);
}

TEST("revoking a Reply object's memory wakes the caller in it with GONE")
{
    begin();
    tess_cap ep = make(TESS_TYPE_endpoint), r = made_in(TESS_TYPE_reply, 0);

    spawn(HIGH, call_once, ep);
    (void)tess_recv(ep, 0);
    OK(tess_reply_defer(r));
    revoke_all();
    EQ(shared[0], TESS_GONE);
}

static void probe_slot(void *argument)
{
    for (;;) {
        shared[1] = tess_msg_err(tess_try_recv(ARG_CAP(argument)).tag);
    }
}

TEST("revoking a CNode's memory takes the capabilities of the thread that uses it")
{
    begin();
    tess_cap cn = made_in(TESS_TYPE_cnode, 8);
    struct tess_thread *t = prepare(&(struct tess_thread_config){ .priority = LOW });

    OK(tess_cnode_copy(cn, 0, make(TESS_TYPE_endpoint), 2, TESS_RIGHT_ALL));
    OK(tess_thread_configure(t->tcb, cn, env.vspace, 0, t->frame,
                             t->bytes - sizeof(struct tess_ipc_buffer), 0));
    OK(tess_thread_run(&env, t, probe_slot, (void *)2));
    until_equal(&shared[1], TESS_AGAIN);
    revoke_all();
    until_equal(&shared[1], TESS_CAP);
}

static void long_caller(void *argument)
{
    struct tess_msg m = tess_call(ARG_CAP(argument), tess_tag(1, 40, 0), 0, NONE);

    shared[1] = tess_tag_len(m.tag);
    shared[0] = 100 + tess_msg_err(m.tag);
    for (;;) {
        tess_yield();
    }
}

TEST("revoking the IPC buffer of a thread that waits leaves it only the words in registers")
{
    begin();
    tess_cap buffer = made_in(TESS_TYPE_frame, 4096), ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t = prepare(&(struct tess_thread_config){ .priority = HIGH });

    OK(tess_thread_configure(t->tcb, env.cnode, env.vspace, 0, buffer, 0, 0));
    OK(tess_thread_run(&env, t, long_caller, CAP_ARG(ep)));
    EQ(state_of(t), TESS_THREAD_SEND);
    revoke_all();
    EQ(tess_tag_len(tess_recv(ep, 0).tag), 8);
    OK(tess_thread_set_priority(t->tcb, LOW, LOW));
    EQ(tess_msg_err(tess_reply_recv_0(ep, tess_tag(0, 64, 0), after_us(2000), 0).tag),
       TESS_TIMEOUT);
    until_equal(&shared[0], 100);
    EQ(shared[1], 8);
}

static void fault_now(void *argument)
{
    *(volatile uint64_t *)argument = 1;
}

TEST("revoking a fault endpoint's memory suspends the threads that wait in it")
{
    begin();
    tess_cap ep = made_in(TESS_TYPE_endpoint, 0);
    struct tess_thread *t =
        spawn_with(&(struct tess_thread_config){ .priority = HIGH, .fault = ep }, fault_now, 16);

    EQ(state_of(t), TESS_THREAD_SEND);
    revoke_all();
    EQ(state_of(t), TESS_THREAD_SUSPENDED);
}

TEST("a thread whose fault endpoint was revoked is suspended by its next fault")
{
    begin();
    tess_cap ep = made_in(TESS_TYPE_endpoint, 0);
    struct tess_thread *t = prepare(&(struct tess_thread_config){ .priority = HIGH, .fault = ep });

    revoke_all();
    OK(tess_thread_run(&env, t, fault_now, (void *)16));
    EQ(state_of(t), TESS_THREAD_SUSPENDED);
}

TEST("revoking a timeout endpoint's memory leaves the thread to wait for its next period")
{
    begin();
    tess_cap ep = made_in(TESS_TYPE_endpoint, 0);
    struct tess_thread *t = prepare(
        &(struct tess_thread_config){ .priority = HIGH, .budget = 20000, .period = 1ull << 38 });

    OK(tess_thread_set_timeout_handler(t->tcb, ep));
    revoke_all();
    OK(tess_thread_run(&env, t, forever, NULL));
    EQ(state_of(t), TESS_THREAD_NO_BUDGET);
}

TEST("revoking a mapped frame's memory unmaps it everywhere")
{
    begin();
    tess_cap frame = made_in(TESS_TYPE_frame, 8192), ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t;
    void *p, *q;

    OK(tess_map(&env, frame, 8192, 3, TESS_ATTR_NORMAL, &p));
    OK(tess_map(&env, copy(frame, TESS_RIGHT_ALL), 8192, 3, TESS_ATTR_NORMAL, &q));
    *(volatile uint64_t *)p = 1;
    *(volatile uint64_t *)q = 1;
    revoke_all();
    t = spawn_with(&(struct tess_thread_config){ .priority = HIGH, .fault = ep }, fault_now,
                   (uint64_t)p);
    EQ(tess_recv(ep, 0).w[0], (uint64_t)p);
    OK(tess_reply(tess_tag(TESS_FAULT_STOP, 0, 0), 0, NONE));
    drop(t->tcb);
    spawn_with(&(struct tess_thread_config){ .priority = HIGH, .fault = ep }, fault_now,
               (uint64_t)q);
    EQ(tess_recv(ep, 0).w[0], (uint64_t)q);
}

TEST("a whole family of threads, endpoints, budgets and replies in mid-conversation is revoked at "
     "once")
{
    begin();
    for (int round = 0; round < 5; round++) {
        tess_cap a = made_in(TESS_TYPE_endpoint, 0), b = made_in(TESS_TYPE_endpoint, 0);
        tess_cap n = made_in(TESS_TYPE_notification, 0);
        struct tess_thread_config low = { .priority = LOW, .stack_bytes = 8192 };
        struct tess_thread_config passive = { .priority = HIGH, .passive = 1, .stack_bytes = 8192 };

        spawn_in(&passive, recv_once, a);
        spawn_in(&low, call_once, a);
        spawn_in(&low, call_once, b);
        spawn_in(&low, recv_once, n);
        spawn_in(&low, forever, 0);
        sleep_us(500);
        revoke_all();
    }
}

static void revoker(void *argument)
{
    OK(tess_cnode_revoke(env.cnode, ARG_CAP(argument)));
    shared[0]++;
}

TEST("two threads that revoke the same memory at the same time both succeed")
{
    begin();
    tess_cap cn = made_in(TESS_TYPE_cnode, 2000), ep = made_in(TESS_TYPE_endpoint, 0);

    for (uint64_t i = 1; i < 2000; i++) {
        OK(tess_cnode_copy(cn, 0, ep, i, TESS_RIGHT_ALL));
    }
    spawn_with(&(struct tess_thread_config){ .priority = LOW, .budget = 1000, .period = 1000 },
               revoker, ut);
    spawn_with(&(struct tess_thread_config){ .priority = LOW, .budget = 1000, .period = 1000 },
               revoker, ut);
    until_equal(&shared[0], 2);
    revoke_all();
}

static void delete_cnode(void *argument)
{
    (void)tess_cnode_delete(env.cnode, ARG_CAP(argument));
}

TEST("memory whose parts are being revoked by one thread can be revoked as a whole by another")
{
    begin();
    tess_cap cn = made_in(TESS_TYPE_cnode, 2000), ep = made_in(TESS_TYPE_endpoint, 0);

    for (uint64_t i = 1; i < 2000; i++) {
        OK(tess_cnode_copy(cn, 0, ep, i, TESS_RIGHT_ALL));
    }
    spawn_with(&(struct tess_thread_config){ .priority = LOW, .budget = 1000, .period = 1000 },
               delete_cnode, cn);
    sleep_us(100);
    revoke_all();
}
