/*
 * Sockets from the guest's programs to a component (Virtual I/O Device specification 5.10), behind two queues of the monitor's: Vsock takes what the
 * guest sends (packets.h), VsockReceive brings what the component says.  The monitor passes packets on, in order and none lost; streams are
 * made of them by the two ends.
 *
 *      receive:   several outstanding ... virtio_vsock_received --> next chain; held, in order, while the guest has none
 *      reset:     a packet tells the component that all streams are over; nothing else is sent before it has taken that
 *      such a packet from the component: it has been restarted; an event tells the guest (5.10.6.7)
 */
#include <string.h>

#include "host.h"
#include "packets.h"

#include <vsock/packet.h>

enum { RECEIVE = 0, SEND = 1, EVENT = 2 };

#define EVENT_TRANSPORT_RESET 0u /* 5.10.6.7 */

static struct packets packets = {
    .queue = SEND, .most = HOST_VSOCK_MAX, .place = host_vsock_packet, .send = host_vsock_send
};
static bool resets; /* the packet of a reset is on its way */
static bool owes_event;
static struct held {
    uint64_t cookie;
    uint32_t bytes;
} held[HOST_VSOCK_RECEIVES];
static unsigned holds;

static void drop(unsigned n)
{
    holds -= n;
    memmove(held, held + n, holds * sizeof held[0]);
}

static void deliver(void)
{
    struct chain c;

    while (holds && chain_next(packets.device, RECEIVE, &c)) {
        uint64_t cookie = held[0].cookie;
        uint32_t n = chain_copy(&c, true, 0, host_vsock_received(cookie), held[0].bytes);

        drop(1);
        chain_done(packets.device, RECEIVE, c.head, n);
        host_vsock_receive(cookie);
    }
}

/* All streams of the guest are over: it hears so as soon as it has room for that. */
static void event(void)
{
    uint32_t what = EVENT_TRANSPORT_RESET;
    struct chain c;

    if (owes_event && chain_next(packets.device, EVENT, &c)) {
        owes_event = false;
        chain_done(packets.device, EVENT, c.head, chain_copy(&c, true, 0, &what, sizeof what));
    }
}

static bool is_reset(uint64_t cookie, uint32_t bytes)
{
    struct vsock_header h;

    memcpy(&h, host_vsock_received(cookie), sizeof h);
    return bytes == sizeof h && h.op == VSOCK_RST && h.from_port == VSOCK_ANY &&
           h.to_port == VSOCK_ANY;
}

static void notify(struct vdevice *d, unsigned queue)
{
    (void)d;
    if (queue == SEND && !resets) {
        packets_send(&packets);
    } else if (queue == RECEIVE) {
        deliver();
    } else if (queue == EVENT) {
        event();
    }
}

void virtio_vsock_sent(uint64_t cookie)
{
    if (cookie == PACKETS_PLACES) {
        resets = false;
        packets_send(&packets);
    } else {
        packets_sent(&packets, cookie);
    }
}

void virtio_vsock_received(uint64_t cookie, uint32_t bytes)
{
    if (!packets.device || !vdevice_works(packets.device) || holds == HOST_VSOCK_RECEIVES) {
        host_vsock_receive(cookie); /* nobody is there to hear it */
        return;
    }
    if (is_reset(cookie, bytes)) {
        owes_event = true;
        event();
        host_vsock_receive(cookie);
    } else {
        held[holds++] = (struct held){ cookie, bytes };
        deliver();
    }
}

static void reset(struct vdevice *d)
{
    static const struct vsock_header all = { .from_cid = VSOCK_CID_GUEST,
                                             .to_cid = VSOCK_CID_HOST,
                                             .from_port = VSOCK_ANY,
                                             .to_port = VSOCK_ANY,
                                             .type = VSOCK_TYPE_STREAM,
                                             .op = VSOCK_RST };

    packets_reset(&packets, d);
    for (unsigned i = 0; i < holds; i++) {
        host_vsock_receive(held[i].cookie);
    }
    holds = 0;
    owes_event = false;
    if (!resets) {
        memcpy(host_vsock_packet(PACKETS_PLACES), &all, sizeof all);
        resets = host_vsock_send(PACKETS_PLACES, sizeof all);
    }
}

/* Its streams were those of when it was saved. */
static void loaded(struct vdevice *d)
{
    (void)d;
    owes_event = true;
    event();
}

static uint32_t config(uint32_t offset)
{
    return offset == 0 ? VSOCK_CID_GUEST : 0;
}

static bool idle(void)
{
    return packets_idle(&packets) && !resets;
}

const struct vdevice_kind virtio_vsock = {
    .device = VIRTIO_VSOCK,
    .queues = 3,
    .notify = notify,
    .reset = reset,
    .config = config,
    .idle = idle,
    .loaded = loaded,
};
