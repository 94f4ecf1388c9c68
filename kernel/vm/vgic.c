/* List registers of a GICv3 (IHI0069H 12.4): the virtual interface in system registers. */
#include "vgic.h"

#include "../dev/dev.h"
#include "../ipc/ipc.h"

#define LR_MAX       16u
#define HCR_EN       1u
#define HCR_UIE      2u /* interrupt when at most one list register is valid */
#define VTR_LR(vtr)  (((vtr)&31) + 1)
#define VTR_PRE(vtr) (((vtr) >> 26 & 7) + 1)
#define PRE_BITS     5u /* then AP0R0 and AP1R0 are all there is */
#define VTIMER_INTID 0x3ffu
#define LR_USED      (TESS_LR_PENDING | TESS_LR_ACTIVE)
#define LR_PHYSICAL  32

static struct {
    unsigned count; /* list registers; 0: no virtual interface */
    uint32_t timer, maintenance;
} vgic;

/* ICH_LR<n>_EL2: the number is part of the instruction. */
#define LR_REGISTERS(op)                                                                           \
    op(0, S3_4_C12_C12_0) op(1, S3_4_C12_C12_1) op(2, S3_4_C12_C12_2) op(3, S3_4_C12_C12_3)        \
        op(4, S3_4_C12_C12_4) op(5, S3_4_C12_C12_5) op(6, S3_4_C12_C12_6) op(7, S3_4_C12_C12_7)    \
            op(8, S3_4_C12_C13_0) op(9, S3_4_C12_C13_1) op(10, S3_4_C12_C13_2)                     \
                op(11, S3_4_C12_C13_3) op(12, S3_4_C12_C13_4) op(13, S3_4_C12_C13_5)               \
                    op(14, S3_4_C12_C13_6) op(15, S3_4_C12_C13_7)

static word_t lr_read(unsigned n)
{
    switch (n) {
#define READ_LR(i, reg)                                                                            \
    case i:                                                                                        \
        return SYSREG_READ(reg);
        LR_REGISTERS(READ_LR)
    default:
        return 0;
    }
}

static void lr_write(unsigned n, word_t value)
{
    switch (n) {
#define WRITE_LR(i, reg)                                                                           \
    case i:                                                                                        \
        SYSREG_WRITE(reg, value);                                                                  \
        break;
        LR_REGISTERS(WRITE_LR)
    default:
        break;
    }
}

bool vgic_possible(void)
{
    return vgic.count != 0;
}

void vgic_init(const struct handoff *h)
{
    vgic.timer = (uint32_t)h->vtimer_irq;
    vgic.maintenance = (uint32_t)h->vgic_irq;
    if (h->el != 2 || h->gic_version != 3) {
        return;
    }
    word_t vtr = SYSREG_READ(S3_4_C12_C11_1); /* ICH_VTR_EL2 */
    SYSREG_WRITE(S3_4_C12_C11_0, 0);          /* ICH_HCR_EL2 */
    if (VTR_PRE(vtr) != PRE_BITS || VTR_LR(vtr) < 2 || vgic.timer == 0 || vgic.maintenance == 0) {
        return;
    }
    vgic.count = VTR_LR(vtr) < LR_MAX ? VTR_LR(vtr) : LR_MAX;
    gic_unmask(vgic.timer);
    gic_unmask(vgic.maintenance);
}

/* The physical timer line is active as long as the guest has not served it. */
static bool timer_active(const struct vcpu *v)
{
    return v->timer_fired || (v->reg[TESS_VCPU_LR] & LR_USED) != 0;
}

void vgic_load(const struct vcpu *v)
{
    if (timer_active(v)) {
        gic_activate(vgic.timer);
    }
    for (unsigned n = 0; n < vgic.count; n++) {
        LOOP_BOUND(LR_MAX);
        lr_write(n, v->reg[TESS_VCPU_LR + n]);
    }
    SYSREG_WRITE(S3_4_C12_C8_0, v->reg[TESS_VCPU_ich_ap0r]);
    SYSREG_WRITE(S3_4_C12_C9_0, v->reg[TESS_VCPU_ich_ap1r]);
    SYSREG_WRITE(S3_4_C12_C11_7, v->reg[TESS_VCPU_ich_vmcr]);
    SYSREG_WRITE(S3_4_C12_C11_0, v->reg[TESS_VCPU_ich_hcr]);
}

