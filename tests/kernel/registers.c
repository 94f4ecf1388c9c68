/* Registers over every path: kept, delivered, and never another thread's or the kernel's. */
#include <string.h>
#include "test.h"

void regs_svc_0(const struct tess_regs *in, struct tess_regs *out);
void regs_svc_1(const struct tess_regs *in, struct tess_regs *out);
void regs_svc_2(const struct tess_regs *in, struct tess_regs *out);
void regs_svc_3(const struct tess_regs *in, struct tess_regs *out);
void regs_svc_4(const struct tess_regs *in, struct tess_regs *out);
void regs_svc_5(const struct tess_regs *in, struct tess_regs *out);
void regs_svc_6(const struct tess_regs *in, struct tess_regs *out);
void regs_svc_7(const struct tess_regs *in, struct tess_regs *out);
void regs_svc_8(const struct tess_regs *in, struct tess_regs *out);
void regs_svc_9(const struct tess_regs *in, struct tess_regs *out);
void regs_svc_10(const struct tess_regs *in, struct tess_regs *out);
void fpu_load(const uint64_t v[64]);
void fpu_store(uint64_t v[64]);
uint64_t keep_registers(volatile uint64_t *stop);

typedef void svc_stub(const struct tess_regs *in, struct tess_regs *out);

static svc_stub *const stub[TESS_SYS_COUNT] = {
    [TESS_SYS_call] = regs_svc_0,     [TESS_SYS_reply_recv] = regs_svc_1,
    [TESS_SYS_signal] = regs_svc_2,   [TESS_SYS_yield] = regs_svc_3,
    [TESS_SYS_recv] = regs_svc_4,     [TESS_SYS_ack_recv] = regs_svc_5,
    [TESS_SYS_send] = regs_svc_6,     [TESS_SYS_try_send] = regs_svc_7,
    [TESS_SYS_try_recv] = regs_svc_8, [TESS_SYS_reply] = regs_svc_9,
    [TESS_SYS_nop] = regs_svc_10,
};

#define SECRET 0x5ec2e70000000000ull

static uint64_t mine(unsigned i)
{
    return 0xaaaa000000000000ull + i * 0x10001;
}

/* One system call with a pattern in all registers but x0..x3; checks what the ABI says is kept. */
static struct tess_regs traced(unsigned number, uint64_t x0, uint64_t x1, uint64_t x2, uint64_t x3)
{
    struct tess_regs in, out;

    for (unsigned i = 0; i < 31; i++) {
        in.x[i] = mine(i);
    }
    in.x[0] = x0;
    in.x[1] = x1;
    in.x[2] = x2;
    in.x[3] = x3;
    stub[number](&in, &out);
    for (unsigned i = 18; i < 31; i++) {
        EQ(out.x[i], in.x[i]);
    }
    /* What is destroyed holds nothing of the kernel (its addresses have the top bits set) or of others. */
    for (unsigned i = 2; i < 18; i++) {
        TRUE(out.x[i] >> 48 != 0xffff);
        if (i < 10) {
            TRUE((out.x[i] & 0xffffff0000000000ull) != SECRET);
        }
    }
    return out;
}

/* A server with secrets in all its registers that answers with a message of no words. */
__asm__(".pushsection .text\n"
        ".balign 4\n"
        "secret_server:\n" /* x0 = endpoint, x1 = secret */
        "   mov x19, x0\n"
        ".irp n, 4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,20,21,22,23,24,25,26,27,28,29,30\n"
        "   add x\\n, x1, #\\n\n"
        ".endr\n"
        "   mov x1, #0\n"
        "   mov x2, #0\n"
        "   svc #4\n"
        "1: mov x0, x19\n"
        ".irp n, 4,5,6,7,8,9\n"
        "   mov x\\n, x20\n"
        ".endr\n"
        "   mov x1, #0\n"
        "   mov x2, #0\n"
        "   mov x3, #0\n"
        "   svc #1\n"
        "   b 1b\n"
        ".popsection\n");
extern const uint32_t secret_server[];

static void start_secret_server(uint64_t priority, bool passive, tess_cap ep)
{
    struct tess_thread *t =
        prepare(&(struct tess_thread_config){ .priority = priority, .passive = passive });
    struct tess_regs regs = { .x = { [0] = ep, [1] = SECRET }, .pc = (uint64_t)secret_server };

    regs.sp = t->stack_top;
    regs.tls = t->tls;
    OK(tess_thread_write_regs(t->tcb, &regs));
    if (passive) {
        OK(tess_budget_bind(t->budget, t->tcb));
    }
    OK(tess_thread_resume(t->tcb));
    until_state(t, TESS_THREAD_RECV);
    if (passive) {
        OK(tess_budget_unbind(t->budget));
    }
}

