/*
 * Plays three clients of the multiplexer and a station at the other end of the wire, and looks who gets what; then how fairly the
 * three are served when all of them want to send without end.
 */
#include <stdio.h>

#include <comp/sleep.h>

#include "../../../drivers/net_virtio/test/pattern.h"
#include "MuxPorts.h"

#define STATIONS 4u
#define FAR      3u /* the one that is not behind the multiplexer */
#define ALL      15u
#define ROOM     2048u
#define PARTS    16u

#define MULTICAST 0x0100005e0001ull /* some group's */
#define STRANGER  0x0000000000aaull

#define FLOOD_NS 40000000u

struct self {
    uint64_t address[STATIONS];
    uint32_t number;            /* of the last frame */
    uint32_t got[STATIONS];     /* frames with that number */
    uint32_t wrong;             /* frames that nobody sent so, and surprises */
    uint64_t bytes[STATIONS];   /* that came from there to the far station */
    uint32_t flood[STATIONS];   /* size of the frames that it sends without end; 0: it does not */
    uint32_t sending[STATIONS]; /* bit i: part i of its buffer is being sent */
    enum tess_err err;          /* of the last send that was completed */
    uint32_t checks;
};

static void check(struct self *self, const char *what, bool is_so)
{
    self->checks++;
    if (!is_so) {
        printf("ports: %s: FAILED\n", what);
        self->wrong++;
    }
}

static void rest(void)
{
    comp_sleep_until(tess_deadline_ns(1000000));
}

/* ---- sending and receiving ---- */

static void post(struct self *self, uint32_t who, uint64_t part)
{
    if (frames_receive_start(self, who, part, ROOM, part * ROOM) != TESS_OK) {
        self->wrong++;
    }
}

static bool put(struct self *self, uint32_t who, uint64_t to, uint64_t from, uint32_t n)
{
    uint32_t part = (uint32_t)__builtin_ctz(~self->sending[who] | 1u << PARTS);
    struct pattern_head h = { ++self->number, (uint16_t)n, ONE_WAY };

    if (part == PARTS) {
        return false;
    }
    pattern_fill(net_buffer(self, who) + part * ROOM, to, from, &h);
    if (net_send_start(self, who, part, n, part * ROOM) != TESS_OK) {
        return false;
    }
    self->sending[who] |= 1u << part;
    return true;
}

static void flood(struct self *self, uint32_t who)
{
    while (self->flood[who] &&
           put(self, who, self->address[FAR], self->address[who], self->flood[who])) {
    }
}

static void net_send_done(struct self *self, uint32_t who, uint64_t part, enum tess_err err)
{
    self->sending[who] &= ~(1u << part);
    self->err = err;
    flood(self, who);
}

static void frames_receive_done(struct self *self, uint32_t who, uint64_t part, enum tess_err err,
                                uint32_t n)
{
    const uint8_t *frame = frames_buffer(self, who) + part * ROOM;
    struct pattern_head h;

    if (err != TESS_OK || !pattern_is(frame, n, self->address[who], &h)) {
        self->wrong++;
    } else {
        self->got[who] += h.number == self->number;
        for (uint32_t i = 0; i < FAR; i++) {
            self->bytes[i] += who == FAR && ether_source(frame) == self->address[i] ? n : 0;
        }
    }
    post(self, who, part);
}

static void net_address_done(struct self *self, uint32_t who, uint64_t cookie, enum tess_err err,
                             uint64_t mac)
{
    (void)self, (void)who, (void)cookie, (void)err, (void)mac;
}

static void net_link_done(struct self *self, uint32_t who, uint64_t cookie, enum tess_err err,
                          bool up)
{
    (void)self, (void)who, (void)cookie, (void)err, (void)up;
}

/* ---- who gets what ---- */

/* One frame; it must come to those whose bits are in `whom`, once, and to nobody else. */
static void expect(struct self *self, const char *what, uint32_t who, uint64_t to, uint32_t whom)
{
    bool is_so = true;

    memset(self->got, 0, sizeof self->got);
    is_so = put(self, who, to, self->address[who], 200);
    rest();
    for (uint32_t i = 0; i < STATIONS; i++) {
        is_so = is_so && self->got[i] == (whom >> i & 1);
    }
    check(self, what, is_so && self->err == TESS_OK);
}

