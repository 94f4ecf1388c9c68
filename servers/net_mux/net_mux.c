/*
 * A switch between a card and its clients.
 *
 * A frame that comes is copied to the clients that it is for: a station's to the one with that address, a group's to all; who has
 * no receive outstanding misses it.  What clients send waits in their queues for its turn, deficit round robin by
 * bytes (Shreedhar and Varghese 1995), so that a client that sends without end delays the others by a frame.  It is copied, too:
 * the header that was checked is the one that is sent, whatever the client does to its memory meanwhile.
 *
 * Nothing is kept: after a restart the requests are still in the clients' queues, and frames that were here are lost.
 */
#include <comp/doubt.h>
#include <netdrv/ear.h>
#include <netdrv/ether.h>
#include <netdrv/fifo.h>

#include "NetMux.h"

#define PORTS      PORT_COUNT
#define FROM_CARD  PORTS
#define FRAME_ROOM 2048u

/* Parts of the card's buffers.  Few to send: what waits there has no turn any more. */
#define SEND_PARTS    8u
#define RECEIVE_PARTS 30u

/* A request in hand, by its id. */
struct work {
    uint8_t *frame;
    uint32_t bytes;
    uint32_t port;
};

struct port {
    struct id_fifo sends, receives;
    uint32_t credit; /* bytes that it may still send in this turn */
};

struct self {
    struct port port[PORTS];
    uint32_t turn;   /* whose it is */
    bool is_in_turn; /* it has got its credit */
    bool is_forwarding;
    bool has_address;
    uint64_t card_address;
    struct ear ear;
    uint32_t sending;      /* bit i: part i of the card's buffer is being sent */
    uint32_t unposted;     /* bit i: part i of the other one is not in the card's queue */
    struct id_fifo asking; /* for the address */
    struct work send[PORT_DEPTH], receive[INBOX_DEPTH];
};

_Static_assert(PORT_DEPTH <= ID_FIFO_MAX && INBOX_DEPTH <= ID_FIFO_MAX, "ids fit into a fifo");
_Static_assert(SEND_PARTS *FRAME_ROOM <= CARD_BUFFER_BYTES, "frames fit into the card's buffer");
_Static_assert(RECEIVE_PARTS *FRAME_ROOM <= FRAMES_BUFFER_BYTES, "and into the other one");

static void forward(struct self *self);

/* ---- addresses ---- */

/* Given out here, not by a manufacturer: the first byte says so, and which port it is. */
static uint64_t address_of(const struct self *self, uint32_t port)
{
    return (self->card_address & ~0xffull) | ETHER_LOCAL | port << 2;
}

static enum tess_err port_address_begin(struct self *self, uint32_t element, uint32_t id)
{
    if (self->has_address) {
        port_address_finish(self, id, TESS_OK, address_of(self, element));
    } else {
        self->send[id].port = element;
        id_fifo_put(&self->asking, id);
    }
    return TESS_OK;
}

static void card_address_done(struct self *self, uint64_t cookie, enum tess_err err, uint64_t mac)
{
    if (err != TESS_OK) {
        (void)card_address_start(self, cookie);
        return;
    }
    self->card_address = mac;
    self->has_address = true;
    while (self->asking.count) {
        uint32_t id = id_fifo_take(&self->asking);

        port_address_finish(self, id, TESS_OK, address_of(self, self->send[id].port));
    }
    forward(self);
}

static enum tess_err port_link_begin(struct self *self, uint32_t element, uint32_t id)
{
    (void)element;
    return card_link_start(self, id);
}

static void card_link_done(struct self *self, uint64_t id, enum tess_err err, bool up)
{
    port_link_finish(self, (uint32_t)id, err, up);
    forward(self);
}

/* ---- to clients ---- */

/* A frame in two pieces: its header, and where the rest is.  The rest may lie in memory that a client changes. */
struct frame {
    uint8_t header[ETHER_HEADER];
    const uint8_t *rest;
    uint32_t bytes; /* in all */
};

static struct frame frame_at(const uint8_t *at, uint32_t bytes)
{
    struct frame f = { .rest = at + ETHER_HEADER, .bytes = bytes };

    memcpy(f.header, at, ETHER_HEADER);
    return f;
}

static void frame_copy(uint8_t *to, const struct frame *f)
{
    memcpy(to, f->header, ETHER_HEADER);
    memcpy(to + ETHER_HEADER, f->rest, f->bytes - ETHER_HEADER);
}

static void give(struct self *self, uint32_t port, const struct frame *f)
{
    struct id_fifo *receives = &self->port[port].receives;

    if (receives->count && f->bytes <= self->receive[id_fifo_first(receives)].bytes) {
        uint32_t id = id_fifo_take(receives);

        frame_copy(self->receive[id].frame, f);
        inbox_receive_finish(self, id, TESS_OK, f->bytes);
    }
}

/* Is it for a station of ours? */
static bool is_ours(const struct self *self, uint64_t to)
{
    return self->has_address && (to >> 8) == (self->card_address >> 8) &&
           (to & 0xff) < (ETHER_LOCAL | PORTS << 2) && (to & 3) == ETHER_LOCAL;
}

