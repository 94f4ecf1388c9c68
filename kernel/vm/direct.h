/* The answer to an exit, directly: part of the message path (ipc/path.c). */
#ifndef KERNEL_VM_DIRECT_H
#define KERNEL_VM_DIRECT_H

#include "../sched/direct.h"
#include "vcpu.h"

/*
 * self answers the exit of the guest `to`, with the message in registers, and receives on the endpoint again: check, commit; the caller
 * switches (switch_guest).  FP registers are locked.  False: not directly; nothing has changed.
 */
ALWAYS_INLINE bool guest_directly(struct cpu *cpu, struct thread *self, struct thread *to,
                                  struct endpoint *e, word_t tag)
{
    word_t label = tag >> TESS_TAG_LABEL_SHIFT;
    struct budget *theirs = to->budget;

    if ((tag & 0xffff) > TESS_MSG_REGS ||
        (label != TESS_FAULT_ADVANCE && label != TESS_FAULT_RESUME) ||
        to->fault_kind != TESS_FAULT_guest || (to->flags & (THREAD_KICK | THREAD_SLOW)) != 0 ||
        to->prio < cpu->top || e->senders != NULL ||
        (self->bound != NULL && self->bound->bits != 0)) {
        return false;
    }
    if (theirs != NULL) {
        uint64_t now = arch_now();
        if (!slice_lasts(cpu, self->budget, theirs, now)) {
            return false;
        }
        /* ---- commit ---- */
        slice_switch(cpu, self->budget, theirs, now);
    } else {
        to->budget = self->budget;
        to->budget->holder = to;
        self->budget = NULL;
    }
    self->caller = NULL;
    queue_append(&e->receivers, self);
    self->waiting_on = e;
    self->state = TESS_THREAD_RECV;
    to->fault_kind = 0;
    to->state = TESS_THREAD_READY;
    cpu->current = to;
    return true;
}

/* Save the native state of `from`, then vcpu_answered with word 0 of the message; to is current.  SP = struct cpu. */
void switch_guest(word_t unused0, word_t tag, struct thread *to, word_t unused3,
                  struct thread *from, struct cpu *cpu);

#endif
