/*
 * Checksums of a connection, with a disk of the test: requests in flight in any order, over each other, done twice; clients that die;
 * nothing wrong is ever said to be wrong that is right, and what is wrong is found.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <comp/cover.h>
#include <comp/crc32c.h>

enum { BLOCKS = 40, COVERED = 32, BYTES = 16, LARGEST = 6, SLOTS = 8, ROUNDS = 300000 };

/* A request, and the disk that does it at some time between begin and end. */
struct request {
    enum comp_cover_kind kind; /* NONE: the slot is free */
    uint64_t first, count;
    uint8_t data[LARGEST * BYTES];
};

static struct {
    uint8_t disk[BLOCKS * BYTES];
    struct comp_cover cover;
    struct request request[SLOTS];
    uint32_t version, alarms;
} t;

static void start_client(void)
{
    struct comp_cover_memory *memory = t.cover.memory;

    t.cover = (struct comp_cover){ .memory = memory, .blocks = COVERED, .block_bytes = BYTES };
    memset(t.request, 0, sizeof t.request);
    comp_cover_attach(&t.cover);
}

static int start(void **state)
{
    (void)state;
    srand(1);
    memset(&t, 0, sizeof t);
    t.cover.memory = calloc(1, sizeof *t.cover.memory + COVERED * sizeof(uint32_t));
    start_client();
    return t.cover.memory == NULL;
}

static int end(void **state)
{
    (void)state;
    free(t.cover.memory);
    return 0;
}

static void begin(uint32_t slot, enum comp_cover_kind kind, uint64_t first, uint64_t count)
{
    struct request *r = &t.request[slot];

    *r = (struct request){ .kind = kind, .first = first, .count = count };
    if (kind == COMP_COVER_WRITE) {
        for (uint64_t i = 0; i < count * BYTES; i++) {
            r->data[i] = (uint8_t)rand();
        }
    }
    comp_cover_begin(&t.cover, slot, kind, first, count, r->data);
}

/* The disk does it, perhaps not for the first time. */
static void serve(uint32_t slot)
{
    struct request *r = &t.request[slot];
    uint8_t *at = t.disk + r->first * BYTES;

    if (r->kind == COMP_COVER_WRITE) {
        memcpy(at, r->data, r->count * BYTES);
    } else if (r->kind == COMP_COVER_READ) {
        memcpy(r->data, at, r->count * BYTES);
    }
}

static bool finish(uint32_t slot, bool is_ok)
{
    t.request[slot].kind = COMP_COVER_NONE;
    return comp_cover_end(&t.cover, slot, is_ok);
}

/* Alone in flight. */
static bool request(enum comp_cover_kind kind, uint64_t first, uint64_t count)
{
    begin(0, kind, first, count);
    serve(0);
    return finish(0, true);
}

static void knows_the_sum(void **state)
{
    (void)state;
    assert_int_equal(comp_crc32c("123456789", 9), 0xe3069283); /* RFC 3720 has the polynomial */
    assert_int_equal(comp_crc32c("", 0), 0);
}

static void finds_what_is_wrong(void **state)
{
    (void)state;
    assert_true(request(COMP_COVER_READ, 3, 2)); /* taken as it is */
    t.disk[4 * BYTES] ^= 1;
    assert_false(request(COMP_COVER_READ, 4, 1));
    assert_true(request(COMP_COVER_READ, 3, 1));
    assert_true(request(COMP_COVER_WRITE, 3, 6));
    assert_true(request(COMP_COVER_READ, 0, 6));
    begin(0, COMP_COVER_WRITE, 5, 2); /* lost */
    assert_true(finish(0, true));
    assert_false(request(COMP_COVER_READ, 0, 6));
    begin(0, COMP_COVER_WRITE, 5, 2); /* failed: may have been done or not */
    assert_true(finish(0, false));
    assert_true(request(COMP_COVER_READ, 0, 6));
    t.disk[5 * BYTES + 3] ^= 128;
    assert_false(request(COMP_COVER_READ, 5, 1));
}

