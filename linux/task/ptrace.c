/* ptrace(2): what a tracer asks for; process_vm_readv and process_vm_writev.  The stops are in trace.c. */
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/elf.h>
#include <linux/elf-em.h>
#include <linux/ptrace.h>
#include <string.h>

#include "../fs/proc.h"
#include "../mm/mm.h"
#include "native.h"
#include "process.h"
#include "registers.h"
#include "trace.h"

#define OPTIONS                                                                                    \
    (PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |      \
     PTRACE_O_TRACEEXEC | PTRACE_O_TRACEVFORKDONE | PTRACE_O_TRACEEXIT | PTRACE_O_TRACESECCOMP |   \
     PTRACE_O_EXITKILL)
#define DEBUG_ARCH  6u            /* Armv8 (Arm ARM D17.3.8, DebugVer) */
#define PSTATE_USER 0xf0000000ull /* N, Z, C, V */

/* ---- who may be traced ---- */

static long attach(struct task *self, int tid, bool seize, uint64_t address, uint64_t options)
{
    struct task *t = task_find(tid);
    int err;

    if (!t) {
        return -ESRCH;
    }
    if (seize && (address || options & ~(uint64_t)OPTIONS)) {
        return -EIO;
    }
    if (t->process == self->process || t->process->pid == 1 || t->trace || t->is_exiting ||
        t->process->is_exiting || may_inspect(t->process)) {
        return -EPERM;
    }
    err = trace_begin(t, self->process, seize, (uint32_t)options);
    if (err) {
        return err;
    }
    if (!seize) {
        siginfo_t info = { .si_signo = SIGSTOP, .si_code = SI_USER };

        info.si_pid = self->process->pid;
        info.si_uid = self->process->cred.uid;
        signal_send_task(t, SIGSTOP, &info);
    }
    if (t->process->is_stopped) {
        wake_all(&t->process->continued, 0); /* it stops as a tracee now */
    }
    return 0;
}

static long trace_me(struct task *t)
{
    return t->trace || !t->process->parent ? -EPERM : trace_begin(t, t->process->parent, false, 0);
}

/* ---- registers ---- */

size_t regset_get(struct task *t, uint64_t kind, union regset *to)
{
    const struct tess_regs *r = task_regs(t);
    uint64_t v[NATIVE_FP_WORDS];

    memset(to, 0, sizeof *to);
    switch (kind) {
    case NT_PRSTATUS:
        memcpy(to->general.regs, r->x, sizeof to->general.regs);
        to->general.sp = r->sp;
        to->general.pc = r->pc;
        to->general.pstate = r->pstate;
        return sizeof to->general;
    case NT_PRFPREG:
        native_read_fp(t->native, v);
        memcpy(to->fp.vregs, v, sizeof to->fp.vregs);
        to->fp.fpsr = (uint32_t)v[64];
        to->fp.fpcr = (uint32_t)v[65];
        return sizeof to->fp;
    case NT_ARM_TLS:
        to->tls = r->tls;
        return sizeof to->tls;
    case NT_ARM_SYSTEM_CALL:
        to->number = t->trace && t->trace->call_stop ? (int32_t)t->trace->number : -1;
        return sizeof to->number;
    case NT_ARM_HW_BREAK:
    case NT_ARM_HW_WATCH:
        to->debug.dbg_info = DEBUG_ARCH << 8; /* and none of its registers */
        return offsetof(struct user_hwdebug_state, dbg_regs);
    default:
        return 0;
    }
}

static void regset_set(struct task *t, uint64_t kind, const union regset *from)
{
    struct tess_regs *r = task_regs(t);
    uint64_t v[NATIVE_FP_WORDS];

    switch (kind) {
    case NT_PRSTATUS:
        memcpy(r->x, from->general.regs, sizeof from->general.regs);
        r->sp = from->general.sp;
        r->pc = from->general.pc;
        r->pstate = from->general.pstate & PSTATE_USER;
        break;
    case NT_PRFPREG:
        memcpy(v, from->fp.vregs, sizeof from->fp.vregs);
        v[64] = from->fp.fpsr;
        v[65] = from->fp.fpcr;
        native_write_fp(t->native, v);
        return;
    case NT_ARM_TLS:
        r->tls = from->tls;
        break;
    case NT_ARM_SYSTEM_CALL:
        t->trace->number = from->number;
        return;
    }
    task_regs_changed(t);
}

