/*
 * A network card for the guest (Virtual I/O Device specification 5.1), behind the component's own two queues: Net sends, NetReceive receives.
 *
 *      send:     chain --> copy behind the header --> host_net_send ... virtio_net_sent --> used
 *      receive:  host_net_receive (several outstanding) ... virtio_net_received --> next chain, or dropped if the guest has none
 *
 * No offloads, one frame a buffer: the header (5.1.6) is all zeros but num_buffers.
 */
#include <string.h>

#include "host.h"
#include "virtio_device.h"

#define F_MAC    (1ull << 5)
#define F_STATUS (1ull << 16)

enum { RECEIVE = 0, SEND = 1 };

#define HEADER  12u /* struct virtio_net_hdr of version 1 */
#define SENDS   8u
#define LINK_UP 1u

static struct send {
    bool is_used;
    uint32_t life;
    uint16_t head;
} sends[SENDS];

static uint32_t life;
static struct vdevice *card;

static void work(struct vdevice *d)
{
    struct chain c;

    for (unsigned i = 0; i < SENDS; i++) {
        struct send *s = &sends[i];

        if (s->is_used || !chain_next(d, SEND, &c)) {
            continue;
        }
        uint8_t *frame = host_net_frame(i);
        uint32_t bytes = chain_copy(&c, false, HEADER, frame, HOST_FRAME_MAX);
        *s = (struct send){ true, life, c.head };
        if (!bytes ||
            !host_net_send(i, bytes)) { /* too short, or nobody takes it: lost, as on a wire */
            s->is_used = false;
            chain_done(d, SEND, c.head, 0);
            i--;
        }
    }
}

static void notify(struct vdevice *d, unsigned queue)
{
    if (queue == SEND) {
        work(d);
    }
}

void virtio_net_sent(uint64_t cookie)
{
    struct send *s = cookie < SENDS ? &sends[cookie] : NULL;

    if (!s || !s->is_used) {
        return;
    }
    s->is_used = false;
    if (card && s->life == life) {
        chain_done(card, SEND, s->head, 0);
        work(card);
    }
}

void virtio_net_received(const uint8_t *frame, uint32_t bytes)
{
    uint8_t header[HEADER] = { [10] = 1 }; /* num_buffers */
    struct chain c;

    if (!card || !chain_next(card, RECEIVE, &c)) {
        return;
    }
    uint32_t n = chain_copy(&c, true, 0, header, sizeof header);
    n += chain_copy(&c, true, sizeof header, (void *)(uintptr_t)frame, bytes);
    chain_done(card, RECEIVE, c.head, n);
}

static void reset(struct vdevice *d)
{
    card = d;
    life++;
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
    for (unsigned i = 0; i < SENDS; i++) {
        if (sends[i].is_used) {
            return false;
        }
    }
    return true;
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
