/* Makes packets: TCP and UDP to a few ports, from a few hosts, the same at every run. */
#include <stdio.h>

#include <tess/mark.h>

#include "Source.h"
#include "ip.h"

#define POOL_PACKETS (POOL_BYTES / PACKET_ROOM)

struct self {
    uint32_t seed;
};

static uint32_t next(struct self *self)
{
    self->seed = self->seed * 1664525u + 1013904223u;
    return self->seed >> 8;
}

static uint32_t make(struct self *self, volatile uint8_t *p)
{
    static const uint16_t ports[] = { 22, 23, 25, 53, 80, 123, 443, 8080 };
    uint32_t bytes = PORTS_END + next(self) % (PACKET_ROOM - PORTS_END);

    for (unsigned i = 0; i < PORTS_END; i++) {
        p[i] = 0;
    }
    p[IP_VERSION] = 0x45; /* version 4, five words */
    put16(p + IP_LENGTH, bytes);
    p[IP_TTL] = 64;
    p[IP_PROTOCOL] = next(self) % 4 == 0 ? PROTOCOL_UDP : PROTOCOL_TCP;
    put32(p + IP_SOURCE, 0x0a000000 + next(self) % 16);  /* 10.0.0.0/28 */
    put32(p + IP_TARGET, 0xc6336400 + next(self) % 256); /* 198.51.100.0/24, RFC 5737 */
    put16(p + PORT_SOURCE, 1024 + next(self) % 1024);
    put16(p + PORT_TARGET, ports[next(self) % (sizeof ports / sizeof ports[0])]);
    put16(p + IP_CHECKSUM, ~header_sum(p) & 0xffff);
    return bytes;
}

int run(struct self *self)
{
    uint32_t sent = 0, delivered = 0, damaged = 0;

    self->seed = 1;
    for (uint32_t i = 0; i < PACKETS; i++) {
        uint32_t at = i % POOL_PACKETS * PACKET_ROOM, bytes = make(self, pool(self) + at);

        TESS_MARK_BEGIN(MARK);
        enum tess_err err = out_push(self, at, bytes, 0);
        TESS_MARK_END(MARK);
        sent += err == TESS_OK;
    }
    if (report_done(self, sent, &delivered, &damaged)) {
        printf("router: no report\n");
        return 1;
    }
    printf("router: %u sent, %u delivered, %u damaged\n", (unsigned)sent, (unsigned)delivered,
           (unsigned)damaged);
    return 0;
}
