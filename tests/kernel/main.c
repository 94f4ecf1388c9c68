/* The runner: one test after the other, watched from the highest priority, its remains removed and checked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "test.h"

/* Build with -DTEST_ONLY='"words"' to run only the tests whose sentence or file contains them. */
#ifndef TEST_ONLY
#define TEST_ONLY ""
#endif

#define RTC_PADDR  0x09010000ull /* PL031 of QEMU virt */
#define ITS_PADDR  0x08080000ull /* its interrupt translation service */
#define HOLE_PADDR 0x0b100000ull /* QEMU virt has nothing there */
#ifndef HANG_SECONDS
#define HANG_SECONDS 60ull
#endif
#define HANG_NS     (HANG_SECONDS * 1000000000ull)
#define TABLE_BYTES (256u << 10) /* what one donation may give */
#define WINDOW      (1ull << 30) /* addresses of one test */
#define HELPERS     64u
#define NOTES       256u

extern const struct test __start_tests[], __stop_tests[];

static struct tess_env root_env;
static struct tess_slots root_slots, test_slots;
static struct tess_pool root_pool, table_pool, test_pool;
static uint32_t root_links[TESS_ROOT_CNODE_SLOTS], test_links[TEST_SLOTS];

struct tess_env env;
tess_cap arena, uart_frame, rtc_frame, its_frame, hole_frame;
uint64_t spare;
struct tess_untyped_info found[TESS_UNTYPED_MAX];
volatile uint64_t shared[64];

static tess_cap done;          /* signalled when the body has ended */
static uint64_t window, first; /* first address and slot of a test */
static struct tess_thread body, helpers[HELPERS];
static unsigned helper_count;
static const struct test *now;
static volatile bool failed;
static char reason[400];
static uint64_t notes[NOTES];
static volatile unsigned note_count;

/* ---- checks ---- */

/* The thread that found the failure stops here; the runner destroys it. */
static _Noreturn void end_thread(void)
{
    (void)tess_signal(done);
    for (;;) {
        (void)tess_recv(env.sleep, 0);
    }
}

_Noreturn void test_failed(const char *what, const char *how, uint64_t seen, uint64_t expected,
                           const char *file, int line)
{
    if (!failed) {
        failed = true;
        snprintf(reason, sizeof reason, "    %s:%d: %s: %s (seen %#llx, expected %#llx)", file,
                 line, what, how, (unsigned long long)seen, (unsigned long long)expected);
    }
    end_thread();
}

void note(uint64_t event)
{
    if (note_count < NOTES) {
        notes[note_count++] = event;
    }
}

void forget_notes(void)
{
    note_count = 0;
}

void test_noted(const uint64_t *expected, unsigned count, const char *file, int line)
{
    if (note_count != count) {
        test_failed("events noted", "count", note_count, count, file, line);
    }
    for (unsigned i = 0; i < count; i++) {
        if (notes[i] != expected[i]) {
            test_failed("events noted", "order", notes[i], expected[i], file, line);
        }
    }
}

/* ---- what tests make things with ---- */

tess_cap make_sized(enum tess_type type, uint64_t size)
{
    tess_cap cap = 0;

    OK(tess_alloc(&env, type, size, &cap));
    return cap;
}

tess_cap make(enum tess_type type)
{
    return make_sized(type, 0);
}

tess_cap make_frame(uint64_t bytes)
{
    return make_sized(TESS_TYPE_frame, bytes);
}

tess_cap make_mapped(uint64_t bytes, void **address)
{
    tess_cap frame = 0;

    OK(tess_alloc_memory(&env, bytes, &frame, address));
    return frame;
}

uint64_t empty_slot(void)
{
    return empty_slots(1);
}

uint64_t empty_slots(uint32_t count)
{
    uint64_t slot = 0;

    OK(tess_slot_alloc_range(env.slots, count, &slot));
    return slot;
}

tess_cap copy(tess_cap cap, uint64_t rights)
{
    tess_cap to = empty_slot();

    OK(tess_cnode_copy(env.cnode, 0, cap, to, rights));
    return to;
}

tess_cap mint(tess_cap cap, uint64_t rights, uint64_t badge)
{
    tess_cap to = empty_slot();

    OK(tess_cnode_mint(env.cnode, 0, cap, to, rights, badge));
    return to;
}

void drop(tess_cap cap)
{
    OK(tess_cnode_delete(env.cnode, cap));
}

void revoke(tess_cap cap)
{
    OK(tess_cnode_revoke(env.cnode, cap));
}

enum tess_type type_of(uint64_t slot)
{
    struct tess_cap_info info = { 0 };

    OK(tess_cnode_read(env.cnode, slot, &info));
    return info.type;
}

struct tess_thread *prepare(const struct tess_thread_config *config)
{
    struct tess_thread *t = &helpers[helper_count];

    TRUE(helper_count < HELPERS);
    helper_count++;
    OK(tess_thread_create(&env, t, config));
    return t;
}

