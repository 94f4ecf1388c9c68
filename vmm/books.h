/*
 * What a monitor leaves to its next incarnation: memory of the connection to the guest's body (guest_body.adl).
 *
 *      is_live 0 --the guest's first CPU has begun--> 1 --its machine is to be switched off, or reset--> 0
 *
 * While is_live is 1 and `body` says that the guest's objects are still those, the next incarnation goes on by `state`; else it starts the guest.
 * So it does, too, when incarnation after incarnation crashes at once: what the guest is in the middle of may be what crashes them.
 */
#ifndef VMM_BOOKS_H
#define VMM_BOOKS_H

#include "state.h"

#define BOOKS_SHAPE   (0x7e55e7a0b00c0001ull + (sizeof(struct books) << 16))
#define BOOKS_SOON_NS 1000000000ull /* a crash before that, and with fewer exits, counts as a try */
#define BOOKS_FEW     8u
#define BOOKS_TRIES   3u

struct books {
    uint64_t shape; /* BOOKS_SHAPE: it was written by a monitor that sees it as this one does */
    uint64_t is_live;
    uint64_t body;  /* struct body.when of the objects that it is about */
    uint64_t since; /* ticks: when this incarnation began to go on by it */
    uint64_t exits; /* that the guest had then */
    uint64_t tries; /* incarnations that have crashed at once, one after the other */
    uint64_t typed; /* position behind the last byte typed that was taken */
    uint64_t press; /* the last one of the button that was done */
    uint32_t resets;
    uint8_t is_paused;
    struct state state;
};

struct books_now {
    uint64_t ticks, soon; /* soon: BOOKS_SOON_NS in ticks */
    uint8_t has_crashed;  /* the last incarnation died of its own fault */
    uint8_t
        fits; /* the guest's devices are those that there are, and nothing of it died with the monitor */
};

/* What a new incarnation finds.  NOBODY: no guest that it can go on with; POISON: one that crashes monitors.  `body`: whose it is now. */
enum books_verdict { BOOKS_GO_ON, BOOKS_NOBODY, BOOKS_POISON };
enum books_verdict books_judge(struct books *b, uint64_t body, const struct books_now *now);

#endif
