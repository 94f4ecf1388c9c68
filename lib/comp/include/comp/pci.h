/* What drivers of PCI functions look for in the configuration space (PCI Local Bus 3.0, 6.2), by config() of idl/bus.idl. */
#ifndef COMP_PCI_H
#define COMP_PCI_H

#define PCI_COMMAND 4u /* command, status << 16 */
#define PCI_MASTER                                                                                 \
    (1u << 2) /* it may ask for memory: its driver said so, and it has not been away since */
#define PCI_LINE (1u << 19) /* it asks for an interrupt */

#endif
