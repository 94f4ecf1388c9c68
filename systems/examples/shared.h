/*
 * Copies to and from shared memory.  The other side may write at any time: what counts is the private copy, read once
 * and bounded.  Signals order the copies: what was put before an event was emitted is seen by who waited for it.
 */
#ifndef EXAMPLES_SHARED_H
#define EXAMPLES_SHARED_H

#include <stdint.h>
#include <string.h>

static inline void shared_put(volatile void *to, const void *from, uint32_t bytes)
{
    volatile uint8_t *out = to;
    const uint8_t *in = from;

    for (uint32_t i = 0; i < bytes; i++) {
        out[i] = in[i];
    }
}

static inline void shared_get(void *to, const volatile void *from, uint32_t bytes)
{
    uint8_t *out = to;
    const volatile uint8_t *in = from;

    for (uint32_t i = 0; i < bytes; i++) {
        out[i] = in[i];
    }
}

/* With its NUL; the memory has to have room for it. */
static inline void shared_put_string(volatile void *to, const char *text)
{
    shared_put(to, text, (uint32_t)strlen(text) + 1);
}

/* At most `room` bytes including the NUL, which is always there afterwards. */
static inline void shared_get_string(char *to, const volatile void *from, uint32_t room)
{
    shared_get(to, from, room);
    to[room - 1] = '\0';
}

#endif
