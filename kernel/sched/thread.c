/* Changes of a thread's state outside the message path; states and what they say: thread.h. */
#include "thread.h"

#include "../ipc/ipc.h"
#include "../mem/mem.h"

void thread_update_space(struct thread *t)
{
    bool direct = t->vspace != NULL && (t->flags & (THREAD_KICK | THREAD_SLOW)) == 0 &&
                  t->timer.kind == TIMER_OFF && t->vcpu == NULL && !t->vspace->guest;

    t->space = direct ? t->vspace : &vspace_none;
}

void thread_ready(struct thread *t)
{
    struct cpu *cpu = t->cpu;
    struct thread *cur = cpu->current;

    if (t->budget == NULL || t->budget->throttled) {
        t->state = TESS_THREAD_NO_BUDGET;
        return;
    }
    t->state = TESS_THREAD_READY;
    if (t == cur) {
        return;
    }
    if (cur->state != TESS_THREAD_READY || cur == &cpu->idle) {
        if (t->prio >= cpu->top) {
            switch_to(cpu, t);
        } else {
            ready_append(cpu, t);
        }
    } else if (t->prio > cur->prio && t->prio >= cpu->top) {
        ready_prepend(cpu, cur);
        switch_to(cpu, t);
    } else {
        ready_append(cpu, t);
    }
}

void thread_detach(struct thread *t)
{
    struct cpu *cpu = t->cpu;

    cpu->pending |= PENDING_SCHEDULE;
    switch ((enum tess_thread_state)t->state) {
    case TESS_THREAD_READY:
        if (t != cpu->current) {
            ready_remove(cpu, t);
        }
        break;
    case TESS_THREAD_SEND: {
        struct endpoint *e = t->waiting_on;
        queue_remove(&e->senders, t);
        e->sender_count--;
        break;
    }
    case TESS_THREAD_RECV:
        queue_remove(&((struct endpoint *)t->waiting_on)->receivers, t);
        break;
    case TESS_THREAD_WAIT:
        queue_remove(&((struct notification *)t->waiting_on)->waiters, t);
        break;
    case TESS_THREAD_REPLY:
        if (t->server != NULL) {
            struct thread *server = t->server;
            t->server = NULL;
            server->caller = NULL;
            t->state = TESS_THREAD_SUSPENDED;
            budget_reclaim(t, server);
        } else if (t->reply_object != NULL) {
            t->reply_object->caller = NULL;
            t->reply_object = NULL;
        }
        break;
    case TESS_THREAD_SUSPENDED:
    case TESS_THREAD_NO_BUDGET:
    case TESS_THREAD_IDLE:
        break;
    }
    t->state = TESS_THREAD_SUSPENDED;
    ipc_unblock(t);
    budget_take_home(t);
}

/* Take t out of what it waits in; its system call has ended with err.  A fault or foreign system call is forgotten: its
 * instruction will be executed again. */
static void cut_short(struct thread *t, enum tess_err err)
{
    bool waits = t->state == TESS_THREAD_SEND || t->state == TESS_THREAD_RECV ||
                 t->state == TESS_THREAD_WAIT || t->state == TESS_THREAD_REPLY;

    thread_detach(t);
    if (t->fault_kind == 0 && waits) {
        thread_error(t, err);
    } else if (t->fault_kind == TESS_FAULT_syscall) {
        t->regs.pc -= 4;
    }
    t->fault_kind = 0;
}

void thread_abort(struct thread *t, enum tess_err err)
{
    cut_short(t, err);
    thread_ready(t);
}

void thread_suspend(struct thread *t)
{
    cut_short(t, TESS_CANCELED);
}

void thread_resume(struct thread *t)
{
    if (t->state == TESS_THREAD_SUSPENDED) {
        thread_ready(t);
    }
}

void thread_kick(struct thread *t)
{
    t->cpu->pending |= PENDING_SCHEDULE;
    t->flags |= THREAD_KICK;
    thread_update_space(t);
}

void thread_drop_caller(struct thread *t, enum tess_err err)
{
    if (t->caller != NULL) {
        thread_abort(t->caller, err);
    }
}

void thread_stop(struct thread *t)
{
    struct cpu *cpu = t->cpu;

    thread_suspend(t);
    thread_drop_caller(t, TESS_GONE);
    budget_go_home(t);
    if (cpu->fpu_owner == t) {
        cpu->fpu_owner = NULL;
        if (cpu->fpu_on) {
            cpu->fpu_on = 0;
            arch_fpu_enable(false);
        }
    }
}

bool thread_ok(const struct thread *t)
{
    const struct cpu *cpu = t->cpu;
    bool ok = t->prio <= t->ceiling;

    ok = ok && (t->budget == NULL || t->budget->holder == t);
    ok = ok &&
         (t->caller == NULL || (t->caller->state == TESS_THREAD_REPLY && t->caller->server == t));
    ok = ok && (t->space == &vspace_none || (t->space == t->vspace && t->timer.kind == TIMER_OFF));
    switch ((enum tess_thread_state)t->state) {
    case TESS_THREAD_READY:
        return ok && t->budget != NULL && (t == cpu->current || !t->budget->throttled);
    case TESS_THREAD_SEND:
    case TESS_THREAD_RECV:
    case TESS_THREAD_WAIT:
        return ok && t->waiting_on != NULL && t->q_next->q_prev == t && t->q_prev->q_next == t;
    case TESS_THREAD_REPLY:
        return ok && (t->server != NULL) != (t->reply_object != NULL) &&
               (t->server == NULL || t->server->caller == t) &&
               (t->reply_object == NULL || t->reply_object->caller == t);
    case TESS_THREAD_NO_BUDGET:
        return ok && (t->budget == NULL || t->budget->throttled);
    case TESS_THREAD_SUSPENDED:
        return ok;
    case TESS_THREAD_IDLE:
        return ok && t->vcpu != NULL;
    }
    return false;
}
