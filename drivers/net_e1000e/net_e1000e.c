/*
 * Intel 82574 network card (82574 GbE Controller Family Datasheet, revision 3.4; its chapter 10 has the registers): one ring each to
 * receive and to send, legacy descriptors, no offloads; receives all that is on the wire.  Its interrupt is the function's line or, where the
 * system connects that, one message for all causes.
 *
 * As drivers/net_virtio: frames lie in the clients' buffers, here is only what the card needs for those in flight.  Start is
 * recovery, and the same is done when a client has been restarted: the card is reset, forgets the buffers of that client, and is
 * given those of the others again.
 *
 *     client -> frames_receive_begin -> ring -> card -> irq_handle -> collect -> frames_receive_finish -> client
 *     client -> net_send_begin       -> ring -> card -> irq_handle -> collect -> net_finish            -> client
 */
#include <unistd.h>

#include <comp/pci.h>
#include <comp/sleep.h>
#include <netdrv/ether.h>

#include "NetE1000e.h"
#include "ring.h"

#define VENDOR_INTEL 0x8086u
#define DEVICE_82574 0x10d3u
#define REGISTERS    0x20000u /* bytes: BAR 0 */

enum { /* byte offsets */
       CTRL = 0x00000,
       STATUS = 0x00008,
       EEC = 0x00010,
       CTRL_EXT = 0x00018,
       ICR = 0x000c0,
       IMS = 0x000d0,
       IMC = 0x000d8,
       IVAR = 0x000e4,
       RCTL = 0x00100,
       TCTL = 0x00400,
       TIPG = 0x00410,
       RDBAL = 0x02800, /* low half, then high half */
       RDLEN = 0x02808,
       RDH = 0x02810,
       RDT = 0x02818,
       TDBAL = 0x03800,
       TDLEN = 0x03808,
       TDH = 0x03810,
       TDT = 0x03818,
       RAL = 0x05400,
       RAH = 0x05404,
};

/* Device Control, Device Status */
#define CTRL_FULL_DUPLEX (1u << 0)
#define CTRL_NO_MASTER   (1u << 2)
#define CTRL_LINK_UP     (1u << 6)
#define CTRL_RESET       (1u << 26)
#define STATUS_LINK      (1u << 1)
#define STATUS_MASTER    (1u << 19)
#define EEC_AUTO_READ    (1u << 9) /* what is stored in the card has been read */
#define RAH_VALID        (1u << 31)

/* Interrupt Cause.  That there is no room to receive is known. */
#define CAUSE_SENT     (1u << 0)
#define CAUSE_LINK     (1u << 2)
#define CAUSE_RECEIVED (1u << 7)
#define CAUSES         (CAUSE_SENT | CAUSE_LINK | CAUSE_RECEIVED)

/* With messages each queue has a cause of its own, and there is one for all else. */
#define CAUSE_RECEIVED_0 (1u << 20)
#define CAUSE_SENT_0     (1u << 22)
#define CAUSE_OTHER      (1u << 24)
#define MESSAGE_CAUSES   (CAUSE_RECEIVED_0 | CAUSE_SENT_0 | CAUSE_OTHER | CAUSE_LINK)
#define IVAR_VALUE       (1u << 3 | 1u << 11 | 1u << 19) /* these three have entry 0 of the table */
#define CTRL_EXT_PENDING (1u << 31) /* the function shows which messages are pending */

/* Receive Control: enabled, all addresses, buffers of 2 KiB, no checksum in them; frames longer than 1,522 bytes are left out. */
#define RCTL_VALUE (1u << 1 | 1u << 3 | 1u << 4 | 1u << 15 | 1u << 26)
/* Transmit Control: enabled, short frames are padded, 15 attempts, collision distance for full duplex */
#define TCTL_VALUE (1u << 1 | 1u << 3 | 15u << 4 | 63u << 12)
#define TIPG_VALUE (8u | 8u << 10 | 6u << 20) /* Transmit Inter-Packet Gap: for copper */

