/* The label of a mirror: what is written is read, and what is damaged is none, whatever its bytes are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../label.h"

/* Of disks from the smallest to the largest: chunks are enough for all, and labels lie behind what the client sees. */
static void sizes(void **state)
{
    static struct label l;

    (void)state;
    assert_false(label_make(&l, "m", 0));
    assert_false(label_make(&l, "m", LABEL_ROOM));
    assert_false(label_make(&l, "m", LABEL_ROOM + 7));
    for (uint64_t sectors = LABEL_ROOM + 8; sectors < UINT64_MAX / 4; sectors = sectors * 3 / 2) {
        assert_true(label_make(&l, "m", sectors));
        assert_int_equal(l.sectors % 8, 0);
        assert_true(label_chunks(&l) <= LABEL_CHUNKS);
        assert_true(label_chunks(&l) << l.chunk >= l.sectors);
        assert_true(label_place(sectors, 0) >= l.sectors);
        assert_int_equal(label_place(sectors, 1), label_place(sectors, 0) + LABEL_SECTORS);
        assert_true(label_place(sectors, 1) + LABEL_SECTORS <= sectors);
        l.number = 1;
        label_seal(&l, 1);
        assert_true(label_is(&l, sectors));
        assert_false(label_is(&l, l.sectors + LABEL_ROOM - 1)); /* on a smaller disk */
    }
}

static void chunks(void **state)
{
    static struct label l;
    static uint8_t want[LABEL_CHUNKS];

    (void)state;
    assert_true(label_make(&l, "m", 1ull << 33));
    srand(1);
    for (uint32_t i = 0; i < 100000; i++) {
        uint32_t chunk = (uint32_t)rand() % (uint32_t)label_chunks(&l), is = (uint32_t)rand() % 4;

        want[chunk] = (uint8_t)is;
        label_set_chunk(&l, chunk, (enum chunk)is);
    }
    for (uint32_t i = 0; i < label_chunks(&l); i++) {
        assert_int_equal(label_chunk(&l, i), want[i]);
    }
}

/* Each bit counts; and a label that was sealed with nonsense is none. */
static void damage(void **state)
{
    static struct label good, l;
    const uint64_t sectors = 100000;

    (void)state;
    assert_true(label_make(&good, "a mirror", sectors));
    good.number = 3;
    label_seal(&good, 0);
    for (uint32_t bit = 0; bit < 8 * sizeof l; bit += bit < 8 * 600 ? 1 : 97) {
        l = good;
        ((uint8_t *)&l)[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(label_is(&l, sectors));
    }
    srand(2);
    for (uint32_t i = 0; i < 20000; i++) {
        l = good;
        for (uint32_t n = (uint32_t)rand() % 8 + 1; n; n--) {
            ((uint8_t *)&l)[8 + (uint32_t)rand() % 64] = (uint8_t)rand();
        }
        label_seal(&l, (uint32_t)rand() % 3);
        if (label_is(&l, sectors)) {
            assert_true(l.disk < 2 && label_chunks(&l) <= LABEL_CHUNKS && strlen(l.name) < 32);
            assert_true(l.sectors && l.sectors <= label_place(sectors, 0));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),
        cmocka_unit_test(chunks),
        cmocka_unit_test(damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
