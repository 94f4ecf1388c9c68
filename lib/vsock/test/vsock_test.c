/* Streams to a guest on the build machine, under sanitizers: every edge of the drawing in vsock/vsock.h, and packets at random. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <vsock/vsock.h>

#define PORT  7u
#define PLACE 8192u

static struct vsock v;
static uint8_t place[VSOCK_RECEIVES][PLACE];
static struct {
    struct vsock_header h;
    uint8_t data[PLACE];
} got[256];
static unsigned gots;
static struct vsock_stream *accepted;
static unsigned readies;
static bool echoes;

static bool accept(struct vsock *vs, struct vsock_stream *s)
{
    assert_ptr_equal(vs->owner, place);
    if (s->port != PORT) {
        return false;
    }
    accepted = s;
    return true;
}

/* What came goes back, as far as there is room; the end of one ends the other. */
static void echo(struct vsock_stream *s)
{
    uint8_t text[512];

    for (;;) {
        uint32_t n = vsock_room(s) < sizeof text ? vsock_room(s) : (uint32_t)sizeof text;
        n = vsock_read(&v, s, text, n);
        if (n == 0) {
            break;
        }
        assert_int_equal(vsock_write(&v, s, text, n), n);
    }
    if (vsock_ended(s)) {
        vsock_close(&v, s);
    }
}

static void ready(struct vsock *vs, struct vsock_stream *s)
{
    assert_ptr_equal(vs, &v);
    readies++;
    if (echoes) {
        echo(s);
    }
}

static bool takes_all; /* each receive is asked for anew at once */

static void give(struct vsock *vs, uint32_t id, uint32_t bytes)
{
    assert_true(bytes >= VSOCK_HEADER_BYTES && bytes <= PLACE && id < VSOCK_RECEIVES);
    memcpy(&got[gots % 256].h, place[id], VSOCK_HEADER_BYTES);
    memcpy(got[gots % 256].data, place[id] + VSOCK_HEADER_BYTES, bytes - VSOCK_HEADER_BYTES);
    assert_int_equal(got[gots % 256].h.bytes, bytes - VSOCK_HEADER_BYTES);
    assert_int_equal(got[gots % 256].h.to_cid, VSOCK_CID_GUEST);
    gots++;
    if (takes_all) {
        assert_true(vsock_receive(vs, id, place[id], PLACE));
    }
}

static const struct vsock_use use = { accept, ready, give };

static int start(void **state)
{
    (void)state;
    gots = 0;
    vsock_init(&v, &use, place);
    readies = 0;
    accepted = NULL;
    echoes = false;
    takes_all = true;
    for (uint32_t i = 0; i < 4; i++) {
        assert_true(vsock_receive(&v, i, place[i], PLACE));
    }
    assert_int_equal(got[0].h.op, VSOCK_RST); /* of all streams to an incarnation before */
    assert_int_equal(got[0].h.to_port, VSOCK_ANY);
    assert_int_equal(gots, 1);
    return 0;
}

static void say(uint32_t guest_port, uint32_t port, enum vsock_op op, uint32_t flags,
                const void *data, uint32_t bytes)
{
    uint8_t packet[PLACE];
    struct vsock_header h = { VSOCK_CID_GUEST,   VSOCK_CID_HOST, guest_port, port, bytes,
                              VSOCK_TYPE_STREAM, (uint16_t)op,   flags,      1000, 0 };

    memcpy(packet, &h, sizeof h);
    if (bytes) {
        memcpy(packet + sizeof h, data, bytes);
    }
    vsock_packet(&v, packet, (uint32_t)sizeof h + bytes);
}

static unsigned last(void)
{
    return gots ? got[(gots - 1) % 256].h.op : 0;
}

static struct vsock_stream *opened(uint32_t guest_port)
{
    say(guest_port, PORT, VSOCK_REQUEST, 0, NULL, 0);
    assert_non_null(accepted);
    assert_int_equal(last(), VSOCK_RESPONSE);
    assert_int_equal(got[(gots - 1) % 256].h.room, VSOCK_BUFFER);
    assert_int_equal(got[(gots - 1) % 256].h.to_port, guest_port);
    return accepted;
}

static void a_stream_opens_talks_and_closes(void **state)
{
    (void)state;
    struct vsock_stream *s = opened(100);
    char text[16];

    say(100, PORT, VSOCK_RW, 0, "hello", 5);
    assert_int_equal(readies, 1);
    assert_int_equal(vsock_readable(s), 5);
    assert_int_equal(vsock_read(&v, s, text, sizeof text), 5);
    assert_memory_equal(text, "hello", 5);
    assert_false(vsock_ended(s));
    assert_int_equal(vsock_write(&v, s, "good day", 8), 8);
    assert_int_equal(last(), VSOCK_RW);
    assert_memory_equal(got[(gots - 1) % 256].data, "good day", 8);
    vsock_close(&v, s);
    assert_int_equal(s->state, VSOCK_SHUT);
    say(100, PORT, VSOCK_RST, 0, NULL, 0);
    assert_int_equal(s->state, VSOCK_FREE);
}

