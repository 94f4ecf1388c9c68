/*
 * What the root thread finds: its capabilities and the boot information page.
 * At its start x0 = address of struct tess_bootinfo, sp = top of a stack of TESS_ROOT_STACK bytes.
 */
#ifndef TESSERA_BOOTINFO_H
#define TESSERA_BOOTINFO_H

#include <stdint.h>

/* Slots of the root thread's CNode. */
enum tess_root_slot {
    TESS_ROOT_NULL,
    TESS_ROOT_CNODE,
    TESS_ROOT_VSPACE,
    TESS_ROOT_THREAD,
    TESS_ROOT_BUDGET,
    TESS_ROOT_IPC_BUFFER, /* frame, mapped at bootinfo.ipc_buffer */
    TESS_ROOT_BOOTINFO,   /* frame, mapped read-only */
    TESS_ROOT_DTB,        /* frame with the device tree, not mapped; bytes in bootinfo.dtb_bytes */
    TESS_ROOT_MODULES, /* frame with the boot archive, read-only, not mapped; 0 bytes: slot empty */
    TESS_ROOT_IRQ_CONTROL,
    TESS_ROOT_CPU,
    TESS_ROOT_TRACE,
    TESS_ROOT_TRACE_RING, /* frame, read-only: struct tess_trace_ring */
    TESS_ROOT_MACHINE,
    TESS_ROOT_UNTYPED, /* first of bootinfo.untyped_count */
};

#define TESS_ROOT_CNODE_SLOTS 16384u
#define TESS_ROOT_STACK       65536u
#define TESS_ROOT_PRIO        254u
#define TESS_BOOTINFO_MAGIC   0x7e55e7a0b0071f00ull
#define TESS_UNTYPED_MAX      64u

struct tess_untyped_desc {
    uint64_t paddr;
    uint64_t bytes;
    uint64_t device; /* 1: device memory, never zeroed, never used for kernel objects */
};

struct tess_bootinfo {
    uint64_t magic;
    uint64_t ipc_buffer; /* address where the root's IPC buffer is mapped */
    uint64_t
        free_slot_first; /* root CNode slots free_slot_first .. TESS_ROOT_CNODE_SLOTS - 1 are empty */
    uint64_t image_first; /* root program's pages: first address */
    uint64_t image_end;   /* and end; addresses from here up to TESS_USER_TOP are free */
    uint64_t timer_hz;    /* frequency of CNTVCT_EL0 */
    uint64_t ram_bytes;
    uint64_t gic_version; /* 2 or 3 */
    uint64_t el;          /* exception level of the kernel: 1, or 2 (VHE) */
    uint64_t uart_paddr;  /* console UART; its frame can be made from a device untyped */
    uint64_t uart_irq;    /* INTID */
    uint64_t dtb_bytes;
    uint64_t modules_bytes;
    uint64_t debug_kernel;  /* 1: the kernel checks its invariants after every system call */
    uint64_t untyped_count; /* capabilities in slots TESS_ROOT_UNTYPED .. */
    struct tess_untyped_desc untyped[TESS_UNTYPED_MAX];
};
_Static_assert(sizeof(struct tess_bootinfo) == 15 * 8 + 64 * 24, "bootinfo layout is ABI");

#endif
