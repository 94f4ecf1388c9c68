/* Packets of virtio-vsock: Virtual I/O Device specification 1.1, section 5.10.6. */
#ifndef VSOCK_PACKET_H
#define VSOCK_PACKET_H

#include <stdint.h>

#define VSOCK_HEADER_BYTES 44u
#define VSOCK_CID_HOST     2u /* 5.10.4 */
#define VSOCK_CID_GUEST    3u /* of every guest: each has a host of its own */

/* As both ports of a reset: all connections.  The monitor says it when the guest starts anew, the component when it does. */
#define VSOCK_ANY 0xffffffffu

/* 5.10.6 */
enum vsock_op {
    VSOCK_REQUEST = 1,
    VSOCK_RESPONSE,
    VSOCK_RST,
    VSOCK_SHUTDOWN,
    VSOCK_RW,
    VSOCK_CREDIT_UPDATE,
    VSOCK_CREDIT_REQUEST
};

#define VSOCK_TYPE_STREAM 1u

/* Flags of VSOCK_SHUTDOWN: I receive no more; I send no more (5.10.6.6). */
#define VSOCK_SHUTDOWN_RECEIVE 1u
#define VSOCK_SHUTDOWN_SEND    2u

struct vsock_header {
    uint64_t from_cid, to_cid;
    uint32_t from_port, to_port;
    uint32_t bytes; /* that follow */
    uint16_t type, op;
    uint32_t flags;
    uint32_t room;  /* of the sender's buffer for this stream */
    uint32_t taken; /* bytes of the stream that have left that buffer */
} __attribute__((packed));
_Static_assert(sizeof(struct vsock_header) == VSOCK_HEADER_BYTES, "as the specification has it");

#endif
