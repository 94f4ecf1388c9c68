/* Threads: configure, start, suspend, registers, priority, kick, info. */
#include <string.h>
#include "test.h"

#define NONE ((struct tess_words){ { 0 } })

static tess_cap fresh(void)
{
    return make(TESS_TYPE_thread);
}

TEST("a new thread is suspended, has no budget, and priority 0")
{
    struct tess_thread_info info;

    OK(tess_thread_info(fresh(), &info));
    EQ(info.state, TESS_THREAD_SUSPENDED);
    EQ(info.priority, 0);
    EQ(info.ceiling, 0);
    EQ(info.has_budget, 0);
}

TEST("configure refuses capabilities of the wrong kind")
{
    tess_cap t = fresh(), ep = make(TESS_TYPE_endpoint), frame = make_frame(4096);

    ERR(tess_thread_configure(t, ep, 0, 0, 0, 0, 0), CAP);
    ERR(tess_thread_configure(t, 0, ep, 0, 0, 0, 0), CAP);
    ERR(tess_thread_configure(t, 0, 0, frame, 0, 0, 0), CAP);
    ERR(tess_thread_configure(t, 0, 0, 0, ep, 0, 0), CAP);
    ERR(tess_thread_configure(t, 0, 0, 0, ~0ull, 0, 0), CAP);
    OK(tess_thread_configure(t, env.cnode, env.vspace, ep, frame, 0, 0));
}

TEST("the IPC buffer must lie in the frame, be 1024-aligned, readable and writable")
{
    tess_cap t = fresh(), frame = make_frame(4096);

    ERR(tess_thread_configure(t, 0, 0, 0, frame, 8, 0), RANGE);
    ERR(tess_thread_configure(t, 0, 0, 0, frame, 512, 0), RANGE);
    ERR(tess_thread_configure(t, 0, 0, 0, frame, 4096, 0), RANGE);
    ERR(tess_thread_configure(t, 0, 0, 0, frame, ~1023ull, 0), RANGE);
    ERR(tess_thread_configure(t, 0, 0, 0, copy(frame, TESS_RIGHT_READ), 0, 0), RIGHTS);
    OK(tess_thread_configure(t, 0, 0, 0, frame, 3072, 0));
}

TEST("a device frame cannot be an IPC buffer")
{
    tess_cap t = fresh(), frame = copy(uart_frame, TESS_RIGHT_ALL);
    enum tess_err err = tess_thread_configure(t, 0, 0, 0, frame, 0, 0);

    drop(frame);
    EQ(err, TESS_ARG);
}

TEST("configure refuses flags that do not exist")
{
    ERR(tess_thread_configure(fresh(), 0, 0, 0, 0, 0, 2), ARG);
    ERR(tess_thread_configure(fresh(), 0, 0, 0, 0, 0, ~0ull), ARG);
}

TEST("a fault endpoint needs the right SEND")
{
    tess_cap ep = copy(make(TESS_TYPE_endpoint), TESS_RIGHT_RECV);

    ERR(tess_thread_configure(fresh(), 0, 0, ep, 0, 0, 0), RIGHTS);
    ERR(tess_thread_set_timeout_handler(fresh(), ep), RIGHTS);
}

TEST("configure a second time replaces the spaces")
{
    tess_cap t = fresh(), a = make_sized(TESS_TYPE_cnode, 4), b = make_sized(TESS_TYPE_cnode, 4);

    for (int i = 0; i < 3; i++) {
        OK(tess_thread_configure(t, a, env.vspace, make(TESS_TYPE_endpoint), 0, 0, 0));
        OK(tess_thread_configure(t, b, 0, 0, 0, 0, 0));
    }
}

static void arguments(void *argument)
{
    uint64_t sp;

    __asm__ volatile("mov %0, sp" : "=r"(sp));
    shared[1] = (uint64_t)argument;
    shared[2] = sp;
    shared[3] = (uint64_t)__builtin_thread_pointer();
    shared[0] = 1;
    for (;;) {
        tess_yield();
    }
}

TEST("start sets pc, sp, x0 and the thread pointer")
{
    struct tess_thread *t = prepare(&(struct tess_thread_config){ .priority = LOW });

    OK(tess_thread_start(t->tcb, (uint64_t)arguments, t->stack_top - 256, 0x1234, t->tls));
    until_equal(&shared[0], 1);
    EQ(shared[1], 0x1234);
    TRUE(shared[2] <= t->stack_top - 256 && shared[2] > t->stack_top - 512);
    EQ(shared[3], t->tls);
}

