/* Bytes keep their positions whatever the order of putting, copying and being done; nonsense changes nothing, madness empties. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include <consoledrv/ring.h>

#define SIZE 16u

static uint64_t in, out;
static uint8_t bytes[SIZE];
static const struct consoledrv_ring ring = { &in, &out, bytes, SIZE };

static uint8_t byte_at(uint64_t position)
{
    return (uint8_t)(position * 7 + position / 256);
}

static void bytes_keep_their_positions(void **state)
{
    uint8_t to[SIZE];

    (void)state;
    in = out = 0;
    for (uint32_t round = 0; round < 2000; round++) {
        uint32_t most = round * 5 % (SIZE + 1), got;

        for (uint32_t i = 0; i < round % 11 && consoledrv_room(&ring); i++) {
            consoledrv_put(&ring, byte_at(in));
        }
        got = consoledrv_copy(&ring, to, most);
        assert_true(got <= most && got <= consoledrv_held(&ring));
        assert_true(got == most || got == consoledrv_held(&ring));
        for (uint32_t i = 0; i < got; i++) {
            assert_int_equal(to[i], byte_at(out + i));
        }
        consoledrv_done(&ring, out + (got ? round % (got + 1) : 0));
        assert_int_equal(consoledrv_held(&ring) + consoledrv_room(&ring), SIZE);
    }
    assert_true(out > 1000);
}

static void nonsense_changes_nothing(void **state)
{
    (void)state;
    in = 20;
    out = 10;
    consoledrv_done(&ring, 9);
    consoledrv_done(&ring, 21);
    consoledrv_done(&ring, UINT64_MAX);
    assert_int_equal(out, 10);
    consoledrv_done(&ring, 20);
    assert_int_equal(out, 20);
}

static void madness_empties(void **state)
{
    (void)state;
    in = 30;
    out = 30 - SIZE;
    consoledrv_repair(&ring);
    assert_int_equal(consoledrv_held(&ring), SIZE);
    out--;
    consoledrv_repair(&ring);
    assert_int_equal(consoledrv_held(&ring), 0);
    in = 3;
    out = 4;
    consoledrv_repair(&ring);
    assert_int_equal(consoledrv_room(&ring), SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_keep_their_positions),
        cmocka_unit_test(nonsense_changes_nothing),
        cmocka_unit_test(madness_empties),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
