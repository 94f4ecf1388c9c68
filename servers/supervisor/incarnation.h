/* The two incarnations of the supervisor: built from the boot archive, each in memory of its own. */
#ifndef SUPERVISOR_INCARNATION_H
#define SUPERVISOR_INCARNATION_H

#include "supervisor.h"

#include <tessera/error.h>

/* Build incarnation i, not this one, from its empty memory and let it run; primary: as such, else as standby. */
enum tess_err incarnation_start(uint32_t i, bool primary);

/* Destroy incarnation i, whatever it was doing: its memory is empty then. */
void incarnation_destroy(uint32_t i);

/* This incarnation becomes the primary, with all that one has, and destroys the other. */
enum tess_err incarnation_succeed(void);

/* The other one. */
static inline uint32_t incarnation_other(void)
{
    return 1 - sup.self;
}

/* Which one this is: SEED in the root thread, else 0 or 1. */
uint32_t incarnation_self(void);

#endif
