/*
 * Ring: one producer, one consumer, two components that do not trust each other, in memory that outlives both.
 *
 *     producer's pages: it writes, the consumer reads      consumer's page: it writes, the producer reads
 *     +--------+--------------------------------+          +------------------+
 *     |  head  | records, a power of two bytes  |          | tail, hand, ...  |
 *     +--------+--------------------------------+          +------------------+
 *     0        RING_RECORDS_AT                  RING_PRODUCER_BYTES(size)
 *
 * Indices count bytes since the beginning and never wrap; a record lies at index & (size - 1).  It is a multiple of 16 bytes
 * and contiguous; where it does not fit before the end of the memory, the word RING_SKIP sends the consumer to the start.
 * Each record holds its own index as sequence number, so what is left of an earlier round is never taken for one.  Bit 0
 * of the words head and tail says that their owner waits for the other side.
 *
 * Rules:
 *   - Attach again after each restart: what was published and not handled is still there; what was reserved and not published
 *     never was.
 *   - A record is handled when ring_advance has returned; a consumer that dies before that sees it again.  One with effects
 *     that must not happen twice compares the sequence with that of the last it completed, kept in memory that survives.
 *   - Nothing that the other side writes is believed: an index that jumps or goes back, a record that sticks out give PROTOCOL,
 *     until the other side mends it or ring_resync gives up what is in the ring.
 *   - Payload may change while it is read: copy it out (ring_word, ring_copy), then check the copy.
 *   - Signals are for the caller to send: after ring_publish and ring_attach_producer: if (ring_need_wake(p)) signal the
 *     consumer.  After every ring_peek, whatever it returned: if (ring_need_room(c, &r)) signal the producer.
 * docs/rings.md says why it is like this.
 */
#ifndef RING_RING_H
#define RING_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <tessera/error.h>

#define RING_PAGE                 4096u
#define RING_RECORDS_AT           RING_PAGE                  /* in the producer's pages */
#define RING_PRODUCER_BYTES(size) (RING_RECORDS_AT + (size)) /* of the producer's pages */
#define RING_CONSUMER_BYTES       RING_PAGE                  /* of the consumer's page */
#define RING_SIZE_MIN             64u                        /* bytes of records */
#define RING_SIZE_MAX             0x40000000u
#define RING_HEADER_BYTES         16u
#define RING_PAYLOAD_MAX(size)    ((size) / 2 - RING_HEADER_BYTES) /* bytes of the largest payload */
#define RING_SKIP                 UINT64_MAX /* in place of a record's first word: go to the start */

/*
 * First word of a record: bits 63..32 the tag (below 2^32 - 1; of a call: the method), 31..4 the bytes of the whole record,
 * 3..0 how many of them at the end are none of the payload's.
 */
#define RING_WORD(tag, bytes)                                                                      \
    ((uint64_t)(tag) << 32 | RING_NEED(RING_RECORD_BYTES(bytes)) | (-(uint64_t)(bytes)&15))
#define RING_NEED(word) ((word)&0xfffffff0u) /* bytes of the whole record */
/* Bytes of the record for a payload of so many bytes. */
#define RING_RECORD_BYTES(bytes) (((uint64_t)(bytes) + 31) & ~15ull)

#define RING_INLINE          static inline __attribute__((always_inline, unused))
#define RING_COLD            static __attribute__((cold, noinline, unused))
#define RING_RARE(condition) __builtin_expect(!!(condition), 0)
/* What was read into v stays as it is: the compiler may not read it from the ring again. */
#define RING_FIX(v) __asm__("" : "+r"(v))

#define RING_WAITS 1ull  /* in the words head and tail: the owner waits for the other side */
#define RING_FLAGS 15ull /* the bits of these words that are not part of the index */

/*
 * A header is read before it is known whether it was published, and then perhaps not believed.  For the thread sanitizer its
 * words are atomic; volatile does, and costs no address computation.
 */
#ifdef __SANITIZE_THREAD__
#define RING_HEADER_WORD _Atomic uint64_t
#else
#define RING_HEADER_WORD volatile uint64_t
#endif

