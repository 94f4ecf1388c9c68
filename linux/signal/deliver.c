/*
 * What happens to pending signals before a task goes back to user code: default actions, stops, frames of handlers, restarting.
 *
 * The frame is Linux's for arm64 (arch/arm64 struct rt_sigframe): siginfo, ucontext whose sigcontext is followed by records
 * (FP registers, the syndrome of a fault), then x29 and x30 of the interrupted code for unwinders.
 */
#include <asm/sigcontext.h>
#include <linux/signal.h>

#include <asm/ucontext.h> /* needs the types of signal.h; its field __unused is a macro of the C library */

#include <string.h>

#include "../mm/mm.h"
#include "../task/core.h"
#include "../task/native.h"
#include "../task/process.h"
#include "../task/trace.h"
#include "../task/vdso.h"
#include "queue.h"

struct frame {
    siginfo_t info;
    struct ucontext context;
    uint64_t x29, x30;
};

/* The head of a frame: all that is ever written of it but x29 and x30.  Behind the records is one that is empty. */
#define FRAME_RECORDS (sizeof(struct fpsimd_context) + sizeof(struct esr_context) + 16)
#define FRAME_HEAD    (offsetof(struct frame, context.uc_mcontext.__reserved) + FRAME_RECORDS)

#define DEFAULT_STOP                                                                               \
    (SIGNAL_BIT(SIGSTOP) | SIGNAL_BIT(SIGTSTP) | SIGNAL_BIT(SIGTTIN) | SIGNAL_BIT(SIGTTOU))
#define DEFAULT_CORE                                                                               \
    (SIGNAL_BIT(SIGQUIT) | SIGNAL_BIT(SIGILL) | SIGNAL_BIT(SIGTRAP) | SIGNAL_BIT(SIGABRT) |        \
     SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGFPE) | SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGXCPU) |         \
     SIGNAL_BIT(SIGXFSZ) | SIGNAL_BIT(SIGSYS))

#define PSTATE_USER       0xf0000000ull /* N, Z, C, V: all that a program can set */
#define PSTATE_PRIVILEGED 0x3dfull /* D, A, I, F, AArch32 and the mode: what it must not ask for */

/* ---- the frame ---- */

static void put_fp(struct task *t, struct fpsimd_context *fp)
{
    uint64_t v[NATIVE_FP_WORDS];

    native_read_fp(t->native, v);
    fp->head.magic = FPSIMD_MAGIC;
    fp->head.size = sizeof *fp;
    memcpy(fp->vregs, v, sizeof fp->vregs);
    fp->fpsr = (uint32_t)v[64];
    fp->fpcr = (uint32_t)v[65];
}

static void fill_context(struct task *t, struct frame *f, bool is_fault)
{
    const struct tess_regs *r = task_regs(t);
    struct sigcontext *c = &f->context.uc_mcontext;
    char *record = (char *)c->__reserved;

    memset(&f->context, 0, FRAME_HEAD - offsetof(struct frame, context));
    memcpy(c->regs, r->x, sizeof c->regs);
    c->sp = r->sp;
    c->pc = r->pc;
    c->pstate = r->pstate;
    c->fault_address = is_fault ? (uint64_t)f->info.si_addr : 0;
    put_fp(t, (struct fpsimd_context *)record);
    record += sizeof(struct fpsimd_context);
    if (is_fault) {
        struct esr_context *esr = (struct esr_context *)record;

        esr->head.magic = ESR_MAGIC;
        esr->head.size = sizeof *esr;
        esr->esr = t->fault_esr;
    }
}

static bool is_on_stack(const struct task_signals *s, uint64_t sp)
{
    /* one that disarms itself is never in use: its handler has none */
    return s->stack_bytes && !(s->stack_flags & SS_AUTODISARM) && sp > s->stack_at &&
           sp <= s->stack_at + s->stack_bytes;
}

