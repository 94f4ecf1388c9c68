/* In place of lib/tess: ticks of the simulation. */
#ifndef TESS_TIME_H
#define TESS_TIME_H

#include <stdint.h>

extern uint64_t host_now;

static inline uint64_t tess_now(void)
{
    return host_now;
}

static inline uint64_t tess_ticks_of_ns(uint64_t ns)
{
    return ns / 16;
}

static inline uint64_t tess_deadline_ns(uint64_t ns)
{
    return tess_now() + tess_ticks_of_ns(ns) + 1;
}

#endif
