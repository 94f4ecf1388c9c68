/* The device tree (Devicetree Specification 0.4): what the loader wants to know of it. */
#ifndef KERNEL_LOADER_TREE_H
#define KERNEL_LOADER_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include <loader/ranges.h>

#define TREE_BYTES_MAX (2u << 20)    /* Linux arm64 boot protocol: at most 2 MiB */
#define TREE_RAM_END   (64ull << 30) /* memory above it is not used (kernel/boot/handoff.h) */
#define TREE_GICR      8u            /* redistributor regions */

struct tree {
    struct ranges ram;      /* whole pages, without what /reserved-memory names */
    struct ranges reserved; /* what the reservation block names: memory, but taken */
    struct ranges device;   /* interrupt controller with its translation services */
    struct handoff_range uart;
    uint64_t uart_irq;
    uint64_t gic_version;
    struct handoff_range gicd, gicc;
    struct handoff_range gich, gicv;  /* of GICv2, for guests: if has_gich */
    uint64_t gicr_count, gicr_stride; /* stride 0: as each redistributor's TYPER says */
    struct handoff_range gicr[TREE_GICR];
    uint64_t timer_el1_irq, timer_el2_irq; /* physical timers of EL1 and EL2 (INTIDs) */
    uint64_t timer_virt_irq,
        vgic_irq;      /* virtual timer, maintenance of the virtual interface; 0: none */
    uint64_t timer_hz; /* 0: not given, CNTFRQ_EL0 holds it */
    bool psci_smc, has_gich;
};

/*
 * The tree can be read at all: its size is sane and its structure whole.  NULL, or what is wrong.
 * bytes: of all of it; used: up to the end of its last part, which is less when room was left to add to it.
 */
const char *tree_check(const void *fdt, uint64_t *bytes, uint64_t *used);
/* Copy the used part of a checked tree; to: 8-byte aligned. */
void tree_copy(void *to, const void *fdt, uint64_t used);
/* Of a checked tree: the console.  It is read first, so that all later complaints go there. */
const char *tree_console(const void *fdt, struct tree *t);
/* Of a checked tree: everything else. */
const char *tree_read(const void *fdt, struct tree *t);

#endif