uint32_t signal_stack_flags(const struct task *t, uint64_t sp)
{
    const struct task_signals *s = &t->signal;

    return !s->stack_bytes ? SS_DISABLE : is_on_stack(s, sp) ? SS_ONSTACK : 0;
}

/* Let the task begin its handler.  False: the stack cannot be written. */
static bool begin_handler(struct task *t, const struct signal_action *a, const siginfo_t *info,
                          signal_set restore, bool is_fault)
{
    struct tess_regs *r = task_regs(t);
    struct frame frame, *f = &frame; /* only its head is written */
    uint64_t sp = r->sp;
    const uint64_t tail[2] = { r->x[29], r->x[30] };

    if (a->flags & SA_ONSTACK && t->signal.stack_bytes && !is_on_stack(&t->signal, sp)) {
        sp = t->signal.stack_at + t->signal.stack_bytes;
    }
    f->info = *info;
    fill_context(t, f, is_fault);
    f->context.uc_stack.ss_sp = (void *)t->signal.stack_at;
    f->context.uc_stack.ss_size = t->signal.stack_bytes;
    f->context.uc_stack.ss_flags = (int)t->signal.stack_flags;
    memcpy(&f->context.uc_sigmask, &restore, sizeof restore);
    sp = (sp - sizeof *f) & -16ull;
    if (copy_to_user(sp, f, FRAME_HEAD) ||
        copy_to_user(sp + offsetof(struct frame, x29), tail, sizeof tail)) {
        return false;
    }
    if (t->signal.stack_flags & SS_AUTODISARM) {
        t->signal.stack_at = t->signal.stack_bytes = 0;
        t->signal.stack_flags = SS_DISABLE;
    }
    r->x[0] = (uint64_t)info->si_signo;
    if (a->flags & SA_SIGINFO) {
        r->x[1] = sp + offsetof(struct frame, info);
        r->x[2] = sp + offsetof(struct frame, context);
    }
    r->x[29] = sp + offsetof(struct frame, x29);
    r->x[30] = a->flags & 0x04000000 /* SA_RESTORER */ ? a->restorer : vdso_sigreturn();
    r->sp = sp;
    r->pc = a->handler;
    task_regs_changed(t);
    return true;
}

/* Of a frame's records the first FRAME_RECORDS bytes have been read; reads the rest too if they go on to `end`. */
static bool has_records(struct frame *f, uint64_t from, size_t end)
{
    return end <= FRAME_RECORDS || !copy_from_user(f, from, offsetof(struct frame, x29));
}

/*
 * The record of the FP registers in a frame that a program gives back; NULL if the records are not what may stand there: that one
 * once, that of a fault, and an empty one at the end.
 */
static const struct fpsimd_context *find_fp(struct frame *f, uint64_t from)
{
    const unsigned char *records = f->context.uc_mcontext.__reserved;
    const size_t room = sizeof f->context.uc_mcontext.__reserved;
    const struct fpsimd_context *fp = NULL;

    for (size_t at = 0; at + sizeof(struct _aarch64_ctx) <= room;) {
        const struct _aarch64_ctx *head = (const struct _aarch64_ctx *)(records + at);

        if (!has_records(f, from, at + sizeof *head)) {
            return NULL;
        }
        uint32_t magic = head->magic, size = head->size;

        if (!magic) {
            return size ? NULL : fp;
        }
        if (size < sizeof *head || size % 16 || size > room - at ||
            !has_records(f, from, at + size)) {
            return NULL;
        }
        if (magic == FPSIMD_MAGIC && !fp && size == sizeof *fp) {
            fp = (const struct fpsimd_context *)head;
        } else if (magic != ESR_MAGIC) {
            return NULL;
        }
        at += size;
    }
    return NULL;
}

/* A frame is refused whole: nothing of it has been taken. */
static long bad_frame(struct task *t, bool is_mapped)
{
    signal_fault(t, SIGSEGV, is_mapped ? SEGV_ACCERR : SEGV_MAPERR, task_regs(t)->sp);
    return NO_RESULT;
}

