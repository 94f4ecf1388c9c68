/*
 * The ring of lib/ring against a peer that may have written anything: what is read lies inside the ring, what is found is
 * where it says.  Each word of the peer's is read once, so any content covers any moment.
 */
#include "verify.h"

#include <ring/ring.h>

enum { SIZE = RING_SIZE_MIN };

static _Alignas(RING_PAGE) unsigned char theirs[RING_PRODUCER_BYTES(SIZE)];
static _Alignas(RING_PAGE) unsigned char ours[sizeof(struct ring_consumer_page)];

/* Anything in the words that are read, and nothing else: the rest of the pages costs time. */
static void any_content(void)
{
    uint64_t *records = (uint64_t *)(theirs + RING_RECORDS_AT);

    *(uint64_t *)theirs = any_u64();
    for (unsigned i = 0; i < SIZE / 8; i++) {
        records[i] = any_u64();
    }
    for (unsigned i = 0; i < sizeof ours / 8; i++) {
        ((uint64_t *)ours)[i] = any_u64();
    }
}

PROOF(peek_stays_inside, 10)
{
    struct ring_consumer c;
    struct ring_record r;
    enum tess_err err;

    any_content();
    (void)ring_attach_consumer(&c, ours, theirs, SIZE);
    err = ring_peek(&c, &r);
    CHECK(err == TESS_OK || err == TESS_AGAIN || err == TESS_PROTOCOL, "an error of the list");
    if (err != TESS_OK) {
        REACHED(no_record);
        return;
    }
    uint64_t from = (uint64_t)((const unsigned char *)ring_payload(&r) - theirs) - RING_RECORDS_AT;

    CHECK(from + ring_bytes(&r) <= SIZE, "the payload ends inside the records");
    CHECK(((r.sequence | r.next) & RING_FLAGS) == 0, "indices are aligned");
    CHECK(r.next - r.sequence - RING_HEADER_BYTES >= ring_bytes(&r),
          "the payload ends before the next");
    CHECK(r.next - c.tail <= 2 * SIZE && r.next != c.tail, "the tail moves, and not far");
    REACHED(record);
}

PROOF_SLOW(reserve_stays_inside, 10)
{
    struct ring_producer p;
    struct ring_space space;
    uint32_t bytes = any_u32();
    enum tess_err err;

    any_content();
    (void)ring_attach_producer(&p, theirs, ours, SIZE);
    err = ring_reserve(&p, any_u32(), bytes, &space);
    CHECK(p.head - p.tail <= SIZE, "no more is used than there is");
    if (err != TESS_OK) {
        REACHED(no_room);
        return;
    }
    uint64_t from = (uint64_t)((unsigned char *)space.payload - theirs) - RING_RECORDS_AT;

    CHECK(from + bytes <= SIZE, "the payload ends inside the records");
    CHECK(space.end - p.tail <= SIZE, "nothing that the consumer has not handled is overwritten");
    REACHED(room);
}