TEST("start is for suspended threads: one that runs must be suspended first")
{
    struct tess_thread *t = spawn(LOW, forever, 0);

    ERR(tess_thread_start(t->tcb, (uint64_t)arguments, t->stack_top, 0x77, t->tls), STATE);
    while (shared[8] == 0) {
        sleep_us(100);
    }
    OK(tess_thread_suspend(t->tcb));
    OK(tess_thread_start(t->tcb, (uint64_t)arguments, t->stack_top, 0x77, t->tls));
    until_equal(&shared[0], 1);
    EQ(shared[1], 0x77);
}

TEST("configure is for suspended threads")
{
    struct tess_thread *t = spawn(LOW, forever, 0);

    ERR(tess_thread_configure(t->tcb, env.cnode, env.vspace, 0, 0, 0, 0), STATE);
}

TEST("suspend stops a thread, resume lets it go on where it was")
{
    struct tess_thread *t = spawn(LOW, forever, 0);
    uint64_t count;

    while (shared[8] == 0) {
        sleep_us(100);
    }
    OK(tess_thread_suspend(t->tcb));
    EQ(state_of(t), TESS_THREAD_SUSPENDED);
    count = shared[8];
    sleep_us(2000);
    EQ(shared[8], count);
    OK(tess_thread_resume(t->tcb));
    while (shared[8] == count) {
        sleep_us(100);
    }
}

TEST("suspend and resume twice are no error")
{
    struct tess_thread *t = spawn(LOW, forever, 0);

    OK(tess_thread_suspend(t->tcb));
    OK(tess_thread_suspend(t->tcb));
    OK(tess_thread_resume(t->tcb));
    OK(tess_thread_resume(t->tcb));
    EQ(state_of(t), TESS_THREAD_READY);
}

TEST("resume of a thread that waits does not end its wait")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t = spawn(HIGH, recv_once, ep);

    OK(tess_thread_resume(t->tcb));
    EQ(state_of(t), TESS_THREAD_RECV);
    OK(tess_send(ep, tess_tag(0, 0, 0), 0, NONE));
    EQ(shared[0], 100);
}

TEST("suspend ends a wait to receive with CANCELED")
{
    struct tess_thread *t = spawn(HIGH, recv_once, make(TESS_TYPE_endpoint));

    OK(tess_thread_suspend(t->tcb));
    EQ(shared[0], 0);
    OK(tess_thread_resume(t->tcb));
    EQ(shared[0], 100 + TESS_CANCELED);
}

TEST("suspend ends a wait to send with CANCELED, and the message is not delivered")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t = spawn(HIGH, send_once, ep);

    OK(tess_thread_suspend(t->tcb));
    EQ(tess_msg_err(tess_try_recv(ep).tag), TESS_AGAIN);
    OK(tess_thread_resume(t->tcb));
    EQ(shared[0], 100 + TESS_CANCELED);
}

TEST("suspend ends a wait for a notification with CANCELED, and no signal is lost")
{
    tess_cap n = mint(make(TESS_TYPE_notification), TESS_RIGHT_ALL, 1);
    struct tess_thread *t = spawn(HIGH, recv_once, n);

    OK(tess_thread_suspend(t->tcb));
    OK(tess_signal(n));
    OK(tess_thread_resume(t->tcb));
    EQ(shared[0], 100 + TESS_CANCELED);
    EQ(tess_try_recv(n).badge, 1);
}

static void suspend_self(void *argument)
{
    shared[0] = 1;
    shared[1] = 100 + tess_thread_suspend(ARG_CAP(argument));
    shared[0] = 2;
}

TEST("a thread can suspend itself, and goes on after resume")
{
    struct tess_thread *t = prepare(&(struct tess_thread_config){ .priority = HIGH });

    OK(tess_thread_run(&env, t, suspend_self, CAP_ARG(t->tcb)));
    EQ(shared[0], 1);
    EQ(state_of(t), TESS_THREAD_SUSPENDED);
    OK(tess_thread_resume(t->tcb));
    EQ(shared[0], 2);
    EQ(shared[1], 100);
}

static void delete_self(void *argument)
{
    shared[0] = 1;
    (void)tess_cnode_delete(env.cnode, ARG_CAP(argument));
    shared[0] = 2;
}