static void what_is_not_served_is_refused(void **state)
{
    (void)state;
    say(100, PORT + 1, VSOCK_REQUEST, 0, NULL, 0);
    assert_int_equal(last(), VSOCK_RST);
    for (uint32_t i = 0; i < VSOCK_STREAMS; i++) {
        opened(200 + i);
    }
    say(300, PORT, VSOCK_REQUEST, 0, NULL, 0);
    assert_int_equal(last(), VSOCK_RST);
    assert_int_equal(got[(gots - 1) % 256].h.to_port, 300);
    say(301, PORT, VSOCK_RW, 0, "x", 1);
    assert_int_equal(got[(gots - 1) % 256].h.to_port, 301);
    unsigned before = gots;
    say(302, PORT, VSOCK_RST, 0, NULL, 0); /* never answered by another */
    assert_int_equal(gots, before);
}

static void what_came_before_the_end_can_be_read(void **state)
{
    (void)state;
    struct vsock_stream *s = opened(100);
    char text[16];

    say(100, PORT, VSOCK_RW, 0, "last words", 10);
    say(100, PORT, VSOCK_SHUTDOWN, VSOCK_SHUTDOWN_SEND, NULL, 0);
    assert_false(vsock_ended(s));
    assert_int_equal(s->state, VSOCK_OPEN);
    say(100, PORT, VSOCK_SHUTDOWN, VSOCK_SHUTDOWN_RECEIVE, NULL, 0);
    assert_int_equal(last(), VSOCK_RST);
    assert_int_equal(s->state, VSOCK_OVER);
    assert_int_equal(vsock_write(&v, s, "lost", 4), 4);
    assert_int_equal(vsock_read(&v, s, text, sizeof text), 10);
    assert_true(vsock_ended(s));
    vsock_close(&v, s);
    assert_int_equal(s->state, VSOCK_FREE);
}

static void all_that_is_written_is_sent_before_the_end(void **state)
{
    (void)state;
    struct vsock_stream *s = opened(100);
    uint8_t text[VSOCK_BUFFER] = { 0 };

    assert_int_equal(vsock_write(&v, s, text, 1500), 1500); /* its room is 1,000 */
    assert_int_equal(got[(gots - 1) % 256].h.bytes, 1000);
    assert_int_equal(vsock_room(s), VSOCK_BUFFER - 500);
    vsock_close(&v, s);
    assert_int_equal(s->state, VSOCK_FLUSHING);
    struct vsock_header h = { VSOCK_CID_GUEST,   VSOCK_CID_HOST,      100, PORT, 0,
                              VSOCK_TYPE_STREAM, VSOCK_CREDIT_UPDATE, 0,   1000, 1000 };
    vsock_packet(&v, &h, sizeof h);
    assert_int_equal(s->state, VSOCK_SHUT);
    assert_int_equal(got[(gots - 2) % 256].h.bytes, 500);
    assert_int_equal(last(), VSOCK_SHUTDOWN);
    say(100, PORT, VSOCK_RW, 0, "late", 4); /* it did not know yet */
    assert_int_equal(last(), VSOCK_CREDIT_UPDATE);
    say(100, PORT, VSOCK_SHUTDOWN, VSOCK_SHUTDOWN_SEND | VSOCK_SHUTDOWN_RECEIVE, NULL, 0);
    assert_int_equal(s->state, VSOCK_FREE);
    assert_int_equal(last(), VSOCK_RST);
}

static void who_sends_more_than_there_is_room_for_is_reset(void **state)
{
    (void)state;
    struct vsock_stream *s = opened(100);
    uint8_t text[VSOCK_BUFFER] = { 0 };

    say(100, PORT, VSOCK_RW, 0, text, VSOCK_BUFFER);
    assert_int_equal(vsock_readable(s), VSOCK_BUFFER);
    say(100, PORT, VSOCK_RW, 0, text, 1);
    assert_int_equal(last(), VSOCK_RST);
    assert_int_equal(s->state, VSOCK_OVER);
}

static void reading_gives_credit_back(void **state)
{
    (void)state;
    struct vsock_stream *s = opened(100);
    uint8_t text[VSOCK_BUFFER] = { 0 };

    say(100, PORT, VSOCK_RW, 0, text, VSOCK_BUFFER);
    unsigned before = gots;
    (void)vsock_read(&v, s, text, VSOCK_BUFFER / 2 - 1);
    assert_int_equal(gots, before);
    (void)vsock_read(&v, s, text, 1);
    assert_int_equal(last(), VSOCK_CREDIT_UPDATE);
    assert_int_equal(got[(gots - 1) % 256].h.taken, VSOCK_BUFFER / 2);
    say(100, PORT, VSOCK_CREDIT_REQUEST, 0, NULL, 0);
    assert_int_equal(gots, before + 2);
}

