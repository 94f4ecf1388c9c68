/* The driver and a card whose registers are memory: what it says in them and in its rings is the test's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static void leave(void);

#define COMP_SLEEP_H  /* nobody sleeps here */
#define _exit(status) leave()

#include "../net_e1000e.c"

static struct self self_;
static uint8_t pool_[POOL_BYTES] __attribute__((aligned(4096)));
static uint8_t registers_[REGISTERS] __attribute__((aligned(4096)));
static jmp_buf left;
static uint32_t received, sent;
static bool is_master;

/* ---- the driver's surroundings ---- */

static void leave(void)
{
    longjmp(left, 1);
}

volatile uint8_t *regs(struct self *self)
{
    (void)self;
    return registers_;
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
    (void)self;
    assert_int_equal(offset, PCI_COMMAND);
    *value = is_master ? PCI_MASTER : 0;
    return TESS_OK;
}

enum tess_err bus_bar(struct self *self, uint32_t number, uint64_t *offset, uint64_t *bytes)
{
    (void)self, (void)number;
    *offset = 0;
    *bytes = REGISTERS;
    return TESS_OK;
}

enum tess_err bus_enable(struct self *self, bool memory, bool master)
{
    (void)self, (void)memory, (void)master;
    return TESS_OK;
}

enum tess_err bus_identity(struct self *self, struct bus_identity *identity)
{
    (void)self, (void)identity;
    return (enum tess_err)BUS_ERROR_NONE;
}

void frames_receive_finish(struct self *self, uint32_t id, enum tess_err err, uint32_t n)
{
    (void)self;
    assert_true(id < FRAMES_DEPTH && err == TESS_OK && n >= ETHER_HEADER && n <= RECEIVE_ROOM);
    received++;
}

void net_finish(struct self *self, uint32_t id, enum tess_err err)
{
    (void)self, (void)err;
    assert_true(id < NET_DEPTH);
    sent++;
}

void net_address_finish(struct self *self, uint32_t id, enum tess_err err, uint64_t mac)
{
    (void)self, (void)id, (void)err, (void)mac;
}

void net_link_finish(struct self *self, uint32_t id, enum tess_err err, bool up)
{
    (void)self, (void)id, (void)err, (void)up;
}

uint64_t tess_deadline_ns(uint64_t ns)
{
    return ns;
}

uint64_t comp_sleep_early(uint64_t deadline)
{
    (void)deadline;
    return 0;
}

void comp_signal(uint64_t bits)
{
    (void)bits;
}

/* ---- the card ---- */

/* As behind init. */
static void begin_test(void)
{
    memset(&self_, 0, sizeof self_);
    memset(registers_, 0, sizeof registers_);
    received = sent = 0;
    is_master = true;
    self_.registers = registers_;
    self_.is_up = true;
    fill_rings(&self_);
}

static void give_back(struct ring *ring, uint32_t at, uint64_t word)
{
    ring->at[at].word = word | 1ull << 32;
}

/* Interrupts until the driver ends, at most so many. */
static uint32_t interrupts(uint32_t cause, uint32_t most)
{
    static volatile uint32_t count;

    count = 0;
    if (setjmp(left)) {
        return count;
    }
    while (count < most) {
        *(uint32_t *)(registers_ + ICR) = cause;
        (count % 2 ? irq_handle : msi_handle)(&self_);
        count++;
    }
    return count;
}

static void a_line_that_stays_high_is_no_endless_loop(void **state)
{
    (void)state;
    begin_test();
    assert_true(interrupts(0, 1000) < 1000);
    begin_test();
    assert_true(interrupts(CAUSES, 1000) < 1000);
}

static void interrupts_with_frames_are_never_too_many(void **state)
{
    (void)state;
    begin_test();
    for (uint32_t i = 0; i < 1000; i++) {
        assert_int_equal(frames_receive_begin(&self_, 3, RECEIVE_ROOM, NULL, 0x5000), TESS_OK);
        give_back(&self_.receive, i % RING_ENTRIES, 1ull << 33 | 60);
        assert_int_equal(interrupts(CAUSE_RECEIVED, 1), 1);
        assert_int_equal(net_send_begin(&self_, 4, 60, NULL, 0x6000), TESS_OK);
        give_back(&self_.send, i % RING_ENTRIES, 0);
        assert_int_equal(interrupts(CAUSE_SENT, 2), 2); /* the second one has come too late */
    }
    assert_int_equal(received, 1000);
    assert_int_equal(sent, 1000);
}

static void a_frame_that_cannot_be_ends_the_driver(void **state)
{
    static const uint64_t lies[] = { 60, 1ull << 33 | (RECEIVE_ROOM + 1), 1ull << 33 | 0xffff };

    (void)state;
    for (uint32_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        begin_test();
        assert_int_equal(frames_receive_begin(&self_, 3, RECEIVE_ROOM, NULL, 0x5000), TESS_OK);
        give_back(&self_.receive, 0, lies[i]);
        assert_int_equal(interrupts(CAUSE_RECEIVED, 1), 0);
        assert_int_equal(received, 0);
    }
}

static void a_bad_frame_leaves_its_room_to_the_next(void **state)
{
    (void)state;
    begin_test();
    assert_int_equal(frames_receive_begin(&self_, 3, RECEIVE_ROOM, NULL, 0x5000), TESS_OK);
    give_back(&self_.receive, 0, 1ull << 33 | 1ull << 40 | 60);
    assert_int_equal(interrupts(CAUSE_RECEIVED, 1), 1);
    assert_int_equal(received, 0);
    assert_int_equal(self_.receive.at[1].address, 0x5000);
    assert_int_equal(*(uint32_t *)(registers_ + RDT), 2);
}

static void old_news_of_the_bus_stop_nothing(void **state)
{
    (void)state;
    begin_test();
    assert_int_equal(net_send_begin(&self_, 4, 60, NULL, 0x6000), TESS_OK);
    bus_changed_handle(&self_);
    assert_int_equal(sent, 0);
    is_master = false; /* another card, which is gone again */
    bus_changed_handle(&self_);
    assert_int_equal(sent, 1);
    assert_true(self_.is_gone);
}

static void a_slot_without_a_card_keeps_room_for_the_next(void **state)
{
    (void)state;
    begin_test();
    self_.is_up = false;
    init(&self_);
    assert_true(self_.is_gone);
    assert_int_equal(net_link_begin(&self_, 0), TESS_OK);
    assert_int_equal(net_address_begin(&self_, 0), NET_ERROR_LINK);
    assert_int_equal(net_send_begin(&self_, 0, 60, NULL, 0x6000), NET_ERROR_LINK);
    assert_int_equal(frames_receive_begin(&self_, 3, RECEIVE_ROOM, NULL, 0x5000), TESS_OK);
    assert_int_equal(frames_receive_begin(&self_, 9, RECEIVE_ROOM, NULL, 0x7000), TESS_OK);
    frames_cancel(&self_, 0, 8); /* the client of the one was restarted */
    assert_int_equal(self_.receive.count, 1);
    assert_int_equal(self_.receive.at[0].address, 0x7000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_that_stays_high_is_no_endless_loop),
        cmocka_unit_test(interrupts_with_frames_are_never_too_many),
        cmocka_unit_test(a_frame_that_cannot_be_ends_the_driver),
        cmocka_unit_test(a_bad_frame_leaves_its_room_to_the_next),
        cmocka_unit_test(old_news_of_the_bus_stop_nothing),
        cmocka_unit_test(a_slot_without_a_card_keeps_room_for_the_next),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
