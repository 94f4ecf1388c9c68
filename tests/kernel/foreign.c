/* Foreign threads: every svc goes to the handler. */
#include "test.h"

#define NONE ((struct tess_words){ { 0 } })

__asm__(".pushsection .text\n"
        ".balign 4\n"
        "foreign_svc: svc #0\n"
        "foreign_next: svc #0x1234\n"
        "foreign_end: b foreign_svc\n"
        ".popsection\n");
extern const uint32_t foreign_svc[], foreign_next[], foreign_end[];

static tess_cap handler_ep;
static struct tess_thread *foreign;

static uint64_t pattern(unsigned i)
{
    return 0x1000000010000000ull * i + 0xf0f0 + i;
}

/* A foreign thread with a pattern in every register, stopped in front of its svc. */
static void prepare_foreign(uint64_t priority)
{
    struct tess_regs regs;

    handler_ep = make(TESS_TYPE_endpoint);
    foreign = prepare(&(struct tess_thread_config){ .priority = priority,
                                                    .fault = mint(handler_ep, TESS_RIGHT_ALL, 0xf0),
                                                    .flags = TESS_THREAD_FOREIGN });
    for (unsigned i = 0; i < 31; i++) {
        regs.x[i] = pattern(i);
    }
    regs.sp = foreign->stack_top;
    regs.pc = (uint64_t)foreign_svc;
    regs.pstate = 0xb0000000;
    regs.tls = 0x7777000077770000;
    OK(tess_thread_write_regs(foreign->tcb, &regs));
    OK(tess_thread_resume(foreign->tcb));
}

static void expect_call(struct tess_msg m, const uint32_t *at, uint64_t x0)
{
    EQ(m.badge, 0xf0);
    EQ(m.tag & TESS_TAG_KERNEL, TESS_TAG_FAULT);
    EQ(tess_tag_label(m.tag), TESS_FAULT_syscall);
    EQ(tess_tag_len(m.tag), 8);
    EQ(m.w[0], x0);
    for (unsigned i = 1; i < 6; i++) {
        EQ(m.w[i], pattern(i));
    }
    EQ(m.w[6], pattern(8));
    EQ(m.w[7], (uint64_t)at + 4);
}

/* Stop it at its next svc and check that nothing but x0 has changed. */
static void expect_registers(uint64_t x0, const uint32_t *pc)
{
    struct tess_regs regs;

    OK(tess_reply(tess_tag(TESS_FAULT_STOP, 0, 0), 0, NONE));
    OK(tess_thread_read_regs(foreign->tcb, &regs));
    EQ(regs.x[0], x0);
    for (unsigned i = 1; i < 31; i++) {
        EQ(regs.x[i], pattern(i));
    }
    EQ(regs.sp, foreign->stack_top);
    EQ(regs.pc, (uint64_t)pc);
    EQ(regs.pstate & 0xf0000000, 0xb0000000);
    EQ(regs.tls, 0x7777000077770000);
}

TEST("a foreign svc delivers x0..x5, x8 and the pc to a handler that waits")
{
    prepare_foreign(LOW);
    expect_call(tess_recv(handler_ep, 0), foreign_svc, pattern(0));
}

TEST("a foreign svc delivers x0..x5, x8 and the pc to a handler that comes later")
{
    prepare_foreign(HIGH);
    EQ(state_of(foreign), TESS_THREAD_SEND);
    expect_call(tess_recv(handler_ep, 0), foreign_svc, pattern(0));
}

TEST("the short answer sets x0 and leaves every other register alone")
{
    for (unsigned round = 0; round < 2; round++) {
        prepare_foreign(round ? HIGH : LOW);
        expect_call(tess_recv(handler_ep, 0), foreign_svc, pattern(0));
        expect_call(tess_reply_recv_1(handler_ep, tess_tag(TESS_FAULT_RESUME, 1, 0), 0, 0, 0xbeef),
                    foreign_next, 0xbeef);
        expect_registers(0xbeef, foreign_next);
    }
}