static long regset(struct task *t, uint64_t kind, uint64_t vector, bool set)
{
    struct iovec_user v;
    union regset own;
    size_t bytes, unit = kind == NT_ARM_SYSTEM_CALL ? 4 : 8;

    if (copy_from_user(&v, vector, sizeof v)) {
        return -EFAULT;
    }
    bytes = regset_get(t, kind, &own);
    if (!bytes || v.bytes % unit) {
        return -EINVAL;
    }
    if (set && (kind == NT_ARM_HW_BREAK || kind == NT_ARM_HW_WATCH)) {
        return -ENOSPC;
    }
    v.bytes = v.bytes < bytes ? v.bytes : bytes;
    if (set ? copy_from_user(&own, v.at, v.bytes) : copy_to_user(v.at, &own, v.bytes)) {
        return -EFAULT;
    }
    if (set) {
        regset_set(t, kind, &own);
    }
    return copy_to_user(vector, &v, sizeof v);
}

static long call_info(struct task *t, uint64_t room, uint64_t to)
{
    struct ptrace_syscall_info i = { .op = t->trace->call_stop, .arch = AUDIT_ARCH_AARCH64 };
    const struct tess_regs *r = task_regs(t);
    size_t bytes = offsetof(struct ptrace_syscall_info, entry);

    i.instruction_pointer = r->pc;
    i.stack_pointer = r->sp;
    if (i.op == PTRACE_SYSCALL_INFO_ENTRY) {
        i.entry.nr = (uint64_t)t->trace->number;
        memcpy(i.entry.args, r->x, sizeof i.entry.args);
        bytes += sizeof i.entry;
    } else if (i.op == PTRACE_SYSCALL_INFO_EXIT) {
        i.exit.rval = (int64_t)r->x[0];
        i.exit.is_error = i.exit.rval < 0 && i.exit.rval >= -4095;
        bytes += offsetof(struct ptrace_syscall_info, exit.is_error) + 1 -
                 offsetof(struct ptrace_syscall_info, exit);
    }
    return copy_to_user(to, &i, room < bytes ? room : bytes) ? -EFAULT : (long)bytes;
}

/* ---- requests to a stopped tracee ---- */

static long go_on(struct trace *tr, long request, uint64_t signal)
{
    if (signal > SIGNALS) {
        return -EIO;
    }
    tr->stops_at_calls = request == PTRACE_SYSCALL;
    tr->steps = request == PTRACE_SINGLESTEP;
    trace_go(tr, (int)signal);
    return 0;
}

static long listen(struct trace *tr)
{
    if (!tr->is_seized || tr->code >> 8 != PTRACE_EVENT_STOP) {
        return -EIO;
    }
    tr->state = TRACE_LISTENS;
    if (tr->traps) {
        wake_all(&tr->resumed, 0);
    }
    return 0;
}

static long signal_mask(struct task *t, uint64_t bytes, uint64_t at, bool set)
{
    signal_set mask = t->signal.blocked;

    if (bytes != sizeof mask) {
        return -EINVAL;
    }
    if (!set) {
        return copy_to_user(at, &mask, sizeof mask);
    }
    if (copy_from_user(&mask, at, sizeof mask)) {
        return -EFAULT;
    }
    t->signal.blocked = mask & ~(SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP));
    return 0;
}

static long to_stopped(struct task *t, long request, uint64_t address, uint64_t data)
{
    struct trace *tr = t->trace;
    uint64_t word;
    siginfo_t info;

    switch (request) {
    case PTRACE_PEEKTEXT:
    case PTRACE_PEEKDATA:
        return space_read(t->process->space, address, &word, 8) != 8 ? -EIO
                                                                     : copy_to_user(data, &word, 8);
    case PTRACE_POKETEXT:
    case PTRACE_POKEDATA:
        return space_poke(t->process->space, address, &data, 8) == 8 ? 0 : -EIO;
    case PTRACE_CONT:
    case PTRACE_SYSCALL:
    case PTRACE_SINGLESTEP:
        return go_on(tr, request, data);
    case PTRACE_DETACH:
        if (data > SIGNALS) {
            return -EIO;
        }
        trace_end(tr, (int)data);
        return 0;
    case PTRACE_LISTEN:
        return listen(tr);
    case PTRACE_SETOPTIONS:
        if (data & ~(uint64_t)OPTIONS) {
            return -EINVAL;
        }
        tr->options = (uint32_t)data;
        return 0;
    case PTRACE_GETEVENTMSG:
        return copy_to_user(data, &tr->message, sizeof tr->message);
    case PTRACE_GETSIGINFO:
        return tr->has_info ? copy_to_user(data, &tr->info, sizeof tr->info) : -EINVAL;
    case PTRACE_SETSIGINFO:
        if (!tr->has_info) {
            return -EINVAL;
        }
        if (copy_from_user(&info, data, sizeof info)) {
            return -EFAULT;
        }
        tr->info = info;
        return 0;
    case PTRACE_GETREGSET:
    case PTRACE_SETREGSET:
        return regset(t, address, data, request == PTRACE_SETREGSET);
    case PTRACE_GETSIGMASK:
    case PTRACE_SETSIGMASK:
        return signal_mask(t, address, data, request == PTRACE_SETSIGMASK);
    case PTRACE_GET_SYSCALL_INFO:
        return call_info(t, address, data);
    default:
        return -EIO;
    }
}

