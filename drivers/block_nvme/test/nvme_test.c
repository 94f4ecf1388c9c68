/*
 * A pair of NVMe queues with a controller of the test: one that completes in any order, and one that writes anything as a completion.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <tess/random.h>

#include "../nvme.h"

enum { SIZE = 8, ROUNDS = 100000 };

static uint64_t random_state = 1;

static uint64_t random64(void)
{
    return tess_random(&random_state);
}

/* A pair of queues, its memory, and the controller's end of it. */
struct world {
    struct nvme_queue q;
    struct nvme_command commands[SIZE];
    struct nvme_completion completions[SIZE];
    uint32_t bells[4];
    uint32_t seen;      /* of the submission queue */
    uint32_t has[SIZE]; /* identifiers of commands that it has not completed */
    uint32_t count;
    uint32_t tail; /* of the completion queue */
    bool phase;
};

static void begin(struct world *w)
{
    memset(w, 0, sizeof *w);
    w->phase = true;
    nvme_queue_open(&w->q, 1, SIZE, (uint8_t *)w->commands, (uint8_t *)w->completions,
                    (uint8_t *)w->bells - 8, 4);
}

static void send(struct world *w, uint32_t id)
{
    const struct nvme_command c = { .id = NVME_READ, .data = { id } };

    nvme_send(&w->q, id, &c);
}

/* The controller takes what it was told of. */
static void fetch(struct world *w)
{
    while (w->seen != w->bells[0]) {
        const struct nvme_command *c = &w->commands[w->seen];

        assert_int_equal(c->id & 0xffff, NVME_READ);
        assert_int_equal(c->id >> 16, c->data[0]);
        w->has[w->count++] = c->id >> 16;
        w->seen = (w->seen + 1) % SIZE;
    }
}

/* It completes one of those that it has. */
static void complete(struct world *w, uint32_t status)
{
    uint32_t which = (uint32_t)random64() % w->count;
    struct nvme_completion *c = &w->completions[w->tail];

    assert_int_not_equal((w->tail + 1) % SIZE, w->bells[1]);
    c->queue = w->seen | 1u << 16;
    c->status = w->has[which] | (uint32_t)w->phase << 16 | status << 17;
    w->has[which] = w->has[--w->count];
    w->tail = (w->tail + 1) % SIZE;
    w->phase ^= w->tail == 0;
}

static void commands_come_back_once_in_any_order(void **state)
{
    struct world w;
    struct nvme_done done;
    uint32_t sent = 0, back = 0;
    bool is_out[NVME_IDS] = { false };

    (void)state;
    begin(&w);
    while (back < ROUNDS) {
        while (nvme_has_room(&w.q) && random64() % 4) {
            uint32_t id = sent++ % NVME_IDS;

            if (is_out[id]) {
                continue;
            }
            is_out[id] = true;
            send(&w, id);
        }
        fetch(&w);
        while (w.count && random64() % 4) {
            complete(&w, 0x281);
        }
        while (random64() % 8 && nvme_collect(&w.q, &done) == NVME_OK) {
            assert_true(is_out[done.id]);
            assert_int_equal(done.status, 0x281);
            is_out[done.id] = false;
            back++;
        }
        nvme_collected(&w.q);
        assert_int_equal(w.bells[1], w.q.next);
        for (uint32_t at = w.q.tail; at != w.q.head; at = (at + 1) % SIZE) {
            assert_int_equal(w.commands[at].id, NVME_NO_COMMAND); /* fetched, or never sent */
        }
    }
}

static void there_is_room_for_all_but_one(void **state)
{
    struct world w;
    struct nvme_done done;

    (void)state;
    begin(&w);
    for (uint32_t i = 0; i < SIZE - 1; i++) {
        assert_true(nvme_has_room(&w.q));
        send(&w, i);
    }
    assert_false(nvme_has_room(&w.q));
    fetch(&w);
    assert_int_equal(w.count, SIZE - 1);
    complete(&w, 0);
    assert_int_equal(nvme_collect(&w.q, &done), NVME_OK);
    assert_false(nvme_has_room(&w.q)); /* its place has not been given back */
    nvme_collected(&w.q);
    assert_true(nvme_has_room(&w.q));
}