long sys_rt_sigreturn(struct task *t, const uint64_t *a)
{
    struct tess_regs *r = task_regs(t);
    struct frame frame;
    const struct frame *f = &frame; /* its head, or all of it: find_fp */
    const struct sigcontext *c = &f->context.uc_mcontext;
    const struct fpsimd_context *fp;
    uint64_t v[NATIVE_FP_WORDS];
    signal_set mask;

    (void)a;
    if (copy_from_user(&frame, r->sp, FRAME_HEAD)) {
        return bad_frame(t, false);
    }
    fp = find_fp(&frame, r->sp);
    if (r->sp % 16 || !fp || c->pstate & PSTATE_PRIVILEGED) {
        return bad_frame(t, true);
    }
    memcpy(r->x, c->regs, sizeof r->x);
    r->sp = c->sp;
    r->pc = c->pc;
    r->pstate = c->pstate & PSTATE_USER;
    memcpy(v, fp->vregs, sizeof fp->vregs);
    v[64] = fp->fpsr;
    v[65] = fp->fpcr;
    native_write_fp(t->native, v);
    memcpy(&mask, &f->context.uc_sigmask, sizeof mask);
    t->signal.blocked = mask & ~(SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP));
    (void)signal_set_stack(t, (uint64_t)f->context.uc_stack.ss_sp, f->context.uc_stack.ss_size,
                           (uint32_t)f->context.uc_stack.ss_flags, r->sp);
    task_regs_changed(t);
    return NO_RESULT;
}

/* ---- delivery ---- */

/* The process stays where it is until it is continued or killed. */
static void wait_stopped(struct task *t)
{
    struct process *p = t->process;

    while (p->is_stopped && !p->is_exiting && !t->is_exiting) {
        if (t->trace) {
            if (!t->trace->passed_group) {
                trace_group_stop(t);
                continue;
            }
            break;
        }
        if (wait_on(&p->continued, TIME_NEVER, WAIT_STOPPED) && signal_is_fatal_pending(t)) {
            process_exit(p,
                         SIGKILL); /* it came before the stop: to another thread of the process */
        }
    }
}

static void default_action(struct task *t, const siginfo_t *info)
{
    struct process *p = t->process;
    int signal = info->si_signo;

    if (SIGNAL_BIT(signal) & DEFAULT_STOP) {
        if (signal == SIGSTOP || !group_is_orphaned(p->group)) {
            process_stop(p, signal);
        }
        return;
    }
    process_exit(p, SIGNAL_BIT(signal) & DEFAULT_CORE && core_dump(t, info) ? signal | CORE_DUMPED
                                                                            : signal);
}

/* Go back to the svc: the call is made again. */
static void restart(struct task *t, const uint64_t *arguments)
{
    struct tess_regs *r = task_regs(t);

    r->pc = t->pc - 4;
    r->x[0] = t->first_argument;
    (void)arguments;
    task_regs_changed(t);
}

/* What the call gives when a handler runs (a != NULL) or none does. */
static long settle(struct task *t, long result, const struct signal_action *a)
{
    switch (result) {
    case -ERESTARTSYS:
        if (a && !(a->flags & SA_RESTART)) {
            return -EINTR;
        }
        break;
    case -ERESTARTNOHAND:
        if (a) {
            return -EINTR;
        }
        break;
    default:
        return result;
    }
    restart(t, NULL);
    return NO_RESULT;
}

static bool is_ignored_now(const struct process *p, const struct signal_action *a, int signal)
{
    const signal_set by_default =
        SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGURG) | SIGNAL_BIT(SIGWINCH) | SIGNAL_BIT(SIGCONT);

    return a->handler == 1 ||
           (a->handler == 0 && (SIGNAL_BIT(signal) & by_default ||
                                (p->pid == 1 && !(SIGNAL_BIT(signal) & DEFAULT_CORE))));
}

/*
 * A tracee shows its registers: what the call gives is in them, and a call that is made again stands at its svc (as on Linux).  What
 * the call gave is returned if a handler can make EINTR of it, else 0.
 */
