/* Faults as messages: every kind, every answer. */
#include "test.h"

#define NONE ((struct tess_words){ { 0 } })

/* Small programs, entered with x0 = argument; each begins with the faulting instruction at its label. */
__asm__(".pushsection .text\n"
        ".balign 4\n"
        "code_load: ldr x1, [x0]\n"
        "           b code_ok\n"
        "code_store: str x0, [x0]\n"
        "           b code_ok\n"
        "code_udf:  .inst 0x00000000\n"
        "           b code_ok\n"
        "code_brk:  brk #7\n"
        "           b code_ok\n"
        "code_msr:  mrs x1, sctlr_el1\n"
        "           b code_ok\n"
        "code_msr2: msr vbar_el1, x1\n"
        "           b code_ok\n"
        "code_hvc:  hvc #0\n"
        "           b code_ok\n"
        "code_smc:  smc #0\n"
        "           b code_ok\n"
        "code_jump: br x0\n"
        "           b code_ok\n"
        "code_excl: ldxr x1, [x0]\n"
        "           b code_ok\n"
        "code_dcisw: dc isw, xzr\n"
        "           b code_ok\n"
        "code_daif: msr daifset, #2\n"
        "           b code_ok\n"
        "code_cntp: mrs x1, cntp_ctl_el0\n"
        "           b code_ok\n"
        "code_cntv: msr cntv_ctl_el0, x1\n"
        "           b code_ok\n"
        "code_pmu:  mrs x1, pmcr_el0\n"
        "           b code_ok\n"
        "code_scxt: mrs x1, S3_3_C13_C0_7\n" /* SCXTNUM_EL0 */
        "           b code_ok\n"
        "code_tp2:  mrs x1, S3_3_C13_C0_5\n" /* TPIDR2_EL0 */
        "           b code_ok\n"
        "code_tp1:  msr S3_0_C13_C0_4, x1\n" /* TPIDR_EL1 */
        "           b code_ok\n"
        "code_par:  mrs x1, S3_0_C7_C4_0\n" /* PAR_EL1 */
        "           b code_ok\n"
        "code_at:   .inst 0xd5087800\n" /* at s1e1r, x0 */
        "           b code_ok\n"
        "code_tlbi: .inst 0xd508871f\n" /* tlbi vmalle1 */
        "           b code_ok\n"
        "code_rdvl: .inst 0x04bf5020\n" /* SVE: rdvl x0, #1 */
        "           b code_ok\n"
        "code_eret: eret\n"
        "           b code_ok\n"
        "code_ro:   msr S3_3_C13_C0_3, x1\n" /* TPIDRRO_EL0 */
        "           b code_ok\n"
        "code_ccnt: msr S3_3_C9_C13_0, x1\n" /* PMCCNTR_EL0 */
        "           b code_ok\n"
        "code_hlt:  hlt #1\n"
        "           b code_ok\n"
        "code_ok:   adrp x1, shared\n"
        "           add x1, x1, :lo12:shared\n"
        "           mov x2, #1\n"
        "           str x2, [x1]\n"
        "1:         b 1b\n"
        ".popsection\n");
extern const uint32_t code_load[], code_store[], code_udf[], code_brk[], code_msr[], code_msr2[],
    code_scxt[], code_tp2[], code_tp1[], code_par[], code_at[], code_tlbi[], code_rdvl[],
    code_eret[], code_ro[], code_ccnt[], code_hlt[], code_hvc[], code_smc[], code_jump[],
    code_excl[], code_dcisw[], code_daif[], code_cntp[], code_cntv[], code_pmu[], code_ok[];

static tess_cap fault_ep;
static struct tess_thread *victim;