#define RECEIVE_ROOM 1518u /* what the card may write for one frame: 1,522 without checksum */
#define ERRORS       0x97u /* of a frame (chapter 7): checksum, symbol, sequence, extension, data */

#define OPEN_MS   1000u  /* for the bus to open the function */
#define LOOKS     1000u  /* at a register that must change, */
#define NAP_NS    10000u /* with so much time between */
#define EMPTY_MAX 100u   /* interrupts in a row without a frame */

/* A request in hand, by its id. */
struct work {
    uint64_t address; /* of the frame */
    uint32_t bytes;
    bool is_out; /* the card has it */
};

struct self {
    volatile uint8_t *registers;
    uint64_t early; /* signals that came while it was reset */
    uint64_t mac;
    uint32_t empty; /* interrupts */
    bool is_up;
    bool is_gone; /* the card: there is nothing on the bus */
    struct ring receive, send;
    struct work receive_work[FRAMES_DEPTH], send_work[NET_DEPTH];
};

enum { /* in the pool */
       RING_BYTES_ALL = RING_ENTRIES * sizeof(struct ring_descriptor),
       RECEIVE_AT = 0,
       SEND_AT = RING_BYTES_ALL,
};
_Static_assert(2 * RING_BYTES_ALL <= POOL_BYTES, "the rings fit into the pool");
_Static_assert(FRAMES_DEPTH < RING_ENTRIES && NET_DEPTH < RING_ENTRIES,
               "and all that can be in hand into them");

static void must(bool is_so)
{
    if (!is_so) {
        _exit(1);
    }
}

/* ---- registers ---- */

static uint32_t get(struct self *self, uint32_t offset)
{
    return *(volatile uint32_t *)(self->registers + offset);
}

static void set(struct self *self, uint32_t offset, uint32_t value)
{
    *(volatile uint32_t *)(self->registers + offset) = value;
}

/* Until these bits of the register are so; at most 10 ms. */
static void wait(struct self *self, uint32_t offset, uint32_t bits, bool is_set)
{
    for (uint32_t look = 0; (get(self, offset) & bits) != (is_set ? bits : 0); look++) {
        must(look < LOOKS);
        self->early |= comp_sleep_early(tess_deadline_ns(NAP_NS));
    }
}

/* ---- start ---- */

/* In what the bus gives this function when it is open. */
static void find_registers(struct self *self)
{
    struct bus_identity identity;
    uint64_t offset, bytes;
    enum tess_err err;

    must(bus_identity(self, &identity) == TESS_OK);
    must(identity.vendor == VENDOR_INTEL && identity.device == DEVICE_82574);
    for (uint32_t i = 0; (err = bus_bar(self, 0, &offset, &bytes)) == TESS_STATE && i < OPEN_MS;
         i++) {
        self->early |= comp_sleep_early(tess_deadline_ns(1000000));
    }
    must(err == TESS_OK);
    must(bytes >= REGISTERS && bytes <= REGS_BYTES && offset <= REGS_BYTES - bytes);
    must(bus_enable(self, true, false) == TESS_OK);
    self->registers = regs(self) + offset;
    if (msi_connected()) {
        uint64_t table, address;
        uint32_t data;

        must(bus_messages(self, &table, &address, &data) == TESS_OK);
        must(pci_message_set(regs(self), REGS_BYTES, table, address, data));
    }
}

/* One of the two is connected. */
static void interrupt_ack(struct self *self)
{
    irq_ack(self);
    msi_ack(self);
}

/* After it the card touches no memory and asks for no interrupt (chapter 4: reset, master disable); its address has been read. */
static void reset(struct self *self)
{
    set(self, IMC, UINT32_MAX);
    set(self, RCTL, 0);
    set(self, TCTL, 0);
    set(self, CTRL, get(self, CTRL) | CTRL_NO_MASTER);
    wait(self, STATUS, STATUS_MASTER, false);
    set(self, CTRL, get(self, CTRL) | CTRL_RESET);
    self->early |= comp_sleep_early(tess_deadline_ns(NAP_NS)); /* at least a microsecond */
    wait(self, CTRL, CTRL_RESET, false);
    wait(self, EEC, EEC_AUTO_READ, true);
    set(self, IMC, UINT32_MAX);
    (void)get(self, ICR);
    comp_fence();
}

