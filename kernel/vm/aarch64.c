/*
 * Guests on aarch64: the registers of EL1, the way in and out, what an exit says.
 *
 * A guest runs with HCR_EL2.TGE = 0 and stage 2 on; all else in the kernel and at EL0 with TGE = 1 (Arm ARM D5.6).
 * The kernel sets the guest's world up as its very last act (arch_vcpu_enter) and takes it down as its first
 * (leave): in between, translations and exceptions are those of EL2 and EL0.
 */
#include "vcpu.h"

#include "../dev/dev.h"
#include "../ipc/ipc.h"
#include "../sched/direct.h"
#include "vgic.h"

#include <arch_private.h>

/* HCR_EL2 (Arm ARM D17.2.48) */
#define HCR_VM    (1ull << 0)
#define HCR_SWIO  (1ull << 1) /* cache invalidation by set/way also cleans */
#define HCR_PTW   (1ull << 2) /* no page tables in device memory */
#define HCR_FMO   (1ull << 3)
#define HCR_IMO   (1ull << 4)
#define HCR_AMO   (1ull << 5)
#define HCR_FB    (1ull << 9)  /* TLB maintenance reaches all CPUs */
#define HCR_BSU   (1ull << 10) /* and barriers the inner domain */
#define HCR_TWI   (1ull << 13)
#define HCR_TID1  (1ull << 16) /* identification registers: of the implementation, */
#define HCR_TID3  (1ull << 18) /* of the architecture */
#define HCR_TSC   (1ull << 19) /* smc */
#define HCR_TIDCP (1ull << 20) /* implementation defined registers */
#define HCR_TACR  (1ull << 21) /* ACTLR_EL1 */
#define HCR_TSW   (1ull << 22) /* cache maintenance by set/way */
#define HCR_TGE   (1ull << 27)
#define HCR_RW    (1ull << 31) /* EL1 is AArch64 */
#define HCR_E2H   (1ull << 34)
#define HCR_TLOR  (1ull << 35) /* limited ordering regions */
#define HCR_TERR  (1ull << 36) /* error records */
/* VM and PTW count for nothing while TGE is 1 (D17.2.48); that they stay as they are spares emulators a flush of their TLB. */
#define HCR_HOST (HCR_RW | HCR_E2H | HCR_TGE | HCR_VM | HCR_PTW)
#define HCR_GUEST                                                                                  \
    (HCR_VM | HCR_SWIO | HCR_PTW | HCR_FMO | HCR_IMO | HCR_AMO | HCR_FB | HCR_BSU | HCR_TWI |      \
     HCR_TID1 | HCR_TID3 | HCR_TSC | HCR_TIDCP | HCR_TACR | HCR_TSW | HCR_RW | HCR_E2H |           \
     HCR_TLOR | HCR_TERR)

/* CPTR_EL2 with E2H (Arm ARM D17.2.31): FPEN 0b00 traps EL1 and EL0 of a guest, 0b11 does not. */
#define CPTR_FP  (3ull << 20)
#define CPTR_TTA (1ull << 28) /* trace registers */
#define CPTR_TAM (1ull << 30) /* activity monitors */

/* MDCR_EL2 (Arm ARM D17.3.18), on top of HPMN: performance counters, debug and OS lock registers, trace filters trap. */
#define MDCR_TRAPS  (1u << 5 | 1u << 6 | 1u << 9 | 1u << 10 | 1u << 11 | 1u << 14 | 1u << 19)
#define MDSCR_HOST  (1ull << 12)
#define MDSCR_GUEST (1ull << 0 | 1ull << 12 | 1ull << 13 | 1ull << 15) /* SS, TDCC, KDE, MDE */

/* VTCR_EL2 (Arm ARM D17.2.148): 39 bits of address, three levels of 4 KiB tables, walks cached, 16-bit VMIDs. */
#define VTCR (25ull | 1ull << 6 | 1ull << 8 | 1ull << 10 | 3ull << 12 | 1ull << 19 | 1ull << 31)