/* Run code with x0 = argument at priority LOW and return its first fault message. */
static struct tess_msg run_into_fault(const uint32_t *code, uint64_t argument)
{
    (void)tess_reply(tess_tag(TESS_FAULT_STOP, 0, 0), 0, NONE); /* the victim before, if any */
    fault_ep = make(TESS_TYPE_endpoint);
    victim = prepare(&(struct tess_thread_config){ .priority = LOW,
                                                   .fault = mint(fault_ep, TESS_RIGHT_ALL, 0xfa) });
    OK(tess_thread_start(victim->tcb, (uint64_t)code, victim->stack_top, argument, victim->tls));
    return tess_recv(fault_ep, 0);
}

static void expect(struct tess_msg m, enum tess_fault kind)
{
    EQ(m.tag & ~0xffull, (uint64_t)kind << 16 | TESS_TAG_FAULT);
    EQ(m.badge, 0xfa);
    EQ(m.tag & TESS_TAG_KERNEL, TESS_TAG_FAULT);
    EQ(tess_tag_label(m.tag), kind);
}

TEST("a load from an unmapped address is a page fault with address, syndrome and pc")
{
    struct tess_msg m = run_into_fault(code_load, spare + 0x123000);

    expect(m, TESS_FAULT_page);
    EQ(m.w[0], spare + 0x123000);
    EQ(m.w[1] >> 26, 0x24); /* data abort from a lower level */
    EQ(m.w[1] >> 6 & 1, 0); /* not a write */
    EQ(m.w[2], (uint64_t)code_load);
    EQ(m.w[3], 0);
}

TEST("a store to an unmapped address is a page fault that says so")
{
    struct tess_msg m = run_into_fault(code_store, spare + 0x123000);

    expect(m, TESS_FAULT_page);
    EQ(m.w[1] >> 6 & 1, 1);
}

TEST("a jump to an unmapped address is a page fault marked as instruction fetch")
{
    struct tess_msg m = run_into_fault(code_jump, spare + 0x123000);

    expect(m, TESS_FAULT_page);
    EQ(m.w[0], spare + 0x123000);
    EQ(m.w[2], spare + 0x123000);
    EQ(m.w[3], 1);
}

TEST("an access to a kernel address is a page fault")
{
    static const uint64_t address[] = {
        0xffff000000000000, 0xffff800000000000, 0xffff900000000000,
        0xfffffffffffffff8, 1ull << 48,         0x8000000000000000
    };

    for (unsigned i = 0; i < sizeof address / sizeof address[0]; i++) {
        expect(run_into_fault(code_load, address[i]), TESS_FAULT_page);
        expect(run_into_fault(code_store, address[i]), TESS_FAULT_page);
        expect(run_into_fault(code_jump, address[i]), TESS_FAULT_page);
    }
}

TEST("after RESUME the access is tried again, and succeeds when it is mapped now")
{
    uint64_t address = spare + 0x10000;
    struct tess_msg m = run_into_fault(code_load, address);
    tess_cap frame = make_frame(4096);

    expect(m, TESS_FAULT_page);
    OK(tess_map_at(&env, frame, env.vspace, address, 3, TESS_ATTR_NORMAL));
    OK(tess_reply(tess_tag(TESS_FAULT_RESUME, 0, 0), 0, NONE));
    until_equal(&shared[0], 1);
}

TEST("after RESUME without a mapping the same fault comes again")
{
    struct tess_msg m = run_into_fault(code_load, spare + 0x10000);

    for (int i = 0; i < 5; i++) {
        expect(m, TESS_FAULT_page);
        m = tess_reply_recv_0(fault_ep, tess_tag(TESS_FAULT_RESUME, 0, 0), 0, 0);
    }
    expect(m, TESS_FAULT_page);
}

