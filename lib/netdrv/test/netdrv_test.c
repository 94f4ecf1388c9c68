/* The fifo against a plain list, and what is read from a frame. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <netdrv/ether.h>
#include <netdrv/fifo.h>
#include <tess/random.h>

static uint64_t random_state = 3;

static uint64_t random64(void)
{
    return tess_random(&random_state);
}

static struct {
    uint32_t id[ID_FIFO_MAX], count;
} list;

static uint32_t list_take(uint32_t at)
{
    uint32_t id = list.id[at];

    list.count--;
    memmove(&list.id[at], &list.id[at + 1], (list.count - at) * sizeof list.id[0]);
    return id;
}

static bool list_has(uint32_t id)
{
    for (uint32_t i = 0; i < list.count; i++) {
        if (list.id[i] == id) {
            return true;
        }
    }
    return false;
}

static void put(struct id_fifo *f)
{
    uint32_t id = (uint32_t)random64() % ID_FIFO_MAX;

    if (!list_has(id)) {
        id_fifo_put(f, id);
        list.id[list.count++] = id;
    }
}

static void drop(struct id_fifo *f)
{
    uint32_t from = (uint32_t)random64() % ID_FIFO_MAX, to = from + (uint32_t)random64() % 64;

    id_fifo_drop(f, from, to);
    for (uint32_t i = 0; i < list.count;) {
        if (list.id[i] >= from && list.id[i] < to) {
            (void)list_take(i);
        } else {
            i++;
        }
    }
}

static void a_fifo_is_in_order(void **state)
{
    struct id_fifo *f = calloc(1, sizeof *f);

    (void)state;
    assert_non_null(f);
    for (uint32_t i = 0; i < 200000; i++) {
        uint64_t what = random64() % 256;

        if (what == 0) {
            drop(f);
        } else if (what < (i / 1000 % 2 ? 90 : 170)) { /* it becomes full, and empty */
            put(f);
        } else if (list.count) {
            assert_int_equal(id_fifo_first(f), list.id[0]);
            assert_int_equal(id_fifo_take(f), list_take(0));
        }
        assert_int_equal(f->count, list.count);
    }
    free(f);
}

static void a_frame_says_from_whom_to_whom(void **state)
{
    const uint8_t frame[ETHER_HEADER] = { 1, 2, 3, 4, 5, 6, 0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 8 };
    const uint8_t all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

    (void)state;
    assert_int_equal(ether_destination(frame), 0x060504030201);
    assert_true(ether_destination(frame) & ETHER_GROUP);
    assert_int_equal(ether_source(frame), 0xf5f4f3f2f1f0);
    assert_false(ether_source(frame) & ETHER_GROUP);
    assert_int_equal(ether_address(all), ETHER_BROADCAST);
}

static void sizes_have_bounds(void **state)
{
    (void)state;
    assert_false(ether_may_send(ETHER_HEADER - 1));
    assert_true(ether_may_send(ETHER_HEADER));
    assert_true(ether_may_send(ETHER_FRAME_MAX));
    assert_false(ether_may_send(ETHER_FRAME_MAX + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fifo_is_in_order),
        cmocka_unit_test(a_frame_says_from_whom_to_whom),
        cmocka_unit_test(sizes_have_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
