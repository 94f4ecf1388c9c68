/*
 * Unit tests of the ring in one thread: order, room, wake-ups, restarts between any two steps, and a peer that writes garbage.
 * The two sides' memory is allocated to the byte, so that the address sanitizer sees any access outside.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <ring/ring.h>
#include <tess/random.h>

struct world {
    unsigned char *theirs, *ours; /* producer's pages, consumer's page */
    uint64_t size;
    struct ring_producer p;
    struct ring_consumer c;
};

static uint64_t random_state;

static uint64_t random64(void)
{
    return tess_random(&random_state);
}

static void begin(struct world *w, uint64_t size)
{
    *w = (struct world){ .size = size };
    w->ours = aligned_alloc(RING_PAGE, RING_CONSUMER_BYTES);
    assert_non_null(w->ours);
    assert_int_equal(posix_memalign((void **)&w->theirs, RING_PAGE, RING_PRODUCER_BYTES(size)), 0);
    memset(w->theirs, 0, RING_PRODUCER_BYTES(size));
    memset(w->ours, 0, RING_CONSUMER_BYTES);
    assert_int_equal(ring_attach_producer(&w->p, w->theirs, w->ours, size), TESS_OK);
    assert_int_equal(ring_attach_consumer(&w->c, w->ours, w->theirs, size), TESS_OK);
}

static void end(struct world *w)
{
    free(w->theirs);
    free(w->ours);
}

/* Payload that can be checked from its number alone. */
static void fill(unsigned char *to, uint64_t number, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++) {
        to[i] = (unsigned char)(number * 31 + i);
    }
}

static uint32_t bytes_of(uint64_t number, uint64_t size)
{
    return (uint32_t)((number * 0x9e3779b97f4a7c15ull >> 32) % (RING_PAYLOAD_MAX(size) + 1));
}

static enum tess_err put(struct world *w, uint64_t number)
{
    struct ring_space space;
    uint32_t bytes = bytes_of(number, w->size);
    enum tess_err err = ring_reserve(&w->p, (uint32_t)number, bytes, &space);

    if (err == TESS_OK) {
        fill(space.payload, number, bytes);
        ring_publish(&w->p, &space);
    }
    return err;
}

static void check(struct world *w, const struct ring_record *r, uint64_t number)
{
    unsigned char want[4096], got[4096];
    uint32_t bytes = bytes_of(number, w->size);

    assert_int_equal(ring_tag(r), (uint32_t)number);
    assert_int_equal(ring_bytes(r), bytes);
    fill(want, number, bytes);
    ring_copy(r, 0, bytes, got);
    assert_memory_equal(want, got, bytes);
}

static void records_pass_in_order_and_whole(void **state)
{
    (void)state;
    for (uint64_t size = RING_SIZE_MIN; size <= 4096; size *= 2) {
        struct world w;
        struct ring_record r;
        uint64_t in = 0, out = 0;

        begin(&w, size);
        random_state = size;
        while (out < 3000) {
            if (random64() % 2) {
                in += put(&w, in) == TESS_OK;
            } else if (ring_peek(&w.c, &r) == TESS_OK) {
                check(&w, &r, out++);
                ring_advance(&w.c, &r);
            } else {
                assert_int_equal(in, out);
            }
        }
        end(&w);
    }
}

static void room_is_what_the_sizes_say(void **state)
{
    struct ring_space space;
    struct ring_record r;
    struct world w;

    (void)state;
    begin(&w, 256);
    /* The largest payload fits from any position of an empty ring. */
    for (int i = 0; i < 40; i++) {
        assert_int_equal(ring_reserve(&w.p, 1, RING_PAYLOAD_MAX(256), &space), TESS_OK);
        ring_publish(&w.p, &space);
        assert_int_equal(ring_peek(&w.c, &r), TESS_OK);
        assert_int_equal(ring_bytes(&r), RING_PAYLOAD_MAX(256));
        ring_advance(&w.c, &r);
        assert_int_equal(ring_reserve(&w.p, 2, (uint32_t)(i % 64), &space), TESS_OK);
        ring_publish(&w.p, &space);
        assert_int_equal(ring_peek(&w.c, &r), TESS_OK);
        assert_int_equal(ring_bytes(&r), i % 64);
        ring_advance(&w.c, &r);
    }
    assert_int_equal(ring_reserve(&w.p, 1, 256, &space), TESS_ARG);
    assert_int_equal(ring_reserve(&w.p, 1, UINT32_MAX, &space), TESS_ARG);
    assert_int_equal(ring_peek(&w.c, &r), TESS_AGAIN);
    end(&w);
    begin(&w, 64);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(ring_reserve(&w.p, 1, 0, &space), TESS_OK);
        ring_publish(&w.p, &space);
    }
    assert_int_equal(ring_reserve(&w.p, 1, 0, &space), TESS_AGAIN);
    assert_int_equal(ring_attach_producer(&w.p, w.theirs, w.ours, 96), TESS_ARG);
    assert_int_equal(ring_attach_consumer(&w.c, w.ours, w.theirs, 32), TESS_ARG);
    end(&w);
}

