/* Rings between components, as the generated glue uses them: ring/ring.h with the signals and the blame. */
#ifndef COMP_RING_H
#define COMP_RING_H

#include <comp/comp.h>
#include <ring/ring.h>

#define COMP_RING_BATCH 64u /* records handled before pings are looked after */

/* Take up the producer's side and wake the consumer if there is something left for it. */
static inline void comp_ring_produce(struct ring_producer *p, uint64_t own, uint64_t peer,
                                     uint64_t size, tess_cap wake, int watch)
{
    if (ring_attach_producer(p, (void *)own, (const void *)peer, size) != TESS_OK) {
        (void)comp_blame(watch, TESS_PROTOCOL);
    }
    if (ring_need_wake(p)) {
        (void)tess_signal(wake);
    }
}

/* Where the ring lies is a constant of the connection: tell the compiler, which then need not load it. */
COMP_INLINE void comp_ring_at(const struct ring_producer *p, uint64_t own, uint64_t peer,
                              uint64_t size)
{
    if ((uint64_t)p->own != own || (uint64_t)p->peer != peer || p->mask != size - 1 ||
        (uint64_t)p->records != own + RING_RECORDS_AT) {
        __builtin_unreachable();
    }
}

/*
 * ring_reserve gave err: wait for room, if that helps.  OK: try again.  bit: of the own notification, which the consumer
 * signals; limit: ns, 0 for ever.  TIMEOUT; PROTOCOL: the consumer's index is impossible.
 */
COMP_COLD static enum tess_err comp_ring_room(struct ring_producer *p, enum tess_err err,
                                              uint32_t bytes, uint64_t bit, int watch,
                                              uint64_t limit)
{
    if (err == TESS_PROTOCOL) {
        return comp_blame(watch, err);
    }
    if (err != TESS_AGAIN || !ring_want_room(p, bytes)) {
        return err == TESS_AGAIN ? TESS_OK : err;
    }
    return comp_wait_signal(bit, limit ? tess_deadline_ns(limit) : 0);
}

/* Take up the consumer's side.  A record that two incarnations died with is skipped. */
static inline void comp_ring_consume(struct ring_consumer *c, uint64_t own, uint64_t peer,
                                     uint64_t size, int watch)
{
    struct ring_record r;

    if (ring_attach_consumer(c, (void *)own, (const void *)peer, size) != TESS_OK) {
        (void)comp_blame(watch, TESS_PROTOCOL);
        ring_resync(c);
    }
    if (ring_deaths(c) >= 2 && ring_peek(c, &r) == TESS_OK) {
        (void)comp_blame(watch, TESS_POISON);
        ring_advance(c, &r);
    }
}

/* The scalars of a record as a message, for the same checks as those of a call; false: too short for its method. */
static inline bool comp_ring_message(const struct ring_record *r, const uint8_t *words,
                                     uint32_t methods, struct tess_msg *m)
{
    uint32_t tag = ring_tag(r);

    if (tag >= methods || ring_bytes(r) < 8u * words[tag]) {
        return false;
    }
    *m = (struct tess_msg){ .tag = COMP_TAG(tag, words[tag]) };
    for (uint32_t i = 0; i < words[tag]; i++) {
        m->w[i] = ring_word(r, i);
    }
    return true;
}

/* shared: as of comp_ring_drain; its tail is made that of the drain under way.  There may be room that the producer waits for. */
COMP_COLD static void comp_ring_rouse(struct ring_consumer *shared, uint64_t tail, uint64_t head,
                                      tess_cap room)
{
    shared->tail = tail;
    if (ring_has_room(shared, head & ~RING_FLAGS)) {
        (void)tess_signal(room);
    }
}

/* What is in the ring is no record: give it up.  Returns where to go on. */
COMP_COLD static uint64_t comp_ring_spoilt(struct ring_consumer *shared, int watch)
{
    (void)comp_blame(watch, TESS_PROTOCOL);
    ring_resync(shared);
    return shared->tail;
}

/* Handle up to COMP_RING_BATCH records, then look after pings.  OK: there may be more; else what ring_peek gave. */
COMP_INLINE enum tess_err comp_ring_batch(struct ring_consumer *c, struct ring_consumer *shared,
                                          struct ring_record *r, tess_cap room, int watch,
                                          bool (*handle)(const struct ring_record *r))
{
    for (uint32_t left = COMP_RING_BATCH; left; left--) {
        enum tess_err err = ring_peek(c, r);

        if (COMP_UNLIKELY(err)) {
            return err;
        }
        if (COMP_UNLIKELY(!handle(r))) {
            (void)comp_blame(watch, TESS_PROTOCOL);
        }
        ring_advance(c, r);
        if (COMP_UNLIKELY(r->head & RING_WAITS)) {
            comp_ring_rouse(shared, c->tail, r->head, room);
        }
    }
    (void)comp_poll(0);
    return TESS_OK;
}

/*
 * Handle what is in the ring, then ask for a signal.  shared: the consumer's state, of which all but `roused` is kept in registers meanwhile
 * (so no other function gets the copy: it would be made in memory, with FP registers);
 * room: wakes the producer; handle: false if the record is not as it should be.  busy: a handler that waits for something
 * gets here again; the records are handled in order, so the rest is left to the drain under way, which asks at its end.
 */
COMP_INLINE void comp_ring_drain(struct ring_consumer *shared, bool *busy, tess_cap room, int watch,
                                 bool (*handle)(const struct ring_record *r))
{
    struct ring_consumer c = *shared;
    struct ring_record r;
    enum tess_err err;

    if (*busy) {
        return;
    }
    *busy = true;
    do {
        do {
            err = comp_ring_batch(&c, shared, &r, room, watch, handle);
        } while (err == TESS_OK);
        if (err == TESS_PROTOCOL) {
            c.tail = comp_ring_spoilt(shared, watch);
        }
        if (r.head & RING_WAITS) {
            comp_ring_rouse(shared, c.tail, r.head, room);
        }
    } while (!ring_want_wake(&c));
    shared->tail = c.tail;
    *busy = false;
}

#endif
