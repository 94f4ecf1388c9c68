/* Address spaces of guest-physical addresses: where they differ from the others (mem/vspace.c). */
#ifndef KERNEL_VM_STAGE2_H
#define KERNEL_VM_STAGE2_H

#include "../arch.h"
#include "../mem/mem.h"
#include "../sched/cpu.h"

ALWAYS_INLINE word_t space_top(const struct vspace *v)
{
    return v->guest ? TESS_GUEST_TOP : TESS_USER_TOP;
}

/* The table entries have a format of their own. */
ALWAYS_INLINE word_t space_leaf(const struct vspace *v, word_t paddr, unsigned level,
                                unsigned rights, unsigned attr)
{
    return unlikely(v->guest) ? arch_guest_leaf(paddr, level, rights, attr)
                              : arch_pte_leaf(paddr, level, rights, attr);
}

/* Drop the translations of some pages; complete after arch_tlb_sync. */
ALWAYS_INLINE void drop_range(const struct vspace *v, word_t va, unsigned pages)
{
    if (likely(!v->guest)) {
        arch_tlb_range(v->asid, va, pages);
    } else if (v->switch_word != 0) {
        arch_guest_flush(v->switch_word, false);
    }
}

/* The hardware walks from level 1, whose table is all that level 0 can have; 0: there is none yet. */
ALWAYS_INLINE word_t guest_root(const struct vspace *v)
{
    word_t e = *(const word_t *)(arch_direct_base() + v->root);
    return arch_pte_is_table(e, 0) ? arch_pte_paddr(e) : 0;
}

/* What the CPU loads for v, which has a root and a number. */
ALWAYS_INLINE word_t space_word(const struct vspace *v)
{
    return unlikely(v->guest) ? arch_guest_word(guest_root(v), v->asid)
                              : arch_space_word(v->root, v->asid);
}

/* The CPU forgets v altogether. */
ALWAYS_INLINE void space_forget(const struct vspace *v)
{
    if (unlikely(v->guest)) {
        arch_guest_flush(v->switch_word, true);
    } else {
        arch_tlb_asid(v->asid);
        arch_tlb_sync();
    }
}

/* vspace.guest: nothing is in it, and no thread has a copy that remembers it as one of programs. */
ALWAYS_INLINE enum tess_err space_make_guest(struct vspace *v)
{
    if (v->refs != 1 || v->root != 0 || v->tables != NULL || v->mapped != NULL) {
        return TESS_STATE;
    }
    v->guest = true;
    return TESS_OK;
}

/* What the CPU loads for t, which is not switched to directly.  A guest's space is not the CPU's: it leaves what is there. */
ALWAYS_INLINE word_t space_word_of(const struct cpu *cpu, const struct thread *t)
{
    if (t->vcpu != NULL) {
        return cpu->space_word;
    }
    return t->vspace != NULL && !t->vspace->guest && vspace_activate(t->vspace)
               ? t->vspace->switch_word
               : cpu->space_none;
}

#endif