struct ring_producer_page {
    _Atomic uint64_t head; /* index behind the last published record; flags */
    volatile uint64_t
        generation; /* of the owner, with which the ids of its requests begin (recover/replay.h) */
};

/* How a record begins; the payload follows. */
struct ring_header {
    RING_HEADER_WORD word;     /* RING_WORD(tag, bytes), or RING_SKIP and nothing else */
    RING_HEADER_WORD sequence; /* its index */
};

struct ring_consumer_page {
    _Atomic uint64_t tail;  /* index of the oldest record that is not handled; flags */
    volatile uint64_t lost; /* counts ring_resync: so often records were given up */
    /* Notes for the consumer's next incarnation. */
    volatile uint64_t hand;   /* index of the record last peeked */
    volatile uint64_t deaths; /* so many incarnations died with the record at deaths_at in hand */
    volatile uint64_t deaths_at; /* its index + 1; 0: no incarnation has attached yet */
    volatile uint64_t taken;     /* index behind the last record taken (ring/request.h) */
    volatile uint64_t
        late_since; /* tick; so long nothing was completed, though incarnations died of it; 0: they did not */
};

/* The producer's own state, in its private memory. */
struct ring_producer {
    struct ring_producer_page *own;
    const struct ring_consumer_page *peer;
    unsigned char *records;
    uint64_t mask;  /* bytes of records - 1 */
    uint64_t head;  /* index of the next record */
    uint64_t tail;  /* the consumer's, as last seen and found possible */
    uint64_t woken; /* the word tail for which the consumer was last woken */
};

/* Room for a record, until the next ring_reserve. */
struct ring_space {
    void *payload; /* multiple of 8 */
    uint64_t end;  /* index behind it */
};

/* The consumer's own state, in its private memory. */
struct ring_consumer {
    struct ring_consumer_page *own;
    const struct ring_producer_page *peer;
    const unsigned char *records;
    uint64_t mask;
    uint64_t tail;   /* index of the oldest record that is not handled */
    uint64_t roused; /* tail when the producer was last told that there is room */
};

/* A record as the consumer found it; all but what header points to is private. */
struct ring_record {
    const struct ring_header *header; /* in the ring; what is there may change */
    uint64_t word;                    /* RING_WORD(tag, bytes) */
    uint64_t sequence; /* its index: grows from record to record, survives restarts */
    uint64_t next;     /* index of the next record */
    uint64_t head;     /* the word head as peek saw it */
};

RING_INLINE uint32_t ring_tag(const struct ring_record *r)
{
    return (uint32_t)(r->word >> 32);
}

/* Bytes of payload. */
RING_INLINE uint32_t ring_bytes(const struct ring_record *r)
{
    uint32_t room = (uint32_t)RING_NEED(r->word) - RING_HEADER_BYTES, pad = r->word & 15;

    return room > pad ? room - pad : 0;
}

/* The payload, in the ring; multiple of 8. */
RING_INLINE const void *ring_payload(const struct ring_record *r)
{
    return r->header + 1;
}

/* May a ring have so many bytes of records? */
RING_INLINE bool ring_size_ok(uint64_t size)
{
    return size >= RING_SIZE_MIN && size <= RING_SIZE_MAX && (size & (size - 1)) == 0;
}

/*
 * Is there a record at index `at`, with `avail` bytes (and perhaps flags) published from there on?  Fills in *r.  Reads
 * within the ring whatever there is, and each word once.
 */
RING_INLINE bool ring_parse(const unsigned char *records, uint64_t mask, uint64_t at,
                            uint64_t avail, struct ring_record *r)
{
    const struct ring_header *header = (const void *)(records + (at & mask));
    uint64_t word = header->word, sequence = header->sequence, need, last;

    need = RING_NEED(word);
    last = need - 1; /* of no bytes: more than there can be */
    RING_FIX(last);
    r->header = header;
    r->word = word;
    r->sequence = at;
    r->next = at + need;
    /* One branch for all: this is the path that is counted. */
    return ((last < avail) & ((at & mask) + last <= mask) & (sequence == at)) != 0;
}

struct ring_found {
    struct ring_record record;
    enum tess_err err;
};

/*
 * The same where the first look found none: at the end AGAIN; a skip: what is at the start; PROTOCOL.
 */
RING_COLD struct ring_found ring_find(const unsigned char *records, uint64_t mask, uint64_t at,
                                      uint64_t head)
{
    struct ring_found found = { .record.head = head, .err = TESS_PROTOCOL };
    uint64_t avail = (head & ~RING_FLAGS) - at;
    uint64_t rest = mask + 1 - (at & mask); /* up to the end of the memory */

    if (avail == 0) {
        found.err = TESS_AGAIN;
    } else if (avail > mask + 1) {
        found.err = TESS_PROTOCOL;
    } else if (ring_parse(records, mask, at, avail, &found.record)) {
        found.err = TESS_OK;
    } else if (found.record.word == RING_SKIP && rest <= mask && rest < avail &&
               ring_parse(records, mask, at + rest, avail - rest, &found.record)) {
        found.err = TESS_OK;
    }
    return found;
}

/* ---- producer ---- */

/* Do the records from `at` end where the producer's own index says? */
RING_COLD bool ring_is_whole(const struct ring_producer *p, uint64_t at)
{
    struct ring_found found;

    do {
        found = ring_find(p->records, p->mask, at, p->head);
        at = found.record.next;
    } while (found.err == TESS_OK);
    return found.err == TESS_AGAIN;
}

/*
 * Take up the producer's side of a ring with `size` bytes of records.  own: RING_PRODUCER_BYTES(size) of memory that was
 * zero when the ring was new; peer: RING_CONSUMER_BYTES; both page-aligned.  ARG: such a size cannot be.  PROTOCOL: what the
 * last incarnation left makes no sense: it is given up, and there will be room when the consumer has followed.
 */
RING_COLD enum tess_err ring_attach_producer(struct ring_producer *p, void *own, const void *peer,
                                             uint64_t size)
{
    if (!ring_size_ok(size)) {
        return TESS_ARG;
    }
    *p = (struct ring_producer){ .own = own, .peer = peer, .mask = size - 1 };
    p->records = (unsigned char *)own + RING_RECORDS_AT;
    p->head = atomic_load(&p->own->head) & ~RING_FLAGS;
    p->tail = atomic_load(&p->peer->tail) & ~RING_FLAGS;
    if (ring_is_whole(p, p->tail)) {
        atomic_store(&p->own->head, p->head);
        return TESS_OK;
    }
    /* So far ahead that the consumer must notice.  Till then there is no room: nothing it may still read is overwritten. */
    p->head = p->tail + 2 * size;
    p->tail = p->head - size;
    atomic_store(&p->own->head, p->head);
    return TESS_PROTOCOL;
}

/* Look where the consumer is.  PROTOCOL: where it cannot be. */
RING_COLD enum tess_err ring_look_tail(struct ring_producer *p)
{
    uint64_t tail = atomic_load(&p->peer->tail) & ~RING_FLAGS;

    if (tail - p->tail > p->head - p->tail) {
        return TESS_PROTOCOL;
    }
    p->tail = tail;
    return TESS_OK;
}

/* The index where a record of `need` bytes begins: at `head`, or at the next start of the memory. */
RING_INLINE uint64_t ring_begin(uint64_t head, uint64_t mask, uint64_t need)
{
    return RING_RARE((head & mask) + need - 1 > mask) ? (head | mask) + 1 : head;
}

/* ring_reserve where there is no room as far as was known. */
RING_COLD enum tess_err ring_find_room(struct ring_producer *p, uint32_t bytes)
{
    uint64_t need = RING_RECORD_BYTES(bytes), end = ring_begin(p->head, p->mask, need) + need;

    if (bytes > RING_PAYLOAD_MAX(p->mask + 1)) {
        return TESS_ARG;
    }
    if (ring_look_tail(p) != TESS_OK) {
        return TESS_PROTOCOL;
    }
    return end - p->tail > p->mask + 1 ? TESS_AGAIN : TESS_OK;
}

/*
 * Begin a record.  Nothing of it is visible before ring_publish; another ring_reserve begins again.  AGAIN: no room, perhaps
 * later; ARG: it will never fit (RING_PAYLOAD_MAX(size) bytes always do, more only by chance); PROTOCOL: the consumer's
 * index is impossible.
 */