static void set_ring(struct self *self, const struct ring *ring, uint32_t base, uint32_t at)
{
    uint64_t address = pool_address(self) + at;

    set(self, base, (uint32_t)address);
    set(self, base + 4, (uint32_t)(address >> 32));
    set(self, base + RDLEN - RDBAL, RING_BYTES_ALL);
    set(self, base + RDH - RDBAL, 0);
    set(self, base + RDT - RDBAL, ring_tail(ring));
}

/* The ring with what the card had, in order, that a client still wants. */
static void fill_ring(struct self *self, struct ring *ring, uint32_t at, const struct work *work,
                      uint64_t command)
{
    static struct ring old;

    old = *ring;
    ring_open(ring, pool(self) + at);
    for (uint32_t i = 0; i < old.count; i++) {
        uint32_t id = old.id[(old.first + i) % RING_ENTRIES];

        if (work[id].is_out) {
            ring_put(ring, id, work[id].address, command ? command | work[id].bytes : 0);
        }
    }
}

static void fill_rings(struct self *self)
{
    fill_ring(self, &self->receive, RECEIVE_AT, self->receive_work, 0);
    fill_ring(self, &self->send, SEND_AT, self->send_work, RING_SEND);
}

/* From any state: the card has nothing but what is in hand. */
static void start(struct self *self)
{
    find_registers(self);
    reset(self);
    self->mac = get(self, RAL) | (uint64_t)(get(self, RAH) & 0xffff) << 32;
    must(get(self, RAH) & RAH_VALID);
    must(bus_enable(self, true, true) == TESS_OK);
    set(self, CTRL, (get(self, CTRL) & ~CTRL_NO_MASTER) | CTRL_LINK_UP | CTRL_FULL_DUPLEX);
    fill_rings(self);
    set(self, TIPG, TIPG_VALUE);
    set_ring(self, &self->receive, RDBAL, RECEIVE_AT);
    set_ring(self, &self->send, TDBAL, SEND_AT);
    set(self, RCTL, RCTL_VALUE);
    set(self, TCTL, TCTL_VALUE);
    self->is_up = get(self, STATUS) & STATUS_LINK;
    if (msi_connected()) {
        set(self, CTRL_EXT, get(self, CTRL_EXT) | CTRL_EXT_PENDING);
        set(self, IVAR, IVAR_VALUE);
    }
    set(self, IMS, msi_connected() ? MESSAGE_CAUSES : CAUSES);
    interrupt_ack(self);
}

/* What came while the card was reset. */
static void signal_early(struct self *self)
{
    uint64_t early = self->early;

    self->early = 0;
    comp_signal(early);
}

static bool is_gone(struct self *self)
{
    struct bus_identity identity;

    return bus_identity(self, &identity) == (enum tess_err)BUS_ERROR_NONE;
}

/* Where there is no card the driver waits for it. */
static void init(struct self *self)
{
    fill_rings(self);
    self->is_gone = is_gone(self);
    if (!self->is_gone) {
        start(self);
        signal_early(self);
    }
}

/* ---- requests ---- */

static enum tess_err frames_receive_begin(struct self *self, uint32_t id, uint32_t room,
                                          void *frame, uint64_t frame_address)
{
    (void)frame;
    if (room < RECEIVE_ROOM) {
        return (enum tess_err)NET_ERROR_FRAME;
    }
    self->receive_work[id] = (struct work){ frame_address, room, true };
    ring_put(&self->receive, id, frame_address, 0);
    if (!self->is_gone) {
        set(self, RDT, ring_tail(&self->receive));
    }
    return TESS_OK;
}

static void frames_cancel(struct self *self, uint32_t from, uint32_t to)
{
    bool is_out = false;

    for (uint32_t id = from; id < to; id++) {
        is_out |= self->receive_work[id].is_out;
        self->receive_work[id].is_out = false;
    }
    if (is_out && self->is_gone) {
        fill_rings(self);
    } else if (is_out) {
        start(self);
        signal_early(self);
    }
}

