/* Frames whose content follows from their number, length and kind, so that every byte can be checked. */
#ifndef PATTERN_H
#define PATTERN_H

#include <string.h>

#include <netdrv/ether.h>
#include <tess/random.h>

#define TYPE_TEST                                                                                  \
    0xb588u /* 0x88b5, IEEE 802 local experimental ethertype 1, as it lies in memory */

enum { /* kinds */
       REQUEST = 1,
       ANSWER = 2,
       ONE_WAY = 3,
};

/* Behind the header.  A frame shorter than that has only as many bytes of it. */
struct pattern_head {
    uint32_t number;
    uint16_t bytes; /* of the frame */
    uint16_t kind;
};

#define PATTERN_AT  16u /* in the frame: two bytes of room, then the head */
#define PATTERN_MIN (PATTERN_AT + (uint32_t)sizeof(struct pattern_head))

static inline uint64_t pattern_word(const struct pattern_head *h, uint32_t at)
{
    uint64_t x = h->number * 0x9e3779b97f4a7c15ull + h->bytes * 0x100000001b3ull + h->kind + at;

    return (x ^ x >> 29) * 0xbf58476d1ce4e5b9ull;
}

static inline void pattern_fill(uint8_t *frame, uint64_t to, uint64_t from,
                                const struct pattern_head *h)
{
    uint16_t type = TYPE_TEST;

    memset(frame, 0, PATTERN_MIN);
    memcpy(frame, &to, 6);
    memcpy(frame + 6, &from, 6);
    memcpy(frame + 12, &type, 2);
    memcpy(frame + PATTERN_AT, h, sizeof *h);
    for (uint32_t at = PATTERN_MIN; at < h->bytes; at += 8) {
        uint64_t word = pattern_word(h, at);

        memcpy(frame + at, &word, h->bytes - at < 8 ? h->bytes - at : 8);
    }
}

/* Is it a frame of a test, for us, and every byte as it was sent?  Then *h is its head. */
static inline bool pattern_is(const uint8_t *frame, uint32_t n, uint64_t self,
                              struct pattern_head *h)
{
    uint64_t wrong = 0;

    if (n < PATTERN_MIN) {
        return false;
    }
    memcpy(h, frame + PATTERN_AT, sizeof *h);
    if (h->bytes > n || h->bytes < PATTERN_MIN ||
        (ether_destination(frame) != self && !(ether_destination(frame) & ETHER_GROUP))) {
        return false;
    }
    for (uint32_t at = PATTERN_MIN; at < h->bytes; at += 8) {
        uint64_t word = pattern_word(h, at), is = 0;
        uint32_t bytes = h->bytes - at < 8 ? h->bytes - at : 8;

        memcpy(&is, frame + at, bytes);
        wrong |= (is ^ word) << (8 * (8 - bytes));
    }
    return wrong == 0;
}

#endif
