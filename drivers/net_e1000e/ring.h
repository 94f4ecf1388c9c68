/*
 * A ring of descriptors of the 82574 (datasheet, chapter 7: legacy format), which the card takes and gives back in order.
 *
 * The driver's books are in its private memory.  Of what the card writes, only the descriptor that must come next is read, its last word
 * first and once.  A card that says it is done is believed; how much it says to have received is compared with what there was room for.
 */
#ifndef NET_E1000E_RING_H
#define NET_E1000E_RING_H

#include <stdbool.h>
#include <stdint.h>

#include <comp/fence.h>

#define RING_ENTRIES                                                                               \
    256u /* times 16 bytes: a multiple of 128, as the registers want it; more than requests can be in hand */

struct ring_descriptor {
    uint64_t address;
    uint64_t word; /* in, sending: bytes, command << 24.  Out: below */
};

/* What comes back: status, and of a frame that was received its length and errors. */
#define RING_DONE(word)   ((word) >> 32 & 1)
#define RING_LAST(word)   ((word) >> 33 & 1) /* the frame ends here */
#define RING_BYTES(word)  ((uint32_t)(word)&0xffff)
#define RING_ERRORS(word) ((uint32_t)((word) >> 40) & 0xff)

/* Command of a frame to send: ends here, insert checksum, report status. */
#define RING_SEND (1u << 24 | 2u << 24 | 8u << 24)

struct ring {
    volatile struct ring_descriptor *at;
    uint32_t first, count; /* those that the card has */
    uint16_t id[RING_ENTRIES];
};

static inline void ring_open(struct ring *r, volatile uint8_t *memory)
{
    r->at = (volatile struct ring_descriptor *)memory;
    r->first = r->count = 0;
    for (uint32_t i = 0; i < RING_ENTRIES; i++) {
        r->at[i].address = 0;
        r->at[i].word = 0;
    }
}

/* For the tail register: behind the last descriptor that the card has. */
static inline uint32_t ring_tail(const struct ring *r)
{
    return (r->first + r->count) % RING_ENTRIES;
}

/* There is room: one less than RING_ENTRIES at once.  Then the tail register is to be written. */
static inline void ring_put(struct ring *r, uint32_t id, uint64_t address, uint64_t word)
{
    uint32_t at = ring_tail(r);

    r->at[at].address = address;
    r->at[at].word = word;
    r->id[at] = (uint16_t)id;
    r->count++;
    comp_fence();
}

/* The next one that came back; false: none did. */
static inline bool ring_take(struct ring *r, uint32_t *id, uint64_t *word)
{
    if (r->count == 0) {
        return false;
    }
    *word = r->at[r->first].word;
    if (!RING_DONE(*word)) {
        return false;
    }
    comp_fence();
    *id = r->id[r->first];
    r->first = (r->first + 1) % RING_ENTRIES;
    r->count--;
    return true;
}

#endif
