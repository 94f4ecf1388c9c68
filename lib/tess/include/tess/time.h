/* Time: ticks of the counter CNTVCT_EL0, which every deadline and budget is given in.  Read without a system call. */
#ifndef TESS_TIME_H
#define TESS_TIME_H

#include <stdint.h>

/* Now.  Not ordered with the instructions around it; put an isb before where single instructions matter. */
static inline __attribute__((always_inline, unused)) uint64_t tess_now(void)
{
    uint64_t ticks;

    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
}

/* Ticks per second. */
static inline __attribute__((always_inline, unused)) uint64_t tess_tick_hz(void)
{
    uint64_t hz;

    __asm__("mrs %0, cntfrq_el0" : "=r"(hz));
    return hz;
}

/* Nanoseconds to ticks, rounded up, so that a deadline is never too early; exact for all values below 500 years. */
static inline __attribute__((unused)) uint64_t tess_ticks_of_ns(uint64_t ns)
{
    uint64_t hz = tess_tick_hz(), s = 1000000000u;

    return ns / s * hz + (ns % s * hz + s - 1) / s;
}

/* Ticks to nanoseconds, rounded down. */
static inline __attribute__((unused)) uint64_t tess_ns_of_ticks(uint64_t ticks)
{
    uint64_t hz = tess_tick_hz(), s = 1000000000u;

    return ticks / hz * s + ticks % hz * s / hz;
}

/* The deadline that lies ns from now; never 0, which would mean for ever. */
static inline __attribute__((unused)) uint64_t tess_deadline_ns(uint64_t ns)
{
    return tess_now() + tess_ticks_of_ns(ns) + 1;
}

#endif
