/* Guests: virtual CPUs, exits, virtual interrupts, and what must not get from one to the other. */
#include "guest.h"

#define HOLE_AT 0x09000000ull

/* What guests do: something, then hvc.  All of it is position independent and lies in the guest's first page. */
__asm__(
    ".pushsection .text\n"
    ".balign 2048\n"
    "vm_code:\n"
    "vm_hvc: hvc #7\n"
    "   hvc #8\n"
    "vm_store: str w1, [x0]\n"
    "   hvc #0\n"
    "vm_load: ldrsh x1, [x0]\n"
    "   mov x0, x1\n"
    "   hvc #0\n"
    "vm_sgi: msr S3_0_C12_C11_5, x1\n" /* ICC_SGI1R_EL1 */
    "vm_actlr: mrs x0, actlr_el1\n"
    "   hvc #0\n"
    "vm_id: mrs x0, id_aa64pfr0_el1\n"
    "   mrs x1, id_aa64dfr0_el1\n"
    "   mrs x2, mpidr_el1\n"
    "   hvc #0\n"
    /* the virtual CPU interface on (IHI0069H 12.2, IHI0048B 5.5), vectors set, interrupts unmasked, wfi until one comes */
    "vm_wait: adr x2, vm_vectors\n"
    "   msr vbar_el1, x2\n"
    "   mov x2, #0xff\n"
    "   cbz x28, 2f\n"
    "   str w2, [x28, #4]\n" /* GICV_PMR */
    "   mov x2, #1\n"
    "   str w2, [x28]\n" /* GICV_CTLR */
    "   b 3f\n"
    "2: msr S3_0_C4_C6_0, x2\n" /* ICC_PMR_EL1 */
    "   mov x2, #1\n"
    "   msr S3_0_C12_C12_7, x2\n" /* ICC_IGRPEN1_EL1 */
    "   isb\n"
    "3: msr daifclr, #2\n"
    "1: cbnz x27, 1b\n"
    "   wfi\n"
    "   b 1b\n"
    /* the same without ever waiting */
    "vm_busy: mov x27, #1\n"
    "   b vm_wait\n"
    /* the timer in x0 ticks, then the same */
    "vm_timer: msr cntv_tval_el0, x0\n"
    "   mov x2, #1\n"
    "   msr cntv_ctl_el0, x2\n"
    "   b vm_wait\n"
    "vm_spin: add x0, x0, #1\n"
    "   b vm_spin\n"
    "vm_regs: msr tpidrro_el0, x0\n"
    "   msr tpidr_el1, x1\n"
    "   msr par_el1, x2\n"
    "   fmov d0, x3\n"
    "   hvc #0\n"
    "   mrs x0, tpidrro_el0\n"
    "   mrs x1, tpidr_el1\n"
    "   mrs x2, par_el1\n"
    "   fmov x3, d0\n"
    "   hvc #0\n"
    "native_svc: svc #10\n"
    "   brk #0\n"
    ".balign 2048\n"
    "vm_vectors:\n"
    "   .skip 0x280\n"
    "   mov x1, #2\n"
    "   cbz x28, 1f\n"
    "   ldr w0, [x28, #0xc]\n"  /* GICV_IAR */
    "   msr cntv_ctl_el0, x1\n" /* masked */
    "   isb\n"
    "   str w0, [x28, #0x10]\n" /* GICV_EOIR */
    "   hvc #0x11\n"
    "   eret\n"
    "1: mrs x0, S3_0_C12_C12_0\n" /* ICC_IAR1_EL1 */
    "   msr cntv_ctl_el0, x1\n"
    "   isb\n"
    "   msr S3_0_C12_C12_1, x0\n" /* ICC_EOIR1_EL1 */
    "   hvc #0x11\n"
    "   eret\n"
    "vm_end:\n"
    ".popsection\n");
extern const uint32_t vm_code[], vm_hvc[], vm_store[], vm_load[], vm_sgi[], vm_actlr[], vm_id[],
    vm_wait[], vm_busy[], vm_timer[], vm_spin[], vm_regs[], native_svc[], vm_end[];

static bool make_machine(struct machine *m)
{
    return guest_make(m, vm_code, vm_end);
}

