/* Interrupts: lines, delivery, acknowledge.  The console UART and the real-time clock of QEMU virt make them. */
#include "test.h"

#define UART_IMSC 0x38u /* interrupt mask set/clear */
#define UART_RIS  0x3cu /* raw interrupt status */
#define UART_ICR  0x44u /* interrupt clear */
#define UART_FR   0x18u
#define UART_TX                                                                                    \
    0x20u /* transmit interrupt: the FIFO is below its level; set once something was sent */

#define RTC_INTID 34u /* SPI 2 */
#define RTC_DR    0x00u
#define RTC_MR    0x04u
#define RTC_IMSC  0x10u
#define RTC_RIS   0x14u
#define RTC_ICR   0x1cu

static tess_cap device, line;
static volatile uint32_t *reg;

static void put(unsigned offset, uint32_t value)
{
    reg[offset / 4] = value;
}

static uint32_t get(unsigned offset)
{
    return reg[offset / 4];
}

static void open_line(tess_cap frame, uint64_t intid, tess_cap notification)
{
    void *p;

    device = copy(frame, TESS_RIGHT_ALL);
    OK(tess_map(&env, device, TESS_PAGE, TESS_RIGHT_READ | TESS_RIGHT_WRITE, TESS_ATTR_DEVICE, &p));
    reg = p;
    line = empty_slot();
    OK(tess_irq_control_get(TESS_ROOT_IRQ_CONTROL, intid, 0, 0, line));
    if (notification) {
        OK(tess_irq_bind(line, notification));
    }
}

static void close_line(void)
{
    drop(line);
    drop(device);
}

/* The clock's alarm is at its present second: it raises its line at once and keeps it up until cleared. */
static void alarm(void)
{
    put(RTC_IMSC, 1);
    do { /* again when the second ended between the two accesses */
        put(RTC_MR, get(RTC_DR));
    } while (!(get(RTC_RIS) & 1));
}

static void alarm_off(void)
{
    put(RTC_IMSC, 0);
    put(RTC_ICR, 1);
}

static tess_cap open_clock(uint64_t badge)
{
    tess_cap n = mint(make(TESS_TYPE_notification), TESS_RIGHT_ALL, badge);

    TRUE(rtc_frame != 0);
    open_line(rtc_frame, RTC_INTID, n);
    return n;
}

TEST("an interrupt signals its notification with the badge")
{
    tess_cap n = open_clock(0x20);
    struct tess_msg m;

    alarm();
    m = tess_recv(n, 0);
    EQ(m.badge, 0x20);
    EQ(m.tag, TESS_TAG_SIGNAL);
    alarm_off();
    OK(tess_irq_ack(line));
    close_line();
}

TEST("an interrupt that is not acknowledged is not delivered again")
{
    tess_cap n = open_clock(1);

    alarm();
    EQ(tess_recv(n, 0).badge, 1);
    EQ(tess_msg_err(tess_recv(n, after_us(2000)).tag), TESS_TIMEOUT);
    alarm_off();
    OK(tess_irq_ack(line));
    close_line();
}

TEST("a line that is still up after the acknowledge interrupts again")
{
    tess_cap n = open_clock(1);

    alarm();
    for (int i = 0; i < 20; i++) {
        EQ(tess_recv(n, 0).badge, 1);
        OK(tess_irq_ack(line));
    }
    EQ(tess_recv(n, 0).badge, 1);
    alarm_off();
    OK(tess_irq_ack(line));
    EQ(tess_msg_err(tess_recv(n, after_us(1000)).tag), TESS_TIMEOUT);
    close_line();
}

TEST("ack_recv acknowledges and waits for the next interrupt in one entry")
{
    tess_cap n = open_clock(1);
    struct tess_msg m;

    alarm();
    EQ(tess_recv(n, 0).badge, 1);
    for (int i = 0; i < 20; i++) {
        m = tess_ack_recv(n, 0, line);
        EQ(m.badge, 1);
        EQ(m.tag, TESS_TAG_SIGNAL);
    }
    alarm_off();
    EQ(tess_msg_err(tess_ack_recv(n, after_us(1000), line).tag), TESS_TIMEOUT);
    close_line();
}

TEST("ack_recv refuses what is no interrupt line, and no endpoint or notification")
{
    tess_cap n = make(TESS_TYPE_notification);

    EQ(tess_msg_err(tess_ack_recv(n, 0, n).tag), TESS_CAP);
    EQ(tess_msg_err(tess_ack_recv(n, 0, 0).tag), TESS_CAP);
}

TEST("an interrupt reaches a driver through its bound notification at an endpoint")
{
    tess_cap n = open_clock(4), ep = make(TESS_TYPE_endpoint);

    OK(tess_thread_bind_notification(own_thread(), n));
    alarm();
    EQ(tess_recv(ep, 0).badge, 4);
    EQ(tess_ack_recv(ep, 0, line).badge, 4);
    alarm_off();
    OK(tess_irq_ack(line));
    OK(tess_thread_bind_notification(own_thread(), 0));
    close_line();
}

