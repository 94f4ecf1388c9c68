/* Messages: interrupt lines without a wire, which the interrupt translation service of a GICv3 raises (IHI0069H chapter 5).  The tests drive
 * it with the fewest commands that map two events of one device to two lines, and raise them. */
#include "test.h"

#define FIRST 8192u /* INTID of the first message */
#define LINES 64u   /* of the kernel */

#define ITS_CTLR    0x000u
#define ITS_CBASER  0x080u
#define ITS_CWRITER 0x088u
#define ITS_CREADR  0x090u
#define ITS_BASER   0x100u

#define BASE_VALID (1ull << 63)
#define BASE_TYPE  (7ull << 56)
#define DEVICE     3ull

enum { MAPD = 8, MAPC = 9, MAPTI = 10, INT = 3, SYNC = 5 };

static volatile uint8_t *its;
static volatile uint64_t *queue;
static uint64_t produced;

static volatile uint64_t *its_reg(unsigned at)
{
    return (volatile uint64_t *)(its + at);
}

static void command(uint64_t word0, uint64_t word1, uint64_t word2)
{
    volatile uint64_t *to = queue + produced / 8;

    to[0] = word0;
    to[1] = word1;
    to[2] = word2;
    to[3] = 0;
    produced = (produced + 32) % TESS_PAGE;
    __asm__ volatile("dsb sy" ::: "memory");
    *its_reg(ITS_CWRITER) = produced;
    for (unsigned i = 0; *its_reg(ITS_CREADR) != produced; i++) {
        TRUE(i < 100000);
    }
}

/* Zeroed pages, for the service. */
static uint64_t pages(uint64_t bytes, void **at)
{
    tess_cap frame = make_mapped(bytes, at);
    struct tess_cap_info info;

    OK(tess_cnode_read(env.cnode, frame, &info));
    return info.id;
}

/* Off, two tables of a page, on; event n of the device is line FIRST + n. */
static void its_open(tess_cap frame)
{
    void *at;
    uint64_t memory = pages(4 * TESS_PAGE, &at);

    OK(tess_map(&env, frame, TESS_PAGE, TESS_RIGHT_READ | TESS_RIGHT_WRITE, TESS_ATTR_DEVICE,
                (void **)(uintptr_t)&its));
    queue = (volatile uint64_t *)at;
    produced = 0;
    *(volatile uint32_t *)its_reg(ITS_CTLR) = 0;
    for (unsigned i = 0, used = 1; i < 8; i++) {
        uint64_t is = *its_reg(ITS_BASER + 8 * i);

        if (is & BASE_TYPE) {
            *its_reg(ITS_BASER + 8 * i) =
                (is & (BASE_TYPE | 0x1full << 48)) | BASE_VALID | (memory + used++ * TESS_PAGE);
        }
        TRUE(used <= 3);
    }
    *its_reg(ITS_CBASER) = BASE_VALID | memory;
    *its_reg(ITS_CWRITER) = 0;
    *(volatile uint32_t *)its_reg(ITS_CTLR) = 1;
    command(MAPC, 0, BASE_VALID);
    command(MAPD | DEVICE << 32, 0, BASE_VALID | (memory + 3 * TESS_PAGE));
    for (uint64_t event = 0; event < 2; event++) {
        command(MAPTI | DEVICE << 32, event | (FIRST + event) << 32, 0);
    }
}

static void its_close(void)
{
    *(volatile uint32_t *)its_reg(ITS_CTLR) = 0;
}

static void raise(uint64_t event)
{
    command(INT | DEVICE << 32, event, 0);
}

/* Line FIRST + event, bound with that badge.  False: the machine has no messages, and that is right. */
static bool open_message(uint64_t event, uint64_t badge, tess_cap *line, tess_cap *n)
{
    enum tess_err err;

    *line = empty_slot();
    err = tess_irq_control_get(TESS_ROOT_IRQ_CONTROL, FIRST + event, 1, 0, *line);
    if (its_frame == 0) {
        EQ(err, TESS_ARG);
        return false;
    }
    OK(err);
    *n = mint(make(TESS_TYPE_notification), TESS_RIGHT_ALL, badge);
    OK(tess_irq_bind(*line, *n));
    return true;
}

static void close_message(tess_cap frame, tess_cap line)
{
    its_close();
    drop(line);
    drop(frame);
}

#define MESSAGE(badge)                                                                             \
    tess_cap n, line, frame;                                                                       \
    if (!open_message(0, badge, &line, &n)) {                                                      \
        return;                                                                                    \
    }                                                                                              \
    frame = copy(its_frame, TESS_RIGHT_ALL);                                                       \
    its_open(frame)

static bool is_silent(tess_cap n)
{
    return tess_msg_err(tess_recv(n, after_us(500)).tag) == TESS_TIMEOUT;
}

TEST("a message signals its notification with the badge, each time it is acknowledged")
{
    MESSAGE(0x40);
    for (int i = 0; i < 20; i++) {
        raise(0);
        EQ(tess_recv(n, 0).badge, 0x40);
        OK(tess_irq_ack(line));
    }
    TRUE(is_silent(n));
    close_message(frame, line);
}