TEST("REGS replaces registers, sp and pc")
{
    struct tess_msg m = run_into_fault(code_load, spare + 0x10000);
    struct tess_regs regs = { 0 }, seen;

    expect(m, TESS_FAULT_page);
    for (unsigned i = 0; i < 31; i++) {
        regs.x[i] = 0xabc00000 + i;
    }
    regs.pc = (uint64_t)code_brk;
    regs.sp = victim->stack_top - 64;
    regs.tls = 0x5555;
    regs.pstate = 0x60000000;
    tess_ipc_put(&regs, TESS_REGS_WORDS);
    m = tess_reply_recv_0(fault_ep, tess_tag(TESS_FAULT_REGS, 8 + TESS_REGS_WORDS, 0), 0, 0);
    expect(m, TESS_FAULT_debug);
    EQ(m.w[1], (uint64_t)code_brk);
    OK(tess_reply(tess_tag(TESS_FAULT_STOP, 0, 0), 0, NONE));
    OK(tess_thread_read_regs(victim->tcb, &seen));
    for (unsigned i = 0; i < 31; i++) {
        EQ(seen.x[i], regs.x[i]);
    }
    EQ(seen.sp, regs.sp);
    EQ(seen.tls, regs.tls);
    EQ(seen.pstate & 0xf0000000, 0x60000000);
}

TEST("REGS with fewer words replaces only the first registers")
{
    struct tess_regs regs = { .x = { 1, 2, 3 } }, seen;

    expect(run_into_fault(code_brk, 0x77), TESS_FAULT_debug);
    tess_ipc_put(&regs, 2);
    expect(tess_reply_recv_0(fault_ep, tess_tag(TESS_FAULT_REGS, 8 + 2, 0), 0, 0),
           TESS_FAULT_debug);
    OK(tess_reply(tess_tag(TESS_FAULT_STOP, 0, 0), 0, NONE));
    OK(tess_thread_read_regs(victim->tcb, &seen));
    EQ(seen.x[0], 1);
    EQ(seen.x[1], 2);
    EQ(seen.pc, (uint64_t)code_brk);
    EQ(seen.sp, victim->stack_top);
}

TEST("REGS cannot take a thread out of user mode")
{
    struct tess_regs regs = { 0 }, seen;

    expect(run_into_fault(code_brk, 0), TESS_FAULT_debug);
    regs.pc = (uint64_t)code_brk;
    regs.pstate = ~0ull;
    tess_ipc_put(&regs, TESS_REGS_WORDS);
    expect(tess_reply_recv_0(fault_ep, tess_tag(TESS_FAULT_REGS, 8 + TESS_REGS_WORDS, 0), 0, 0),
           TESS_FAULT_debug);
    OK(tess_reply(tess_tag(TESS_FAULT_STOP, 0, 0), 0, NONE));
    OK(tess_thread_read_regs(victim->tcb, &seen));
    EQ(seen.pstate & 0x3df, 0);
}

TEST("STOP leaves the thread suspended; resume tries the instruction again")
{
    expect(run_into_fault(code_udf, 0), TESS_FAULT_undefined);
    OK(tess_reply(tess_tag(TESS_FAULT_STOP, 0, 0), 0, NONE));
    EQ(state_of(victim), TESS_THREAD_SUSPENDED);
    OK(tess_thread_resume(victim->tcb));
    expect(tess_recv(fault_ep, 0), TESS_FAULT_undefined);
}

TEST("an answer to a fault that is none of RESUME, REGS, STOP, or too long, is refused")
{
    expect(run_into_fault(code_udf, 0), TESS_FAULT_undefined);
    ERR(tess_reply(tess_tag(3, 0, 0), 0, NONE), ARG);
    ERR(tess_reply(tess_tag(~0ull >> 16, 0, 0), 0, NONE), ARG);
    ERR(tess_reply(tess_tag(TESS_FAULT_REGS, 8 + TESS_REGS_WORDS + 1, 0), 0, NONE), ARG);
    EQ(state_of(victim), TESS_THREAD_REPLY);
    OK(tess_reply(tess_tag(TESS_FAULT_STOP, 0, 0), 0, NONE));
}