TEST("nop keeps x18..x30 and leaves nothing of the kernel in the others")
{
    EQ(traced(TESS_SYS_nop, 1, 2, 3, 4).x[1], 0);
}

TEST("yield keeps x18..x30, alone and with another thread of the priority")
{
    EQ(traced(TESS_SYS_yield, 1, 2, 3, 4).x[1], 0);
    spawn(MID, forever, 0);
    EQ(traced(TESS_SYS_yield, 1, 2, 3, 4).x[1], 0);
    TRUE(shared[8] > 0);
}

TEST("a signal that nobody waits for keeps x18..x30")
{
    tess_cap n = mint(make(TESS_TYPE_notification), TESS_RIGHT_ALL, 1);

    EQ(traced(TESS_SYS_signal, n, 2, 3, 4).x[1], 0);
}

TEST("a signal that wakes a more urgent thread keeps x18..x30")
{
    tess_cap n = mint(make(TESS_TYPE_notification), TESS_RIGHT_ALL, 1);

    spawn(HIGH, recv_once, n);
    EQ(traced(TESS_SYS_signal, n, 2, 3, 4).x[1], 0);
    EQ(shared[0], 100);
}

TEST("a call to a waiting server keeps x18..x30 and shows none of its registers but the message")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    start_secret_server(HIGH, false, ep);
    EQ(traced(TESS_SYS_call, ep, tess_tag(0, 0, 0), 0, 0).x[1], 0);
}

TEST("a call to a passive server keeps x18..x30 and shows none of its registers but the message")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    start_secret_server(HIGH, true, ep);
    EQ(traced(TESS_SYS_call, ep, tess_tag(0, 0, 0), 0, 0).x[1], 0);
}

TEST("a call to a less urgent server keeps x18..x30 and shows nothing of it but the message")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    start_secret_server(LOW, false, ep);
    EQ(traced(TESS_SYS_call, ep, tess_tag(0, 0, 0), 0, 0).x[1], 0);
}

TEST("a long call keeps x18..x30 and shows none of the server's registers but the message")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    start_secret_server(HIGH, false, ep);
    EQ(traced(TESS_SYS_call, ep, tess_tag(0, 20, 0), 0, 0).x[1], 0);
}

TEST("an invocation keeps x18..x30 and leaves nothing of the kernel in the others")
{
    struct tess_regs r =
        traced(TESS_SYS_call, TESS_ROOT_MACHINE, tess_tag(TESS_LABEL_machine_check, 0, 0), 0, 0);

    EQ(tess_tag_label(r.x[1]), TESS_OK);
}

TEST("a failing call keeps x18..x30 and leaves nothing of the kernel in the others")
{
    EQ(tess_tag_label(traced(TESS_SYS_call, 0, 0, 0, 0).x[1]), TESS_CAP);
    EQ(tess_tag_label(traced(TESS_SYS_send, 0, 0, 0, 0).x[1]), TESS_CAP);
    EQ(tess_tag_label(traced(TESS_SYS_try_send, 0, 0, 0, 0).x[1]), TESS_CAP);
    EQ(tess_tag_label(traced(TESS_SYS_recv, 0, 0, 0, 0).x[1]), TESS_CAP);
    EQ(tess_tag_label(traced(TESS_SYS_try_recv, 0, 0, 0, 0).x[1]), TESS_CAP);
    EQ(tess_tag_label(traced(TESS_SYS_reply, 0, 0, 0, 0).x[1]), TESS_STATE);
    EQ(tess_tag_label(traced(TESS_SYS_reply_recv, 0, 0, 0, 0).x[1]), TESS_CAP);
    EQ(tess_tag_label(traced(TESS_SYS_ack_recv, 0, 0, 0, 0).x[1]), TESS_CAP);
    EQ(tess_tag_label(traced(TESS_SYS_signal, 0, 0, 0, 0).x[1]), TESS_CAP);
}

TEST("a wait that times out keeps x18..x30 and leaves nothing of the kernel in the others")
{
    tess_cap n = make(TESS_TYPE_notification), ep = make(TESS_TYPE_endpoint);

    EQ(tess_tag_label(traced(TESS_SYS_recv, n, 0, after_us(500), 0).x[1]), TESS_TIMEOUT);
    EQ(tess_tag_label(traced(TESS_SYS_recv, ep, 0, after_us(500), 0).x[1]), TESS_TIMEOUT);
    EQ(tess_tag_label(traced(TESS_SYS_call, ep, 0, after_us(500), 0).x[1]), TESS_TIMEOUT);
    EQ(tess_tag_label(traced(TESS_SYS_send, ep, 0, after_us(500), 0).x[1]), TESS_TIMEOUT);
}

