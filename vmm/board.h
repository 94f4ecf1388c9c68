/* A guest's board: where things are, and what all of its devices use. */
#ifndef VMM_BOARD_H
#define VMM_BOARD_H

#include <stddef.h>
#include <stdint.h>

/* The map of guest-physical addresses; the same on every guest. */
#define GICD_AT          0x08000000ull
#define GICC_AT          0x08010000ull /* version 2: the CPU interface, the hardware's own */
#define GICC_BYTES       0x2000ull
#define GICR_AT          0x080a0000ull /* version 3: GICR_BYTES each virtual CPU */
#define GICR_BYTES       0x20000ull
#define UART_AT          0x09000000ull
#define RTC_AT           0x09010000ull
#define WATCHDOG_AT      0x09020000ull /* control frame; the refresh frame follows */
#define VIRTIO_AT        0x0a000000ull /* VIRTIO_BYTES each device */
#define VIRTIO_BYTES     0x1000ull
#define PCI_AT           0x10000000ull /* configuration space of one bus, 1 MiB */
#define PCI_BYTES        0x100000ull
#define PCI_WINDOW_AT    0x10200000ull /* registers of the device on it */
#define PCI_WINDOW_BYTES 0x200000ull
#define RAM_AT           0x40000000ull

/* INTIDs */
#define IRQ_VTIMER   27u
#define IRQ_UART     33u
#define IRQ_WATCHDOG 34u
#define IRQ_PCI      40u
#define IRQ_VIRTIO   48u /* + number of the device */
#define IRQ_LINES    96u

#define CPUS_MAX    4u
#define DEVICES_MAX 5u

/* ---- memory ---- */

/* Where the monitor sees `bytes` of guest memory from this address on; NULL: not all of it is RAM. */
void *guest_memory(uint64_t address, uint64_t bytes);

/* The registers of device n as the guest reads them, without an exit: a page that only the monitor writes. */
uint32_t *device_page(unsigned n);

/* Caches off, or mapped as a device's, a guest sees what is in memory: written back as far as it looks. */
void written_back(const void *at, uint64_t bytes);

/* A shared line fires: an edge; that of PCI, which is the physical line's: until the guest has served it. */
void gic_fire(unsigned intid);
/* The same; that the guest hears of it may wait until its CPU is idle or interrupted anyway, a time slice at most. */
void gic_fire_later(unsigned intid);

#endif
