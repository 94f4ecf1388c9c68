/* Encodings: Arm ARM C4.1 and the pages of the instructions. */
#include "program.h"

#include <tessera/cap.h>

#include "random.h"

static uint32_t field(uint64_t *r, unsigned bits, unsigned at)
{
    return (uint32_t)(random_next(r) & ((1u << bits) - 1)) << at;
}

/* MRS, MSR (register): C6.2.193, C6.2.196; half of them registers that user mode may ask for (op1 = 3). */
static uint32_t system_register(uint64_t *r)
{
    uint32_t op1 = random_chance(r, 50) ? 3u << 16 : field(r, 3, 16);
    uint32_t crn =
        random_chance(r, 40) ? (random_chance(r, 50) ? 13u : 14u) << 12 : field(r, 4, 12);

    return 0xd5100000u | field(r, 1, 21) | field(r, 1, 19) | op1 | crn | field(r, 4, 8) |
           field(r, 3, 5) | field(r, 4, 0);
}

/* SYS: DC, IC, AT, TLBI and what else there is (CRn 7, 8). */
static uint32_t system_operation(uint64_t *r)
{
    return 0xd5080000u | field(r, 1, 21) | (random_chance(r, 70) ? 3u << 16 : field(r, 3, 16)) |
           (7u + (uint32_t)random_below(r, 2)) << 12 | field(r, 4, 8) | field(r, 3, 5) |
           field(r, 3, 0);
}

/* MSR (immediate): DAIFSet, SPSel, PAN ... */
static uint32_t processor_state(uint64_t *r)
{
    return 0xd500401fu | field(r, 3, 16) | field(r, 4, 8) | field(r, 3, 5);
}

/* Hints (WFE, WFI, PACIASP ...), barriers, CLREX. */
static uint32_t hint_or_barrier(uint64_t *r)
{
    return random_chance(r, 60) ? 0xd503201fu | field(r, 7, 5)
                                : 0xd503301fu | field(r, 4, 8) | field(r, 3, 5);
}

static uint32_t exception(uint64_t *r)
{
    static const uint32_t base[] = { 0xd4000001u, 0xd4000001u, 0xd4000001u, 0xd4000002u,
                                     0xd4000003u, 0xd4200000u, 0xd4400000u, 0xd4a00001u,
                                     0xd4a00002u, 0xd4a00003u };
    uint32_t number = random_chance(r, 70) ? (uint32_t)random_below(r, 12) : field(r, 16, 0);

    return base[random_below(r, sizeof base / sizeof base[0])] | number << 5;
}

/* ERET, DRPS, RET, BR, BLR and those with authentication. */
static uint32_t jump_register(uint64_t *r)
{
    static const uint32_t base[] = { 0xd69f03e0u, 0xd6bf03e0u, 0xd65f0000u, 0xd61f0000u,
                                     0xd63f0000u, 0xd69f0bffu, 0xd71f0800u };

    return base[random_below(r, sizeof base / sizeof base[0])] | field(r, 3, 5);
}

/* Loads and stores of every kind with a base register that holds an address. */
static uint32_t load_or_store(uint64_t *r)
{
    static const uint32_t base[] = {
        0xf9400000u, 0xf9000000u, /* LDR, STR (immediate) */
        0xf8600800u, 0xf8200800u, /* LDR, STR (register) */
        0xa9400000u, 0xa9000000u, /* LDP, STP */
        0xc85f7c00u, 0xc8007c00u, /* LDXR, STXR */
        0x887f0000u, 0x88200000u, /* LDXP, STXP */
        0xf8200000u, 0xc8a07c00u, /* LDADD, CAS */
        0x3dc00000u, 0x3d800000u, /* LDR, STR (128-bit register) */
        0x4c402000u, 0x4c002000u, /* LD1, ST1 of four registers */
        0xf9800000u, 0xd9600000u, /* PRFM, STG and relatives */
        0xc8dffc00u, 0xc89ffc00u, /* LDAR, STLR */
        0xf8400c00u, 0xb8000c00u, /* LDR, STR pre-indexed */
    };

    return base[random_below(r, sizeof base / sizeof base[0])] | field(r, 3, 16) | field(r, 3, 5) |
           field(r, 3, 0) | (random_chance(r, 30) ? field(r, 6, 10) : 0);
}

