/* Streams to a guest's programs; see vsock/vsock.h. */
#include <vsock/vsock.h>

#include <string.h>

/* ---- bytes ---- */

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* To or from the ring, in two stretches at most; at: position in it. */
static void ring_copy(struct vsock_bytes *b, uint32_t at, uint8_t *other, uint32_t n, bool in)
{
    for (uint32_t done = 0, step; done < n; done += step) {
        uint32_t from = (at + done) % VSOCK_BUFFER;

        step = least(n - done, VSOCK_BUFFER - from);
        if (in) {
            memcpy(b->byte + from, other + done, step);
        } else {
            memcpy(other + done, b->byte + from, step);
        }
    }
}

static uint32_t ring_put(struct vsock_bytes *b, const void *from, uint32_t n)
{
    n = least(n, VSOCK_BUFFER - b->count);
    ring_copy(b, b->at + b->count, (uint8_t *)(uintptr_t)from, n, true);
    b->count += n;
    return n;
}

static uint32_t ring_take(struct vsock_bytes *b, void *to, uint32_t n)
{
    n = least(n, b->count);
    ring_copy(b, b->at, to, n, false);
    b->at = (b->at + n) % VSOCK_BUFFER;
    b->count -= n;
    return n;
}

/* ---- to the guest ---- */

static uint32_t credit(const struct vsock_stream *s)
{
    uint32_t flying = s->sent - s->guest_taken;

    return s->guest_wants_no_more || flying >= s->guest_room ? 0 : s->guest_room - flying;
}

static struct vsock_header header(uint32_t guest_port, uint32_t port, enum vsock_op op)
{
    return (struct vsock_header){ .from_cid = VSOCK_CID_HOST,
                                  .to_cid = VSOCK_CID_GUEST,
                                  .from_port = port,
                                  .to_port = guest_port,
                                  .type = VSOCK_TYPE_STREAM,
                                  .op = (uint16_t)op };
}

/* What this stream has to say, data of up to `room` bytes included; false: nothing. */
static bool next_of(struct vsock_stream *s, struct vsock_header *h, uint8_t *data, uint32_t room)
{
    if (s->state == VSOCK_FREE || s->state == VSOCK_OVER) {
        return false;
    }
    *h = header(s->guest_port, s->port, VSOCK_CREDIT_UPDATE);
    uint32_t n = least(least(credit(s), s->out.count), room);
    if (s->owes_response) {
        h->op = VSOCK_RESPONSE;
        s->owes_response = false;
    } else if (n) {
        h->op = VSOCK_RW;
        h->bytes = ring_take(&s->out, data, n);
        s->sent += n;
    } else if (s->state == VSOCK_FLUSHING && s->out.count == 0) {
        h->op = VSOCK_SHUTDOWN;
        h->flags = VSOCK_SHUTDOWN_RECEIVE | VSOCK_SHUTDOWN_SEND;
        s->state = VSOCK_SHUT;
    } else if (!s->owes_credit) {
        return false;
    }
    s->owes_credit = false;
    s->told = h->taken = s->taken;
    h->room = VSOCK_BUFFER;
    return true;
}

/* Resets first, then the streams in turn. */
static bool next(struct vsock *v, struct vsock_header *h, uint8_t *data, uint32_t room)
{
    if (v->owes_reset) {
        v->owes_reset = false;
        *h = header(VSOCK_ANY, VSOCK_ANY, VSOCK_RST);
        return true;
    }
    if (v->resets) {
        *h = header(v->reset[0].guest_port, v->reset[0].port, VSOCK_RST);
        memmove(v->reset, v->reset + 1, --v->resets * sizeof v->reset[0]);
        return true;
    }
    for (uint32_t i = 0; i < VSOCK_STREAMS; i++) {
        uint32_t at = (v->turn + i) % VSOCK_STREAMS;

        if (next_of(&v->stream[at], h, data, room)) {
            v->turn = at + 1;
            return true;
        }
    }
    return false;
}

