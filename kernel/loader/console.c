/* The loader's last words. */
#include <loader/console.h>

#include <stdbool.h>
#include <stddef.h>

#include <loader/start.h>
#include <plat/qemu_virt/plat.h>

enum { DR = 0x00, FR = 0x18 }; /* PL011 TRM 3.2 */
enum { FR_BUSY = 1u << 3, FR_FULL = 1u << 5 };
enum { PSCI_SYSTEM_OFF = 0x84000008u }; /* PSCI 1.1 (DEN0022), 5.10 */
enum { SPINS = 1000000 };               /* a UART that never has room must not hang the power-off */

static struct {
    uint64_t uart;
    uint64_t smc;
    bool dying;
} console = { .uart = PLAT_UART_PADDR };

void console_set(uint64_t uart_paddr)
{
    console.uart = uart_paddr;
}

void console_set_psci(uint64_t smc)
{
    console.smc = smc;
}

static void put(char c)
{
    volatile uint32_t *reg = (volatile uint32_t *)console.uart;

    for (int i = 0; (reg[FR / 4] & FR_FULL) && i < SPINS; i++) {
    }
    reg[DR / 4] = (unsigned char)c;
}

static void print(const char *s)
{
    for (; *s; s++) {
        put(*s);
    }
}

static void print_hex(uint64_t value)
{
    print("0x");
    for (int shift = 60; shift >= 0; shift -= 4) {
        if (shift == 0 || value >> shift) {
            put("0123456789abcdef"[value >> shift & 15]);
        }
    }
}

static _Noreturn void power_off(void)
{
    volatile uint32_t *reg = (volatile uint32_t *)console.uart;

    print("\r\n");
    for (int i = 0; (reg[FR / 4] & FR_BUSY) && i < SPINS; i++) {
    }
    loader_psci(PSCI_SYSTEM_OFF, console.smc);
}

_Noreturn void die(const char *part, const char *what)
{
    console.dying = true;
    print("tessera: ");
    print(part);
    if (what) {
        print(what);
    }
    power_off();
}

_Noreturn void loader_fault(uint64_t esr, uint64_t elr, uint64_t far)
{
    if (console.dying) { /* the fault is in printing itself */
        loader_psci(PSCI_SYSTEM_OFF, console.smc);
    }
    console.dying = true;
    print("tessera: fault in the loader: ESR ");
    print_hex(esr);
    print(" ELR image+");
    print_hex(elr - (uint64_t)loader_first);
    print(" FAR ");
    print_hex(far);
    power_off();
}
