/* Source addresses of the inside become the public one, each inside port a port of its own outside. */
#include "Nat.h"
#include "ip.h"

#define FLOWS      1024u
#define FIRST_PORT 20000u

struct self {
    struct flow {
        uint32_t address;
        uint32_t port;
    } flow[FLOWS]; /* outside port - FIRST_PORT; port 0: free */
    uint32_t full;
};

/* Open addressing: the flow's place is its outside port. */
static uint32_t outside_port(struct self *self, uint32_t address, uint32_t port)
{
    uint32_t at = (address * 31 + port) % FLOWS;

    for (uint32_t i = 0; i < FLOWS; i++, at = (at + 1) % FLOWS) {
        struct flow *f = &self->flow[at];

        if (f->port == 0) {
            *f = (struct flow){ address, port };
        }
        if (f->address == address && f->port == port) {
            return FIRST_PORT + at;
        }
    }
    return 0;
}

/* The checksum after a 16-bit word of the header has changed: RFC 1624, equation 3. */
static void patch(volatile uint8_t *p, unsigned at, uint32_t value)
{
    uint32_t sum = (~get16(p + IP_CHECKSUM) & 0xffff) + (~get16(p + at) & 0xffff) + value;

    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    put16(p + IP_CHECKSUM, ~sum & 0xffff);
    put16(p + at, value);
}

enum tess_err in_push(struct self *self, uint32_t at, uint32_t bytes, uint32_t class)
{
    volatile uint8_t *p = pool(self) + at;
    uint32_t port;

    if (at > POOL_BYTES - PACKET_ROOM) {
        return TESS_ARG;
    }
    port = outside_port(self, get32(p + IP_SOURCE), get16(p + PORT_SOURCE));
    if (!port) {
        self->full++;
        return TESS_OK;
    }
    patch(p, IP_SOURCE, PUBLIC_ADDRESS >> 16);
    patch(p, IP_SOURCE + 2, PUBLIC_ADDRESS & 0xffff);
    put16(p + PORT_SOURCE, port);
    return out_push(self, at, bytes, class);
}
