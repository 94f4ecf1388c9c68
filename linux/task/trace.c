/* The stops of tracees, and who is told of them; see trace.h. */
#include "seccomp.h"
#include "trace.h"

#include <linux/capability.h>
#include <linux/elf.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/wait.h>
#include <string.h>

#include "../mm/mm.h"
#include "process.h"

/* ---- beginning and end ---- */

int trace_begin(struct task *t, struct process *tracer, bool is_seized, uint32_t options)
{
    struct trace *tr = heap_alloc(sizeof *tr);

    if (!tr) {
        return -ENOMEM;
    }
    tr->tracer = tracer;
    tr->task = t;
    tr->tid = t->tid;
    tr->pid = t->process->pid;
    tr->is_seized = is_seized;
    tr->options = options;
    wait_queue_init(&tr->resumed);
    list_append(&tracer->tracees, &tr->of_tracer);
    t->trace = tr;
    t->process->traced++;
    return 0;
}

static void forget(struct trace *tr)
{
    if (tr->task) {
        tr->task->trace = NULL;
        tr->task->must_stop = false;
        tr->task->process->traced--;
    }
    list_remove(&tr->of_tracer);
    heap_free(tr);
}

/* The brk of a step goes. */
static void take_back_step(struct task *t)
{
    struct trace *tr = t->trace;

    if (tr->step_at) {
        uint64_t at = tr->step_at;

        tr->step_at = 0;
        if (t->process->space) {
            (void)space_poke(t->process->space, at, &tr->step_instruction, 4);
        }
        wake_all(&t->process->continued, 0); /* others that ran into it */
    }
}

void trace_go(struct trace *tr, int signal)
{
    tr->signal = signal;
    tr->state = TRACE_RUNS;
    wake_all(&tr->resumed, 0);
}

void trace_end(struct trace *tr, int signal)
{
    tr->stops_at_calls = tr->steps = tr->traps = false;
    if (tr->state == TRACE_RUNS) {
        struct task *t = tr->task;

        take_back_step(t);
        forget(tr);
        if (t->process->is_stopped) {
            task_interrupt(t);
        }
        return;
    }
    list_remove(&tr->of_tracer);
    tr->tracer = NULL; /* its own fiber does the rest: stop() */
    trace_go(tr, signal);
}

/* ---- a stop ---- */

static void tell_tracer(struct trace *tr, int code, int status)
{
    struct process *to = tr->tracer;
    siginfo_t info = { .si_signo = SIGCHLD, .si_code = code };
    const struct signal_action *a = &to->actions->action[SIGCHLD - 1];

    info.si_pid = tr->tid;
    info.si_uid = tr->uid;
    info.si_status = status;
    if (a->handler != 1 && (code != CLD_TRAPPED || !(a->flags & SA_NOCLDSTOP))) {
        signal_send_process(to, SIGCHLD, &info);
    }
    wake_all(&to->child_wait, 0);
}

static void report(struct trace *tr, int code)
{
    const struct process *p = tr->task->process;

    tr->code = code;
    tr->group = p->group;
    tr->uid = p->cred.uid;
    tr->is_reported = false;
    tr->state = TRACE_STOPPED;
    tell_tracer(tr, CLD_TRAPPED, code & 0x7f);
}

/* Stop until the tracer lets it go on; the signal that it gives. */
static int stop(struct task *t, int code, const siginfo_t *info, uint64_t message)
{
    struct trace *tr = t->trace;
    bool is_exit = code >> 8 == PTRACE_EVENT_EXIT; /* it is dying already */
    int signal;

    if (!tr->tracer ||
        (is_exit ? t->process->exit_status == SIGKILL : signal_is_fatal_pending(t))) {
        return code & 0x7f;
    }
    (void)task_regs(t);
    take_back_step(t);
    tr->message = message;
    tr->has_info = info != NULL;
    if (info) {
        tr->info = *info;
    }
    tr->steps = tr->stops_at_calls = false;
    tr->signal = 0;
    report(tr, code);
    while (tr->state != TRACE_RUNS) {
        if (wait_on(&tr->resumed, TIME_NEVER, is_exit ? WAIT_UNINTERRUPTIBLE : WAIT_STOPPED)) {
            tr->state = TRACE_RUNS; /* killed */
            break;
        }
        if (tr->state == TRACE_LISTENS && tr->traps) {
            int signo = t->process->is_stopped ? t->process->stop_signal : SIGTRAP;

            tr->traps = t->must_stop = false;
            report(tr, signo | PTRACE_EVENT_STOP << 8);
        }
    }
    signal = tr->signal;
    tr->signal = 0;
    tr->call_stop = PTRACE_SYSCALL_INFO_NONE;
    if (!tr->tracer) {
        list_init(&tr->of_tracer);
        forget(tr);
    } else {
        t->must_stop = tr->steps || tr->traps;
    }
    return signal;
}