static void secret_caller(void *argument)
{
    for (;;) {
        (void)tess_call(ARG_CAP(argument), tess_tag(0, 0, 0), 0, (struct tess_words){ { 0 } });
    }
}

TEST("a receive keeps x18..x30, whether the caller comes first or later")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    spawn(HIGH, secret_caller, ep);
    EQ(traced(TESS_SYS_recv, ep, 0, 0, 0).x[1], 0);
    EQ(traced(TESS_SYS_reply_recv, ep, 0, 0, 0).x[1], 0);
    EQ(traced(TESS_SYS_reply_recv, ep, 0, 0, 0).x[1], 0);
    EQ(traced(TESS_SYS_reply, 0, 0, 0, 0).x[1], 0);
}

TEST("a receive before the caller comes keeps x18..x30")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    spawn(LOW, secret_caller, ep);
    EQ(traced(TESS_SYS_recv, ep, 0, 0, 0).x[1], 0);
    EQ(traced(TESS_SYS_reply_recv, ep, 0, 0, 0).x[1], 0);
    EQ(traced(TESS_SYS_reply_recv, ep, 0, 0, 0).x[1], 0);
}

TEST("send and try_send keep x18..x30")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    spawn(HIGH, recv_once, ep);
    EQ(traced(TESS_SYS_send, ep, 0, 0, 0).x[1], 0);
    spawn(HIGH, recv_once, ep);
    EQ(traced(TESS_SYS_try_send, ep, 0, 0, 0).x[1], 0);
    spawn(LOW, recv_once, ep);
    EQ(traced(TESS_SYS_send, ep, 0, 0, 0).x[1], 0);
}

TEST("the stack pointer and the thread pointer are kept over a switch")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    void *tls = __builtin_thread_pointer();

    spawn(HIGH, echo_server, ep);
    for (int i = 0; i < 10; i++) {
        (void)tess_call_0(ep, tess_tag(0, 0, 0), 0);
        EQ((uint64_t)__builtin_thread_pointer(), (uint64_t)tls);
    }
}

static void keeper(void *argument)
{
    (void)argument;
    shared[1] += keep_registers(&shared[0]);
    shared[2]++;
}

TEST("preempted threads find all their registers, FP registers included, unchanged")
{
    struct tess_thread_config config = { .priority = LOW,
                                         .budget = tess_ticks_of_ns(200000),
                                         .period = tess_ticks_of_ns(200000) };

    for (int i = 0; i < 3; i++) {
        spawn_with(&config, keeper, 0);
    }
    for (int i = 0; i < 100; i++) {
        sleep_us(150);
    }
    shared[0] = 1;
    until_equal(&shared[2], 3);
    EQ(shared[1], 0);
}

/* ---- floating point ---- */

static void fill_fpu(uint64_t v[64], uint64_t seed)
{
    for (unsigned i = 0; i < 64; i++) {
        v[i] = seed * 0x9e3779b97f4a7c15ull + i;
    }
}

static void fpu_server(void *argument)
{
    uint64_t in[64], out[64];
    struct tess_msg m = tess_recv(ARG_CAP(argument), 0);

    fill_fpu(in, ARG_CAP(argument));
    fpu_load(in);
    for (;;) {
        m = tess_reply_recv_1(ARG_CAP(argument), tess_tag(0, 1, 0), 0, 0, m.w[0]);
        fpu_store(out);
        if (memcmp(in, out, sizeof in)) {
            shared[1]++;
        }
        fpu_load(in);
    }
}

TEST("FP registers of three threads that call each other stay apart")
{
    tess_cap a = make(TESS_TYPE_endpoint), b = make(TESS_TYPE_endpoint);
    uint64_t in[64], out[64];

    spawn(HIGH, fpu_server, a);
    spawn_passive(HIGH, fpu_server, b);
    fill_fpu(in, 12345);
    for (int i = 0; i < 50; i++) {
        fpu_load(in);
        (void)tess_call_1(i % 2 ? a : b, tess_tag(0, 1, 0), 0, 7);
        (void)tess_call_1(i % 3 ? a : b, tess_tag(0, 1, 0), 0, 7);
        fpu_store(out);
        EQ(memcmp(in, out, sizeof in), 0);
    }
    EQ(shared[1], 0);
}

static void fpu_look(void *argument)
{
    uint64_t v[64];

    (void)argument;
    fpu_store(v);
    for (unsigned i = 0; i < 64; i++) {
        shared[1] |= v[i];
    }
    shared[0] = 1;
}

TEST("a new thread's FP registers are zero, not another thread's")
{
    uint64_t v[64];

    fill_fpu(v, 99);
    for (int i = 0; i < 4; i++) {
        fpu_load(v);
        shared[0] = 0;
        spawn(HIGH, fpu_look, 0);
        EQ(shared[0], 1);
        EQ(shared[1], 0);
    }
}