struct tess_thread *spawn_with(const struct tess_thread_config *config, helper *main,
                               tess_cap argument)
{
    struct tess_thread *t = prepare(config);

    OK(tess_thread_run(&env, t, main, CAP_ARG(argument)));
    return t;
}

struct tess_thread *spawn(uint64_t priority, helper *main, tess_cap argument)
{
    return spawn_with(&(struct tess_thread_config){ .priority = priority }, main, argument);
}

struct tess_thread *spawn_passive(uint64_t priority, helper *main, tess_cap argument)
{
    return spawn_with(&(struct tess_thread_config){ .priority = priority, .passive = 1 }, main,
                      argument);
}

tess_cap own_thread(void)
{
    return body.tcb;
}

enum tess_thread_state state_of(const struct tess_thread *t)
{
    struct tess_thread_info info = { 0 };

    OK(tess_thread_info(t->tcb, &info));
    return info.state;
}

void until_state(const struct tess_thread *t, enum tess_thread_state state)
{
    while (state_of(t) != state) {
        sleep_us(100);
    }
}

void until_equal(const volatile uint64_t *word, uint64_t value)
{
    while (*word != value) {
        sleep_us(100);
    }
}

uint64_t after_us(uint64_t us)
{
    return tess_deadline_ns(us * 1000);
}

void sleep_us(uint64_t us)
{
    tess_sleep_until(&env, after_us(us));
}

uint64_t scale(uint64_t release, uint64_t debug)
{
    return tess_bootinfo->debug_kernel ? debug : release;
}

/* ---- common helper threads ---- */

void echo_server(void *argument)
{
    struct tess_msg m = tess_recv(ARG_CAP(argument), 0);

    for (;;) {
        uint64_t tag = tess_tag(tess_tag_label(m.tag) + 1, tess_tag_len(m.tag), 0);

        m = tess_reply_recv_8(ARG_CAP(argument), tag, 0, 0, m.w[0], m.w[1], m.w[2], m.w[3], m.w[4],
                              m.w[5], m.w[6], m.w[7]);
    }
}

void call_once(void *argument)
{
    struct tess_msg m = tess_call_2(ARG_CAP(argument), tess_tag(7, 2, 0), 0, 11, 22);

    shared[1] = m.w[0];
    shared[0] = tess_msg_err(m.tag) ? tess_msg_err(m.tag) : 100 + tess_tag_label(m.tag);
}

void send_once(void *argument)
{
    shared[0] =
        100 + tess_send(ARG_CAP(argument), tess_tag(7, 1, 0), 0, (struct tess_words){ { 11 } });
}

void recv_once(void *argument)
{
    struct tess_msg m = tess_recv(ARG_CAP(argument), 0);

    shared[1] = m.badge;
    shared[2] = m.tag;
    shared[3] = m.w[0];
    shared[0] = 100 + tess_msg_err(m.tag);
}

void forever(void *argument)
{
    (void)argument;
    for (;;) {
        shared[8]++;
    }
}

/* ---- the runner ---- */

static void run_body(void *argument)
{
    ((const struct test *)argument)->body();
    end_thread();
}

static void reset(void)
{
    tess_slots_init(&test_slots, (uint32_t)first, (uint32_t)first + TEST_SLOTS, test_links);
    tess_pool_init(&test_pool);
    (void)tess_pool_add(&test_pool, arena);
    env = root_env;
    env.slots = &test_slots;
    env.pool = &test_pool;
    env.tables = &table_pool;
    env.address = window;
    env.address_end = window + WINDOW / 2;
    spare = env.address_end;
    helper_count = 0;
    note_count = 0;
    failed = false;
    memset(helpers, 0, sizeof helpers);
    memset((void *)shared, 0, sizeof shared);
    (void)tess_try_recv(done);
}

/* A finding after the test: it counts as the test's failure unless it failed already. */
static void complain(const char *what, uint64_t seen)
{
    if (!failed) {
        failed = true;
        snprintf(reason, sizeof reason, "    afterwards: %s (%#llx)", what,
                 (unsigned long long)seen);
    }
}

/* Undo the test, and see that everything is gone. */
static void clean_up(uint64_t frames)
{
    struct tess_untyped_info info = { 0 };
    uint64_t now_mapped = 0, checked = 0;
    enum tess_err err = tess_cnode_revoke(TESS_ROOT_CNODE, arena);

    if (err) {
        complain("the arena cannot be revoked", err);
    }
    for (uint64_t slot = first; slot < test_slots.next; slot++) {
        struct tess_cap_info left = { 0 };

        (void)tess_cnode_read(TESS_ROOT_CNODE, slot, &left);
        if (left.type != TESS_TYPE_null) {
            complain("a slot is still full; its type", left.type);
            (void)tess_cnode_delete(TESS_ROOT_CNODE, slot);
        }
    }
    (void)tess_untyped_info(arena, &info);
    if (info.used) {
        complain("the arena is still in use", info.used);
    }
    (void)tess_vspace_info(TESS_ROOT_VSPACE, NULL, &now_mapped);
    if (now_mapped != frames) {
        complain("the number of mapped frames has changed", now_mapped - frames);
    }
    if (tess_machine_check(TESS_ROOT_MACHINE, &checked) || checked != tess_bootinfo->debug_kernel) {
        complain("machine.check", checked);
    }
}

