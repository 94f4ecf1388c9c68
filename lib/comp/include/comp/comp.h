/*
 * The runtime of a component, as its generated glue uses it.  Everything that happens to a component arrives at its one
 * receive: calls at COMP_SLOT_ENDPOINT, and the bits of its notification, which is bound to its thread.
 */
#ifndef COMP_COMP_H
#define COMP_COMP_H

#include <stdbool.h>
#include <stdint.h>
#include <comp/layout.h>
#include <tess/syscall.h>
#include <tess/time.h>

#define COMP_COLD __attribute__((cold, noinline, unused))

/* Generated for each domain: initialises its instances, runs their run functions, then serves for ever. */
_Noreturn void comp_main(uint64_t generation);

/* The answer to a ping. */
static inline void comp_beat(void)
{
    comp_pulse->beats++;
}

/* Ask the supervisor to look at the pulse page now. */
COMP_COLD static void comp_attention(void)
{
    comp_pulse->attention++;
    (void)tess_signal(COMP_SLOT_SUPERVISOR);
}

#endif
