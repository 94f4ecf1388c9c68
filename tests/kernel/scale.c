/* Large numbers: long operations finish, are interruptible, and leave nothing behind. */
#include "test.h"

#define NONE ((struct tess_words){ { 0 } })

/* Wakes every 100 us and counts in shared[8]. */
static void ticker(void *argument)
{
    (void)argument;
    while (!shared[9]) {
        sleep_us(100);
        shared[8]++;
    }
}

static void start_ticker(void)
{
    shared[8] = shared[9] = 0;
    spawn(HIGH, ticker, 0);
}

/*
 * One operation during which the ticker ran three times had a preemption point: without one, all its wakings would come
 * together at the end, as one.  An emulator may deliver timer interrupts too late for a single operation, so it is
 * repeated until that was seen.
 */
#define ROUNDS 100
#define TICKS  3u

static uint64_t ticks_before, ticks_after;

#define UNTIL_INTERRUPTED(operation)                                                               \
    do {                                                                                           \
        unsigned round_ = 0;                                                                       \
        do {                                                                                       \
            TRUE(round_++ < ROUNDS);                                                               \
            operation;                                                                             \
        } while (ticks_after - ticks_before < TICKS);                                              \
        shared[9] = 1;                                                                             \
    } while (0)

/* Around the operation itself. */
#define TICKED(call)                                                                               \
    do {                                                                                           \
        ticks_before = shared[8];                                                                  \
        call;                                                                                      \
        ticks_after = shared[8];                                                                   \
    } while (0)

static void fill(tess_cap cn, tess_cap source, uint64_t count)
{
    for (uint64_t i = 1; i <= count; i++) {
        OK(tess_cnode_copy(cn, 0, source, i, TESS_RIGHT_ALL));
    }
}

/* Each a copy of the one before it. */
static void fill_chain(tess_cap cn, tess_cap source, uint64_t count)
{
    OK(tess_cnode_copy(cn, 0, source, 1, TESS_RIGHT_ALL));
    for (uint64_t i = 2; i <= count; i++) {
        OK(tess_cnode_copy(cn, cn, i - 1, i, TESS_RIGHT_ALL));
    }
}

static void expect_type(tess_cap cn, uint64_t count, enum tess_type type)
{
    for (uint64_t i = 1; i <= count; i += 1 + count / 1000) {
        struct tess_cap_info info;

        OK(tess_cnode_read(cn, i, &info));
        EQ(info.type, type);
    }
}

static void expect_empty(tess_cap cn, uint64_t count)
{
    expect_type(cn, count, TESS_TYPE_null);
}

static void fill_and_revoke(tess_cap cn, tess_cap ep, uint64_t count, bool chain)
{
    if (chain) {
        fill_chain(cn, ep, count);
    } else {
        fill(cn, ep, count);
    }
    TICKED(revoke(ep));
    expect_empty(cn, count);
}

TEST("a revoke of 100,000 capabilities is interrupted by more urgent work and completes")
{
    uint64_t count = scale(100000, 15000);
    tess_cap ep = make(TESS_TYPE_endpoint), cn = make_sized(TESS_TYPE_cnode, count + 1);

    start_ticker();
    UNTIL_INTERRUPTED(fill_and_revoke(cn, ep, count, false));
    EQ(type_of(ep), TESS_TYPE_endpoint);
}

TEST("a chain of 100,000 copies, each a child of the one before, is revoked from its root")
{
    uint64_t count = scale(100000, 15000);
    tess_cap ep = make(TESS_TYPE_endpoint), cn = make_sized(TESS_TYPE_cnode, count + 1);

    start_ticker();
    UNTIL_INTERRUPTED(fill_and_revoke(cn, ep, count, true));
}

static void fill_and_delete(tess_cap ut, uint64_t slot, tess_cap ep, uint64_t count)
{
    struct tess_untyped_info info;

    OK(tess_untyped_retype(ut, TESS_TYPE_cnode, count + 1, 0, slot, 1, TESS_OFFSET_NEXT));
    fill(slot, ep, count);
    TICKED(drop(slot));
    EQ(type_of(slot), TESS_TYPE_null);
    OK(tess_untyped_info(ut, &info));
    EQ(info.used, 0);
}

TEST("a CNode of 100,000 capabilities is deleted, with more urgent work in between")
{
    uint64_t count = scale(100000, 15000);
    tess_cap ep = make(TESS_TYPE_endpoint), ut = make_sized(TESS_TYPE_untyped, 8u << 20);
    uint64_t slot = empty_slot();

    start_ticker();
    UNTIL_INTERRUPTED(fill_and_delete(ut, slot, ep, count));
}