RING_INLINE enum tess_err ring_reserve(struct ring_producer *p, uint32_t tag, uint32_t bytes,
                                       struct ring_space *space)
{
    uint64_t head = p->head, mask = p->mask, need = RING_RECORD_BYTES(bytes);
    uint64_t at = ring_begin(head, mask, need), last = at + need - 1;
    unsigned char *records = p->records;
    struct ring_header *header;

    if (RING_RARE(last - p->tail > mask)) {
        enum tess_err err = ring_find_room(p, bytes);

        if (err != TESS_OK) {
            return err;
        }
    }
    if (RING_RARE(at != head)) {
        header = (void *)(records + (head & mask));
        header->word = RING_SKIP;
    }
    header = (void *)(records + (at & mask));
    header->word = RING_WORD(tag, bytes);
    header->sequence = at;
    space->payload = header + 1;
    space->end = last + 1;
    return TESS_OK;
}

/* A few words, inline; bytes: a multiple of 8. */
RING_INLINE void ring_copy_words(uint64_t *to, const uint64_t *from, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes / 8; i++) {
        to[i] = from[i];
        __asm__ volatile("" ::: "memory"); /* no call of memcpy for that */
    }
}

/* Show the consumer the record. */
RING_INLINE void ring_publish(struct ring_producer *p, const struct ring_space *space)
{
    p->head = space->end;
    atomic_store(&p->own->head, space->end);
}

/* Does the consumer sleep, and was it not woken yet?  Then signal it.  After one or several ring_publish. */
RING_INLINE bool ring_need_wake(struct ring_producer *p)
{
    uint64_t tail = atomic_load(&p->peer->tail);

    if (RING_RARE(tail & RING_WAITS) && tail != p->woken && (tail & ~RING_FLAGS) != p->head) {
        p->woken = tail;
        return true;
    }
    return false;
}

/*
 * Ask for a signal when there is more room.  True: there is still none for `bytes` of payload: wait, then try again; false:
 * there is, and no signal was asked for.  The signal comes when a quarter of the ring is free, or all of it.
 */
RING_COLD bool ring_want_room(struct ring_producer *p, uint32_t bytes)
{
    enum tess_err err;

    atomic_store(&p->own->head, p->head | RING_WAITS);
    err = ring_find_room(p, bytes);
    if (err == TESS_AGAIN || err == TESS_PROTOCOL) {
        return true;
    }
    atomic_store(&p->own->head, p->head);
    return false;
}

/* Changes when the consumer has given up records that were published; what is not acknowledged otherwise should be sent again. */
RING_INLINE uint64_t ring_lost(const struct ring_producer *p)
{
    return p->peer->lost;
}

/* ---- consumer ---- */

/*
 * Take up the consumer's side.  own: RING_CONSUMER_BYTES of memory that was zero when the ring was new; peer:
 * RING_PRODUCER_BYTES(size).  ARG: such a size cannot be.  PROTOCOL: the producer's index and that of the last incarnation
 * do not fit; ring_resync goes on where the producer is.
 */
RING_COLD enum tess_err ring_attach_consumer(struct ring_consumer *c, void *own, const void *peer,
                                             uint64_t size)
{
    if (!ring_size_ok(size)) {
        return TESS_ARG;
    }
    *c = (struct ring_consumer){ .own = own, .peer = peer, .mask = size - 1 };
    c->records = (const unsigned char *)peer + RING_RECORDS_AT;
    c->tail = atomic_load(&c->own->tail) & ~RING_FLAGS;
    c->roused = c->tail - size;
    if (c->own->deaths_at != c->tail + 1) {
        if (c->own->deaths_at == 0) {
            c->own->hand = UINT64_MAX; /* a new ring's zero is no record */
        }
        c->own->deaths = 0;
        c->own->deaths_at = c->tail + 1;
    }
    if (c->own->hand == c->tail) {
        c->own->deaths++;
        c->own->hand = UINT64_MAX;
    }
    atomic_store(&c->own->tail, c->tail);
    return (atomic_load(&c->peer->head) & ~RING_FLAGS) - c->tail <= size ? TESS_OK : TESS_PROTOCOL;
}