static void driver(void *argument)
{
    struct tess_msg m = tess_recv(ARG_CAP(argument), 0);

    for (;;) {
        alarm_off();
        shared[8] += m.badge;
        m = tess_ack_recv(ARG_CAP(argument), 0, line);
    }
}

TEST("an interrupt preempts a less urgent thread at once")
{
    tess_cap n = open_clock(1);

    spawn(HIGH, driver, n);
    for (uint64_t i = 1; i <= 20; i++) {
        uint64_t spins = 0;

        alarm();
        while (shared[8] < i) { /* no system call: only the interrupt can bring the driver in */
            spins++;
        }
        EQ(shared[8], i);
    }
    close_line();
}

TEST("an interrupt wakes the idle processor")
{
    tess_cap n = open_clock(1);

    /* One second of the clock: until then everything waits. */
    put(RTC_IMSC, 1);
    do {
        put(RTC_MR, get(RTC_DR) + 1);
    } while (tess_recv(n, after_us(3000000)).badge != 1);
    alarm_off();
    OK(tess_irq_ack(line));
    close_line();
}

TEST("a masked line delivers nothing until it is unmasked")
{
    tess_cap n = open_clock(1);

    OK(tess_irq_mask(line, 1));
    alarm();
    EQ(tess_msg_err(tess_recv(n, after_us(1000)).tag), TESS_TIMEOUT);
    OK(tess_irq_mask(line, 0));
    EQ(tess_recv(n, 0).badge, 1);
    alarm_off();
    OK(tess_irq_ack(line));
    close_line();
}

TEST("mask takes 0 or 1")
{
    tess_cap n = open_clock(1);

    (void)n;
    ERR(tess_irq_mask(line, 2), ARG);
    ERR(tess_irq_mask(line, ~0ull), ARG);
    close_line();
}

TEST("an unbound line is silent; unbinding it twice is refused; it can be bound again")
{
    tess_cap n = open_clock(1);

    OK(tess_irq_unbind(line));
    ERR(tess_irq_unbind(line), STATE);
    alarm();
    EQ(tess_msg_err(tess_recv(n, after_us(1000)).tag), TESS_TIMEOUT);
    OK(tess_irq_bind(line, n));
    EQ(tess_recv(n, 0).badge, 1);
    alarm_off();
    OK(tess_irq_ack(line));
    close_line();
}

TEST("a line is bound to one notification at a time, which needs the right SEND")
{
    tess_cap n = open_clock(1);

    ERR(tess_irq_bind(line, n), EXISTS);
    OK(tess_irq_unbind(line));
    ERR(tess_irq_bind(line, copy(n, TESS_RIGHT_RECV)), RIGHTS);
    ERR(tess_irq_bind(line, make(TESS_TYPE_endpoint)), CAP);
    close_line();
}

TEST("a line whose notification was deleted is silent and can be bound again")
{
    tess_cap n = make(TESS_TYPE_notification);

    open_line(rtc_frame, RTC_INTID, n);
    revoke(n);
    drop(n);
    alarm();
    sleep_us(1000);
    n = mint(make(TESS_TYPE_notification), TESS_RIGHT_ALL, 2);
    OK(tess_irq_bind(line, n));
    EQ(tess_recv(n, 0).badge, 2);
    alarm_off();
    OK(tess_irq_ack(line));
    close_line();
}

TEST("deleting the last capability of a line silences it, and the line can be had again")
{
    tess_cap n = open_clock(1);

    drop(line);
    alarm();
    EQ(tess_msg_err(tess_recv(n, after_us(1000)).tag), TESS_TIMEOUT);
    OK(tess_irq_control_get(TESS_ROOT_IRQ_CONTROL, RTC_INTID, 0, 0, line));
    OK(tess_irq_bind(line, n));
    EQ(tess_recv(n, 0).badge, 1);
    alarm_off();
    OK(tess_irq_ack(line));
    close_line();
}

TEST("a line is given out once")
{
    tess_cap n = open_clock(1);
    uint64_t slot = empty_slot();

    (void)n;
    ERR(tess_irq_control_get(TESS_ROOT_IRQ_CONTROL, RTC_INTID, 0, 0, slot), EXISTS);
    close_line();
}

