/* The driver and a card that does what it must, drops, lies, or writes anything into its rings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <virtio/mmio.h>
#include <tess/random.h>

static void leave(void);
static struct virtio card_open(volatile uint8_t *regs);

#define _exit(status)    leave()
#define virtio_mmio_open card_open
#define MAC_UP           0x1060504030201ull /* address, and the link is up */
#define ROOM             2000u
#define RANDOM_ROUNDS    300000u

#include "../net_virtio.c"

static struct self self_;
static uint8_t pool_[POOL_BYTES] __attribute__((aligned(4096)));
static jmp_buf left;
static uint32_t status_, resets;
static bool has_gone; /* the card is on a bus, and nothing is there */
static uint64_t random_state = 17;

/* What the clients have in hand, and what they were told last. */
static struct {
    bool receiving[FRAMES_DEPTH], sending[NET_DEPTH];
    uint32_t received, sent, bytes;
    enum tess_err err;
} client;

static uint64_t random64(void)
{
    return tess_random(&random_state);
}

/* ---- the driver's surroundings ---- */

static void leave(void)
{
    longjmp(left, 1);
}

volatile uint8_t *regs(struct self *self)
{
    (void)self;
    return NULL;
}

volatile uint8_t *pool(struct self *self)
{
    (void)self;
    return pool_;
}

uint64_t pool_address(struct self *self)
{
    (void)self;
    return 0x40000000;
}

void irq_ack(struct self *self)
{
    (void)self;
}

bool bus_connected(void)
{
    return has_gone;
}

void msi_ack(struct self *self)
{
    (void)self;
}

bool msi_connected(void)
{
    return false;
}

enum tess_err bus_messages(struct self *self, uint64_t *table, uint64_t *address, uint32_t *data)
{
    (void)self, (void)table, (void)address, (void)data;
    return TESS_ARG;
}

enum tess_err bus_config(struct self *self, uint32_t offset, uint32_t *value)
{
    (void)self, (void)offset, (void)value;
    return TESS_CAP;
}

enum tess_err bus_bar(struct self *self, uint32_t number, uint64_t *offset, uint64_t *bytes)
{
    (void)self, (void)number, (void)offset, (void)bytes;
    return TESS_CAP;
}

enum tess_err bus_enable(struct self *self, bool memory, bool master)
{
    (void)self, (void)memory, (void)master;
    return TESS_CAP;
}

enum tess_err bus_identity(struct self *self, struct bus_identity *identity)
{
    (void)self, (void)identity;
    return (enum tess_err)BUS_ERROR_NONE;
}

void frames_receive_finish(struct self *self, uint32_t id, enum tess_err err, uint32_t n)
{
    (void)self;
    assert_true(id < FRAMES_DEPTH && client.receiving[id]);
    assert_true(err != TESS_OK || (n >= ETHER_HEADER && n <= ROOM));
    client.receiving[id] = false;
    client.received++;
    client.bytes = n;
}

void net_finish(struct self *self, uint32_t id, enum tess_err err)
{
    (void)self;
    assert_true(id < NET_DEPTH && client.sending[id]);
    client.sending[id] = false;
    client.sent++;
    client.err = err;
}

void net_address_finish(struct self *self, uint32_t id, enum tess_err err, uint64_t mac)
{
    (void)self, (void)id, (void)err;
    assert_int_equal(mac, MAC_UP & ETHER_BROADCAST);
}

void net_link_finish(struct self *self, uint32_t id, enum tess_err err, bool up)
{
    (void)self, (void)id, (void)err;
    assert_true(up);
}

/* ---- the card ---- */

static uint32_t card_device(const struct virtio *v)
{
    (void)v;
    return VIRTIO_NET;
}

static uint32_t card_status(const struct virtio *v)
{
    (void)v;
    return status_;
}

static void card_set_status(const struct virtio *v, uint32_t status)
{
    (void)v;
    resets += status == 0;
    status_ = status;
}

static uint32_t card_features(const struct virtio *v, uint32_t word)
{
    (void)v;
    return (uint32_t)((VIRTIO_F_VERSION_1 | FEATURES) >> (32 * word));
}

static void card_set_features(const struct virtio *v, uint32_t word, uint32_t bits)
{
    (void)v, (void)word, (void)bits;
}

static uint32_t card_queue_max(const struct virtio *v, uint32_t queue)
{
    (void)v;
    return queue <= QUEUE_SEND ? VIRTQ_SIZE_MAX : 0;
}