TEST("a chain of 100,000 copies is deleted from the inside, and its end still revoked by its root")
{
    uint64_t count = scale(100000, 15000);
    tess_cap ep = make(TESS_TYPE_endpoint), cn = make_sized(TESS_TYPE_cnode, count + 1);
    struct tess_cap_info info;

    fill_chain(cn, ep, count);
    for (uint64_t i = 1; i < count; i++) {
        OK(tess_cnode_delete(cn, i));
    }
    OK(tess_cnode_read(cn, count, &info));
    EQ(info.type, TESS_TYPE_endpoint);
    revoke(ep);
    expect_empty(cn, count);
}

static void fill_and_lift(tess_cap cn, tess_cap ep, uint64_t inner, uint64_t count)
{
    OK(tess_cnode_copy(env.cnode, 0, ep, inner, TESS_RIGHT_ALL));
    fill(cn, inner, count);
    TICKED(drop(inner));
    expect_type(cn, count, TESS_TYPE_endpoint);
    revoke(ep);
    expect_empty(cn, count);
}

TEST("an inner capability with 50,000 children is deleted, and its children pass to its parent")
{
    uint64_t count = scale(50000, 20000), inner = empty_slot();
    tess_cap ep = make(TESS_TYPE_endpoint), cn = make_sized(TESS_TYPE_cnode, count + 1);

    start_ticker();
    UNTIL_INTERRUPTED(fill_and_lift(cn, ep, inner, count));
}

static void make_large_frame(tess_cap ut, uint64_t slot)
{
    revoke(ut);
    TICKED(OK(tess_untyped_retype(ut, TESS_TYPE_frame, 16u << 20, 0, slot, 1, TESS_OFFSET_NEXT)));
}

TEST("a frame of 16 MiB is made zero with more urgent work in between")
{
    tess_cap ut = make_sized(TESS_TYPE_untyped, 16u << 20);
    uint64_t slot = empty_slot();
    void *p;

    start_ticker();
    UNTIL_INTERRUPTED(make_large_frame(ut, slot));
    OK(tess_map(&env, slot, 16u << 20, 3, TESS_ATTR_NORMAL, &p));
    for (uint64_t i = 0; i < 16u << 20; i += 4096) {
        EQ(*(volatile uint64_t *)((char *)p + i), 0);
        *(volatile uint64_t *)((char *)p + i) = ~0ull;
    }
}

static void map_and_revoke(tess_cap vs, tess_cap frame, uint64_t slots)
{
    for (uint64_t i = 0; i < 32; i++) {
        OK(tess_cnode_copy(env.cnode, 0, frame, slots + i, TESS_RIGHT_ALL));
        OK(tess_frame_map(slots + i, vs, (i << 23) + TESS_PAGE, 3, TESS_ATTR_NORMAL, NULL));
    }
    TICKED(revoke(frame));
}

TEST("65 thousand mapped pages are unmapped with more urgent work in between")
{
    tess_cap vs = make(TESS_TYPE_vspace), frame = make_frame((8u << 20) - 2 * TESS_PAGE);
    uint64_t slots = empty_slots(32), frames = 1;

    for (int i = 0; i < 3; i++) {
        OK(tess_vspace_donate(vs, arena, 256u << 10, 0, empty_slot()));
    }
    start_ticker();
    UNTIL_INTERRUPTED(map_and_revoke(vs, frame, slots));
    OK(tess_vspace_info(vs, NULL, &frames));
    EQ(frames, 0);
}

TEST("a frame of 4096 pages is mapped, protected and unmapped, and every page is right")
{
    uint64_t bytes = 16u << 20, at = (spare + (2u << 20)) & ~((2ull << 20) - 1);
    tess_cap frame = make_frame(bytes);

    at += TESS_PAGE; /* no large blocks */
    OK(tess_map_at(&env, frame, env.vspace, at, 3, TESS_ATTR_NORMAL));
    for (uint64_t i = 0; i < bytes; i += TESS_PAGE) {
        *(volatile uint64_t *)(at + i) = i;
    }
    OK(tess_frame_protect(frame, TESS_RIGHT_READ));
    for (uint64_t i = 0; i < bytes; i += TESS_PAGE) {
        EQ(*(volatile uint64_t *)(at + i), i);
    }
    OK(tess_frame_unmap(frame));
    OK(tess_map_at(&env, frame, env.vspace, at, 3, TESS_ATTR_NORMAL));
    EQ(*(volatile uint64_t *)(at + bytes - TESS_PAGE), bytes - TESS_PAGE);
}

