/*
 * The client's side of requests and completions (ring/request.h): a table of what is outstanding, from which requests are issued
 * again, in order, when a ring had to be given up or the client itself was restarted.
 *
 * A request is outstanding from replay_submit until replay_done.  It is in the table before it is in the ring, so it
 * survives whatever happens to the ring; with the table in memory that survives (keep), also the client.  The server may
 * complete a request twice; the second completion is dropped here, by the id.  Effect: exactly once for requests
 * that are repeatable.  A restart of the server needs nothing done: what it had in hand is still in the ring.
 *
 * The loop of a client, at each signal of the server:
 *
 *     while (replay_peek(&r, &completion) == TESS_OK) {
 *         ... use it ...
 *         replay_done(&r, &completion);
 *     }
 *     replay_issue(&r);                                         what did not fit before
 *     if (replay_need_wake(&r)) signal the server;
 *     if (ring_need_room(&r.completions, &completion.record)) signal the server;
 *     if (ring_want_wake(&r.completions)) wait; else once more
 */
#ifndef RECOVER_REPLAY_H
#define RECOVER_REPLAY_H

#include <ring/request.h>

#define REPLAY_BYTES_MAX 96u        /* of the arguments of a request */
#define REPLAY_NOWHERE   UINT64_MAX /* is not in the ring */

/* One outstanding request.  All zero: free. */
struct replay_slot {
    uint64_t at; /* index at which it was put into the ring, or REPLAY_NOWHERE */
    uint32_t tag, bytes;
    uint64_t arguments[REPLAY_BYTES_MAX / 8];
    volatile uint64_t id; /* 0: free; written last, cleared first */
};

struct replay {
    struct ring_producer requests;
    struct ring_consumer completions;
    struct replay_slot *slot; /* id % depth is where a request lies */
    uint32_t depth;
    uint32_t waiting; /* so many requests are not in the ring */
    uint32_t
        nothing; /* tag of a request that is completed without being done; 0: there is none, and what is issued again keeps its number */
    uint64_t next_id;
    uint64_t told;       /* index behind the last request of which the server was told */
    uint64_t lost;       /* ring_lost when it was last looked at */
    uint64_t duplicates; /* so many completions were dropped */
};

struct replay_completion {
    struct ring_record record; /* results from REQUEST_ID_BYTES on */
    uint64_t id;
    uint32_t status;
};

/*
 * Does the server sleep, and was it not told of the last request yet?  Then signal it.  After replay_attach, replay_submit and
 * replay_issue.  ring_need_wake does not do: it takes a server with requests in hand, which sleeps several times with the same
 * tail, for one that was woken.
 */
RING_INLINE bool replay_need_wake(struct replay *r)
{
    if (r->told == r->requests.head || !(atomic_load(&r->requests.peer->tail) & RING_WAITS)) {
        return false;
    }
    r->told = r->requests.head;
    return true;
}

/* The outstanding request with the smallest id of those that are not in the ring. */
RING_INLINE struct replay_slot *replay_oldest(struct replay *r)
{
    struct replay_slot *oldest = NULL;

    for (uint32_t i = 0; i < r->depth; i++) {
        struct replay_slot *s = &r->slot[i];

        if (s->id != 0 && s->at == REPLAY_NOWHERE && (!oldest || s->id < oldest->id)) {
            oldest = s;
        }
    }
    return oldest;
}

/* Put an outstanding request into the ring.  Returns what ring_reserve does. */
RING_INLINE enum tess_err replay_put(struct replay *r, struct replay_slot *s)
{
    struct ring_space space;
    uint64_t id = s->id;
    enum tess_err err = ring_reserve(&r->requests, s->tag, REQUEST_ID_BYTES + s->bytes, &space);

    if (err != TESS_OK) {
        return err;
    }
    memcpy(space.payload, &id, sizeof id);
    ring_copy_words((uint64_t *)space.payload + 1, s->arguments, s->bytes);
    s->at = r->requests.head; /* published iff the ring's head is behind this */
    atomic_signal_fence(memory_order_seq_cst);
    ring_publish(&r->requests, &space);
    r->waiting--;
    return TESS_OK;
}

/* Put what is outstanding and not in the ring into it, oldest first, as far as there is room.  PROTOCOL: as ring_reserve. */
RING_COLD enum tess_err replay_issue(struct replay *r)
{
    struct replay_slot *s;

    while (r->waiting > 0 && (s = replay_oldest(r))) {
        enum tess_err err = replay_put(r, s);

        if (err != TESS_OK) {
            return err == TESS_AGAIN ? TESS_OK : err;
        }
    }
    return TESS_OK;
}

/*
 * There is no completion of an outstanding request that makes sense: it is outstanding anew, under another number, which is returned;
 * replay_issue issues it.  Under the old one it is not done any more, as far as that can be helped: it might be at a time when its memory is used for
 * something else.  Also not if the server has given it back: who gives back what is not done may take that back as well.
 */
RING_COLD uint64_t replay_renew(struct replay *r, uint64_t old)
{
    struct replay_slot *s = &r->slot[old % r->depth];
    struct ring_producer *to = &r->requests;
    uint64_t id = r->next_id;

    while (id % r->depth != old % r->depth) {
        id++;
    }
    if (s->at != REPLAY_NOWHERE) {
        if (r->nothing && to->head - s->at - 1 <= to->mask) {
            struct ring_header *header = (struct ring_header *)(to->records + (s->at & to->mask));

            header->word = (uint32_t)header->word | (uint64_t)r->nothing << 32;
        }
        s->at = REPLAY_NOWHERE;
        r->waiting++;
    }
    s->id = id;
    r->next_id = id + 1;
    return id;
}

