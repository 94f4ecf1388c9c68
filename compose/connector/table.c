/* The transports, by their words in the language. */
#include "table.h"

const struct transport_ops transports[TRANSPORTS] = {
    [TRANSPORT_DIRECT] = { "direct", NULL, NULL, direct_from, direct_to },
    [TRANSPORT_RPC] = { "rpc", rpc_lower, rpc_place, rpc_from, rpc_to },
    [TRANSPORT_RING] = { "ring", ring_lower, ring_place, ring_from, ring_to },
    [TRANSPORT_QUEUE] = { "queue", queue_lower, queue_place, queue_from, queue_to },
    [TRANSPORT_SHARE] = { "share", share_lower, share_place, share_from, share_to },
    [TRANSPORT_EVENT] = { "event", NULL, event_place, event_from, event_to },
    [TRANSPORT_IRQ] = { "irq", irq_lower, irq_place, irq_from, NULL },
    [TRANSPORT_MMIO] = { "mmio", mmio_lower, mmio_place, mmio_from, NULL },
    [TRANSPORT_DMA] = { "dma", NULL, NULL, NULL, NULL },
    [TRANSPORT_USER] = { "user", user_lower, user_place, user_from, user_to },
};
