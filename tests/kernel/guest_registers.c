/*
 * The registers of virtual CPUs, gone through: every row of abi/vcpu.def from inside two guests, every row of docs/
 * system-registers.md that says a guest's access traps, and accesses to anything by a guest that is not even well-behaved.
 */
#include "guest.h"

/* ---- what belongs to a guest: abi/vcpu.def ---- */

/*
 * G(name, how the guest writes x1, how it reads into x0, base, bits): the guest writes it itself.  The bits are those that can
 * be anything without disturbing the code that does it.  Some CPUs have none in AFSR0, AFSR1, AMAIR.
 * M(name, how the guest reads, base, bits): the monitor writes it, the guest sees it.
 * K(name, base, bits): the monitor writes it, and the guest sees only what it does; read back by the monitor.
 */
#define MSR(reg) "msr " #reg ", x1\n"
#define MRS(reg) "mrs x0, " #reg "\n"
/* A register of the virtual CPU interface; its offset in GICV, if that is memory (there is no 0xdc, where ICC_AP1R0_EL1 is). */
#define TO(reg, offset)   "cbz x28, 1f\nstr w1, [x28, #" #offset "]\nb 2f\n1: " MSR(reg) "2:\n"
#define FROM(reg, offset) "cbz x28, 1f\nldr w0, [x28, #" #offset "]\nb 2f\n1: " MRS(reg) "2:\n"
#define ROWS                                                                                       \
    G(sctlr, MSR(sctlr_el1), MRS(sctlr_el1), 0x30d00800, 0x400c200)                                \
    G(cpacr, MSR(cpacr_el1), MRS(cpacr_el1), 0, 0x300000)                                          \
    G(ttbr0, MSR(ttbr0_el1), MRS(ttbr0_el1), 0, 0xfffffffff000)                                    \
    G(ttbr1, MSR(ttbr1_el1), MRS(ttbr1_el1), 0, 0xfffffffff000)                                    \
    G(tcr, MSR(tcr_el1), MRS(tcr_el1), 0, 0x3f003f)                                                \
    G(spsr, MSR(spsr_el1), MRS(spsr_el1), 0, 0xf00003c0)                                           \
    G(elr, MSR(elr_el1), MRS(elr_el1), 0, ~0ull)                                                   \
    G(afsr0, MSR(afsr0_el1), MRS(afsr0_el1), 0, ~0u)                                               \
    G(afsr1, MSR(afsr1_el1), MRS(afsr1_el1), 0, ~0u)                                               \
    G(esr, MSR(esr_el1), MRS(esr_el1), 0, ~0u)                                                     \
    G(far, MSR(far_el1), MRS(far_el1), 0, ~0ull)                                                   \
    G(mair, MSR(mair_el1), MRS(mair_el1), 0, ~0ull)                                                \
    G(amair, MSR(amair_el1), MRS(amair_el1), 0, ~0ull)                                             \
    G(vbar, MSR(vbar_el1), MRS(vbar_el1), 0, 0xfffffffff800)                                       \
    G(contextidr, MSR(contextidr_el1), MRS(contextidr_el1), 0, ~0u)                                \
    G(cntkctl, MSR(cntkctl_el1), MRS(cntkctl_el1), 0, 0x303)                                       \
    G(par, MSR(par_el1), MRS(par_el1), 0, 0xfffffffff000)                                          \
    G(tpidr, MSR(tpidr_el1), MRS(tpidr_el1), 0, ~0ull)                                             \
    G(sp_el1, "mov sp, x1\n", "mov x0, sp\n", 0, ~0ull)                                            \
    G(csselr, MSR(csselr_el1), MRS(csselr_el1), 0, 6)                                              \
    M(vmpidr, MRS(mpidr_el1), 0x80000000, 0xffffff)                                                \
    M(cntvoff, "isb\nmrs x2, cntvct_el0\nisb\nmrs x0, cntpct_el0\nsub x0, x0, x2\n", 0,            \
      0xffffff00000000)                                                                            \
    G(cntv_cval, MSR(cntv_cval_el0), MRS(cntv_cval_el0), 0, ~0ull)                                 \
    G(cntv_ctl, MSR(cntv_ctl_el0), MRS(cntv_ctl_el0), 2, 1)                                        \
    G(tpidrro, MSR(tpidrro_el0), MRS(tpidrro_el0), 0, ~0ull)                                       \
    K(mdscr, 0, 0xb001)                                                                            \
    G(vdisr, MSR(S3_0_C12_C1_1), MRS(S3_0_C12_C1_1), 0, 0x80ffffff)                                \
    K(vtimer, 0, 0xff0000)                                                                         \
    K(ich_hcr, 1, 0)                                                                               \
    G(ich_vmcr, TO(S3_0_C4_C6_0, 0x4), FROM(S3_0_C4_C6_0, 0x4), 0, 0xf8)       /* ICC_PMR_EL1 */   \
    G(ich_ap0r, TO(S3_0_C12_C8_4, 0xd0), FROM(S3_0_C12_C8_4, 0xd0), 0, 0xffff) /* ICC_AP0R0_EL1 */ \
    G(ich_ap1r, TO(S3_0_C12_C9_0, 0xdc), FROM(S3_0_C12_C9_0, 0xdc), 0, 0xffff) /* ICC_AP1R0_EL1 */ \
    K(sgis, 0, 0xffffff)                                                                           \
    K(later, 0, 0xff01ff)