/* To all our stations that it is for, but the one it is from; false: it is for none. */
static bool deliver(struct self *self, const struct frame *f, uint32_t from)
{
    uint64_t to = ether_destination(f->header);
    bool is_any = false;

    for (uint32_t i = 0; i < PORTS; i++) {
        if (i != from && (to & ETHER_GROUP || (is_ours(self, to) && to == address_of(self, i)))) {
            give(self, i, f);
            is_any = true;
        }
    }
    return is_any;
}

static enum tess_err inbox_receive_begin(struct self *self, uint32_t element, uint32_t id,
                                         uint32_t room, void *frame)
{
    if (room < ETHER_FRAME_MAX) {
        return (enum tess_err)NET_ERROR_FRAME;
    }
    self->receive[id] = (struct work){ frame, room, element };
    id_fifo_put(&self->port[element].receives, id);
    return TESS_OK;
}

static void inbox_cancel(struct self *self, uint32_t element, uint32_t from, uint32_t to)
{
    id_fifo_drop(&self->port[element].receives, from, to);
}

/* ---- from clients ---- */

/* False: the card has no room for it now. */
static bool send(struct self *self, const struct frame *f)
{
    uint32_t free = ~self->sending & ((1u << SEND_PARTS) - 1);
    uint32_t part = (uint32_t)__builtin_ctz(free | 1u << SEND_PARTS);

    if (!free) {
        return false;
    }
    frame_copy(card_buffer(self) + part * FRAME_ROOM, f);
    if (card_send_start(self, part, f->bytes, part * FRAME_ROOM) != TESS_OK) {
        return false;
    }
    self->sending |= 1u << part;
    return true;
}

/* Forward the oldest frame of the port; false: not now. */
static bool forward_one(struct self *self, uint32_t port)
{
    uint32_t id = id_fifo_first(&self->port[port].sends);
    struct frame f = frame_at(self->send[id].frame, self->send[id].bytes);
    enum tess_err err = TESS_OK;

    if (ether_source(f.header) != address_of(self, port)) {
        err = (enum tess_err)NET_ERROR_FRAME;
    } else if (!is_ours(self, ether_destination(f.header)) && !send(self, &f)) {
        return false;
    }
    id_fifo_take(&self->port[port].sends);
    self->port[port].credit -= f.bytes;
    if (!err) {
        (void)deliver(self, &f, port);
    }
    port_finish(self, id, err);
    return true;
}

/* All that it may send in its turn; false: the card has no room, and the turn is not over. */
static bool take_turn(struct self *self, uint32_t port)
{
    struct port *p = &self->port[port];

    if (!self->is_in_turn) {
        p->credit += QUANTUM;
        self->is_in_turn = true;
    }
    while (p->sends.count && self->send[id_fifo_first(&p->sends)].bytes <= p->credit) {
        if (!forward_one(self, port)) {
            return false;
        }
    }
    self->is_in_turn = false;
    return true;
}

static void forward(struct self *self)
{
    uint32_t idle = 0; /* ports in a row that have nothing to send */

    if (self->is_forwarding || !self->has_address) {
        return;
    }
    self->is_forwarding = true;
    while (idle < PORTS) {
        struct port *p = &self->port[self->turn];

        idle = p->sends.count ? 0 : idle + 1;
        if (p->sends.count && !take_turn(self, self->turn)) {
            break;
        }
        p->credit = p->sends.count ? p->credit : 0;
        self->is_in_turn = false;
        self->turn = (self->turn + 1) % PORTS;
    }
    self->is_forwarding = false;
}

static enum tess_err port_send_begin(struct self *self, uint32_t element, uint32_t id, uint32_t n,
                                     const void *frame)
{
    if (!ether_may_send(n)) {
        return (enum tess_err)NET_ERROR_FRAME;
    }
    self->send[id] = (struct work){ (uint8_t *)frame, n, element };
    id_fifo_put(&self->port[element].sends, id);
    forward(self);
    return TESS_OK;
}

/* ---- the card ---- */

static void listen(struct self *self)
{
    if (ear_sent(&self->ear, tess_ns_of_ticks(tess_now()), comp_crashes(frames_watch()))) {
        (void)comp_blame(frames_watch(), TESS_TIMEOUT);
    }
}

static void card_send_done(struct self *self, uint64_t part, enum tess_err err)
{
    (void)err; /* frames may be lost */
    self->sending &= ~(1u << part);
    listen(self);
    forward(self);
}

static void post(struct self *self)
{
    for (uint32_t i = 0; self->unposted >> i; i++) {
        if (self->unposted >> i & 1 &&
            frames_receive_start(self, i, FRAME_ROOM, i * FRAME_ROOM) == TESS_OK) {
            self->unposted &= ~(1u << i);
        }
    }
}

static void frames_receive_done(struct self *self, uint64_t part, enum tess_err err, uint32_t n)
{
    if (err == TESS_OK && n >= ETHER_HEADER && n <= FRAME_ROOM) {
        struct frame f = frame_at(frames_buffer(self) + part * FRAME_ROOM, n);

        if (deliver(self, &f, FROM_CARD)) {
            ear_heard(&self->ear);
        }
    } else {
        listen(self);
    }
    self->unposted |= 1u << part;
    post(self);
}

static void init(struct self *self)
{
    self->unposted = (1u << RECEIVE_PARTS) - 1;
    post(self);
    (void)card_address_start(self, 0);
}
