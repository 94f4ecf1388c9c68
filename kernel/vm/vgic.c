/* List registers: what becomes of virtual interrupts.  The registers themselves: vgic_registers.h. */
#include "vgic.h"

#include "../dev/dev.h"
#include "../ipc/ipc.h"
#include "../mem/mem.h"
#include "vgic_registers.h"

#define HCR_EN       1u
#define HCR_UIE      2u /* interrupt when at most one list register is valid */
#define VTR_LR(vtr)  (((vtr)&63) + 1)
#define VTR_PRE(vtr) (((vtr) >> 26 & 7) + 1)
#define PRE_BITS     5u /* then AP0R0 and AP1R0 are all there is */
#define VTIMER_INTID 0x3ffu
#define LR_USED      (TESS_LR_PENDING | TESS_LR_ACTIVE)
#define LR_PHYSICAL  32

static struct {
    unsigned count; /* list registers; 0: no virtual interface */
    uint32_t timer, maintenance;
    word_t interface; /* GICv2: physical address of the virtual CPU interface */
} vgic;

bool vgic_possible(void)
{
    return vgic.count != 0;
}

void vgic_init(const struct handoff *h)
{
    vgic.timer = (uint32_t)h->vtimer_irq;
    vgic.maintenance = (uint32_t)h->vgic_irq;
    vgic.interface = h->gicv_paddr;
    gich = h->gich_va;
    if (h->el != 2 || (!gic_v3 && gich == 0)) {
        return;
    }
    word_t vtr = ICH_READ(ICH_VTR);
    ICH_WRITE(ICH_HCR, 0);
    if (VTR_PRE(vtr) != PRE_BITS || VTR_LR(vtr) < 2 || vgic.timer == 0 || vgic.maintenance == 0) {
        return;
    }
    vgic.count = VTR_LR(vtr) < LR_MAX ? VTR_LR(vtr) : LR_MAX;
    gic_unmask(vgic.timer);
    gic_unmask(vgic.maintenance);
}

word_t vgic_version(void)
{
    return gic_v3 ? 3 : 2;
}

bool vgic_map(struct vspace *space, word_t at)
{
    for (word_t i = 0; !gic_v3 && i < VGIC_BYTES; i += TESS_PAGE) {
        LOOP_BOUND(2);
        if (!vspace_map_page(space, at + i, vgic.interface + i, TESS_RIGHT_READ | TESS_RIGHT_WRITE,
                             TESS_ATTR_DEVICE)) {
            return false;
        }
    }
    return true;
}

bool vgic_is_interface(word_t paddr)
{
    return vgic.count != 0 && !gic_v3 && paddr - vgic.interface < VGIC_BYTES;
}

/* Group 1 is what a guest with system registers enables; with GICv2, group 0 (IHI0048B 5.2.1: both become IRQs). */
static word_t lr_group(void)
{
    return gic_v3 ? TESS_LR_GROUP1 : 0;
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
    lrs_write(vgic.count, v->reg + TESS_VCPU_LR);
    ICH_WRITE(ICH_AP0R0, v->reg[TESS_VCPU_ich_ap0r]);
    if (gic_v3) { /* GICv2 has one for both groups */
        SYSREG_WRITE(S3_4_C12_C9_0, v->reg[TESS_VCPU_ich_ap1r]);
    }
    ICH_WRITE(ICH_VMCR, v->reg[TESS_VCPU_ich_vmcr]);
    ICH_WRITE(ICH_HCR, v->reg[TESS_VCPU_ich_hcr]);
}

void vgic_save(struct vcpu *v)
{
    v->reg[TESS_VCPU_ich_hcr] = ICH_READ(ICH_HCR) & (HCR_EN | HCR_UIE);
    v->reg[TESS_VCPU_ich_vmcr] = ICH_READ(ICH_VMCR);
    v->reg[TESS_VCPU_ich_ap0r] = ICH_READ(ICH_AP0R0);
    v->reg[TESS_VCPU_ich_ap1r] = gic_v3 ? SYSREG_READ(S3_4_C12_C9_0) : 0;
    (void)lrs_read(vgic.count, v->reg + TESS_VCPU_LR);
    ICH_WRITE(ICH_HCR, 0);
    if (timer_active(v)) {
        gic_deactivate(vgic.timer);
    }
}

bool vgic_inject(struct vcpu *v, bool loaded, word_t intid, word_t priority, word_t line)
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
            ICH_WRITE(ICH_HCR, HCR_EN | HCR_UIE);
        }
        return false;
    }
    if (line != 0 &&
        (lr & LR_USED) != 0) { /* it is on its way; linked, it must not be active and pending */
        return true;
    }
    lr = (lr & TESS_LR_ACTIVE) | TESS_LR_PENDING | lr_group() | priority << TESS_LR_PRIORITY |
         (line != 0 ? TESS_LR_HW | line << LR_PHYSICAL : 0) | intid;
    if (loaded) {
        lr_write(free, lr);
    } else {
        v->reg[TESS_VCPU_LR + free] = lr;
    }
    return true;
}

bool vgic_pending(void)
{
    word_t lr[LR_MAX], all = (1u << vgic.count) - 1;

    return (ICH_READ(ICH_ELRSR) & all) != all && (lrs_read(vgic.count, lr) & TESS_LR_PENDING) != 0;
}

/* The loaded guest's virtual timer has fired. */
static void timer_fires(struct vcpu *v)
{
    word_t how = v->reg[TESS_VCPU_vtimer];

    if (!(how & TESS_VCPU_VTIMER_ON)) {
        v->timer_fired = true; /* the line stays active, and silent, until the guest wants it */
        return;
    }
    lr_write(0, TESS_LR_HW | TESS_LR_PENDING | lr_group() | (how >> 16 & 0xff) << TESS_LR_PRIORITY |
                    (word_t)vgic.timer << LR_PHYSICAL | (how & VTIMER_INTID));
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
        ICH_WRITE(ICH_HCR, HCR_EN);
        gic_deactivate(line);
        thread_kick(v->thread);
    }
    return true;
}
