/* The translation tables against a walk by the manual's description, and against the windows they were built of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tables.h"

#define AT    0x7fff5000ull /* where the tables lie */
#define PAGE  4096ull
#define BLOCK (2ull << 20)
#define READ  TESS_RIGHT_READ
#define BOTH  (TESS_RIGHT_READ | TESS_RIGHT_WRITE)

static struct tables tables;

/* What the device may do at an address: rights, 0: it faults.  Arm Architecture Reference Manual, D8.2 and D8.3. */
static uint64_t walk(uint64_t address, uint64_t *physical)
{
    uint64_t table = AT;

    if (address >> 48) {
        return 0;
    }
    for (int shift = 39; shift >= 12; shift -= 9) {
        assert_true(table % PAGE == 0 && table >= AT && table < AT + tables.count * PAGE);
        uint64_t entry = tables.entry[(table - AT) / PAGE][address >> shift & 511];

        if (!(entry & 1)) {
            return 0;
        }
        if (shift > 12 && (entry & 2)) {
            table = entry & 0xfffffffff000ull;
            continue;
        }
        uint64_t size = 1ull << shift;

        assert_true(shift == 12 ? (entry & 2) != 0 : shift == 21);
        assert_true((entry & 0xfffffffff000ull) % size == 0);
        assert_int_equal(entry >> 2 & 7, 0);  /* attribute */
        assert_int_equal(entry >> 8 & 3, 3);  /* inner shareable */
        assert_int_equal(entry >> 10 & 3, 3); /* accessed, of its ASID */
        assert_int_equal(entry >> 53 & 3, 3); /* nothing is executed */
        assert_true(entry & 1u << 6);         /* unprivileged accesses */
        *physical = (entry & 0xfffffffff000ull & ~(size - 1)) | (address & (size - 1));
        return entry & 1u << 7 ? READ : BOTH;
    }
    return 0;
}

static bool build(const struct gate_window *window, uint32_t count)
{
    bool is_ok = true;

    tables_begin(&tables, AT);
    for (uint32_t i = 0; i < count; i++) {
        is_ok = is_ok && tables_map(&tables, &window[i], 44);
    }
    return is_ok;
}

static uint64_t wanted(const struct gate_window *window, uint32_t count, uint64_t address,
                       uint64_t *physical)
{
    for (uint32_t i = 0; i < count; i++) {
        uint64_t seen = window[i].seen_page ? window[i].seen_page * PAGE : window[i].address;

        if (address >= seen && address - seen < window[i].bytes) {
            *physical = window[i].address + (address - seen);
            return window[i].rights;
        }
    }
    return 0;
}

static void agrees(const struct gate_window *window, uint32_t count, uint64_t address)
{
    uint64_t physical = 0, should = 0, rights = walk(address, &physical);

    assert_int_equal(rights, wanted(window, count, address, &should));
    assert_true(rights == 0 || physical == should);
}

/* At the edges of all windows, and anywhere. */
static void all_agree(const struct gate_window *window, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint64_t seen = tables_seen(&window[i]), end = seen + window[i].bytes;

        agrees(window, count, seen);
        agrees(window, count, seen - 1);
        agrees(window, count, window[i].address);
        agrees(window, count, end);
        agrees(window, count, end - 1);
        for (uint32_t n = 0; n < 64; n++) {
            agrees(window, count,
                   seen - 4 * PAGE + (uint64_t)random() % (window[i].bytes + 8 * PAGE));
            agrees(window, count, seen ^ 1ull << n);
        }
    }
}

static void no_window_means_that_all_faults(void **state)
{
    (void)state;
    assert_true(build(NULL, 0));
    assert_int_equal(tables.count, 1);
    for (uint32_t n = 0; n < 64; n++) {
        agrees(NULL, 0, 1ull << n);
    }
}

/* A page of device memory, at itself, whose neighbours fault; a window on it is refused. */
static void the_doorbell_is_one_page(void **state)
{
    const uint64_t page = 0x8090000;
    const struct gate_window window = { 0x40000000, 2 * PAGE, BOTH, 0 },
                             on = { page, PAGE, BOTH, 0 };
    uint64_t physical = 0, last;

    (void)state;
    tables_begin(&tables, AT);
    assert_true(tables_doorbell(&tables, page + 0x40));
    assert_true(tables_map(&tables, &window, 44));
    last = tables.entry[3][page >> 12 & 511];
    assert_int_equal(last >> 2 & 7, 1); /* attribute */
    assert_int_equal(last & 0xfffffffff000ull, page);
    assert_int_equal(last & 3, 3);
    assert_int_equal(tables.entry[3][(page >> 12 & 511) - 1], 0);
    assert_int_equal(tables.entry[3][(page >> 12 & 511) + 1], 0);
    assert_int_equal(walk(page - 1, &physical), 0);
    assert_int_equal(walk(page + PAGE, &physical), 0);
    agrees(&window, 1, 0x40000000);
    assert_false(tables_map(&tables, &on, 44));
}

