/* PSCI 1.1 (Arm DEN0022D) and the queries of the SMC calling convention (DEN0028D). */
#include "machine.h"

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

uint64_t psci_call(unsigned cpu, const uint64_t *x)
{
    const struct cpu *other;

    switch ((uint32_t)x[0]) {
    case SMCCC_VERSION:
        return 0x10001;
    case PSCI_VERSION:
        return 0x10001;
    case PSCI_CPU_SUSPEND:
    case PSCI_CPU_SUSPEND | PSCI_64:
        return 0; /* a standby state that is left at once */
    case PSCI_CPU_OFF:
        machine.cpu[cpu].is_on = false;
        return 0;
    case PSCI_CPU_ON:
    case PSCI_CPU_ON | PSCI_64:
        other = cpu_of(x[1]);
        if (!other) {
            return INVALID;
        }
        return other->is_on ? ALREADY_ON : cpu_start(other->number, x[2], x[3]) ? 0 : INVALID;
    case PSCI_AFFINITY_INFO:
    case PSCI_AFFINITY_INFO | PSCI_64:
        other = cpu_of(x[1]);
        return !other ? INVALID : !other->is_on;
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
