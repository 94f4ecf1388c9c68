/* The registers of a GICv3 (IHI0069H 12.9, 12.11): distributor and redistributors, without ITS. */
#include "gic.h"

#include "machine.h"
#include "state.h"

enum {
    GICD_IROUTER = 0x6000,
    GICD_PIDR2 = 0xffe8,
};
#define CTLR_GROUP1 0x2u
#define CTLR_ARE    0x10u
#define CTLR_DS     0x40u /* one security state */
/* TYPER: lines / 32 - 1, ten bits of INTID, no 1-of-N routing */
#define TYPER (IRQ_LINES / 32 - 1 + (9u << 19) + (1u << 25))
#define PIDR2 0x3bu /* architecture 3 */

/* Redistributor: RD_base, then SGI_base */
enum {
    GICR_CTLR = 0x0000,
    GICR_IIDR = 0x0004,
    GICR_TYPER = 0x0008,
    GICR_WAKER = 0x0014,
    GICR_SGI = 0x10000,
};

/* ICC_SGI1R_EL1 (IHI0069H 12.2.22): Aff3..1 of all our CPUs are 0. */
void gic_sgi(unsigned from, uint64_t value)
{
    unsigned intid = value >> 24 & 15;
    bool all_others = value >> 40 & 1, here = !(value & 0x00ff00ff00ff0000ull);

    for (unsigned i = 0; i < machine.cpus; i++) {
        if (all_others ? i != from : here && (value >> i & 1)) {
            gic_set_pending(i, intid);
        }
    }
}

/* ---- distributor ---- */

uint64_t gicd_read(uint64_t offset)
{
    if (offset >= GICD_IROUTER + PRIVATE * 8 && offset < GICD_IROUTER + IRQ_LINES * 8) {
        return offset % 8 ? 0 : state->gic.route[(offset - GICD_IROUTER) / 8];
    }
    switch (offset) {
    case GICD_CTLR:
        return state->gic.control | CTLR_ARE | CTLR_DS;
    case GICD_TYPER:
        return TYPER;
    case GICD_IIDR:
        return GIC_IIDR;
    case GICD_PIDR2:
        return PIDR2;
    default:
        return gic_shared_read(offset);
    }
}

void gicd_write(uint64_t offset, unsigned bytes, uint64_t value)
{
    if (offset >= GICD_IROUTER + PRIVATE * 8 && offset < GICD_IROUTER + IRQ_LINES * 8) {
        if (offset % 8 == 0) { /* Aff0; the others are 0 */
            gic_route((unsigned)(offset - GICD_IROUTER) / 8,
                      (value & 0xff) < machine.cpus ? value & 0xff : 0);
        }
        return;
    }
    if (offset == GICD_CTLR) {
        return gic_control((uint32_t)value & CTLR_GROUP1);
    }
    gic_shared_write(offset, bytes, value);
}

/* ---- redistributor ---- */

uint64_t gicr_read(unsigned cpu, uint64_t offset)
{
    uint64_t typer = (uint64_t)cpu << 32 | cpu << 8 | (cpu + 1 == machine.cpus ? 1u << 4 : 0);

    switch (offset) {
    case GICR_CTLR:
        return 0;
    case GICR_IIDR:
        return GIC_IIDR;
    case GICR_TYPER:
        return typer;
    case GICR_TYPER + 4:
        return typer >> 32;
    case GICR_WAKER:
        return state->gic.waker[cpu];
    case GICD_PIDR2:
        return PIDR2;
    default:
        return offset >= GICR_SGI ? gic_own_read(cpu, offset - GICR_SGI) : 0;
    }
}

void gicr_write(unsigned cpu, uint64_t offset, unsigned bytes, uint64_t value)
{
    if (offset == GICR_WAKER) {
        state->gic.waker[cpu] = value & WAKER_SLEEP ? WAKER_SLEEP | WAKER_ASLEEP : 0;
    } else if (offset >= GICR_SGI) {
        gic_own_write(cpu, offset - GICR_SGI, bytes, value);
    }
}
