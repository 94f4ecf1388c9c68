/* The functions of the transports, one file each; what they do: ../back.h. */
#ifndef COMPOSE_CONNECTOR_TABLE_H
#define COMPOSE_CONNECTOR_TABLE_H

#include "../back.h"

typedef void transport_function(struct model *model, struct connection *c);

transport_function rpc_lower, rpc_place;
transport_function ring_lower, ring_place;
transport_function queue_lower, queue_place;
transport_function share_lower, share_place;
transport_function event_place;
transport_function irq_lower, irq_place;
transport_function mmio_lower, mmio_place;
transport_function user_lower, user_place;

#endif
