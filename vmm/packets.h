/*
 * Packets that a guest sends, on their way to a connection of the monitor's: what network card and sockets have in common.
 *
 *      queue `queue` --packets_send--> place of the connection's buffer --send--> ... packets_sent --> used
 *
 * They go in order.  When all places are taken the guest's queue keeps the others.
 */
#ifndef VMM_PACKETS_H
#define VMM_PACKETS_H

#include <stdbool.h>
#include <stdint.h>

#include "virtio_device.h"

#define PACKETS_PLACES 8u

struct packets {
    unsigned queue;
    uint32_t skip, most;                /* bytes that stay here, of each packet; that go, at most */
    uint8_t *(*place)(uint64_t cookie); /* cookies are below PACKETS_PLACES */
    bool (*send)(uint64_t cookie, uint32_t bytes); /* false: it is lost */
    struct vdevice *device;                        /* NULL before packets_reset */
    uint32_t life;
    struct {
        bool is_used;
        uint32_t life;
        uint16_t head;
    } sent[PACKETS_PLACES];
};

/* The device was reset: what is on its way is not its any more. */
void packets_reset(struct packets *p, struct vdevice *d);
/* As many as there are places for. */
void packets_send(struct packets *p);
/* The place is free again. */
void packets_sent(struct packets *p, uint64_t cookie);
/* None is on its way. */
bool packets_idle(const struct packets *p);

#endif
