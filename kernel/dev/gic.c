/*
 * The interrupt controller: Arm GIC, architecture 2 (IHI0048B) or 3 (IHI0069H), in split mode: gic_ack drops the
 * priority, so that other lines can be delivered; the line itself stays active, and silent, until gic_deactivate.
 *
 * Registers of lines 0..31 (private to the CPU) and of the shared lines have the same offsets in both versions; only
 * the page that holds the private ones differs: version 2 the distributor, version 3 the redistributor's SGI frame.
 * The CPU interface is memory in version 2, system registers in version 3.  At EL2 with VHE the ICC_*_EL1 registers
 * are the physical ones, as at EL1: nothing below depends on the exception level but ICC_SRE_EL2.
 *
 * One priority is used for all lines: the kernel runs with interrupts masked, who is more urgent is the scheduler's
 * decision.
 */
#include "dev.h"

/* Distributor, offsets in bytes (IHI0069H 12.9, IHI0048B 4.3). */
#define GICD_CTLR      0x0000u
#define GICD_TYPER     0x0004u
#define GICD_IGROUPR   0x0080u
#define GICD_ISENABLER 0x0100u
#define GICD_ICENABLER 0x0180u
#define GICD_ICPENDR   0x0280u
#define GICD_ISACTIVER 0x0300u
#define GICD_ICACTIVER 0x0380u
#define GICD_IPRIORITY 0x0400u
#define GICD_ITARGETSR 0x0800u /* version 2 */
#define GICD_ICFGR     0x0c00u
#define GICD_IROUTER   0x6000u /* version 3; 64 bits a line */

#define CTLR_V2_ENABLE 0x1u /* the group that this security state sees by default */
#define CTLR_V3_GROUP1                                                                             \
    0x2u                  /* EnableGrp1 with one security state, EnableGrp1A seen from Non-secure */
#define CTLR_V3_ARE 0x10u /* affinity routing */
#define CTLR_V3_RWP 0x80000000u /* a write to an enable register is still under way */

/* Redistributor (IHI0069H 12.11). */
#define GICR_CTLR      0x0000u
#define GICR_TYPER     0x0008u
#define GICR_WAKER     0x0014u
#define GICR_PROPBASER 0x0070u
#define GICR_PENDBASER 0x0078u
#define GICR_SGI       0x10000u /* second frame: registers of lines 0..31 */
#define CTLR_R_LPIS    0x1u
#define CTLR_R_RWP     0x8u
#define TYPER_R_LPIS   0x1u
#define WAKER_SLEEP    0x2u
#define WAKER_ASLEEP   0x4u

/* Messages are LPIs (IHI0069H chapter 5).  Tables are for 14 bits of INTID, the fewest with LPIs: a byte each from
 * LPI_FIRST on says priority and whether it is enabled; a bit each, aligned to 64 KiB, is the redistributor's. */
#define LPI_FIRST   8192u
#define LPI_BITS    14u
#define LPI_ENABLED 0x1u
#define LPI_PENDING 0x1000u  /* bytes of it, at most, and behind it the other */
#define LPI_CACHED  0x780ull /* inner shareable, write-back */
#define LPI_ALIGN   0x10000ull
#define LPI_ZEROED  (1ull << 62)

/* CPU interface of version 2 (IHI0048B 4.4). */
#define GICC_CTLR      0x0000u
#define GICC_PMR       0x0004u
#define GICC_BPR       0x0008u
#define GICC_IAR       0x000cu
#define GICC_EOIR      0x0010u
#define CTLR_C_ENABLE  0x1u
#define CTLR_C_EOIMODE 0x200u /* EOIR drops the priority only */

#define PRIORITY                                                                                   \
    0xa0u /* of every line: anything below the mask, in the half a Non-secure view can express */
#define PRIORITY_MASK 0xffu
#define LINES_MAX     1020u /* 1020..1023 are special INTIDs (IHI0069H 2.2.1) */
#define LINES_PRIVATE 32u
#define INTID_MASK    0x3ffu /* of IAR in version 2; above it the CPU that sent an SGI */
#define WAIT_MAX      100000u

bool gic_v3;
word_t gic_cpu;
uint32_t gic_wires;

static struct {
    word_t dist, local, redist; /* `local`: the page of lines 0..31 */
} gic;

ALWAYS_INLINE uint32_t mmio_read(word_t at)
{
    return *(volatile uint32_t *)at;
}

ALWAYS_INLINE void mmio_write(word_t at, uint32_t value)
{
    *(volatile uint32_t *)at = value;
}

ALWAYS_INLINE word_t line_page(uint32_t line)
{
    return line < LINES_PRIVATE ? gic.local : gic.dist;
}

/* The register of a bank with one bit a line. */
ALWAYS_INLINE word_t bit_register(uint32_t bank, uint32_t line)
{
    return line_page(line) + bank + line / 32 * 4;
}