__asm__(".pushsection .text\n"
        ".balign 4\n"
        "row_code:\n"
#define G(name, write, read, base, bits)                                                           \
    "row_write_" #name ": " write "isb\nrow_read_" #name ": " read "hvc #0\n"
#define M(name, read, base, bits) "row_read_" #name ": " read "hvc #0\n"
#define K(name, base, bits)       "row_read_" #name ": hvc #0\n"
        ROWS
#undef G
#undef M
#undef K
        "row_end:\n"
        ".popsection\n");
#define G(name, write, read, base, bits) row_write_##name[], row_read_##name[],
#define M(name, read, base, bits)        row_read_##name[],
#define K(name, base, bits)              row_read_##name[],
extern const uint32_t ROWS row_code[], row_end[];
#undef G
#undef M
#undef K

static const struct row {
    const uint32_t *write; /* NULL: the monitor */
    const uint32_t *read;
    uint64_t base, bits;
    bool seen; /* by the guest */
} rows[TESS_VCPU_LR] = {
#define G(name, write, read, base, bits)                                                           \
    [TESS_VCPU_##name] = { row_write_##name, row_read_##name, base, bits, true },
#define M(name, read, base, bits) [TESS_VCPU_##name] = { NULL, row_read_##name, base, bits, true },
#define K(name, base, bits)       [TESS_VCPU_##name] = { NULL, row_read_##name, base, bits, false },
    ROWS
#undef G
#undef M
#undef K
};

static bool may_be_constant(unsigned r)
{
    return r == TESS_VCPU_afsr0 || r == TESS_VCPU_afsr1 || r == TESS_VCPU_amair ||
           r == TESS_VCPU_ich_hcr || (r == TESS_VCPU_ich_ap1r && guest_has_v2());
}

/* The guest runs from there to its hvc. */
static uint64_t run(const struct machine *m, const uint32_t *where, uint64_t x1)
{
    guest_go(m, where, 0, x1);
    struct tess_msg e = tess_recv(m->ep, 0);
    guest_expect(e, EC_HVC);
    guest_stop();
    return e.w[4];
}

static uint64_t read_row(const struct machine *m, unsigned r)
{
    uint64_t value = run(m, rows[r].read, 0);

    if (!rows[r].seen) {
        OK(tess_vcpu_read(m->vcpu, r, &value));
    }
    return value & rows[r].bits;
}

static uint64_t write_row(const struct machine *m, unsigned r, uint64_t pattern)
{
    uint64_t value = (rows[r].base & ~rows[r].bits) | (pattern & rows[r].bits);

    if (rows[r].write == NULL) {
        OK(tess_vcpu_write(m->vcpu, r, value));
        return read_row(m, r);
    }
    return run(m, rows[r].write, value) & rows[r].bits;
}

#define READ(reg)                                                                                  \
    ({                                                                                             \
        uint64_t value_;                                                                           \
        __asm__ volatile("mrs %0, " #reg : "=r"(value_));                                          \
        value_;                                                                                    \
    })

/* What a program sees of registers that a guest has, too; `clock` is the time at which it last looked. */
static void expect_nothing(uint64_t *clock)
{
    uint64_t now = tess_now();

    EQ(READ(tpidrro_el0), 0);
    TRUE(now >= *clock && now - *clock < tess_ticks_of_ns(10000000000));
    *clock = now;
}

TEST("every register of a virtual CPU is one guest's alone: another finds its own, programs find "
     "nothing")
{
    struct machine a, b;
    uint64_t clock = tess_now();

    if (!guest_make(&a, row_code, row_end) || !guest_make(&b, row_code, row_end)) {
        return;
    }
#define VCPU_STATE(name, number, reset, text)    TRUE(rows[number].read != NULL);
#define VCPU_REG(name, number, reg, reset, text) VCPU_STATE(name, number, reset, text)
#include <vcpu.def>
#undef VCPU_REG
#undef VCPU_STATE
    for (unsigned r = 0; r < TESS_VCPU_LR; r++) {
        uint64_t mine = write_row(&a, r, 0x5aa55aa55aa55aa5);
        expect_nothing(&clock);
        TRUE(mine != 0 || may_be_constant(r));
        TRUE(read_row(&b, r) != mine || may_be_constant(r));
        uint64_t other = write_row(&b, r, ~0x5aa55aa55aa55aa5);
        expect_nothing(&clock);
        TRUE(other != mine || may_be_constant(r));
        EQ(read_row(&a, r), mine);
        expect_nothing(&clock);
        EQ(read_row(&b, r), other);
    }
}

/* ---- what no guest has ---- */

/* What docs/system-registers.md ("What a guest can reach") calls trapped, by encoding; X(reg): reading and writing. */
/* clang-format off: columns */
#define TRAPPED                                                                                    \
    X(S3_0_C1_C0_1)   /* ACTLR_EL1 */                                                              \
    X(S3_0_C12_C12_5) /* ICC_SRE_EL1 */                                                            \
    X(S3_0_C15_C0_0)  /* implementation defined */                                                 \
    X(S3_0_C11_C0_1)  /* implementation defined */                                                 \
    X(S3_3_C14_C2_0)  /* CNTP_TVAL_EL0 */                                                          \
    X(S3_3_C14_C2_1)  /* CNTP_CTL_EL0 */                                                           \
    X(S3_3_C14_C2_2)  /* CNTP_CVAL_EL0 */                                                          \
    X(S3_3_C9_C12_0)  /* PMCR_EL0 */                                                               \
    X(S3_3_C9_C12_1)  /* PMCNTENSET_EL0 */                                                         \
    X(S3_3_C9_C12_3)  /* PMOVSCLR_EL0 */                                                           \
    X(S3_3_C9_C12_5)  /* PMSELR_EL0 */                                                             \
    X(S3_3_C9_C13_0)  /* PMCCNTR_EL0 */                                                            \
    X(S3_3_C9_C13_1)  /* PMXEVTYPER_EL0 */                                                         \
    X(S3_3_C9_C14_0)  /* PMUSERENR_EL0 */                                                          \
    X(S3_0_C9_C14_1)  /* PMINTENSET_EL1 */                                                         \
    X(S3_3_C14_C8_0)  /* PMEVCNTR0_EL0 */                                                          \
    X(S3_3_C14_C15_7) /* PMCCFILTR_EL0 */                                                          \
    X(S2_0_C0_C2_2)   /* MDSCR_EL1 */                                                              \
    X(S2_0_C0_C2_0)   /* MDCCINT_EL1 */                                                            \
    X(S2_0_C0_C0_4)   /* DBGBVR0_EL1 */                                                            \
    X(S2_0_C0_C0_5)   /* DBGBCR0_EL1 */                                                            \
    X(S2_0_C0_C0_6)   /* DBGWVR0_EL1 */                                                            \
    X(S2_0_C0_C0_7)   /* DBGWCR0_EL1 */                                                            \
    X(S2_0_C1_C3_4)   /* OSDLR_EL1 */                                                              \
    X(S2_1_C0_C1_0)   /* TRCTRACEIDR */                                                            \
    X(S3_0_C1_C2_1)   /* TRFCR_EL1 */                                                              \
    X(S3_0_C9_C9_0)   /* PMSCR_EL1 */                                                              \
    X(S3_0_C9_C10_0)  /* PMBLIMITR_EL1 */                                                          \
    X(S3_3_C13_C2_0)  /* AMCR_EL0 */                                                               \
    X(S3_3_C13_C4_0)  /* AMEVCNTR00_EL0 */                                                         \
    X(S3_0_C1_C2_0)   /* ZCR_EL1 */                                                                \
    X(S3_0_C1_C2_6)   /* SMCR_EL1 */                                                               \
    X(S3_0_C2_C1_0)   /* APIAKeyLo_EL1 */                                                          \
    X(S3_0_C2_C3_1)   /* APGAKeyHi_EL1 */                                                          \
    X(S3_0_C10_C4_0)  /* LORSA_EL1 */                                                              \
    X(S3_0_C10_C4_3)  /* LORC_EL1 */                                                               \
    X(S3_0_C5_C3_1)   /* ERRSELR_EL1 */                                                            \
    X(S3_0_C5_C4_1)   /* ERXCTLR_EL1 */                                                            \
    X(S3_0_C1_C0_6)   /* GCR_EL1 */                                                                \
    X(S3_0_C1_C0_5)   /* RGSR_EL1 */                                                               \
    X(S3_0_C5_C6_0)   /* TFSR_EL1 */                                                               \
    X(S3_3_C13_C0_7)  /* SCXTNUM_EL0 */                                                            \
    X(S3_0_C13_C0_7)  /* SCXTNUM_EL1 */                                                            \
    X(S3_4_C1_C1_0)   /* HCR_EL2 */                                                                \
    X(S3_4_C2_C1_0)   /* VTTBR_EL2 */                                                              \
    X(S3_4_C2_C1_2)   /* VTCR_EL2 */                                                               \
    X(S3_4_C1_C1_1)   /* MDCR_EL2 */                                                               \
    X(S3_4_C1_C1_2)   /* CPTR_EL2 */                                                               \
    X(S3_4_C14_C0_3)  /* CNTVOFF_EL2 */                                                            \
    X(S3_4_C14_C1_0)  /* CNTHCTL_EL2 */                                                            \
    X(S3_4_C0_C0_5)   /* VMPIDR_EL2 */                                                             \
    X(S3_4_C12_C0_0)  /* VBAR_EL2 */                                                               \
    X(S3_4_C12_C11_0) /* ICH_HCR_EL2 */                                                            \
    X(S3_4_C12_C12_0) /* ICH_LR0_EL2 */                                                            \
    X(S3_4_C4_C1_0)   /* SP_EL1 */                                                                 \
    X(S3_5_C1_C0_0)   /* SCTLR_EL12 */                                                             \
    X(S3_5_C14_C3_1)  /* CNTV_CTL_EL02 */                                                          \
    X(S3_6_C1_C1_0)   /* SCR_EL3 */                                                                \
    X(S3_7_C14_C2_1)  /* CNTPS_CTL_EL1 */
/* clang-format on */

#define TRAPPED_OTHER                                                                              \
    "mrs x1, S3_0_C0_C0_6\n"   /* REVIDR_EL1 */                                                    \
    "mrs x1, S3_1_C0_C0_7\n"   /* AIDR_EL1 */                                                      \
    "msr S3_0_C12_C11_5, x1\n" /* ICC_SGI1R_EL1 */                                                 \
    "msr S3_0_C12_C11_6, x1\n" /* ICC_ASGI1R_EL1 */                                                \
    "msr S3_0_C12_C11_7, x1\n" /* ICC_SGI0R_EL1 */                                                 \
    "msr S2_0_C1_C0_4, x1\n"   /* OSLAR_EL1 */                                                     \
    "msr S3_3_C9_C12_4, x1\n"  /* PMSWINC_EL0 */                                                   \
    "dc isw, x1\n"                                                                                 \
    "dc csw, x1\n"                                                                                 \
    "dc cisw, x1\n"                                                                                \
    "smc #3\n"                                                                                     \
    "tlbi alle1\n"                                                                                 \
    "tlbi vmalls12e1\n"                                                                            \
    "tlbi alle2\n"                                                                                 \
    "at s12e1r, x1\n"

/* Exceptions inside the guest: hvc #0x20, and on behind the instruction. */
#define VECTOR                                                                                     \
    ".balign 128\n"                                                                                \
    "hvc #0x20\n"                                                                                  \
    "mrs x30, elr_el1\n"                                                                           \
    "add x30, x30, #4\n"                                                                           \
    "msr elr_el1, x30\n"                                                                           \
    "eret\n"

__asm__(".pushsection .text\n"
        ".balign 2048\n"
        "trap_code:\n"
        ".rept 16\n" VECTOR ".endr\n"
        "trap_first:\n"
#define X(reg)                                                                                     \
    "mrs x1, " #reg "\n"                                                                           \
    "msr " #reg ", x1\n"
        TRAPPED
#undef X
            TRAPPED_OTHER "trap_end: hvc #0\n"
        "trap_hvc: hvc #0\n"
        "trap_last:\n"
        ".popsection\n");
extern const uint32_t trap_code[], trap_first[], trap_end[], trap_hvc[], trap_last[];

/* All registers of a virtual CPU; those that an exception inside the guest writes: 0. */
static void take_picture(const struct machine *m, uint64_t picture[TESS_VCPU_LR_END])
{
    for (unsigned r = 0; r < TESS_VCPU_LR_END; r++) {
        bool written = r == TESS_VCPU_spsr || r == TESS_VCPU_elr || r == TESS_VCPU_esr ||
                       r == TESS_VCPU_far || r == TESS_VCPU_cntv_ctl;
        picture[r] = 0;
        if (!written) {
            OK(tess_vcpu_read(m->vcpu, r, &picture[r]));
        }
    }
}

static void same_picture(const uint64_t seen[], const uint64_t expected[])
{
    for (unsigned r = 0; r < TESS_VCPU_LR_END; r++) {
        EQ(seen[r], expected[r]);
    }
}

TEST("what a guest may not touch is an exit or undefined inside it, and changes nothing")
{
    struct machine m, other;
    uint64_t before[TESS_VCPU_LR_END], after[TESS_VCPU_LR_END], exits = 0;

    if (!guest_make(&m, trap_code, trap_last) || !guest_make(&other, trap_code, trap_last)) {
        return;
    }
    OK(tess_vcpu_write(m.vcpu, TESS_VCPU_vbar, RAM_AT));
    (void)run(&m, trap_hvc, 0); /* what the hardware makes of the reset values */
    take_picture(&m, before);
    for (const uint32_t *at = trap_first; at < trap_end; at++) {
        guest_go(&m, at, 0, 0x5aa55aa55aa55aa5);
        struct tess_msg e = tess_recv(m.ep, 0);
        EQ(tess_tag_label(e.tag), TESS_FAULT_guest);
        unsigned class = (unsigned)EC(e.w[0]);
        uint64_t pc = RAM_AT + (uint64_t)(at - trap_code) * 4;
        if (class == EC_HVC) {
            EQ(e.w[0] & 0xffff, 0x20); /* undefined inside the guest */
        } else {
            EQ(e.w[3], pc);
            exits++;
        }
        guest_stop();
        take_picture(&m, after);
        same_picture(after, before);
        (void)run(&other, trap_hvc, 0); /* the CPU works for others, too */
        EQ(READ(tpidrro_el0), 0);
    }
    TRUE(exits > 40);
}

/* ---- a guest that does anything ---- */

#define ACCESSES 100000u
#define BATCH    240u  /* instructions */
#define BATCHES  1000u /* are enough */
#define PLAIN    0x9e3779b97f4a7c15ull

static uint64_t random_state;
static unsigned accesses; /* of this batch */

static uint64_t random_word(void)
{
    uint64_t z = random_state += PLAIN;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    return z ^ z >> 27;
}

/*
 * mrs or msr of any register (Arm ARM C5.1.2), but not of SCTLR_EL1 and VBAR_EL1: a guest without a handler for its exceptions
 * executes no further instruction, and the clock of a deterministic machine (tools/qemu.sh --icount) then stands still.
 */
static uint32_t any_access(void)
{
    uint32_t r = (uint32_t)(random_word() >> 20);
    uint32_t code =
        0xd5100000u | (r & 0x2fffffu); /* read or write, op0 2 or 3, op1, CRn, CRm, op2, Rt */
    uint32_t reg = code & 0xfffe0u;

    if (random_word() >> 62 == 0) { /* every fourth one that EL1 may ask for: op0 3, op1 0 */
        code = (code & ~0x70000u) | 1u << 19;
        reg = code & 0xfffe0u;
    }
    return reg == 0x81000u || reg == 0x8c000u ? 0xd503201fu : code;
}

static uint32_t any_instruction(void)
{
    uint64_t r = random_word();

    switch (r >> 60) {
    case 0:
        return 0xd4000002u | (uint32_t)(r & 0xff) << 5; /* hvc */
    case 1:
        return (r & 1) ? 0xd4000003u : 0xb9000041u; /* smc #0; str w1, [x2] */
    case 2:
        return 0xf9000041u | (uint32_t)(r & 0x1f); /* str xN, [x2] */
    case 3:
        return 0xb9400040u | (uint32_t)(r & 0x1f); /* ldr wN, [x2] */
    default:
        accesses++;
        return any_access();
    }
}

static const uint64_t places[] = { 0,          0x08000000,       0x080a0000,
                                   GICC_AT,    GICC_AT + 0x1000, 0x09000000,
                                   RAM_AT,     RAM_AT + 0x9000,  0x40010000,
                                   0x7ffffff8, 0x7ffffffff8,     0x8000000000 };

/* One batch in the second page, behind the vectors; false: it got lost, the machine is as if it had been switched off. */
static bool run_batch(const struct machine *m)
{
    volatile uint32_t *code = (volatile uint32_t *)m->memory + 1024;
    struct tess_regs regs = { .pc = RAM_AT + TESS_PAGE, .pstate = EL1H, .sp = random_word() };
    uint64_t exits = 0;

    accesses = 0;
    for (unsigned i = 0; i < BATCH; i++) {
        code[i] = any_instruction();
    }
    code[BATCH] = 0xd4000002u | 0x7fffu << 5;
    __builtin___clear_cache((char *)m->memory + TESS_PAGE, (char *)m->memory + 2 * TESS_PAGE);
    for (unsigned i = 0; i < 31; i++) {
        regs.x[i] = random_word();
    }
    regs.x[2] = places[random_word() % (sizeof places / sizeof *places)];
    if (random_word() >> 63) {
        regs.x[2] = random_word() >> 25;
    }
    OK(tess_thread_write_regs(m->tcb, &regs));
    OK(tess_thread_resume(m->tcb));
    struct tess_msg e = tess_recv(m->ep, after_us(20000));
    while (!(e.tag & TESS_TAG_ERROR)) {
        EQ(tess_tag_label(e.tag), TESS_FAULT_guest);
        bool end = EC(e.w[0]) == EC_HVC && (e.w[0] & 0xffff) == 0x7fff;
        if (end || EC(e.w[0]) == EC_FETCH || exits++ > 4 * BATCH) {
            guest_stop();
            return end;
        }
        OK(tess_reply(tess_tag(TESS_FAULT_ADVANCE, 1, 0), 0,
                      (struct tess_words){ { random_word() } }));
        e = tess_recv(m->ep, after_us(20000));
    }
    OK(tess_thread_suspend(m->tcb));
    return false;
}

static void reset_machine(const struct machine *m)
{
#define VCPU_STATE(name, number, reset, text)    OK(tess_vcpu_write(m->vcpu, number, reset));
#define VCPU_REG(name, number, reg, reset, text) VCPU_STATE(name, number, reset, text)
#include <vcpu.def>
#undef VCPU_REG
#undef VCPU_STATE
    OK(tess_vcpu_write(m->vcpu, TESS_VCPU_vbar, RAM_AT));
    for (unsigned i = 0; trap_code + i < trap_last;
         i++) { /* it may have overwritten its own handlers */
        ((volatile uint32_t *)m->memory)[i] = trap_code[i];
    }
    __builtin___clear_cache((char *)m->memory, (char *)m->memory + TESS_PAGE);
}

/* A program that looks after its own registers, as long as it lives; shared[0] counts, shared[1] complains. */
static void watch(void *argument)
{
    uint64_t pattern = (uint64_t)(uintptr_t)argument * PLAIN, seen;

    for (;;) {
        __asm__ volatile("fmov d9, %1\n"
                         "mov x9, #2000\n"
                         "1: subs x9, x9, #1\n"
                         "b.ne 1b\n"
                         "fmov %0, d9"
                         : "=r"(seen)
                         : "r"(pattern)
                         : "x9", "v9", "cc");
        shared[1] += seen != pattern || READ(tpidrro_el0) != 0;
        shared[0]++;
    }
}

TEST(
    "whatever registers, addresses and calls a guest tries, it harms no other guest and no program")
{
    struct machine m, other;
    uint64_t before[TESS_VCPU_LR_END], after[TESS_VCPU_LR_END];
    unsigned done = 0; /* accesses */

    if (!guest_make(&m, trap_code, trap_last) || !guest_make(&other, trap_code, trap_last)) {
        return;
    }
    random_state = 1;
    /* of these two a guest without handlers stops; what waits in the third goes when the machine is interrupted */
    for (unsigned r = 0; r < TESS_VCPU_LR; r++) {
        if (r != TESS_VCPU_sctlr && r != TESS_VCPU_cntv_ctl && r != TESS_VCPU_later) {
            OK(tess_vcpu_write(other.vcpu, r, rows[r].base | (rows[r].bits & (r + 1) * PLAIN)));
        }
    }
    (void)run(&other, trap_hvc, 0);
    take_picture(&other, before);
    (void)spawn(LOW - 1, watch, 7);
    for (unsigned n = 0; done < ACCESSES; n++) {
        TRUE(n < BATCHES);
        if (n % 4 == 0) {
            reset_machine(&m);
        }
        if (run_batch(&m)) {
            done += accesses;
        } else {
            reset_machine(&m);
        }
        if (n % 8 == 0) {
            uint64_t rounds = shared[0];
            for (unsigned i = 0; i < 1000 && shared[0] == rounds; i++) {
                sleep_us(100); /* for the program */
            }
            TRUE(shared[0] > rounds);
            (void)run(&other, trap_hvc, 0);
            take_picture(&other, after);
            same_picture(after, before);
            EQ(shared[1], 0);
        }
    }
}
