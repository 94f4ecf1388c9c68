/* Queues, the client's side. */
#include <comp/queue.h>

#define PATIENCE_NS                                                                                \
    100000000u /* so long without a completion, and one looks whether the server is there at all */
#define NONSENSE_MAX 64u /* completions in a row after which the client gets PROTOCOL */
#define DRAIN_NS                                                                                   \
    1000000u /* how often a new incarnation looks whether what the last one began is over */

#define STRIKES    3u  /* that restart who has earned them, unless the system says something else */
#define WAKE_AFTER 16u /* completions whose handlers may have made requests */

uint64_t comp_early;

static void wake(struct comp_queue *q)
{
    if (replay_need_wake(&q->replay)) {
        (void)tess_signal(q->at->wake);
    }
}

/* Was the server given up?  Its endpoint does not exist then; else one gets RIGHTS. */
static bool is_gone(const struct comp_queue *q)
{
    return tess_msg_err(tess_try_recv(q->at->other).tag) == TESS_CAP;
}

/* For the supervisor: since when nothing has come back, though something should. */
static void note(struct comp_queue *q, bool is_progress)
{
    if (q->at->watch >= 0) {
        struct comp_watch *w = comp_watch((unsigned)q->at->watch);

        if (is_progress || !w->since) {
            w->since = q->outstanding ? tess_now() : 0;
        }
    }
}

/* ---- start ---- */

/* Signals before init: a ping is answered, the rest is for later. */
static void wait_early(void)
{
    struct tess_msg m = tess_recv(COMP_SLOT_NOTE, tess_deadline_ns(DRAIN_NS));

    if (!tess_msg_err(m.tag)) {
        if (m.badge & COMP_BIT_PING) {
            comp_beat();
        }
        comp_early |= m.badge & ~COMP_BIT_PING;
    }
}

/* What is still in the ring of requests is not done any more, if nobody has begun. */
static void undo(struct ring_producer *requests)
{
    struct ring_record r;

    for (uint64_t at = requests->tail; at != requests->head; at = r.next) {
        struct ring_header *header;

        if (!ring_parse(requests->records, requests->mask, at, requests->head - at, &r)) {
            uint64_t rest = requests->mask + 1 - (at & requests->mask);

            if (r.word != RING_SKIP || rest >= requests->head - at) {
                return; /* the server will give it up */
            }
            r.next = at + rest;
            continue;
        }
        header = (struct ring_header *)(requests->records + (at & requests->mask));
        header->word = (uint32_t)r.word | (uint64_t)COMP_QUEUE_NOTHING << 32;
    }
}

/*
 * Wait until no request of the last incarnation can touch the buffer; what could take for ever the server cancels.
 * Completions of these are dropped as those of requests that do not exist.  When the server was given up, they are undone; was it started meanwhile, then it may have begun.
 */
static void drain(struct comp_queue *q)
{
    struct ring_producer *requests = &q->replay.requests;
    struct replay_completion c;

    while (ring_look_tail(requests) != TESS_OK || requests->tail != requests->head) {
        if (is_gone(q)) {
            undo(requests);
            if (is_gone(q)) {
                return;
            }
        }
        (void)replay_peek(&q->replay, &c);
        if (ring_need_room(&q->replay.completions, &c.record)) {
            (void)tess_signal(q->at->wake);
        }
        if (ring_want_wake(&q->replay.completions)) {
            wait_early();
        }
    }
}

void comp_queue_attach(struct comp_queue *q, uint64_t generation)
{
    struct replay *r = &q->replay;
    bool whole = ring_attach_producer(&r->requests, (void *)q->at->request,
                                      (const void *)q->at->taken, COMP_QUEUE_REQUESTS) == TESS_OK;

    if (ring_attach_consumer(&r->completions, (void *)q->at->read, (const void *)q->at->completion,
                             COMP_QUEUE_COMPLETIONS) != TESS_OK) {
        ring_resync(&r->completions);
        whole = false;
    }
    if (!whole) {
        (void)comp_blame(q->at->watch, TESS_PROTOCOL);
    }
    r->requests.own->generation = (uint32_t)generation;
    r->nothing = COMP_QUEUE_NOTHING;
    (void)replay_attach(r, q->slot, COMP_QUEUE_DEPTH, (uint32_t)generation, whole);
    wake(q);
    if (generation > COMP_GENERATION_FIRST) {
        (void)tess_signal(q->at->wake);
        drain(q);
    }
    if (q->cover) {
        comp_cover_attach(&q->cover->blocks);
    }
    if (!ring_want_wake(&r->completions)) {
        comp_early |= q->at->bit;
    }
}

