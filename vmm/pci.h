/* The guest's PCI bus, on which is one function, if any: a device of its own.  machine.c calls this for the guest, vmm.c for the device. */
#ifndef VMM_PCI_H
#define VMM_PCI_H

#include <stdbool.h>
#include <stdint.h>

#include "board.h"

struct host_device;

/* There is this one, from now on. */
void pci_make(const struct host_device *device);
bool pci_is_there(void);
/* Power-on.  When this returns the device asks neither for memory nor for an interrupt. */
void pci_reset(void);
/* The device raises its line. */
void pci_fires(void);

/* The configuration space as ECAM (PCI Express Base 3.0, 7.2.2): offset in its window; 1, 2, 4 or 8 bytes. */
uint64_t pci_read(uint64_t offset, unsigned bytes);
void pci_write(uint64_t offset, unsigned bytes, uint64_t value);

#endif