TEST("a thread that deletes its own last capability is gone")
{
    struct tess_thread *t = prepare(&(struct tess_thread_config){ .priority = HIGH });

    OK(tess_thread_run(&env, t, delete_self, CAP_ARG(t->tcb)));
    EQ(shared[0], 1);
    EQ(type_of(t->tcb), TESS_TYPE_null);
}

static void revoke_own_memory(void *argument)
{
    shared[0] = 1;
    (void)tess_cnode_revoke(env.cnode, ARG_CAP(argument));
    shared[0] = 2;
}

TEST("a thread that revokes its own memory while it runs leaves nothing behind")
{
    tess_cap ut = make_sized(TESS_TYPE_untyped, 32768);
    struct tess_pool pool, *mine = env.pool;
    struct tess_thread *t;
    struct tess_untyped_info info;

    tess_pool_init(&pool);
    OK(tess_pool_add(&pool, ut));
    env.pool = &pool;
    t = prepare(&(struct tess_thread_config){ .priority = HIGH, .stack_bytes = 8192 });
    env.pool = mine;
    OK(tess_thread_run(&env, t, revoke_own_memory, CAP_ARG(ut)));
    EQ(shared[0], 1);
    revoke(ut);
    EQ(type_of(t->tcb), TESS_TYPE_null);
    OK(tess_untyped_info(ut, &info));
    EQ(info.used, 0);
}

TEST("registers written are the registers read")
{
    tess_cap t = fresh();
    struct tess_regs in, out;

    for (unsigned i = 0; i < 31; i++) {
        in.x[i] = 0x1111000000000000 + i * 0x0101;
    }
    in.sp = 0x7000;
    in.pc = 0x400000;
    in.pstate = 0xa0000000;
    in.tls = 0x123456789abcdef0;
    OK(tess_thread_write_regs(t, &in));
    OK(tess_thread_read_regs(t, &out));
    for (unsigned i = 0; i < 31; i++) {
        EQ(out.x[i], in.x[i]);
    }
    EQ(out.sp, in.sp);
    EQ(out.pc, in.pc);
    EQ(out.pstate & 0xf0000000, in.pstate);
    EQ(out.tls, in.tls);
}

TEST("of pstate only the condition flags can be written")
{
    tess_cap t = fresh();
    struct tess_regs regs = { .pstate = ~0ull };

    OK(tess_thread_write_regs(t, &regs));
    OK(tess_thread_read_regs(t, &regs));
    EQ(regs.pstate & 0xf0000000, 0xf0000000);
    EQ(regs.pstate & 0x3df, 0); /* D, A, I, F clear; M = EL0t */
}

TEST("a thread that was given another pstate still runs in user mode with interrupts on")
{
    struct tess_thread *t = spawn(LOW, forever, 0);
    struct tess_regs regs;

    OK(tess_thread_suspend(t->tcb));
    OK(tess_thread_read_regs(t->tcb, &regs));
    regs.pstate = ~0ull;
    OK(tess_thread_write_regs(t->tcb, &regs));
    OK(tess_thread_resume(t->tcb));
    sleep_us(2000); /* comes back only when the timer interrupts the other thread */
    EQ(state_of(t), TESS_THREAD_READY);
}

TEST("registers of a thread that is running are neither read nor written")
{
    struct tess_thread *t = spawn(LOW, forever, 0);
    struct tess_regs regs = { 0 };
    uint64_t fpu[TESS_FPU_WORDS];

    ERR(tess_thread_read_regs(t->tcb, &regs), STATE);
    ERR(tess_thread_write_regs(t->tcb, &regs), STATE);
    ERR(tess_thread_read_regs(own_thread(), &regs), STATE);
    ERR(tess_thread_fpu_read(t->tcb, 0, fpu), STATE);
    ERR(tess_thread_fpu_write(t->tcb, 0, fpu), STATE);
}

TEST("read_regs returns pc, sp, pstate and the thread pointer in message registers too")
{
    struct tess_thread *t = spawn(LOW, forever, 0);
    struct tess_regs regs;
    struct tess_msg m;

    OK(tess_thread_suspend(t->tcb));
    OK(tess_thread_read_regs(t->tcb, &regs));
    m = TESS_INVOKE(thread, read_regs, 0, t->tcb);
    EQ(tess_answer(m.tag), TESS_OK);
    EQ(m.w[0], regs.pc);
    EQ(m.w[1], regs.sp);
    EQ(m.w[2], regs.pstate);
    EQ(m.w[3], regs.tls);
    EQ(regs.tls, t->tls);
}

