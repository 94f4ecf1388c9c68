/* Packets that a guest sends; see packets.h. */
#include "packets.h"

void packets_reset(struct packets *p, struct vdevice *d)
{
    p->device = d;
    p->life++;
}

void packets_send(struct packets *p)
{
    struct chain c;

    for (unsigned i = 0; p->device && i < PACKETS_PLACES; i++) {
        if (p->sent[i].is_used || !chain_next(p->device, p->queue, &c)) {
            continue;
        }
        uint32_t bytes = chain_copy(&c, false, p->skip, p->place(i), p->most);
        p->sent[i].is_used = bytes && p->send(i, bytes);
        p->sent[i].life = p->life;
        p->sent[i].head = c.head;
        if (!p->sent[i].is_used) { /* too short, or nobody takes it: lost, as on a wire */
            chain_done(p->device, p->queue, c.head, 0);
            i--;
        }
    }
}

void packets_sent(struct packets *p, uint64_t cookie)
{
    if (cookie >= PACKETS_PLACES || !p->sent[cookie].is_used) {
        return;
    }
    p->sent[cookie].is_used = false;
    if (p->device && p->sent[cookie].life == p->life) {
        chain_done(p->device, p->queue, p->sent[cookie].head, 0);
        packets_send(p);
    }
}

bool packets_idle(const struct packets *p)
{
    for (unsigned i = 0; i < PACKETS_PLACES; i++) {
        if (p->sent[i].is_used) {
            return false;
        }
    }
    return true;
}