/* A stop that is no signal's. */
static int stop_for(struct task *t, int code, uint64_t message)
{
    siginfo_t info = { .si_signo = code & 0x7f, .si_code = code };

    info.si_pid = t->tid;
    info.si_uid = t->process->cred.uid;
    return stop(t, code, &info, message);
}

static void send_given(struct task *t, int signal)
{
    siginfo_t info = { .si_signo = signal, .si_code = SI_USER };

    if (signal) {
        signal_send_task(t, signal, &info);
    }
}

void trace_event(struct task *t, int event, uint64_t message)
{
    if (t->trace && t->trace->options & 1u << event) {
        send_given(t, stop_for(t, SIGTRAP | event << 8, message));
    }
}

void trace_trap(struct task *t)
{
    t->trace->traps = false;
    t->must_stop = t->trace->steps;
    send_given(t, stop_for(t, SIGTRAP | PTRACE_EVENT_STOP << 8, 0));
}

void trace_group_stop(struct task *t)
{
    struct trace *tr = t->trace;
    int signal = t->process->stop_signal;

    tr->passed_group = true;
    tr->traps = false;
    if (tr->is_seized) {
        (void)stop_for(t, signal | PTRACE_EVENT_STOP << 8, 0);
    } else {
        (void)stop(t, signal, NULL, 0);
    }
}

void trace_group_news(struct process *p, bool stops)
{
    LIST_FOR(l, &p->tasks)
    {
        struct task *t = CONTAINER(l, struct task, peer);
        struct trace *tr = t->trace;

        if (!tr) {
            continue;
        }
        tr->passed_group = false;
        if (!stops && tr->is_seized) {
            tr->traps = t->must_stop = true;
            if (tr->state == TRACE_LISTENS) {
                wake_all(&tr->resumed, 0);
            } else if (tr->state == TRACE_RUNS && t != current) {
                task_interrupt(t);
            }
        }
    }
}

int trace_signal(struct task *t, siginfo_t *info)
{
    int signal = stop(t, info->si_signo, info, 0);

    if (!signal || !t->trace) {
        info->si_signo = signal;
        return signal;
    }
    if (signal != info->si_signo) {
        *info = (siginfo_t){ .si_signo = signal, .si_code = SI_USER };
        info->si_pid = t->trace->tracer ? t->trace->tracer->pid : 0;
        info->si_uid = t->trace->tracer ? t->trace->tracer->cred.uid : 0;
    } else {
        *info = t->trace->info; /* PTRACE_SETSIGINFO */
        info->si_signo = signal;
    }
    if (t->signal.blocked & SIGNAL_BIT(signal)) {
        signal_send_task(t, signal, info);
        return 0;
    }
    return signal;
}

/* ---- system calls ---- */

static void call_stop(struct task *t, uint8_t which)
{
    struct trace *tr = t->trace;
    struct tess_regs *r = task_regs(t);
    uint64_t x7 = r->x[7];

    /* x7 says which stop it is, as on Linux (arch/arm64/kernel/ptrace.c, report_syscall) */
    r->x[7] = which == PTRACE_SYSCALL_INFO_EXIT;
    tr->call_stop = which;
    send_given(t, stop_for(t, tr->options & PTRACE_O_TRACESYSGOOD ? SIGTRAP | 0x80 : SIGTRAP,
                           which == PTRACE_SYSCALL_INFO_EXIT ? PTRACE_EVENTMSG_SYSCALL_EXIT
                                                             : PTRACE_EVENTMSG_SYSCALL_ENTRY));
    r->x[7] = x7;
    task_regs_changed(t);
}