TEST("FP registers written are the FP registers read")
{
    tess_cap t = fresh();
    uint64_t in[TESS_FPU_WORDS], out[TESS_FPU_WORDS];

    for (uint64_t half = 0; half < 2; half++) {
        for (unsigned i = 0; i < 32; i++) {
            in[i] = half << 32 | i << 8 | 0x55;
        }
        in[32] = 0x10;       /* FPSR: inexact */
        in[33] = 0x00c00000; /* FPCR: round towards zero */
        OK(tess_thread_fpu_write(t, half, in));
    }
    for (uint64_t half = 0; half < 2; half++) {
        OK(tess_thread_fpu_read(t, half, out));
        for (unsigned i = 0; i < 32; i++) {
            EQ(out[i], half << 32 | i << 8 | 0x55);
        }
        EQ(out[32], 0x10);
        EQ(out[33], 0x00c00000);
    }
    ERR(tess_thread_fpu_read(t, 2, out), ARG);
    ERR(tess_thread_fpu_write(t, 2, in), ARG);
}

TEST("a priority above the caller's ceiling is refused")
{
    tess_cap t = fresh();
    struct tess_thread_info info;

    ERR(tess_thread_set_priority(t, TOP + 1, TOP + 1), RIGHTS);
    ERR(tess_thread_set_priority(t, 10, TOP + 1), RIGHTS);
    ERR(tess_thread_set_priority(t, 256, 256), ARG);
    ERR(tess_thread_set_priority(t, ~0ull, ~0ull), ARG);
    OK(tess_thread_set_priority(t, TOP, TOP));
    OK(tess_thread_info(t, &info));
    EQ(info.priority, TOP);
    EQ(info.ceiling, TOP);
}

TEST("a priority above its own ceiling is refused")
{
    ERR(tess_thread_set_priority(fresh(), 20, 10), ARG);
}

TEST("a thread that lowers its own ceiling cannot raise it again")
{
    OK(tess_thread_set_priority(own_thread(), MID, MID + 10));
    ERR(tess_thread_set_priority(own_thread(), MID, MID + 11), RIGHTS);
    ERR(tess_thread_set_priority(fresh(), MID + 11, MID + 11), RIGHTS);
    OK(tess_thread_set_priority(own_thread(), MID, MID));
    ERR(tess_thread_set_priority(own_thread(), MID + 1, MID + 1), RIGHTS);
}

TEST("info reports the state in which a thread is")
{
    tess_cap ep = make(TESS_TYPE_endpoint), ep2 = make(TESS_TYPE_endpoint);
    tess_cap n = make(TESS_TYPE_notification);
    struct tess_thread *recv = spawn(HIGH, recv_once, ep), *wait = spawn(HIGH, recv_once, n);
    struct tess_thread *send = spawn(HIGH, send_once, ep2), *ready = spawn(LOW, forever, 0);
    struct tess_thread *call;

    EQ(state_of(recv), TESS_THREAD_RECV);
    EQ(state_of(wait), TESS_THREAD_WAIT);
    EQ(state_of(send), TESS_THREAD_SEND);
    EQ(state_of(ready), TESS_THREAD_READY);
    (void)tess_recv(ep2, 0);
    call = spawn(HIGH, call_once, ep2);
    EQ(state_of(call), TESS_THREAD_SEND);
    (void)tess_recv(ep2, 0);
    EQ(state_of(call), TESS_THREAD_REPLY);
    OK(tess_reply(tess_tag(0, 0, 0), 0, NONE));
    EQ(state_of(call), TESS_THREAD_SUSPENDED);
}

TEST("a started thread without a budget waits for one")
{
    tess_cap t = fresh(), b = make(TESS_TYPE_budget);
    struct tess_thread_info info;
    void *stack;

    make_mapped(8192, &stack);
    OK(tess_thread_configure(t, env.cnode, env.vspace, 0, 0, 0, 0));
    OK(tess_thread_set_priority(t, LOW, LOW));
    OK(tess_thread_start(t, (uint64_t)forever, (uint64_t)stack + 8192, 0, 0));
    OK(tess_thread_info(t, &info));
    EQ(info.state, TESS_THREAD_NO_BUDGET);
    OK(tess_budget_configure(b, env.cpu, 1000000, 1000000));
    OK(tess_budget_bind(b, t));
    while (shared[8] == 0) {
        sleep_us(100);
    }
}

TEST("a name of sixteen characters is accepted")
{
    OK(tess_thread_name(own_thread(), "sixteen letters!"));
    OK(tess_thread_name(own_thread(), ""));
}

