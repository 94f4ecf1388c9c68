/*
 * What drivers of consoles share: a ring of bytes in kept memory, for what is typed, or what is to be printed.  Each byte has a
 * position, from 0, counted from the start of the system on.  The driver may be killed at any instruction: bytes are in
 * the ring before they are counted, and one store counts them.
 */
#ifndef CONSOLEDRV_RING_H
#define CONSOLEDRV_RING_H

#include <stdint.h>

#define CONSOLEDRV_INLINE static inline __attribute__((unused))

/* The parts lie in kept memory; positions below *out are done with, those from *in on have not come. */
struct consoledrv_ring {
    volatile uint64_t *in, *out;
    volatile uint8_t *bytes; /* each at its position modulo the size */
    uint32_t size;           /* of bytes: a power of two */
};

/* Bytes that are held. */
CONSOLEDRV_INLINE uint32_t consoledrv_held(const struct consoledrv_ring *r)
{
    return (uint32_t)(*r->in - *r->out);
}

/* Bytes for which there is room. */
CONSOLEDRV_INLINE uint32_t consoledrv_room(const struct consoledrv_ring *r)
{
    return r->size - consoledrv_held(r);
}

/* At the start: what a mad incarnation has left is empty. */
CONSOLEDRV_INLINE void consoledrv_repair(const struct consoledrv_ring *r)
{
    if (*r->in - *r->out > r->size) {
        *r->in = *r->out = 0;
    }
}

/* One byte more; there is room. */
CONSOLEDRV_INLINE void consoledrv_put(const struct consoledrv_ring *r, uint8_t byte)
{
    r->bytes[*r->in % r->size] = byte;
    *r->in = *r->in + 1;
}

/* Nobody needs the bytes before position done any more; nonsense is ignored. */
CONSOLEDRV_INLINE void consoledrv_done(const struct consoledrv_ring *r, uint64_t done)
{
    if (done - *r->out <= *r->in - *r->out) {
        *r->out = done;
    }
}

/* Copies what is held, at most `most` bytes of it, from position *out on.  Returns how many. */
CONSOLEDRV_INLINE uint32_t consoledrv_copy(const struct consoledrv_ring *r, volatile uint8_t *to,
                                           uint32_t most)
{
    uint32_t bytes = consoledrv_held(r) < most ? consoledrv_held(r) : most;

    for (uint32_t i = 0; i < bytes; i++) {
        to[i] = r->bytes[(*r->out + i) % r->size];
    }
    return bytes;
}

#endif
