/*
 * The loader's first and last instructions: Image header, exception level, vectors, MMU.
 * Position independent at any page boundary (the boot protocol promises 2 MiB): the linker's relative relocations are
 * applied here.
 */
#define SCTLR_RES1 0x30d00800 /* SCTLR_EL1 without optional features, MMU and caches off (Arm ARM D17.2.118) */
#define HCR_RW     (1 << 31)
#define HCR_E2H    (1 << 34)
#define HCR_TGE    (1 << 27)
#define HCR_HCD    (1 << 29)

    .section .head, "ax"
    .global loader_first
loader_first: /* Linux kernel, Documentation/arm64/booting.rst, section 4 */
    b       start
    .long   0
    .quad   0                      /* text_offset */
    .quad   loader_end - loader_first         /* image_size; mkimage adds the archive */
    .quad   0xa                    /* little endian, 4 KiB pages, anywhere in memory */
    .quad   0, 0, 0
    .ascii  "ARM\x64"
    .long   0

    .text
start:
    msr     daifset, #0xf
    msr     spsel, #1
    mov     x19, x0                /* device tree */
    mrs     x20, CurrentEL
    lsr     x20, x20, #2
    adr     x21, loader_first
    adrp    x0, stack_top
    add     x0, x0, :lo12:stack_top
    mov     sp, x0

    /* R_AARCH64_RELATIVE (1027) only; the link fails on others. */
    adrp    x0, rela_first
    add     x0, x0, :lo12:rela_first
    adrp    x1, rela_end
    add     x1, x1, :lo12:rela_end
1:  cmp     x0, x1
    b.hs    2f
    ldp     x2, x3, [x0], #16
    ldr     x4, [x0], #8
    add     x4, x4, x21
    str     x4, [x2, x21]
    b       1b
2:
    adr     x0, vectors
    cmp     x20, #2
    b.eq    at_el2
    b.hi    at_el3
    msr     vbar_el1, x0
    ldr     x1, =SCTLR_RES1
    msr     sctlr_el1, x1
    isb
to_c:
    mov     x0, x19
    mov     x1, x20
    bl      loader_main
at_el3: /* not what the boot protocol allows; nothing at EL3 is set up, so only the message is safe */
    msr     vbar_el3, x0
    isb
    b       to_c

at_el2:
    msr     vbar_el2, x0
    mrs     x1, midr_el1
    msr     vpidr_el2, x1
    mrs     x1, mpidr_el1
    msr     vmpidr_el2, x1
    msr     cntvoff_el2, xzr
    msr     vttbr_el2, xzr
    msr     hstr_el2, xzr
    mov     x2, xzr                /* all event counters belong to EL1 and EL0 (HPMN = PMCR_EL0.N) */
    mrs     x1, id_aa64dfr0_el1
    ubfx    x1, x1, #8, #4         /* PMUVer: 0 none, 15 not architected */
    cbz     x1, 1f
    cmp     x1, #15
    b.eq    1f
    mrs     x2, pmcr_el0
    ubfx    x2, x2, #11, #5
1:  msr     mdcr_el2, x2
    mrs     x1, id_aa64pfr0_el1
    ubfx    x1, x1, #24, #4        /* GIC: system registers present */
    cbz     x1, 2f
    mov     x1, #0xf               /* SRE, DFB, DIB, Enable (GIC architecture, ICC_SRE_EL2) */
    msr     S3_4_C12_C9_5, x1
    isb
2:  mrs     x1, id_aa64mmfr1_el1
    ubfx    x1, x1, #8, #4         /* VH */
    cbz     x1, no_vhe

    ldr     x1, =(HCR_RW | HCR_E2H | HCR_TGE)
    msr     hcr_el2, x1
    isb                            /* from here on the EL1 names mean the EL2 registers */
    mov     x1, #(3 << 10)         /* CNTHCTL_EL2: counter and timer not trapped */
    msr     cntkctl_el1, x1
    msr     cpacr_el1, xzr
    ldr     x1, =SCTLR_RES1
    msr     sctlr_el1, x1
    isb
    b       to_c

no_vhe:
    ldr     x1, =(HCR_RW | HCR_HCD)
    msr     hcr_el2, x1
    mov     x1, #3                 /* CNTHCTL_EL2: counter and timer not trapped */
    msr     cnthctl_el2, x1
    mov     x1, #0x33ff            /* CPTR_EL2: RES1 bits, no trap */
    msr     cptr_el2, x1
    msr     cpacr_el1, xzr
    ldr     x1, =SCTLR_RES1
    msr     sctlr_el1, x1
    msr     vbar_el1, x0
    mov     x1, sp
    msr     sp_el1, x1
    adr     x1, to_c
    msr     elr_el2, x1
    mov     x1, #0x3c5             /* EL1 with SP_EL1, all masked */
    msr     spsr_el2, x1
    eret

    .global loader_psci
loader_psci:
    cbz     x1, 1f
    smc     #0
    b       2f
1:  hvc     #0
2:  wfi
    b       2b

    /* Arm ARM K1.2.4, D7: caches may hold nothing stale of tables and kernel (the caller cleaned them), the TLB
     * nothing at all; the identity map of this code keeps the program counter valid across SCTLR. */
    .global loader_enter, loader_switch, loader_switch_end
    .balign 64
loader_switch:
loader_enter:
    ldp     x1, x2, [x0]
    ldp     x3, x4, [x0, #16]
    ldp     x5, x6, [x0, #32]
    ldp     x7, x8, [x0, #48]
    msr     mair_el1, x1
    msr     tcr_el1, x2
    msr     ttbr0_el1, x3
    msr     ttbr1_el1, x4
    isb
    tlbi    vmalle1
    ic      iallu
    dsb     nsh
    isb
    msr     sctlr_el1, x5
    isb
    mov     x0, x7
    mov     x1, x8
    br      x6
loader_switch_end:

    .balign 2048
vectors:
    .rept   16
    b       fault
    .balign 128
    .endr

fault:
    adrp    x3, stack_top
    add     x3, x3, :lo12:stack_top
    mov     sp, x3
    mrs     x3, CurrentEL
    cmp     x3, #(2 << 2)
    b.eq    1f
    b.hi    3f
    mrs     x0, esr_el1
    mrs     x1, elr_el1
    mrs     x2, far_el1
    b       loader_fault
1:  mrs     x0, esr_el2
    mrs     x1, elr_el2
    mrs     x2, far_el2
    b       loader_fault
3:  wfi                            /* EL3: the smc after the message */
    b       3b

    .section .bss
    .balign 16
    .space  16384
stack_top:
