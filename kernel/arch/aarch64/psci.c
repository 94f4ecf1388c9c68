/* Power: PSCI (DEN0022D), by smc to the firmware or by hvc to the hypervisor, as the device tree says. */
#include "../../arch.h"
#include "start.h"

#define SYSTEM_OFF   0x84000008ul /* DEN0022D 5.10 */
#define SYSTEM_RESET 0x84000009ul /* 5.11 */

static bool by_smc;

void psci_init(const struct handoff *h)
{
    by_smc = h->psci_smc != 0;
}

static void psci_call(uint64_t function)
{
    register uint64_t x0 __asm__("x0") = function;
    if (by_smc) {
        __asm__ volatile("smc #0" : "+r"(x0)::"x1", "x2", "x3", "memory");
    } else {
        __asm__ volatile("hvc #0" : "+r"(x0)::"x1", "x2", "x3", "memory");
    }
}

_Noreturn void arch_halt(void)
{
    __asm__ volatile("msr daifset, #15");
    for (;;) {
        __asm__ volatile("wfi");
    }
}

_Noreturn void arch_power_off(void)
{
    psci_call(SYSTEM_OFF);
    arch_halt();
}

_Noreturn void arch_reset(void)
{
    psci_call(SYSTEM_RESET);
    arch_halt();
}