static bool run(const struct test *t)
{
    struct tess_thread_config config = { .priority = MID, .ceiling = TOP, .stack_bytes = 32768 };
    uint64_t frames = 0;
    enum tess_err err;

    now = t;
    reset();
    (void)tess_vspace_info(TESS_ROOT_VSPACE, NULL, &frames);
    err = tess_thread_create(&env, &body, &config);
    if (!err) {
        err = tess_thread_run(&env, &body, run_body, (void *)t);
    }
    if (err) {
        complain("the test thread cannot be made", err);
    } else if (!tess_wait(done, tess_deadline_ns(HANG_NS), NULL)) {
        complain("the test hangs", 0);
    }
    clean_up(frames);
    printf("%s %s\n%s%s", failed ? "FAIL" : "ok  ", t->sentence, failed ? reason : "",
           failed ? "\n" : "");
    return !failed;
}

static enum tess_err prepare_run(void)
{
    tess_cap table_memory;
    uint64_t slot;
    enum tess_err err =
        tess_env_init_root(&root_env, &root_slots, &root_pool, root_links, tess_bootinfo);

    for (uint64_t i = 0; i < tess_bootinfo->untyped_count && !err; i++) {
        err = tess_untyped_info(TESS_ROOT_UNTYPED + i, &found[i]);
    }

    if (!err) {
        err = tess_alloc(&root_env, TESS_TYPE_untyped, TABLE_BYTES, &table_memory);
    }
    if (!err) {
        err = tess_alloc(&root_env, TESS_TYPE_untyped, ARENA_BYTES, &arena);
    }
    if (!err) {
        err = tess_alloc(&root_env, TESS_TYPE_notification, 0, &slot);
    }
    if (!err) {
        /* A signal without a badge has no bits. */
        err = tess_slot_alloc(&root_slots, &done);
    }
    if (!err) {
        err = tess_cnode_mint(TESS_ROOT_CNODE, 0, slot, done, TESS_RIGHT_ALL, 1);
    }
    if (!err) {
        err = tess_slot_alloc_range(&root_slots, TEST_SLOTS, &first);
    }
    /* All tables that the addresses of the tests need come now: in a test env, table_pool is empty. */
    if (!err) {
        err = tess_slot_alloc(&root_slots, &slot);
    }
    if (!err) {
        err =
            tess_vspace_donate(TESS_ROOT_VSPACE, table_memory, TABLE_BYTES, TESS_ROOT_CNODE, slot);
    }
    if (!err) {
        err = tess_alloc_device(&root_env, tess_bootinfo->uart_paddr, TESS_PAGE, &uart_frame);
    }
    if (tess_alloc_device(&root_env, RTC_PADDR, TESS_PAGE, &rtc_frame)) {
        rtc_frame = 0;
    }
    if (tess_bootinfo->gic_version == 3 &&
        tess_alloc_device(&root_env, ITS_PADDR, TESS_PAGE, &its_frame)) {
        its_frame = 0;
    }
    if (tess_alloc_device(&root_env, HOLE_PADDR, TESS_PAGE, &hole_frame)) {
        hole_frame = 0;
    }
    window = (root_env.address + WINDOW - 1) & ~(WINDOW - 1);
    return err;
}

/* The order of the source: the compiler puts the rows of a file into the section as it likes. */
static int in_order(const void *a, const void *b)
{
    const struct test *s = *(const struct test *const *)a, *t = *(const struct test *const *)b;
    int files = strcmp(s->file, t->file);

    return files ? files : (s->line > t->line) - (s->line < t->line);
}

int main(void)
{
    static const struct test *order[1024];
    unsigned count = 0, passed = 0, lost = 0;
    enum tess_err err = prepare_run();

    if (err || __stop_tests - __start_tests > 1024) {
        printf("FAIL the tests cannot be prepared: %s\n0 passed, 1 failed\n", tess_strerror(err));
        return 1;
    }
    for (const struct test *t = __start_tests; t < __stop_tests; t++) {
        if (strstr(t->sentence, TEST_ONLY) || strstr(t->file, TEST_ONLY)) {
            order[count++] = t;
        }
    }
    qsort(order, count, sizeof order[0], in_order);
    for (unsigned i = 0; i < count; i++) {
        if (run(order[i])) {
            passed++;
        } else {
            lost++;
        }
    }
    printf("%u passed, %u failed\n", passed, lost);
    return lost != 0;
}
