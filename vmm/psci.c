/* PSCI 1.1 (Arm DEN0022D) and the queries of the SMC calling convention (DEN0028D). */
#include "machine.h"
#include "state.h"

enum {
    SMCCC_VERSION = 0x80000000,
    SMCCC_ARCH_FEATURES = 0x80000001,
    PSCI_VERSION = 0x84000000,
    PSCI_CPU_SUSPEND = 0x84000001,
    PSCI_CPU_OFF = 0x84000002,
    PSCI_CPU_ON = 0x84000003,
    PSCI_AFFINITY_INFO = 0x84000004,
    PSCI_MIGRATE_INFO_TYPE = 0x84000006,
    PSCI_SYSTEM_OFF = 0x84000008,
    PSCI_SYSTEM_RESET = 0x84000009,
    PSCI_FEATURES = 0x8400000a,
    PSCI_SYSTEM_RESET2 = 0x84000012,
};
#define PSCI_64 0x40000000u /* the same with 64-bit arguments */

#define NOT_SUPPORTED ((uint64_t)-1)
#define INVALID       ((uint64_t)-2)
#define ALREADY_ON    ((uint64_t)-4)

static bool exists(uint32_t function)
{
    switch (function) {
    case SMCCC_VERSION:
    case PSCI_VERSION:
    case PSCI_CPU_SUSPEND:
    case PSCI_CPU_SUSPEND | PSCI_64:
    case PSCI_CPU_OFF:
    case PSCI_CPU_ON:
    case PSCI_CPU_ON | PSCI_64:
    case PSCI_AFFINITY_INFO:
    case PSCI_AFFINITY_INFO | PSCI_64:
    case PSCI_MIGRATE_INFO_TYPE:
    case PSCI_SYSTEM_OFF:
    case PSCI_SYSTEM_RESET:
    case PSCI_SYSTEM_RESET2:
    case PSCI_SYSTEM_RESET2 | PSCI_64:
    case PSCI_FEATURES:
        return true;
    default:
        return false;
    }
}

/* Affinity: the CPU's number in Aff0. */
static struct cpu *cpu_of(uint64_t affinity)
{
    return (affinity & ~0xffull) == 0 && affinity < machine.cpus ? &machine.cpu[affinity] : NULL;
}

static bool may_repeat[CPUS_MAX];

void psci_go_on(void)
{
    for (unsigned i = 0; i < CPUS_MAX; i++) {
        may_repeat[i] = true;
    }
}

/* It is on: because of this very call, which the monitor before this one had no time to answer? */
static bool is_repeated(const struct started *s, const uint64_t *x)
{
    return s->is_valid && s->target == x[1] && s->entry == x[2] && s->argument == x[3];
}

static uint64_t cpu_on(unsigned cpu, const struct cpu *other, const uint64_t *x, bool repeats)
{
    if (state->is_on[other->number]) {
        return repeats && is_repeated(&state->started[cpu], x) ? 0 : ALREADY_ON;
    }
    state->started[cpu] = (struct started){ x[1], x[2], x[3], true };
    return cpu_start(other->number, x[2], x[3]) ? 0 : INVALID;
}

uint64_t psci_call(unsigned cpu, const uint64_t *x)
{
    const struct cpu *other;
    bool repeats = may_repeat[cpu];

    may_repeat[cpu] = false;

    switch ((uint32_t)x[0]) {
    case SMCCC_VERSION:
        return 0x10001;
    case PSCI_VERSION:
        return 0x10001;
    case PSCI_CPU_SUSPEND:
    case PSCI_CPU_SUSPEND | PSCI_64:
        return 0; /* a standby state that is left at once */
    case PSCI_CPU_OFF:
        state->is_on[cpu] = false;
        return 0;
    case PSCI_CPU_ON:
    case PSCI_CPU_ON | PSCI_64:
        other = cpu_of(x[1]);
        return other ? cpu_on(cpu, other, x, repeats) : INVALID;
    case PSCI_AFFINITY_INFO:
    case PSCI_AFFINITY_INFO | PSCI_64:
        other = cpu_of(x[1]);
        return !other ? INVALID : !state->is_on[other->number];
    case PSCI_MIGRATE_INFO_TYPE:
        return 2; /* no trusted OS */
    case PSCI_SYSTEM_OFF:
        machine.wish = MACHINE_OFF;
        return 0;
    case PSCI_SYSTEM_RESET:
    case PSCI_SYSTEM_RESET2:
    case PSCI_SYSTEM_RESET2 | PSCI_64:
        machine.wish = MACHINE_RESET;
        return 0;
    case PSCI_FEATURES:
        return exists((uint32_t)x[1]) ? 0 : NOT_SUPPORTED;
    default:
        return NOT_SUPPORTED;
    }
}