static void a_guest_that_starts_anew_has_no_streams(void **state)
{
    (void)state;
    struct vsock_stream *s = opened(100), *t = opened(101);

    say(VSOCK_ANY, VSOCK_ANY, VSOCK_RST, 0, NULL, 0);
    assert_int_equal(s->state, VSOCK_OVER);
    assert_int_equal(t->state, VSOCK_OVER);
    assert_int_equal(readies, 2);
    opened(100); /* the same ports, another stream */
    assert_ptr_not_equal(accepted, s);
}

static void receives_that_are_over_are_not_used(void **state)
{
    (void)state;
    takes_all = false;
    vsock_cancel(&v, 0, 3);
    opened(100);
    assert_int_equal(v.receives, 0);
    assert_false(vsock_receive(&v, 0, place[0], VSOCK_HEADER_BYTES)); /* no room for anything */
    unsigned before = gots;
    (void)vsock_write(&v, accepted, "x", 1);
    assert_int_equal(gots, before);
    assert_true(vsock_receive(&v, 0, place[0], PLACE));
    assert_int_equal(gots, before + 1);
}

static void a_malformed_packet_resets_its_stream(void **state)
{
    (void)state;
    uint8_t packet[64] = { 0 };
    struct vsock_header h = { VSOCK_CID_GUEST,   VSOCK_CID_HOST, 100, PORT, 9,
                              VSOCK_TYPE_STREAM, VSOCK_RW,       0,   1000, 0 };

    for (unsigned i = 0; i < 4; i++) {
        struct vsock_header bad = h;
        struct vsock_stream *s = opened(100);

        if (i == 1) {
            bad.bytes = 0;
            bad.op = VSOCK_REQUEST;
        } else if (i == 2) {
            bad.op = 77;
        } else if (i == 3) {
            bad.bytes = 0xfffffff0;
        }
        memcpy(packet, &bad, sizeof bad);
        vsock_packet(&v, packet, VSOCK_HEADER_BYTES + (i == 1 ? 0 : 8));
        assert_int_equal(last(), VSOCK_RST);
        assert_int_equal(s->state, VSOCK_OVER);
        vsock_close(&v, s);
    }
    unsigned before = gots;
    vsock_packet(&v, packet, VSOCK_HEADER_BYTES - 1);
    assert_int_equal(gots, before);
    h.type = 2;
    vsock_packet(&v, &h, sizeof h);
    assert_int_equal(last(), VSOCK_RST);
}

/* A component that echoes all, a guest that says anything: nothing of the library's breaks, and its slots are never lost. */
static void packets_at_random(void **state)
{
    static uint8_t packet[PLACE];

    (void)state;
    echoes = true;
    srand(1);
    for (unsigned i = 0; i < 400000; i++) {
        uint32_t n = rand() % 4 ? (uint32_t)rand() % 64 : (uint32_t)rand() % VSOCK_BUFFER;
        struct vsock_header h = { VSOCK_CID_GUEST,
                                  VSOCK_CID_HOST,
                                  (uint32_t)rand() % 12,
                                  PORT + !(rand() % 16),
                                  n,
                                  VSOCK_TYPE_STREAM,
                                  (uint16_t)(rand() % 10),
                                  (uint32_t)rand() % 4,
                                  (uint32_t)rand() % 20000,
                                  (uint32_t)rand() };

        if (h.op != VSOCK_RW && rand() % 8) {
            h.bytes = n = 0;
        }
        for (unsigned j = rand() % 16 ? 0 : 1; j; j--) { /* now and then a byte is any */
            ((uint8_t *)&h)[rand() % (int)sizeof h] = (uint8_t)rand();
        }
        memcpy(packet, &h, sizeof h);
        takes_all = rand() % 32;
        vsock_packet(&v, packet, (uint32_t)sizeof h + n);
        if (!takes_all) {
            uint32_t id = 4 + i % 20;
            (void)vsock_cancel(&v, id, id + 1);
            (void)vsock_receive(&v, id, place[id], (uint32_t)rand() % PLACE);
        }
    }
    say(VSOCK_ANY, VSOCK_ANY, VSOCK_RST, 0, NULL, 0);
    for (uint32_t i = 0; i < VSOCK_STREAMS; i++) {
        assert_int_equal(v.stream[i].state, VSOCK_FREE);
    }
}

#define TEST(name) cmocka_unit_test_setup(name, start)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_stream_opens_talks_and_closes),
        TEST(what_is_not_served_is_refused),
        TEST(what_came_before_the_end_can_be_read),
        TEST(all_that_is_written_is_sent_before_the_end),
        TEST(who_sends_more_than_there_is_room_for_is_reset),
        TEST(reading_gives_credit_back),
        TEST(a_guest_that_starts_anew_has_no_streams),
        TEST(receives_that_are_over_are_not_used),
        TEST(a_malformed_packet_resets_its_stream),
        TEST(packets_at_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
