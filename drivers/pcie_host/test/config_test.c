/* Lists of capabilities and places of registers, of devices that keep to the rules, and of ones that do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../config.h"

enum { AREA = 0x200000, SPACES = 100000, SETS = 100000 };

static uint8_t *space; /* of its exact size: the address sanitizer sees what is outside */

static void put(uint32_t offset, uint32_t value)
{
    config_write(space, offset, value);
}

static void put_list(uint32_t first)
{
    memset(space, 0, CONFIG_BYTES);
    put(CONFIG_COMMAND, STATUS_HAS_CAPABILITIES);
    put(CONFIG_CAPABILITIES, first);
}

/* ---- capabilities ---- */

static void a_capability_is_found(void **state)
{
    (void)state;
    put_list(0x43); /* the low two bits mean nothing: PCI 6.7 */
    put(0x40, 0x05 | 0xfc << 8);
    put(0xfc, CAPABILITY_EXPRESS | 0x80 << 8);
    put(0x80, CAPABILITY_POWER);
    assert_int_equal(config_capability(space, CAPABILITY_EXPRESS), 0xfc);
    assert_int_equal(config_capability(space, CAPABILITY_POWER), 0x80);
    assert_int_equal(config_capability(space, 0x11), 0);
    put(CONFIG_COMMAND, 0);
    assert_int_equal(config_capability(space, CAPABILITY_EXPRESS), 0);
}

static void a_list_that_makes_no_sense_ends(void **state)
{
    (void)state;
    put_list(0x40);
    put(0x40, 0x05 | 0x40 << 8);
    assert_int_equal(config_capability(space, CAPABILITY_POWER), 0);
    put(0x40, 0x05 | 0x10 << 8); /* into the header */
    put(0x10, CAPABILITY_POWER);
    assert_int_equal(config_capability(space, CAPABILITY_POWER), 0);
    memset(space, 0xff, CONFIG_BYTES); /* it has gone */
    assert_int_equal(config_capability(space, CAPABILITY_POWER), 0);
}

static void a_random_space_is_harmless(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < SPACES; i++) {
        uint32_t at;

        for (uint32_t offset = 0; offset < 256; offset += 4) {
            put(offset, (uint32_t)random() << 1 ^ (uint32_t)random());
        }
        at = config_capability(space, CAPABILITY_EXPRESS);
        assert_true(at == 0 || (at >= 0x40 && at < 256 && at % 4 == 0));
        assert_in_range(config_bars(space), 0, BARS);
    }
}

/* ---- registers ---- */

static void registers_lie_in_order(void **state)
{
    /* 128 KiB, 128 KiB, I/O, 16 KiB of 64 bits, 4 KiB */
    static const uint32_t mask[BARS] = { 0xfffe0000, 0xfffe0000, 0xffffffe1,
                                         0xffffc00c, 0xffffffff, 0xfffff000 };
    struct bar bar[BARS];

    (void)state;
    assert_true(bars_place(bar, mask, BARS, AREA));
    assert_int_equal(bar[1].offset, 0x20000);
    assert_int_equal(bar[2].bytes, 0);
    assert_int_equal(bar[3].offset, 0x40000);
    assert_int_equal(bar[3].bytes, 0x4000);
    assert_int_equal(bar[4].bytes, 0);
    assert_int_equal(bar[5].offset, 0x44000);
}

static void registers_without_room_are_refused(void **state)
{
    static const uint32_t wrong[][BARS] = {
        { 0xffc00000 },                         /* 4 MiB */
        { 0xffe00000, 0xfffff000 },             /* 2 MiB and 4 KiB */
        { 0xff5ff000 },                         /* no power of two */
        { 0x00000004, 0xfffffff0 },             /* 64 GiB */
        { 0xfffff004, 0x00000000 },             /* bits are missing */
        { 0xfffff000, 0xfff00000, 0xfff00000 }, /* alignment */
    };
    struct bar bar[BARS];

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(bars_place(bar, wrong[i], BARS, AREA));
    }
}

static uint32_t random_mask(void)
{
    uint32_t r = (uint32_t)random();

    switch (r % 4) {
    case 0:
        return UINT32_MAX << (r >> 8) % 32 | (r >> 16 & 0xf);
    case 1:
        return r & 16 ? 0 : UINT32_MAX;
    case 2:
        return (uint32_t)random() << 1;
    default:
        return UINT32_MAX << (12 + (r >> 8) % 9);
    }
}

/* Also of those of which some have no room: the others have theirs. */
static void registers_never_overlap(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < SETS; i++) {
        uint32_t mask[BARS];
        uint64_t end = 0;
        struct bar bar[BARS];

        for (uint32_t k = 0; k < BARS; k++) {
            mask[k] = random_mask();
        }
        (void)bars_place(bar, mask, (uint32_t)random() % (BARS + 1), AREA);
        for (uint32_t k = 0; k < BARS; k++) {
            if (bar[k].bytes) {
                assert_true(bar[k].offset >= end && bar[k].offset % bar[k].bytes == 0);
                end = (uint64_t)bar[k].offset + bar[k].bytes;
            }
        }
        assert_in_range(end, 0, AREA);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_capability_is_found),
        cmocka_unit_test(a_list_that_makes_no_sense_ends),
        cmocka_unit_test(a_random_space_is_harmless),
        cmocka_unit_test(registers_lie_in_order),
        cmocka_unit_test(registers_without_room_are_refused),
        cmocka_unit_test(registers_never_overlap),
    };
    int failed;

    space = malloc(CONFIG_BYTES);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(space);
    return failed;
}
