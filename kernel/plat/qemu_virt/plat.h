/* QEMU's virt board (qemu/hw/arm/virt.c): what must be known before the device tree was read. */
#ifndef KERNEL_PLAT_QEMU_VIRT_PLAT_H
#define KERNEL_PLAT_QEMU_VIRT_PLAT_H

#define PLAT_UART_PADDR                                                                            \
    0x09000000ull /* PL011, the loader's console until the device tree names one */

#endif
