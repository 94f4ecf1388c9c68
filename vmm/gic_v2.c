/*
 * The registers of a GICv2 (IHI0048B 4.3): its distributor; each CPU finds its own lines 0..31 in it.  One security state, all interrupts group 0.
 * Which CPU sent an SGI is not told apart: it is CPU 0, as the kernel's list registers say (docs/decisions/034-gicv2.md).
 */
#include "gic.h"

#include "machine.h"
#include "state.h"

enum {
    GICD_ITARGETSR = 0x0800,
    GICD_SGIR = 0x0f00,
    GICD_CPENDSGIR = 0x0f10,
    GICD_SPENDSGIR = 0x0f20,
    GICD_PIDR2 = 0x0fe8,
};
#define CTLR_ENABLE 1u
#define PIDR2       0x2bu /* architecture 2 */
#define SGIS        16u

/* SGIR: to whom */
enum { SGI_LISTED, SGI_OTHERS, SGI_SELF };

static uint32_t all_cpus(void)
{
    return (1u << machine.cpus) - 1;
}

/* The number of the line whose byte, in a bank of bytes or of bits, is at the offset; the first of them. */
static unsigned line_of(uint64_t offset)
{
    if (offset >= GICD_IPRIORITYR && offset < GICD_ITARGETSR) {
        return (unsigned)(offset - GICD_IPRIORITYR);
    }
    if (offset >= GICD_ICFGR) {
        return (unsigned)(offset - GICD_ICFGR) * 4;
    }
    return (unsigned)(offset % 128) * 8;
}

/* ---- bytes: one a line, or an SGI ---- */

static uint8_t target_read(unsigned cpu, unsigned line)
{
    return line < PRIVATE ? (uint8_t)(1u << cpu) : state->gic.target[line];
}

/* Of several the first gets it. */
static void target_write(unsigned line, uint8_t cpus)
{
    if (line < PRIVATE) {
        return;
    }
    state->gic.target[line] = cpus & (uint8_t)all_cpus();
    gic_route(line,
              state->gic.target[line] ? (unsigned)__builtin_ctz(state->gic.target[line]) : NOBODY);
}

static uint8_t byte_read(unsigned cpu, uint64_t offset)
{
    if (offset >= GICD_CPENDSGIR) { /* pending, from CPU 0 */
        return state->gic.own[cpu].pending[0] >> offset % SGIS & 1;
    }
    return target_read(cpu, (unsigned)(offset - GICD_ITARGETSR));
}

static void byte_write(unsigned cpu, uint64_t offset, uint8_t value)
{
    unsigned sgi = offset % SGIS;

    if (offset < GICD_CPENDSGIR) {
        target_write((unsigned)(offset - GICD_ITARGETSR), value);
    } else if (value && offset < GICD_SPENDSGIR) {
        state->gic.own[cpu].pending[0] &= ~(1u << sgi);
    } else if (value) {
        gic_set_pending(cpu, sgi);
    }
}

static bool is_bytes(uint64_t offset, unsigned bytes)
{
    return (offset >= GICD_ITARGETSR && offset + bytes <= GICD_ITARGETSR + IRQ_LINES) ||
           (offset >= GICD_CPENDSGIR && offset + bytes <= GICD_SPENDSGIR + SGIS);
}

/* ---- SGIs ---- */

static void send(unsigned from, uint32_t value)
{
    uint32_t to = value >> 16 & 0xff;

    switch (value >> 24 & 3) {
    case SGI_LISTED:
        break;
    case SGI_OTHERS:
        to = ~(1u << from);
        break;
    case SGI_SELF:
        to = 1u << from;
        break;
    default:
        return;
    }
    for (to &= all_cpus(); to; to &= to - 1) {
        gic_set_pending((unsigned)__builtin_ctz(to), value % SGIS);
    }
}

/* ---- all of it ---- */

uint64_t gicd_v2_read(unsigned cpu, uint64_t offset)
{
    uint64_t value = 0;

    if (is_bytes(offset, 1)) {
        for (unsigned i = 0; i < 4 && is_bytes(offset + i, 1); i++) {
            value |= (uint64_t)byte_read(cpu, offset + i) << i * 8;
        }
        return value;
    }
    switch (offset) {
    case GICD_CTLR:
        return state->gic.control;
    case GICD_TYPER:
        return IRQ_LINES / 32 - 1 + ((machine.cpus - 1) << 5);
    case GICD_IIDR:
        return GIC_IIDR;
    case GICD_PIDR2:
        return PIDR2;
    default:
        break;
    }
    if (offset < GICD_ISENABLER || offset >= GICD_SGIR) { /* IGROUPR: 0 */
        return 0;
    }
    return line_of(offset) < PRIVATE ? gic_own_read(cpu, offset) : gic_shared_read(offset);
}

void gicd_v2_write(unsigned cpu, uint64_t offset, unsigned bytes, uint64_t value)
{
    if (is_bytes(offset, bytes)) {
        for (unsigned i = 0; i < bytes; i++) {
            byte_write(cpu, offset + i, (uint8_t)(value >> i * 8));
        }
    } else if (offset == GICD_CTLR) {
        gic_control((uint32_t)value & CTLR_ENABLE);
    } else if (offset == GICD_SGIR) {
        send(cpu, (uint32_t)value);
    } else if (offset >= GICD_ISENABLER && offset < GICD_SGIR) {
        if (line_of(offset) < PRIVATE) {
            gic_own_write(cpu, offset, bytes, value);
        } else {
            gic_shared_write(offset, bytes, value);
        }
    }
}
