/* Room in a buffer: what is taken is nobody else's, and all of it can be had again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include <blockdrv/room.h>

enum { PIECES = 40, HELD = 50, ROUNDS = 100000 };

static struct room room;
static bool is_taken[PIECES];
static struct {
    uint32_t bytes, offset;
} held[HELD];

/* The first place, found piece by piece; PIECES: none. */
static uint32_t place(uint32_t pieces)
{
    for (uint32_t at = 0, run = 0; at < PIECES; at++) {
        run = is_taken[at] ? 0 : run + 1;
        if (run == pieces) {
            return at + 1 - pieces;
        }
    }
    return PIECES;
}

static void mark(uint32_t offset, uint32_t bytes, bool taken)
{
    for (uint32_t i = 0; i < room_pieces(bytes); i++) {
        assert_int_equal(is_taken[offset / ROOM_PIECE + i], !taken);
        is_taken[offset / ROOM_PIECE + i] = taken;
    }
}

static void gives_the_first_place(void **state)
{
    (void)state;
    room_init(&room, PIECES * ROOM_PIECE + 100);
    srand(1);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint32_t i = (uint32_t)rand() % HELD;

        if (held[i].bytes) {
            room_give(&room, held[i].bytes, held[i].offset);
            mark(held[i].offset, held[i].bytes, false);
            held[i].bytes = 0;
        } else {
            uint32_t bytes = 1 + (uint32_t)rand() % 65536, at = place(room_pieces(bytes)), offset;

            assert_int_equal(room_take(&room, bytes, &offset), at < PIECES);
            if (at < PIECES) {
                assert_int_equal(offset, at * ROOM_PIECE);
                mark(offset, bytes, true);
                held[i].bytes = bytes;
                held[i].offset = offset;
            }
        }
    }
}

static void knows_its_borders(void **state)
{
    uint32_t offset;

    (void)state;
    room_init(&room, 0);
    assert_false(room_take(&room, 1, &offset));
    room_init(&room, 1u << 20);
    assert_false(room_take(&room, 0, &offset));
    assert_false(room_take(&room, UINT32_MAX, &offset));
    for (uint32_t i = 0; i < ROOM_PIECES_MAX; i++) {
        assert_true(room_take(&room, 512, &offset));
        assert_int_equal(offset, i * ROOM_PIECE);
    }
    assert_false(room_take(&room, 512, &offset));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_first_place),
        cmocka_unit_test(knows_its_borders),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