static void the_consumer_is_woken_once_and_only_when_it_sleeps(void **state)
{
    struct ring_record r;
    struct world w;

    (void)state;
    begin(&w, 1024);
    assert_int_equal(put(&w, 0), TESS_OK);
    assert_false(ring_need_wake(&w.p));
    assert_false(ring_want_wake(&w.c)); /* there is a record */
    assert_int_equal(ring_peek(&w.c, &r), TESS_OK);
    ring_advance(&w.c, &r);
    for (int i = 0; i < 3; i++) {
        assert_true(ring_want_wake(&w.c));
        assert_false(ring_need_wake(&w.p)); /* nothing to wake it for */
        assert_int_equal(put(&w, 1), TESS_OK);
        assert_true(ring_need_wake(&w.p));
        assert_int_equal(put(&w, 2), TESS_OK);
        assert_false(ring_need_wake(&w.p)); /* it is being woken */
        assert_int_equal(ring_peek(&w.c, &r), TESS_OK);
        check(&w, &r, 1);
        ring_advance(&w.c, &r);
        assert_false(ring_need_wake(&w.p));
        assert_int_equal(ring_peek(&w.c, &r), TESS_OK);
        ring_advance(&w.c, &r);
    }
    /* A producer that dies between publishing and signalling: its successor signals. */
    assert_true(ring_want_wake(&w.c));
    assert_int_equal(put(&w, 3), TESS_OK);
    assert_int_equal(ring_attach_producer(&w.p, w.theirs, w.ours, w.size), TESS_OK);
    assert_true(ring_need_wake(&w.p));
    ring_awake(&w.c);
    assert_false(ring_need_wake(&w.p));
    end(&w);
}

/* Fills the ring and asks for room; the number of the record that did not fit. */
static uint64_t fill_up(struct world *w, uint64_t number)
{
    while (put(w, number) == TESS_OK) {
        number++;
    }
    assert_true(ring_want_room(&w->p, bytes_of(number, w->size)));
    return number;
}

static void the_producer_is_told_of_room(void **state)
{
    struct ring_record r;
    struct world w;
    uint64_t in = 0, out = 0;

    (void)state;
    begin(&w, 512);
    for (int turn = 0; turn < 200; turn++) {
        bool told = false;

        in = fill_up(&w, in);
        while (!told) {
            enum tess_err err = ring_peek(&w.c, &r);

            told = ring_need_room(&w.c, &r);
            if (err == TESS_AGAIN) {
                assert_true(told); /* at the latest when all is free */
                break;
            }
            check(&w, &r, out++);
            ring_advance(&w.c, &r);
        }
        if (turn % 3 == 0) { /* a consumer that dies before it tells: its successor does */
            assert_int_equal(ring_attach_consumer(&w.c, w.ours, w.theirs, w.size), TESS_OK);
            (void)ring_peek(&w.c, &r);
            assert_true(ring_need_room(&w.c, &r));
        }
    }
    end(&w);
}