TEST("an undefined instruction is a fault of kind undefined with syndrome and pc")
{
    struct tess_msg m = run_into_fault(code_udf, 0);

    expect(m, TESS_FAULT_undefined);
    EQ(m.w[0] >> 26, 0);
    EQ(m.w[1], (uint64_t)code_udf);
}

TEST("privileged instructions are faults of kind undefined")
{
    static const uint32_t *const code[] = { code_msr,   code_msr2, code_hvc,  code_smc, code_daif,
                                            code_dcisw, code_cntp, code_cntv, code_pmu };

    for (unsigned i = 0; i < sizeof code / sizeof code[0]; i++) {
        struct tess_msg m = run_into_fault(code[i], 0);

        expect(m, TESS_FAULT_undefined);
        EQ(m.w[1], (uint64_t)code[i]);
    }
}

TEST("registers and instructions that could reach the kernel or another thread are refused")
{
    static const uint32_t *const code[] = { code_scxt, code_tp2,  code_tp1,  code_par,
                                            code_at,   code_tlbi, code_rdvl, code_eret,
                                            code_ro,   code_ccnt, code_hlt };

    for (unsigned i = 0; i < sizeof code / sizeof code[0]; i++) {
        struct tess_msg m = run_into_fault(code[i], 0);

        expect(m, TESS_FAULT_undefined);
        EQ(m.w[1], (uint64_t)code[i]);
    }
}

TEST("the read-only thread register holds nothing")
{
    uint64_t value;

    __asm__ volatile("mrs %0, tpidrro_el0" : "=r"(value));
    EQ(value, 0);
}

TEST("a breakpoint instruction is a fault of kind debug with syndrome and pc")
{
    struct tess_msg m = run_into_fault(code_brk, 0);

    expect(m, TESS_FAULT_debug);
    EQ(m.w[0] >> 26, 0x3c);
    EQ(m.w[0] & 0xffff, 7);
    EQ(m.w[1], (uint64_t)code_brk);
}

TEST("a misaligned pc is a fault of kind alignment")
{
    struct tess_msg m = run_into_fault(code_jump, (uint64_t)code_load + 2);

    expect(m, TESS_FAULT_alignment);
}

TEST("a misaligned exclusive access is a fault of kind alignment")
{
    struct tess_msg m = run_into_fault(code_excl, (uint64_t)shared + 1);

    expect(m, TESS_FAULT_alignment);
    EQ(m.w[0], (uint64_t)shared + 1);
}

TEST("a thread without a fault endpoint that faults is suspended")
{
    struct tess_thread *t = prepare(&(struct tess_thread_config){ .priority = HIGH });

    OK(tess_thread_start(t->tcb, (uint64_t)code_udf, t->stack_top, 0, t->tls));
    EQ(state_of(t), TESS_THREAD_SUSPENDED);
}

TEST("a fault waits for its handler in the endpoint's queue")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t = prepare(&(struct tess_thread_config){ .priority = HIGH, .fault = ep });

    OK(tess_thread_start(t->tcb, (uint64_t)code_udf, t->stack_top, 0, t->tls));
    EQ(state_of(t), TESS_THREAD_SEND);
    EQ(tess_tag_label(tess_recv(ep, 0).tag), TESS_FAULT_undefined);
    EQ(state_of(t), TESS_THREAD_REPLY);
}

TEST("a faulted thread whose fault endpoint is deleted stays suspended")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t = prepare(&(struct tess_thread_config){ .priority = HIGH, .fault = ep });

    OK(tess_thread_start(t->tcb, (uint64_t)code_udf, t->stack_top, 0, t->tls));
    revoke(ep);
    drop(ep);
    until_state(t, TESS_THREAD_SUSPENDED);
    struct tess_regs regs;
    OK(tess_thread_read_regs(t->tcb, &regs));
    EQ(regs.pc, (uint64_t)code_udf);
}

static void fault_handler_that_dies(void *argument)
{
    (void)tess_recv(ARG_CAP(argument), 0);
    note(1);
    (void)tess_recv(env.sleep, 0);
}