static void card_set_queue(struct virtio *v, uint32_t queue, uint32_t size, uint64_t descriptors,
                           uint64_t available, uint64_t used)
{
    (void)v, (void)queue, (void)size, (void)descriptors, (void)available, (void)used;
}

static void card_notify(const struct virtio *v, uint32_t queue)
{
    (void)v, (void)queue;
}

static uint32_t card_interrupt(const struct virtio *v)
{
    (void)v;
    return VIRTIO_INTERRUPT_QUEUE;
}

static uint32_t card_generation(const struct virtio *v)
{
    (void)v;
    return 0;
}

static uint32_t card_config(const struct virtio *v, uint32_t offset)
{
    (void)v;
    return (uint32_t)(MAC_UP >> (8 * offset));
}

static struct virtio card_open(volatile uint8_t *at)
{
    static const struct virtio_transport card = {
        .device = card_device,
        .status = card_status,
        .set_status = card_set_status,
        .features = card_features,
        .set_features = card_set_features,
        .queue_max = card_queue_max,
        .set_queue = card_set_queue,
        .notify = card_notify,
        .interrupt = card_interrupt,
        .generation = card_generation,
        .config = card_config,
    };

    return (struct virtio){ .transport = &card, .regs = at };
}

/* ---- what happens ---- */

/* A new incarnation; it is given what is in hand. */
static void begin_again(void)
{
    memset(&self_, 0, sizeof self_);
    init(&self_);
    for (uint32_t id = 0; id < FRAMES_DEPTH; id++) {
        if (client.receiving[id]) {
            assert_int_equal(frames_receive_begin(&self_, id, ROOM, NULL, 0x1000), TESS_OK);
        }
        if (client.sending[id]) {
            assert_int_equal(net_send_begin(&self_, id, 100, NULL, 0x1000), TESS_OK);
        }
    }
}

static void begin_test(void)
{
    memset(&client, 0, sizeof client);
    begin_again();
}

static void receive(uint32_t id)
{
    client.receiving[id] = true;
    assert_int_equal(frames_receive_begin(&self_, id, ROOM, NULL, 0x1000), TESS_OK);
}

static void send_frame(uint32_t id)
{
    client.sending[id] = true;
    assert_int_equal(net_send_begin(&self_, id, 100, NULL, 0x1000), TESS_OK);
}

/* The card says that it is done with a chain. */
static void give_back(struct way *way, uint32_t head, uint32_t bytes)
{
    uint16_t index = way->queue.used->index;

    way->queue.used->ring[index % way->queue.size].id = head;
    way->queue.used->ring[index % way->queue.size].bytes = bytes;
    way->queue.used->index = (uint16_t)(index + 1);
}

static uint32_t first_out(const struct way *way)
{
    return way->queue.available->ring[way->queue.last_used % way->queue.size];
}

/* Does the driver end at the interrupt? */
static bool ends(void)
{
    if (setjmp(left)) {
        return true;
    }
    irq_handle(&self_);
    msi_handle(&self_);
    return false;
}

/* ---- tests ---- */

static void frames_come_and_go(void **state)
{
    (void)state;
    begin_test();
    receive(5);
    give_back(&self_.receive, first_out(&self_.receive), HEADER_BYTES + 1514);
    send_frame(9);
    give_back(&self_.send, first_out(&self_.send), 0);
    assert_false(ends());
    assert_int_equal(client.received, 1);
    assert_int_equal(client.bytes, 1514);
    assert_int_equal(client.sent, 1);
    assert_int_equal(net_address_begin(&self_, 0), TESS_OK);
    assert_int_equal(net_link_begin(&self_, 0), TESS_OK);
}

static void what_cannot_be_a_request_is_refused(void **state)
{
    (void)state;
    begin_test();
    assert_int_equal(frames_receive_begin(&self_, 0, 1513, NULL, 0x1000), NET_ERROR_FRAME);
    assert_int_equal(net_send_begin(&self_, 0, 13, NULL, 0x1000), NET_ERROR_FRAME);
    assert_int_equal(net_send_begin(&self_, 0, 1515, NULL, 0x1000), NET_ERROR_FRAME);
}

static void less_than_a_frame_is_dropped(void **state)
{
    uint16_t given;

    (void)state;
    begin_test();
    receive(5);
    given = self_.receive.queue.available->index;
    give_back(&self_.receive, first_out(&self_.receive), HEADER_BYTES + ETHER_HEADER - 1);
    assert_false(ends());
    assert_int_equal(client.received, 0);
    assert_int_equal(self_.receive.queue.available->index, given + 1); /* the buffer is out again */
}

