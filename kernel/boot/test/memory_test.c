/* Unit tests of boot/memory.c, on the build machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define LOOP_BOUND(n) ((void)0)
#include "../memory.c"
#include "../../loader/ranges.c"

#define PAGE ((word_t)TESS_PAGE)
#define BASE 0x40000000ull /* where RAM begins in all tests */

word_t test_direct;
static char arena[64 * TESS_PAGE] __attribute__((aligned(TESS_PAGE)));
static jmp_buf died;
static const char *last_words;

_Noreturn void boot_die(const char *why)
{
    last_words = why;
    longjmp(died, 1);
}

void arch_zero_page(void *page)
{
    memset(page, 0, TESS_PAGE);
}

static struct handoff h;

static int setup(void **state)
{
    (void)state;
    memset(&memory, 0, sizeof(memory));
    memset(&device, 0, sizeof(device));
    memset(&h, 0, sizeof(h));
    memset(arena, 0xa5, sizeof(arena));
    test_direct = (word_t)arena - BASE;
    last_words = NULL;
    h.pa_bits = 44;
    h.ram_count = 1;
    h.ram[0] = (struct handoff_range){ BASE, 64 * PAGE };
    return 0;
}

static void use(word_t base, word_t bytes)
{
    h.used[h.used_count++] = (struct handoff_range){ base, bytes };
}

static void expect(const struct ranges *r, uint32_t i, word_t base, word_t bytes)
{
    assert_true(i < r->count);
    assert_int_equal(r->at[i].base, base);
    assert_int_equal(r->at[i].bytes, bytes);
}

static void free_is_ram_without_what_is_used(void **state)
{
    (void)state;
    use(BASE, 2 * PAGE);             /* at the start */
    use(BASE + 8 * PAGE, PAGE);      /* inside */
    use(BASE + 60 * PAGE, 4 * PAGE); /* at the end */
    boot_memory_init(&h);
    const struct ranges *r = boot_free();
    assert_int_equal(r->count, 2);
    expect(r, 0, BASE + 9 * PAGE, 51 * PAGE);
    expect(r, 1, BASE + 2 * PAGE, 6 * PAGE);
}

static void a_used_part_of_a_page_takes_the_page(void **state)
{
    (void)state;
    use(BASE + 4 * PAGE + 100, 1);
    use(BASE + 6 * PAGE - 1, 2);
    boot_memory_init(&h);
    const struct ranges *r = boot_free();
    assert_int_equal(r->count, 2);
    expect(r, 0, BASE + 7 * PAGE, 57 * PAGE);
    expect(r, 1, BASE, 4 * PAGE);
}

static void a_range_that_is_used_whole_vanishes(void **state)
{
    (void)state;
    h.ram_count = 2;
    h.ram[1] = (struct handoff_range){ BASE + 128 * PAGE, PAGE };
    use(BASE + 128 * PAGE, PAGE);
    boot_memory_init(&h);
    assert_int_equal(boot_free()->count, 1);
    expect(boot_free(), 0, BASE, 64 * PAGE);
}

static void a_used_range_across_two_ram_ranges_cuts_both(void **state)
{
    (void)state;
    h.ram_count = 2;
    h.ram[0].bytes = 4 * PAGE;
    h.ram[1] = (struct handoff_range){ BASE + 8 * PAGE, 8 * PAGE };
    use(BASE + 2 * PAGE, 8 * PAGE);
    boot_memory_init(&h);
    const struct ranges *r = boot_free();
    assert_int_equal(r->count, 2);
    expect(r, 0, BASE + 10 * PAGE, 6 * PAGE);
    expect(r, 1, BASE, 2 * PAGE);
}

static void device_memory_is_all_but_ram_and_the_kernels_devices(void **state)
{
    (void)state;
    h.device_count = 1;
    h.device[0] = (struct handoff_range){ 0x8000000, 0x10000 };
    boot_memory_init(&h);
    const struct ranges *r = boot_device();
    word_t end = BASE + 64 * PAGE;
    assert_int_equal(r->count, 3);
    expect(r, 0, end, (1ull << 40) - end);
    expect(r, 1, 0x8010000, BASE - 0x8010000);
    expect(r, 2, 0, 0x8000000);
}

static void device_memory_ends_where_physical_addresses_end(void **state)
{
    (void)state;
    h.pa_bits = 36;
    boot_memory_init(&h);
    word_t end = BASE + 64 * PAGE;
    expect(boot_device(), 0, end, (1ull << 36) - end);
}

static void memory_is_taken_from_the_smallest_range_that_suffices(void **state)
{
    (void)state;
    use(BASE + 3 * PAGE, PAGE);  /* leaves 3 pages below */
    use(BASE + 10 * PAGE, PAGE); /* 6 between, 53 above */
    boot_memory_init(&h);
    assert_int_equal(boot_paddr(boot_alloc(4 * PAGE)), BASE + 4 * PAGE);
    assert_int_equal(boot_paddr(boot_alloc(1)), BASE + 8 * PAGE);
    assert_int_equal(boot_paddr(boot_alloc(PAGE + 1)), BASE);
    assert_int_equal(boot_paddr(boot_alloc(PAGE)), BASE + 2 * PAGE);
    const struct ranges *r = boot_free();
    assert_int_equal(r->count, 2);
    expect(r, 0, BASE + 11 * PAGE, 53 * PAGE);
    expect(r, 1, BASE + 9 * PAGE, PAGE);
}

static void memory_is_zeroed_and_nothing_else_is_touched(void **state)
{
    (void)state;
    boot_memory_init(&h);
    const char *p = boot_alloc(2 * PAGE);
    for (word_t i = 0; i < 2 * PAGE; i++) {
        assert_int_equal(p[i], 0);
    }
    assert_int_equal((unsigned char)p[2 * PAGE], 0xa5);
}

static void too_little_memory_is_said(void **state)
{
    (void)state;
    boot_memory_init(&h);
    if (setjmp(died) == 0) {
        boot_alloc(65 * PAGE);
        fail();
    }
    assert_string_equal(last_words, "too little memory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(free_is_ram_without_what_is_used, setup),
        cmocka_unit_test_setup(a_used_part_of_a_page_takes_the_page, setup),
        cmocka_unit_test_setup(a_range_that_is_used_whole_vanishes, setup),
        cmocka_unit_test_setup(a_used_range_across_two_ram_ranges_cuts_both, setup),
        cmocka_unit_test_setup(device_memory_is_all_but_ram_and_the_kernels_devices, setup),
        cmocka_unit_test_setup(device_memory_ends_where_physical_addresses_end, setup),
        cmocka_unit_test_setup(memory_is_taken_from_the_smallest_range_that_suffices, setup),
        cmocka_unit_test_setup(memory_is_zeroed_and_nothing_else_is_touched, setup),
        cmocka_unit_test_setup(too_little_memory_is_said, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
