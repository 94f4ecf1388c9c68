/* Queues, the server's side. */
#include <comp/queue.h>

_Static_assert(REQUEST_NOTES(COMP_QUEUE_REQUESTS) * sizeof(struct request_note) == COMP_QUEUE_NOTES,
               "compose makes room for the notes");
_Static_assert(REQUEST_NOTE_WORDS == COMP_QUEUE_NOTED, "compose lets pass what can be noted");

static void wake(struct comp_queue_server *q)
{
    if (ring_need_wake(&q->server.completions)) {
        (void)tess_signal(q->at->wake);
    }
}

static void begin(struct comp_queue_server *q)
{
    struct request_note *notes = (struct request_note *)(q->at->taken + RING_CONSUMER_BYTES);

    (void)request_attach(&q->server, notes, q->window, COMP_QUEUE_DEPTH, 8 * q->results_max);
    if (q->cancel) {
        q->server.careful = q->server.cursor;
    }
    q->in_hand = 0;
    q->is_spoilt = false;
}

/*
 * What the last incarnation had in hand did not kill it: somebody else has; or it was struck, and that may be because its device stalls. For how long, the
 * interface says: its patience is that since the first such death after which nothing was completed.
 */
static bool is_innocent(const struct comp_queue_server *q, struct ring_consumer_page *own)
{
    if (comp_pulse->crashed != COMP_STRUCK) {
        return comp_pulse->crashed == COMP_INNOCENT;
    }
    if (own->late_since == 0) {
        own->late_since = tess_now();
    }
    return tess_now() - own->late_since < tess_ticks_of_ns(q->patience_ns);
}

void comp_queue_take_up(struct comp_queue_server *q, uint64_t generation)
{
    const struct comp_queue_at *at = q->at;
    struct ring_consumer_page *own = (struct ring_consumer_page *)at->taken;

    if (generation > COMP_GENERATION_FIRST && is_innocent(q, own)) {
        own->hand = UINT64_MAX;
    }
    if (ring_attach_producer(&q->server.completions, (void *)at->completion, (const void *)at->read,
                             COMP_QUEUE_COMPLETIONS) != TESS_OK) {
        (void)comp_blame(at->watch, TESS_PROTOCOL);
    }
    if (ring_attach_consumer(&q->server.requests, own, (const void *)at->request,
                             COMP_QUEUE_REQUESTS) != TESS_OK) {
        (void)comp_blame(at->watch, TESS_PROTOCOL);
        ring_resync(&q->server.requests);
    }
    q->generation = q->server.requests.peer->generation;
    begin(q);
    if (generation > COMP_GENERATION_FIRST) {
        (void)tess_signal(
            at->wake); /* the last one may have lost completions: comp_queue_collect looks */
    } else {
        wake(q);
    }
}

/* The client is to blame if there is no way to tell it. */
static void complete(struct comp_queue_server *q, uint32_t slot, enum tess_err err,
                     const uint64_t *words, uint32_t count)
{
    q->in_hand &= ~(1ull << slot);
    q->server.requests.own->late_since = 0;
    if (request_complete(&q->server, slot, (uint32_t)err, words, 8 * count) != TESS_OK) {
        (void)comp_blame(q->at->watch, TESS_PROTOCOL);
        q->window[slot].is_done = true;
        request_retire(&q->server);
    }
    wake(q);
}

/* What is in the ring is no request: when nothing is in hand any more, it is given up. */
static bool mend(struct comp_queue_server *q)
{
    if (q->in_hand) {
        return false;
    }
    ring_resync(&q->server.requests);
    begin(q);
    return true;
}

static void hand_over(struct comp_queue_server *q, uint32_t slot, const struct ring_record *r)
{
    bool is_stale = q->cancel && q->window[slot].id >> 32 != q->generation;
    enum tess_err err;

    q->in_hand |= 1ull << slot;
    if (is_stale || ring_tag(r) == COMP_QUEUE_NOTHING) {
        complete(q, slot, TESS_GONE, NULL, 0);
        return;
    }
    err = q->handle(q->first + slot, r);
    if (err && q->in_hand >> slot & 1) {
        complete(q, slot, err, NULL, 0);
    }
}

/* Take one request; false: none can be taken. */
static bool take(struct comp_queue_server *q)
{
    uint64_t cursor = q->server.cursor;
    struct ring_record r;
    uint32_t slot;
    enum tess_err err;

    if (q->is_spoilt && !mend(q)) {
        return false;
    }
    err = request_take(&q->server, &r, &slot);
    if (err == TESS_OK) {
        hand_over(q, slot, &r);
        return true;
    }
    if (err == TESS_AGAIN) {
        return false;
    }
    wake(q);
    if (err == TESS_EXISTS) {
        return true;
    }
    (void)comp_blame(q->at->watch, err);
    q->is_spoilt = err == TESS_PROTOCOL && q->server.cursor == cursor;
    return !q->is_spoilt || !q->in_hand;
}

static void serve(struct comp_queue_server *q)
{
    uint32_t left = COMP_QUEUE_DEPTH;

    if (q->is_taking) {
        return;
    }
    q->is_taking = true;
    ring_awake(&q->server.requests);
    do {
        while (take(q)) {
            if (--left == 0) {
                left = COMP_QUEUE_DEPTH;
                (void)comp_poll(0);
            }
        }
    } while (!q->is_spoilt && !request_want_wake(&q->server));
    q->is_taking = false;
}

/* Has the client been restarted?  What it has requested before is of no use to it, and its memory may not be touched any more. */
static void look_at_client(struct comp_queue_server *q)
{
    uint64_t generation = q->server.requests.peer->generation;

    if (generation != q->generation) {
        q->generation = generation;
        q->cancel(q->first, q->first + COMP_QUEUE_DEPTH);
        for (uint32_t slot = 0; slot < COMP_QUEUE_DEPTH; slot++) {
            if (q->in_hand >> slot & 1) {
                complete(q, slot, TESS_GONE, NULL, 0);
            }
        }
    }
}

void comp_queue_serve(struct comp_queue_server *q)
{
    if (q->cancel) {
        look_at_client(q);
    }
    serve(q);
}

void comp_queue_finish(struct comp_queue_server *q, uint32_t id, enum tess_err err,
                       const uint64_t *words, uint32_t count)
{
    uint32_t slot = id - q->first;

    if (slot < COMP_QUEUE_DEPTH && q->in_hand >> slot & 1) {
        complete(q, slot, err, words, count);
        if (q->is_taking || q->is_spoilt || !request_want_wake(&q->server)) {
            serve(q);
        }
    }
}