static void a_restart_between_any_two_steps_loses_and_repeats_nothing(void **state)
{
    struct ring_record r;
    struct ring_space space;
    struct world w;
    uint64_t in = 0, out = 0,
             done = UINT64_MAX; /* sequence of the last record completed, in kept memory */

    (void)state;
    begin(&w, 512);
    random_state = 7;
    while (out < 20000) {
        switch (random64() % 6) {
        case 0: /* the producer dies with a record half written */
            if (ring_reserve(&w.p, 99, 40, &space) == TESS_OK) {
                memset(space.payload, 0xee, 40);
            }
            /* fall through */
        case 1:
            assert_int_equal(ring_attach_producer(&w.p, w.theirs, w.ours, w.size), TESS_OK);
            break;
        case 2: /* the consumer dies with a record in hand, done or not */
            if (ring_peek(&w.c, &r) == TESS_OK && r.sequence != done && random64() % 2) {
                check(&w, &r, out++);
                done = r.sequence;
            }
            assert_int_equal(ring_attach_consumer(&w.c, w.ours, w.theirs, w.size), TESS_OK);
            break;
        case 3:
            if (ring_peek(&w.c, &r) == TESS_OK) {
                if (r.sequence != done) {
                    check(&w, &r, out++);
                    done = r.sequence;
                }
                ring_advance(&w.c, &r);
            } else {
                assert_int_equal(in, out);
            }
            break;
        default:
            in += put(&w, in) == TESS_OK;
        }
    }
    end(&w);
}

static void deaths_are_counted_for_the_record_in_hand(void **state)
{
    struct ring_record r;
    struct world w;

    (void)state;
    begin(&w, 1024);
    assert_int_equal(put(&w, 0), TESS_OK);
    assert_int_equal(put(&w, 1), TESS_OK);
    assert_int_equal(ring_attach_consumer(&w.c, w.ours, w.theirs, w.size), TESS_OK);
    assert_int_equal(ring_deaths(&w.c), 0); /* it had not looked */
    for (uint64_t n = 1; n < 4; n++) {
        assert_int_equal(ring_peek(&w.c, &r), TESS_OK);
        assert_int_equal(ring_attach_consumer(&w.c, w.ours, w.theirs, w.size), TESS_OK);
        assert_int_equal(ring_deaths(&w.c), n);
        assert_int_equal(ring_attach_consumer(&w.c, w.ours, w.theirs, w.size), TESS_OK);
        assert_int_equal(ring_deaths(&w.c), n); /* died before it looked */
    }
    assert_int_equal(ring_peek(&w.c, &r), TESS_OK);
    ring_advance(&w.c, &r);
    assert_int_equal(ring_deaths(&w.c), 0);
    assert_int_equal(ring_attach_consumer(&w.c, w.ours, w.theirs, w.size), TESS_OK);
    assert_int_equal(ring_deaths(&w.c), 0);
    end(&w);
}

/* Garbage as a faulty or hostile peer writes it: anything, or near what belongs there. */
static void spoil(unsigned char *memory, uint64_t bytes)
{
    uint64_t at = random64() % 3 ? RING_RECORDS_AT : 0, value = random64();

    if (at >= bytes || at == 0) {
        at = random64() % 8 * 8;
    } else {
        at += random64() % (bytes - at) & ~7ull;
    }
    memcpy(&value, memory + at, random64() % 4 ? sizeof value : 0);
    switch (random64() % 6) {
    case 0:
        value = random64();
        break;
    case 1:
        value ^= 1ull << random64() % 64;
        break;
    case 2:
        value += (random64() % 64 - 32) * (random64() % 2 ? 16 : 1);
        break;
    case 3:
        value = RING_SKIP;
        break;
    case 4:
        value = 0;
        break;
    default:
        value = RING_WORD(random64(), random64() % (4 * bytes));
        break;
    }
    memcpy(memory + at, &value, sizeof value);
}