/* How many incarnations have died with the oldest record in hand. */
RING_INLINE uint64_t ring_deaths(const struct ring_consumer *c)
{
    return c->own->deaths_at == c->tail + 1 ? c->own->deaths : 0;
}

/*
 * The record at index `at`: the oldest, or the `next` of one peeked before, for a consumer that has several in hand.
 * Returns what ring_peek does.
 */
RING_INLINE enum tess_err ring_peek_at(const struct ring_consumer *c, uint64_t at,
                                       struct ring_record *r)
{
    const unsigned char *records = c->records;
    uint64_t mask = c->mask, head = atomic_load(&c->peer->head);

    r->head = head;
    if (RING_RARE(!ring_parse(records, mask, at, head - at, r))) {
        struct ring_found found;

        if ((head & ~RING_FLAGS) == at) {
            return TESS_AGAIN;
        }
        found = ring_find(records, mask, at, head);

        *r = found.record;
        return found.err;
    }
    return TESS_OK;
}

/*
 * The oldest record that is not handled; it stays until ring_advance.  AGAIN: there is none.  PROTOCOL: what is there is no
 * record; the producer is to blame, and ring_resync goes on behind it.
 */
RING_INLINE enum tess_err ring_peek(struct ring_consumer *c, struct ring_record *r)
{
    c->own->hand = c->tail;
    return ring_peek_at(c, c->tail, r);
}

/* The record and all before it are handled.  What payload points to is the producer's again. */
RING_INLINE void ring_advance(struct ring_consumer *c, const struct ring_record *r)
{
    c->tail = r->next;
    atomic_store(&c->own->tail, r->next);
}

RING_COLD bool ring_has_room(struct ring_consumer *c, uint64_t head)
{
    if (c->tail == c->roused || (c->tail - c->roused <= c->mask / 4 && head != c->tail)) {
        return false;
    }
    c->roused = c->tail;
    return true;
}

/* Does the producer wait for room, and is there some?  Then signal it.  After every ring_peek, with its *r. */
RING_INLINE bool ring_need_room(struct ring_consumer *c, const struct ring_record *r)
{
    return RING_RARE(r->head & RING_WAITS) && ring_has_room(c, r->head & ~RING_FLAGS);
}

/*
 * Ask for a signal at the next record.  True: there is none: wait; false: there is one, and no signal was asked for.  True also
 * while the producer's index is impossible.
 */
RING_INLINE bool ring_want_wake(struct ring_consumer *c)
{
    uint64_t tail = c->tail, head;

    atomic_store(&c->own->tail, tail | RING_WAITS);
    head = atomic_load(&c->peer->head) & ~RING_FLAGS;
    if (head - tail - 1 > c->mask) {
        return true;
    }
    atomic_store(&c->own->tail, tail);
    return false;
}

/* Ask for no more signals.  ring_advance does it, too. */
RING_INLINE void ring_awake(struct ring_consumer *c)
{
    atomic_store(&c->own->tail, c->tail);
}

/*
 * Give up all that is in the ring and go on with what is published next.  Once for each PROTOCOL, not in a loop: a
 * producer on another processor can spoil the ring again at once.
 */
RING_COLD void ring_resync(struct ring_consumer *c)
{
    c->tail = atomic_load(&c->peer->head) & ~RING_FLAGS;
    c->roused = c->tail - c->mask - 1;
    c->own->lost++;
    atomic_store(&c->own->tail, c->tail);
}

/* Word i of the payload, which must be there; read once. */
RING_INLINE uint64_t ring_word(const struct ring_record *r, uint32_t i)
{
    uint64_t word = ((const uint64_t *)ring_payload(r))[i];

    RING_FIX(word);
    return word;
}

/* Copy `bytes` of payload from `offset` on, which must be there. */
RING_INLINE void ring_copy(const struct ring_record *r, uint32_t offset, uint32_t bytes, void *to)
{
    memcpy(to, (const unsigned char *)ring_payload(r) + offset, bytes);
    __asm__ volatile("" ::: "memory"); /* the ring is not read again */
}

#endif
