/* The fifo against a plain list, what is read from a frame, and each edge of the ear. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <netdrv/ear.h>
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

/* ---- the ear ---- */

/* Sends at once and then each 10 ms for that long; the strikes. */
static uint32_t send_for(struct ear *e, uint64_t *now, uint64_t ns, uint64_t crashes)
{
    uint64_t end = *now + ns;
    uint32_t strikes = 0;

    for (;; *now += 10000000) {
        strikes += ear_sent(e, *now, crashes);
        if (*now >= end) {
            return strikes;
        }
    }
}

static void who_is_answered_hears(void **state)
{
    struct ear e = { 0 };

    (void)state;
    for (uint64_t now = 5; now < 100 * (uint64_t)EAR_NS; now += EAR_NS - 1) {
        assert_false(ear_sent(&e, now, 0));
        assert_int_equal(e.state, EAR_ASKED);
        ear_heard(&e);
        assert_int_equal(e.state, EAR_HEARS);
    }
}

static void who_sends_nothing_waits_for_nothing(void **state)
{
    struct ear e = { 0 };

    (void)state;
    ear_heard(&e);
    assert_false(ear_sent(&e, 1000ull * EAR_NS, 0)); /* the silence begins now */
    assert_false(ear_sent(&e, 1001ull * EAR_NS - 1, 0));
    assert_true(ear_sent(&e, 1001ull * EAR_NS, 0));
}

static void a_deaf_driver_is_found_and_forgiven(void **state)
{
    struct ear e = { 0 };
    uint64_t now = 77;

    (void)state;
    e.doublings = 2; /* of former silences */
    assert_int_equal(send_for(&e, &now, 3ull * EAR_NS << 2, 0), 3);
    assert_int_equal(send_for(&e, &now, EAR_NS, 1), 0); /* it was restarted */
    assert_int_equal(e.state, EAR_FRESH);
    ear_heard(&e);
    assert_int_equal(e.state, EAR_HEARS);
    assert_int_equal(e.doublings, 0);
}

static void a_dead_wire_costs_one_restart_and_then_less(void **state)
{
    struct ear e = { 0 };
    uint64_t now = 77, crashes = 0;

    (void)state;
    for (uint32_t i = 0; i < 6; i++) {
        uint64_t patience = EAR_NS * (1ull << (i < 3 ? i : 3));

        assert_int_equal(send_for(&e, &now, 3 * patience, crashes), 3);
        crashes++;
        assert_int_equal(send_for(&e, &now, patience, crashes), 0);
        assert_int_equal(e.state, EAR_BELIEVED);
        assert_int_equal(send_for(&e, &now, EAR_BELIEVED_NS - 20000000, crashes), 0);
        assert_int_equal(e.state, EAR_BELIEVED);
        ear_heard(&e);
        assert_int_equal(e.state, EAR_HEARS);
        now += 10000000;
    }
    assert_int_equal(1u << e.doublings, EAR_PATIENCE_MAX);
}

static void who_died_of_something_else_has_its_time(void **state)
{
    struct ear e = { 0 };
    uint64_t now = 77;

    (void)state;
    assert_int_equal(send_for(&e, &now, EAR_NS - 20000000, 0), 0);
    assert_int_equal(send_for(&e, &now, EAR_NS - 20000000, 1), 0);
    assert_int_equal(e.state, EAR_ASKED);
    assert_int_equal(send_for(&e, &now, 20000000, 1), 1);
}

static void who_is_not_restarted_is_believed(void **state)
{
    struct ear e = { 0 };
    uint64_t now = 77;

    (void)state;
    assert_int_equal(send_for(&e, &now, EAR_BELIEVED_NS, 0), EAR_STRIKES);
    assert_int_equal(e.state, EAR_BELIEVED);
    assert_int_equal(e.doublings, 0);
    assert_int_equal(send_for(&e, &now, 10ull * EAR_NS, 0),
                     1); /* a minute later it is suspected again */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fifo_is_in_order),
        cmocka_unit_test(a_frame_says_from_whom_to_whom),
        cmocka_unit_test(sizes_have_bounds),
        cmocka_unit_test(who_is_answered_hears),
        cmocka_unit_test(who_sends_nothing_waits_for_nothing),
        cmocka_unit_test(a_deaf_driver_is_found_and_forgiven),
        cmocka_unit_test(a_dead_wire_costs_one_restart_and_then_less),
        cmocka_unit_test(who_died_of_something_else_has_its_time),
        cmocka_unit_test(who_is_not_restarted_is_believed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