TEST("hvc of a guest tells its number and x0..x3, and the answer's word comes back in x0")
{
    struct machine m;
    struct tess_msg e;

    if (!make_machine(&m)) {
        return;
    }
    guest_go(&m, vm_hvc, 0x1010, 0x1111);
    e = tess_recv(m.ep, 0);
    guest_expect(e, EC_HVC);
    EQ(e.w[0] & 0xffff, 7);
    EQ(e.w[3], RAM_AT);
    EQ(e.w[4], 0x1010);
    EQ(e.w[5], 0x1111);
    EQ(e.w[6], 0x2222);
    EQ(e.w[7], 0x3333);
    e = guest_advance(&m, 0xabcd);
    guest_expect(e, EC_HVC);
    EQ(e.w[0] & 0xffff, 8);
    EQ(e.w[4], 0xabcd);
    EQ(e.w[5], 0x1111);
}

/* Its monitor has died with the exit in hand, or stops it there: cut short, the exit is made again. */
static void expect_again(const struct machine *m, struct tess_msg first)
{
    struct tess_msg e;

    EQ(tess_thread_suspend(m->tcb), TESS_OK);
    EQ(tess_thread_resume(m->tcb), TESS_OK);
    e = tess_recv(m->ep, 0);
    EQ(e.tag, first.tag);
    for (unsigned i = 0; i < 8; i++) {
        EQ(e.w[i], first.w[i]);
    }
}

TEST("an exit that nobody answers is made again: hvc, store, register")
{
    struct machine m;
    struct tess_msg e;

    if (!make_machine(&m)) {
        return;
    }
    guest_go(&m, vm_hvc, 0x1010, 0x1111);
    expect_again(&m, tess_recv(m.ep, 0));
    e = guest_advance(&m, 0xabcd);
    guest_expect(e, EC_HVC);
    EQ(e.w[0] & 0xffff, 8);
    EQ(e.w[4], 0xabcd);
    expect_again(&m, e);
    guest_stop();
    guest_go(&m, vm_store, HOLE_AT + 0x18, 0x1234);
    expect_again(&m, tess_recv(m.ep, 0));
    guest_expect(guest_advance(&m, 5), EC_HVC);
    guest_stop();
    guest_go(&m, vm_actlr, 0, 0);
    expect_again(&m, tess_recv(m.ep, 0));
}

TEST("a guest's store where nothing is mapped tells the address and the value")
{
    struct machine m;
    struct tess_msg e;

    if (!make_machine(&m)) {
        return;
    }
    guest_go(&m, vm_store, HOLE_AT + 0x18, 0x1234567889abcdef);
    e = tess_recv(m.ep, 0);
    guest_expect(e, EC_DATA);
    EQ(e.w[1], HOLE_AT + 0x18);
    EQ(e.w[2], 0x89abcdef);
    guest_expect(guest_advance(&m, 5), EC_HVC);
}

TEST("a guest's load gets the answer's word, cut and extended as the instruction says")
{
    struct machine m;
    struct tess_msg e;

    if (!make_machine(&m)) {
        return;
    }
    guest_go(&m, vm_load, HOLE_AT + 0x102, 0);
    e = tess_recv(m.ep, 0);
    guest_expect(e, EC_DATA);
    EQ(e.w[1], HOLE_AT + 0x102);
    e = guest_advance(&m, 0x12348765);
    guest_expect(e, EC_HVC);
    EQ(e.w[4], 0xffffffffffff8765);
}

TEST("trapped system registers are the monitor's to write and to read")
{
    struct machine m;
    struct tess_msg e;

    if (!make_machine(&m)) {
        return;
    }
    if (guest_has_v2()) { /* there is no such register */
        guest_go(&m, vm_actlr, 0, 0);
        e = tess_recv(m.ep, 0);
    } else {
        guest_go(&m, vm_sgi, 0, 0x5005);
        e = tess_recv(m.ep, 0);
        guest_expect(e, EC_SYS);
        EQ(e.w[0] & 1, 0);
        EQ(e.w[2], 0x5005);
        e = guest_advance(&m, 0x999);
    }
    guest_expect(e, EC_SYS);
    EQ(e.w[0] & 1, 1);
    e = guest_advance(&m, 0x42);
    guest_expect(e, EC_HVC);
    EQ(e.w[4], 0x42);
}

