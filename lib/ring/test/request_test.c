/*
 * Requests and completions: both sides die at random, rings are spoilt; every request is completed once for the client, in the
 * end, and one that kills its server is completed with POISON.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <recover/replay.h>
#include <tess/random.h>

enum { DEPTH = 8, SIZE = 1024, IDS = 20000 };

struct world {
    unsigned char
        *memory[4]; /* requests: producer's, consumer's; completions: producer's, consumer's */
    struct replay_slot kept[DEPTH];
    struct replay client;
    struct request_server server;
    struct request window[DEPTH];
    struct request_note notes[REQUEST_NOTES(SIZE)];
    uint32_t generation;
    uint32_t in_hand[DEPTH]; /* slots that the server has not completed */
    uint64_t number[DEPTH];  /* of the submission, by slot */
    uint32_t count;
    uint64_t argument[IDS]; /* by number of submission */
    uint32_t completed[IDS], executed[IDS];
    uint64_t submitted;
    bool is_spoilt;     /* a request may be in the ring twice */
    bool is_room_asked; /* the server waits until completions are taken */
};

static uint64_t random_state;

static uint64_t random64(void)
{
    return tess_random(&random_state);
}

static void client_start(struct world *w)
{
    bool whole = true;

    whole &= ring_attach_producer(&w->client.requests, w->memory[0], w->memory[1], SIZE) == TESS_OK;
    if (ring_attach_consumer(&w->client.completions, w->memory[3], w->memory[2], SIZE) != TESS_OK) {
        ring_resync(&w->client.completions);
        whole = false;
    }
    (void)replay_attach(&w->client, w->kept, DEPTH, ++w->generation, whole);
}

static void server_start(struct world *w)
{
    w->count = 0;
    (void)ring_attach_producer(&w->server.completions, w->memory[2], w->memory[3], SIZE);
    if (ring_attach_consumer(&w->server.requests, w->memory[1], w->memory[0], SIZE) != TESS_OK) {
        ring_resync(&w->server.requests);
    }
    assert_int_equal(request_attach(&w->server, w->notes, w->window, DEPTH, 32), TESS_OK);
}

static struct world *begin(void)
{
    struct world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    for (int i = 0; i < 4; i++) {
        uint64_t bytes = i % 2 ? RING_CONSUMER_BYTES : RING_PRODUCER_BYTES(SIZE);

        assert_int_equal(posix_memalign((void **)&w->memory[i], RING_PAGE, bytes), 0);
        memset(w->memory[i], 0, bytes);
    }
    client_start(w);
    server_start(w);
    return w;
}

static void end(struct world *w)
{
    for (int i = 0; i < 4; i++) {
        free(w->memory[i]);
    }
    free(w);
}

static void submit(struct world *w, uint32_t tag)
{
    uint64_t id, argument[2] = { w->submitted, random64() };

    if (w->submitted < IDS &&
        replay_submit(&w->client, tag, argument, sizeof argument, &id) == TESS_OK) {
        w->argument[w->submitted++] = argument[1];
    }
}

/* With more than are noted a request may be done again after it was completed. */
static uint32_t result_words(uint64_t number)
{
    return (uint32_t)(number % 4);
}

static enum tess_err take(struct world *w)
{
    struct ring_record r;
    uint32_t slot;
    enum tess_err err = request_take(&w->server, &r, &slot);

    if (err == TESS_OK) {
        bool is_nothing = w->client.nothing && ring_tag(&r) == w->client.nothing;

        w->in_hand[w->count++] = slot;
        w->number[slot] = ring_word(&r, 1);
        assert_true(w->count <= DEPTH);
        assert_true(ring_word(&r, 1) < IDS);
        assert_int_equal(ring_word(&r, 2), w->argument[ring_word(&r, 1)]);
        assert_true(w->is_spoilt || is_nothing || !w->completed[ring_word(&r, 1)] ||
                    result_words(ring_word(&r, 1)) > REQUEST_NOTE_WORDS);
        w->executed[ring_word(&r, 1)] += !is_nothing;
    } else if (err == TESS_PROTOCOL) {
        ring_resync(&w->server.requests);
        server_start(w);
    }
    return err;
}