static void a_lie_ends_the_driver(void **state)
{
    const struct {
        bool is_sent;
        uint32_t head, bytes; /* head: added to the right one */
    } lies[] = {
        { false, 0, HEADER_BYTES - 1 },        /* not even the header */
        { false, 0, HEADER_BYTES + ROOM + 1 }, /* more than there is room for */
        { false, 1, HEADER_BYTES + 100 },      /* not the head of a chain */
        { false, 1000000, HEADER_BYTES + 100 },
        { true, 0, 1 }, /* written to what is only to be read */
    };

    (void)state;
    for (uint32_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        begin_test();
        receive(5);
        send_frame(5);
        struct way *way = lies[i].is_sent ? &self_.send : &self_.receive;
        give_back(way, first_out(way) + lies[i].head, lies[i].bytes);
        assert_true(ends());
        assert_int_equal(client.received + client.sent, 0);
    }
    begin_test();
    receive(5);
    give_back(&self_.receive, first_out(&self_.receive), HEADER_BYTES + 100);
    give_back(&self_.receive, first_out(&self_.receive), HEADER_BYTES + 100); /* twice */
    assert_true(ends());
}

static void a_client_that_was_restarted_is_forgotten(void **state)
{
    uint32_t before;

    (void)state;
    begin_test();
    receive(5);
    receive(40);
    send_frame(7);
    before = resets;
    frames_cancel(&self_, 0, 32);
    client.receiving[5] = false;
    assert_int_equal(resets, before + 1); /* there is no other way to get the buffer back */
    assert_int_equal(self_.receive.queue.available->index, 1);
    assert_int_equal(self_.send.queue.available->index, 1);
    give_back(&self_.receive, first_out(&self_.receive), HEADER_BYTES + 100);
    give_back(&self_.send, first_out(&self_.send), 0);
    assert_false(ends());
    assert_int_equal(client.received, 1); /* that of 40: 5 would be an error */
    assert_int_equal(client.sent, 1);
    frames_cancel(&self_, 0, 32);
    assert_int_equal(resets, before + 1); /* it had nothing */
}

static void a_card_that_has_gone_is_no_crash(void **state)
{
    (void)state;
    begin_test();
    receive(5);
    send_frame(7);
    has_gone = true;
    bus_changed_handle(&self_);
    assert_int_equal(client.sent, 1);
    assert_int_equal(client.err, NET_ERROR_LINK);
    assert_int_equal(net_send_begin(&self_, 7, 100, NULL, 0x1000), NET_ERROR_LINK);
    receive(6);
    assert_false(ends());
    has_gone = false; /* another one */
    bus_changed_handle(&self_);
    assert_int_equal(client.received, 0);
    assert_int_equal(self_.receive.queue.available->index, 2);
}

/* Something that is right, or nearly, or anything. */
static void scribble(struct way *way)
{
    volatile uint8_t *used = (volatile uint8_t *)way->queue.used;
    uint32_t head = random64() % 4 ? first_out(way) : (uint32_t)random64() % 300;
    uint32_t right = way->is_written ? HEADER_BYTES + 100 : 0;
    uint32_t at = (uint32_t)random64() % (6 + 8 * VIRTQ_SIZE_MAX);

    if (random64() % 8) {
        give_back(way, head, random64() % 4 ? right : (uint32_t)random64() % 3000);
    } else {
        used[at] = (uint8_t)random64();
    }
}

static void whatever_the_card_writes_no_client_is_told_nonsense(void **state)
{
    uint32_t ended = 0;

    (void)state;
    begin_test();
    for (uint32_t i = 0; i < RANDOM_ROUNDS; i++) {
        uint32_t id = (uint32_t)random64() % FRAMES_DEPTH;

        if (!client.receiving[id]) {
            receive(id);
        }
        if (!client.sending[id]) {
            send_frame(id);
        }
        scribble(random64() % 2 ? &self_.receive : &self_.send);
        if (ends()) {
            ended++;
            begin_again();
        }
    }
    assert_true(ended > 1000);
    assert_true(client.received > 1000 && client.sent > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_come_and_go),
        cmocka_unit_test(what_cannot_be_a_request_is_refused),
        cmocka_unit_test(less_than_a_frame_is_dropped),
        cmocka_unit_test(a_lie_ends_the_driver),
        cmocka_unit_test(a_client_that_was_restarted_is_forgotten),
        cmocka_unit_test(a_card_that_has_gone_is_no_crash),
        cmocka_unit_test(whatever_the_card_writes_no_client_is_told_nonsense),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