TEST("virtual CPUs of one guest interrupt each other without their monitor, as far as it says")
{
    struct machine m, second;
    struct tess_msg e;

    if (!make_machine(&m) || guest_has_v2() || !guest_second(&m, &second)) {
        return;
    }
    ERR(tess_vcpu_join(second.vcpu, make(TESS_TYPE_vcpu)), STATE);
    ERR(tess_vcpu_join(m.vcpu, m.vcpu), EXISTS);
    OK(tess_vcpu_join(second.vcpu, m.vcpu));
    ERR(tess_vcpu_join(second.vcpu, m.vcpu), EXISTS);
    OK(tess_vcpu_write(second.vcpu, TESS_VCPU_vmpidr, 0x80000001));
    OK(tess_vcpu_write(second.vcpu, TESS_VCPU_sgis, 0xa0 << 16 | 1 << 5));
    guest_go(&second, vm_wait, 0, 0);
    sleep_us(1000);

    guest_go(&m, vm_sgi, 0, 5 << 24 | 1 << 1);
    e = tess_recv(m.ep, 0); /* the next exit is the one behind */
    guest_expect(e, EC_SYS);
    EQ(e.w[0] & 1, 1);
    guest_stop();
    e = tess_recv(second.ep, after_us(1000000));
    guest_expect(e, EC_HVC);
    EQ(e.w[4], 5);
    guest_on(e);

    static const uint64_t not_so[] = { 6 << 24 | 1 << 1,              /* not among sgis */
                                       5 << 24 | 1 << 2,              /* there is no such CPU */
                                       5 << 24 | 3,                   /* two */
                                       5 << 24 | 1ull << 40,          /* all others */
                                       5 << 24 | 1ull << 16 | 1 << 1, /* of another affinity */
                                       5 << 24 };
    for (unsigned i = 0; i < sizeof not_so / sizeof *not_so; i++) {
        guest_go(&m, vm_sgi, 0, not_so[i]);
        e = tess_recv(m.ep, 0);
        guest_expect(e, EC_SYS);
        EQ(e.w[0] & 1, 0);
        EQ(e.w[2], not_so[i]);
        guest_stop();
    }
    /* who has left hears nothing */
    OK(tess_thread_suspend(second.tcb));
    OK(tess_cnode_delete(TESS_ROOT_CNODE, second.tcb));
    guest_go(&m, vm_sgi, 0, 5 << 24 | 1 << 1);
    e = tess_recv(m.ep, 0);
    guest_expect(e, EC_SYS);
    EQ(e.w[0] & 1, 0);
    guest_stop();
}

TEST("no more than eight virtual CPUs are one guest")
{
    struct machine m, more;

    if (!make_machine(&m)) {
        return;
    }
    for (unsigned i = 1; i < 8; i++) {
        TRUE(guest_second(&m, &more));
        OK(tess_vcpu_join(more.vcpu, m.vcpu));
    }
    TRUE(guest_second(&m, &more));
    ERR(tess_vcpu_join(more.vcpu, m.vcpu), RANGE);
}

TEST("a guest's CPU has no EL2, no performance counters, and the number it was given")
{
    struct machine m;
    struct tess_msg e;

    if (!make_machine(&m)) {
        return;
    }
    OK(tess_vcpu_write(m.vcpu, TESS_VCPU_vmpidr, 0x80000003));
    guest_go(&m, vm_id, 0, 0);
    e = tess_recv(m.ep, 0);
    guest_expect(e, EC_HVC);
    EQ(e.w[4] & 0xff00, 0);
    EQ(e.w[4] & 0xf0, 0x10);
    EQ(e.w[5] & 0xf00, 0);
    EQ(e.w[6], 0x80000003);
}

