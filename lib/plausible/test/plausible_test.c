/* Times that can and cannot be, bytes that are and are not random. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include <plausible/clock.h>
#include <plausible/random.h>
#include <tess/random.h>

#define NS 1000000000ull

static uint64_t random_state = 5;

/* ---- clock ---- */

/* Asks at a counter of `at` ns a clock that was `offset` ns at 0. */
static bool ask(struct plausible_clock *c, uint64_t offset, uint64_t at)
{
    return plausible_clock_take(c, (offset + at + 300) / NS, at, at + 700);
}

static void a_clock_that_runs_is_never_doubted(void **state)
{
    struct plausible_clock c = { 0 };
    uint64_t at = 0, offset = 1700000000 * NS + 123456789;

    (void)state;
    for (uint32_t i = 0; i < 100000; i++) {
        assert_true(ask(&c, offset, at));
        at += tess_random(&random_state) % (1ull << tess_random(&random_state) % 40);
    }
    assert_true(c.to - c.from < 2 * (int64_t)NS);
    assert_true(c.from <= (int64_t)offset && (int64_t)offset <= c.to);
}

static void a_clock_may_drift(void **state)
{
    const int64_t drift[] = { -5000, -10000, 5000, 10000 };

    (void)state;
    for (uint32_t k = 0; k < sizeof drift / sizeof drift[0]; k++) {
        struct plausible_clock c = { 0 };

        for (int64_t at = 0; at < 10000000 * (int64_t)NS; at += 777 * (int64_t)NS) {
            assert_true(
                ask(&c, (uint64_t)(1700000000 * (int64_t)NS + at / drift[k]), (uint64_t)at));
        }
    }
}

static void another_time_is_doubted(void **state)
{
    struct plausible_clock c = { 0 }, before;

    (void)state;
    for (uint64_t at = 0; at < 20 * NS; at += NS / 100) {
        assert_true(ask(&c, 1700000000 * NS, at));
    }
    before = c;
    assert_false(plausible_clock_take(&c, 0, 20 * NS, 20 * NS + 700));
    assert_false(plausible_clock_take(&c, 1700000018, 20 * NS + 1, 20 * NS + 700));
    assert_false(plausible_clock_take(&c, 1700000022, 20 * NS, 20 * NS + 700));
    assert_false(plausible_clock_take(&c, UINT32_MAX, 20 * NS, 20 * NS + 700));
    assert_false(plausible_clock_take(&c, UINT64_MAX, 20 * NS, 20 * NS + 700));
    assert_false(plausible_clock_take(&c, 1700000020, 20 * NS, 20 * NS - 1));
    assert_memory_equal(&before, &c, sizeof c);
    assert_true(plausible_clock_take(&c, 1700000020, 20 * NS, 20 * NS + 700));
}

/* Each answer is at the edge of what the one before allows: the tolerances do not add up. */
static void a_clock_does_not_creep_away(void **state)
{
    struct plausible_clock c = { 0 };
    uint64_t taken = 0;

    (void)state;
    for (uint64_t i = 0; i < 100; i++) {
        taken += plausible_clock_take(&c, 1700000000 + i, i, i + 1);
    }
    assert_true(taken <= 2);
}

/* ---- random bytes ---- */

static uint8_t buf[1 << 16];

static void fill(uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        buf[i] = (uint8_t)(tess_random(&random_state) >> 32);
    }
}

static void random_bytes_pass(void **state)
{
    struct plausible_random r = { 0 };

    (void)state;
    for (uint32_t i = 0; i < 400; i++) {
        fill(sizeof buf);
        assert_true(plausible_random_are(&r, buf, sizeof buf - PLAUSIBLE_SPARE));
    }
}

static void what_was_not_written_is_found(void **state)
{
    (void)state;
    for (uint32_t n = 0; n <= 300; n++) {
        for (uint32_t written = 0; written <= n + PLAUSIBLE_SPARE; written++) {
            struct plausible_random r = { 0 };

            plausible_random_prepare(buf, n);
            fill(written);
            if (plausible_random_are(&r, buf, n)) {
                assert_true(written >= n); /* then all that is used was */
            } else {
                assert_true(written <= n + 1 || buf[written - 1] == PLAUSIBLE_FILL);
            }
        }
    }
}

static void a_hole_is_found(void **state)
{
    struct plausible_random r = { 0 };

    (void)state;
    for (uint32_t at = 0; at + PLAUSIBLE_REPEATS <= 100 + PLAUSIBLE_SPARE; at++) {
        plausible_random_prepare(buf, 100);
        fill(100 + PLAUSIBLE_SPARE);
        memset(buf + at, PLAUSIBLE_FILL, PLAUSIBLE_REPEATS);
        assert_false(plausible_random_are(&r, buf, 100));
    }
}

/* Repetitions go on from one request to the next; after a failure they begin anew. */
static void repetitions_are_counted_over_requests(void **state)
{
    struct plausible_random r = { 0 };

    (void)state;
    for (uint32_t i = 1; i < PLAUSIBLE_REPEATS; i++) {
        assert_true(plausible_random_is(&r, 7));
    }
    assert_false(plausible_random_is(&r, 7));
    assert_true(plausible_random_is(&r, 8));
    memset(buf, 8, 100);
    assert_false(plausible_random_are(&r, buf, 10));
    assert_int_equal(r.repeats, 0);
}

static void a_source_that_prefers_a_value_is_found(void **state)
{
    struct plausible_random r = { 0 };
    uint32_t bad = 0;

    (void)state;
    for (uint32_t i = 0; i < 100 * PLAUSIBLE_WINDOW; i++) { /* each fourth byte is a 0 */
        uint8_t byte = (uint8_t)(tess_random(&random_state) >> 32);

        bad += !plausible_random_is(&r, i % 4 ? byte : 0);
    }
    assert_true(bad > 0);
}

/* 4.4.2: the least number with that probability, of 512 bytes of which each has one in 256. */
static void cutoffs_are_those_of_the_standard(void **state)
{
    double tail = 0, p = 1;

    (void)state;
    assert_int_equal(PLAUSIBLE_REPEATS, 1 + 40 / 8);
    for (uint32_t i = 0; i < PLAUSIBLE_WINDOW; i++) {
        p *= 255.0 / 256;
    }
    for (uint32_t k = 0; k <= PLAUSIBLE_WINDOW; k++) { /* p: of exactly k */
        if (k >= PLAUSIBLE_EQUAL) {
            tail += p;
        }
        if (k == PLAUSIBLE_EQUAL - 1) {
            assert_true(p > 0x1p-40);
        }
        p = p * (PLAUSIBLE_WINDOW - k) / (k + 1) / 255;
    }
    assert_true(tail < 0x1p-40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_that_runs_is_never_doubted),
        cmocka_unit_test(a_clock_may_drift),
        cmocka_unit_test(another_time_is_doubted),
        cmocka_unit_test(a_clock_does_not_creep_away),
        cmocka_unit_test(random_bytes_pass),
        cmocka_unit_test(what_was_not_written_is_found),
        cmocka_unit_test(a_hole_is_found),
        cmocka_unit_test(repetitions_are_counted_over_requests),
        cmocka_unit_test(a_source_that_prefers_a_value_is_found),
        cmocka_unit_test(cutoffs_are_those_of_the_standard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
