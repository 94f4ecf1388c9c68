/*
 * Requests and completions: two rings between a client and a server that has several requests in hand and completes them in any
 * order (block and network drivers).  This is the server's side; the client's is recover/replay.h.
 *
 *     requests ring     client -> server: record with tag = method, payload = id (8 bytes), arguments
 *     completions ring  server -> client: record with tag = status (enum tess_err or the interface's own), payload = id, results
 *
 * A request stays in its ring until it and all before it are completed.  So a new incarnation of the server finds everything that
 * was not completed, and may do again what was half done: requests must be repeatable.  One that was completed is not done
 * again, for the client may have given its memory to something else: that it was, is noted, in memory of the server that
 * survives, before the client is told.  The next incarnation tells it once more, and the client drops the second completion.
 * Not noted are completions with more than REQUEST_NOTE_WORDS words of results: such a request is done again, so it must not touch
 * memory of the client.
 * What an incarnation had in hand when it died, the next does one at a time; a request that is alone in hand when that dies, too,
 * is completed with POISON and not tried again.
 *
 * Attach both rings first, then request_attach.  Signals are as in ring.h: after request_take, ring_need_room(&s->requests, r);
 * after request_complete (or a POISON in request_take), ring_need_wake(&s->completions).  Before waiting: request_want_wake; the
 * client uses replay_need_wake, since the server sleeps with records in the ring.
 */
#ifndef RING_REQUEST_H
#define RING_REQUEST_H

#include <ring/ring.h>

#define REQUEST_ID_BYTES 8u

#define REQUEST_NOTE_WORDS 2u

/* That a request was completed; one note for every REQUEST_NOTE_GRAIN bytes of the ring, of the request that begins there. */
struct request_note {
    volatile uint64_t id; /* of the request, written last; 0: none */
    volatile uint32_t status;
    volatile uint32_t bytes; /* of the result */
    volatile uint64_t result[REQUEST_NOTE_WORDS];
};
#define REQUEST_NOTE_GRAIN 32u /* no record of a request is smaller */
#define REQUEST_NOTES(size)                                                                        \
    ((size) / REQUEST_NOTE_GRAIN) /* in a ring of so many bytes of records */

/* A request in hand. */
struct request {
    uint64_t id;
    uint64_t at;   /* its index */
    uint64_t next; /* index behind it in the ring */
    bool is_done;
};

struct request_server {
    struct ring_consumer requests;
    struct ring_producer completions;
    struct request_note *notes; /* REQUEST_NOTES of the requests ring */
    struct request *window;     /* the depth requests that can be in hand, a circle */
    uint32_t depth;
    uint32_t first, count;
    uint64_t cursor;         /* index of the next request to take */
    uint64_t careful;        /* up to here one at a time */
    uint64_t completion_max; /* bytes of the largest completion record */
};

/*
 * Begin to serve.  notes: memory that survives.  window: room for `depth` requests in hand.  result_max: bytes of the largest result; the completions
 * ring should hold depth + 2 of these, else fewer requests are taken at a time.  ARG: it holds fewer than 3.
 */
RING_COLD enum tess_err request_attach(struct request_server *s, struct request_note *notes,
                                       struct request *window, uint32_t depth, uint32_t result_max)
{
    uint64_t taken = s->requests.own->taken;

    s->notes = notes;
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

RING_INLINE struct request_note *request_note(const struct request_server *s, uint64_t at)
{
    return &s->notes[(at & s->requests.mask) / REQUEST_NOTE_GRAIN];
}

RING_INLINE void request_write_note(struct request_server *s, uint32_t slot, uint32_t status,
                                    const uint64_t *result, uint32_t bytes)
{
    struct request_note *note = request_note(s, s->window[slot].at);

    note->id = 0;
    atomic_signal_fence(memory_order_seq_cst);
    note->status = status;
    note->bytes = bytes;
    for (uint32_t i = 0; i < bytes / 8; i++) {
        note->result[i] = result[i];
    }
    atomic_signal_fence(memory_order_seq_cst);
    note->id = s->window[slot].id;
    atomic_signal_fence(memory_order_seq_cst);
}

/*
 * Complete the request in hand number `slot` (from request_take); in any order, each once.  result: words of 64 bits, `bytes` in
 * all.  PROTOCOL: the client's index in the completions ring is impossible; the request is still in hand.
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
    ring_copy_words((uint64_t *)space.payload + 1, (const uint64_t *)result, bytes);
    if (bytes <= 8 * REQUEST_NOTE_WORDS) {
        request_write_note(s, slot, status, (const uint64_t *)result, bytes);
    }
    ring_publish(&s->completions, &space);
    s->window[slot].is_done = true;
    request_retire(s);
    return TESS_OK;
}

/* Complete it as the last incarnation has. */
RING_COLD enum tess_err request_tell_again(struct request_server *s, uint32_t slot)
{
    const struct request_note *note = request_note(s, s->window[slot].at);
    uint32_t bytes = note->bytes <= 8 * REQUEST_NOTE_WORDS ? note->bytes : 0;
    uint64_t result[REQUEST_NOTE_WORDS];

    for (uint32_t i = 0; i < REQUEST_NOTE_WORDS; i++) {
        result[i] = note->result[i];
    }
    return request_complete(s, slot, note->status, result, bytes);
}

/*
 * Take the next request: *r is its record (arguments from REQUEST_ID_BYTES on), *slot its number in hand.  AGAIN: there is none,
 * or none can be taken before one in hand is completed or the client has read completions.  PROTOCOL: what is there is no
 * request; the client is to blame; when ring_peek says so too, ring_resync and request_attach go on behind it.  POISON:
 * a request was completed with POISON instead.  EXISTS: one was completed by the last incarnation, and its client was told again.
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
    s->window[*slot] = (struct request){ .at = r->sequence, .next = r->next };
    s->cursor = r->next;
    if (ring_bytes(r) < REQUEST_ID_BYTES) {
        s->window[*slot].is_done = true; /* there is nobody to tell */
        request_retire(s);
        return TESS_PROTOCOL;
    }
    s->window[*slot].id = ring_word(r, 0);
    s->requests.own->taken = r->next;
    if (request_note(s, r->sequence)->id == s->window[*slot].id) {
        err = request_tell_again(s, *slot);
        return err == TESS_OK ? TESS_EXISTS : err;
    }
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

/*
 * Ask for a signal when a request can be taken that cannot be now.  True: wait, for that or for what completes the requests in
 * hand; false: there is one, and no signal was asked for.
 */
RING_INLINE bool request_want_wake(struct request_server *s)
{
    uint64_t head;

    if (s->count == s->depth || (s->count > 0 && s->careful - s->cursor - 1 <= s->requests.mask)) {
        return true;
    }
    if (!request_has_room(s)) {
        atomic_store(&s->completions.own->head, s->completions.head | RING_WAITS);
        if (!request_has_room(s)) {
            return true;
        }
        atomic_store(&s->completions.own->head, s->completions.head);
    }
    atomic_store(&s->requests.own->tail, s->requests.tail | RING_WAITS);
    head = atomic_load(&s->requests.peer->head) & ~RING_FLAGS;
    if (head - s->cursor - 1 > s->requests.mask) {
        return true;
    }
    ring_awake(&s->requests);
    return false;
}

#endif
