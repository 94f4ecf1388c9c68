/* What drivers of PCI functions look for in the configuration space (PCI Local Bus 3.0, 6.2), by config() of idl/bus.idl. */
#ifndef COMP_PCI_H
#define COMP_PCI_H

#include <stdbool.h>
#include <stdint.h>

#define PCI_COMMAND 4u /* command, status << 16 */
#define PCI_MASTER                                                                                 \
    (1u << 2) /* it may ask for memory: its driver said so, and it has not been away since */
#define PCI_LINE (1u << 19) /* it asks for an interrupt */

/*
 * The first entry of the function's table of messages (6.8.2.6): that message, not masked.  The rest is as messages() of idl/bus.idl has said,
 * which is checked against the registers.  False: it is not inside of them.
 */
static inline __attribute__((unused)) bool pci_message_set(volatile uint8_t *regs,
                                                           uint64_t regs_bytes, uint64_t table,
                                                           uint64_t address, uint32_t data)
{
    volatile uint32_t *entry = (volatile uint32_t *)(regs + table);

    if (table % 4 || regs_bytes < 16 || table > regs_bytes - 16) {
        return false;
    }
    entry[0] = (uint32_t)address;
    entry[1] = (uint32_t)(address >> 32);
    entry[2] = data;
    entry[3] = 0;
    return true;
}

#endif
