/* Lazy switching of FP registers has no part in these numbers. */
#pragma GCC target("general-regs-only")

#include "rounds.h"

#include "marker.h"

#define FOR_ROUNDS for (unsigned round = 0; round < ROUNDS; round++)

/* A statement that must succeed, measured. */
#define MEASURE(row, what)                                                                         \
    do {                                                                                           \
        BENCH_BEGIN(row);                                                                          \
        enum tess_err measured = (what);                                                           \
        BENCH_END(row);                                                                            \
        must(measured, #row);                                                                      \
    } while (0)

/* ---- servers ---- */

static _Noreturn void echo(tess_cap endpoint)
{
    struct tess_msg m = tess_recv(endpoint, 0);
    for (;;) {
        m = tess_reply_recv_8(endpoint, m.tag, 0, 0, m.w[0], m.w[1], m.w[2], m.w[3], m.w[4], m.w[5],
                              m.w[6], m.w[7]);
    }
}

void serve_main(struct worker *self)
{
    (void)self;
    echo(caps.serve);
}

void own_main(struct worker *self)
{
    (void)self;
    echo(caps.own);
}

void same_main(struct worker *self)
{
    (void)self;
    echo(caps.same);
}

/* Words beyond the registers are in the buffer, where they stay for the answer, but the first one grows. */
void long_main(struct worker *self)
{
    struct tess_msg m = tess_recv(caps.words, 0);
    for (;;) {
        self->ipc->word[TESS_MSG_REGS]++;
        m = tess_reply_recv_8(caps.words, m.tag, 0, 0, m.w[0], m.w[1], m.w[2], m.w[3], m.w[4],
                              m.w[5], m.w[6], m.w[7]);
    }
}

/* Every capability goes to the next slot, so that none must be deleted within a round. */
void take_main(struct worker *self)
{
    tess_ipc_receive_at(caps.spare);
    (void)tess_recv(caps.take, 0);
    for (;;) {
        self->ipc->recv_slot++;
        (void)tess_reply_recv_0(caps.take, 0, 0, 0);
    }
}

void listen_main(struct worker *self)
{
    (void)self;
    for (;;) {
        (void)tess_recv(caps.listen, 0);
        BENCH_END(ROW_send);
    }
}

void wake_main(struct worker *self)
{
    (void)self;
    for (;;) {
        (void)tess_recv(caps.wake, 0);
        BENCH_END(ROW_signal_wait);
    }
}

/* Registers of the PL031 real-time clock (ARM DDI 0224, 3.2). */
enum { CLOCK_DR = 0x00, CLOCK_MR = 0x04, CLOCK_IMSC = 0x10, CLOCK_ICR = 0x1c };

static volatile uint32_t *clock_register(unsigned offset)
{
    return (volatile uint32_t *)(CLOCK_AT + offset);
}

void driver_main(struct worker *self)
{
    (void)self;
    *clock_register(CLOCK_ICR) = 1;
    *clock_register(CLOCK_IMSC) = 1;
    (void)tess_recv(caps.irq_note, 0);
    for (;;) {
        BENCH_END(ROW_irq_driver);
        *clock_register(CLOCK_ICR) = 1;
        (void)tess_ack_recv(caps.irq_note, 0, caps.irq);
    }
}

void fault_main(struct worker *self)
{
    (void)self;
    (void)tess_recv(caps.fault, 0);
    for (;;) {
        BENCH_END(ROW_fault_in);
        (void)tess_frame_map(caps.page, caps.vspace[CLIENT], RANGE_AT, TESS_RIGHT_READ,
                             TESS_ATTR_NORMAL, 0);
        BENCH_BEGIN(ROW_fault_out);
        (void)tess_reply_recv_0(caps.fault, tess_tag(TESS_FAULT_RESUME, 0, 0), 0, 0);
    }
}

/* Answers x0 + 1; a system call with x8 = 0 is the last. */
void foreign_main(struct worker *self)
{
    struct tess_msg m = tess_recv(caps.foreign, 0);
    (void)self;
    while (m.w[6]) {
        m = tess_reply_recv_1(caps.foreign, tess_tag(TESS_FAULT_RESUME, 1, 0), 0, 0, m.w[0] + 1);
    }
    (void)tess_signal(caps.done);
    (void)tess_reply_recv_0(caps.foreign, tess_tag(TESS_FAULT_STOP, 0, 0), 0, 0);
}

/* What a guest asks for with x8. */
enum { ASK_END, ASK_ANSWER, ASK_DEFER, ASK_REGS, ASK_KICK };

static struct tess_msg answer_deferred(struct tess_msg m)
{
    MEASURE(ROW_defer, tess_reply_defer(caps.reply));
    struct tess_words w = { { m.w[0] + 1 } };
    MEASURE(ROW_answer, tess_reply(tess_tag(TESS_FAULT_RESUME, 1, 0), caps.reply, w));
    return tess_recv(caps.person, 0);
}

/* x1 is the guest's thread. */
static struct tess_msg answer_registers(struct tess_msg m)
{
    struct tess_regs regs;
    MEASURE(ROW_regs_read, tess_thread_read_regs(m.w[1], &regs));
    regs.x[0]++;
    regs.pc = m.w[7];
    tess_ipc_put(&regs, TESS_REGS_WORDS);
    return tess_reply_recv_0(caps.person,
                             tess_tag(TESS_FAULT_REGS, TESS_MSG_REGS + TESS_REGS_WORDS, 0), 0, 0);
}

static struct tess_msg answer_fault(struct tess_msg m)
{
    struct tess_run run = { (m.w[0] & -(uint64_t)TESS_PAGE) | TESS_RIGHT_READ,
                            m.w[0] % (WINDOW_PAGES * TESS_PAGE) & -(uint64_t)TESS_PAGE };
    if (tess_tag_label(m.tag) == TESS_FAULT_page) {
        must(tess_vspace_pages(caps.vspace[CLIENT], &run, 1, 0), "pages");
    }
    return tess_reply_recv_0(caps.person, tess_tag(TESS_FAULT_RESUME, 0, 0), 0, 0);
}

void person_main(struct worker *self)
{
    struct tess_msg m = tess_recv(caps.person, 0);
    (void)self;
    for (;;) {
        uint64_t ask = m.w[6];
        if (tess_tag_label(m.tag) != TESS_FAULT_syscall) {
            m = answer_fault(m);
        } else if (ask == ASK_DEFER) {
            m = answer_deferred(m);
        } else if (ask == ASK_REGS) {
            m = answer_registers(m);
        } else if (ask == ASK_END) {
            (void)tess_signal(caps.done);
            m = tess_reply_recv_0(caps.person, tess_tag(TESS_FAULT_STOP, 0, 0), 0, 0);
        } else {
            if (ask == ASK_KICK) {
                MEASURE(ROW_kick, tess_thread_kick(m.w[1]));
            }
            m = tess_reply_recv_1(caps.person, tess_tag(TESS_FAULT_RESUME, 1, 0), 0, 0, m.w[0] + 1);
        }
    }
}

/* ---- clients ---- */

static void loop_rounds(void)
{
    FOR_ROUNDS
    {
        BENCH_BEGIN(ROW_loop);
        __asm__ volatile("mov x0, #1000\n"
                         "1: subs x0, x0, #1\n"
                         "b.ne 1b"
                         :
                         :
                         : "x0", "cc");
        BENCH_END(ROW_loop);
    }
}

/* A fast answer counts only if it is the right one. */
static void must_be(uint64_t is, uint64_t expected, const char *what)
{
    must(is == expected ? TESS_OK : TESS_PROTOCOL, what);
}

/* One row of a call with n words in registers: what comes back must be what was sent. */
#define CALL_ROUNDS(row, n, endpoint, deadline, ...)                                               \
    FOR_ROUNDS                                                                                     \
    {                                                                                              \
        const uint64_t sent[] = { 0 __VA_OPT__(, ) __VA_ARGS__ };                                  \
        BENCH_BEGIN(row);                                                                          \
        struct tess_msg m =                                                                        \
            tess_call_##n(endpoint, tess_tag(0, n, 0), deadline __VA_OPT__(, ) __VA_ARGS__);       \
        BENCH_END(row);                                                                            \
        must_be(m.tag, tess_tag(0, n, 0), #row);                                                   \
        for (unsigned i = 1; i <= n; i++) {                                                        \
            must_be(m.w[i - 1], sent[i], #row);                                                    \
        }                                                                                          \
    }

static void call_rounds(void)
{
    tess_cap serve = caps.serve, own = caps.own, same = caps.same;
    uint64_t later = tess_deadline_ns(3600000000000ull);
    CALL_ROUNDS(ROW_call_0, 0, serve, 0)
    CALL_ROUNDS(ROW_call_1, 1, serve, 0, 1)
    CALL_ROUNDS(ROW_call_2, 2, serve, 0, 1, 2)
    CALL_ROUNDS(ROW_call_3, 3, serve, 0, 1, 2, 3)
    CALL_ROUNDS(ROW_call_4, 4, serve, 0, 1, 2, 3, 4)
    CALL_ROUNDS(ROW_call_5, 5, serve, 0, 1, 2, 3, 4, 5)
    CALL_ROUNDS(ROW_call_6, 6, serve, 0, 1, 2, 3, 4, 5, 6)
    CALL_ROUNDS(ROW_call_7, 7, serve, 0, 1, 2, 3, 4, 5, 6, 7)
    CALL_ROUNDS(ROW_call_8, 8, serve, 0, 1, 2, 3, 4, 5, 6, 7, 8)
    CALL_ROUNDS(ROW_call_user, 0, serve, 0)
    CALL_ROUNDS(ROW_call_own, 0, own, 0)
    CALL_ROUNDS(ROW_call_same, 0, same, 0)
    CALL_ROUNDS(ROW_call_deadline, 0, serve, later)
}

#define LONG_ROUNDS(row, length)                                                                   \
    FOR_ROUNDS                                                                                     \
    {                                                                                              \
        uint64_t first = self->ipc->word[TESS_MSG_REGS], last = self->ipc->word[(length)-1];       \
        BENCH_BEGIN(row);                                                                          \
        struct tess_msg m =                                                                        \
            tess_call_8(caps.words, tess_tag(0, length, 0), 0, 1, 2, 3, 4, 5, 6, 7, round);        \
        BENCH_END(row);                                                                            \
        must_be(m.tag, tess_tag(0, length, 0), #row);                                              \
        must_be(m.w[7], round, #row);                                                              \
        must_be(self->ipc->word[TESS_MSG_REGS], first + 1, #row);                                  \
        must_be(self->ipc->word[(length)-1], last, #row);                                          \
    }

static void long_call_rounds(struct worker *self)
{
    for (unsigned i = TESS_MSG_REGS; i < TESS_MSG_WORDS; i++) {
        self->ipc->word[i] = i;
    }
    LONG_ROUNDS(ROW_call_20, 20)
    LONG_ROUNDS(ROW_call_64, 64)
}

static void cap_call_rounds(void)
{
    struct tess_cap_info info = { 0 };
    tess_cap take = caps.take;
    tess_ipc_send_cap(0, caps.lonely);
    FOR_ROUNDS
    {
        BENCH_BEGIN(ROW_call_cap);
        struct tess_msg m = tess_call_0(take, tess_tag(0, 0, 1), 0);
        BENCH_END(ROW_call_cap);
        must_be(m.tag, 0, "ROW_call_cap");
    }
    FOR_ROUNDS
    {
        must(tess_cnode_read(TESS_ROOT_CNODE, caps.spare + round, &info), "read what was taken");
        must_be(info.type, TESS_TYPE_notification, "what was taken");
        must(tess_cnode_delete(TESS_ROOT_CNODE, caps.spare + round), "delete what was taken");
    }
}

static void one_way_rounds(void)
{
    tess_cap listen = caps.listen, wake = caps.wake, lonely = caps.lonely;
    FOR_ROUNDS
    {
        BENCH_BEGIN(ROW_send);
        (void)tess_send_0(listen, 0, 0);
    }
    FOR_ROUNDS
    {
        BENCH_BEGIN(ROW_signal_wait);
        (void)tess_signal_0(wake);
    }
    FOR_ROUNDS
    {
        MEASURE(ROW_signal_none, tess_signal(lonely));
    }
    FOR_ROUNDS
    {
        BENCH_BEGIN(ROW_nop);
        struct tess_msg m = tess_nop_0();
        BENCH_END(ROW_nop);
        must(tess_msg_err(m.tag), "ROW_nop");
    }
}

static void map_rounds(void)
{
    tess_cap space = caps.vspace[SERVER];
    unsigned rw = TESS_RIGHT_READ | TESS_RIGHT_WRITE;
    FOR_ROUNDS
    {
        MEASURE(ROW_map_1, tess_frame_map(caps.page, space, RANGE_AT, rw, TESS_ATTR_NORMAL, 0));
        MEASURE(ROW_protect_1, tess_frame_protect(caps.page, TESS_RIGHT_READ));
        MEASURE(ROW_unmap_1, tess_frame_unmap(caps.page));
    }
    FOR_ROUNDS
    {
        MEASURE(ROW_map_65, tess_frame_map(caps.range, space, RANGE_AT, rw, TESS_ATTR_NORMAL, 0));
        MEASURE(ROW_protect_65, tess_frame_protect(caps.range, TESS_RIGHT_READ));
        MEASURE(ROW_unmap_65, tess_frame_unmap(caps.range));
    }
}

static void unmap_scattered(uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        must(tess_frame_unmap(caps.scattered + i), "unmap");
    }
}

static void vector_rounds(void)
{
    tess_cap space = caps.vspace[SERVER];
    struct tess_vector_map v[TESS_VECTOR_MAX];
    for (uint64_t i = 0; i < TESS_VECTOR_MAX; i++) {
        v[i] = (struct tess_vector_map){ caps.scattered + i, RANGE_AT + 2 * i * TESS_PAGE };
    }
    FOR_ROUNDS
    {
        MEASURE(ROW_vector_1, tess_vspace_map_vector(space, v, 1, TESS_RIGHT_READ, 0, 0));
        unmap_scattered(1);
        MEASURE(ROW_vector_28,
                tess_vspace_map_vector(space, v, TESS_VECTOR_MAX, TESS_RIGHT_READ, 0, 0));
        unmap_scattered(TESS_VECTOR_MAX);
    }
}

static void pages_rounds(void)
{
    tess_cap space = caps.vspace[SERVER];
    struct tess_run one = { RANGE_AT | TESS_RIGHT_READ, 0 },
                    keep = { RANGE_AT | TESS_PAGES_KEEP | TESS_RIGHT_READ, WINDOW_PAGES - 1 },
                    all = { RANGE_AT | TESS_RIGHT_READ, WINDOW_PAGES - 1 },
                    none = { RANGE_AT, WINDOW_PAGES - 1 }, v[TESS_VECTOR_MAX];
    for (uint64_t i = 0; i < TESS_VECTOR_MAX; i++) {
        v[i] = (struct tess_run){ (RANGE_AT + 2 * i * TESS_PAGE) | TESS_RIGHT_READ, i * TESS_PAGE };
    }
    FOR_ROUNDS
    {
        MEASURE(ROW_pages_1, tess_vspace_pages(space, &one, 1, 0));
        MEASURE(ROW_pages_replace, tess_vspace_pages(space, &one, 1, 0));
        must(tess_vspace_pages(space, &none, 1, 0), "unmap");
        MEASURE(ROW_pages_28, tess_vspace_pages(space, v, TESS_VECTOR_MAX, 0));
        must(tess_vspace_pages(space, &none, 1, 0), "unmap");
        MEASURE(ROW_pages_map64, tess_vspace_pages(space, &all, 1, 0));
        MEASURE(ROW_pages_keep64, tess_vspace_pages(space, &keep, 1, 0));
        MEASURE(ROW_pages_unmap64, tess_vspace_pages(space, &none, 1, 0));
    }
}

static void retype_rounds(void)
{
    tess_cap spare = caps.spare;
    FOR_ROUNDS
    {
        MEASURE(ROW_retype_frame, tess_untyped_retype(caps.memory, TESS_TYPE_frame, TESS_PAGE, 0,
                                                      spare + round, 1, TESS_OFFSET_NEXT));
    }
    must(tess_cnode_revoke(TESS_ROOT_CNODE, caps.memory), "revoke");
    FOR_ROUNDS
    {
        MEASURE(ROW_retype_small, tess_untyped_retype(caps.memory, TESS_TYPE_endpoint, 0, 0,
                                                      spare + round, 1, TESS_OFFSET_NEXT));
    }
    must(tess_cnode_revoke(TESS_ROOT_CNODE, caps.memory), "revoke");
    FOR_ROUNDS
    {
        MEASURE(ROW_donate,
                tess_vspace_donate(caps.vspace[SERVER], caps.memory, TESS_PAGE, 0, spare + round));
    }
}

static void cap_rounds(void)
{
    tess_cap to = caps.spare + ROUNDS; /* behind what donate filled */
    FOR_ROUNDS
    {
        MEASURE(ROW_copy, tess_cnode_copy(TESS_ROOT_CNODE, 0, caps.lonely, to, TESS_RIGHT_ALL));
        MEASURE(ROW_delete, tess_cnode_delete(TESS_ROOT_CNODE, to));
        MEASURE(ROW_mint, tess_cnode_mint(TESS_ROOT_CNODE, 0, caps.serve, to, TESS_RIGHT_ALL, 7));
        MEASURE(ROW_revoke_1, tess_cnode_revoke(TESS_ROOT_CNODE, caps.serve));
        MEASURE(ROW_derive,
                tess_frame_derive(caps.range, TESS_PAGE, TESS_PAGE, 0, to, TESS_RIGHT_READ));
        must(tess_cnode_delete(TESS_ROOT_CNODE, to), "delete");
    }
}

void client_main(struct worker *self)
{
    loop_rounds();
    one_way_rounds();
    call_rounds();
    long_call_rounds(self);
    cap_call_rounds();
    map_rounds();
    vector_rounds();
    pages_rounds();
    retype_rounds();
    cap_rounds();
}

void faulter_main(struct worker *self)
{
    volatile const uint64_t *at = (volatile const uint64_t *)RANGE_AT;
    (void)self;
    FOR_ROUNDS
    {
        BENCH_BEGIN(ROW_fault_in);
        (void)*at;
        BENCH_END(ROW_fault_out);
        must(tess_frame_unmap(caps.page), "unmap");
    }
}

void stranger_main(struct worker *self)
{
    register uint64_t x0 __asm__("x0") = 0;
    register uint64_t x8 __asm__("x8") = 1;
    (void)self;
    FOR_ROUNDS
    {
        BENCH_BEGIN(ROW_foreign);
        __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8) : "memory");
        BENCH_END(ROW_foreign);
    }
    x8 = x0 == ROUNDS ? 0 : 2; /* unless every answer was right, the benchmark never ends */
    for (;;) {
        __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8) : "memory");
    }
}

/* One system call of a guest; after a wrong answer the benchmark never ends. */
#define ASK(row, ask)                                                                              \
    do {                                                                                           \
        register uint64_t x0 __asm__("x0") = round;                                                \
        register uint64_t x1 __asm__("x1") = self->tcb;                                            \
        register uint64_t x8 __asm__("x8") = (ask);                                                \
        BENCH_BEGIN(row);                                                                          \
        __asm__ volatile("svc #0" : "+r"(x0) : "r"(x1), "r"(x8) : "memory");                       \
        BENCH_END(row);                                                                            \
        if (x0 != round + 1) {                                                                     \
            for (;;) {                                                                             \
            }                                                                                      \
        }                                                                                          \
    } while (0)

void guest_main(struct worker *self)
{
    FOR_ROUNDS
    {
        ASK(ROW_foreign_own, ASK_ANSWER);
        ASK(ROW_foreign_defer, ASK_DEFER);
        ASK(ROW_foreign_regs, ASK_REGS);
        ASK(ROW_foreign_kick, ASK_KICK);
        BENCH_BEGIN(ROW_fault_pages);
        (void)*(volatile const uint64_t *)(RANGE_AT + (uint64_t)round * TESS_PAGE);
        BENCH_END(ROW_fault_pages);
    }
    register uint64_t x8 __asm__("x8") = ASK_END;
    __asm__ volatile("svc #0" : : "r"(x8) : "memory");
}

void poker_main(struct worker *self)
{
    (void)self;
    FOR_ROUNDS
    {
        uint32_t now = *clock_register(CLOCK_DR);
        BENCH_BEGIN(ROW_irq_round);
        BENCH_BEGIN(ROW_irq_driver);
        *clock_register(CLOCK_MR) = now;
        BENCH_END(ROW_irq_round);
    }
}

/* Each round begins in one thread and ends in the other, so a yield that stays where it is gives no sample. */
void yield_from_main(struct worker *self)
{
    (void)self;
    FOR_ROUNDS
    {
        BENCH_BEGIN(ROW_yield);
        tess_yield();
    }
}

void yield_to_main(struct worker *self)
{
    (void)self;
    FOR_ROUNDS
    {
        tess_yield();
        BENCH_END(ROW_yield);
    }
}