/* ---- kick ---- */

TEST("kick forces a running thread into its fault handler")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t =
        spawn_with(&(struct tess_thread_config){ .priority = LOW, .fault = ep }, forever, 0);
    struct tess_msg m;

    while (shared[8] == 0) {
        sleep_us(100);
    }
    OK(tess_thread_kick(t->tcb));
    m = tess_recv(ep, 0);
    TRUE(m.tag & TESS_TAG_FAULT);
    EQ(tess_tag_label(m.tag), TESS_FAULT_kick);
    TRUE(m.w[0] >= (uint64_t)forever && m.w[0] < (uint64_t)forever + 256);
    uint64_t count = shared[8];
    OK(tess_reply(tess_tag(TESS_FAULT_RESUME, 0, 0), 0, NONE));
    while (shared[8] == count) {
        sleep_us(100);
    }
}

TEST("a kick of a thread in the kernel is kept until it would return to user code")
{
    tess_cap fault = make(TESS_TYPE_endpoint), ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t =
        spawn_with(&(struct tess_thread_config){ .priority = HIGH, .fault = fault }, recv_once, ep);

    OK(tess_thread_kick(t->tcb));
    EQ(state_of(t), TESS_THREAD_RECV);
    EQ(tess_msg_err(tess_try_recv(fault).tag), TESS_AGAIN);
    OK(tess_send(ep, tess_tag(0, 1, 0), 0, (struct tess_words){ { 6 } }));
    EQ(shared[0], 0);
    struct tess_msg m = tess_recv(fault, 0);
    EQ(tess_tag_label(m.tag), TESS_FAULT_kick);
    OK(tess_reply(tess_tag(TESS_FAULT_RESUME, 0, 0), 0, NONE));
    EQ(shared[0], 100);
    EQ(shared[3], 6);
}

TEST("several kicks before the thread returns are one")
{
    tess_cap fault = make(TESS_TYPE_endpoint), ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t =
        spawn_with(&(struct tess_thread_config){ .priority = HIGH, .fault = fault }, recv_once, ep);

    OK(tess_thread_kick(t->tcb));
    OK(tess_thread_kick(t->tcb));
    OK(tess_thread_kick(t->tcb));
    OK(tess_send(ep, tess_tag(0, 0, 0), 0, NONE));
    EQ(tess_tag_label(tess_recv(fault, 0).tag), TESS_FAULT_kick);
    OK(tess_reply(tess_tag(TESS_FAULT_RESUME, 0, 0), 0, NONE));
    EQ(shared[0], 100);
    EQ(tess_msg_err(tess_try_recv(fault).tag), TESS_AGAIN);
}

TEST("a kicked caller takes its answer along: the kick comes before user code, the answer is not "
     "lost")
{
    tess_cap fault = make(TESS_TYPE_endpoint), ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t =
        spawn_with(&(struct tess_thread_config){ .priority = HIGH, .fault = fault }, call_once, ep);

    (void)tess_recv(ep, 0);
    OK(tess_thread_kick(t->tcb));
    OK(tess_reply(tess_tag(9, 1, 0), 0, (struct tess_words){ { 123 } }));
    EQ(shared[0], 0);
    EQ(tess_tag_label(tess_recv(fault, 0).tag), TESS_FAULT_kick);
    OK(tess_reply(tess_tag(TESS_FAULT_RESUME, 0, 0), 0, NONE));
    EQ(shared[0], 109);
    EQ(shared[1], 123);
}

TEST("a kicked thread without a fault handler is suspended")
{
    struct tess_thread *t = spawn(LOW, forever, 0);

    sleep_us(500);
    OK(tess_thread_kick(t->tcb));
    until_state(t, TESS_THREAD_SUSPENDED);
}

TEST("a thread kicked before it first runs faults before its first instruction")
{
    tess_cap fault = make(TESS_TYPE_endpoint);
    struct tess_thread *t =
        prepare(&(struct tess_thread_config){ .priority = HIGH, .fault = fault });

    OK(tess_thread_kick(t->tcb));
    OK(tess_thread_run(&env, t, forever, NULL));
    EQ(shared[8], 0);
    EQ(tess_tag_label(tess_recv(fault, 0).tag), TESS_FAULT_kick);
    OK(tess_reply(tess_tag(TESS_FAULT_STOP, 0, 0), 0, NONE));
    EQ(state_of(t), TESS_THREAD_SUSPENDED);
    EQ(shared[8], 0);
}