TEST("a fault whose handler dies is raised again, for the next handler")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread *handler = spawn(HIGH, fault_handler_that_dies, ep);
    struct tess_thread *t = prepare(&(struct tess_thread_config){ .priority = HIGH, .fault = ep });

    OK(tess_thread_start(t->tcb, (uint64_t)code_udf, t->stack_top, 0, t->tls));
    EQ(state_of(t), TESS_THREAD_REPLY);
    drop(handler->tcb);
    EQ(state_of(t), TESS_THREAD_SEND);
    EQ(tess_tag_label(tess_recv(ep, 0).tag), TESS_FAULT_undefined);
}

TEST("a fault can be deferred and answered later")
{
    tess_cap r = make(TESS_TYPE_reply);
    struct tess_msg m = run_into_fault(code_load, spare + 0x10000);

    expect(m, TESS_FAULT_page);
    OK(tess_reply_defer(r));
    OK(tess_map_at(&env, make_frame(4096), env.vspace, spare + 0x10000, 3, TESS_ATTR_NORMAL));
    OK(tess_reply(tess_tag(TESS_FAULT_RESUME, 0, 0), r, NONE));
    until_equal(&shared[0], 1);
}

TEST("a suspended thread that waits for its fault handler faults again after resume")
{
    expect(run_into_fault(code_udf, 0), TESS_FAULT_undefined);
    OK(tess_thread_suspend(victim->tcb));
    ERR(tess_reply(tess_tag(TESS_FAULT_RESUME, 0, 0), 0, NONE), STATE);
    OK(tess_thread_resume(victim->tcb));
    expect(tess_recv(fault_ep, 0), TESS_FAULT_undefined);
}

/* Answers the fault by sending the thread to code_ok. */
static void take_fault_and_skip(void *argument)
{
    struct tess_regs regs = { .pc = (uint64_t)code_ok };

    (void)tess_recv(ARG_CAP(argument), 0);
    tess_ipc_put(&regs, TESS_REGS_WORDS);
    (void)tess_reply_recv_0(ARG_CAP(argument), tess_tag(TESS_FAULT_REGS, 8 + TESS_REGS_WORDS, 0), 0,
                            0);
}

TEST("a passive fault handler runs on the faulting thread's budget")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t;

    struct tess_thread *handler = spawn_passive(HIGH, take_fault_and_skip, ep);
    t = prepare(&(struct tess_thread_config){ .priority = LOW, .fault = ep });
    OK(tess_thread_start(t->tcb, (uint64_t)code_brk, t->stack_top, 0, t->tls));
    until_equal(&shared[0], 1);
    EQ(state_of(handler), TESS_THREAD_RECV);
}

TEST("all registers survive a fault and its RESUME")
{
    struct tess_regs before, after;

    expect(run_into_fault(code_udf, 0x1234), TESS_FAULT_undefined);
    OK(tess_reply(tess_tag(TESS_FAULT_STOP, 0, 0), 0, NONE));
    OK(tess_thread_read_regs(victim->tcb, &before));
    for (unsigned i = 0; i < 31; i++) {
        before.x[i] = 0x0123456789abcd00 + i;
    }
    before.pstate = 0x90000000;
    OK(tess_thread_write_regs(victim->tcb, &before));
    OK(tess_thread_resume(victim->tcb));
    expect(tess_recv(fault_ep, 0), TESS_FAULT_undefined);
    expect(tess_reply_recv_0(fault_ep, tess_tag(TESS_FAULT_RESUME, 0, 0), 0, 0),
           TESS_FAULT_undefined);
    OK(tess_reply(tess_tag(TESS_FAULT_STOP, 0, 0), 0, NONE));
    OK(tess_thread_read_regs(victim->tcb, &after));
    for (unsigned i = 0; i < 31; i++) {
        EQ(after.x[i], before.x[i]);
    }
    EQ(after.sp, before.sp);
    EQ(after.pc, before.pc);
    EQ(after.pstate & 0xf0000000, 0x90000000);
    EQ(after.tls, before.tls);
}

