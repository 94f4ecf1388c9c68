/* Puts each packet into a class; what is no IPv4 packet with ports goes no further. */
#include "Classifier.h"
#include "ip.h"

struct self {
    uint32_t refused;
};

enum { CLASS_OTHER, CLASS_INTERACTIVE, CLASS_BULK };

enum tess_err in_push(struct self *self, uint32_t at, uint32_t bytes, uint32_t class)
{
    const volatile uint8_t *p = pool(self) + at;

    if (at > POOL_BYTES - PACKET_ROOM || bytes < PORTS_END || bytes > PACKET_ROOM ||
        p[IP_VERSION] != 0x45 || get16(p + IP_LENGTH) != bytes || header_sum(p) != 0xffff) {
        self->refused++;
        return TESS_ARG;
    }
    switch (get16(p + PORT_TARGET)) {
    case 22:
    case 23:
    case 53:
        class = CLASS_INTERACTIVE;
        break;
    case 25:
    case 80:
    case 443:
        class = CLASS_BULK;
        break;
    default:
        class = CLASS_OTHER;
    }
    return out_push(self, at, bytes, class);
}
