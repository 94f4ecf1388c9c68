/*
 * The guest's interrupt controller: distributor and redistributors of a GICv3 (IHI0069H 12.9, 12.11) without ITS.  The CPU interface is the
 * hardware's; what becomes pending here goes into its list registers (vcpu.inject), and waits here while none is free.
 *
 *      fire, SGI, ISPENDR --> pending --(enabled, group on)--> list register --(guest: acknowledge, end)--> gone
 */
#include <string.h>

#include "machine.h"

#define PRIVATE 32u

/* Distributor */
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
    GICD_IROUTER = 0x6000,
    GICD_PIDR2 = 0xffe8,
};
#define CTLR_GROUP1 0x2u
#define CTLR_ARE    0x10u
#define CTLR_DS     0x40u /* one security state */
/* TYPER: lines / 32 - 1, ten bits of INTID, no 1-of-N routing */
#define TYPER (IRQ_LINES / 32 - 1 + (9u << 19) + (1u << 25))
#define IIDR  0x0000043bu
#define PIDR2 0x3bu /* architecture 3 */

/* Redistributor: RD_base, then SGI_base */
enum {
    GICR_CTLR = 0x0000,
    GICR_IIDR = 0x0004,
    GICR_TYPER = 0x0008,
    GICR_WAKER = 0x0014,
    GICR_SGI = 0x10000,
};
#define WAKER_SLEEP  2u
#define WAKER_ASLEEP 4u

/* Lines 0..31 of each CPU, or the shared ones in words 1.. */
struct lines {
    uint32_t enabled[IRQ_LINES / 32], pending[IRQ_LINES / 32];
    uint32_t config[IRQ_LINES / 16];
    uint8_t priority[IRQ_LINES];
};

static struct {
    uint32_t control;
    struct lines shared;        /* word 0 unused */
    struct lines own[CPUS_MAX]; /* word 0 only */
    uint8_t route[IRQ_LINES];   /* CPU */
    uint32_t waker[CPUS_MAX];
} gic;

void gic_part(struct machine_part *out)
{
    *out = (struct machine_part){ &gic, sizeof gic };
}

void gic_reset_cpu(unsigned cpu)
{
    gic.own[cpu] = (struct lines){ .priority = { 0 } };
    gic.waker[cpu] = WAKER_SLEEP | WAKER_ASLEEP;
}

void gic_reset(void)
{
    memset(&gic, 0, sizeof gic);
    for (unsigned i = 0; i < machine.cpus; i++) {
        gic_reset_cpu(i);
    }
}

static struct lines *lines_of(unsigned cpu, unsigned intid)
{
    return intid < PRIVATE ? &gic.own[cpu] : &gic.shared;
}

/* Give what is pending and may be delivered to the CPU; what finds no list register stays. */
static void deliver(unsigned cpu, unsigned word)
{
    struct lines *l = lines_of(cpu, word * 32);
    uint32_t ready = l->pending[word] & l->enabled[word];

    if (!(gic.control & CTLR_GROUP1) || cpu >= machine.cpus) {
        return;
    }
    for (; ready; ready &= ready - 1) {
        unsigned bit = (unsigned)__builtin_ctz(ready), intid = word * 32 + bit;

        if (intid >= PRIVATE && gic.route[intid] != cpu) {
            continue;
        }
        if (tess_vcpu_inject(machine.cpu[cpu].vcpu, intid, l->priority[intid]) != TESS_OK) {
            return; /* gic_refill comes */
        }
        l->pending[word] &= ~(1u << bit);
    }
}

static void deliver_shared(unsigned word)
{
    for (unsigned i = 0; i < machine.cpus; i++) {
        deliver(i, word);
    }
}

void gic_refill(unsigned cpu)
{
    for (unsigned word = 0; word < IRQ_LINES / 32; word++) {
        deliver(cpu, word);
    }
}

static void set_pending(unsigned cpu, unsigned intid)
{
    lines_of(cpu, intid)->pending[intid / 32] |= 1u << intid % 32;
    if (intid < PRIVATE) {
        deliver(cpu, 0);
    } else {
        deliver(gic.route[intid], intid / 32);
    }
}

void gic_fire(unsigned intid)
{
    if (intid >= PRIVATE && intid < IRQ_LINES) {
        set_pending(0, intid);
    }
}

/* ICC_SGI1R_EL1 (IHI0069H 12.2.22): Aff3..1 of all our CPUs are 0. */
void gic_sgi(unsigned from, uint64_t value)
{
    unsigned intid = value >> 24 & 15;
    bool all_others = value >> 40 & 1, here = !(value & 0x00ff00ff00ff0000ull);

    for (unsigned i = 0; i < machine.cpus; i++) {
        if (all_others ? i != from : here && (value >> i & 1)) {
            set_pending(i, intid);
        }
    }
}

/* The kernel keeps the virtual timer; it must know whether the guest wants its interrupt. */
static void tell_timer(unsigned cpu)
{
    const struct lines *l = &gic.own[cpu];
    bool on = l->enabled[0] >> IRQ_VTIMER & 1 && (gic.control & CTLR_GROUP1);

    (void)tess_vcpu_write(machine.cpu[cpu].vcpu, TESS_VCPU_vtimer,
                          (on ? TESS_VCPU_VTIMER_ON : 0) | (uint64_t)l->priority[IRQ_VTIMER] << 16 |
                              IRQ_VTIMER);
}

static void tell_timers(void)
{
    for (unsigned i = 0; i < machine.cpus; i++) {
        tell_timer(i);
    }
}

/* ---- the registers that distributor and redistributor have alike; words first .. end of l ---- */