/* What was in a ring may be lost: everything outstanding has to be issued again, in order. */
RING_COLD void replay_again(struct replay *r)
{
    uint64_t end = r->next_id;

    for (uint32_t left = r->depth; r->nothing && left > 0; left--) {
        uint64_t oldest = end;

        for (uint32_t i = 0; i < r->depth; i++) {
            oldest = r->slot[i].id && r->slot[i].id < oldest ? r->slot[i].id : oldest;
        }
        if (oldest == end) {
            break;
        }
        (void)replay_renew(r, oldest);
    }
    r->waiting = 0;
    for (uint32_t i = 0; i < r->depth; i++) {
        if (r->slot[i].id != 0) {
            r->slot[i].at = REPLAY_NOWHERE;
            r->waiting++;
        }
    }
}

/*
 * Begin, or go on after a restart: attach both rings first.  slot: `depth` slots, zero when new, perhaps in memory that survives;
 * entries that cannot be are dropped.  generation: larger at each restart; ids begin with it.  rings_whole: both rings said
 * OK when they were attached.  Issues what has to be.  Returns what replay_issue does; ARG: the depth is 0.
 */
RING_COLD enum tess_err replay_attach(struct replay *r, struct replay_slot *slot, uint32_t depth,
                                      uint32_t generation, bool rings_whole)
{
    if (depth == 0) {
        return TESS_ARG;
    }
    r->slot = slot;
    r->depth = depth;
    r->waiting = 0;
    r->duplicates = 0;
    r->lost = ring_lost(&r->requests);
    r->told = r->requests.head - 1;
    r->next_id = ((uint64_t)generation << 32) + 1;
    for (uint32_t i = 0; i < depth; i++) {
        struct replay_slot *s = &slot[i];
        uint64_t behind = r->requests.head - s->at; /* 0: written down, but not published */

        if (s->id == 0 || s->id >= r->next_id || s->id % depth != i ||
            s->bytes > REPLAY_BYTES_MAX) {
            s->id = 0;
        } else if (!rings_whole || s->at == REPLAY_NOWHERE || behind == 0 || behind >> 63) {
            s->at = REPLAY_NOWHERE;
            r->waiting++;
        }
    }
    return replay_issue(r);
}

/*
 * Make a request outstanding and issue it, or later, if the ring is full.  *id: its number.  AGAIN: too many are outstanding;
 * arguments: words of 64 bits, `bytes` in all.  ARG: more than REPLAY_BYTES_MAX; PROTOCOL: as ring_reserve, but it is outstanding.
 */
RING_COLD enum tess_err replay_submit(struct replay *r, uint32_t tag, const void *arguments,
                                      uint32_t bytes, uint64_t *id)
{
    struct replay_slot *s = &r->slot[r->next_id % r->depth];

    if (bytes > REPLAY_BYTES_MAX) {
        return TESS_ARG;
    }
    if (s->id != 0) {
        return TESS_AGAIN;
    }
    s->at = REPLAY_NOWHERE;
    s->tag = tag;
    s->bytes = bytes;
    ring_copy_words(s->arguments, (const uint64_t *)arguments, bytes);
    atomic_signal_fence(memory_order_seq_cst);
    s->id = *id = r->next_id++;
    if (r->waiting++ == 0) { /* it is the oldest */
        enum tess_err err = replay_put(r, s);

        return err == TESS_AGAIN ? TESS_OK : err;
    }
    return replay_issue(r);
}

/*
 * The next completion of an outstanding request; it stays until replay_done.  AGAIN: none (one may have been dropped: look
 * again before waiting, as ring_want_wake makes sure).  PROTOCOL: the server is to blame; the ring is given up and everything
 * outstanding will be issued again.
 */
RING_COLD enum tess_err replay_peek(struct replay *r, struct replay_completion *c)
{
    uint64_t lost = ring_lost(&r->requests);
    enum tess_err err;

    if (lost != r->lost) { /* the server gave requests up */
        r->lost = lost;
        replay_again(r);
    }
    err = ring_peek(&r->completions, &c->record);
    if (err == TESS_OK && ring_bytes(&c->record) < REQUEST_ID_BYTES) {
        err = TESS_PROTOCOL;
    }
    if (err == TESS_PROTOCOL) {
        ring_resync(&r->completions);
        replay_again(r);
    }
    if (err != TESS_OK) {
        return err;
    }
    c->id = ring_word(&c->record, 0);
    c->status = ring_tag(&c->record);
    if (c->id != 0 && r->slot[c->id % r->depth].id == c->id) {
        return TESS_OK;
    }
    r->duplicates++;
    ring_advance(&r->completions, &c->record);
    return TESS_AGAIN;
}

/* The completion was used: its request is no longer outstanding. */
RING_COLD void replay_done(struct replay *r, const struct replay_completion *c)
{
    struct replay_slot *s = &r->slot[c->id % r->depth];

    if (s->at == REPLAY_NOWHERE) { /* it was about to be issued again */
        r->waiting--;
    }
    s->id = 0;
    atomic_signal_fence(memory_order_seq_cst);
    ring_advance(&r->completions, &c->record);
}

#endif
