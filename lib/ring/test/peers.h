/*
 * The two sides of a ring as loops over shared memory that outlives them: for tests in which they run at the same time, in
 * threads or in processes that are killed.  Signals are eventfds; who waits a second for one has found a lost wake-up.
 */
#ifndef PEERS_H
#define PEERS_H

#include <poll.h>
#include <sched.h>
#include <unistd.h>

#include <ring/ring.h>

/* What the sides keep over their deaths, and what they report. */
struct kept {
    /* Two copies each, the valid one is [which]: what is written is valid at once or not at all. */
    struct {
        uint64_t number, head; /* about to be published, and where the ring stood then */
    } intent[2];
    struct {
        uint64_t sequence, count;
    } done[2];
    uint64_t which_intent, which_done;
    _Atomic uint64_t last; /* numbers below it are to be sent */
    _Atomic uint64_t sent, received;
    _Atomic uint64_t wrong; /* line of the first failure */
};

struct peers {
    unsigned char *theirs, *ours;
    uint64_t size;
    struct kept *kept;
    int to_consumer, to_producer; /* eventfds */
    bool polls;                   /* never waits */
};

#define PEERS_CHECK(w, condition)                                                                  \
    do {                                                                                           \
        if (!(condition) && atomic_load(&(w)->kept->wrong) == 0) {                                 \
            atomic_store(&(w)->kept->wrong, __LINE__);                                             \
        }                                                                                          \
    } while (0)

static inline void peers_signal(int to)
{
    uint64_t one = 1;

    (void)!write(to, &one, sizeof one);
}

/* Takes a signal; false: none within a second. */
static inline bool peers_wait(const struct peers *w, int on)
{
    struct pollfd fd = { .fd = on, .events = POLLIN };
    uint64_t count;

    if (w->polls) {
        sched_yield();
        return true;
    }
    if (poll(&fd, 1, 1000) != 1) {
        return false;
    }
    (void)!read(on, &count, sizeof count);
    return true;
}

static inline uint32_t peers_bytes(uint64_t number)
{
    return (uint32_t)(number * 7 % 48) & ~7u;
}

/* Sends numbers below kept->last. */
static inline void peers_produce(struct peers *w)
{
    struct kept *kept = w->kept;
    struct ring_producer p;
    uint64_t next, which;

    PEERS_CHECK(w, ring_attach_producer(&p, w->theirs, w->ours, w->size) == TESS_OK);
    if (ring_need_wake(&p)) {
        peers_signal(w->to_consumer);
    }
    which = kept->which_intent;
    /* Published just before the end, or not? */
    next = kept->intent[which].number + (p.head != kept->intent[which].head);
    while (next < atomic_load(&kept->last)) {
        struct ring_space space;
        uint32_t bytes = peers_bytes(next);
        enum tess_err err = ring_reserve(&p, (uint32_t)next, bytes, &space);

        if (err == TESS_AGAIN) {
            if (ring_want_room(&p, bytes)) {
                PEERS_CHECK(w, peers_wait(w, w->to_producer));
            }
            continue;
        }
        if (err != TESS_OK) {
            PEERS_CHECK(w, false);
            return;
        }
        for (uint32_t i = 0; i < bytes / 8; i++) {
            ((uint64_t *)space.payload)[i] = next ^ i;
        }
        which = 1 - which;
        kept->intent[which].number = next;
        kept->intent[which].head = p.head;
        atomic_signal_fence(memory_order_seq_cst);
        kept->which_intent = which;
        atomic_signal_fence(memory_order_seq_cst);
        ring_publish(&p, &space);
        next++;
        atomic_store(&kept->sent, next);
        if (ring_need_wake(&p)) {
            peers_signal(w->to_consumer);
        }
    }
}

static inline void peers_handle(struct peers *w, const struct ring_record *r)
{
    struct kept *kept = w->kept;
    uint64_t which = kept->which_done, count = kept->done[which].count;

    if (count != 0 && r->sequence == kept->done[which].sequence) {
        return; /* done before the death */
    }
    PEERS_CHECK(w, ring_tag(r) == (uint32_t)count && ring_bytes(r) == peers_bytes(count));
    for (uint32_t i = 0; i < ring_bytes(r) / 8; i++) {
        PEERS_CHECK(w, ring_word(r, i) == (count ^ i));
    }
    kept->done[1 - which].sequence = r->sequence;
    kept->done[1 - which].count = count + 1;
    atomic_signal_fence(memory_order_seq_cst);
    kept->which_done = 1 - which;
}

/* Takes them until all below kept->last are done. */
static inline void peers_consume(struct peers *w)
{
    struct kept *kept = w->kept;
    struct ring_consumer c;

    PEERS_CHECK(w, ring_attach_consumer(&c, w->ours, w->theirs, w->size) == TESS_OK);
    while (kept->done[kept->which_done].count < atomic_load(&kept->last)) {
        struct ring_record r;
        enum tess_err err = ring_peek(&c, &r);

        if (ring_need_room(&c, &r)) {
            peers_signal(w->to_producer);
        }
        if (err == TESS_OK) {
            peers_handle(w, &r);
            atomic_store(&kept->received, kept->done[kept->which_done].count);
            ring_advance(&c, &r);
        } else {
            PEERS_CHECK(w, err == TESS_AGAIN);
            if (ring_want_wake(&c)) {
                PEERS_CHECK(w, peers_wait(w, w->to_consumer));
                ring_awake(&c);
            }
        }
    }
}

#endif