/* Exception classes (Arm ARM D17.2.37) */
enum {
    EC_WFX = 0x01,
    EC_FP = 0x07,
    EC_HVC64 = 0x16,
    EC_SMC64 = 0x17,
    EC_SYS64 = 0x18,
    EC_FETCH_LOWER = 0x20,
    EC_DATA_LOWER = 0x24,
};
#define ESR_EC(esr)    ((esr) >> 26 & 0x3f)
#define ESR_IL         (1u << 25)        /* the instruction has 32 bits */
#define ESR_ISV        (1u << 24)        /* data abort: what follows is valid */
#define ESR_SAS(esr)   ((esr) >> 22 & 3) /* log2 of the bytes */
#define ESR_SSE        (1u << 21)
#define ESR_SRT(esr)   ((esr) >> 16 & 31)
#define ESR_SF         (1u << 15)
#define ESR_WNR        (1u << 6)
#define ESR_S1PTW      (1u << 7)    /* the walk of the guest's own tables */
#define ESR_FSC(esr)   ((esr)&0x3c) /* without the level */
#define FSC_PERMISSION 0x0cu
#define SYS_RT(esr)    ((esr) >> 5 & 31)
#define SYS_READ       1u
/* Op0 3, Op1 0, CRn 0, CRm 1..7: the identification registers */
#define SYS_IS_ID(esr)                                                                             \
    (((esr) & (3u << 20 | 7u << 14 | 15u << 10)) == 3u << 20 && SYS_CRM(esr) - 1 < 7)
#define SYS_CRM(esr) ((esr) >> 1 & 15)
#define SYS_OP2(esr) ((esr) >> 17 & 7)
/* All of the access but its register; a write of ICC_SGI1R_EL1, S3_0_C12_C11_5 */
#define SYS_ACCESS (3u << 20 | 7u << 17 | 7u << 14 | 15u << 10 | 15u << 1 | SYS_READ)
#define SYS_SGI1R  (3u << 20 | 5u << 17 | 0u << 14 | 12u << 10 | 11u << 1)

#define PSTATE_SKIPPED                                                                             \
    (1ull << 21 | 3ull << 10) /* SS, BTYPE: used up by the instruction that was skipped */

static word_t vttbr_none; /* translates nothing */
static word_t id_value[8][8];
static bool possible, has_ras;

/* ---- what a guest is told about the CPU ---- */