TEST("a guest sleeps in wfi until an interrupt is injected, and takes it")
{
    struct machine m;
    struct tess_msg e;

    if (!make_machine(&m)) {
        return;
    }
    guest_go(&m, vm_wait, 0, 0);
    for (unsigned i = 0; i < 3; i++) {
        sleep_us(1000);
        struct tess_thread_info info;
        OK(tess_thread_info(m.tcb, &info));
        EQ(info.state, TESS_THREAD_IDLE);
        OK(tess_vcpu_inject(m.vcpu, 40 + i, 0xa0, 0));
        e = tess_recv(m.ep, after_us(1000000));
        guest_expect(e, EC_HVC);
        EQ(e.w[0] & 0xffff, 0x11);
        EQ(e.w[4], 40 + i);
        guest_on(e);
    }
}

static struct tess_msg expect_interrupt(const struct machine *m, uint64_t intid)
{
    struct tess_msg e = tess_recv(m->ep, after_us(1000000));

    guest_expect(e, EC_HVC);
    EQ(e.w[0] & 0xffff, 0x11);
    EQ(e.w[4], intid);
    return e;
}

static uint64_t waiting(const struct machine *m)
{
    uint64_t what;

    OK(tess_vcpu_read(m->vcpu, TESS_VCPU_later, &what));
    return what;
}

TEST("an interrupt that can wait comes with the guest's next wfi, or when it is interrupted anyway")
{
    struct machine m;
    struct tess_msg e;

    if (!make_machine(&m)) {
        return;
    }
    guest_go(&m, vm_wait, 0, 0);
    sleep_us(1000);
    OK(tess_vcpu_inject(m.vcpu, 40, TESS_VCPU_LATER | 0xa0, 0)); /* it waits for one */
    EQ(waiting(&m), 0);
    e = expect_interrupt(&m, 40);
    OK(tess_vcpu_inject(m.vcpu, 41, TESS_VCPU_LATER | 0xa0, 0));
    OK(tess_vcpu_inject(m.vcpu, 41, TESS_VCPU_LATER | 0xa0, 0));
    EQ(waiting(&m), 0xa0 << 16 | 41);
    OK(tess_vcpu_inject(m.vcpu, 42, TESS_VCPU_LATER | 0xa0, 0)); /* one at most waits */
    EQ(waiting(&m), 0xa0 << 16 | 41);
    guest_on(e);
    e = expect_interrupt(&m, 42);
    EQ(waiting(&m), 0xa0 << 16 | 41);
    guest_on(e);
    (void)expect_interrupt(&m, 41);
    EQ(waiting(&m), 0);
    OK(tess_reply(tess_tag(TESS_FAULT_STOP, 0, 0), 0, NONE));
    guest_go(&m, vm_busy, 0, 0);
    sleep_us(1000);
    OK(tess_vcpu_inject(m.vcpu, 43, TESS_VCPU_LATER | 0xa0, 0));
    EQ(waiting(&m), 0xa0 << 16 | 43);
    (void)expect_interrupt(&m, 43); /* with the end of its slice at the latest */
    EQ(waiting(&m), 0);
    ERR(tess_vcpu_inject(m.vcpu, 43, TESS_VCPU_LATER << 1, 0), ARG);
}

TEST("a guest's virtual timer wakes it, whether its virtual CPU is loaded or not")
{
    struct machine m, other;
    struct tess_msg e;

    if (!make_machine(&m) || !make_machine(&other)) {
        return;
    }
    OK(tess_vcpu_write(m.vcpu, TESS_VCPU_vtimer, TESS_VCPU_VTIMER_ON | 0xa0 << 16 | 27));
    for (unsigned i = 0; i < 4; i++) {
        guest_go(&m, vm_timer, 100000, 0);
        if (i & 1) { /* another guest takes the CPU meanwhile */
            sleep_us(200);
            guest_go(&other, vm_hvc, 0, 0);
            guest_expect(tess_recv(other.ep, 0), EC_HVC);
            OK(tess_reply(tess_tag(TESS_FAULT_STOP, 0, 0), 0, NONE));
        }
        e = tess_recv(m.ep, after_us(1000000));
        guest_expect(e, EC_HVC);
        EQ(e.w[0] & 0xffff, 0x11);
        EQ(e.w[4], 27);
        OK(tess_reply(tess_tag(TESS_FAULT_STOP, 0, 0), 0, NONE));
    }
}

