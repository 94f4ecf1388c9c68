/*
 * Changes of a thread's state outside the message path: whatever it was doing, afterwards it is in the one queue or none
 * that its state says, callers and servers are linked both ways or not at all, and no budget has two holders.
 * thread_1 is the one that the operation is about.
 */
#include "world_sources.h"

static struct thread *const t = &thread_1;

static void detach(enum tess_thread_state state)
{
    world_any();
    WLOG(t->state, state);
    struct thread *caller = t->caller;
    thread_detach(t);
    t->fault_kind = 0; /* as the only one who calls it does */
    CHECK(t->state == TESS_THREAD_SUSPENDED, "it is out of everything");
    CHECK(t->caller == caller, "whom it serves goes on waiting");
    world_check();
}

PROOF(thread_detach_ready, 9)
{
    detach(TESS_THREAD_READY);
    if (cpu.current == t) {
        REACHED(it was running);
    } else {
        REACHED(it was queued);
    }
}

PROOF(thread_detach_send, 9)
{
    detach(TESS_THREAD_SEND);
    if (ep.senders == NULL) {
        REACHED(the only sender);
    } else {
        REACHED(one of several);
    }
}

PROOF(thread_detach_recv, 9)
{
    detach(TESS_THREAD_RECV);
    if (ep.receivers == NULL) {
        REACHED(the only receiver);
    } else {
        REACHED(one of several);
    }
}

PROOF(thread_detach_wait, 9)
{
    detach(TESS_THREAD_WAIT);
    REACHED(end);
}

PROOF(thread_detach_reply, 9)
{
    detach(TESS_THREAD_REPLY);
    if (t->budget != NULL && own(t) != t->budget) {
        REACHED(it was lent what it has back);
    } else {
        REACHED(it has its own or none);
    }
}

PROOF(thread_detach_idle, 9)
{
    detach(TESS_THREAD_IDLE);
    CHECK(t->vcpu == &vc && t->timer.kind == TIMER_OFF, "a guest, which no timer wakes any more");
    REACHED(end);
}

PROOF(thread_abort_idle, 9)
{
    world_any();
    WLOG(t->state, TESS_THREAD_IDLE);
    bool timer = t->timer.kind != TIMER_OFF;
    uint64_t pc = t->regs.pc, x0 = t->regs.x[0], x1 = t->regs.x[1];
    thread_abort(t, (enum tess_err)any_below(TESS_CALL + 1));
    CHECK(t->state == TESS_THREAD_READY || t->state == TESS_THREAD_NO_BUDGET, "it goes on");
    CHECK(t->regs.pc == pc && t->regs.x[0] == x0 && t->regs.x[1] == x1,
          "its registers are the guest's: no system call has ended");
    CHECK(t->timer.kind == TIMER_OFF, "its timer is off");
    world_check();
    if (timer) {
        REACHED(the kernel counted for it);
    } else {
        REACHED(the hardware did);
    }
}

PROOF_SLOW(thread_abort_waiting, 9)
{
    world_any();
    ASSUME(waits(t) || t->state == TESS_THREAD_REPLY);
    uint32_t fault = t->fault_kind;
    uint64_t pc = t->regs.pc;
    enum tess_err err = (enum tess_err)any_below(TESS_CALL + 1);
    thread_abort(t, err);
    CHECK(t->state == TESS_THREAD_READY || t->state == TESS_THREAD_NO_BUDGET, "it goes on");
    CHECK(fault != 0 || t->regs.x[1] == ((word_t)err << 16 | TESS_TAG_ERROR),
          "its system call ended with the error");
    CHECK(t->fault_kind == 0, "it waits for no handler");
    CHECK(fault == 0 || t->regs.pc == (fault == TESS_FAULT_syscall ? pc - 4 : pc),
          "after a fault it tries again");
    world_check();
    if (fault != 0) {
        REACHED(a fault);
    } else {
        REACHED(a system call);
    }
}

PROOF_SLOW(thread_suspend_any, 9)
{
    world_any();
    thread_suspend(t);
    CHECK(t->state == TESS_THREAD_SUSPENDED && t->fault_kind == 0, "it is suspended");
    world_check();
    REACHED(end);
}

PROOF(thread_resume_any, 9)
{
    world_any();
    unsigned state = t->state;
    thread_resume(t);
    CHECK(state == TESS_THREAD_SUSPENDED
              ? t->state == TESS_THREAD_READY || t->state == TESS_THREAD_NO_BUDGET
              : t->state == state,
          "it goes on if it was suspended");
    world_check();
    if (state == TESS_THREAD_SUSPENDED && t->state == TESS_THREAD_READY) {
        REACHED(it is ready);
    }
}

PROOF_SLOW(thread_stop_any, 9)
{
    world_any();
    struct thread *caller = t->caller;
    thread_stop(t);
    CHECK(t->state == TESS_THREAD_SUSPENDED, "it is suspended");
    CHECK(t->caller == NULL, "it serves nobody");
    CHECK(caller == NULL || caller->state == TESS_THREAD_READY ||
              caller->state == TESS_THREAD_NO_BUDGET,
          "nobody waits for the dead");
    CHECK(t->budget == NULL || t->budget->owner == t, "what was lent to it went back");
    CHECK(cpu.fpu_owner != t, "its FP registers are nobody's");
    world_check();
    if (caller != NULL) {
        REACHED(a server dies);
    } else {
        REACHED(it served nobody);
    }
}

PROOF(thread_ready_any, 9)
{
    world_any();
    ASSUME(t->state == TESS_THREAD_SUSPENDED || t->state == TESS_THREAD_NO_BUDGET);
    thread_ready(t);
    CHECK(t->state == TESS_THREAD_READY || t->state == TESS_THREAD_NO_BUDGET, "it goes on");
    CHECK((t->state == TESS_THREAD_READY) == (t->budget != NULL && !t->budget->throttled),
          "it is ready iff it has processor time");
    world_check();
    if (cpu.current == t) {
        REACHED(it runs at once);
    } else if (t->state == TESS_THREAD_READY) {
        REACHED(it is queued);
    } else {
        REACHED(it has no budget);
    }
}
