/* Ethernet frames as idl/net.idl passes them (IEEE 802.3, section 3): addresses, type, data; no preamble and no checksum. */
#ifndef NETDRV_ETHER_H
#define NETDRV_ETHER_H

#include <stdbool.h>
#include <stdint.h>

#define ETHER_HEADER    14u   /* bytes of a frame's two addresses and type */
#define ETHER_FRAME_MAX 1514u /* with 1,500 bytes of data */
#define ETHER_FRAME_MIN 60u   /* shorter ones are padded on the wire */

#define ETHER_BROADCAST 0xffffffffffffull
#define ETHER_GROUP     1ull /* bit: more than one station */
#define ETHER_LOCAL     2ull /* bit: given out here, not by a manufacturer */

/* May a frame of n bytes be sent? */
static inline bool ether_may_send(uint32_t n)
{
    return n >= ETHER_HEADER && n <= ETHER_FRAME_MAX;
}

/* Six bytes as a number; the first of them in the lowest eight bits. */
static inline uint64_t ether_address(const volatile uint8_t *bytes)
{
    uint64_t address = 0;

    for (int i = 5; i >= 0; i--) {
        address = address << 8 | bytes[i];
    }
    return address;
}

static inline uint64_t ether_destination(const volatile uint8_t *frame)
{
    return ether_address(frame);
}

static inline uint64_t ether_source(const volatile uint8_t *frame)
{
    return ether_address(frame + 6);
}

#endif