TEST("a sleeping guest's timer wakes it in time while another guest spins")
{
    struct machine m, other;

    if (!make_machine(&m) || !make_machine(&other)) {
        return;
    }
    OK(tess_thread_set_priority(m.tcb, LOW + 1, LOW + 1));
    OK(tess_vcpu_write(m.vcpu, TESS_VCPU_vtimer, TESS_VCPU_VTIMER_ON | 0xa0 << 16 | 27));
    guest_go(&m, vm_timer, tess_ticks_of_ns(2000000), 0);
    sleep_us(200);
    uint64_t start = tess_now();
    guest_go(&other, vm_spin, 0, 0);
    guest_expect(tess_recv(m.ep, after_us(1000000)), EC_HVC);
    TRUE(tess_now() - start < tess_ticks_of_ns(6000000)); /* other's slice: 16 ms */
}

TEST("more interrupts than list registers: AGAIN, and a kick when there is room")
{
    struct machine m;
    struct tess_msg e;
    unsigned sent = 0;
    enum tess_err err;
    bool kicked = false;

    if (!make_machine(&m)) {
        return;
    }
    for (; (err = tess_vcpu_inject(m.vcpu, 40 + sent, 0xa0, 0)) == TESS_OK; sent++) {
        TRUE(sent < 16);
    }
    EQ(err, TESS_AGAIN);
    TRUE(sent >= 1);
    OK(tess_vcpu_inject(m.vcpu, 40, 0xa0, 0)); /* pending already */
    guest_go(&m, vm_wait, 0, 0);
    uint64_t taken = 0, all = (1ull << sent) - 1; /* bit: INTID - 40 */
    while (taken != (all | 1ull << 59)) {
        e = tess_recv(m.ep, after_us(1000000));
        if (tess_tag_label(e.tag) == TESS_FAULT_kick) {
            TRUE(!kicked);
            kicked = true;
            OK(tess_vcpu_inject(m.vcpu, 99, 0xa0, 0));
        } else {
            guest_expect(e, EC_HVC);
            TRUE(e.w[4] >= 40 && e.w[4] < 100 && !(taken & 1ull << (e.w[4] - 40)));
            taken |= 1ull << (e.w[4] - 40);
        }
        guest_on(e);
    }
    TRUE(kicked);
}

#define RTC_INTID 34u /* PL031 of QEMU virt; its registers DR, MR, IMSC, RIS, ICR (Arm DDI0224C) */

/* The clock's alarm is at its present second: it keeps its line up until cleared. */
static void clock_raises(volatile uint32_t *rtc)
{
    rtc[4] = 1;
    do { /* again when the second ended between the two accesses */
        rtc[1] = rtc[0];
    } while (!(rtc[5] & 1));
}

static void clock_lowers(volatile uint32_t *rtc)
{
    rtc[4] = 0;
    rtc[7] = 1;
}

/* The guest takes interrupt 40, linked to the line, and ends it. */
static void take_linked(const struct machine *m, tess_cap line)
{
    OK(tess_vcpu_inject(m->vcpu, 40, 0xa0, line));
    struct tess_msg e = tess_recv(m->ep, after_us(1000000));

    guest_expect(e, EC_HVC);
    EQ(e.w[4], 40);
    guest_on(e);
}

TEST("the guest's end of a linked interrupt acknowledges the physical line")
{
    struct machine m;
    tess_cap n = mint(make(TESS_TYPE_notification), TESS_RIGHT_ALL, 1), line = empty_slot();
    void *rtc;

    if (!make_machine(&m)) {
        return;
    }
    tess_cap frame = copy(rtc_frame, TESS_RIGHT_ALL);
    OK(tess_map(&env, frame, TESS_PAGE, RW, TESS_ATTR_DEVICE, &rtc));
    OK(tess_irq_control_get(TESS_ROOT_IRQ_CONTROL, RTC_INTID, 0, 0, line));
    OK(tess_irq_bind(line, n));
    guest_go(&m, vm_wait, 0, 0);
    sleep_us(1000);
    ERR(tess_vcpu_inject(m.vcpu, 40, 0xa0, n), CAP);
    if (its_frame) {
        tess_cap message = empty_slot();

        OK(tess_irq_control_get(TESS_ROOT_IRQ_CONTROL, 8192, 1, 0, message));
        ERR(tess_vcpu_inject(m.vcpu, 40, 0xa0, message), ARG); /* it has no end */
        drop(message);
    }
    for (unsigned i = 0; i < 3; i++) {
        clock_raises(rtc);
        EQ(tess_recv(n, after_us(1000)).badge, 1);
        EQ(tess_msg_err(tess_recv(n, after_us(1000)).tag), TESS_TIMEOUT); /* silent until then */
        take_linked(&m, line);
        struct tess_msg again = tess_recv(n, after_us(1000)); /* it is up still */
        if (guest_has_v2() && tess_msg_err(again.tag) == TESS_TIMEOUT) {
            again = tess_recv(
                n, after_us(1000)); /* QEMU's GICv2 looks only when something else happens */
        }
        EQ(again.badge, 1);
        clock_lowers(rtc);
        take_linked(&m, line);
        EQ(tess_msg_err(tess_recv(n, after_us(1000)).tag), TESS_TIMEOUT);
    }
    drop(line);
    drop(frame);
}

