/* Random numbers for the guest (Virtual I/O Device specification 5.4): one request at a time. */
#include "host.h"
#include "virtio_device.h"

#define MOST HOST_RANDOM_MAX

static struct vdevice *rng;
static struct chain chain;
static bool is_busy, is_wanted; /* one is at the server; the guest waits for it */

static void work(void)
{
    while (rng && !is_busy && chain_next(rng, 0, &chain)) {
        uint32_t bytes = chain_bytes(&chain, true);

        is_wanted = is_busy = host_random_start(bytes < MOST ? bytes : MOST);
        if (!is_busy) {
            chain_done(rng, 0, chain.head, 0);
        }
    }
}

static void notify(struct vdevice *d, unsigned queue)
{
    (void)d, (void)queue;
    work();
}

void virtio_rng_done(uint32_t bytes)
{
    is_busy = false;
    if (is_wanted) {
        is_wanted = false;
        chain_done(rng, 0, chain.head,
                   chain_copy(&chain, true, 0, host_random_buffer(), bytes < MOST ? bytes : MOST));
    }
    work();
}

static void reset(struct vdevice *d)
{
    rng = d;
    is_wanted = false;
}

static uint32_t config(uint32_t offset)
{
    (void)offset;
    return 0;
}

static bool idle(void)
{
    return !is_wanted;
}

const struct vdevice_kind virtio_rng = {
    .device = VIRTIO_ENTROPY,
    .queues = 1,
    .notify = notify,
    .reset = reset,
    .config = config,
    .idle = idle,
};
