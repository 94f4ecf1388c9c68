/* A ring of the 82574 with a card of the test, which takes and gives back in order; and what it may not have read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <tess/random.h>

#include "../ring.h"

enum { ROUNDS = 100000 };

static uint64_t random_state = 1;

static uint64_t random64(void)
{
    return tess_random(&random_state);
}

static struct ring ring;
static struct ring_descriptor memory[RING_ENTRIES];

static void frames_come_back_in_order(void **state)
{
    uint32_t head = 0, put = 0, taken = 0, id;
    uint64_t word;

    (void)state;
    ring_open(&ring, (uint8_t *)memory);
    while (taken < ROUNDS) {
        while (ring.count < RING_ENTRIES - 1 && random64() % 64) {
            ring_put(&ring, put % 1000, put, RING_SEND | put % 1000);
            put++;
        }
        while (head != ring_tail(&ring) && random64() % 64) {
            assert_int_equal(memory[head].word, RING_SEND | memory[head].address % 1000);
            memory[head].word |= 1ull << 32;
            head = (head + 1) % RING_ENTRIES;
        }
        while (ring_take(&ring, &id, &word)) {
            assert_int_equal(id, taken % 1000);
            assert_int_equal(RING_BYTES(word), id);
            taken++;
        }
        assert_true(ring.count || head == ring.first);
    }
}

static void what_the_card_does_not_have_does_not_come_back(void **state)
{
    uint32_t id;
    uint64_t word;

    (void)state;
    ring_open(&ring, (uint8_t *)memory);
    for (uint32_t i = 0; i < RING_ENTRIES; i++) {
        memory[i].word = ~0ull;
    }
    assert_false(ring_take(&ring, &id, &word));
    ring_put(&ring, 7, 0x1000, 0);
    assert_false(ring_take(&ring, &id, &word));
    memory[0].word = 0x0000170300000042; /* errors, last, done; 66 bytes */
    assert_true(ring_take(&ring, &id, &word));
    assert_int_equal(id, 7);
    assert_true(RING_LAST(word));
    assert_int_equal(RING_BYTES(word), 66);
    assert_int_equal(RING_ERRORS(word), 0x17);
    assert_false(ring_take(&ring, &id, &word));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_come_back_in_order),
        cmocka_unit_test(what_the_card_does_not_have_does_not_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