/* As long as there is something to say and room to say it in.  `give` may bring the next receive. */
static void pump(struct vsock *v)
{
    struct vsock_header h;

    if (v->is_giving) {
        return;
    }
    v->is_giving = true;
    while (v->receives) {
        uint8_t *packet = v->receive[0].packet;
        uint32_t id = v->receive[0].id;

        if (!next(v, &h, packet + sizeof h, v->receive[0].room - (uint32_t)sizeof h)) {
            break;
        }
        memcpy(packet, &h, sizeof h);
        memmove(v->receive, v->receive + 1, --v->receives * sizeof v->receive[0]);
        v->use->give(v, id, (uint32_t)sizeof h + h.bytes);
    }
    v->is_giving = false;
}

/* A guest that asks for too many gets none. */
static void reset_owed(struct vsock *v, uint32_t guest_port, uint32_t port)
{
    if (v->resets < VSOCK_RESETS) {
        v->reset[v->resets].guest_port = guest_port;
        v->reset[v->resets++].port = port;
    }
}

/* ---- from the guest ---- */

static struct vsock_stream *find(struct vsock *v, const struct vsock_header *h)
{
    for (uint32_t i = 0; i < VSOCK_STREAMS; i++) {
        struct vsock_stream *s = &v->stream[i];

        if (s->state != VSOCK_FREE && s->state != VSOCK_OVER && s->guest_port == h->from_port &&
            s->port == h->to_port) {
            return s;
        }
    }
    return NULL;
}

/* The guest knows it no more; the component may still have it. */
static void lost(struct vsock *v, struct vsock_stream *s)
{
    bool is_open = s->state == VSOCK_OPEN;

    s->state = is_open ? VSOCK_OVER : VSOCK_FREE;
    if (is_open) {
        v->use->ready(v, s);
    }
}

static void lost_all(struct vsock *v)
{
    v->resets = 0;
    for (uint32_t i = 0; i < VSOCK_STREAMS; i++) {
        if (v->stream[i].state != VSOCK_FREE && v->stream[i].state != VSOCK_OVER) {
            lost(v, &v->stream[i]);
        }
    }
}

static void refuse(struct vsock *v, struct vsock_stream *s)
{
    reset_owed(v, s->guest_port, s->port);
    lost(v, s);
}

static void requested(struct vsock *v, const struct vsock_header *h)
{
    for (uint32_t i = 0; i < VSOCK_STREAMS; i++) {
        struct vsock_stream *s = &v->stream[i];

        if (s->state != VSOCK_FREE) {
            continue;
        }
        *s = (struct vsock_stream){ .state = VSOCK_OPEN,
                                    .guest_port = h->from_port,
                                    .port = h->to_port,
                                    .owes_response = true,
                                    .guest_room = h->room,
                                    .guest_taken = h->taken };
        if (v->use->accept(v, s)) {
            return;
        }
        s->state = VSOCK_FREE;
        break;
    }
    reset_owed(v, h->from_port, h->to_port);
}

static void data(struct vsock *v, struct vsock_stream *s, const uint8_t *from, uint32_t n)
{
    if (s->guest_sends_no_more || n > VSOCK_BUFFER - s->in.count) {
        return refuse(v, s); /* it has said that it would not, or that it knew there was no room */
    }
    if (s->state == VSOCK_OPEN) {
        (void)ring_put(&s->in, from, n);
    } else { /* closed: nobody reads it */
        s->taken += n;
        s->owes_credit = true;
    }
}

static void shut(struct vsock *v, struct vsock_stream *s, uint32_t flags)
{
    s->guest_sends_no_more |= (flags & VSOCK_SHUTDOWN_SEND) != 0;
    s->guest_wants_no_more |= (flags & VSOCK_SHUTDOWN_RECEIVE) != 0;
    if (s->guest_wants_no_more) {
        s->out.count = 0;
    }
    if (s->guest_sends_no_more && s->guest_wants_no_more) {
        refuse(v, s);
    }
}