/* Threads without stack: one system call with the registers they were given, then idle at yield. */
__asm__(".pushsection .text\n"
        ".balign 4\n"
        "tiny_send: svc #6\n"
        "1:         svc #3\n"
        "           b 1b\n"
        "tiny_recv: svc #4\n"
        "           b 1b\n"
        ".popsection\n");
extern const uint32_t tiny_send[], tiny_recv[];

static tess_cap crowd_tcb;

/* count tiny threads of that priority at pc with x0 = cap, x2 = deadline. */
static void crowd(uint64_t count, uint64_t priority, const uint32_t *pc, tess_cap cap,
                  uint64_t deadline)
{
    struct tess_regs regs = { .x = { [0] = cap, [2] = deadline }, .pc = (uint64_t)pc };

    for (uint64_t i = 0; i < count; i++) {
        tess_cap tcb = make(TESS_TYPE_thread), budget = make(TESS_TYPE_budget);

        OK(tess_thread_configure(tcb, env.cnode, env.vspace, 0, 0, 0, 0));
        OK(tess_thread_set_priority(tcb, priority, priority));
        OK(tess_budget_configure(budget, env.cpu, 100000, 100000));
        OK(tess_budget_bind(budget, tcb));
        OK(tess_thread_write_regs(tcb, &regs));
        OK(tess_thread_resume(tcb));
        crowd_tcb = tcb;
    }
}

TEST("an endpoint with a thousand waiting senders is deleted while more urgent work goes on")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread_info info;

    crowd(scale(1000, 300), HIGH, tiny_send, ep, 0);
    OK(tess_thread_info(crowd_tcb, &info));
    EQ(info.state, TESS_THREAD_SEND);
    OK(tess_thread_set_priority(own_thread(), HIGH + 10, TOP));
    shared[8] = shared[9] = 0;
    spawn(HIGH + 20, ticker, 0);
    drop(ep);
    shared[9] = 1;
    OK(tess_thread_info(crowd_tcb, &info));
    EQ(info.state, TESS_THREAD_READY);
}

TEST("an endpoint with a thousand waiting receivers delivers to each once")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    uint64_t count = scale(1000, 300);

    crowd(count, HIGH, tiny_recv, ep, 0);
    OK(tess_thread_set_priority(own_thread(), HIGH + 10, TOP));
    for (uint64_t i = 0; i < count; i++) {
        OK(tess_try_send(ep, tess_tag(0, 0, 0), NONE));
    }
    ERR(tess_try_send(ep, tess_tag(0, 0, 0), NONE), AGAIN);
}

TEST("cancel_badge among a thousand waiting senders leaves the others in order")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    tess_cap one = mint(ep, TESS_RIGHT_ALL, 1), two = mint(ep, TESS_RIGHT_ALL, 2);
    uint64_t count = scale(500, 100);

    for (uint64_t i = 0; i < 4; i++) {
        crowd(count / 4, HIGH, tiny_send, one, 0);
        crowd(count / 4, HIGH, tiny_send, two, 0);
    }
    OK(tess_thread_set_priority(own_thread(), HIGH + 10, TOP));
    OK(tess_cnode_cancel_badge(env.cnode, ep, 1));
    for (uint64_t i = 0; i < count / 4 * 4; i++) {
        EQ(tess_try_recv(ep).badge, 2);
    }
    EQ(tess_msg_err(tess_try_recv(ep).tag), TESS_AGAIN);
}

TEST("a thousand threads with deadlines in one instant all wake")
{
    tess_cap n = make(TESS_TYPE_notification);
    uint64_t deadline = after_us(300000);
    struct tess_thread_info info;

    crowd(scale(1000, 200), LOW, tiny_recv, n, deadline);
    tess_sleep_until(&env, deadline + tess_ticks_of_ns(1000000));
    do {
        sleep_us(1000);
        OK(tess_thread_info(crowd_tcb, &info));
    } while (info.state != TESS_THREAD_READY);
    OK(tess_signal(mint(n, TESS_RIGHT_ALL, 1)));
    EQ(tess_try_recv(n).badge, 1); /* nobody waits any more */
}

TEST("a thousand threads, ready and waiting, are revoked with their memory")
{
    tess_cap n = make(TESS_TYPE_notification);

    crowd(scale(500, 100), LOW, tiny_recv, n, 0);
    crowd(scale(500, 100), LOW, tiny_recv, n, after_us(1000000000));
    sleep_us(1000);
    /* The harness revokes the arena and finds it empty. */
    EQ(type_of(crowd_tcb), TESS_TYPE_thread);
}