/* Fields of four bits that a guest sees as they are; the others are 0 (Arm ARM D17.2, ID_AA64*_EL1). */
static void id_init(void)
{
#define ID_ROW(m)                                                                                  \
    id_value[m][0] = SYSREG_READ(S3_0_C0_C##m##_0);                                                \
    id_value[m][1] = SYSREG_READ(S3_0_C0_C##m##_1);                                                \
    id_value[m][2] = SYSREG_READ(S3_0_C0_C##m##_2);                                                \
    id_value[m][3] = SYSREG_READ(S3_0_C0_C##m##_3);                                                \
    id_value[m][4] = SYSREG_READ(S3_0_C0_C##m##_4);                                                \
    id_value[m][5] = SYSREG_READ(S3_0_C0_C##m##_5);                                                \
    id_value[m][6] = SYSREG_READ(S3_0_C0_C##m##_6);                                                \
    id_value[m][7] = SYSREG_READ(S3_0_C0_C##m##_7);
    ID_ROW(1)
    ID_ROW(2)
    ID_ROW(3)
    ID_ROW(4)
    ID_ROW(5)
    ID_ROW(6)
    ID_ROW(7)
#undef ID_ROW
    has_ras = id_value[4][0] >> 28 & 15;
    if (id_value[4][0] >> 40 & 15) {
        SYSREG_WRITE(S3_4_C10_C5_0,
                     3ull << 48); /* MPAM2_EL2: a guest's MPAM0_EL1, MPAM1_EL1 trap */
    }
    id_value[1][2] &= ~0xf000000ull; /* ID_DFR0: no performance counters */
    /* PFR0: EL0 as it is, EL1 AArch64 only, no EL2, no EL3; FP, AdvSIMD, GIC, DIT, CSV2 (without SCXTNUM), CSV3; no SVE,
     * RAS, MPAM, activity monitors */
    word_t csv2 = id_value[4][0] >> 56 & 15;
    id_value[4][0] =
        (id_value[4][0] & 0xf00f00000fff000full) | 1u << 4 | (word_t)(csv2 > 1 ? 1 : csv2) << 56;
    if (!gic_v3) {
        id_value[4][0] &= ~0xf000000ull; /* nor the GIC's system registers */
    }
    id_value[4][1] &= 0xff;              /* PFR1: BT, SSBS; no MTE, SME */
    id_value[4][4] = id_value[4][5] = 0; /* no SVE, no SME */
    id_value[5][0] =
        (id_value[5][0] & 15) | 1u << 12 | 1u << 20; /* DFR0: the least of break- and watchpoints */
    id_value[5][1] = id_value[5][4] = id_value[5][5] = 0;
    id_value[6][0] &= ~0xf000000ull; /* ISAR0: no TME */
    id_value[6][1] &=
        0x00ffffff00fff00full; /* ISAR1: no pointer authentication, whose keys are not switched */
    id_value[6][2] = 0;
    id_value[7][0] &= 0x0000f000ffffffffull; /* MMFR0: no ECV, fine-grained traps */
    id_value[7][1] &= 0x000000f00ff0f0ffull; /* MMFR1: no VHE, no limited ordering regions */
    id_value[7][2] &= 0xf0fff0fff0ffffffull; /* MMFR2: no nesting, no forced write-back */
    id_value[7][3] = id_value[7][4] = id_value[7][5] = id_value[7][6] = id_value[7][7] = 0;
}

/* ---- bring-up ---- */

bool arch_vcpu_possible(void)
{
    return possible;
}

void arch_guest_init(const struct handoff *h)
{
    word_t mmfr0 = SYSREG_READ(id_aa64mmfr0_el1), mmfr1 = SYSREG_READ(id_aa64mmfr1_el1);

    vgic_init(h);
    if (h->el != 2 || (mmfr1 >> 4 & 15) != 2 || !vgic_possible()) { /* VMIDBits: 16 */
        return;
    }
    id_init();
    vttbr_none = cpu_boot->space_none & 0xfffffffff000ull; /* the same empty table */
    word_t pa = mmfr0 & 15;
    SYSREG_WRITE(vtcr_el2, VTCR | (pa > 5 ? 5 : pa) << 16);
    SYSREG_WRITE(vttbr_el2, vttbr_none);
    SYSREG_WRITE(mdcr_el2, SYSREG_READ(mdcr_el2) | MDCR_TRAPS);
    __asm__ volatile("isb\n tlbi alle1is\n dsb ish\n isb" ::: "memory");
    possible = true;
}

word_t arch_guest_word(word_t level1_paddr, word_t vmid)
{
    return level1_paddr | vmid << 48;
}

/* VMALLS12E1 works on the VMID in VTTBR_EL2 (Arm ARM D8.13.4). */
void arch_guest_flush(word_t guest_word, bool dies)
{
    word_t old = SYSREG_READ(vttbr_el2);

    SYSREG_WRITE(vttbr_el2, guest_word);
    __asm__ volatile("dsb ishst\n isb\n tlbi vmalls12e1is\n dsb ish\n isb" ::: "memory");
    SYSREG_WRITE(vttbr_el2, dies && old == guest_word ? vttbr_none : old);
}

/* ---- in and out ---- */

/* Two at a time, which costs one instruction to and from memory. */
void arch_vcpu_load(const struct vcpu *v)
{
    word_t even, odd;

#define VCPU_REG(name, number, reg_, reset, text)                                                  \
    if ((number) % 2 == 0) {                                                                       \
        even = v->reg[number];                                                                     \
        odd = v->reg[(number) + 1];                                                                \
        __asm__ volatile("" : "+r"(even), "+r"(odd));                                              \
    }                                                                                              \
    SYSREG_WRITE(reg_, (number) % 2 == 0 ? even : odd);
#define VCPU_STATE(name, number, reset, text)
#include "../../abi/vcpu.def"
#undef VCPU_REG
}

void arch_vcpu_save(struct vcpu *v)
{
    word_t even, odd;

#define VCPU_REG(name, number, reg_, reset, text)                                                  \
    if ((number) % 2 == 0) {                                                                       \
        even = SYSREG_READ(reg_);                                                                  \
    } else {                                                                                       \
        odd = SYSREG_READ(reg_);                                                                   \
        v->reg[(number)-1] = even;                                                                 \
        v->reg[number] = odd;                                                                      \
    }
#include "../../abi/vcpu.def"
#undef VCPU_REG
#undef VCPU_STATE
    SYSREG_WRITE(S3_5_C14_C3_1, 0); /* CNTV_CTL_EL02: its timer stands still */
}

/* Everything before the next exception return; that synchronises. */
void arch_vcpu_enter(const struct vcpu *v, word_t guest_word, uint32_t fp)
{
    SYSREG_WRITE(vttbr_el2, guest_word != 0 ? guest_word : vttbr_none);
    SYSREG_WRITE(cpacr_el1, CPTR_TTA | CPTR_TAM | (fp ? CPTR_FP : 0)); /* CPTR_EL2 */
    SYSREG_WRITE(tpidrro_el0, v->reg[TESS_VCPU_tpidrro]);
    SYSREG_WRITE(mdscr_el1, v->reg[TESS_VCPU_mdscr]);
    if (has_ras) {
        SYSREG_WRITE(S3_4_C12_C1_1, v->reg[TESS_VCPU_vdisr]);
    }
    SYSREG_WRITE(vbar_el1, vectors_guest);
    SYSREG_WRITE(hcr_el2, HCR_GUEST);
}

void arch_vcpu_take_fp(struct thread *t, struct cpu *cpu)
{
    trap_fp(t, cpu);
}

/* First act after an exit: EL0 must find nothing of the guest. */
static void leave(struct thread *t, struct cpu *cpu)
{
    struct vcpu *v = t->vcpu;

    SYSREG_WRITE(hcr_el2, HCR_HOST);
    SYSREG_WRITE(vbar_el1, cpu->trace_on ? vectors_slow : vectors_fast);
    v->reg[TESS_VCPU_tpidrro] = SYSREG_READ(tpidrro_el0);
    SYSREG_WRITE(tpidrro_el0, 0);
    SYSREG_WRITE(mdscr_el1, MDSCR_HOST);
    if (has_ras) {
        v->reg[TESS_VCPU_vdisr] = SYSREG_READ(S3_4_C12_C1_1);
    }
    cpu->fpu_on = 0;
    arch_fpu_enable(false);
    __asm__ volatile("isb"); /* TLB maintenance from here on is that of EL2 and EL0 */
}

/* Back to whom the kernel has chosen; finish has set the world up if that is a guest. */
ALWAYS_INLINE void go_on(struct cpu *cpu, struct thread *t)
{
    if (cpu->pending) {
        finish(cpu, t);
    } else if (cpu->current == t) {
        vcpu_enter(cpu);
    }
}

word_t arch_vcpu_value(word_t number, word_t value)
{
    switch (number) {
    case TESS_VCPU_mdscr:
        return value & MDSCR_GUEST;
    case TESS_VCPU_ich_hcr:
        return 1; /* on; the rest is the kernel's */
    case TESS_VCPU_vtimer:
        return value & (TESS_VCPU_VTIMER_ON | 0xff03ffull);
    case TESS_VCPU_later:
        return (value & 0x3ff) < VGIC_LINES ? value & 0xff03ffull : 0;
    case TESS_VCPU_LR: /* the timer's: linked to the physical line, or empty */
        return 0;
    default:
        return number < TESS_VCPU_LR ? value
                                     : value & (TESS_LR_PENDING | TESS_LR_ACTIVE | TESS_LR_GROUP1 |
                                                0xffull << TESS_LR_PRIORITY | 0x3ff);
    }
}

/* EL0 or EL1 in AArch64, or EL0 in AArch32: any other mode would be an illegal return, taken at EL2. */
word_t arch_guest_pstate(word_t pstate)
{
    word_t flags = pstate & 0xf3f01fc0ull; /* N Z C V, TCO .. IL, SSBS, BTYPE, D A I F */

    if ((pstate & 1u << 4) && (id_value[4][0] & 15) == 2) { /* EL0 has AArch32 */
        return (pstate & 0xff3fffe0ull) | 0x10;
    }
    return flags | ((pstate & 15) == 0 || (pstate & 15) == 4 ? pstate & 15 : 5);
}

/* ---- exits ---- */

/* The exit becomes a message to the monitor. */
static void exit_to_monitor(struct thread *t, struct cpu *cpu, word_t esr, word_t ipa, word_t value)
{
    t->vcpu->exit = (uint32_t)esr;
    struct thread *to = fault_directly(cpu, t, TESS_FAULT_guest, 8);
    const word_t *x = t->regs.x;

    if (unlikely(to == NULL)) {
        word_t words[8] = { esr, ipa, value, t->regs.pc, x[0], x[1], x[2], x[3] };
        return ipc_fault(t, &t->slot[THREAD_FAULT], TESS_FAULT_guest, words, 8);
    }
    word_t pc = t->regs.pc, x0 = x[0], x1 = x[1], x2 = x[2],
           x3 = x[3]; /* all before the first store: in pairs */
    word_t *w = &to->regs.x[10];
    w[0] = esr;
    w[1] = ipa;
    w[2] = value;
    w[3] = pc;
    w[4] = x0;
    w[5] = x1;
    w[6] = x2;
    w[7] = x3;
}

static word_t reg_get(const struct thread *t, unsigned n)
{
    return n == 31 ? 0 : t->regs.x[n];
}

static void reg_set(struct thread *t, unsigned n, word_t value)
{
    if (n != 31) {
        t->regs.x[n] = value;
    }
}

static void skip(struct thread *t, word_t esr)
{
    t->regs.pc += 2 + (esr & ESR_IL) / (ESR_IL / 2);
    t->regs.pstate &= ~PSTATE_SKIPPED;
}

/* What a load of that size and sign leaves in its register. */
static word_t extend(word_t value, word_t esr)
{
    unsigned unused = 64 - (8u << ESR_SAS(esr));

    if (likely((esr & (3u << 22 | ESR_SSE)) == 2u << 22)) { /* 32 bits, without sign */
        return (uint32_t)value;
    }
    value <<= unused;
    value = esr & ESR_SSE ? (word_t)((int64_t)value >> unused) : value >> unused;
    return esr & ESR_SF ? value : (uint32_t)value;
}

void vcpu_advance(struct thread *t, word_t value)
{
    word_t esr = t->vcpu->exit, class = ESR_EC(esr);

    if (likely(class == EC_DATA_LOWER)) {
        if ((esr & (ESR_ISV | ESR_WNR)) == ESR_ISV) {
            reg_set(t, ESR_SRT(esr), extend(value, esr));
        }
    } else if (class == EC_HVC64 || class == EC_SMC64) {
        t->regs.x[0] = value;
    } else if (class == EC_SYS64 && (esr & SYS_READ)) {
        reg_set(t, SYS_RT(esr), value);
    }
    skip(t, esr);
}

/* HPFAR_EL2 holds the page, but not after a permission fault (Arm ARM D17.2.61): the tables are asked then. */
static word_t fault_address(word_t esr, word_t far)
{
    if (ESR_FSC(esr) != FSC_PERMISSION || (esr & ESR_S1PTW)) {
        return (SYSREG_READ(hpfar_el2) & 0xffffffffff0ull) << 8 | (far & (TESS_PAGE - 1));
    }
    word_t old = SYSREG_READ(par_el1), par;

    __asm__ volatile("at s1e1r, %0\n isb" ::"r"(far) : "memory");
    par = SYSREG_READ(par_el1);
    SYSREG_WRITE(par_el1, old);
    return par & 1 ? far : (par & 0xffffffff000ull) | (far & (TESS_PAGE - 1));
}

/* wfi without anything to wait for gives the CPU away; wfe is not trapped. */
static void exit_wfi(struct thread *t, struct cpu *cpu, word_t esr)
{
    skip(t, esr);
    vcpu_settle(t->vcpu);
    if (!vgic_pending()) {
        cpu->pending |= PENDING_SCHEDULE;
        t->state = TESS_THREAD_IDLE;
    }
}

void trap_guest(struct thread *t, struct cpu *cpu, word_t esr, word_t far)
{
    word_t class = ESR_EC(esr), ipa = 0, value = 0;

    if (class == EC_DATA_LOWER || class == EC_FETCH_LOWER) {
        ipa = fault_address(esr, far); /* before leave: it may ask the guest's tables */
    } else if (class == EC_HVC64) {
        t->regs.pc -= 4; /* back to it, as for all others: what nobody answers is executed again */
    }
    leave(t, cpu);
    switch (class) {
    case EC_FP:
        trap_fp(t, cpu);
        return go_on(cpu, t);
    case EC_WFX:
        exit_wfi(t, cpu, esr);
        return go_on(cpu, t);
    case EC_SYS64:
        if (SYS_IS_ID(esr)) {
            if (esr & SYS_READ) {
                reg_set(t, SYS_RT(esr), id_value[SYS_CRM(esr)][SYS_OP2(esr)]);
            }
            skip(t, esr);
            return go_on(cpu, t);
        }
        value = esr & SYS_READ ? 0 : reg_get(t, SYS_RT(esr));
        if ((esr & SYS_ACCESS) == SYS_SGI1R && vcpu_sgi(t->vcpu, value)) {
            skip(t, esr);
            return go_on(cpu, t);
        }
        break;
    case EC_DATA_LOWER:
        if ((esr & (ESR_ISV | ESR_WNR)) == (ESR_ISV | ESR_WNR)) {
            unsigned unused = 64 - (8u << ESR_SAS(esr));
            value = reg_get(t, ESR_SRT(esr)) << unused >> unused;
        }
        break;
    default:
        break;
    }
    exit_to_monitor(t, cpu, esr, ipa, value);
    go_on(cpu, t);
}

void trap_guest_irq(struct thread *t, struct cpu *cpu)
{
    leave(t, cpu);
    vcpu_settle(t->vcpu);
    trap_irq(t, cpu);
    if (cpu->current == t && cpu->current->state == TESS_THREAD_READY) {
        vcpu_enter(cpu);
    }
}

void trap_guest_serror(struct thread *t, struct cpu *cpu, word_t esr)
{
    leave(t, cpu);
    trap_serror(t, cpu, esr);
}