static long interrupt(struct task *t)
{
    struct trace *tr = t->trace;

    if (!tr->is_seized) {
        return -EIO;
    }
    tr->traps = t->must_stop = true;
    if (tr->state == TRACE_LISTENS) {
        wake_all(&tr->resumed, 0);
    } else if (tr->state == TRACE_RUNS) {
        task_interrupt(t);
    }
    return 0;
}

long sys_ptrace(struct task *self, const uint64_t *a)
{
    long request = (long)a[0];
    struct task *t;

    switch (request) {
    case PTRACE_TRACEME:
        return trace_me(self);
    case PTRACE_ATTACH:
    case PTRACE_SEIZE:
        return attach(self, (int)a[1], request == PTRACE_SEIZE, a[2],
                      request == PTRACE_SEIZE ? a[3] : 0);
    default:
        break;
    }
    t = task_find((int)a[1]);
    if (!t || !t->trace || t->trace->tracer != self->process) {
        return -ESRCH;
    }
    if (request == PTRACE_KILL) {
        signal_send_task(t, SIGKILL, NULL);
        return 0;
    }
    if (request == PTRACE_INTERRUPT) {
        return interrupt(t);
    }
    return t->trace->state == TRACE_STOPPED && t->process->space
               ? to_stopped(t, request, a[2], a[3])
               : -ESRCH;
}

/* ---- memory of others, in pieces ---- */

#define PIECES_MAX 1024u /* UIO_MAXIOV */

static long move(struct process *p, struct uio *own, const struct iovec_user *piece, uint64_t count,
                 bool write)
{
    char *part = heap_alloc(PAGE_SIZE);
    long done = 0, n = part ? 0 : -ENOMEM;

    for (uint64_t i = 0; part && i < count && own->left && n >= 0; i++) {
        uint64_t at = piece[i].at, rest = piece[i].bytes;

        while (rest && own->left) {
            size_t want = PAGE_SIZE - at % PAGE_SIZE;

            want = want < rest ? want : rest;
            want = want < own->left ? want : own->left;
            if (!p->space) {
                n = -ESRCH;
                break;
            }
            if (write) {
                size_t got = uio_get(own, part, want);

                n = got == want ? space_write(p->space, at, part, want) : -EFAULT;
            } else {
                n = space_read(p->space, at, part, want);
                if (n > 0 && uio_put(own, part, (size_t)n) != (size_t)n) {
                    n = -EFAULT;
                }
            }
            if (n <= 0) {
                n = n ? n : -EFAULT;
                break;
            }
            done += n;
            at += (uint64_t)n;
            rest -= (uint64_t)n;
        }
    }
    heap_free(part);
    return done ? done : n < 0 ? n : 0;
}

static long process_vm(const uint64_t *a, bool write)
{
    struct iovec_user *own, *others;
    struct process *p;
    struct task *t = task_find((int)a[0]);
    struct uio u;
    long n;

    if (a[5] || a[2] > PIECES_MAX || a[4] > PIECES_MAX) {
        return -EINVAL;
    }
    p = t ? t->process : process_find((int)a[0]);
    if (!p || !p->space) {
        return -ESRCH;
    }
    if (may_inspect(p)) {
        return -EPERM;
    }
    own = heap_alloc((a[2] + a[4] + 1) * sizeof *own);
    if (!own) {
        return -ENOMEM;
    }
    others = own + a[2];
    n = uio_vector(&u, own, a[1], a[2]);
    n = n ? n : copy_from_user(others, a[3], a[4] * sizeof *others);
    if (!n) {
        int pid = p->pid;

        p = process_find(pid); /* reading the pieces may have waited */
        n = p && p->space ? move(p, &u, others, a[4], write) : -ESRCH;
    }
    heap_free(own);
    return n;
}

long sys_process_vm_readv(struct task *t, const uint64_t *a)
{
    (void)t;
    return process_vm(a, false);
}

long sys_process_vm_writev(struct task *t, const uint64_t *a)
{
    (void)t;
    return process_vm(a, true);
}
