/* Sends back what a guest's program says, in capitals, on one port; on another it says how many bytes came, and ends; a third kills it. */
#include "Shout.h"
/* */
#include <stdio.h>
#include <vsock/vsock.h>

#define SHOUT_PORT 7u
#define COUNT_PORT 8u
#define CRASH_PORT 6u

struct self {
    struct vsock vsock;
    uint32_t streams;
};

static bool opened(struct vsock *v, struct vsock_stream *s)
{
    struct self *self = v->owner;

    self->streams++;
    return s->port == SHOUT_PORT || s->port == COUNT_PORT || s->port == CRASH_PORT;
}

static void shout(struct vsock *v, struct vsock_stream *s)
{
    uint8_t text[256];
    uint32_t n;

    do {
        uint32_t room = vsock_room(s);

        n = vsock_read(v, s, text, room < sizeof text ? room : sizeof text);
        for (uint32_t i = 0; i < n; i++) {
            text[i] -= text[i] >= 'a' && text[i] <= 'z' ? 'a' - 'A' : 0;
        }
        (void)vsock_write(v, s, text, n);
    } while (n);
}

static void count(struct vsock *v, struct vsock_stream *s)
{
    uint8_t text[256];
    char line[32];

    for (uint32_t n; (n = vsock_read(v, s, text, sizeof text)) != 0;) {
        s->mine = (uint8_t *)s->mine + n;
    }
    if (vsock_ended(s)) {
        int n = snprintf(line, sizeof line, "%lu bytes\n", (unsigned long)(uintptr_t)s->mine);
        (void)vsock_write(v, s, line, (uint32_t)n);
    }
}

static void talk(struct vsock *v, struct vsock_stream *s)
{
    if (s->port == SHOUT_PORT) {
        shout(v, s);
    } else if (s->port == COUNT_PORT) {
        count(v, s);
    } else {
        __builtin_trap();
    }
    if (vsock_ended(s)) {
        vsock_close(v, s);
    }
}

static void give(struct vsock *v, uint32_t id, uint32_t bytes)
{
    to_guest_receive_finish(v->owner, id, TESS_OK, bytes);
}

static const struct vsock_use use = { opened, talk, give };

static enum tess_err guest_send_begin(struct self *self, uint32_t id, uint32_t n,
                                      const void *packet)
{
    vsock_packet(&self->vsock, packet, n);
    guest_finish(self, id, TESS_OK);
    return TESS_OK;
}

static enum tess_err to_guest_receive_begin(struct self *self, uint32_t id, uint32_t room,
                                            void *packet)
{
    return vsock_receive(&self->vsock, id, packet, room) ? TESS_OK : TESS_ARG;
}

static void to_guest_cancel(struct self *self, uint32_t from, uint32_t to)
{
    vsock_cancel(&self->vsock, from, to);
}

static void init(struct self *self)
{
    vsock_init(&self->vsock, &use, self);
}