/* Version 3: until what was written to an enable register holds.  A controller that never answers is not waited for:
 * a line that fires once more is spurious to the kernel, not dangerous. */
static void wait_written(uint32_t line)
{
    word_t at = line < LINES_PRIVATE ? gic.redist + GICR_CTLR : gic.dist + GICD_CTLR;
    uint32_t busy = line < LINES_PRIVATE ? CTLR_R_RWP : CTLR_V3_RWP;
    for (uint32_t i = 0; gic_v3 && i < WAIT_MAX && mmio_read(at) & busy; i++) {
        LOOP_BOUND(WAIT_MAX);
    }
}

static void bit_write(uint32_t bank, uint32_t line)
{
    if (line < gic_wires) {
        mmio_write(bit_register(bank, line), 1u << line % 32);
    }
}

void gic_mask(uint32_t line)
{
    bit_write(GICD_ICENABLER, line);
    wait_written(line);
}

void gic_activate(uint32_t line)
{
    bit_write(GICD_ISACTIVER, line);
}

void gic_unmask(uint32_t line)
{
    bit_write(GICD_ISENABLER, line);
}

/* ICFGR has two bits a line, the upper one says edge; changing it on an enabled line is unpredictable. */
void gic_set_trigger(uint32_t line, bool edge)
{
    if (line < 16 || line >= gic_wires) {
        return;
    }
    word_t at = line_page(line) + GICD_ICFGR + line / 16 * 4;
    uint32_t bit = 2u << line % 16 * 2;
    uint32_t old = mmio_read(at);
    uint32_t new = edge ? old | bit : old & ~bit;
    uint32_t enabled = mmio_read(bit_register(GICD_ISENABLER, line)) & 1u << line % 32;
    if (enabled) {
        gic_mask(line);
    }
    mmio_write(at, new);
    if (enabled) {
        gic_unmask(line);
    }
}

uint32_t gic_line(word_t intid)
{
    if (intid < LPI_FIRST) {
        return intid < gic_wires ? (uint32_t)intid : UINT32_MAX;
    }
    return intid - LPI_FIRST < GIC_MESSAGES ? gic_wires + (uint32_t)(intid - LPI_FIRST)
                                            : UINT32_MAX;
}

uint32_t gic_ack_message(uint64_t intid)
{
    if (intid >= LPI_FIRST) {
        __asm__ volatile("msr S3_0_C12_C12_1, %0" ::"r"(intid)); /* ICC_EOIR1_EL1 */
    }
    return gic_line(intid);
}

uint32_t gic_ack_v2(void)
{
    uint32_t iar = mmio_read(gic_cpu + GICC_IAR);
    if (likely((iar & INTID_MASK) < LINES_MAX)) {
        mmio_write(gic_cpu + GICC_EOIR, iar);
    }
    return iar & INTID_MASK;
}

/* ---- bring-up ---- */

/* Lines [first, first + 32): masked, idle, one priority, level-triggered, and in group 1 where that is ours to say. */
static void init_lines(word_t page, uint32_t first)
{
    word_t n = first / 32 * 4;
    mmio_write(page + GICD_ICENABLER + n, ~0u);
    mmio_write(page + GICD_ICPENDR + n, ~0u);
    mmio_write(page + GICD_ICACTIVER + n, ~0u);
    if (gic_v3) {
        mmio_write(page + GICD_IGROUPR + n, ~0u); /* group 0 would arrive as FIQ */
    }
    for (uint32_t i = 0; i < 32; i += 4) {
        LOOP_BOUND(8);
        mmio_write(page + GICD_IPRIORITY + first + i, PRIORITY * 0x01010101u);
    }
    if (first != 0) { /* private lines have the trigger they are wired with */
        mmio_write(page + GICD_ICFGR + n * 2, 0);
        mmio_write(page + GICD_ICFGR + n * 2 + 4, 0);
    }
}

/* All shared lines to this CPU. */
static void route_lines(void)
{
    uint64_t affinity;
    __asm__("mrs %0, mpidr_el1" : "=r"(affinity));
    affinity &= 0xff00ffffffull; /* Aff3, Aff2..Aff0 of MPIDR_EL1 */
    uint32_t target =
        gic_v3 ? 0 : mmio_read(gic.dist + GICD_ITARGETSR) & 0xff; /* lines 0..3 name the reader */
    for (uint32_t line = LINES_PRIVATE; line < gic_wires; line++) {
        LOOP_BOUND(LINES_MAX);
        if (gic_v3) {
            *(volatile uint64_t *)(gic.dist + GICD_IROUTER + line * 8) = affinity;
        } else if (line % 4 == 0) {
            mmio_write(gic.dist + GICD_ITARGETSR + line, target * 0x01010101u);
        }
    }
}

