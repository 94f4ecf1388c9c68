/*
 * One CPU's registers at boot: vectors, what user mode may do, the timer.  Under VHE the EL1 names used here reach the
 * EL2 registers (Arm ARM D5.6.3).  docs/ lists every register that user mode can write, and where it is switched,
 * trapped or constant.
 */
#include "../../arch.h"
#include "arch_private.h"

/* SCTLR_EL1, SCTLR_EL2 with E2H (Arm ARM D17.2.118, .119) */
#define SCTLR_M    (1u << 0)
#define SCTLR_C    (1u << 2)
#define SCTLR_SA   (1u << 3)
#define SCTLR_SA0  (1u << 4)
#define SCTLR_I    (1u << 12)
#define SCTLR_DZE  (1u << 14) /* EL0: dc zva */
#define SCTLR_UCT  (1u << 15) /* EL0: ctr_el0 */
#define SCTLR_NTWE (1u << 18) /* EL0: wfe; wfi traps */
#define SCTLR_SPAN (1u << 23) /* 0: PAN is set on entry */
#define SCTLR_UCI  (1u << 26) /* EL0: cache maintenance by address */
#define SCTLR_RES1 (1u << 29 | 1u << 28 | 1u << 22 | 1u << 20 | 1u << 11)

uint32_t kernel_lock __attribute__((aligned(4096)));

void arch_trace_mode(bool on)
{
    SYSREG_WRITE(vbar_el1, on ? vectors_slow : vectors_fast);
    __asm__ volatile("isb");
}

void arch_cpu_init(struct cpu *cpu, const struct handoff *h)
{
    uint64_t sctlr = SCTLR_RES1 | SCTLR_M | SCTLR_C | SCTLR_SA | SCTLR_SA0 | SCTLR_I | SCTLR_DZE |
                     SCTLR_UCT | SCTLR_NTWE | SCTLR_UCI;

    if ((SYSREG_READ(id_aa64mmfr1_el1) >> 20 & 15) == 0) {
        sctlr |= SCTLR_SPAN; /* no PAN: the bit is RES1 */
    }
    arch_trace_mode(false);
    SYSREG_WRITE(sctlr_el1, sctlr);
    SYSREG_WRITE(cpacr_el1, 1u << 20); /* FP: EL0 traps; SVE, SME: all trap */
    SYSREG_WRITE(mdscr_el1, 1u << 12); /* TDCC: EL0 access to the debug channel traps */
    SYSREG_WRITE(pmuserenr_el0, 0);
    if (SYSREG_READ(id_aa64pfr0_el1) >> 44 & 15) {
        SYSREG_WRITE(S3_3_C13_C2_3, 0); /* AMUSERENR_EL0: activity monitors trap */
    }
    SYSREG_WRITE(tpidrro_el0, 0);
    /* EL0VCTEN: user mode reads CNTVCT_EL0, nothing else; EL2: EL1PCTEN, guests read the physical counter, and their access to the
     * physical timer, which is the kernel's, traps (Arm ARM D17.11.2) */
    SYSREG_WRITE(cntkctl_el1, 1u << 1 | (h->el == 2 ? 1u << 10 : 0));
    SYSREG_WRITE(cntp_cval_el0, UINT64_MAX);
    SYSREG_WRITE(cntp_ctl_el0, 1); /* on, not masked */
    cpu->space_none = cpu->space_word = SYSREG_READ(ttbr0_el1);
    trap_init(h);
    __asm__ volatile("isb");
}
