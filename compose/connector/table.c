/* The transports, by their words in the language. */
#include "table.h"

const struct transport_ops transports[TRANSPORTS] = {
    [TRANSPORT_DIRECT] = { "direct", NULL, NULL },
    [TRANSPORT_RPC] = { "rpc", rpc_lower, rpc_place },
    [TRANSPORT_RING] = { "ring", ring_lower, ring_place },
    [TRANSPORT_QUEUE] = { "queue", queue_lower, queue_place },
    [TRANSPORT_SHARE] = { "share", share_lower, share_place },
    [TRANSPORT_EVENT] = { "event", NULL, event_place },
    [TRANSPORT_IRQ] = { "irq", irq_lower, irq_place },
    [TRANSPORT_MMIO] = { "mmio", mmio_lower, mmio_place },
    [TRANSPORT_DMA] = { "dma", NULL, NULL },
    [TRANSPORT_USER] = { "user", user_lower, user_place },
};