static void covers_so_much(void **state)
{
    (void)state;
    assert_true(request(COMP_COVER_WRITE, COVERED - 1, 2));
    t.disk[COVERED * BYTES] ^= 1;
    assert_true(request(COMP_COVER_READ, COVERED - 1, 2));
    assert_true(request(COMP_COVER_READ, COVERED, 2));
    t.disk[COVERED * BYTES - 1] ^= 1;
    assert_false(request(COMP_COVER_READ, COVERED - 1, 2));
    comp_cover_begin(&t.cover, 0, COMP_COVER_WRITE, UINT64_MAX, 2, t.disk);
    assert_true(comp_cover_end(&t.cover, 0, true));
}

/* A read that overlaps a write in flight, and what two writes in flight have in common. */
static void does_not_know_what_overlaps(void **state)
{
    (void)state;
    assert_true(request(COMP_COVER_WRITE, 0, 6));
    begin(0, COMP_COVER_READ, 0, 4);
    serve(0); /* the old one */
    begin(1, COMP_COVER_WRITE, 2, 4);
    serve(1);
    assert_true(finish(1, true));
    assert_true(finish(0, true));
    assert_true(request(COMP_COVER_READ, 0, 6)); /* the new one is known all the same */
    begin(0, COMP_COVER_WRITE, 0, 4);
    begin(1, COMP_COVER_WRITE, 2, 4);
    serve(1);
    serve(0);
    assert_true(finish(0, true));
    assert_true(finish(1, true));
    t.disk[2 * BYTES] ^= 1;
    assert_true(request(COMP_COVER_READ, 0, 6));
    t.disk[1 * BYTES] ^= 1;
    assert_false(request(COMP_COVER_READ, 0, 6));
}

static void survives_its_client(void **state)
{
    (void)state;
    assert_true(request(COMP_COVER_WRITE, 0, 6));
    begin(0, COMP_COVER_WRITE, 2, 2); /* not done when the client dies */
    start_client();
    assert_true(request(COMP_COVER_READ, 0, 6));
    t.disk[5 * BYTES] ^= 1;
    start_client();
    assert_false(request(COMP_COVER_READ, 5, 1));
    t.cover.memory->mark[3].first = 7; /* one that wrote anything */
    t.cover.memory->mark[3].count = UINT64_MAX;
    t.cover.memory->mark[4].first = t.cover.memory->mark[4].count = UINT64_MAX;
    start_client();
    assert_true(request(COMP_COVER_READ, 7, 5));
}

/* Anything, in any order: no false alarm. */
static void step(void)
{
    uint32_t slot = (uint32_t)rand() % SLOTS;
    struct request *r = &t.request[slot];
    uint64_t first = (uint64_t)rand() % (BLOCKS - LARGEST);

    if (r->kind == COMP_COVER_NONE) {
        begin(slot, rand() % 2 ? COMP_COVER_READ : COMP_COVER_WRITE, first,
              1 + (uint64_t)rand() % LARGEST);
    } else if (rand() % 2) {
        serve(slot);
    } else if (rand() % 16 == 0) {
        assert_true(finish(slot, false));
    } else {
        serve(slot);
        assert_true(finish(slot, true));
    }
}

static void all_over(bool is_crash)
{
    for (uint32_t i = 0; i < SLOTS; i++) {
        if (t.request[i].kind != COMP_COVER_NONE && is_crash) {
            serve(i); /* the next client waits until they are over */
        } else if (t.request[i].kind != COMP_COVER_NONE) {
            serve(i);
            assert_true(finish(i, true));
        }
    }
}

static void says_nothing_wrong(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        step();
        if (rand() % 64 == 0) {
            all_over(true);
            start_client();
        } else if (rand() % 64 == 0) {
            uint64_t at = (uint64_t)rand() % COVERED;

            all_over(false);
            assert_true(request(COMP_COVER_WRITE, at, 1));
            t.disk[at * BYTES + (uint64_t)rand() % BYTES] ^= (uint8_t)(1 << rand() % 8);
            assert_false(request(COMP_COVER_READ, at, 1));
            assert_true(request(COMP_COVER_WRITE, at, 1));
        }
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(knows_the_sum),       TEST(finds_what_is_wrong),
        TEST(covers_so_much),      TEST(does_not_know_what_overlaps),
        TEST(survives_its_client), TEST(says_nothing_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
