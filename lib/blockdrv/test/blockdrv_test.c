/* Requests that wait go in order; sectors that are not there are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include <blockdrv/blockdrv.h>

static void who_waits_goes_in_order(void **state)
{
    uint32_t next[8], put = 0, gone = 0;
    struct blockdrv_waiting w;

    (void)state;
    blockdrv_waiting_init(&w, next);
    for (uint32_t round = 0; round < 100; round++) {
        for (uint32_t i = 0; i < round % 9 && put - gone < 8; i++) {
            blockdrv_wait(&w, put++ * 5 % 8);
        }
        for (uint32_t i = 0; i < round % 7 && w.first != BLOCKDRV_NONE; i++) {
            assert_int_equal(w.first, gone++ * 5 % 8);
            blockdrv_go(&w);
        }
        assert_int_equal(w.first == BLOCKDRV_NONE, put == gone);
    }
}

static void sectors_beyond_the_end_are_not_there(void **state)
{
    (void)state;
    assert_true(blockdrv_is_there(100, 0, 100));
    assert_true(blockdrv_is_there(100, 100, 0));
    assert_false(blockdrv_is_there(100, 0, 101));
    assert_false(blockdrv_is_there(100, 101, 0));
    assert_false(blockdrv_is_there(100, 99, 2));
    assert_false(blockdrv_is_there(100, UINT64_MAX, 2));
    assert_true(blockdrv_is_there(UINT64_MAX, UINT64_MAX - 1, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_waits_goes_in_order),
        cmocka_unit_test(sectors_beyond_the_end_are_not_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