static void step_is_over(struct task *t)
{
    siginfo_t info = { .si_signo = SIGTRAP, .si_code = TRAP_TRACE };

    info.si_addr = (void *)task_regs(t)->pc;
    t->trace->steps = t->must_stop = false;
    signal_send_task(t, SIGTRAP, &info);
}

long trace_call(struct task *t, const uint64_t *a)
{
    struct trace *tr = t->trace;
    uint64_t arguments[8];
    long result;

    memcpy(arguments, a, sizeof arguments);
    tr->number = (int64_t)a[6];
    if (tr->stops_at_calls) {
        const struct tess_regs *r = task_regs(t);

        call_stop(t, PTRACE_SYSCALL_INFO_ENTRY);
        if (signal_is_fatal_pending(t)) {
            return -EINTR;
        }
        memcpy(arguments, r->x, 6 * sizeof *arguments);
        arguments[6] = t->trace ? (uint64_t)t->trace->number : arguments[6];
        t->number = arguments[6];
        t->first_argument = arguments[0];
    }
    if ((int64_t)arguments[6] == -1) { /* the tracer answers it */
        result = (int)a[6] == -1 && task_regs(t)->x[0] == a[0] ? -ENOSYS : (long)task_regs(t)->x[0];
    } else {
        result = t->seccomp_mode ? seccomp_call(t, arguments)
                                 : call_of_table(t, arguments[6], arguments);
    }
    if (current != t || !t->trace) {
        return result;
    }
    tr = t->trace;
    if (tr->stops_at_calls) {
        if (result != NO_RESULT) {
            task_regs(t)->x[0] = (uint64_t)result;
        }
        call_stop(t, PTRACE_SYSCALL_INFO_EXIT);
        result = result == NO_RESULT ? result : (long)t->regs.x[0];
    } else if (tr->steps) {
        step_is_over(t);
    }
    return result;
}

/* ---- one step ---- */

#define BRK 0xd4200000u

static bool condition_holds(unsigned condition, uint64_t pstate)
{
    bool n = pstate >> 31 & 1, z = pstate >> 30 & 1, c = pstate >> 29 & 1, v = pstate >> 28 & 1;
    const bool holds[8] = { z, c, n, v, c && !z, n == v, n == v && !z, true };

    return holds[condition >> 1] != (condition & 1 && condition != 15);
}

static int64_t field(uint32_t instruction, unsigned low, unsigned bits)
{
    return (int64_t)((uint64_t)instruction << (64 - low - bits)) >> (64 - bits);
}

static uint64_t reg(const struct tess_regs *r, unsigned n)
{
    return n == 31 ? 0 : r->x[n];
}

/* A branch (Arm ARM C4.1.66) is done here: true, and the pc is the new one. */
static bool branch(struct tess_regs *r, uint32_t i)
{
    uint64_t next = r->pc + 4, value = reg(r, i & 31);

    if ((i & 0x7c000000) == 0x14000000) { /* B, BL */
        next = r->pc + (uint64_t)field(i, 0, 26) * 4;
        if (i >> 31) {
            r->x[30] = r->pc + 4;
        }
    } else if ((i & 0xff000000) == 0x54000000) { /* B.cond, BC.cond */
        next = condition_holds(i & 15, r->pstate) ? r->pc + (uint64_t)field(i, 5, 19) * 4 : next;
    } else if ((i & 0x7e000000) == 0x34000000) { /* CBZ, CBNZ */
        value = i >> 31 ? value : (uint32_t)value;
        next = (value != 0) == (i >> 24 & 1) ? r->pc + (uint64_t)field(i, 5, 19) * 4 : next;
    } else if ((i & 0x7e000000) == 0x36000000) { /* TBZ, TBNZ */
        unsigned bit = (i >> 31 << 5) | (i >> 19 & 31);

        next = (value >> bit & 1) == (i >> 24 & 1) ? r->pc + (uint64_t)field(i, 5, 14) * 4 : next;
    } else if ((i & 0xff9ffc1f) == 0xd61f0000 && (i >> 21 & 3) != 3) { /* BR, BLR, RET */
        next = reg(r, i >> 5 & 31);
        if ((i >> 21 & 3) == 1) {
            r->x[30] = r->pc + 4;
        }
    } else {
        return false;
    }
    r->pc = next;
    return true;
}