static void pages_and_blocks_mean_themselves(void **state)
{
    const struct gate_window window[] = {
        { 0x40000000, PAGE, BOTH, 0 },
        { 0x40002000, PAGE, READ, 0 },
        { 0x40000000 + BLOCK - PAGE, 2 * BLOCK + 2 * PAGE, BOTH, 0 },
        { 0x80000000, 64 * BLOCK, READ, 0 },
        { (1ull << 44) - PAGE, PAGE, BOTH, 0 },
    };

    (void)state;
    assert_true(build(window, 5));
    assert_int_equal(tables.count, 9); /* the root, 5 around 0x40000000, 3 at the end */
    all_agree(window, 5);
}

/* A guest's memory: blocks where both addresses allow it, pages else. */
static void a_window_is_seen_elsewhere(void **state)
{
    const struct gate_window blocks[] = {
        { 0x80000000, 64 * BLOCK, BOTH, 0x40000 },
        { 0x40000000, PAGE, READ, 0 }, /* the function sees the other there */
    };
    const struct gate_window pages[] = { { 0x80000000 + PAGE, 3 * BLOCK, BOTH, 0x40000 } };

    (void)state;
    assert_true(build(blocks, 1));
    assert_int_equal(tables.count, 3);
    all_agree(blocks, 1);
    assert_false(build(blocks, 2));
    assert_true(build(pages, 1));
    assert_int_equal(tables.count, 6);
    all_agree(pages, 1);
}

static void what_no_function_has_is_refused(void **state)
{
    static const struct gate_window bad[] = {
        { 0x40000800, PAGE, BOTH, 0 },
        { 0x40000000, PAGE + 1, BOTH, 0 },
        { 0x40000000, PAGE, TESS_RIGHT_WRITE, 0 },
        { 0x40000000, PAGE, 0, 0 },
        { 0x40000000, PAGE, BOTH | TESS_RIGHT_EXEC, 0 },
        { 1ull << 44, PAGE, BOTH, 0 },
        { (1ull << 44) - PAGE, 2 * PAGE, BOTH, 0 },
        { UINT64_MAX - PAGE + 1, PAGE, BOTH, 0 },
        { PAGE, UINT64_MAX - PAGE + 1, BOTH, 0 },
    };

    (void)state;
    for (uint32_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(build(&bad[i], 1));
    }
}

static void windows_that_overlap_are_refused(void **state)
{
    const struct gate_window pages[] = { { 0x40000000, 4 * PAGE, BOTH, 0 },
                                         { 0x40003000, PAGE, READ, 0 } };
    const struct gate_window in_block[] = { { 0x40000000, BLOCK, BOTH, 0 },
                                            { 0x40003000, PAGE, READ, 0 } };
    const struct gate_window around[] = { { 0x40003000, PAGE, READ, 0 },
                                          { 0x40000000, BLOCK, BOTH, 0 } };

    (void)state;
    assert_false(build(pages, 2));
    assert_false(build(in_block, 2));
    assert_false(build(around, 2));
}

static void too_many_tables_are_refused(void **state)
{
    struct gate_window window[TABLES_MAX];

    (void)state;
    for (uint32_t i = 0; i < TABLES_MAX; i++) {
        window[i] = (struct gate_window){ 0x40000000 + i * BLOCK, PAGE, BOTH, 0 };
    }
    assert_true(build(window, TABLES_MAX - 3));
    assert_int_equal(tables.count, TABLES_MAX);
    all_agree(window, TABLES_MAX - 3);
    assert_false(build(window, TABLES_MAX - 2));
}

/* Sizes from a page to some blocks, near and far, most of them disjoint. */
static struct gate_window any_window(void)
{
    uint64_t base = random() % 3 ? 0x40000000 : (uint64_t)random() << 12;
    uint64_t pages = random() % 4 ? 1 + random() % 40 : 1 + random() % 2000;

    return (struct gate_window){ base + random() % 3000 * PAGE, pages * PAGE,
                                 random() % 2 ? READ : BOTH,
                                 random() % 4 ? 0 : 0x40000 + (uint32_t)random() % 3000 };
}

static bool overlaps(const struct gate_window *a, const struct gate_window *b)
{
    return tables_seen(a) < tables_seen(b) + b->bytes && tables_seen(b) < tables_seen(a) + a->bytes;
}

static void any_windows_are_what_is_reached(void **state)
{
    uint32_t built = 0;

    (void)state;
    srandom(1);
    for (uint32_t i = 0; i < 3000; i++) {
        struct gate_window window[8];
        uint32_t count = 1 + (uint32_t)random() % 8;
        bool is_disjoint = true;

        for (uint32_t n = 0; n < count; n++) {
            window[n] = any_window();
            for (uint32_t m = 0; m < n; m++) {
                is_disjoint = is_disjoint && !overlaps(&window[m], &window[n]);
            }
        }
        if (build(window, count)) {
            assert_true(is_disjoint);
            all_agree(window, count);
            built++;
        } else {
            assert_true(!is_disjoint || tables.count == TABLES_MAX);
        }
    }
    assert_true(built > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_window_means_that_all_faults),
        cmocka_unit_test(the_doorbell_is_one_page),
        cmocka_unit_test(pages_and_blocks_mean_themselves),
        cmocka_unit_test(a_window_is_seen_elsewhere),
        cmocka_unit_test(what_no_function_has_is_refused),
        cmocka_unit_test(windows_that_overlap_are_refused),
        cmocka_unit_test(too_many_tables_are_refused),
        cmocka_unit_test(any_windows_are_what_is_reached),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