TEST("messages before the acknowledge are delivered after it, as one")
{
    MESSAGE(1);
    raise(0);
    EQ(tess_recv(n, 0).badge, 1);
    for (int i = 0; i < 20; i++) {
        raise(0);
        TRUE(is_silent(n));
    }
    OK(tess_irq_ack(line));
    EQ(tess_recv(n, 0).badge, 1);
    OK(tess_irq_ack(line));
    TRUE(is_silent(n));
    close_message(frame, line);
}

TEST("ack_recv takes a message that came before it, and waits for one that comes later")
{
    MESSAGE(1);
    raise(0);
    EQ(tess_recv(n, 0).badge, 1);
    raise(0);
    EQ(tess_ack_recv(n, 0, line).badge, 1);
    EQ(tess_msg_err(tess_ack_recv(n, after_us(500), line).tag), TESS_TIMEOUT);
    raise(0);
    EQ(tess_recv(n, 0).badge, 1);
    close_message(frame, line);
}

static void message_driver(void *argument)
{
    struct tess_msg m = tess_recv(ARG_CAP(argument), 0);

    for (;;) {
        shared[8] += m.badge;
        m = tess_ack_recv(ARG_CAP(argument), 0, shared[9]);
    }
}

TEST("a message preempts a less urgent thread at once")
{
    MESSAGE(1);
    shared[9] = line;
    spawn(HIGH, message_driver, n);
    for (uint64_t i = 1; i <= 20; i++) {
        raise(0);
        while (shared[8] < i) { /* no system call: only the interrupt can bring the driver in */
        }
        EQ(shared[8], i);
    }
    close_message(frame, line);
}

static void message_watcher(void *argument)
{
    for (;;) {
        shared[8] += tess_recv(ARG_CAP(argument), 0).badge;
    }
}

TEST("who acknowledges and waits still waits when a message that came meanwhile wakes a more "
     "urgent thread")
{
    MESSAGE(1);
    tess_cap e = make(TESS_TYPE_endpoint);
    spawn(HIGH, message_watcher, n);
    raise(0);
    EQ(shared[8], 1);
    raise(0);
    EQ(shared[8], 1);
    EQ(tess_msg_err(tess_ack_recv(e, after_us(500), line).tag), TESS_TIMEOUT);
    EQ(shared[8], 2);
    close_message(frame, line);
}

TEST("a message of a masked line is delivered when it is unmasked")
{
    MESSAGE(1);
    OK(tess_irq_mask(line, 1));
    raise(0);
    raise(0);
    TRUE(is_silent(n));
    OK(tess_irq_mask(line, 0));
    EQ(tess_recv(n, 0).badge, 1);
    OK(tess_irq_mask(line, 1));
    raise(0);
    OK(tess_irq_ack(line));
    TRUE(is_silent(n));
    OK(tess_irq_mask(line, 0));
    EQ(tess_recv(n, 0).badge, 1);
    OK(tess_irq_ack(line));
    TRUE(is_silent(n));
    close_message(frame, line);
}

TEST("a message of a line that is not bound has no effect, also on who binds it later")
{
    MESSAGE(1);
    raise(0);
    EQ(tess_recv(n, 0).badge, 1);
    raise(0);
    OK(tess_irq_unbind(line));
    raise(0);
    OK(tess_irq_bind(line, n));
    TRUE(is_silent(n));
    raise(0);
    EQ(tess_recv(n, 0).badge, 1);
    raise(1); /* nobody has it */
    drop(line);
    raise(0);
    OK(tess_irq_control_get(TESS_ROOT_IRQ_CONTROL, FIRST, 1, 0, line));
    OK(tess_irq_bind(line, n));
    TRUE(is_silent(n));
    close_message(frame, line);
}

TEST("messages are lines of their own")
{
    tess_cap other, m;

    MESSAGE(1);
    TRUE(open_message(1, 2, &other, &m));
    raise(0);
    EQ(tess_recv(n, 0).badge, 1);
    raise(1);
    raise(1);
    EQ(tess_recv(m, 0).badge, 2);
    TRUE(is_silent(n));
    OK(tess_irq_ack(line));
    TRUE(is_silent(n));
    OK(tess_irq_ack(other));
    EQ(tess_recv(m, 0).badge, 2);
    drop(other);
    close_message(frame, line);
}

TEST("a message is edge-triggered, and there are so many of them")
{
    uint64_t slot = empty_slot();

    ERR(tess_irq_control_get(TESS_ROOT_IRQ_CONTROL, FIRST, 0, 0, slot), ARG);
    ERR(tess_irq_control_get(TESS_ROOT_IRQ_CONTROL, FIRST - 1, 1, 0, slot), ARG);
    ERR(tess_irq_control_get(TESS_ROOT_IRQ_CONTROL, FIRST + LINES, 1, 0, slot), ARG);
    ERR(tess_irq_control_get(TESS_ROOT_IRQ_CONTROL, 1023, 1, 0, slot), ARG);
    ERR(tess_irq_control_get(TESS_ROOT_IRQ_CONTROL, (1ull << 32) + FIRST, 1, 0, slot), ARG);
    EQ(type_of(slot), TESS_TYPE_null);
    if (its_frame) {
        OK(tess_irq_control_get(TESS_ROOT_IRQ_CONTROL, FIRST + LINES - 1, 1, 0, slot));
        drop(slot);
    }
}
