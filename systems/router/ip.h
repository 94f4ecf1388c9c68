/* IPv4 and UDP/TCP headers as bytes (RFC 791, 768, 9293); every field is read and written through these functions. */
#ifndef ROUTER_IP_H
#define ROUTER_IP_H

#include <stdint.h>

enum { /* byte offsets in an IPv4 header without options */
       IP_VERSION = 0,
       IP_LENGTH = 2,
       IP_TTL = 8,
       IP_PROTOCOL = 9,
       IP_CHECKSUM = 10,
       IP_SOURCE = 12,
       IP_TARGET = 16,
       IP_HEADER = 20,
};
enum { PORT_SOURCE = IP_HEADER, PORT_TARGET = IP_HEADER + 2, PORTS_END = IP_HEADER + 4 };
enum { PROTOCOL_TCP = 6, PROTOCOL_UDP = 17 };

#define PACKET_ROOM 128u /* bytes of the pool for one packet */

static inline uint32_t get16(const volatile uint8_t *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

static inline uint32_t get32(const volatile uint8_t *at)
{
    return get16(at) << 16 | get16(at + 2);
}

static inline void put16(volatile uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static inline void put32(volatile uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value);
}

/* One's complement sum of the header (RFC 1071); 0xffff for a header whose checksum is right. */
static inline uint32_t header_sum(const volatile uint8_t *header)
{
    uint32_t sum = 0;

    for (unsigned i = 0; i < IP_HEADER; i += 2) {
        sum += get16(header + i);
    }
    sum = (sum & 0xffff) + (sum >> 16);
    return (sum & 0xffff) + (sum >> 16);
}

#endif