static uint64_t read_tpidrro(void)
{
    uint64_t v;
    __asm__ volatile("mrs %0, tpidrro_el0" : "=r"(v));
    return v;
}

TEST("what two guests put into the same registers stays with each, and programs see nothing of it")
{
    struct machine m[2];
    struct tess_msg e;

    if (!make_machine(&m[0]) || !make_machine(&m[1])) {
        return;
    }
    for (unsigned i = 0; i < 2; i++) {
        guest_go(&m[i], vm_regs, 0x1000 + i, 0x2000 + i);
        e = tess_recv(m[i].ep, 0);
        guest_expect(e, EC_HVC);
        EQ(read_tpidrro(), 0);
        OK(tess_reply(tess_tag(TESS_FAULT_STOP, 0, 0), 0, NONE));
    }
    for (unsigned i = 0; i < 2; i++) {
        OK(tess_thread_resume(m[i].tcb));
        e = tess_recv(m[i].ep, 0);
        guest_expect(e, EC_HVC);
        EQ(e.w[4], 0x1000 + i);
        EQ(e.w[5], 0x2000 + i);
        EQ(e.w[6], 0x2222);
        EQ(e.w[7], 0x3333);
        OK(tess_reply(tess_tag(TESS_FAULT_STOP, 0, 0), 0, NONE));
    }
}

/* Bits that every such register has. */
static uint64_t pattern(unsigned reg, unsigned machine)
{
    return ((reg + 1) * 0x100 + machine * 0x10) & 0xff0;
}

TEST("every switched register of a virtual CPU comes back as it was")
{
    struct machine m[2];
    uint64_t value;

    if (!make_machine(&m[0]) || !make_machine(&m[1])) {
        return;
    }
    static const uint8_t plain[] = { TESS_VCPU_ttbr0,   TESS_VCPU_ttbr1,    TESS_VCPU_elr,
                                     TESS_VCPU_far,     TESS_VCPU_mair,     TESS_VCPU_tpidr,
                                     TESS_VCPU_esr,     TESS_VCPU_sp_el1,   TESS_VCPU_contextidr,
                                     TESS_VCPU_cntvoff, TESS_VCPU_cntv_cval };
    for (unsigned i = 0; i < sizeof plain * 2; i++) {
        OK(tess_vcpu_write(m[i % 2].vcpu, plain[i / 2], pattern(plain[i / 2], i % 2)));
    }
    for (unsigned round = 0; round < 4; round++) {
        guest_go(&m[round % 2], vm_hvc, 0, 0);
        guest_expect(tess_recv(m[round % 2].ep, 0), EC_HVC);
        OK(tess_reply(tess_tag(TESS_FAULT_STOP, 0, 0), 0, NONE));
    }
    for (unsigned i = 0; i < sizeof plain * 2; i++) {
        OK(tess_vcpu_read(m[i % 2].vcpu, plain[i / 2], &value));
        EQ(value, pattern(plain[i / 2], i % 2));
    }
}