/* ---- requests ---- */

static enum tess_err submit(struct comp_queue *q, uint32_t method, const uint64_t *words,
                            uint32_t count, uint64_t *id)
{
    uint32_t slot = q->replay.next_id % COMP_QUEUE_DEPTH;
    enum tess_err err;

    if (q->slot[slot].id) {
        return TESS_AGAIN;
    }
    if (q->cover) {
        comp_queue_cover_begin(q, slot, method, words, count);
    }
    err = replay_submit(&q->replay, method, words, 8 * count, id);
    if (err == TESS_PROTOCOL) { /* it is outstanding */
        (void)comp_blame(q->at->watch, err);
        err = TESS_OK;
    }
    if (err == TESS_OK) {
        q->outstanding++;
        note(q, false);
        if (q->at->watch >= 0) {
            comp_watch((unsigned)q->at->watch)->calls++;
        }
        if (!q->is_collecting) { /* else soon: one signal for all */
            wake(q);
        }
    }
    return err;
}

enum tess_err comp_queue_start(struct comp_queue *q, uint32_t method, const uint64_t *words,
                               uint32_t count, uint64_t cookie)
{
    uint64_t id;
    enum tess_err err = submit(q, method, words, count, &id);

    if (err == TESS_OK) {
        q->cookie[id % COMP_QUEUE_DEPTH] = cookie;
    }
    return err;
}

/* ---- completions ---- */

/* The completion, checked; false: it makes no sense. */
static bool read_answer(struct comp_queue *q, const struct replay_completion *c,
                        struct comp_done *d)
{
    const struct comp_queue_method *m = &q->methods[d->method];
    int status = (int)c->status;
    bool is_ok = status == TESS_OK && ring_bytes(&c->record) == REQUEST_ID_BYTES + 8u * m->results;
    /* what is asked is in order: PROTOCOL makes no sense */
    bool is_error = (status > 0 && status <= TESS_CORRUPT && status != TESS_PROTOCOL) ||
                    (status >= q->error_first && status <= q->error_last);

    for (uint32_t i = 0; is_ok && i < m->results; i++) {
        d->w[i] = ring_word(&c->record, i + 1);
        is_ok = !(m->bools >> i & 1) || d->w[i] <= 1;
    }
    d->err = is_ok ? TESS_OK : (enum tess_err)status;
    if (!is_ok) {
        memset(d->w, 0, sizeof d->w);
    }
    return is_ok || is_error;
}

/* Ask again, after an answer that makes no sense, or is not the expected one: the server is to blame, which is no reason to trouble the client. */
static void ask_again(struct comp_queue *q, const struct replay_completion *c)
{
    (void)replay_renew(&q->replay, c->id);
    ring_advance(&q->replay.completions, &c->record);
}

/* The request is not outstanding any more when its owner hears of it: the owner may start another. */
static enum tess_err collect_one(struct comp_queue *q, struct replay_completion *c)
{
    struct comp_done d;
    enum tess_err err = replay_peek(&q->replay, c);

    if (err ==
        TESS_PROTOCOL) { /* it is mad, and what it has in hand must be over before that is issued again */
        for (uint32_t i = 0; i < STRIKES; i++) {
            (void)comp_blame(q->at->watch, err);
        }
    }
    if (err != TESS_OK) {
        return err;
    }
    d.method = q->slot[c->id % COMP_QUEUE_DEPTH].tag;
    d.cookie = q->cookie[c->id % COMP_QUEUE_DEPTH];
    if (!read_answer(q, c, &d)) {
        (void)comp_blame(q->at->watch, TESS_PROTOCOL);
        if (q->nonsense++ < NONSENSE_MAX) {
            ask_again(q, c);
            return TESS_PROTOCOL;
        }
        d.err = TESS_PROTOCOL;
    } else {
        q->nonsense = 0;
    }
    if (q->cover && comp_queue_cover_end(q, c->id % COMP_QUEUE_DEPTH, &d)) {
        ask_again(q, c);
        return TESS_OK;
    }
    replay_done(&q->replay, c);
    q->outstanding--;
    note(q, true);
    if (c->id % COMP_QUEUE_DEPTH + 1 == q->call) {
        q->call = 0;
        q->answer = d;
    } else if (q->done) {
        q->done(&d);
    }
    return TESS_OK;
}