TEST("a thousand foreign calls are answered by reply_recv, none is lost")
{
    struct tess_msg m;

    prepare_foreign(LOW);
    m = tess_recv(handler_ep, 0);
    for (uint64_t i = 0; i < 1000; i++) {
        expect_call(m, i % 2 ? foreign_next : foreign_svc, i ? i - 1 : pattern(0));
        m = tess_reply_recv_1(handler_ep, tess_tag(TESS_FAULT_RESUME, 1, 0), 0, 0, i);
    }
    expect_registers(999, foreign_svc);
}

TEST("a plain reply answers a foreign call")
{
    prepare_foreign(LOW);
    expect_call(tess_recv(handler_ep, 0), foreign_svc, pattern(0));
    OK(tess_reply(tess_tag(TESS_FAULT_RESUME, 1, 0), 0, (struct tess_words){ { 5 } }));
    expect_call(tess_recv(handler_ep, 0), foreign_next, 5);
}

TEST("a deferred foreign call is answered through the Reply object")
{
    tess_cap r = make(TESS_TYPE_reply);

    prepare_foreign(LOW);
    expect_call(tess_recv(handler_ep, 0), foreign_svc, pattern(0));
    OK(tess_reply_defer(r));
    OK(tess_reply(tess_tag(TESS_FAULT_RESUME, 1, 0), r, (struct tess_words){ { 6 } }));
    expect_call(tess_recv(handler_ep, 0), foreign_next, 6);
    expect_registers(6, foreign_next);
}

TEST("the long answer sets any register, the pc included")
{
    struct tess_regs regs, seen;

    prepare_foreign(LOW);
    expect_call(tess_recv(handler_ep, 0), foreign_svc, pattern(0));
    for (unsigned i = 0; i < 31; i++) {
        regs.x[i] = pattern(i);
    }
    regs.x[0] = 42;
    regs.x[20] = 4242;
    regs.sp = 0x10000;
    regs.pc = (uint64_t)foreign_end;
    regs.pstate = 0;
    regs.tls = 1;
    tess_ipc_put(&regs, TESS_REGS_WORDS);
    expect_call(
        tess_reply_recv_0(handler_ep, tess_tag(TESS_FAULT_REGS, 8 + TESS_REGS_WORDS, 0), 0, 0),
        foreign_svc, 42);
    OK(tess_reply(tess_tag(TESS_FAULT_STOP, 0, 0), 0, NONE));
    OK(tess_thread_read_regs(foreign->tcb, &seen));
    EQ(seen.x[20], 4242);
    EQ(seen.sp, 0x10000);
    EQ(seen.tls, 1);
}

TEST("STOP leaves the foreign thread in front of its svc")
{
    prepare_foreign(LOW);
    expect_call(tess_recv(handler_ep, 0), foreign_svc, pattern(0));
    expect_registers(pattern(0), foreign_svc);
    OK(tess_thread_resume(foreign->tcb));
    expect_call(tess_recv(handler_ep, 0), foreign_svc, pattern(0));
}

TEST("a foreign thread has no native system calls, not even with its capabilities")
{
    struct tess_regs regs;
    tess_cap n = mint(make(TESS_TYPE_notification), TESS_RIGHT_ALL, 1);

    prepare_foreign(LOW);
    (void)tess_recv(handler_ep, 0);
    OK(tess_reply(tess_tag(TESS_FAULT_STOP, 0, 0), 0, NONE));
    OK(tess_thread_read_regs(foreign->tcb, &regs));
    regs.x[0] = n;
    OK(tess_thread_write_regs(foreign->tcb, &regs));
    OK(tess_thread_resume(foreign->tcb));
    EQ(tess_recv(handler_ep, 0).w[0], n);
    EQ(tess_msg_err(tess_try_recv(n).tag), TESS_AGAIN);
}

TEST("a foreign thread without a handler is suspended at its first svc")
{
    struct tess_thread *t =
        prepare(&(struct tess_thread_config){ .priority = HIGH, .flags = TESS_THREAD_FOREIGN });

    OK(tess_thread_start(t->tcb, (uint64_t)foreign_svc, t->stack_top, 0, 0));
    EQ(state_of(t), TESS_THREAD_SUSPENDED);
}

