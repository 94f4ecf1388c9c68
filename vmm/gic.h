/*
 * What the guest's interrupt controllers have in common: which line is enabled, pending, for whom (gic.c).  Their registers: gic_v3.c, gic_v2.c.
 * Which of the two a guest has, the kernel says (machine.gic): its CPU interface is the hardware's.
 */
#ifndef VMM_GIC_H
#define VMM_GIC_H

#include <stdint.h>

#include "board.h"

#define PRIVATE 32u
#define NOBODY  255u /* as route */

/* Offsets that both versions have (IHI0069H 12.9, IHI0048B 4.3): of the distributor, in version 3 of the redistributor's second frame, too */
enum {
    GICD_CTLR = 0x0000,
    GICD_TYPER = 0x0004,
    GICD_IIDR = 0x0008,
    GICD_IGROUPR = 0x0080,
    GICD_ISENABLER = 0x0100,
    GICD_ICENABLER = 0x0180,
    GICD_ISPENDR = 0x0200,
    GICD_ICPENDR = 0x0280,
    GICD_ISACTIVER = 0x0300,
    GICD_ICACTIVER = 0x0380,
    GICD_IPRIORITYR = 0x0400,
    GICD_ICFGR = 0x0c00,
};
#define GIC_IIDR 0x0000043bu

/* Lines 0..31 of each CPU, or the shared ones in words 1.. */
struct lines {
    uint32_t enabled[IRQ_LINES / 32], pending[IRQ_LINES / 32];
    uint32_t config[IRQ_LINES / 16];
    uint8_t priority[IRQ_LINES];
};

struct gic {
    uint32_t control;           /* 0: nothing is delivered */
    struct lines shared;        /* word 0 unused */
    struct lines own[CPUS_MAX]; /* word 0 only */
    uint8_t route[IRQ_LINES];   /* CPU */
    uint8_t target[IRQ_LINES];  /* version 2: CPUs, as written */
    uint32_t waker[CPUS_MAX];   /* version 3 */
};

#define WAKER_SLEEP  2u
#define WAKER_ASLEEP 4u

/* All of its interrupts on or off. */
void gic_control(uint32_t control);
void gic_set_pending(unsigned cpu, unsigned intid);
/* A shared line, and what is pending of it, goes to that CPU; NOBODY: it waits. */
void gic_route(unsigned intid, unsigned cpu);
/* The registers of lines, IGROUPR to ICPENDR, IPRIORITYR, ICFGR: a CPU's own lines, or those that all share. */
uint64_t gic_own_read(unsigned cpu, uint64_t offset);
void gic_own_write(unsigned cpu, uint64_t offset, unsigned bytes, uint64_t value);
uint64_t gic_shared_read(uint64_t offset);
void gic_shared_write(uint64_t offset, unsigned bytes, uint64_t value);

#endif
