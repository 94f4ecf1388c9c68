/* A terminal for the guest (Virtual I/O Device specification 5.3): queue 0 is what it reads, queue 1 what it writes. */
#include "host.h"
#include "virtio_device.h"

#define TEXT_MOST 65536u /* of one buffer; what is longer was not written by a terminal */

static struct vdevice *console;

/* What the guest changes in it meanwhile comes out as one or the other. */
static void write_out(const struct chain *c)
{
    uint32_t left = TEXT_MOST;

    for (unsigned i = 0; i < c->count && left; i++) {
        const struct piece *p = &c->piece[i];
        uint32_t n = p->is_in ? 0 : p->bytes < left ? p->bytes : left;

        host_console(p->at, n);
        left -= n;
    }
}

static void notify(struct vdevice *d, unsigned queue)
{
    struct chain c;

    if (queue != 1) {
        return;
    }
    while (chain_next(d, 1, &c)) {
        write_out(&c);
        chain_done(d, 1, c.head, 0);
    }
}

uint32_t virtio_console_input(const uint8_t *text, uint32_t bytes)
{
    struct chain c;
    uint32_t taken = 0;

    while (console && taken < bytes && chain_next(console, 0, &c)) {
        uint32_t n = chain_copy(&c, true, 0, (void *)(uintptr_t)(text + taken), bytes - taken);

        chain_done(console, 0, c.head, n);
        taken += n;
        if (n == 0) {
            break;
        }
    }
    return taken;
}

bool virtio_console_works(void)
{
    return console && vdevice_works(console) && console->queue[0].is_ready;
}

static void reset(struct vdevice *d)
{
    console = d;
}

static uint32_t config(uint32_t offset)
{
    (void)offset;
    return 0;
}

const struct vdevice_kind virtio_console = {
    .device = VIRTIO_CONSOLE,
    .queues = 2,
    .patient = 1u << 1, /* Linux waits in a loop until its text is gone, and asks for more */
    .notify = notify,
    .reset = reset,
    .config = config,
};