TEST("a guest never gets more than EL1: other modes become EL1h")
{
    static const uint64_t bad[] = { 0x3c9, 0x3cd, 0x3c8, 0x3d3, 0x3df, 0x3c1, ~0ull };
    struct machine m;
    struct tess_regs regs = { .pstate = 0 };

    if (!make_machine(&m)) {
        return;
    }
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        regs.pstate = bad[i];
        regs.pc = RAM_AT;
        OK(tess_thread_write_regs(m.tcb, &regs));
        OK(tess_thread_read_regs(m.tcb, &regs));
        TRUE((regs.pstate & 0x1f) == 5 || (regs.pstate & 0x1f) == 0x10);
        OK(tess_thread_resume(m.tcb));
        struct tess_msg e = tess_recv(m.ep, 0);
        EQ(tess_tag_label(e.tag), TESS_FAULT_guest);
        OK(tess_reply(tess_tag(TESS_FAULT_STOP, 0, 0), 0, NONE));
    }
}

TEST("a guest that spins is preempted, and forced out by a kick")
{
    struct machine m;
    struct tess_msg e;

    if (!make_machine(&m)) {
        return;
    }
    guest_go(&m, vm_spin, 0, 0);
    sleep_us(2000);
    OK(tess_thread_kick(m.tcb));
    e = tess_recv(m.ep, after_us(1000000));
    EQ(tess_tag_label(e.tag), TESS_FAULT_kick);
    struct tess_regs regs;
    OK(tess_thread_read_regs(m.tcb, &regs));
    TRUE(regs.x[0] > 0);
}

TEST("memory taken from a guest is gone at once, and a page it may only read tells where it wrote")
{
    struct machine m;
    struct tess_msg e;
    tess_cap data = make_frame(TESS_PAGE);

    if (!make_machine(&m)) {
        return;
    }
    OK(tess_frame_map(data, m.vs, 0x50000000, RW, TESS_ATTR_NORMAL, NULL));
    for (unsigned i = 0; i < 3; i++) {
        guest_go(&m, vm_store, 0x50000008, 0x66);
        e = tess_recv(m.ep, 0);
        if (i == 0) {
            guest_expect(e, EC_HVC);
            OK(tess_frame_protect(data, TESS_RIGHT_READ));
        } else {
            guest_expect(e, EC_DATA);
            EQ(e.w[1], 0x50000008);
            if (i == 1) {
                OK(tess_frame_unmap(data));
            }
        }
        OK(tess_reply(tess_tag(TESS_FAULT_STOP, 0, 0), 0, NONE));
    }
}

TEST("guest-physical addresses end where the kernel says, and only a new address space becomes a "
     "guest's")
{
    tess_cap vs = make(TESS_TYPE_vspace), frame = make_frame(TESS_PAGE);

    OK(tess_vspace_guest(vs));
    OK(tess_vspace_donate(vs, arena, 4 * TESS_PAGE, 0, empty_slot()));
    ERR(tess_frame_map(frame, vs, TESS_GUEST_TOP, RW, TESS_ATTR_NORMAL, NULL), RANGE);
    OK(tess_frame_map(frame, vs, TESS_GUEST_TOP - TESS_PAGE, RW, TESS_ATTR_NORMAL, NULL));
    ERR(tess_vspace_guest(vs), STATE);
    tess_cap shared_vs = make(TESS_TYPE_vspace);
    (void)copy(shared_vs, TESS_RIGHT_ALL);
    ERR(tess_vspace_guest(shared_vs), STATE);
}

TEST("a thread that lost its virtual CPU is no guest any more")
{
    struct machine m;
    struct tess_regs regs;

    if (!make_machine(&m)) {
        return;
    }
    guest_go(&m, vm_wait, 0, 0);
    sleep_us(500);
    revoke(m.vcpu);
    struct tess_thread_info info;
    OK(tess_thread_info(m.tcb, &info));
    EQ(info.state, TESS_THREAD_SUSPENDED);
    OK(tess_thread_read_regs(m.tcb, &regs));
    EQ(regs.pstate & 0x1f, 0);
    OK(tess_thread_resume(m.tcb));
    struct tess_msg e = tess_recv(m.ep, after_us(1000000));
    EQ(tess_tag_label(e.tag), TESS_FAULT_page);
    OK(tess_vcpu_bind(m.vcpu, make(TESS_TYPE_thread)));
}

