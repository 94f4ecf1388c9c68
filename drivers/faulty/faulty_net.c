/*
 * A network that loses, damages, doubles and disorders the frames that are sent into it, in front of a card that does not.
 *
 *     client -> net_send_begin -> pump -> pass_on -> card -> card_send_done -> client
 *
 * A frame that is held back has been sent, as its client sees it.
 */
#include <netdrv/ether.h>
#include <netdrv/fifo.h>
#include <tess/random.h>

#include "FaultyNet.h"

#define ROOM 2048u
#define SLOTS                                                                                      \
    (CARD_BUFFER_BYTES / ROOM < 32 ? CARD_BUFFER_BYTES / ROOM : 32) /* frames on their way */
#define NONE UINT32_MAX
#define KINDS_ALL                                                                                  \
    (FAULTY_FRAME_FRAME_LOST | FAULTY_FRAME_FRAME_CORRUPT | FAULTY_FRAME_FRAME_TWICE |             \
     FAULTY_FRAME_FRAME_SWAPPED | FAULTY_FRAME_FRAME_LATE)

#define HELD_MAX     4u
#define LATE_FRAMES  8u
#define ADDRESSES_AT 12u /* bytes of a frame that are left alone: so it arrives somewhere */

enum type { TYPE_SEND, TYPE_ADDRESS, TYPE_LINK };

struct self {
    uint64_t random;
    bool is_pumping;
    struct id_fifo waiting;
    struct work {
        enum type type;
        uint32_t n;
        const uint8_t *frame;
        uint32_t kind; /* what happens to it; 0: nothing */
    } work[NET_DEPTH + 1];
    uint32_t free;      /* bit i: slot i */
    uint32_t owner[32]; /* id that is completed with the slot; NONE */
    struct held {
        uint32_t slot, n;
        uint32_t left; /* frames that go before it; 0: there is none */
    } held[HELD_MAX];
};

_Static_assert(NET_DEPTH <= ID_FIFO_MAX, "a place for each request");
_Static_assert(SLOTS > 2 * HELD_MAX, "what is held back leaves room: queue 32KiB at least");

/* ---- what happens ---- */

static uint64_t draw(struct self *self)
{
    return tess_random(&self->random) >> 16;
}

static void note(uint32_t kind, struct self *self)
{
    if (control_connected()) {
        control(self)->done[__builtin_ctz(kind)]++;
    }
}

static uint32_t choose(struct self *self)
{
    uint32_t kinds = KINDS & KINDS_ALL, one_in = ONE_IN, left;

    if (control_connected()) {
        volatile struct faulty_net_control *c = control(self);
        uint32_t wanted = c->next & KINDS_ALL;

        if (wanted) {
            c->next = 0;
            return wanted & -wanted;
        }
        kinds = c->kinds & KINDS_ALL;
        one_in = c->one_in;
    }
    if (kinds == 0 || one_in == 0 || draw(self) % one_in != 0) {
        return 0;
    }
    left = (uint32_t)(draw(self) % (uint32_t)__builtin_popcount(kinds));
    while (left--) {
        kinds &= kinds - 1;
    }
    return kinds & -kinds;
}

