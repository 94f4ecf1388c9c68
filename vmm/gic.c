/*
 * The guest's interrupt controller: what versions 2 and 3 have in common.  The CPU interface is the hardware's; what becomes pending here goes
 * into its list registers (vcpu.inject), and waits here while none is free.
 *
 *      fire, SGI, ISPENDR --> pending --(enabled, controller on)--> list register --(guest: acknowledge, end)--> gone
 */
#include "gic.h"

#include <string.h>

#include "machine.h"
#include "state.h"

void gic_reset_cpu(unsigned cpu)
{
    state->gic.own[cpu] = (struct lines){ .priority = { 0 } };
    state->gic.waker[cpu] = WAKER_SLEEP | WAKER_ASLEEP;
}

void gic_reset(void)
{
    memset(&state->gic, 0, sizeof state->gic);
    for (unsigned i = 0; i < machine.cpus; i++) {
        gic_reset_cpu(i);
    }
}

void gic_go_on(void)
{
    gic_control(state->gic.control);
}

static struct lines *lines_of(unsigned cpu, unsigned intid)
{
    return intid < PRIVATE ? &state->gic.own[cpu] : &state->gic.shared;
}

/* Give what is pending and may be delivered to the CPU; what finds no list register stays.  `patient`: can wait; 0: none. */
static void deliver_but(unsigned cpu, unsigned word, unsigned patient)
{
    struct lines *l = lines_of(cpu, word * 32);
    uint32_t ready = l->pending[word] & l->enabled[word];

    if (!state->gic.control || cpu >= machine.cpus) {
        return;
    }
    for (; ready; ready &= ready - 1) {
        unsigned bit = (unsigned)__builtin_ctz(ready), intid = word * 32 + bit;

        if (intid >= PRIVATE && state->gic.route[intid] != cpu) {
            continue;
        }
        /* the guest's end of the device's interrupt acknowledges the physical line, which is silent until then */
        uint64_t later = intid == patient ? TESS_VCPU_LATER : 0;
        if (tess_vcpu_inject(machine.cpu[cpu].vcpu, intid, l->priority[intid] | later,
                             intid == IRQ_PCI ? machine.line : 0) != TESS_OK) {
            return; /* gic_refill comes */
        }
        l->pending[word] &= ~(1u << bit);
    }
}

static void deliver(unsigned cpu, unsigned word)
{
    deliver_but(cpu, word, 0);
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

void gic_set_pending(unsigned cpu, unsigned intid)
{
    lines_of(cpu, intid)->pending[intid / 32] |= 1u << intid % 32;
    if (intid < PRIVATE) {
        deliver(cpu, 0);
    } else {
        deliver(state->gic.route[intid], intid / 32);
    }
}

void gic_route(unsigned intid, unsigned cpu)
{
    state->gic.route[intid] = (uint8_t)cpu;
    deliver(cpu, intid / 32);
}

void gic_fire(unsigned intid)
{
    if (intid >= PRIVATE && intid < IRQ_LINES) {
        gic_set_pending(0, intid);
    }
}

void gic_fire_later(unsigned intid)
{
    unsigned word = intid / 32;

    if (intid >= PRIVATE && intid < IRQ_LINES) {
        state->gic.shared.pending[word] |= 1u << intid % 32;
        deliver_but(state->gic.route[intid], word, intid);
    }
}

/* The SGIs that a CPU has enabled, of the priority that the first of them has: register sgis. */
static uint64_t sgis_of(const struct lines *l)
{
    uint32_t which = l->enabled[0] & 0xffff;
    uint8_t priority = which ? l->priority[__builtin_ctz(which)] : 0;

    for (unsigned i = 0; i < 16; i++) {
        which &= ~((uint32_t)(l->priority[i] != priority) << i);
    }
    return state->gic.control ? which | (uint64_t)priority << 16 : 0;
}

/* The kernel keeps the virtual timer, and passes on what CPUs send each other; it must know whether the guest wants these interrupts. */
static void tell_kernel(unsigned cpu)
{
    const struct lines *l = &state->gic.own[cpu];
    bool on = l->enabled[0] >> IRQ_VTIMER & 1 && state->gic.control;

    (void)tess_vcpu_write(machine.cpu[cpu].vcpu, TESS_VCPU_vtimer,
                          (on ? TESS_VCPU_VTIMER_ON : 0) | (uint64_t)l->priority[IRQ_VTIMER] << 16 |
                              IRQ_VTIMER);
    (void)tess_vcpu_write(machine.cpu[cpu].vcpu, TESS_VCPU_sgis, sgis_of(l));
}

void gic_control(uint32_t control)
{
    state->gic.control = control;
    for (unsigned i = 0; i < machine.cpus; i++) {
        tell_kernel(i);
        gic_refill(i);
    }
}

/* ---- registers of lines; words first .. end of l ---- */

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

uint64_t gic_own_read(unsigned cpu, uint64_t offset)
{
    return lines_read(&state->gic.own[cpu], 0, 1, offset);
}

void gic_own_write(unsigned cpu, uint64_t offset, unsigned bytes, uint64_t value)
{
    if (lines_write(&state->gic.own[cpu], 0, 1, offset, bytes, value)) {
        deliver(cpu, 0);
    }
    tell_kernel(cpu);
}

uint64_t gic_shared_read(uint64_t offset)
{
    return lines_read(&state->gic.shared, 1, IRQ_LINES / 32, offset);
}

void gic_shared_write(uint64_t offset, unsigned bytes, uint64_t value)
{
    if (offset ==
        GICD_ICPENDR + IRQ_PCI / 32 * 4) { /* a level: it is pending as long as it is up */
        value &= ~(1ull << IRQ_PCI % 32);
    }
    if (lines_write(&state->gic.shared, 1, IRQ_LINES / 32, offset, bytes, value)) {
        deliver_shared(offset / 4 % 32 < IRQ_LINES / 32 ? offset / 4 % 32 : 1);
    }
}
