/* Priorities, preemption, yield, fairness. */
#include "test.h"

#define NONE ((struct tess_words){ { 0 } })

static void noting(void *argument)
{
    note(ARG_CAP(argument));
}

TEST("a thread of higher priority runs as soon as it is started")
{
    spawn(HIGH, noting, 1);
    note(2);
    NOTED(1, 2);
}

TEST("a thread of lower priority runs only when all above wait")
{
    struct tess_thread *t = spawn(LOW, noting, 1);

    note(2);
    until_state(t, TESS_THREAD_SUSPENDED);
    NOTED(2, 1);
}

TEST("a thread of equal priority runs when this one yields")
{
    spawn(MID, noting, 1);
    note(2);
    tess_yield();
    NOTED(2, 1);
}

TEST("yield gives nothing to threads of lower priority")
{
    struct tess_thread *t = spawn(LOW, noting, 1);

    for (int i = 0; i < 100; i++) {
        tess_yield();
    }
    note(2);
    until_state(t, TESS_THREAD_SUSPENDED);
    NOTED(2, 1);
}

TEST("of several ready threads the most urgent runs first")
{
    struct tess_thread *t[5];
    static const unsigned order[] = { 3, 1, 5, 2, 4 };

    for (unsigned i = 0; i < 5; i++) {
        t[i] = prepare(&(struct tess_thread_config){ .priority = LOW + order[i] });
        OK(tess_thread_run(&env, t[i], noting, CAP_ARG(order[i])));
    }
    until_state(t[1], TESS_THREAD_SUSPENDED);
    NOTED(5, 4, 3, 2, 1);
}

TEST("threads of equal priority run in the order in which they became ready")
{
    struct tess_thread *t = NULL;

    for (uint64_t i = 1; i <= 5; i++) {
        t = spawn(LOW, noting, i);
    }
    until_state(t, TESS_THREAD_SUSPENDED);
    NOTED(1, 2, 3, 4, 5);
}

TEST("every one of the priorities 1 to 240 can run a thread")
{
    struct tess_thread *t = prepare(&(struct tess_thread_config){ .priority = 1 });

    for (uint64_t p = 1; p <= TOP; p++) {
        OK(tess_thread_set_priority(t->tcb, p, p));
        shared[8] = 0;
        OK(tess_thread_run(&env, t, noting, CAP_ARG(p)));
        until_state(t, TESS_THREAD_SUSPENDED);
    }
}

TEST("raising the priority of a ready thread above the own runs it at once")
{
    struct tess_thread *t = spawn(LOW, noting, 1);

    note(2);
    OK(tess_thread_set_priority(t->tcb, HIGH, HIGH));
    note(3);
    NOTED(2, 1, 3);
}

TEST("lowering the own priority below a ready thread runs that thread at once")
{
    spawn(LOW, noting, 1);
    note(2);
    OK(tess_thread_set_priority(own_thread(), LOW - 1, TOP));
    note(3);
    NOTED(2, 1, 3);
    OK(tess_thread_set_priority(own_thread(), MID, TOP));
}

static void note_after(void *argument)
{
    uint64_t badge = tess_recv(ARG_CAP(argument), 0).badge;

    note(badge);
}

TEST("a signal to a more urgent thread switches to it, to a less urgent one not")
{
    tess_cap high = mint(make(TESS_TYPE_notification), TESS_RIGHT_ALL, 1);
    tess_cap low = mint(make(TESS_TYPE_notification), TESS_RIGHT_ALL, 2);
    struct tess_thread *t = spawn(LOW, note_after, low);

    spawn(HIGH, note_after, high);
    until_state(t, TESS_THREAD_WAIT);
    OK(tess_signal(low));
    note(3);
    OK(tess_signal(high));
    note(4);
    until_state(t, TESS_THREAD_SUSPENDED);
    NOTED(3, 1, 4, 2);
}

TEST("a call to a less urgent server lets threads between the two run first")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread *server = spawn(LOW, echo_server, ep);

    until_state(server, TESS_THREAD_RECV);
    spawn(LOW + 10, noting, 1);
    EQ(tess_tag_label(tess_call_0(ep, tess_tag(0, 0, 0), 0).tag), 1);
    note(2);
    NOTED(1, 2);
}

TEST("two threads that never wait share the processor")
{
    static helper *const count = forever;
    struct tess_thread *a = spawn(LOW, count, 0), *b = spawn(LOW, count, 0);
    uint64_t ca = 0, cb = 0;

    while (ca < 1000 || cb < 1000) {
        sleep_us(1000);
        OK(tess_budget_consumed(a->budget, &ca, NULL));
        OK(tess_budget_consumed(b->budget, &cb, NULL));
    }
}

TEST("a thread that never waits does not delay a more urgent one's deadline for ever")
{
    spawn(LOW, forever, 0);
    for (int i = 0; i < 50; i++) {
        uint64_t count;

        sleep_us(200);
        count = shared[8];
        while (shared[8] == count) {
            sleep_us(100);
        }
    }
}

static void yielder(void *argument)
{
    for (int i = 0; i < 3; i++) {
        note(ARG_CAP(argument));
        tess_yield();
    }
}

TEST("threads that yield take turns")
{
    struct tess_thread *c;

    spawn(LOW, yielder, 1);
    spawn(LOW, yielder, 2);
    c = spawn(LOW, yielder, 3);
    until_state(c, TESS_THREAD_SUSPENDED);
    NOTED(1, 2, 3, 1, 2, 3, 1, 2, 3);
}

TEST("a preempted thread goes on before others of its priority")
{
    /* Both are LOW; the first is interrupted by this thread's deadlines many times within one slice. */
    struct tess_thread_config config = { .priority = LOW,
                                         .budget = tess_ticks_of_ns(1000000000000),
                                         .period = tess_ticks_of_ns(1000000000000) };
    struct tess_thread *first = spawn_with(&config, forever, 0);
    struct tess_thread *second = spawn_with(&config, noting, 1);

    for (int i = 0; i < 20; i++) {
        sleep_us(100);
        EQ(state_of(second), TESS_THREAD_READY);
    }
    OK(tess_thread_suspend(first->tcb));
    until_state(second, TESS_THREAD_SUSPENDED);
}

TEST("the idle processor wakes up for a deadline")
{
    uint64_t deadline = after_us(5000);

    tess_sleep_until(&env, deadline);
    TRUE(tess_now() >= deadline);
}