static long show(struct task *t, long *result, bool *is_call)
{
    long given = 0;

    if (*result == NO_RESULT) {
        return 0;
    }
    if (*is_call && (*result == -ERESTARTSYS || *result == -ERESTARTNOHAND)) {
        given = *result;
        restart(t, NULL);
    } else if (*is_call) {
        task_regs(t)->x[0] = (uint64_t)*result;
        task_regs_changed(t);
    }
    *result = NO_RESULT;
    *is_call = false;
    return given;
}

/* A handler runs, after a stop before which show has given `given`: the call is not made again but gives EINTR, if that is due. */
static void unless_restarted(struct task *t, long given, const struct signal_action *a)
{
    struct tess_regs *r = task_regs(t);

    if (r->pc == t->pc - 4 &&
        (given == -ERESTARTNOHAND || (given == -ERESTARTSYS && !(a->flags & SA_RESTART)))) {
        r->pc = t->pc;
        r->x[0] = (uint64_t)-EINTR;
        task_regs_changed(t);
    }
}

long signal_deliver(struct task *t, long result, bool is_call)
{
    struct process *p = t->process;
    long given = 0;

    for (;;) {
        siginfo_t info;
        struct signal_action a, *live;
        signal_set restore;
        bool is_fault = t->signal.is_fault;

        if (t->trace) {
            long of_call = show(t, &result, &is_call);

            given = of_call ? of_call : given;
        }
        if (p->is_stopped && !p->is_exiting) {
            wait_stopped(t);
        }
        if (t->must_wait) {
            core_wait(t);
        }
        if (p->is_exiting || t->is_exiting) {
            task_die(t);
            return NO_RESULT;
        }
        if (t->trace && t->trace->traps) {
            trace_trap(t);
            continue;
        }
        if (!signal_take(t, ~t->signal.blocked, &info)) {
            if (t->trace && t->trace->steps && trace_resume(t)) {
                continue;
            }
            break;
        }
        if (t->trace && info.si_signo != SIGKILL && !trace_signal(t, &info)) {
            continue;
        }
        t->signal.is_fault = false;
        live = &p->actions->action[info.si_signo - 1];
        a = *live;
        if (info.si_signo == SIGKILL) {
            process_exit(p, SIGKILL);
            continue;
        }
        if (is_ignored_now(p, &a, info.si_signo)) {
            continue;
        }
        if (a.handler == 0) {
            default_action(t, &info);
            continue;
        }
        restore = t->signal.restore_blocked ? t->signal.saved_blocked : t->signal.blocked;
        result = is_call ? settle(t, result, &a) : result;
        if (given) {
            unless_restarted(t, given, &a);
            given = 0;
        }
        if (result != NO_RESULT) {
            task_regs(t)->x[0] = (uint64_t)result;
            result = NO_RESULT;
        }
        if (!begin_handler(t, &a, &info, restore, is_fault && info.si_code > 0)) {
            process_exit(p, SIGSEGV);
            continue;
        }
        t->signal.restore_blocked = false;
        t->signal.blocked |= a.mask | (a.flags & SA_NODEFER ? 0 : SIGNAL_BIT(info.si_signo));
        t->signal.blocked &= ~(SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP));
        if (a.flags & SA_RESETHAND) {
            live->handler = 0;
        }
        trace_handler(t);
        is_call = false; /* the next one interrupts the first instruction of this handler */
    }
    if (t->signal.restore_blocked) {
        t->signal.restore_blocked = false;
        t->signal.blocked = t->signal.saved_blocked;
        if (signal_is_pending(t)) {
            return signal_deliver(t, result, is_call);
        }
    }
    return is_call ? settle(t, result, NULL) : result;
}

void signal_mask_temporarily(struct task *t, signal_set mask)
{
    t->signal.saved_blocked = t->signal.blocked;
    t->signal.restore_blocked = true;
    t->signal.blocked = mask & ~(SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP));
}