static enum tess_err net_send_begin(struct self *self, uint32_t id, uint32_t n, const void *frame,
                                    uint64_t frame_address)
{
    (void)frame;
    if (!ether_may_send(n)) {
        return (enum tess_err)NET_ERROR_FRAME;
    }
    if (!self->is_up) {
        return (enum tess_err)NET_ERROR_LINK;
    }
    self->send_work[id] = (struct work){ frame_address, n, true };
    ring_put(&self->send, id, frame_address, RING_SEND | n);
    set(self, TDT, ring_tail(&self->send));
    return TESS_OK;
}

static enum tess_err net_address_begin(struct self *self, uint32_t id)
{
    if (self->is_gone) {
        return (enum tess_err)NET_ERROR_LINK;
    }
    net_address_finish(self, id, TESS_OK, self->mac);
    return TESS_OK;
}

static enum tess_err net_link_begin(struct self *self, uint32_t id)
{
    net_link_finish(self, id, TESS_OK, self->is_up);
    return TESS_OK;
}

/* ---- from the card ---- */

/* A frame that is none is dropped, and its buffer given to the card again. */
static void collect_received(struct self *self)
{
    uint32_t id, tail = ring_tail(&self->receive);
    uint64_t word;

    while (ring_take(&self->receive, &id, &word)) {
        struct work *w = &self->receive_work[id];

        self->empty = 0;

        must(RING_LAST(word) && RING_BYTES(word) <= RECEIVE_ROOM);
        if (RING_ERRORS(word) & ERRORS || RING_BYTES(word) < ETHER_HEADER) {
            ring_put(&self->receive, id, w->address, 0);
        } else {
            w->is_out = false;
            frames_receive_finish(self, id, TESS_OK, RING_BYTES(word));
        }
    }
    if (ring_tail(&self->receive) != tail) {
        set(self, RDT, ring_tail(&self->receive));
    }
}

static void collect_sent(struct self *self)
{
    uint32_t id;
    uint64_t word;

    while (ring_take(&self->send, &id, &word)) {
        self->empty = 0;
        self->send_work[id].is_out = false;
        net_finish(self, id, TESS_OK);
    }
}

/*
 * What is written to ICR is cleared there; that lowers the line, or makes the next one a message.  A card that interrupts again and
 * again without a frame is reset.
 */
static void interrupt(struct self *self)
{
    uint32_t why = self->is_gone ? UINT32_MAX : get(self, ICR);

    if (why == UINT32_MAX) { /* then the bus has said so, or will */
        must(self->is_gone || is_gone(self));
        interrupt_ack(self);
        return;
    }
    set(self, ICR, why);
    comp_fence();
    interrupt_ack(self);
    must(self->empty++ < EMPTY_MAX);
    if (why & CAUSE_LINK) {
        self->is_up = get(self, STATUS) & STATUS_LINK;
    }
    collect_sent(self);
    collect_received(self);
}

static void irq_handle(struct self *self)
{
    interrupt(self);
}

static void msi_handle(struct self *self)
{
    interrupt(self);
}

/* ---- from the bus ---- */

/* What it had to send is lost; the room to receive is there for the next one. */
static void stop(struct self *self)
{
    self->is_gone = true;
    self->is_up = false;
    for (uint32_t id = 0; id < NET_DEPTH; id++) {
        if (self->send_work[id].is_out) {
            self->send_work[id].is_out = false;
            net_finish(self, id, (enum tess_err)NET_ERROR_LINK);
        }
    }
}

/* The card is there as it was started. */
static bool is_as_started(struct self *self)
{
    uint32_t command;

    return !self->is_gone && bus_config(self, PCI_COMMAND, &command) == TESS_OK &&
           command & PCI_MASTER;
}

/* It has gone, come, or both; or it had before the start, and the news is old. */
static void bus_changed_handle(struct self *self)
{
    if (is_as_started(self)) {
        return;
    }
    stop(self);
    if (!is_gone(self)) {
        start(self);
        self->is_gone = false;
        signal_early(self);
    }
}
