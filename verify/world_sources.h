/* The kernel sources that the world of world.h runs: everything about threads, the holders of budgets, messages and the
 * objects of communication.  The switch itself is the stand-in of world.h, the interrupt controller is another. */
#ifndef VERIFY_WORLD_SOURCES_H
#define VERIFY_WORLD_SOURCES_H

#include "world.h"
#include "cap/invoke.h"
#include "dev/dev.h"

static bool line_masked, line_active; /* of the one interrupt line that a proof is about */

uint32_t gic_wires;

uint32_t gic_line(word_t intid)
{
    return intid < irq_count ? (uint32_t)intid : UINT32_MAX;
}

void gic_mask(uint32_t line)
{
    (void)line;
    line_masked = true;
}

void gic_unmask(uint32_t line)
{
    (void)line;
    line_masked = false;
}

void gic_deactivate(uint32_t line)
{
    (void)line;
    line_active = false;
}

void gic_set_trigger(uint32_t line, bool edge)
{
    (void)line, (void)edge;
}

/* Proofs of messages leave the pointers of thread.c and switch.c to the proofs in sched/. */
#ifdef WORLD_PROVED_THREADS
SPEC_BEGIN
#endif
#include "../kernel/sched/thread.c"
#define switch_to kernel_switch_to
#include "../kernel/sched/switch.c"
#undef switch_to
#ifdef WORLD_PROVED_THREADS
SPEC_END
#endif
#include "../kernel/ipc/objects.c"
#include "../kernel/ipc/slow.c"

#endif