bool trace_resume(struct task *t)
{
    struct trace *tr = t->trace;
    struct tess_regs *r = task_regs(t);
    uint32_t instruction, brk = BRK;

    t->must_stop = tr->traps;
    if (tr->traps) {
        return true;
    }
    if (space_read(t->process->space, r->pc, &instruction, 4) != 4 ||
        (instruction & 0xffe0001f) == 0xd4000001 /* SVC: trace_call ends the step */ ||
        (instruction & 0xffe0001f) == BRK) {
        return false;
    }
    if (branch(r, instruction)) {
        task_regs_changed(t);
        step_is_over(t);
        return true;
    }
    if (space_read(t->process->space, r->pc + 4, &tr->step_instruction, 4) == 4 &&
        space_poke(t->process->space, r->pc + 4, &brk, 4) == 4) {
        tr->step_at = r->pc + 4;
    }
    return false;
}

void trace_handler(struct task *t)
{
    if (t->trace && t->trace->steps) {
        step_is_over(t);
    }
}

bool trace_is_step(struct task *t, uint64_t pc, int *code)
{
    if (t->trace && t->trace->step_at == pc) {
        take_back_step(t);
        t->trace->steps = false;
        *code = TRAP_TRACE;
        return true;
    }
    LIST_FOR(l, &t->process->tasks)
    {
        struct trace *tr = CONTAINER(l, struct task, peer)->trace;

        if (tr && tr->step_at == pc) {
            (void)wait_on(&t->process->continued, TIME_NEVER, WAIT_INTERRUPTIBLE);
            *code = 0;
            return true;
        }
    }
    return false;
}

/* ---- birth, exec, death ---- */

int trace_clone(struct task *t, struct task *child, uint64_t flags, int exit_signal)
{
    struct trace *tr = t->trace;
    int event = flags & CLONE_VFORK                              ? PTRACE_EVENT_VFORK
                : flags & CLONE_THREAD || exit_signal != SIGCHLD ? PTRACE_EVENT_CLONE
                                                                 : PTRACE_EVENT_FORK;
    bool wanted = tr && tr->options & 1u << event && !(flags & CLONE_UNTRACED);

    if (!tr || !tr->tracer || (!wanted && !(flags & CLONE_PTRACE)) ||
        trace_begin(child, tr->tracer, tr->is_seized, tr->options)) {
        return 0;
    }
    if (tr->is_seized) {
        child->trace->traps = child->must_stop = true;
    } else {
        signal_send_task(child, SIGSTOP, NULL);
    }
    return wanted ? event : 0;
}

void trace_new_leader(struct task *t)
{
    struct trace *old = t->process->leader_trace;

    t->process->leader_trace = NULL;
    if (old && old->tracer) {
        forget(old);
    }
    if (t->trace) {
        t->trace->tid = t->tid;
    }
}

void trace_exec(struct task *t, int number)
{
    struct trace *tr = t->trace;

    tr->tid = t->tid;
    if (tr->options & PTRACE_O_TRACEEXEC) {
        trace_event(t, PTRACE_EVENT_EXEC, (uint64_t)number);
    } else if (!tr->is_seized) {
        siginfo_t info = { .si_signo = SIGTRAP, .si_code = SI_USER };

        info.si_pid = t->tid;
        info.si_uid = t->process->cred.uid;
        signal_send_task(t, SIGTRAP, &info);
    }
    if (t->trace && t->trace->stops_at_calls && !signal_is_fatal_pending(t)) {
        t->regs.x[0] = 0;
        call_stop(t, PTRACE_SYSCALL_INFO_EXIT);
    }
}