void vgic_save(struct vcpu *v)
{
    v->reg[TESS_VCPU_ich_hcr] = SYSREG_READ(S3_4_C12_C11_0) & (HCR_EN | HCR_UIE);
    v->reg[TESS_VCPU_ich_vmcr] = SYSREG_READ(S3_4_C12_C11_7);
    v->reg[TESS_VCPU_ich_ap0r] = SYSREG_READ(S3_4_C12_C8_0);
    v->reg[TESS_VCPU_ich_ap1r] = SYSREG_READ(S3_4_C12_C9_0);
    for (unsigned n = 0; n < vgic.count; n++) {
        LOOP_BOUND(LR_MAX);
        v->reg[TESS_VCPU_LR + n] = lr_read(n);
    }
    SYSREG_WRITE(S3_4_C12_C11_0, 0);
    if (timer_active(v)) {
        gic_deactivate(vgic.timer);
    }
}

bool vgic_inject(struct vcpu *v, bool loaded, word_t intid, word_t priority)
{
    unsigned free = 0;
    word_t lr = 0;

    for (unsigned n = 1; n < vgic.count; n++) {
        LOOP_BOUND(LR_MAX);
        lr = loaded ? lr_read(n) : v->reg[TESS_VCPU_LR + n];
        if ((lr & LR_USED) != 0 && (lr & TESS_LR_INTID) == intid) {
            free = n;
            break;
        }
        if ((lr & LR_USED) == 0 && free == 0) {
            free = n;
        }
        lr = 0;
    }
    if (free == 0) {
        v->reg[TESS_VCPU_ich_hcr] |= HCR_UIE;
        if (loaded) {
            SYSREG_WRITE(S3_4_C12_C11_0, HCR_EN | HCR_UIE);
        }
        return false;
    }
    lr = (lr & TESS_LR_ACTIVE) | TESS_LR_PENDING | TESS_LR_GROUP1 | priority << TESS_LR_PRIORITY |
         intid;
    if (loaded) {
        lr_write(free, lr);
    } else {
        v->reg[TESS_VCPU_LR + free] = lr;
    }
    return true;
}

bool vgic_pending(void)
{
    word_t any = 0;

    for (unsigned n = 0; n < vgic.count; n++) {
        LOOP_BOUND(LR_MAX);
        any |= lr_read(n);
    }
    return any & TESS_LR_PENDING;
}

/* The loaded guest's virtual timer has fired. */
static void timer_fires(struct vcpu *v)
{
    word_t how = v->reg[TESS_VCPU_vtimer];

    if (!(how & TESS_VCPU_VTIMER_ON)) {
        v->timer_fired = true; /* the line stays active, and silent, until the guest wants it */
        return;
    }
    lr_write(0, TESS_LR_HW | TESS_LR_PENDING | TESS_LR_GROUP1 |
                    (how >> 16 & 0xff) << TESS_LR_PRIORITY | (word_t)vgic.timer << LR_PHYSICAL |
                    (how & VTIMER_INTID));
    vcpu_wake(v);
}

bool vgic_irq(struct cpu *cpu, uint32_t line)
{
    struct vcpu *v = cpu->vcpu;

    if (vgic.count == 0 || (line != vgic.timer && line != vgic.maintenance)) {
        return false;
    }
    if (v == NULL) { /* it was taken out of the CPU at this very moment */
        gic_deactivate(line);
    } else if (line == vgic.timer) {
        timer_fires(v);
    } else {
        SYSREG_WRITE(S3_4_C12_C11_0, HCR_EN);
        gic_deactivate(line);
        thread_kick(v->thread);
    }
    return true;
}
