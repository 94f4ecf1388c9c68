/* Asks QEMU's network for its router's address (ARP, RFC 826) and sends that echo requests (ICMP, RFC 792). */
#include <stdio.h>

#include <comp/sleep.h>

#include "NetPing.h"
#include "station.h"

#define ECHOS 10u
#define DATA  1000u /* bytes of an echo */

#define TYPE_ARP 0x0806u
#define TYPE_IP  0x0800u

/* Offsets in a frame. */
enum {
    IP = ETHER_HEADER,
    ICMP = IP + 20,
    ECHO_DATA = ICMP + 8,
    ECHO_BYTES = ECHO_DATA + DATA,
    ARP_BYTES = ETHER_HEADER + 28,
};

static const uint8_t own_ip[4] = { 10, 0, 2, 15 }, router_ip[4] = { 10, 0, 2, 2 };

struct self {
    struct station station;
    uint64_t router;
    bool has_router;
    uint32_t answers, wrong;
};

static struct station *station(struct self *self)
{
    return &self->station;
}

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static uint32_t get16(const uint8_t *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

/* Ones' complement sum (RFC 1071) of an even number of bytes; 0xffff with a checksum that is right. */
static uint32_t sum16(const uint8_t *at, uint32_t bytes)
{
    uint32_t sum = 0;

    for (uint32_t i = 0; i < bytes; i += 2) {
        sum += get16(at + i);
    }
    sum = (sum & 0xffff) + (sum >> 16);
    return (sum & 0xffff) + (sum >> 16);
}

static void head(struct self *self, uint8_t *frame, uint64_t to, uint32_t type)
{
    memcpy(frame, &to, 6);
    memcpy(frame + 6, &self->station.address, 6);
    put16(frame + 12, type);
}

static void ask_address(struct self *self)
{
    static const uint8_t request[8] = { 0, 1, 8, 0, 6, 4, 0, 1 };
    uint8_t *frame = station_room(self);

    if (!frame) {
        return;
    }
    head(self, frame, ETHER_BROADCAST, TYPE_ARP);
    memset(frame + ETHER_HEADER, 0, 28);
    memcpy(frame + ETHER_HEADER, request, sizeof request);
    memcpy(frame + ETHER_HEADER + 8, &self->station.address, 6);
    memcpy(frame + ETHER_HEADER + 14, own_ip, 4);
    memcpy(frame + ETHER_HEADER + 24, router_ip, 4);
    (void)station_send(self, frame, ARP_BYTES);
}

static void send_echo(struct self *self, uint32_t number)
{
    uint8_t *frame = station_room(self);

    if (!frame) {
        return;
    }
    head(self, frame, self->router, TYPE_IP);
    memset(frame + IP, 0, ECHO_DATA - IP);
    frame[IP] = 0x45;
    put16(frame + IP + 2, ECHO_BYTES - IP);
    frame[IP + 8] = 64; /* hops */
    frame[IP + 9] = 1;  /* ICMP */
    memcpy(frame + IP + 12, own_ip, 4);
    memcpy(frame + IP + 16, router_ip, 4);
    put16(frame + IP + 10, ~sum16(frame + IP, 20));
    frame[ICMP] = 8; /* echo request */
    put16(frame + ICMP + 6, number);
    for (uint32_t i = 0; i < DATA; i++) {
        frame[ECHO_DATA + i] = (uint8_t)(i * number);
    }
    put16(frame + ICMP + 2, ~sum16(frame + ICMP, ECHO_BYTES - ICMP));
    (void)station_send(self, frame, ECHO_BYTES);
}

static bool is_echo(const uint8_t *frame, uint32_t number)
{
    bool is_so = get16(frame + ICMP + 6) == number && sum16(frame + IP, 20) == 0xffff &&
                 sum16(frame + ICMP, ECHO_BYTES - ICMP) == 0xffff;

    for (uint32_t i = 0; i < DATA; i++) {
        is_so = is_so && frame[ECHO_DATA + i] == (uint8_t)(i * number);
    }
    return is_so;
}

static void station_take(struct self *self, const uint8_t *frame, uint32_t n)
{
    if (n >= ARP_BYTES && get16(frame + 12) == TYPE_ARP && get16(frame + ETHER_HEADER + 6) == 2) {
        station_heard(self);
        self->router = ether_source(frame);
        self->has_router = true;
    } else if (n == ECHO_BYTES && get16(frame + 12) == TYPE_IP && frame[ICMP] == 0) {
        station_heard(self);
        self->answers++;
        self->wrong += !is_echo(frame, self->answers);
    }
}

static int run(struct self *self)
{
    if (station_open(self) != TESS_OK) {
        printf("ping: FAILED to open\n");
    }
    for (uint32_t i = 0; i < 100 && !self->has_router; i++) {
        ask_address(self);
        comp_sleep_until(tess_deadline_ns(5000000));
    }
    for (uint32_t i = 1; self->has_router && i <= ECHOS; i++) {
        send_echo(self, i);
        for (uint32_t wait = 0; self->answers < i && wait < 100; wait++) {
            comp_sleep_until(tess_deadline_ns(1000000));
        }
    }
    printf("ping: %u answers, %u wrong\n", (unsigned)self->answers, (unsigned)self->wrong);
    return 0;
}