static enum nvme_result answer(uint32_t queue, uint32_t status)
{
    struct world w;
    struct nvme_done done;

    begin(&w);
    send(&w, 5);
    w.completions[0].queue = queue;
    w.completions[0].status = status;
    return nvme_collect(&w.q, &done);
}

static void a_completion_of_nothing_is_refused(void **state)
{
    (void)state;
    assert_int_equal(answer(1u << 16 | 1, 1u << 16 | 5), NVME_OK);
    assert_int_equal(answer(1u << 16 | 1, 5), NVME_NONE);
    assert_int_equal(answer(1u << 16 | 1, 1u << 16 | 6), NVME_BROKEN);        /* not out */
    assert_int_equal(answer(1u << 16 | 1, 1u << 16 | NVME_IDS), NVME_BROKEN); /* no identifier */
    assert_int_equal(answer(2u << 16 | 1, 1u << 16 | 5), NVME_BROKEN);        /* another queue's */
    assert_int_equal(answer(1u << 16 | 2, 1u << 16 | 5), NVME_BROKEN);        /* beyond the tail */
    assert_int_equal(answer(1u << 16 | SIZE, 1u << 16 | 5), NVME_BROKEN);
}

static void anything_written_by_the_device_keeps_the_books(void **state)
{
    struct world w;
    struct nvme_done done;

    (void)state;
    begin(&w);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint32_t id = (uint32_t)random64() % 16, out = 0;
        struct nvme_completion *c = &w.completions[random64() % SIZE];

        if (nvme_has_room(&w.q) && !w.q.is_out[id]) {
            send(&w, id);
        }
        c->queue = (uint32_t)(random64() % (SIZE + 1) | (random64() % 8 ? 1u << 16 : random64()));
        c->status = (uint32_t)(random64() % 20 | random64() % 2 << 16);
        if (nvme_collect(&w.q, &done) == NVME_BROKEN) {
            begin(&w);
        }
        nvme_collected(&w.q);
        for (uint32_t n = 0; n < NVME_IDS; n++) {
            out += w.q.is_out[n];
        }
        assert_int_equal(out, w.q.out);
        assert_true(w.q.out < SIZE && w.q.tail < SIZE && w.q.next < SIZE);
    }
}

/* Where the device finds byte `at` of the data. */
static uint64_t found(const struct nvme_command *c, const uint64_t *list, uint64_t list_address,
                      uint32_t bytes, uint32_t at)
{
    uint64_t first = NVME_PAGE - c->data[0] % NVME_PAGE;

    if (at < first) {
        return c->data[0] + at;
    }
    if (bytes <= first + NVME_PAGE) {
        return c->data[1] + (at - first);
    }
    assert_int_equal(c->data[1], list_address);
    return list[(at - first) / NVME_PAGE] + (at - first) % NVME_PAGE;
}

static void data_is_found_where_it_lies(void **state)
{
    enum { MOST = 64 * 1024 };
    uint64_t *list = malloc(NVME_LIST(MOST) * sizeof *list);

    (void)state;
    assert_non_null(list);
    for (uint32_t i = 0; i < 2000; i++) {
        uint64_t address = 0x40000000 + (random64() % 0x4000 & ~3ull);
        uint32_t bytes = 512 * (uint32_t)(1 + random64() % (MOST / 512));
        struct nvme_command c = { 0 };

        nvme_place(&c, address, bytes, list, 0x12000);
        for (uint32_t at = 0; at < bytes; at += 4) {
            assert_int_equal(found(&c, list, 0x12000, bytes, at), address + at);
        }
    }
    free(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_come_back_once_in_any_order),
        cmocka_unit_test(there_is_room_for_all_but_one),
        cmocka_unit_test(a_completion_of_nothing_is_refused),
        cmocka_unit_test(anything_written_by_the_device_keeps_the_books),
        cmocka_unit_test(data_is_found_where_it_lies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