TEST("a foreign thread that was a guest for a while is foreign again: its svc is a fault")
{
    tess_cap ep = make(TESS_TYPE_endpoint), vcpu = make(TESS_TYPE_vcpu);
    struct tess_thread *t = prepare(&(struct tess_thread_config){ .priority = LOW, .fault = ep });

    OK(tess_thread_configure(t->tcb, TESS_ROOT_CNODE, TESS_ROOT_VSPACE, ep, 0, 0,
                             TESS_THREAD_FOREIGN));
    if (tess_vcpu_bind(vcpu, t->tcb) == TESS_STATE) {
        return;
    }
    revoke(vcpu);
    OK(tess_thread_start(t->tcb, (uint64_t)native_svc, t->stack_top, 0, t->tls));
    struct tess_msg e = tess_recv(ep, after_us(1000000));
    EQ(tess_tag_label(e.tag), TESS_FAULT_syscall);
}

TEST("a thread without a virtual CPU finds nothing in a guest's address space")
{
    struct machine m;
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t = prepare(&(struct tess_thread_config){ .priority = LOW, .fault = ep });

    if (!make_machine(&m)) {
        return;
    }
    guest_go(&m, vm_hvc, 0, 0); /* so that the address space is in use */
    guest_expect(tess_recv(m.ep, 0), EC_HVC);
    guest_stop();
    OK(tess_thread_configure(t->tcb, 0, m.vs, ep, 0, 0, 0));
    OK(tess_thread_start(t->tcb, RAM_AT, 0, 0, 0));
    struct tess_msg e = tess_recv(ep, after_us(1000000));
    EQ(tess_tag_label(e.tag), TESS_FAULT_page);
    EQ(e.w[0], RAM_AT);
}

TEST("a guest's virtual CPU interface appears once, only where guests have addresses")
{
    struct machine m;
    uint64_t version = 0;

    if (!make_machine(&m)) {
        EQ(tess_bootinfo->el, 1);
        return;
    }
    OK(tess_vcpu_interface(m.vcpu, GICC_AT, &version)); /* again: as it is */
    EQ(version, tess_bootinfo->gic_version);
    ERR(tess_vcpu_interface(m.vcpu, GICC_AT + 1, &version), RANGE);
    ERR(tess_vcpu_interface(m.vcpu, TESS_GUEST_TOP - TESS_PAGE, &version), RANGE);
    ERR(tess_vcpu_interface(m.vcpu, ~0ull << 12, &version), RANGE);
    ERR(tess_vcpu_interface(make(TESS_TYPE_vcpu), GICC_AT, &version), STATE);
    if (guest_has_v2()) {
        ERR(tess_vcpu_interface(m.vcpu, RAM_AT, &version), NOMEM);
        ERR(tess_frame_map(make_frame(TESS_PAGE), m.vs, GICC_AT + TESS_PAGE, RW, TESS_ATTR_NORMAL,
                           NULL),
            EXISTS);
    }
    guest_go(&m, vm_hvc, 0x1010, 0);
    EQ(tess_recv(m.ep, 0).w[4], 0x1010); /* its memory is still there */
    guest_stop();
}

TEST("a virtual CPU belongs to one thread, and register numbers end")
{
    struct machine m;
    uint64_t value;
    tess_cap second = make(TESS_TYPE_thread);

    if (!make_machine(&m)) {
        return;
    }
    ERR(tess_vcpu_bind(m.vcpu, second), EXISTS);
    ERR(tess_vcpu_bind(make(TESS_TYPE_vcpu), m.tcb), EXISTS);
    ERR(tess_vcpu_read(m.vcpu, TESS_VCPU_LR_END, &value), ARG);
    ERR(tess_vcpu_write(m.vcpu, ~0ull, 0), ARG);
    ERR(tess_vcpu_inject(m.vcpu, 1020, 0, 0), ARG);
    ERR(tess_vcpu_inject(m.vcpu, 1, 512, 0), ARG);
    OK(tess_vcpu_write(m.vcpu, TESS_VCPU_LR, ~0ull));
    OK(tess_vcpu_read(m.vcpu, TESS_VCPU_LR, &value));
    EQ(value, 0);
}