TEST("ten thousand objects are made and destroyed again")
{
    tess_cap cn = make_sized(TESS_TYPE_cnode, 10001), ut = make_sized(TESS_TYPE_untyped, 4u << 20);
    uint64_t count = scale(10000, 1000);

    for (int round = 0; round < 3; round++) {
        for (uint64_t i = 1; i + 50 <= count; i += 50) {
            OK(tess_untyped_retype(ut, i / 50 % 2 ? TESS_TYPE_endpoint : TESS_TYPE_notification, 0,
                                   cn, i, 50, TESS_OFFSET_NEXT));
        }
        revoke(ut);
        expect_empty(cn, count);
    }
}

TEST("slots, memory and tables run out with an error, and nothing is lost")
{
    tess_cap ut = make_sized(TESS_TYPE_untyped, 65536), cn = make_sized(TESS_TYPE_cnode, 300);
    struct tess_untyped_info info;
    uint64_t made = 0;
    enum tess_err err;

    do {
        err = tess_untyped_retype(ut, TESS_TYPE_budget, 0, cn, made + 1, 1, TESS_OFFSET_NEXT);
        made += !err;
    } while (!err);
    EQ(err, TESS_NOMEM);
    EQ(made, 65536 / TESS_SIZE_budget);
    revoke(ut);
    OK(tess_untyped_info(ut, &info));
    EQ(info.used, 0);
    made = 0;
    do {
        err = tess_untyped_retype(ut, TESS_TYPE_endpoint, 0, cn, made + 1, 1, TESS_OFFSET_NEXT);
        made += !err;
    } while (!err);
    EQ(err, TESS_RANGE); /* slots */
    EQ(made, 299);
}

TEST("forty kicked threads of one priority all reach their end before the first instruction")
{
    struct tess_regs regs = { .pc = (uint64_t)tiny_send };
    struct tess_thread_info info;
    tess_cap tcb[40];

    for (unsigned i = 0; i < 40; i++) {
        tess_cap budget = make(TESS_TYPE_budget);

        tcb[i] = make(TESS_TYPE_thread);
        OK(tess_thread_configure(tcb[i], env.cnode, env.vspace, 0, 0, 0, 0));
        OK(tess_thread_set_priority(tcb[i], LOW, LOW));
        OK(tess_budget_configure(budget, env.cpu, 100000, 100000));
        OK(tess_budget_bind(budget, tcb[i]));
        OK(tess_thread_write_regs(tcb[i], &regs));
        OK(tess_thread_kick(tcb[i]));
        OK(tess_thread_resume(tcb[i]));
    }
    for (unsigned i = 0; i < 40; i++) {
        do { /* no fault handler: a kick suspends */
            sleep_us(100);
            OK(tess_thread_info(tcb[i], &info));
        } while (info.state != TESS_THREAD_SUSPENDED);
        OK(tess_thread_read_regs(tcb[i], &regs));
        EQ(regs.pc, (uint64_t)tiny_send);
    }
}

TEST("more address spaces than the hardware has numbers: the first one still works afterwards")
{
    tess_cap n = mint(make(TESS_TYPE_notification), TESS_RIGHT_ALL, 1);
    tess_cap ut = make_sized(TESS_TYPE_untyped, 65536), tcb = make(TESS_TYPE_thread);
    tess_cap budget = make(TESS_TYPE_budget);
    uint64_t slot = empty_slots(2);
    struct tess_thread_info info;

    OK(tess_thread_set_priority(tcb, HIGH, HIGH));
    OK(tess_budget_configure(budget, env.cpu, 100000, 100000));
    OK(tess_budget_bind(budget, tcb));
    for (uint64_t i = 0; i < 8200; i++) { /* 8191 numbers */
        OK(tess_untyped_retype(ut, TESS_TYPE_vspace, 0, 0, slot, 1, TESS_OFFSET_NEXT));
        OK(tess_vspace_donate(slot, ut, TESS_PAGE, 0, slot + 1));
        OK(tess_thread_configure(tcb, 0, slot, 0, 0, 0, 0));
        OK(tess_thread_start(tcb, 0x10000, 0, 0, 0)); /* runs, faults, is suspended */
        OK(tess_thread_info(tcb, &info));
        EQ(info.state, TESS_THREAD_SUSPENDED);
        OK(tess_thread_configure(tcb, 0, 0, 0, 0, 0, 0));
        revoke(ut);
    }
    shared[17] = 0x1234;
    OK(tess_signal(n));
    EQ(tess_recv(n, 0).badge, 1);
    EQ(shared[17], 0x1234);
}