/* The server has given requests back, but there are no completions of them: it went mad and has lost them.  Ask again. */
static void ask_for_lost(struct comp_queue *q)
{
    struct ring_producer *requests = &q->replay.requests;
    struct replay_completion c;
    bool is_lost = false;

    if (ring_look_tail(requests) != TESS_OK || replay_peek(&q->replay, &c) == TESS_OK) {
        return;
    }
    for (uint32_t i = 0; i < COMP_QUEUE_DEPTH; i++) {
        const struct replay_slot *s = &q->slot[i];

        if (s->id && s->at != REPLAY_NOWHERE && requests->tail - s->at - 1 <= requests->mask) {
            (void)replay_renew(&q->replay, s->id);
            is_lost = true;
        }
    }
    if (is_lost) {
        for (uint32_t i = 0; i < STRIKES; i++) {
            (void)comp_blame(q->at->watch, TESS_PROTOCOL);
        }
        (void)replay_issue(&q->replay);
        wake(q);
    }
}

/* Completions may come as fast as they are taken. */
static void poll_others(struct comp_queue *q)
{
    q->is_polling = true;
    (void)comp_poll(0);
    q->is_polling = false;
}

static bool all_given_back(const struct comp_queue *q)
{
    const struct ring_producer *requests = &q->replay.requests;

    return (atomic_load(&requests->peer->tail) & ~RING_FLAGS) == requests->head;
}

static void collect(struct comp_queue *q)
{
    struct replay_completion c;
    uint32_t left = COMP_QUEUE_DEPTH;
    bool is_any = false;

    do {
        q->is_collecting = true;
        while (collect_one(q, &c) == TESS_OK) {
            is_any = true;
            if (--left % WAKE_AFTER == 0) {
                wake(q);
            }
            if (left == 0) {
                left = COMP_QUEUE_DEPTH;
                poll_others(q);
            }
        }
        q->is_collecting = false;
        (void)replay_issue(&q->replay);
        wake(q);
        if (ring_need_room(&q->replay.completions, &c.record)) {
            (void)tess_signal(q->at->wake);
        }
        if (--left == 0) { /* what is no completion at all may come as fast as it is dropped */
            left = COMP_QUEUE_DEPTH;
            poll_others(q);
        }
    } while (!ring_want_wake(&q->replay.completions));
    if (q->outstanding && (!is_any || all_given_back(q))) {
        ask_for_lost(q);
    }
}

void comp_queue_collect(struct comp_queue *q)
{
    if (!q->is_polling) { /* else it goes on anyway */
        collect(q);
    }
}

/* ---- synchronous calls ---- */

/* Wait for a completion, whichever. */
static enum tess_err await(struct comp_queue *q)
{
    if (comp_wait_signal(q->at->bit, tess_deadline_ns(PATIENCE_NS)) == TESS_TIMEOUT) {
        if (is_gone(q)) {
            return TESS_GONE;
        }
        (void)tess_signal(q->at->wake);
    }
    collect(q);
    return TESS_OK;
}

static enum tess_err await_call(struct comp_queue *q)
{
    enum tess_err err = TESS_OK;

    while (q->call && !err) {
        err = await(q);
    }
    return err;
}

enum tess_err comp_queue_begin(struct comp_queue *q)
{
    enum tess_err err;

    if (q->is_calling) {
        return TESS_STATE;
    }
    q->is_calling = true;
    err = await_call(q); /* one that was given up with GONE */
    q->is_calling = !err;
    return err;
}

static enum tess_err call(struct comp_queue *q, uint32_t method, const uint64_t *words,
                          uint32_t count)
{
    uint64_t id = 0;
    enum tess_err err;

    while ((err = submit(q, method, words, count, &id)) == TESS_AGAIN) {
        err = await(q);
        if (err) {
            return err;
        }
    }
    if (!err) {
        wake(q);
        q->call = id % COMP_QUEUE_DEPTH + 1;
        err = await_call(q);
    }
    return err ? err : q->answer.err;
}

enum tess_err comp_queue_call(struct comp_queue *q, uint32_t method, const uint64_t *words,
                              uint32_t count, struct comp_done *answer)
{
    enum tess_err err = call(q, method, words, count);

    q->is_calling = false;
    *answer = q->answer;
    return err;
}