static void flip(struct self *self, uint8_t *frame, uint32_t n)
{
    if (n > ADDRESSES_AT) {
        uint64_t bit = ADDRESSES_AT * 8 + draw(self) % ((n - ADDRESSES_AT) * 8ull);

        frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

/* ---- to the card ---- */

static uint8_t *frame_at(struct self *self, uint32_t slot)
{
    return card_buffer(self) + slot * ROOM;
}

/* A copy; NONE: there is no slot. */
static uint32_t copy(struct self *self, const struct work *w)
{
    uint32_t slot = self->free ? (uint32_t)__builtin_ctz(self->free) : NONE;

    if (slot != NONE) {
        self->free &= ~(1u << slot);
        memcpy(frame_at(self, slot), w->frame, w->n);
    }
    return slot;
}

static enum tess_err send(struct self *self, uint32_t slot, uint32_t n, uint32_t owner)
{
    enum tess_err err = card_send_start(self, slot, n, slot * ROOM);

    self->owner[slot] = owner;
    if (err != TESS_OK) {
        self->free |= 1u << slot;
    }
    return err;
}

static bool hold(struct self *self, uint32_t slot, uint32_t n, uint32_t frames)
{
    for (uint32_t i = 0; i < HELD_MAX; i++) {
        if (self->held[i].left == 0) {
            self->held[i] = (struct held){ slot, n, frames };
            return true;
        }
    }
    return false;
}

/* One has gone; so it is the turn of those that it overtook.  For whom there is no room, that one is lost. */
static void let_go(struct self *self)
{
    for (uint32_t i = 0; i < HELD_MAX; i++) {
        struct held *h = &self->held[i];

        if (h->left && --h->left == 0) {
            (void)send(self, h->slot, h->n, NONE);
        }
    }
}

/* AGAIN: not now. */
static enum tess_err pass_on(struct self *self, uint32_t id)
{
    const struct work *w = &self->work[id];
    uint32_t slot = copy(self, w), second;
    bool is_held = w->kind == FAULTY_FRAME_FRAME_SWAPPED || w->kind == FAULTY_FRAME_FRAME_LATE;
    enum tess_err err;

    if (slot == NONE) {
        return TESS_AGAIN;
    }
    if (is_held && hold(self, slot, w->n, w->kind == FAULTY_FRAME_FRAME_LATE ? LATE_FRAMES : 1)) {
        note(w->kind, self);
        net_finish(self, id, TESS_OK);
        return TESS_OK;
    }
    if (w->kind == FAULTY_FRAME_FRAME_CORRUPT) {
        flip(self, frame_at(self, slot), w->n);
    }
    err = send(self, slot, w->n, id);
    if (err != TESS_OK) {
        return err;
    }
    if (w->kind == FAULTY_FRAME_FRAME_CORRUPT) {
        note(w->kind, self);
    }
    second = w->kind == FAULTY_FRAME_FRAME_TWICE ? copy(self, w) : NONE;
    if (second != NONE && send(self, second, w->n, NONE) == TESS_OK) {
        note(w->kind, self);
    }
    let_go(self);
    return TESS_OK;
}

static enum tess_err take(struct self *self, uint32_t id)
{
    const struct work *w = &self->work[id];

    if (w->type == TYPE_ADDRESS) {
        return card_address_start(self, id);
    }
    if (w->type == TYPE_LINK) {
        return card_link_start(self, id);
    }
    if (w->kind == FAULTY_FRAME_FRAME_LOST) {
        note(w->kind, self);
        net_finish(self, id, TESS_OK);
        return TESS_OK;
    }
    return pass_on(self, id);
}

static void pump(struct self *self)
{
    if (self->is_pumping) {
        return;
    }
    self->is_pumping = true;
    while (self->waiting.count) {
        uint32_t id = id_fifo_first(&self->waiting);
        enum tess_err err = take(self, id);

        if (err == TESS_AGAIN) {
            break;
        }
        (void)id_fifo_take(&self->waiting);
        if (err != TESS_OK) {
            net_finish(self, id, err);
        }
    }
    self->is_pumping = false;
}

static enum tess_err wait(struct self *self, uint32_t id, struct work w)
{
    self->work[id] = w;
    id_fifo_put(&self->waiting, id);
    pump(self);
    return TESS_OK;
}

static enum tess_err net_send_begin(struct self *self, uint32_t id, uint32_t n, const void *frame)
{
    return wait(self, id, (struct work){ TYPE_SEND, n, frame, choose(self) });
}

static enum tess_err net_address_begin(struct self *self, uint32_t id)
{
    return wait(self, id, (struct work){ .type = TYPE_ADDRESS });
}

static enum tess_err net_link_begin(struct self *self, uint32_t id)
{
    return wait(self, id, (struct work){ .type = TYPE_LINK });
}

/* ---- from the card ---- */

static void card_send_done(struct self *self, uint64_t slot, enum tess_err err)
{
    self->free |= 1u << slot;
    if (self->owner[slot] != NONE) {
        net_finish(self, self->owner[slot], err);
    }
    pump(self);
}

static void card_address_done(struct self *self, uint64_t id, enum tess_err err, uint64_t mac)
{
    net_address_finish(self, (uint32_t)id, err, mac);
    pump(self);
}

static void card_link_done(struct self *self, uint64_t id, enum tess_err err, bool up)
{
    net_link_finish(self, (uint32_t)id, err, up);
    pump(self);
}

static void init(struct self *self)
{
    self->random = SEED + comp_pulse->generation * 1000003ull;
    self->free = (uint32_t)((1ull << SLOTS) - 1);
}