TEST("a foreign thread configured native again has native system calls")
{
    struct tess_thread *t =
        prepare(&(struct tess_thread_config){ .priority = HIGH, .flags = TESS_THREAD_FOREIGN });

    OK(tess_thread_configure(t->tcb, env.cnode, env.vspace, 0, t->frame,
                             t->bytes - sizeof(struct tess_ipc_buffer), 0));
    OK(tess_thread_run(&env, t, recv_once, CAP_ARG(make(TESS_TYPE_endpoint))));
    EQ(state_of(t), TESS_THREAD_RECV);
}

static void foreign_handler(void *argument)
{
    struct tess_msg m = tess_recv(ARG_CAP(argument), 0);

    for (;;) {
        shared[8]++;
        m = tess_reply_recv_1(ARG_CAP(argument), tess_tag(TESS_FAULT_RESUME, 1, 0), 0, 0, m.w[0]);
    }
}

TEST("a passive handler serves foreign calls on the foreign thread's budget")
{
    struct tess_regs regs;

    prepare_foreign(LOW);
    (void)tess_recv(handler_ep, 0);
    OK(tess_reply(tess_tag(TESS_FAULT_STOP, 0, 0), 0, NONE));
    spawn_passive(HIGH, foreign_handler, handler_ep);
    OK(tess_thread_resume(foreign->tcb));
    while (shared[8] < 1000) {
        sleep_us(100);
    }
    OK(tess_thread_suspend(foreign->tcb));
    OK(tess_thread_read_regs(foreign->tcb, &regs));
    for (unsigned i = 0; i < 31; i++) {
        EQ(regs.x[i], pattern(i));
    }
}

TEST("a handler that dies lets the foreign thread repeat its svc for the next handler")
{
    struct tess_thread *handler;

    prepare_foreign(LOW);
    (void)tess_recv(handler_ep, 0);
    OK(tess_reply(tess_tag(TESS_FAULT_STOP, 0, 0), 0, NONE));
    handler = spawn(HIGH, recv_once, handler_ep);
    OK(tess_thread_resume(foreign->tcb));
    until_state(handler, TESS_THREAD_SUSPENDED);
    EQ(state_of(foreign), TESS_THREAD_REPLY);
    drop(handler->tcb);
    expect_call(tess_recv(handler_ep, 0), foreign_svc, pattern(0));
}

TEST("a kicked foreign thread that waits for its answer is kicked after the answer, with x0 set")
{
    struct tess_msg m;
    struct tess_regs regs;

    prepare_foreign(LOW);
    (void)tess_recv(handler_ep, 0);
    OK(tess_thread_kick(foreign->tcb));
    m = tess_reply_recv_1(handler_ep, tess_tag(TESS_FAULT_RESUME, 1, 0), 0, 0, 0x99);
    EQ(tess_tag_label(m.tag), TESS_FAULT_kick);
    EQ(m.w[0], (uint64_t)foreign_next);
    OK(tess_reply(tess_tag(TESS_FAULT_STOP, 0, 0), 0, NONE));
    OK(tess_thread_read_regs(foreign->tcb, &regs));
    EQ(regs.x[0], 0x99);
    EQ(regs.pc, (uint64_t)foreign_next);
}

TEST("a foreign thread suspended while it waits for its answer repeats its svc after resume")
{
    prepare_foreign(LOW);
    expect_call(tess_recv(handler_ep, 0), foreign_svc, pattern(0));
    OK(tess_thread_suspend(foreign->tcb));
    ERR(tess_reply(tess_tag(TESS_FAULT_RESUME, 1, 0), 0, (struct tess_words){ { 3 } }), STATE);
    OK(tess_thread_resume(foreign->tcb));
    expect_call(tess_recv(handler_ep, 0), foreign_svc, pattern(0));
}

TEST("while tracing, foreign calls are served as without")
{
    struct tess_msg m;

    prepare_foreign(LOW);
    OK(tess_trace_start(TESS_ROOT_TRACE, 0));
    m = tess_recv(handler_ep, 0);
    for (uint64_t i = 0; i < 20; i++) {
        expect_call(m, i % 2 ? foreign_next : foreign_svc, i ? i - 1 : pattern(0));
        m = tess_reply_recv_1(handler_ep, tess_tag(TESS_FAULT_RESUME, 1, 0), 0, 0, i);
    }
    OK(tess_trace_stop(TESS_ROOT_TRACE, NULL));
    expect_registers(19, foreign_svc);
}
