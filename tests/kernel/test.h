/*
 * Harness of the kernel tests.
 *
 * TEST("a sentence") { ... } states what the kernel promises; the body proves it and ends at its first failed check.
 * Every body runs in a fresh thread (priority MID, ceiling TOP) whose memory, like everything that the test makes with
 * the functions below, comes from one untyped piece, the arena.  Afterwards the harness revokes the arena and checks
 * that nothing is left: arena empty, test slots empty, nothing mapped, kernel invariants hold (debug kernel).
 * Capabilities that do not come from the arena (interrupts, copies of the root's) the test deletes itself.
 * The root thread watches with a deadline, from the highest priority: a test that hangs is a failure with a name.
 */
#ifndef TESTS_KERNEL_TEST_H
#define TESTS_KERNEL_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <tess/tess.h>

struct test {
    const char *sentence;
    void (*body)(void);
    const char *file;
    uint64_t line;
};

#define TEST_JOIN_(a, b) a##b
#define TEST_NAME_(a, b) TEST_JOIN_(a, b)
#define TEST(sentence)                                                                             \
    static void TEST_NAME_(test_body_, __LINE__)(void);                                            \
    static const struct test TEST_NAME_(test_row_, __LINE__)                                       \
        __attribute__((section("tests"), used, aligned(32))) = { sentence,                         \
                                                                 TEST_NAME_(test_body_, __LINE__), \
                                                                 __FILE__, __LINE__ };             \
    static void TEST_NAME_(test_body_, __LINE__)(void)
_Static_assert(sizeof(struct test) == 32, "rows of the section form an array");

/* Checks.  The first failure ends the test; in a helper thread it also stops that thread. */
#define EQ(seen, expected)                                                                         \
    do {                                                                                           \
        uint64_t seen_ = (uint64_t)(seen), expected_ = (uint64_t)(expected);                       \
        if (seen_ != expected_) {                                                                  \
            test_failed(#seen, "instead of " #expected, seen_, expected_, __FILE__, __LINE__);     \
        }                                                                                          \
    } while (0)
#define ERR(call, error)                                                                           \
    do {                                                                                           \
        enum tess_err seen_ = (call);                                                              \
        if (seen_ != TESS_##error) {                                                               \
            test_failed(#call, tess_strerror(seen_), seen_, TESS_##error, __FILE__, __LINE__);     \
        }                                                                                          \
    } while (0)
#define OK(call) ERR(call, OK)
#define TRUE(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            test_failed(#condition, "does not hold", 0, 1, __FILE__, __LINE__);                    \
        }                                                                                          \
    } while (0)
_Noreturn void test_failed(const char *what, const char *how, uint64_t seen, uint64_t expected,
                           const char *file, int line);

/* Priorities: the test runs at MID; helpers above it run at once, those below when it waits. */
#define LOW  50u
#define MID  100u
#define HIGH 150u
#define TOP  240u

#define ARENA_BYTES (20u << 20)
#define TEST_SLOTS  4096u

extern struct tess_env env; /* of the running test */
extern tess_cap arena;      /* its untyped memory */
extern uint64_t spare; /* addresses from here on are free for the test's own mappings (512 MiB) */
/* What untyped.info said about the root's untyped capabilities before the harness took anything. */
extern struct tess_untyped_info found[TESS_UNTYPED_MAX];
extern tess_cap uart_frame; /* the console UART's registers; copy it, drop the copy */
extern tess_cap rtc_frame;  /* PL031 real-time clock; 0 when this machine has none */
extern tess_cap its_frame;  /* a page of the interrupt translation service; 0 without one */
extern tess_cap hole_frame; /* a device page that no device answers at; 0 when not given out */

/* Words that the threads of a test tell each other things with; zero at the start of each test. */
extern volatile uint64_t shared[64];
/* A log of what happened in which order: append, then compare. */
void note(uint64_t event);
void forget_notes(void);
#define NOTED(...)                                                                                 \
    test_noted((const uint64_t[]){ __VA_ARGS__ }, sizeof((const uint64_t[]){ __VA_ARGS__ }) / 8,   \
               __FILE__, __LINE__)
void test_noted(const uint64_t *expected, unsigned count, const char *file, int line);

/* Make objects, or fail the test. */
tess_cap make(enum tess_type type);
tess_cap make_sized(enum tess_type type, uint64_t size);
tess_cap make_frame(uint64_t bytes);
tess_cap make_mapped(uint64_t bytes, void **address);
uint64_t empty_slot(void);
uint64_t empty_slots(uint32_t count);
/* Copies in new slots of the own CNode, children of cap. */
tess_cap copy(tess_cap cap, uint64_t rights);
tess_cap mint(tess_cap cap, uint64_t rights, uint64_t badge);
void drop(tess_cap cap);
void revoke(tess_cap cap);
enum tess_type type_of(uint64_t slot);

/* Helper threads in the same spaces. */
typedef void helper(void *argument);
#define CAP_ARG(cap) ((void *)(uintptr_t)(cap))
#define ARG_CAP(arg) ((tess_cap)(uintptr_t)(arg))
struct tess_thread *spawn(uint64_t priority, helper *main, tess_cap argument);
struct tess_thread *spawn_with(const struct tess_thread_config *config, helper *main,
                               tess_cap argument);
struct tess_thread *spawn_passive(uint64_t priority, helper *main, tess_cap argument);
/* Made, configured like any helper, but not started: for start, write_regs and what comes before them. */
struct tess_thread *prepare(const struct tess_thread_config *config);
tess_cap own_thread(void);

enum tess_thread_state state_of(const struct tess_thread *t);
/* Sleep until t is in that state: how to wait for a thread of lower priority. */
void until_state(const struct tess_thread *t, enum tess_thread_state state);
/* Sleep until *word holds value. */
void until_equal(const volatile uint64_t *word, uint64_t value);
void sleep_us(uint64_t us);
uint64_t after_us(uint64_t us);

/* Helpers used in many files: argument = capability to use. */
helper echo_server; /* answers each call with its words, label + 1; notes nothing */
helper call_once;   /* calls; shared[0] = error or 100 + answer's label, shared[1] = word 0 */
helper send_once;   /* sends; shared[0] = 100 + error */
helper
    recv_once; /* receives; shared[0] = 100 + error, shared[1] = badge, shared[2] = tag, [3] = word 0 */
helper forever; /* counts in shared[8] */

/* All pieces the harness offers end; what a test of scale may use. */
uint64_t scale(uint64_t release,
               uint64_t debug); /* debug kernels check everything after each call */

#endif
