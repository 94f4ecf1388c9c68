/*
 * Are these bytes random?  For a client of idl/entropy.idl: the two health tests of NIST SP 800-90B, section 4.4, of bytes with full entropy.  They say nothing of
 * how good a source is; they find one that is stuck, and a driver that has not, or has only partly, filled what it says it has.
 *
 *     plausible_random_prepare(buf, n)      before it is asked for n + PLAUSIBLE_SPARE bytes
 *     plausible_random_are(&health, buf, n) when they have come
 *
 * The buffer is filled with one byte first: what was not written is a repetition then.  The bytes to spare are for the last few, of which nobody could tell: a
 * repetition that is too short to be found lies in them.
 */
#ifndef PLAUSIBLE_RANDOM_H
#define PLAUSIBLE_RANDOM_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/*
 * One false alarm in 2 ** 40 bytes: 4.4.1, C = 1 + 40 / H for 8 bits a byte; 4.4.2, the least C that as many of 512 bytes have the value of the first of
 * them with a probability of less than 2 ** -40.
 */
#define PLAUSIBLE_REPEATS 6u
#define PLAUSIBLE_WINDOW  512u
#define PLAUSIBLE_EQUAL   19u

#define PLAUSIBLE_SPARE PLAUSIBLE_REPEATS
#define PLAUSIBLE_FILL  0xa5

/* Goes on from one request to the next; all zeros at first. */
struct plausible_random {
    uint8_t last, first; /* byte; that of the window */
    uint32_t repeats;    /* of the last; 0: there was none yet */
    uint32_t seen;       /* of the window */
    uint32_t equal;      /* of these: to the first */
};

static inline void plausible_random_prepare(uint8_t *buf, uint32_t n)
{
    memset(buf, PLAUSIBLE_FILL, n + PLAUSIBLE_SPARE);
}

static inline bool plausible_random_is(struct plausible_random *r, uint8_t byte)
{
    r->repeats = r->repeats && byte == r->last ? r->repeats + 1 : 1;
    r->last = byte;
    if (r->seen == 0) {
        r->first = byte;
        r->equal = 0;
    }
    r->equal += byte == r->first;
    r->seen = (r->seen + 1) % PLAUSIBLE_WINDOW;
    return r->repeats < PLAUSIBLE_REPEATS && r->equal < PLAUSIBLE_EQUAL;
}

/* Of n + PLAUSIBLE_SPARE bytes.  False: none of them is to be used; the tests begin anew. */
static inline bool plausible_random_are(struct plausible_random *r, const uint8_t *buf, uint32_t n)
{
    for (uint32_t i = 0; i < n + PLAUSIBLE_SPARE; i++) {
        if (!plausible_random_is(r, buf[i])) {
            memset(r, 0, sizeof *r);
            return false;
        }
    }
    return true;
}

#endif
