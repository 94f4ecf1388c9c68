/*
 * A `checksummed` connection (docs/integrity.md): the client's glue keeps a checksum of each block that was written or read through
 * it, and compares what is read.  The checksums lie in memory of the connection, which outlives the client, and of which the server
 * knows nothing.
 *
 * A write puts its checksums into the table before it is issued.  While it is in flight they say nothing, for the blocks may hold
 * what was there before: a mark in the same memory says so, which is set first and removed last.  A client that is
 * started finds the marks of the last one and forgets the blocks, so there is no false alarm at whatever instruction that one died.
 * What two requests in flight have in common, at least one of them a write, is not known afterwards, and not compared.
 */
#ifndef COMP_COVER_H
#define COMP_COVER_H

#include <stdbool.h>
#include <stdint.h>

#include <comp/layout.h>

enum comp_cover_kind {
    COMP_COVER_NONE, /* the method says nothing about the content of blocks */
    COMP_COVER_READ,
    COMP_COVER_WRITE,
};

/* What survives the client; zero at boot. */
struct comp_cover_memory {
    struct comp_cover_mark {
        uint64_t first, count; /* blocks that a write in flight covers; count 0: none is */
    } mark[COMP_QUEUE_DEPTH];
    uint8_t unused[COMP_COVER_HEADER - 16 * COMP_QUEUE_DEPTH];
    uint32_t sum[]; /* one a block; 0: not known */
};

/* A request in flight. */
struct comp_cover_slot {
    enum comp_cover_kind kind;
    uint64_t first, end;           /* blocks, cut to those that the table has */
    uint64_t soft_first, soft_end; /* of these, what others in flight overlap; none if equal */
    const uint8_t *data;           /* of the first */
};

struct comp_cover {
    struct comp_cover_memory *memory;
    uint64_t blocks; /* that the table has */
    uint32_t block_bytes;
    uint32_t busy; /* bit i: slot[i] is in flight */
    struct comp_cover_slot slot[COMP_QUEUE_DEPTH];
};

/* After a start, when no request of an earlier incarnation can be in flight any more. */
void comp_cover_attach(struct comp_cover *c);
/* Request number slot (below COMP_QUEUE_DEPTH, not in flight) is about to be issued, with `count` blocks at data. */
void comp_cover_begin(struct comp_cover *c, uint32_t slot, enum comp_cover_kind kind,
                      uint64_t first, uint64_t count, const uint8_t *data);
/* It was completed, with or without error.  False: it has read something else than was there before. */
bool comp_cover_end(struct comp_cover *c, uint32_t slot, bool is_ok);

#endif