TEST("a line outside the controller, the kernel's own, or with an unknown trigger is refused")
{
    uint64_t slot = empty_slot();

    ERR(tess_irq_control_get(TESS_ROOT_IRQ_CONTROL, 1u << 20, 0, 0, slot), ARG);
    ERR(tess_irq_control_get(TESS_ROOT_IRQ_CONTROL, ~0ull, 0, 0, slot), ARG);
    ERR(tess_irq_control_get(TESS_ROOT_IRQ_CONTROL, RTC_INTID, 2, 0, slot), ARG);
    /* Software-generated interrupts 0..15 and the timers' lines belong to the kernel. */
    ERR(tess_irq_control_get(TESS_ROOT_IRQ_CONTROL, 0, 0, 0, slot), ARG);
    ERR(tess_irq_control_get(TESS_ROOT_IRQ_CONTROL, tess_bootinfo->el == 2 ? 26 : 30, 0, 0, slot),
        ARG);
    EQ(type_of(slot), TESS_TYPE_null);
}

TEST("the slot for a line must be empty and inside the CNode")
{
    tess_cap ep = make(TESS_TYPE_endpoint);

    ERR(tess_irq_control_get(TESS_ROOT_IRQ_CONTROL, RTC_INTID, 0, 0, ep), EXISTS);
    ERR(tess_irq_control_get(TESS_ROOT_IRQ_CONTROL, RTC_INTID, 0, 0, 1u << 20), RANGE);
    ERR(tess_irq_control_get(TESS_ROOT_IRQ_CONTROL, RTC_INTID, 0, ep, 1), CAP);
}

TEST("acknowledging a line without an interrupt does nothing")
{
    tess_cap n = open_clock(1);

    for (int i = 0; i < 5; i++) {
        OK(tess_irq_ack(line));
    }
    EQ(tess_msg_err(tess_try_recv(n).tag), TESS_AGAIN);
    close_line();
}

TEST("two copies of a line's capability are one line; it dies with the last")
{
    tess_cap n = open_clock(1), other = copy(line, TESS_RIGHT_ALL);

    drop(line);
    line = other;
    alarm();
    EQ(tess_recv(n, 0).badge, 1);
    alarm_off();
    OK(tess_irq_ack(line));
    close_line();
}

TEST("the console UART interrupts when it has sent")
{
    tess_cap n = mint(make(TESS_TYPE_notification), TESS_RIGHT_ALL, 8);

    open_line(uart_frame, tess_bootinfo->uart_irq, n);
    put(UART_ICR, 0x7ff);
    put(UART_IMSC, UART_TX);
    put(0, '\n'); /* one character: the transmit interrupt follows */
    EQ(tess_recv(n, 0).badge, 8);
    put(UART_IMSC, 0);
    put(UART_ICR, 0x7ff);
    OK(tess_irq_ack(line));
    close_line();
}

TEST("an interrupt raised before a revoke is served before the revoke ends")
{
    tess_cap n = open_clock(1), ep = make(TESS_TYPE_endpoint);

    spawn(HIGH, driver, n);
    for (unsigned i = 0; i < 500; i++) {
        (void)copy(ep, TESS_RIGHT_ALL);
    }
    alarm();
    revoke(ep);
    EQ(shared[8], 1);
    close_line();
}

TEST("a line unbound between interrupt and acknowledge delivers again after the next bind")
{
    tess_cap n = open_clock(1);

    alarm();
    EQ(tess_recv(n, 0).badge, 1);
    OK(tess_irq_unbind(line));
    OK(tess_irq_bind(line, n));
    EQ(tess_recv(n, 0).badge, 1);
    alarm_off();
    OK(tess_irq_ack(line));
    close_line();
}

TEST("unmask of a line that is bound to nothing is refused")
{
    open_line(rtc_frame, RTC_INTID, 0);
    ERR(tess_irq_mask(line, 0), STATE);
    OK(tess_irq_mask(line, 1));
    close_line();
}

TEST("while tracing, interrupts are delivered as without")
{
    tess_cap n = open_clock(1);

    spawn(HIGH, driver, n);
    OK(tess_trace_start(TESS_ROOT_TRACE, 0));
    for (uint64_t i = 1; i <= 5; i++) {
        alarm();
        while (shared[8] < i) {
        }
    }
    OK(tess_trace_stop(TESS_ROOT_TRACE, NULL));
    close_line();
}

static void endpoint_driver(void *argument)
{
    struct tess_msg m = tess_recv(ARG_CAP(argument), 0);

    for (;;) {
        alarm_off();
        shared[8] += m.badge;
        m = tess_ack_recv(ARG_CAP(argument), 0, line);
    }
}

TEST("an interrupt preempts a less urgent thread for a driver that waits at its endpoint")
{
    tess_cap n = open_clock(1), ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t = prepare(&(struct tess_thread_config){ .priority = HIGH });

    OK(tess_thread_bind_notification(t->tcb, n));
    OK(tess_thread_run(&env, t, endpoint_driver, CAP_ARG(ep)));
    for (uint64_t i = 1; i <= 20; i++) {
        alarm();
        while (shared[8] < i) {
        }
        EQ(shared[8], i);
    }
    close_line();
}
