#include "decode.h"

/* Bits of the system instruction class, C4.1.4 "System register move" and relatives. */
static unsigned op1(uint32_t insn)
{
    return insn >> 16 & 7;
}

static unsigned crn(uint32_t insn)
{
    return insn >> 12 & 15;
}

static unsigned crm(uint32_t insn)
{
    return insn >> 8 & 15;
}

static unsigned op2(uint32_t insn)
{
    return insn >> 5 & 7;
}

/* SYS: TLBI is CRn 8 (9: nXS); CRn 7 holds AT (CRm 8, 9), IC and DC (all others). */
static enum counter sys_kind(uint32_t insn)
{
    if (crn(insn) == 8 || crn(insn) == 9) {
        return COUNT_tlbi;
    }
    if (crn(insn) == 7) {
        return (crm(insn) & 14) == 8 ? COUNT_at : COUNT_cache;
    }
    return COUNT_none;
}

static enum counter barrier_kind(uint32_t insn)
{
    switch (op2(insn)) {
    case 1: /* DSB nXS */
    case 4:
        return COUNT_dsb;
    case 5:
        return COUNT_dmb;
    case 6:
        return COUNT_isb;
    default: /* CLREX, SB */
        return COUNT_none;
    }
}

/* Load/store exclusive and compare-and-swap (C4.1.66): o2 (bit 23) with o1 (bit 21) clear is LDAR, STLR. */
static bool is_atomic(uint32_t insn)
{
    if ((insn & 0x3f000000) == 0x08000000) {
        return (insn & 0x00a00000) != 0x00800000;
    }
    return (insn & 0x3f200c00) == 0x38200000; /* LDADD ... SWP */
}

enum counter decode_kind(uint32_t insn)
{
    if ((insn & 0xfff00000) == 0xd5100000) {
        return COUNT_msr;
    }
    if ((insn & 0xfff00000) == 0xd5300000) {
        return COUNT_mrs;
    }
    if ((insn & 0xfff8f01f) == 0xd500401f) {
        return COUNT_pstate;
    }
    if ((insn & 0xfffff01f) == 0xd503301f) {
        return barrier_kind(insn);
    }
    if ((insn & 0xfff80000) == 0xd5080000) {
        return sys_kind(insn);
    }
    if (insn == 0xd69f03e0) {
        return COUNT_eret;
    }
    return is_atomic(insn) ? COUNT_atomic : COUNT_none;
}

bool decode_is_window(uint32_t insn)
{
    bool daifclr = (insn & 0xfff8f01f) == 0xd500401f && op1(insn) == 3 && op2(insn) == 7;
    bool isr = (insn & 0xffffffe0) == 0xd538c100; /* MRS Xt, ISR_EL1: op0 3, op1 0, c12, c1, 0 */
    bool wfi = insn == 0xd503207f;
    return insn == 0xd69f03e0 || daifclr || isr || wfi;
}

bool decode_is_branch_cond(uint32_t insn)
{
    return (insn & 0xff000010) == 0x54000000 || (insn & 0x7e000000) == 0x34000000 ||
           (insn & 0x7e000000) == 0x36000000;
}

enum marker decode_marker(uint32_t insn, unsigned *id)
{
    if ((insn & 0xff80001f) != 0xd280001f) {
        return MARKER_NONE;
    }
    unsigned kind = insn >> 21 & 3;
    *id = insn >> 5 & 0xffff;
    return *id < MARKER_IDS && kind < MARKER_NONE ? (enum marker)kind : MARKER_NONE;
}