static void refused(struct self *self, const char *what, uint64_t from, uint32_t n)
{
    memset(self->got, 0, sizeof self->got);
    (void)put(self, 0, ETHER_BROADCAST, from, n);
    rest();
    check(self, what,
          self->err == (enum tess_err)NET_ERROR_FRAME &&
              self->got[1] + self->got[2] + self->got[FAR] == 0);
}

static void look_at_filter(struct self *self)
{
    const uint64_t *at = self->address;

    expect(self, "from the wire to port 0", FAR, at[0], 1);
    expect(self, "from the wire to port 2", FAR, at[2], 4);
    expect(self, "from the wire to all", FAR, ETHER_BROADCAST, 7);
    expect(self, "from the wire to a group", FAR, MULTICAST | ETHER_GROUP, 7);
    expect(self, "from the wire to a stranger", FAR, STRANGER, 0);
    expect(self, "from port 0 to the wire", 0, at[FAR], 8);
    expect(self, "from port 0 to port 1", 0, at[1], 2);
    expect(self, "from port 0 to itself", 0, at[0], 0);
    expect(self, "from port 1 to all", 1, ETHER_BROADCAST, ALL - 2);
    refused(self, "another port's address", at[1], 200);
    refused(self, "a frame that is too long", at[0], ETHER_FRAME_MAX + 1);
}

/* ---- fairness ---- */

static void look_at_shares(struct self *self)
{
    uint64_t sum = 0;

    memset(self->bytes, 0, sizeof self->bytes);
    self->flood[0] = ETHER_FRAME_MAX;
    self->flood[1] = 700;
    self->flood[2] = 250;
    for (uint32_t i = 0; i < FAR; i++) {
        flood(self, i);
    }
    comp_sleep_until(tess_deadline_ns(FLOOD_NS));
    for (uint32_t i = 0; i < FAR; i++) {
        self->flood[i] = 0;
        sum += self->bytes[i];
    }
    for (uint32_t i = 0; i < FAR; i++) {
        printf("ports: %llu of 1000 bytes are port %u's\n",
               (unsigned long long)(self->bytes[i] * 1000 / (sum ? sum : 1)), (unsigned)i);
        check(self, "a third of the bytes", self->bytes[i] * 100 >= sum * 30);
    }
    rest();
}

/* The longest that a lonely small frame takes to be on its way, in microseconds. */
static uint64_t longest_us(struct self *self)
{
    uint64_t longest = 0;

    for (uint32_t i = 0; i < 30; i++) {
        uint64_t start = tess_now(), us;

        if (!put(self, 1, self->address[FAR], self->address[1], 100)) {
            self->wrong++;
        }
        while (self->sending[1]) {
            comp_sleep_until(tess_deadline_ns(10000));
        }
        us = tess_ns_of_ticks(tess_now() - start) / 1000;
        longest = us > longest ? us : longest;
    }
    return longest;
}

static void look_at_delay(struct self *self)
{
    uint64_t without = longest_us(self), with;

    self->flood[0] = ETHER_FRAME_MAX;
    flood(self, 0);
    with = longest_us(self);
    self->flood[0] = 0;
    printf("ports: a frame waits %llu us at most, %llu us beside a flood\n",
           (unsigned long long)without, (unsigned long long)with);
    check(self, "a flood delays by less than a period of the card", with < without + 400);
    rest();
}

static int run(struct self *self)
{
    for (uint32_t i = 0; i < STATIONS; i++) {
        check(self, "has an address", net_address(self, i, &self->address[i]) == TESS_OK);
        check(self, "of one station", !(self->address[i] & ETHER_GROUP));
        for (uint32_t other = 0; other < i; other++) {
            check(self, "of its own", self->address[i] != self->address[other]);
        }
        for (uint64_t part = 0; part < PARTS; part++) {
            post(self, i, part);
        }
    }
    rest();
    look_at_filter(self);
    look_at_shares(self);
    look_at_delay(self);
    printf("ports: %u checks, %u wrong\n", (unsigned)self->checks, (unsigned)self->wrong);
    return 0;
}
