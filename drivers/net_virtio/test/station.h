/*
 * One end of a wire, for components with `needs Net net async; needs NetReceive frames async;`.  Include it behind the
 * component's header; the component has a `struct station station` in its self and defines station_take, which says station_heard.
 */
#ifndef STATION_H
#define STATION_H

#include <comp/doubt.h>
#include <netdrv/ear.h>

#include "pattern.h"

#define STATION_ROOM  2048u
#define STATION_SLOTS 16u /* frames in each direction */

struct station {
    uint64_t address;
    uint32_t sending;  /* bit i: part i of the buffer is being sent */
    uint32_t unposted; /* bit i: for part i there was no room in the queue */
    struct ear ear;
    uint64_t sent, received, failed;
};

/* A frame has come; it is the component's until it returns. */
static void station_take(struct self *self, const uint8_t *frame, uint32_t n);
static struct station *station(struct self *self);

/* By station_take: it was a frame that somebody has sent to this station now, and not what a mad driver has found somewhere. */
static void station_heard(struct self *self)
{
    ear_heard(&station(self)->ear);
}

static void station_listen(struct self *self)
{
    if (ear_sent(&station(self)->ear, tess_ns_of_ticks(tess_now()), comp_crashes(frames_watch()))) {
        (void)comp_blame(frames_watch(), TESS_TIMEOUT);
    }
}

static void station_post(struct self *self, uint64_t i)
{
    uint32_t bit = 1u << i;

    station(self)->unposted &= ~bit;
    if (frames_receive_start(self, i, STATION_ROOM, i * STATION_ROOM) != TESS_OK) {
        station(self)->unposted |= bit;
    }
}

/* What was not posted for want of room; now and then. */
static inline void station_repost(struct self *self)
{
    for (uint64_t i = 0; i < STATION_SLOTS; i++) {
        if (station(self)->unposted >> i & 1) {
            station_post(self, i);
        }
    }
}

static enum tess_err station_open(struct self *self)
{
    enum tess_err err = net_address(self, &station(self)->address);

    for (uint64_t i = 0; !err && i < STATION_SLOTS; i++) {
        station_post(self, i);
    }
    return err;
}

/* Where the next frame can be written; NULL: all are being sent. */
static uint8_t *station_room(struct self *self)
{
    uint32_t free = ~station(self)->sending & ((1u << STATION_SLOTS) - 1);

    return free ? net_buffer(self) + (uint32_t)__builtin_ctz(free) * STATION_ROOM : NULL;
}

/* Send what was written there. */
static enum tess_err station_send(struct self *self, const uint8_t *frame, uint32_t n)
{
    uint64_t offset = (uint64_t)(frame - net_buffer(self));
    enum tess_err err = net_send_start(self, offset / STATION_ROOM, n, offset);

    if (err == TESS_OK) {
        station(self)->sending |= 1u << offset / STATION_ROOM;
    }
    return err;
}

static void net_send_done(struct self *self, uint64_t i, enum tess_err err)
{
    station(self)->sending &= ~(1u << i);
    station(self)->sent++;
    station(self)->failed += err != TESS_OK;
    station_listen(self);
}

static void frames_receive_done(struct self *self, uint64_t i, enum tess_err err, uint32_t n)
{
    if (err == TESS_OK) {
        station(self)->received++;
        station_take(self, frames_buffer(self) + i * STATION_ROOM, n);
    } else {
        station_listen(self);
    }
    station_post(self, i);
}

static void net_address_done(struct self *self, uint64_t cookie, enum tess_err err, uint64_t mac)
{
    (void)self;
    (void)cookie;
    (void)err;
    (void)mac;
}

static void net_link_done(struct self *self, uint64_t cookie, enum tess_err err, bool up)
{
    (void)self;
    (void)cookie;
    (void)err;
    (void)up;
}

#endif