static uint32_t floating_point(uint64_t *r)
{
    static const uint32_t base[] = { 0x1e200000u, 0x1e600800u, 0x4e200400u,
                                     0x6e200400u, 0x1f400000u, 0x9e670000u };

    return base[random_below(r, sizeof base / sizeof base[0])] | field(r, 5, 16) | field(r, 5, 5) |
           field(r, 5, 0) | (random_chance(r, 40) ? field(r, 6, 10) : 0);
}

/* B, CBZ, TBZ over a few instructions. */
static uint32_t branch(uint64_t *r)
{
    uint32_t offset = (uint32_t)(random_below(r, 24) - 8);

    switch (random_below(r, 3)) {
    case 0:
        return 0x14000000u | (offset & 0x3ffffffu);
    case 1:
        return 0xb4000000u | field(r, 1, 24) | (offset & 0x7ffffu) << 5 | field(r, 5, 0);
    default:
        return 0x36000000u | field(r, 1, 24) | field(r, 5, 19) | (offset & 0x3fffu) << 5 |
               field(r, 5, 0);
    }
}

/* MOVZ to a register that system calls or addresses use; ADD. */
static uint32_t number(uint64_t *r)
{
    return random_chance(r, 60) ? 0xd2800000u | field(r, 5, 5) | field(r, 4, 0)
                                : 0x8b000000u | field(r, 3, 16) | field(r, 3, 5) | field(r, 4, 0);
}

static uint32_t instruction(uint64_t *r)
{
    switch (random_below(r, 16)) {
    case 0:
    case 1:
    case 2:
        return system_register(r);
    case 3:
        return system_operation(r);
    case 4:
        return processor_state(r);
    case 5:
        return hint_or_barrier(r);
    case 6:
        return exception(r);
    case 7:
        return random_chance(r, 50) ? jump_register(r) : branch(r);
    case 8:
    case 9:
        return load_or_store(r);
    case 10:
    case 11:
        return floating_point(r);
    case 12:
    case 13:
        return number(r);
    default:
        return (uint32_t)random_next(r);
    }
}

/* It begins with one to eight harmless instructions, so that the others are reached in different states. */
void program_write(uint32_t *code, uint64_t *random)
{
    uint64_t harmless = 1 + random_below(random, 8);

    for (unsigned i = 0; i < PROGRAM_WORDS; i++) {
        code[i] = i < harmless
                      ? (random_chance(random, 50) ? number(random) : floating_point(random))
                      : instruction(random);
    }
}

void program_registers(struct tess_regs *regs, uint64_t *random)
{
    static const uint64_t address[] = { PROGRAM_CODE,
                                        PROGRAM_DATA,
                                        PROGRAM_DATA,
                                        PROGRAM_DATA + 1,
                                        PROGRAM_DATA + 0xff8,
                                        PROGRAM_GICC,
                                        0,
                                        TESS_USER_TOP - 8,
                                        TESS_USER_TOP,
                                        1ull << 55,
                                        0xffff000040000000ull,
                                        0xffff800000000000ull,
                                        0xffff900000000000ull,
                                        0xffff80000000f000ull,
                                        ~0ull,
                                        ~0ull - 7,
                                        0x08000000ull,
                                        0x09000000ull };
    const unsigned n = sizeof address / sizeof address[0];

    for (unsigned i = 0; i < 31; i++) {
        regs->x[i] =
            random_chance(random, 60) ? address[random_below(random, n)] : random_next(random);
    }
    /* Numbers that make sense as capability, tag and deadline of a system call. */
    if (random_chance(random, 50)) {
        regs->x[0] = random_below(random, 16);
        regs->x[1] = tess_tag(random_below(random, 0x98), (unsigned)random_below(random, 9), 0);
        regs->x[2] = 0;
    }
    regs->sp = random_chance(random, 80) ? PROGRAM_DATA + 0x800 : random_next(random);
    regs->pc = random_chance(random, 96) ? PROGRAM_CODE : address[random_below(random, n)];
    regs->pstate = random_next(random);
    regs->tls = random_next(random);
}
