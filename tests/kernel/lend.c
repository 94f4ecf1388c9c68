/* Lent budgets in odd places: nobody ends up with another thread's time, and nobody waits for ever without any. */
#include "test.h"
#define NONE ((struct tess_words){ { 0 } })

/* passive server, bound notification with bits, while it is about to reply. */
static void a_other(void *argument)
{
    (void)tess_recv(ARG_CAP(argument), 0);
    forever(NULL);
}
static void a_server(void *argument)
{
    (void)argument;
    (void)tess_recv(shared[16], 0);
    OK(tess_signal(shared[19]));
    shared[10]++;
    OK(tess_signal(shared[17]));
    shared[10]++;
    struct tess_msg m = tess_reply_recv_0(shared[16], tess_tag(1, 0, 0), 0, 0);
    shared[1] = 1;
    shared[2] = m.tag;
    (void)tess_call_0(shared[18], tess_tag(0, 0, 0), 0);
    shared[1] = 2;
}
TEST("a signal pending at a passive server does not strand it after its reply")
{
    shared[16] = make(TESS_TYPE_endpoint);
    tess_cap n = make(TESS_TYPE_notification);
    shared[17] = mint(n, 15, 1);
    shared[18] = make(TESS_TYPE_endpoint);
    spawn(HIGH, recv_once, shared[18]);
    struct tess_thread *s = spawn_passive(HIGH, a_server, 0);
    OK(tess_thread_bind_notification(s->tcb, n));
    shared[19] = mint(make(TESS_TYPE_notification), 15, 1);
    struct tess_thread *x = spawn(LOW + 5, a_other, shared[19]);
    until_state(x, TESS_THREAD_WAIT);
    spawn(LOW, call_once, shared[16]);
    sleep_us(3000);
    EQ(shared[1], 0);
}

/* budget theft */
static void b_server(void *argument)
{
    (void)argument;
    (void)tess_recv(shared[16], 0);
    shared[3] = 1;
    (void)tess_recv(shared[17], 0); /* notification */
    (void)tess_reply_recv_0(shared[16], tess_tag(1, 0, 0), 0, 0);
}
TEST("a caller whose budget was unbound does not get that of the active server")
{
    shared[16] = make(TESS_TYPE_endpoint);
    shared[17] = mint(make(TESS_TYPE_notification), 15, 1);
    struct tess_thread *s = spawn(HIGH, b_server, 0), *c = spawn(HIGH, call_once, shared[16]);
    EQ(shared[3], 1);
    OK(tess_budget_unbind(c->budget));
    OK(tess_signal(shared[17]));
    struct tess_thread_info info = { 0 };
    OK(tess_thread_info(s->tcb, &info));
    EQ(info.has_budget, 1);
    EQ(shared[0], 0);
}

/* a more urgent plain sender met by a passive thread that has time */
static void c_sender(void *argument)
{
    shared[3] += tess_send(ARG_CAP(argument), tess_tag(0, 0, 0), 0, NONE) == TESS_BUDGET;
}
static void c_server(void *argument)
{
    (void)argument;
    (void)tess_recv(shared[16], 0);
    shared[10]++;
    OK(tess_reply_defer(shared[18]));
    shared[10]++;
    struct tess_msg m = tess_recv(shared[17], 0);
    shared[5] = m.tag;
    shared[6]++;
}
TEST("a passive thread that turns a more urgent sender away waits in one queue")
{
    shared[16] = make(TESS_TYPE_endpoint);
    shared[17] = make(TESS_TYPE_endpoint);
    shared[18] = make(TESS_TYPE_reply);
    struct tess_thread *s = spawn_passive(LOW, c_server, 0);
    spawn(HIGH, c_sender, shared[17]);
    until_state(s, TESS_THREAD_RECV);
    struct tess_thread *c = spawn(HIGH, call_once, shared[16]);
    sleep_us(2000);
    EQ(shared[3], 1);
    EQ(state_of(c), TESS_THREAD_REPLY);
    EQ(state_of(s), TESS_THREAD_RECV);
    EQ(shared[6], 0);
}

/* budget bound to a server that serves on a lent one */
static void d_server(void *argument)
{
    (void)argument;
    (void)tess_recv(shared[16], 0);
    (void)tess_recv(shared[17], 0);
    for (;;) {
        (void)tess_reply_recv_0(shared[16], tess_tag(1, 0, 0), 0, 0);
    }
}
TEST("a server bound to a budget while it serves has it after the reply")
{
    tess_cap b = make(TESS_TYPE_budget);
    shared[16] = make(TESS_TYPE_endpoint);
    shared[17] = mint(make(TESS_TYPE_notification), 15, 1);
    struct tess_thread *s = spawn_passive(HIGH, d_server, 0);
    spawn(HIGH, call_once, shared[16]);
    OK(tess_budget_configure(b, env.cpu, 100000, 100000));
    OK(tess_budget_bind(b, s->tcb));
    OK(tess_signal(shared[17]));
    EQ(shared[0], 101);
    EQ(state_of(s), TESS_THREAD_RECV);
    struct tess_thread_info info = { 0 };
    OK(tess_thread_info(s->tcb, &info));
    EQ(info.has_budget, 1);
}
static void d2_server(void *argument)
{
    (void)argument;
    (void)tess_recv(shared[16], 0);
    (void)tess_recv(shared[17], 0);
    shared[4] = 10 + tess_reply(tess_tag(1, 0, 0), 0, NONE);
}
TEST("a server bound to a budget while it serves goes on after a plain reply")
{
    tess_cap b = make(TESS_TYPE_budget);
    shared[16] = make(TESS_TYPE_endpoint);
    shared[17] = mint(make(TESS_TYPE_notification), 15, 1);
    struct tess_thread *s = spawn_passive(HIGH, d2_server, 0);
    spawn(HIGH, call_once, shared[16]);
    OK(tess_budget_configure(b, env.cpu, 100000, 100000));
    OK(tess_budget_bind(b, s->tcb));
    OK(tess_signal(shared[17]));
    EQ(shared[0], 101);
    EQ(shared[4], 10);
}

/* reply through a Reply object on another caller's time */
static void f_server(void *argument)
{
    (void)argument;
    (void)tess_recv(shared[16], 0);
    OK(tess_reply_defer(shared[18]));
    (void)tess_recv(shared[16], 0);
    OK(tess_reply_defer(shared[19]));
    (void)tess_reply_recv_0(shared[16], tess_tag(1, 0, 0), 0, shared[18]);
}
TEST("a deferred caller without time does not get that of another caller")
{
    shared[16] = make(TESS_TYPE_endpoint);
    shared[18] = make(TESS_TYPE_reply);
    shared[19] = make(TESS_TYPE_reply);
    struct tess_thread *s = spawn_passive(HIGH, f_server, 0);
    struct tess_thread *c = spawn(HIGH, call_once, shared[16]);
    (void)s;
    OK(tess_budget_unbind(c->budget));
    spawn(HIGH, call_once, shared[16]);
    EQ(state_of(c), TESS_THREAD_NO_BUDGET);
}
