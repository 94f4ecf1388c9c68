/*
 * Which slots of a CNode are free.  Bookkeeping only: no function here enters the kernel.
 * Single slots come back through a free list; every operation takes constant time.  Not locked: one thread at a
 * time.
 */
#ifndef TESS_SLOTS_H
#define TESS_SLOTS_H

#include <stdint.h>
#include <tessera/error.h>

struct tess_slots {
    uint32_t first, end; /* the range, end excluded */
    uint32_t next;       /* slots from here on have never been given out */
    uint32_t free;       /* head of the free list; 0: empty */
    uint32_t used;       /* slots given out now */
    uint32_t *link;      /* [slot - first]: next free slot, or TESS_SLOT_TAKEN */
};

/* The slots first .. end - 1 (first > 0) are free.  link: end - first words, the allocator's from now on. */
void tess_slots_init(struct tess_slots *s, uint32_t first, uint32_t end, uint32_t *link);

/* Take one slot; NOMEM. */
enum tess_err tess_slot_alloc(struct tess_slots *s, uint64_t *slot);

/* Take count slots in a row; NOMEM when the part never given out is too short. */
enum tess_err tess_slot_alloc_range(struct tess_slots *s, uint32_t count, uint64_t *first);

/* Give one slot back, empty; RANGE when it is outside, STATE when it is not given out. */
enum tess_err tess_slot_free(struct tess_slots *s, uint64_t slot);

/* Give count slots in a row back; stops at the first error. */
enum tess_err tess_slot_free_range(struct tess_slots *s, uint64_t first, uint32_t count);

#endif
