/*
 * A network card for the guest (Virtual I/O Device specification 5.1), behind the component's own two queues: Net sends (packets.h), NetReceive
 * receives: several outstanding ... virtio_net_received --> next chain, or dropped if the guest has none.
 *
 * No offloads, one frame a buffer: the header (5.1.6) is all zeros but num_buffers.
 */
#include "host.h"
#include "packets.h"

#define F_MAC    (1ull << 5)
#define F_STATUS (1ull << 16)

enum { RECEIVE = 0, SEND = 1 };

#define HEADER  12u /* struct virtio_net_hdr of version 1 */
#define LINK_UP 1u

static struct packets frames = { .queue = SEND,
                                 .skip = HEADER,
                                 .most = HOST_FRAME_MAX,
                                 .place = host_net_frame,
                                 .send = host_net_send };

static void notify(struct vdevice *d, unsigned queue)
{
    (void)d;
    if (queue == SEND) {
        packets_send(&frames);
    }
}

void virtio_net_sent(uint64_t cookie)
{
    packets_sent(&frames, cookie);
}

void virtio_net_received(const uint8_t *frame, uint32_t bytes)
{
    uint8_t header[HEADER] = { [10] = 1 }; /* num_buffers */
    struct chain c;

    if (!frames.device || !chain_next(frames.device, RECEIVE, &c)) {
        return;
    }
    uint32_t n = chain_copy(&c, true, 0, header, sizeof header);
    n += chain_copy(&c, true, sizeof header, (void *)(uintptr_t)frame, bytes);
    chain_done(frames.device, RECEIVE, c.head, n);
}

static void reset(struct vdevice *d)
{
    packets_reset(&frames, d);
}

static uint32_t config(uint32_t offset)
{
    uint64_t mac = host_net_address();

    return offset == 0   ? (uint32_t)mac
           : offset == 4 ? (uint32_t)(mac >> 32 & 0xffff) | LINK_UP << 16
                         : 0;
}

static bool idle(void)
{
    return packets_idle(&frames);
}

const struct vdevice_kind virtio_net = {
    .device = VIRTIO_NET,
    .queues = 2,
    .features = F_MAC | F_STATUS,
    .notify = notify,
    .reset = reset,
    .config = config,
    .idle = idle,
};
