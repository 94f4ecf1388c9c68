/*
 * What the loader hands to the kernel: a checked description of the machine and of what was loaded.  The kernel
 * parses nothing; it asserts what the loader promises here.
 *
 * The loader enters the kernel at its ELF entry with the MMU on, x0 = kernel virtual address (direct map) of this
 * structure, at EL1, or at EL2 with HCR_EL2.E2H = TGE = 1, interrupts masked, on the boot CPU, SP undefined.
 *
 * Translation set up by the loader (TTBR1, 4 KiB granule, T1SZ = 16; TTBR0 = T0SZ 16, an empty table):
 *     KERNEL_DIRECT + p   all RAM ranges: read/write, never executable, 2 MiB or 1 GiB blocks, except the pages of the
 *                         kernel image (text, rodata: not mapped here at all)
 *     KERNEL_IMAGE        the kernel ELF: text read-only executable, rodata read-only, data and bss read/write
 *     KERNEL_DEVICE       page-mapped Device-nGnRE: GIC distributor, CPU interface or redistributor, UART, in slots of
 *                         struct handoff's *_va fields
 * MAIR: index 0 Normal write-back, 1 Device-nGnRE, 2 Normal non-cacheable.  TCR: 16-bit ASIDs in TTBR0 (A1 = 0).
 */
#ifndef KERNEL_BOOT_HANDOFF_H
#define KERNEL_BOOT_HANDOFF_H

#include <stdint.h>

#define KERNEL_DIRECT 0xffff000000000000ull /* + physical address, up to 64 GiB */
#define KERNEL_IMAGE                                                                               \
    0xffff800000000000ull /* link address of the kernel; 2 MiB aligned in physical memory too */
#define KERNEL_DEVICE 0xffff900000000000ull

#define HANDOFF_MAGIC 0x7e55e7a04a4d0ff1ull
#define HANDOFF_RAM   16 /* RAM ranges, sorted, page aligned, not overlapping */
#define HANDOFF_USED                                                                               \
    16 /* ranges inside RAM that are taken, sorted: kernel image, tables, loader's data, DTB, modules */
#define HANDOFF_DEVICE                                                                             \
    16 /* device ranges that belong to the kernel and must not be given out: GIC, sorted */

struct handoff_range {
    uint64_t base;
    uint64_t bytes;
};

#define HANDOFF_SEGMENT 8

struct handoff_segment {
    uint64_t va;         /* page aligned */
    uint64_t mem_bytes;  /* whole pages */
    uint64_t file_paddr; /* where its bytes lie, any alignment */
    uint64_t file_bytes; /* <= mem_bytes; the rest is zero */
    uint64_t rights;     /* TESS_RIGHT_READ | WRITE | EXEC */
};

struct handoff {
    uint64_t magic;
    uint64_t el; /* 1 or 2 */
    uint64_t ram_count, used_count, device_count;
    struct handoff_range ram[HANDOFF_RAM];
    struct handoff_range used[HANDOFF_USED];
    struct handoff_range device[HANDOFF_DEVICE];
    uint64_t pa_bits; /* physical address size from ID_AA64MMFR0_EL1, capped at 44 */

    uint64_t gic_version; /* 2 or 3 */
    uint64_t gicd_va;     /* distributor */
    uint64_t gicc_va;     /* GICv2 CPU interface, else 0 */
    uint64_t gich_va,
        gicv_paddr; /* GICv2: control of virtual interfaces, and two pages that are one; 0: none */
    uint64_t
        gicr_va; /* GICv3 redistributor frame of the boot CPU (RD_base; SGI_base = + 64 KiB), else 0 */
    uint64_t uart_va, uart_paddr, uart_irq; /* PL011; irq is an INTID */
    uint64_t
        timer_irq; /* INTID of the kernel's timer: EL1 physical (30), or EL2 physical (26) under VHE */
    uint64_t vtimer_irq,
        vgic_irq; /* INTIDs of the virtual timer and of the virtual interface's maintenance; 0: none */
    uint64_t timer_hz;
    uint64_t psci_smc; /* 1: PSCI by smc, 0: by hvc */

    uint64_t dtb_paddr, dtb_bytes;
    uint64_t modules_paddr,
        modules_bytes; /* the boot archive (abi/include/tessera/archive.h), page aligned */

    /* The root program, an ELF module of the archive, checked: static aarch64 executable; segments sorted, not
     * overlapping, page-aligned addresses, below TESS_USER_TOP / 2, file part inside the module; entry inside one. */
    uint64_t root_entry;
    uint64_t root_segment_count;
    struct handoff_segment root_segment[HANDOFF_SEGMENT];
};

#endif