static void drop_own_space(void *argument)
{
    (void)tess_thread_configure(ARG_CAP(argument), TESS_ROOT_CNODE, 0, 0, 0, 0, 0);
    shared[0] = 1;
}

/* In a CNode of its own: slot 1 the thread, 2 another CNode that lies only here, 3 a notification. */
static void swap_cnode(void *argument)
{
    (void)argument;
    shared[1] = tess_thread_configure(1, 2, TESS_ROOT_NULL, 0, 0, 0, 0);
    shared[0] = 1;
    for (;;) {
        (void)tess_signal(3);
    }
}

TEST("a thread that replaces the CNode whose last capability it holds itself does no harm")
{
    tess_cap ut = make_sized(TESS_TYPE_untyped, 65536);
    uint64_t cn = empty_slots(2);
    struct tess_thread *t = prepare(&(struct tess_thread_config){ .priority = LOW });
    struct tess_untyped_info info;

    OK(tess_untyped_retype(ut, TESS_TYPE_cnode, 8, 0, cn, 2, TESS_OFFSET_NEXT));
    OK(tess_cnode_copy(cn, 0, t->tcb, 1, TESS_RIGHT_ALL));
    OK(tess_cnode_mint(cn, 0, make(TESS_TYPE_notification), 3, TESS_RIGHT_ALL, 1));
    OK(tess_cnode_move(cn, 0, cn + 1, 2));
    OK(tess_thread_configure(t->tcb, cn, env.vspace, 0, 0, 0, 0));
    drop(cn);
    OK(tess_thread_run(&env, t, swap_cnode, NULL));
    /* Whatever the answer: the thread ends without its address space or goes on, and nothing is left. */
    for (int i = 0; i < 20; i++) {
        sleep_us(500);
    }
    OK(tess_machine_check(TESS_ROOT_MACHINE, NULL));
    revoke(ut);
    OK(tess_untyped_info(ut, &info));
    EQ(info.used, 0);
    (void)state_of(t);
}

TEST("a thread that takes away its own address space faults")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t = prepare(&(struct tess_thread_config){ .priority = LOW, .fault = ep });

    OK(tess_cnode_copy(env.cnode, 0, t->tcb, empty_slot(), TESS_RIGHT_ALL));
    OK(tess_thread_run(&env, t, drop_own_space, CAP_ARG(t->tcb)));
    until_state(t, TESS_THREAD_SUSPENDED);
    EQ(shared[0], 0);
}

static void no_buffer(void *argument)
{
    shared[1] = tess_answer(TESS_INVOKE(thread, write_regs, 0, ARG_CAP(argument)).tag);
    shared[2] = tess_answer(TESS_INVOKE(thread, read_regs, 0, ARG_CAP(argument)).tag);
    shared[3] = tess_answer(TESS_INVOKE(thread, fpu_write, 1, ARG_CAP(argument), 0).tag);
    shared[4] = tess_answer(TESS_INVOKE(vspace, unmap_vector, 1, TESS_ROOT_VSPACE, 1).tag);
    shared[0] = 1;
}

TEST("invocations that need the IPC buffer say so to a thread without one")
{
    struct tess_thread *t = prepare(&(struct tess_thread_config){ .priority = HIGH });

    OK(tess_thread_configure(t->tcb, env.cnode, env.vspace, 0, 0, 0, 0));
    OK(tess_thread_run(&env, t, no_buffer, CAP_ARG(make(TESS_TYPE_thread))));
    EQ(shared[0], 1);
    EQ(shared[1], TESS_ARG);
    EQ(shared[2], TESS_OK); /* what fits into registers */
    EQ(shared[3], TESS_ARG);
    EQ(shared[4], TESS_ARG);
}

static void configure_self(void *argument)
{
    struct tess_thread *t = argument;
    uint64_t offset = t->bytes - sizeof(struct tess_ipc_buffer);

    for (int i = 0; i < 3; i++) {
        shared[1] = tess_thread_configure(t->tcb, env.cnode, env.vspace, 0, t->frame, offset, 0);
        shared[2] += shared[1];
    }
    shared[0] = 1;
}

TEST("a thread that configures itself with the spaces it has goes on")
{
    struct tess_thread *t = prepare(&(struct tess_thread_config){ .priority = HIGH });

    OK(tess_thread_run(&env, t, configure_self, t));
    EQ(shared[0], 1);
    EQ(shared[2], 0);
}