/* Completes one in hand, any; the result is the number that the request carried. */
static void complete(struct world *w)
{
    uint32_t which = (uint32_t)(random64() % w->count), slot = w->in_hand[which];
    uint64_t number = w->number[slot];
    const uint64_t result[3] = { ~number, 2 * number, 0 };

    if (request_complete(&w->server, slot, 7, result, 8 * result_words(number)) == TESS_OK) {
        w->in_hand[which] = w->in_hand[--w->count];
    }
}

/* Those of the incarnation that completed it, also if it is told by another one. */
static void check_results(const struct replay_completion *c, uint64_t number)
{
    const uint64_t result[3] = { ~number, 2 * number, 0 };

    assert_int_equal(ring_bytes(&c->record), REQUEST_ID_BYTES + 8 * result_words(number));
    for (uint32_t i = 0; i < result_words(number); i++) {
        assert_int_equal(ring_word(&c->record, 1 + i), result[i]);
    }
}

static void collect(struct world *w)
{
    struct replay_completion c;

    if (replay_peek(&w->client, &c) == TESS_OK) {
        uint64_t argument[2];

        memcpy(argument, w->kept[c.id % DEPTH].arguments, sizeof argument);
        assert_true(c.status == 7 || c.status == TESS_POISON);
        if (c.status == 7) {
            check_results(&c, argument[0]);
        }
        w->completed[argument[0]] += c.status == 7 ? 1 : 100;
        replay_done(&w->client, &c);
    }
    w->is_room_asked = ring_need_room(&w->client.completions, &c.record);
    (void)replay_issue(&w->client);
}

static void step(struct world *w)
{
    switch (random64() % 4) {
    case 0:
        submit(w, 1);
        break;
    case 1:
        (void)take(w);
        break;
    case 2:
        if (w->count > 0) {
            complete(w);
        }
        break;
    default:
        collect(w);
        break;
    }
}

/* Nobody dies any more: all is completed in bounded time. */
static void settle(struct world *w)
{
    for (int i = 0; i < 200; i++) {
        collect(w);
        (void)take(w);
        if (w->count > 0) {
            complete(w);
        }
    }
}

static void without_deaths_each_is_done_once(void **state)
{
    struct world *w = begin();

    (void)state;
    random_state = 3;
    while (w->submitted < IDS) {
        step(w);
    }
    settle(w);
    for (uint64_t i = 0; i < IDS; i++) {
        assert_int_equal(w->completed[i], 1);
        assert_int_equal(w->executed[i], 1);
    }
    assert_int_equal(w->client.duplicates, 0);
    end(w);
}

static void with_deaths_each_is_completed_once(void **state)
{
    struct world *w = begin();
    uint64_t again = 0;

    (void)state;
    random_state = 5;
    while (w->submitted < IDS) {
        step(w);
        if (random64() % 40 == 0) {
            server_start(w);
            settle(w); /* else two deaths would make a request POISON */
        }
        if (random64() % 40 == 0) {
            client_start(w);
        }
    }
    settle(w);
    for (uint64_t i = 0; i < IDS; i++) {
        assert_int_equal(w->completed[i], 1);
        assert_true(w->executed[i] >= 1);
        again += w->executed[i] - 1;
    }
    assert_true(again > 100); /* the deaths hit something */
    end(w);
}

/* One word of a page that holds an index. */
static void spoil(struct world *w)
{
    int i = (int)(random64() % 4);
    uint64_t at = i % 2 ? random64() % 8 * 8 : 0, value = random64() >> random64() % 64;

    memcpy(w->memory[i] + at, &value, sizeof value);
}

static void with_spoilt_rings_each_is_completed_once(void **state)
{
    struct world *w = begin();

    (void)state;
    random_state = 9;
    w->is_spoilt = true;
    while (w->submitted < IDS) {
        step(w);
        if (random64() % 100 == 0) {
            /* What a dying side has spoilt; then both begin again. */
            spoil(w);
            client_start(w);
            server_start(w);
            settle(w);
            client_start(w);
        }
    }
    settle(w);
    for (uint64_t i = 0; i < IDS; i++) {
        assert_int_equal(w->completed[i] % 100 + w->completed[i] / 100, 1);
    }
    end(w);
}