TEST("the answer to a fault changes no register, not even x0")
{
    struct tess_regs seen;

    expect(run_into_fault(code_udf, 0x1234), TESS_FAULT_undefined);
    expect(tess_reply_recv_8(fault_ep, tess_tag(TESS_FAULT_RESUME, 8, 0), 0, 0, 1, 2, 3, 4, 5, 6, 7,
                             8),
           TESS_FAULT_undefined);
    OK(tess_reply(tess_tag(TESS_FAULT_STOP, 0, 0), 0, NONE));
    OK(tess_thread_read_regs(victim->tcb, &seen));
    EQ(seen.x[0], 0x1234);
}

TEST("a passive handler that waits gets a page fault directly, on the faulting thread's budget")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread *handler = spawn_passive(HIGH, take_fault_and_skip, ep);
    struct tess_thread *t = prepare(&(struct tess_thread_config){ .priority = LOW, .fault = ep });

    OK(tess_thread_start(t->tcb, (uint64_t)code_load, t->stack_top, spare + 0x10000, t->tls));
    until_equal(&shared[0], 1);
    EQ(state_of(handler), TESS_THREAD_RECV);
}

TEST("registers of a thread that waits for its fault handler can be read and written")
{
    struct tess_regs regs;

    expect(run_into_fault(code_udf, 0x4321), TESS_FAULT_undefined);
    OK(tess_thread_read_regs(victim->tcb, &regs));
    EQ(regs.pc, (uint64_t)code_udf);
    EQ(regs.x[0], 0x4321);
    regs.pc = (uint64_t)code_ok;
    OK(tess_thread_write_regs(victim->tcb, &regs));
    OK(tess_reply(tess_tag(TESS_FAULT_RESUME, 0, 0), 0, NONE));
    until_equal(&shared[0], 1);
}

TEST("a thread suspended while its fault waits in the queue faults again after resume")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t = prepare(&(struct tess_thread_config){ .priority = HIGH, .fault = ep });

    OK(tess_thread_start(t->tcb, (uint64_t)code_udf, t->stack_top, 0, t->tls));
    EQ(state_of(t), TESS_THREAD_SEND);
    OK(tess_thread_suspend(t->tcb));
    EQ(tess_msg_err(tess_try_recv(ep).tag), TESS_AGAIN);
    OK(tess_thread_resume(t->tcb));
    EQ(tess_tag_label(tess_recv(ep, 0).tag), TESS_FAULT_undefined);
}

TEST("cancel_badge suspends a thread whose fault waits with that badge")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t = prepare(
        &(struct tess_thread_config){ .priority = HIGH, .fault = mint(ep, TESS_RIGHT_ALL, 9) });

    OK(tess_thread_start(t->tcb, (uint64_t)code_udf, t->stack_top, 0, t->tls));
    EQ(state_of(t), TESS_THREAD_SEND);
    OK(tess_cnode_cancel_badge(env.cnode, ep, 9));
    EQ(state_of(t), TESS_THREAD_SUSPENDED);
    EQ(tess_msg_err(tess_try_recv(ep).tag), TESS_AGAIN);
}

TEST("an access that no device answers is a fault of kind hardware")
{
    tess_cap frame;
    void *p;

    TRUE(hole_frame != 0);
    frame = copy(hole_frame, TESS_RIGHT_ALL);
    OK(tess_map(&env, frame, TESS_PAGE, TESS_RIGHT_READ | TESS_RIGHT_WRITE, TESS_ATTR_DEVICE, &p));
    struct tess_msg m = run_into_fault(code_load, (uint64_t)p);
    expect(m, TESS_FAULT_hardware);
    EQ(m.w[0], (uint64_t)p);
    EQ(m.w[2], (uint64_t)code_load);
    drop(frame);
}
