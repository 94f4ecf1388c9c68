/* Drops what goes to the blocked port, and UDP that is not interactive. */
#include "Filter.h"
#include "ip.h"

struct self {
    uint32_t dropped;
};

enum { CLASS_INTERACTIVE = 1 };

enum tess_err in_push(struct self *self, uint32_t at, uint32_t bytes, uint32_t class)
{
    const volatile uint8_t *p = pool(self) + at;

    if (at > POOL_BYTES - PACKET_ROOM || get16(p + PORT_TARGET) == BLOCKED_PORT ||
        (p[IP_PROTOCOL] == PROTOCOL_UDP && class != CLASS_INTERACTIVE)) {
        self->dropped++;
        return TESS_OK; /* dropped is a result, not an error */
    }
    return out_push(self, at, bytes, class);
}