bool trace_allows_privileges(const struct task *t)
{
    return !t->trace || !t->trace->tracer || is_capable(&t->trace->tracer->cred, CAP_SYS_PTRACE);
}

static void die(struct trace *tr, int status)
{
    tr->code = status;
    tr->state = TRACE_RUNS;
    tr->is_reported = false;
    tell_tracer(tr, WIFSIGNALED_(status) ? CLD_KILLED : CLD_EXITED,
                WIFSIGNALED_(status) ? status & 0x7f : status >> 8);
}

void trace_task_over(struct task *t, int status)
{
    struct trace *tr = t->trace;
    struct process *p = t->process;

    if (!tr) {
        return;
    }
    take_back_step(t);
    t->trace = NULL;
    p->traced--;
    tr->task = NULL;
    tr->group = p->group;
    tr->uid = p->cred.uid;
    if (!tr->tracer) {
        heap_free(tr);
    } else if (t->tid == p->pid) {
        p->leader_trace = tr; /* told with the end of the process */
    } else {
        die(tr, status);
    }
}

bool trace_process_over(struct process *p)
{
    struct trace *tr = p->leader_trace;

    if (!tr) {
        return false;
    }
    if (!tr->tracer || tr->tracer == p->parent) {
        p->leader_trace = NULL;
        forget(tr);
        return false;
    }
    die(tr, p->exit_status);
    return true;
}

/* A dead one has been waited for. */
static void bury(struct trace *tr)
{
    struct process *p = process_find(tr->pid);

    if (p && p->leader_trace == tr) {
        p->leader_trace = NULL;
        forget(tr);
        if (p->is_zombie) {
            process_tell_parent(p);
        }
        return;
    }
    forget(tr);
}

void trace_tracer_over(struct process *p)
{
    LIST_FOR(l, &p->tracees)
    {
        struct trace *tr = CONTAINER(l, struct trace, of_tracer);

        if (!tr->task) {
            bury(tr);
            continue;
        }
        if (tr->options & PTRACE_O_EXITKILL) {
            signal_send_task(tr->task, SIGKILL, NULL);
        }
        trace_end(tr, 0);
    }
}

/* ---- who asks ---- */

bool trace_is_by(const struct process *p, const struct process *tracer)
{
    LIST_FOR(l, &p->tasks)
    {
        const struct task *t = CONTAINER(l, struct task, peer);

        if (t->tid == p->pid && t->trace) {
            return t->trace->tracer == tracer;
        }
    }
    return p->leader_trace && p->leader_trace->tracer == tracer;
}

int trace_tracer(const struct task *t)
{
    return t && t->trace && t->trace->tracer ? t->trace->tracer->pid : 0;
}

bool trace_is_stopped(const struct task *t)
{
    return t && t->trace && t->trace->state != TRACE_RUNS;
}

static bool is_meant(const struct trace *tr, int type, int id)
{
    int group = tr->task ? tr->task->process->group : tr->group;

    return type == P_PID ? tr->tid == id : type == P_PGID ? group == id : true;
}

bool trace_wait(struct process *self, int type, int id, uint32_t options, bool *any,
                struct trace_news *news)
{
    LIST_FOR(l, &self->tracees)
    {
        struct trace *tr = CONTAINER(l, struct trace, of_tracer);
        struct process *p = process_find(tr->pid);
        bool is_over = !tr->task;

        if (!is_meant(tr, type, id)) {
            continue;
        }
        *any = true;
        if (is_over ? !(options & WEXITED) || (p && p->leader_trace == tr && !p->is_zombie)
                    : tr->state != TRACE_STOPPED || tr->is_reported) {
            continue;
        }
        *news = (struct trace_news){ .tid = tr->tid, .uid = tr->uid, .is_over = is_over };
        news->status = is_over ? tr->code : tr->code << 8 | 0x7f;
        news->process = p;
        if (options & WNOWAIT) {
            return true;
        }
        tr->is_reported = true;
        if (is_over) {
            news->process = p && p->leader_trace == tr && p->parent ? p : NULL;
            bury(tr);
            news->process = news->process && process_find(news->tid) == p ? p : NULL;
        }
        return true;
    }
    return false;
}
