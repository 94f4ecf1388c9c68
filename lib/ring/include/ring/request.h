/*
 * Requests and completions: two rings between a client and a server that has several requests in hand and completes them in any
 * order (block and network drivers).  This is the server's side; the client's is recover/replay.h.
 *
 *     requests ring     client -> server: record with tag = method, payload = id (8 bytes), arguments
 *     completions ring  server -> client: record with tag = status (enum tess_err or the interface's own), payload = id, results
 *
 * A request stays in its ring until it and all before it are completed.  So a new incarnation of the server finds everything that
 * was not completed, and may do again what was: requests must be repeatable, the client drops the second completion.
 * What an incarnation had in hand when it died, the next does one at a time; a request that is alone in hand when that dies, too,
 * is completed with POISON and not tried again.
 *
 * Attach both rings first, then request_attach.  Signals are as in ring.h: after request_take, ring_need_room(&s->requests, r);
 * after request_complete (or a POISON in request_take), ring_need_wake(&s->completions).
 */
#ifndef RING_REQUEST_H
#define RING_REQUEST_H

#include <ring/ring.h>

#define REQUEST_ID_BYTES 8u

/* A request in hand. */
struct request {
    uint64_t id;
    uint64_t next; /* index behind it in the ring */
    bool is_done;
};

struct request_server {
    struct ring_consumer requests;
    struct ring_producer completions;
    struct request *window; /* the depth requests that can be in hand, a circle */
    uint32_t depth;
    uint32_t first, count;
    uint64_t cursor;         /* index of the next request to take */
    uint64_t careful;        /* up to here one at a time */
    uint64_t completion_max; /* bytes of the largest completion record */
};

/*
 * Begin to serve.  window: room for `depth` requests in hand.  result_max: bytes of the largest result; the completions
 * ring should hold depth + 2 of these, else fewer requests are taken at a time.  ARG: it holds fewer than 3.
 */
RING_COLD enum tess_err request_attach(struct request_server *s, struct request *window,
                                       uint32_t depth, uint32_t result_max)
{
    uint64_t taken = s->requests.own->taken;

    s->window = window;
    s->depth = depth;
    s->first = s->count = 0;
    s->cursor = s->careful = s->requests.tail;
    if (taken - s->cursor <= s->requests.mask + 1) {
        s->careful = taken & ~RING_FLAGS;
    }
    s->completion_max = RING_RECORD_BYTES((uint64_t)result_max + REQUEST_ID_BYTES);
    return depth == 0 || 3 * s->completion_max > s->completions.mask + 1 ? TESS_ARG : TESS_OK;
}

/* Is there room for the completions of all requests in hand, one more, and what a skip wastes? */
RING_INLINE bool request_has_room(struct request_server *s)
{
    uint64_t need = (s->count + 2) * s->completion_max;

    if (s->completions.mask + 1 - (s->completions.head - s->completions.tail) >= need) {
        return true;
    }
    return ring_look_tail(&s->completions) == TESS_OK &&
           s->completions.mask + 1 - (s->completions.head - s->completions.tail) >= need;
}

/* Give the requests that are completed, up to the first that is not, back to the client. */
RING_INLINE void request_retire(struct request_server *s)
{
    while (s->count > 0 && s->window[s->first].is_done) {
        ring_advance(&s->requests, &(struct ring_record){ .next = s->window[s->first].next });
        s->first = (s->first + 1) % s->depth;
        s->count--;
    }
}

/*
 * Complete the request in hand number `slot` (from request_take); in any order, each once.  PROTOCOL: the client's index in the
 * completions ring is impossible; the request is still in hand.
 */
RING_INLINE enum tess_err request_complete(struct request_server *s, uint32_t slot, uint32_t status,
                                           const void *result, uint32_t bytes)
{
    struct ring_space space;
    enum tess_err err = ring_reserve(&s->completions, status, REQUEST_ID_BYTES + bytes, &space);

    if (err != TESS_OK) {
        return err;
    }
    memcpy(space.payload, &s->window[slot].id, REQUEST_ID_BYTES);
    if (bytes > 0) {
        memcpy((unsigned char *)space.payload + REQUEST_ID_BYTES, result, bytes);
    }
    ring_publish(&s->completions, &space);
    s->window[slot].is_done = true;
    request_retire(s);
    return TESS_OK;
}

/*
 * Take the next request: *r is its record (arguments from REQUEST_ID_BYTES on), *slot its number in hand.  AGAIN: there is none,
 * or none can be taken before one in hand is completed or the client has read completions.  PROTOCOL: what is there is no
 * request; the client is to blame; when ring_peek says so too, ring_resync and request_attach go on behind it.  POISON:
 * a request was completed with POISON instead.
 */
RING_INLINE enum tess_err request_take(struct request_server *s, struct ring_record *r,
                                       uint32_t *slot)
{
    bool is_careful = s->careful - s->cursor - 1 <= s->requests.mask; /* cursor < careful */
    enum tess_err err;

    r->head = 0;
    if (s->count == s->depth || (is_careful && s->count > 0) || !request_has_room(s)) {
        return TESS_AGAIN;
    }
    err = ring_peek_at(&s->requests, s->cursor, r);
    if (err != TESS_OK) {
        return err;
    }
    *slot = (s->first + s->count++) % s->depth;
    s->window[*slot] = (struct request){ .next = r->next };
    s->cursor = r->next;
    if (ring_bytes(r) < REQUEST_ID_BYTES) {
        s->window[*slot].is_done = true; /* there is nobody to tell */
        request_retire(s);
        return TESS_PROTOCOL;
    }
    s->window[*slot].id = ring_word(r, 0);
    s->requests.own->taken = r->next;
    if (!is_careful) {
        return TESS_OK;
    }
    s->requests.own->hand = s->requests.tail;
    if (ring_deaths(&s->requests) == 0) {
        return TESS_OK;
    }
    err = request_complete(s, *slot, TESS_POISON, NULL, 0);
    return err == TESS_OK ? TESS_POISON : err;
}

#endif