/* A mad server's index is nonsense; the client finds that, asks for everything again, and has the server restarted.  Nothing is begun that was completed. */
static void what_is_asked_again_is_not_done_late(void **state)
{
    struct world *w = begin();
    uint64_t renewed = 0;

    (void)state;
    random_state = 27;
    w->client.nothing = 0xffff;
    while (w->submitted < IDS) {
        step(w);
        if (random64() % 100 == 0) {
            uint64_t value = random64() >> random64() % 64, next = w->client.next_id;

            memcpy(w->memory[2], &value, sizeof value);
            collect(w);
            renewed += w->client.next_id != next;
            server_start(w);
            settle(w);
        }
    }
    settle(w);
    for (uint64_t i = 0; i < IDS; i++) {
        assert_int_equal(w->completed[i] % 100 + w->completed[i] / 100, 1);
    }
    assert_true(renewed > 100);
    end(w);
}

static void a_request_that_kills_is_poison_and_the_others_are_not(void **state)
{
    struct world *w = begin();
    int deaths = 0;

    (void)state;
    random_state = 15;
    for (uint64_t i = 0; i < 6; i++) {
        submit(w, i == 3 ? 666 : 1);
    }
    for (int turn = 0; turn < 200; turn++) {
        uint64_t cursor = w->server.cursor;
        enum tess_err err = take(w);

        if (err == TESS_OK) {
            const uint64_t *record = (const void *)(w->memory[0] + RING_RECORDS_AT + cursor % SIZE);

            if (record[0] >> 32 == 666) {
                server_start(w);
                deaths++;
                continue;
            }
        }
        if (err != TESS_OK || turn % 2) {
            if (w->count > 0) {
                complete(w);
            }
        }
        collect(w);
    }
    assert_int_equal(deaths, 2);
    for (uint64_t i = 0; i < 6; i++) {
        assert_int_equal(w->completed[i], i == 3 ? 100 : 1);
    }
    end(w);
}

/*
 * A server that waits says so: whoever publishes a request that it could take must be told to wake it, also when it has
 * requests in hand that it cannot retire.
 */
static void a_server_with_requests_in_hand_is_woken(void **state)
{
    struct world *w = begin();
    bool sleeps = false;
    uint32_t woken = 0;

    (void)state;
    random_state = 21;
    for (int i = 0; i < 200000 && w->submitted < IDS; i++) {
        if (!sleeps) {
            while (take(w) == TESS_OK) {
            }
            sleeps = request_want_wake(&w->server);
        } else if (random64() % 4 == 0) {
            submit(w, 1);
            if (replay_need_wake(&w->client)) {
                sleeps = false;
                woken++;
            }
            /* asleep with something to take, unless it could take nothing before it completes */
            assert_true(!sleeps || w->server.requests.peer->head == w->server.cursor ||
                        w->server.count == DEPTH || !request_has_room(&w->server) ||
                        w->server.careful > w->server.cursor);
        } else if (w->count > 0 && random64() % 2) {
            complete(w); /* the device's interrupt wakes it, too */
            sleeps = false;
        } else {
            for (int k = 0; k < 4 * DEPTH; k++) { /* all there is: only then room is announced */
                collect(w);
                sleeps = sleeps && !w->is_room_asked && !replay_need_wake(&w->client);
            }
        }
        if (random64() % 1000 == 0) {
            server_start(w);
            sleeps = false;
        }
    }
    assert_true(woken > 1000);
    end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_deaths_each_is_done_once),
        cmocka_unit_test(with_deaths_each_is_completed_once),
        cmocka_unit_test(with_spoilt_rings_each_is_completed_once),
        cmocka_unit_test(what_is_asked_again_is_not_done_late),
        cmocka_unit_test(a_server_with_requests_in_hand_is_woken),
        cmocka_unit_test(a_request_that_kills_is_poison_and_the_others_are_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