static uint64_t lines_read(const struct lines *l, unsigned first, unsigned end, uint64_t offset)
{
    unsigned word = offset / 4 % 32;
    bool inside = word >= first && word < end;

    switch (offset & ~127ull) {
    case GICD_IGROUPR:
        return inside ? ~0u : 0;
    case GICD_ISENABLER:
    case GICD_ICENABLER:
        return inside ? l->enabled[word] : 0;
    case GICD_ISPENDR:
    case GICD_ICPENDR:
        return inside ? l->pending[word] : 0;
    default:
        break;
    }
    if (offset >= GICD_IPRIORITYR && offset < GICD_IPRIORITYR + end * 32) {
        uint32_t four = 0;
        memcpy(&four, &l->priority[(offset - GICD_IPRIORITYR) & ~3ull], sizeof four);
        return four >> offset % 4 * 8;
    }
    if (offset >= GICD_ICFGR && offset < GICD_ICFGR + end * 8) {
        return l->config[(offset - GICD_ICFGR) / 4];
    }
    return 0;
}

/* True: an enable or a pending bit has changed. */
static bool lines_write(struct lines *l, unsigned first, unsigned end, uint64_t offset,
                        unsigned bytes, uint64_t value)
{
    unsigned word = offset / 4 % 32;
    bool inside = word >= first && word < end;
    uint32_t bits = inside ? (uint32_t)value : 0;

    switch (offset & ~127ull) {
    case GICD_ISENABLER:
        l->enabled[inside ? word : first] |= bits;
        return true;
    case GICD_ICENABLER:
        l->enabled[inside ? word : first] &= ~bits;
        return true;
    case GICD_ISPENDR:
        l->pending[inside ? word : first] |= bits;
        return true;
    case GICD_ICPENDR:
        l->pending[inside ? word : first] &= ~bits;
        return false;
    default:
        break;
    }
    if (offset >= GICD_IPRIORITYR + first * 32 && offset + bytes <= GICD_IPRIORITYR + end * 32) {
        for (unsigned i = 0; i < bytes; i++) {
            l->priority[offset - GICD_IPRIORITYR + i] = (uint8_t)(value >> i * 8);
        }
    } else if (offset >= GICD_ICFGR + first * 8 && offset < GICD_ICFGR + end * 8) {
        l->config[(offset - GICD_ICFGR) / 4] = (uint32_t)value;
    }
    return false;
}

/* ---- distributor ---- */

uint64_t gicd_read(uint64_t offset)
{
    if (offset >= GICD_IROUTER + PRIVATE * 8 && offset < GICD_IROUTER + IRQ_LINES * 8) {
        return offset % 8 ? 0 : gic.route[(offset - GICD_IROUTER) / 8];
    }
    switch (offset) {
    case GICD_CTLR:
        return gic.control | CTLR_ARE | CTLR_DS;
    case GICD_TYPER:
        return TYPER;
    case GICD_IIDR:
        return IIDR;
    case GICD_PIDR2:
        return PIDR2;
    default:
        return lines_read(&gic.shared, 1, IRQ_LINES / 32, offset);
    }
}

void gicd_write(uint64_t offset, unsigned bytes, uint64_t value)
{
    if (offset >= GICD_IROUTER + PRIVATE * 8 && offset < GICD_IROUTER + IRQ_LINES * 8) {
        if (offset % 8 == 0) { /* Aff0; the others are 0 */
            gic.route[(offset - GICD_IROUTER) / 8] =
                (value & 0xff) < machine.cpus ? (uint8_t)value : 0;
        }
        return;
    }
    if (offset == GICD_CTLR) {
        gic.control = (uint32_t)value & CTLR_GROUP1;
        tell_timers();
        for (unsigned i = 0; i < machine.cpus; i++) {
            gic_refill(i);
        }
        return;
    }
    if (lines_write(&gic.shared, 1, IRQ_LINES / 32, offset, bytes, value)) {
        deliver_shared(offset / 4 % 32 < IRQ_LINES / 32 ? offset / 4 % 32 : 1);
    }
}

/* ---- redistributor ---- */

uint64_t gicr_read(unsigned cpu, uint64_t offset)
{
    uint64_t typer = (uint64_t)cpu << 32 | cpu << 8 | (cpu + 1 == machine.cpus ? 1u << 4 : 0);

    switch (offset) {
    case GICR_CTLR:
        return 0;
    case GICR_IIDR:
        return IIDR;
    case GICR_TYPER:
        return typer;
    case GICR_TYPER + 4:
        return typer >> 32;
    case GICR_WAKER:
        return gic.waker[cpu];
    case GICD_PIDR2:
        return PIDR2;
    default:
        return offset >= GICR_SGI ? lines_read(&gic.own[cpu], 0, 1, offset - GICR_SGI) : 0;
    }
}

void gicr_write(unsigned cpu, uint64_t offset, unsigned bytes, uint64_t value)
{
    if (offset == GICR_WAKER) {
        gic.waker[cpu] = value & WAKER_SLEEP ? WAKER_SLEEP | WAKER_ASLEEP : 0;
    } else if (offset >= GICR_SGI) {
        uint32_t enabled = gic.own[cpu].enabled[0];
        uint8_t priority = gic.own[cpu].priority[IRQ_VTIMER];

        if (lines_write(&gic.own[cpu], 0, 1, offset - GICR_SGI, bytes, value)) {
            deliver(cpu, 0);
        }
        if (((enabled ^ gic.own[cpu].enabled[0]) >> IRQ_VTIMER & 1) ||
            priority != gic.own[cpu].priority[IRQ_VTIMER]) {
            tell_timer(cpu);
        }
    }
}
