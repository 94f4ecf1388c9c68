/* The exits of guests: part of arch/aarch64/entry.S, whose macros it uses. */

/* A guest: the same for what comes from its AArch64 and its AArch32 code. */
.macro VECTORS_GUEST
    .balign 128
    stp     x8, x9, [sp, #X(8)]
    b       guest_sync
    .balign 128
    stp     x8, x9, [sp, #X(8)]
    b       guest_irq
    VECTOR_BUG 10
    .balign 128
    stp     x8, x9, [sp, #X(8)]
    b       guest_serror
.endm

    .balign 2048
    .global vectors_guest
vectors_guest:
    .irp    kind, 0, 1, 2, 3, 4, 5, 6, 7
    VECTOR_BUG \kind
    .endr
    VECTORS_GUEST
    VECTORS_GUEST

guest_sync:
    ENTER_SAVED trap_guest
guest_irq:
    ENTER_SAVED trap_guest_irq, 0
guest_serror:
    ENTER_SAVED trap_guest_serror

/* void switch_guest(word_t, word_t tag, struct thread *to, word_t, struct thread *from, struct cpu *); SP = struct cpu */
    .global switch_guest
switch_guest:
    SAVE_NATIVE x4
    mov     x0, x10
    mov     x3, x5
    bl      vcpu_answered
    b       exit_full
