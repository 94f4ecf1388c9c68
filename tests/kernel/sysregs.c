/*
 * The list of docs/system-registers.md, gone through: what user mode may not touch traps, what it may read is the same
 * for all.  What it may write belongs to the thread alone: registers.c.
 *
 * Not in the list, because QEMU 7.2 does not trap them as the architecture says: MDCCSR_EL0 (reads as 0), and WFI under
 * VHE (waits for the next interrupt, which the kernel takes as always).
 */
#include "test.h"

#define NONE ((struct tess_words){ { 0 } })

/* Registers that trap on reading and writing; by encoding, since not every assembler knows them all. */
/* clang-format off: columns */
#define TRAPPED_RW                                                                                 \
    X(S3_0_C1_C0_0)   /* SCTLR_EL1 */                                                              \
    X(S3_0_C1_C0_2)   /* CPACR_EL1 */                                                              \
    X(S3_0_C2_C0_0)   /* TTBR0_EL1 */                                                              \
    X(S3_0_C2_C0_1)   /* TTBR1_EL1 */                                                              \
    X(S3_0_C2_C0_2)   /* TCR_EL1 */                                                                \
    X(S3_0_C2_C1_0)   /* APIAKeyLo_EL1 */                                                          \
    X(S3_0_C2_C3_0)   /* APGAKeyLo_EL1 */                                                          \
    X(S3_0_C4_C0_0)   /* SPSR_EL1 */                                                               \
    X(S3_0_C4_C0_1)   /* ELR_EL1 */                                                                \
    X(S3_0_C4_C1_0)   /* SP_EL0 */                                                                 \
    X(S3_0_C4_C6_0)   /* ICC_PMR_EL1 */                                                            \
    X(S3_0_C5_C2_0)   /* ESR_EL1 */                                                                \
    X(S3_0_C6_C0_0)   /* FAR_EL1 */                                                                \
    X(S3_0_C7_C4_0)   /* PAR_EL1 */                                                                \
    X(S3_0_C10_C2_0)  /* MAIR_EL1 */                                                               \
    X(S3_0_C12_C0_0)  /* VBAR_EL1 */                                                               \
    X(S3_0_C12_C12_5) /* ICC_SRE_EL1 */                                                            \
    X(S3_0_C13_C0_1)  /* CONTEXTIDR_EL1 */                                                         \
    X(S3_0_C13_C0_4)  /* TPIDR_EL1 */                                                              \
    X(S3_0_C13_C0_7)  /* SCXTNUM_EL1 */                                                            \
    X(S3_0_C14_C1_0)  /* CNTKCTL_EL1 */                                                            \
    X(S2_0_C0_C2_2)   /* MDSCR_EL1 */                                                              \
    X(S2_0_C0_C0_4)   /* DBGBVR0_EL1 */                                                            \
    X(S2_0_C0_C0_6)   /* DBGWVR0_EL1 */                                                            \
    X(S2_3_C0_C4_0)   /* DBGDTR_EL0 */                                                             \
    X(S3_3_C4_C2_1)   /* DAIF */                                                                   \
    X(S3_3_C9_C12_0)  /* PMCR_EL0 */                                                               \
    X(S3_3_C9_C12_1)  /* PMCNTENSET_EL0 */                                                         \
    X(S3_3_C9_C12_2)  /* PMCNTENCLR_EL0 */                                                         \
    X(S3_3_C9_C12_3)  /* PMOVSCLR_EL0 */                                                           \
    X(S3_3_C9_C12_5)  /* PMSELR_EL0 */                                                             \
    X(S3_3_C9_C13_0)  /* PMCCNTR_EL0 */                                                            \
    X(S3_3_C9_C13_1)  /* PMXEVTYPER_EL0 */                                                         \
    X(S3_3_C9_C13_2)  /* PMXEVCNTR_EL0 */                                                          \
    X(S3_3_C14_C15_7) /* PMCCFILTR_EL0 */                                                          \
    X(S3_3_C13_C0_5)  /* TPIDR2_EL0 */                                                             \
    X(S3_3_C13_C0_7)  /* SCXTNUM_EL0 */                                                            \
    X(S3_3_C14_C2_0)  /* CNTP_TVAL_EL0 */                                                          \
    X(S3_3_C14_C2_1)  /* CNTP_CTL_EL0 */                                                           \
    X(S3_3_C14_C2_2)  /* CNTP_CVAL_EL0 */                                                          \
    X(S3_3_C14_C3_0)  /* CNTV_TVAL_EL0 */                                                          \
    X(S3_3_C14_C3_1)  /* CNTV_CTL_EL0 */                                                           \
    X(S3_3_C14_C3_2)  /* CNTV_CVAL_EL0 */                                                          \
    X(S3_4_C1_C1_0)   /* HCR_EL2 */                                                                \
    X(S3_4_C14_C0_3)  /* CNTVOFF_EL2 */                                                            \
    X(S3_6_C1_C1_0)   /* SCR_EL3 */

#define TRAPPED_R                                                                                  \
    X(S3_0_C0_C2_6)   /* ID_MMFR4_EL1, one of the identification registers */                      \
    X(S3_0_C12_C1_0)  /* ISR_EL1 */                                                                \
    X(S3_0_C12_C12_0) /* ICC_IAR1_EL1 */                                                           \
    X(S3_3_C9_C12_6)  /* PMCEID0_EL0 */                                                            \
    X(S3_3_C14_C0_1)  /* CNTPCT_EL0 */

#define TRAPPED_W                                                                                  \
    X(S3_0_C12_C12_1) /* ICC_EOIR1_EL1 */                                                          \
    X(S2_0_C1_C0_4)   /* OSLAR_EL1 */                                                              \
    X(S3_3_C9_C12_4)  /* PMSWINC_EL0 */                                                            \
    X(S3_3_C9_C14_0)  /* PMUSERENR_EL0 */                                                          \
    X(S3_3_C13_C0_3)  /* TPIDRRO_EL0 */                                                            \
    X(S3_3_C14_C0_0)  /* CNTFRQ_EL0 */                                                             \
    X(S3_3_C14_C0_2)  /* CNTVCT_EL0 */

/* Every instruction between the labels must trap; nothing else is between them. */
__asm__(".pushsection .text\n"
        ".balign 4\n"
        "trapped:\n"
#define X(reg) " mrs x1, " #reg "\n msr " #reg ", x1\n"
        TRAPPED_RW
#undef X
#define X(reg) " mrs x1, " #reg "\n"
            TRAPPED_R
#undef X
#define X(reg) " msr " #reg ", x1\n"
                TRAPPED_W
#undef X
        " msr daifset, #15\n"
        " msr daifclr, #15\n"
        " msr spsel, #1\n"
        " dc isw, x1\n"
        " dc csw, x1\n"
        " dc ivac, x1\n"
        " ic iallu\n"
        " tlbi vmalle1\n"
        " at s1e1r, x1\n"
        " hvc #0\n"
        " smc #0\n"
        " eret\n"
        "trapped_end: udf #0\n"
        ".popsection\n");
/* clang-format on */
extern const uint32_t trapped[], trapped_end[];

TEST("every system register that is not user mode's own traps, on reading and on writing")
{
    tess_cap ep = make(TESS_TYPE_endpoint);
    struct tess_thread *t = prepare(&(struct tess_thread_config){ .priority = LOW, .fault = ep });

    TRUE(trapped_end - trapped > 100);
    for (const uint32_t *at = trapped; at < trapped_end; at++) {
        struct tess_msg m;

        OK(tess_thread_start(t->tcb, (uint64_t)at, t->stack_top, 0, t->tls));
        m = tess_recv(ep, 0);
        EQ(m.tag & TESS_TAG_KERNEL, TESS_TAG_FAULT);
        EQ(m.w[1], (uint64_t)at); /* the pc: it did not get past this instruction */
        EQ(tess_tag_label(m.tag), TESS_FAULT_undefined);
        OK(tess_reply(tess_tag(TESS_FAULT_STOP, 0, 0), 0, NONE));
    }
}

#define READ(reg)                                                                                  \
    ({                                                                                             \
        uint64_t value_;                                                                           \
        __asm__ volatile("mrs %0, " #reg : "=r"(value_));                                          \
        value_;                                                                                    \
    })

TEST("the registers that user mode may only read are constant, or the clock")
{
    uint64_t before = READ(cntvct_el0), cache = READ(ctr_el0), zero = READ(dczid_el0);

    EQ(READ(tpidrro_el0), 0);
    EQ(READ(cntfrq_el0), tess_bootinfo->timer_hz);
    sleep_us(1000);
    EQ(READ(tpidrro_el0), 0);
    EQ(READ(ctr_el0), cache);
    EQ(READ(dczid_el0), zero);
    TRUE(READ(cntvct_el0) - before >= tess_ticks_of_ns(1000000));
}