TEST("FP registers survive the deletion of the thread that last used the unit")
{
    uint64_t in[64], out[64];

    fill_fpu(in, 3);
    for (int i = 0; i < 4; i++) {
        tess_cap ep = make(TESS_TYPE_endpoint), tcb = spawn(HIGH, fpu_server, ep)->tcb;

        /* Nothing but system calls between the two: compiled code uses FP registers, too. */
        fpu_load(in);
        (void)tess_call_1(ep, tess_tag(0, 1, 0), 0, 7);
        (void)tess_cnode_delete(TESS_ROOT_CNODE, tcb);
        fpu_store(out);
        EQ(memcmp(in, out, sizeof in), 0);
    }
}

TEST("the rounding mode and the FP status belong to the thread")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    uint64_t fpcr;

    spawn(HIGH, fpu_server, ep);
    __asm__ volatile("msr fpcr, %0" : : "r"(0x00400000ull));
    (void)tess_call_1(ep, tess_tag(0, 1, 0), 0, 7);
    __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
    __asm__ volatile("msr fpcr, %0" : : "r"(0ull));
    EQ(fpcr, 0x00400000);
}

static void fpu_waiter(void *argument)
{
    uint64_t v[64];

    fill_fpu(v, 77);
    fpu_load(v);
    (void)tess_recv(ARG_CAP(argument), 0);
    fpu_store(v);
    for (unsigned i = 0; i < 64; i++) {
        shared[16 + i % 32] = v[i];
    }
    shared[0] = 1;
}

TEST("fpu_read sees what a suspended thread has in its registers, fpu_write what it will have")
{
    tess_cap n = mint(make(TESS_TYPE_notification), TESS_RIGHT_ALL, 1);
    struct tess_thread *t = spawn(HIGH, fpu_waiter, n);
    uint64_t v[64], half[TESS_FPU_WORDS];

    fill_fpu(v, 77);
    OK(tess_thread_suspend(t->tcb));
    for (uint64_t h = 0; h < 2; h++) {
        OK(tess_thread_fpu_read(t->tcb, h, half));
        EQ(memcmp(half, v + 32 * h, 256), 0);
    }
    for (unsigned i = 0; i < 32; i++) {
        half[i] = 0x7000 + i;
    }
    OK(tess_thread_fpu_write(t->tcb, 1, half));
    OK(tess_thread_resume(t->tcb));
    EQ(shared[0], 1);
    for (unsigned i = 0; i < 32; i++) {
        EQ(shared[16 + i], 0x7000 + i);
    }
}

TEST("a call and a send that wait for a receiver keep x18..x30 and leave nothing of the kernel")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    spawn(LOW, echo_server, ep);
    EQ(tess_tag_label(traced(TESS_SYS_call, ep, 0, 0, 0).x[1]), 1);
    ep = make(TESS_TYPE_endpoint);
    spawn(LOW, echo_server, ep);
    EQ(tess_tag_label(traced(TESS_SYS_call, ep, tess_tag(0, 20, 0), 0, 0).x[1]), 1);
    ep = make(TESS_TYPE_endpoint);
    spawn(LOW, echo_server, ep);
    EQ(tess_tag_label(traced(TESS_SYS_call, ep, 0, 1ull << 62, 0).x[1]), 1);
    ep = make(TESS_TYPE_endpoint);
    spawn(LOW, recv_once, ep);
    EQ(traced(TESS_SYS_send, ep, 0, 0, 0).x[1], 0);
}

TEST("a call with a deadline to a waiting server leaves nothing of the kernel")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    spawn(HIGH, echo_server, ep);
    EQ(tess_tag_label(traced(TESS_SYS_call, ep, 0, 1ull << 62, 0).x[1]), 1);
    EQ(tess_tag_label(traced(TESS_SYS_call, ep, tess_tag(0, 20, 0), 1ull << 62, 0).x[1]), 1);
}

TEST("invocations that take long, fail or are refused leave nothing of the kernel")
{
    tess_cap ut = make_sized(TESS_TYPE_untyped, 1u << 20), ep = make(TESS_TYPE_endpoint);
    static const uint64_t label[] = { TESS_LABEL_untyped_info, TESS_LABEL_untyped_retype,
                                      TESS_LABEL_frame_unmap, 0, ~0ull >> 16 };

    for (unsigned i = 0; i < 5; i++) {
        (void)traced(TESS_SYS_call, ut, tess_tag(label[i], 8, 0), 0, 0);
        (void)traced(TESS_SYS_call, ut, tess_tag(label[i], 0, 0), ~0ull, ep);
        (void)traced(TESS_SYS_call, TESS_ROOT_VSPACE, tess_tag(label[i], 64, 4), 0, 0);
    }
}