static void packet(struct vsock *v, const struct vsock_header *h, const uint8_t *more, uint32_t n)
{
    struct vsock_stream *s = find(v, h);

    if (h->op == VSOCK_RST) {
        if (s) {
            lost(v, s);
        } else if (h->from_port == VSOCK_ANY && h->to_port == VSOCK_ANY) {
            lost_all(v);
        }
        return;
    }
    if (s && (h->bytes != n || h->op == VSOCK_REQUEST || h->op == VSOCK_RESPONSE || h->op == 0 ||
              h->op > VSOCK_CREDIT_REQUEST)) {
        refuse(v, s);
        return;
    }
    if (!s) {
        if (h->op == VSOCK_REQUEST && n == 0 && h->bytes == 0) {
            requested(v, h);
        } else {
            reset_owed(v, h->from_port, h->to_port);
        }
        return;
    }
    s->guest_room = h->room;
    s->guest_taken = h->taken;
    if (h->op == VSOCK_RW) {
        data(v, s, more, n);
    } else if (h->op == VSOCK_SHUTDOWN) {
        shut(v, s, h->flags);
    } else if (h->op == VSOCK_CREDIT_REQUEST) {
        s->owes_credit = true;
    }
    if (s->state == VSOCK_OPEN) {
        v->use->ready(v, s);
    }
}

/* ---- the interface ---- */

void vsock_init(struct vsock *v, const struct vsock_use *use, void *owner)
{
    memset(v, 0, sizeof *v);
    v->use = use;
    v->owner = owner;
    v->owes_reset = true;
}

void vsock_packet(struct vsock *v, const void *p, uint32_t n)
{
    struct vsock_header h;

    if (n < sizeof h) {
        return;
    }
    memcpy(&h, p, sizeof h); /* once: it is the guest's */
    __asm__ volatile("" ::: "memory");
    if (h.type != VSOCK_TYPE_STREAM || h.to_cid != VSOCK_CID_HOST) {
        if (h.op != VSOCK_RST) {
            reset_owed(v, h.from_port, h.to_port);
        }
    } else {
        packet(v, &h, (const uint8_t *)p + sizeof h, n - (uint32_t)sizeof h);
    }
    pump(v);
}

bool vsock_receive(struct vsock *v, uint32_t id, void *p, uint32_t room)
{
    if (room <= VSOCK_HEADER_BYTES || v->receives == VSOCK_RECEIVES) {
        return false;
    }
    v->receive[v->receives].id = id;
    v->receive[v->receives].room = room;
    v->receive[v->receives++].packet = p;
    pump(v);
    return true;
}

void vsock_cancel(struct vsock *v, uint32_t from, uint32_t to)
{
    uint32_t left = 0;

    for (uint32_t i = 0; i < v->receives; i++) {
        if (v->receive[i].id < from || v->receive[i].id >= to) {
            v->receive[left++] = v->receive[i];
        }
    }
    v->receives = left;
}

uint32_t vsock_readable(const struct vsock_stream *s)
{
    return s->in.count;
}

uint32_t vsock_read(struct vsock *v, struct vsock_stream *s, void *to, uint32_t n)
{
    n = ring_take(&s->in, to, n);
    s->taken += n;
    if (s->taken - s->told >= VSOCK_BUFFER / 2) {
        s->owes_credit = true;
        pump(v);
    }
    return n;
}

uint32_t vsock_room(const struct vsock_stream *s)
{
    return s->state != VSOCK_OPEN || s->guest_wants_no_more ? VSOCK_BUFFER
                                                            : VSOCK_BUFFER - s->out.count;
}

uint32_t vsock_write(struct vsock *v, struct vsock_stream *s, const void *from, uint32_t n)
{
    if (s->state != VSOCK_OPEN || s->guest_wants_no_more) {
        return n;
    }
    n = ring_put(&s->out, from, n);
    pump(v);
    return n;
}

bool vsock_ended(const struct vsock_stream *s)
{
    return s->in.count == 0 && (s->guest_sends_no_more || s->state != VSOCK_OPEN);
}

void vsock_close(struct vsock *v, struct vsock_stream *s)
{
    if (s->state == VSOCK_OVER) {
        s->state = VSOCK_FREE;
    } else if (s->state == VSOCK_OPEN) {
        s->state = VSOCK_FLUSHING;
        s->taken += s->in.count; /* nobody reads it */
        s->in.count = 0;
        s->owes_credit = true;
        pump(v);
    }
}