static void a_hostile_producer_gets_protocol_and_nothing_else(void **state)
{
    unsigned char sink[8192];
    uint64_t refused = 0, taken = 0;
    struct world w;

    (void)state;
    random_state = 11;
    begin(&w, 256);
    for (uint64_t i = 0; i < 300000; i++) {
        struct ring_record r;
        enum tess_err err;

        if (random64() % 2 && put(&w, i) == TESS_PROTOCOL && random64() % 4 == 0) {
            /* Its supervisor gives it a new incarnation. */
            (void)ring_attach_producer(&w.p, w.theirs, w.ours, w.size);
        }
        if (random64() % 3 == 0) {
            spoil(w.theirs, RING_PRODUCER_BYTES(w.size));
        }
        err = ring_peek(&w.c, &r);
        (void)ring_need_room(&w.c, &r);
        (void)ring_want_wake(&w.c);
        if (err == TESS_OK) {
            assert_true(ring_bytes(&r) <= w.size);
            assert_true(r.next - r.sequence - 1 < w.size);
            ring_copy(&r, 0, ring_bytes(&r), sink);
            ring_advance(&w.c, &r);
            taken++;
        } else if (err == TESS_PROTOCOL) {
            ring_resync(&w.c);
            refused++;
        } else {
            assert_int_equal(err, TESS_AGAIN);
        }
    }
    assert_true(refused > 5000 && taken > 5000);
    /* All is well when the garbage stops. */
    (void)ring_attach_producer(&w.p, w.theirs, w.ours, w.size);
    ring_resync(&w.c);
    for (uint64_t i = 0; i < 100; i++) {
        struct ring_record r;

        assert_int_equal(put(&w, i), TESS_OK);
        assert_int_equal(ring_peek(&w.c, &r), TESS_OK);
        check(&w, &r, i);
        ring_advance(&w.c, &r);
    }
    end(&w);
}

static void a_hostile_consumer_gets_protocol_and_nothing_else(void **state)
{
    uint64_t refused = 0, written = 0;
    struct world w;

    (void)state;
    random_state = 13;
    begin(&w, 256);
    for (uint64_t i = 0; i < 300000; i++) {
        enum tess_err err;

        if (random64() % 3 == 0) {
            spoil(w.ours, RING_CONSUMER_BYTES);
        }
        err = put(&w, i);
        (void)ring_need_wake(&w.p);
        assert_true(w.p.head - w.p.tail <= w.size);
        written += err == TESS_OK;
        refused += err == TESS_PROTOCOL;
        if (err != TESS_OK) {
            (void)ring_want_room(&w.p, 8);
        }
        if (random64() % 8 == 0) { /* the consumer's next incarnation */
            (void)ring_attach_consumer(&w.c, w.ours, w.theirs, w.size);
            ring_resync(&w.c);
        }
        if (random64() % 64 == 0) {
            (void)ring_attach_producer(&w.p, w.theirs, w.ours, w.size);
        }
    }
    assert_true(refused > 10000 && written > 10000);
    end(&w);
}

static void a_jump_or_step_back_is_noticed(void **state)
{
    static const int64_t by[] = { 4096, 512, -48, -16, 16, 1ll << 40 };
    struct ring_record r;

    (void)state;
    for (unsigned i = 0; i < sizeof by / sizeof *by; i++) {
        struct world w;
        enum tess_err err;
        int turns = 0;

        begin(&w, 256);
        for (uint64_t n = 0; n < 3; n++) {
            assert_int_equal(put(&w, n), TESS_OK);
            assert_int_equal(ring_peek(&w.c, &r), TESS_OK);
            ring_advance(&w.c, &r);
        }
        assert_int_equal(put(&w, 3), TESS_OK);
        w.p.own->head += (uint64_t)by[i];
        do { /* what is whole is still taken */
            err = ring_peek(&w.c, &r);
            if (err == TESS_OK) {
                check(&w, &r, 3);
                ring_advance(&w.c, &r);
            }
        } while (err == TESS_OK && ++turns < 4);
        assert_int_equal(err, TESS_PROTOCOL);
        assert_int_equal(ring_peek(&w.c, &r), TESS_PROTOCOL);
        /* The producer's next incarnation finds it, too, and the two agree again. */
        (void)ring_attach_producer(&w.p, w.theirs, w.ours, w.size);
        ring_resync(&w.c);
        assert_int_equal(put(&w, 4), TESS_OK);
        assert_int_equal(ring_peek(&w.c, &r), TESS_OK);
        check(&w, &r, 4);
        end(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_pass_in_order_and_whole),
        cmocka_unit_test(room_is_what_the_sizes_say),
        cmocka_unit_test(the_consumer_is_woken_once_and_only_when_it_sleeps),
        cmocka_unit_test(the_producer_is_told_of_room),
        cmocka_unit_test(a_restart_between_any_two_steps_loses_and_repeats_nothing),
        cmocka_unit_test(deaths_are_counted_for_the_record_in_hand),
        cmocka_unit_test(a_hostile_producer_gets_protocol_and_nothing_else),
        cmocka_unit_test(a_hostile_consumer_gets_protocol_and_nothing_else),
        cmocka_unit_test(a_jump_or_step_back_is_noticed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