/* The redistributor starts asleep and then delivers nothing (IHI0069H 12.11.42). */
static void wake_redistributor(void)
{
    mmio_write(gic.redist + GICR_WAKER, mmio_read(gic.redist + GICR_WAKER) & ~WAKER_SLEEP);
    for (uint32_t i = 0; mmio_read(gic.redist + GICR_WAKER) & WAKER_ASLEEP; i++) {
        LOOP_BOUND(WAIT_MAX);
        if (i == WAIT_MAX - 1) {
            panic("GIC redistributor does not wake up");
        }
    }
}

static void init_cpu_v3(uint64_t el)
{
    if (el == 2) {
        __asm__ volatile("msr S3_4_C12_C9_5, %0\n isb" ::"r"(
            7ul)); /* ICC_SRE_EL2: SRE DFB DIB; a guest's access to ICC_SRE_EL1 traps */
    }
    __asm__ volatile("msr S3_0_C12_C12_5, %0\n"  /* ICC_SRE_EL1: system registers, no bypass */
                     "isb\n"                     /* the others exist from here on */
                     "msr S3_0_C4_C6_0, %1\n"    /* ICC_PMR_EL1 */
                     "msr S3_0_C12_C12_3, xzr\n" /* ICC_BPR1_EL1 */
                     "msr S3_0_C12_C12_4, %2\n"  /* ICC_CTLR_EL1: EOImode */
                     "isb\n"
                     "msr S3_0_C12_C12_7, %3\n" /* ICC_IGRPEN1_EL1 */
                     "isb" ::"r"(7ul),
                     "r"((uint64_t)PRIORITY_MASK), "r"(2ul), "r"(1ul));
}

/* What was on before could not be switched off, and has its tables elsewhere. */
bool gic_has_messages(void)
{
    return gic_v3 && mmio_read(gic.redist + GICR_TYPER) & TYPER_R_LPIS &&
           !(mmio_read(gic.redist + GICR_CTLR) & CTLR_R_LPIS);
}

void gic_messages_init(word_t paddr)
{
    paddr = (paddr + LPI_ALIGN - 1) & ~(LPI_ALIGN - 1);
    uint8_t *property = (uint8_t *)(paddr + LPI_PENDING + arch_direct_base());
    for (uint32_t i = 0; i < GIC_MESSAGES; i++) {
        LOOP_BOUND(GIC_MESSAGES);
        property[i] = PRIORITY | LPI_ENABLED;
    }
    *(volatile uint64_t *)(gic.redist + GICR_PROPBASER) =
        (paddr + LPI_PENDING) | LPI_CACHED | (LPI_BITS - 1);
    *(volatile uint64_t *)(gic.redist + GICR_PENDBASER) = paddr | LPI_CACHED | LPI_ZEROED;
    __asm__ volatile("dsb ish" ::: "memory");
    mmio_write(gic.redist + GICR_CTLR, CTLR_R_LPIS);
}

void gic_init(const struct handoff *h)
{
    gic_v3 = h->gic_version == 3;
    gic.dist = h->gicd_va;
    gic_cpu = h->gicc_va;
    gic.redist = h->gicr_va;
    gic.local = gic_v3 ? gic.redist + GICR_SGI : gic.dist;
    uint32_t count = 32 * ((mmio_read(gic.dist + GICD_TYPER) & 0x1f) + 1);
    gic_wires = count > LINES_MAX ? LINES_MAX : count;

    mmio_write(gic.dist + GICD_CTLR,
               0); /* affinity routing may be changed only while all groups are off */
    if (gic_v3) {
        wait_written(LINES_PRIVATE);
        mmio_write(gic.dist + GICD_CTLR, CTLR_V3_ARE);
        wait_written(LINES_PRIVATE);
        wake_redistributor();
    }
    init_lines(gic.local, 0);
    for (uint32_t line = LINES_PRIVATE; line < gic_wires; line += 32) {
        LOOP_BOUND(LINES_MAX / 32);
        init_lines(gic.dist, line);
    }
    route_lines();
    wait_written(0);
    wait_written(LINES_PRIVATE);
    if (gic_v3) {
        mmio_write(gic.dist + GICD_CTLR, CTLR_V3_ARE | CTLR_V3_GROUP1);
        init_cpu_v3(h->el);
    } else {
        mmio_write(gic.dist + GICD_CTLR, CTLR_V2_ENABLE);
        mmio_write(gic_cpu + GICC_PMR, PRIORITY_MASK);
        mmio_write(gic_cpu + GICC_BPR, 0);
        mmio_write(gic_cpu + GICC_CTLR, CTLR_C_ENABLE | CTLR_C_EOIMODE);
    }
    gic_unmask((uint32_t)h->timer_irq);
}
