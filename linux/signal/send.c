/* Sending signals, and who has which. */
#include <asm/siginfo.h>
#include <linux/capability.h>
#include <linux/resource.h>
#include <string.h>

#include "../mm/mm.h"
#include "../task/process.h"
#include "../task/trace.h"
#include "queue.h"

#define STOPS                                                                                      \
    (SIGNAL_BIT(SIGSTOP) | SIGNAL_BIT(SIGTSTP) | SIGNAL_BIT(SIGTTIN) | SIGNAL_BIT(SIGTTOU))
#define IGNORED_BY_DEFAULT                                                                         \
    (SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGURG) | SIGNAL_BIT(SIGWINCH) | SIGNAL_BIT(SIGCONT))

static void pending_init(struct signal_pending *p)
{
    p->set = 0;
    p->count = 0;
    list_init(&p->queue);
}

static void pending_drop(struct signal_pending *p, signal_set which)
{
    p->set &= ~which;
    LIST_FOR(l, &p->queue)
    {
        struct queued_signal *q = CONTAINER(l, struct queued_signal, link);

        if (SIGNAL_BIT(q->info.si_signo) & which) {
            list_remove(l);
            p->count--;
            heap_free(q);
        }
    }
}

/* ---- looking ---- */

static signal_set deliverable(const struct task *t)
{
    return (t->signal.pending.set | t->process->pending.set) & ~t->signal.blocked;
}

bool signal_is_pending(const struct task *t)
{
    return deliverable(t) || t->process->is_exiting || t->must_look ||
           (t->process->is_stopped && !(t->trace && t->trace->passed_group));
}

bool signal_is_fatal_pending(const struct task *t)
{
    return t->process->is_exiting || t->is_exiting || deliverable(t) & SIGNAL_BIT(SIGKILL);
}

static bool is_ignored(const struct process *p, int signal)
{
    const struct signal_action *a = &p->actions->action[signal - 1];

    if (p->traced) {
        return false; /* the tracer decides */
    }
    if (p->pid == 1 && a->handler == 0 && signal != SIGCHLD) {
        return true; /* process 1 gets only what it has a handler for */
    }
    return a->handler == 1 || (a->handler == 0 && SIGNAL_BIT(signal) & IGNORED_BY_DEFAULT);
}

/* ---- sending ---- */

static void enqueue(struct signal_pending *p, int signal, const siginfo_t *info,
                    const struct process *of)
{
    struct queued_signal *q;

    if (signal < SIGRTMIN && p->set & SIGNAL_BIT(signal)) {
        return; /* a standard signal is pending once */
    }
    p->set |= SIGNAL_BIT(signal);
    if (p->count >= of->limit[RLIMIT_SIGPENDING].soft) {
        return;
    }
    q = heap_alloc(sizeof *q);
    if (!q) {
        return;
    }
    if (info) {
        q->info = *info;
    }
    q->info.si_signo = signal;
    if (!info) {
        q->info.si_code = SI_KERNEL;
    }
    list_append(&p->queue, &q->link);
    p->count++;
}

/* SIGCONT and the stop signals take each other back, whoever blocks them. */
static void side_effects(struct process *p, int signal)
{
    signal_set gone = signal == SIGCONT            ? STOPS
                      : SIGNAL_BIT(signal) & STOPS ? SIGNAL_BIT(SIGCONT)
                                                   : 0;

    if (gone) {
        pending_drop(&p->pending, gone);
        LIST_FOR(l, &p->tasks)
        {
            pending_drop(&CONTAINER(l, struct task, peer)->signal.pending, gone);
        }
    }
    if (signal == SIGCONT || signal == SIGKILL) {
        process_continue(p);
    }
}

static bool wants(const struct task *t, int signal)
{
    return !(t->signal.blocked & SIGNAL_BIT(signal)) || t->signal.waits_for & SIGNAL_BIT(signal);
}

void signal_send_task(struct task *t, int signal, const siginfo_t *info)
{
    struct process *p = t->process;

    if (!signal || p->is_zombie) {
        return;
    }
    side_effects(p, signal);
    if (is_ignored(p, signal) && !(t->signal.blocked & SIGNAL_BIT(signal)) &&
        !(t->signal.waits_for & SIGNAL_BIT(signal))) {
        return;
    }
    enqueue(&t->signal.pending, signal, info, p);
    signalfd_wake(p);
    if (wants(t, signal)) {
        task_interrupt(t);
    }
}

void signal_send_process(struct process *p, int signal, const siginfo_t *info)
{
    struct task *chosen = NULL;

    if (!signal || p->is_zombie || list_is_empty(&p->tasks)) {
        return;
    }
    side_effects(p, signal);
    LIST_FOR(l, &p->tasks)
    {
        struct task *t = CONTAINER(l, struct task, peer);

        if (!chosen && wants(t, signal)) {
            chosen = t;
        }
    }
    if (is_ignored(p, signal) && chosen && !(chosen->signal.waits_for & SIGNAL_BIT(signal))) {
        return;
    }
    enqueue(&p->pending, signal, info, p);
    signalfd_wake(p);
    if (chosen) {
        task_interrupt(chosen);
    }
}

unsigned signal_send_group(int group, int signal, const siginfo_t *info)
{
    unsigned n = 0;

    LIST_FOR(l, &processes)
    {
        struct process *p = CONTAINER(l, struct process, all);

        if (p->group == group && !p->is_zombie) {
            signal_send_process(p, signal, info);
            n++;
        }
    }
    return n;
}

void signal_force(struct task *t, const siginfo_t *info)
{
    int signal = info->si_signo;
    struct signal_action *a = &t->process->actions->action[signal - 1];

    if (t->signal.blocked & SIGNAL_BIT(signal) || a->handler == 1) {
        a->handler = 0;
        t->signal.blocked &= ~SIGNAL_BIT(signal);
    }
    enqueue(&t->signal.pending, signal, info, t->process);
}

void signal_fault(struct task *t, int signal, int code, uint64_t address)
{
    siginfo_t info = { .si_signo = signal, .si_code = code };

    info.si_addr = (void *)address;
    t->signal.is_fault = true;
    signal_force(t, &info);
}

int signal_may_send(const struct process *from, const struct process *to, int signal)
{
    const struct credentials *c = &from->cred, *o = &to->cred;

    if (is_capable(c, CAP_KILL) || c->euid == o->uid || c->euid == o->suid || c->uid == o->uid ||
        c->uid == o->suid || (signal == SIGCONT && from->session == to->session)) {
        return 0;
    }
    return -EPERM;
}

/* ---- taking ---- */

bool signal_take(struct task *t, signal_set which, siginfo_t *info)
{
    struct signal_pending *from[2] = { &t->signal.pending, &t->process->pending };

    for (unsigned i = 0; i < 2; i++) {
        struct signal_pending *p = from[i];
        signal_set set = p->set & which;
        /* faults first, then the lowest number */
        const signal_set faults = SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGILL) |
                                  SIGNAL_BIT(SIGTRAP) | SIGNAL_BIT(SIGFPE) | SIGNAL_BIT(SIGSYS);
        int signal;

        if (!set) {
            continue;
        }
        signal = __builtin_ctzll(set & faults ? set & faults : set) + 1;
        *info = (siginfo_t){ .si_signo = signal, .si_code = SI_USER };
        bool more = false, found = false;

        LIST_FOR(l, &p->queue)
        {
            struct queued_signal *q = CONTAINER(l, struct queued_signal, link);

            if (q->info.si_signo != signal) {
                continue;
            }
            if (found) {
                more = true;
                break;
            }
            *info = q->info;
            list_remove(l);
            p->count--;
            posix_timer_taken(t->process, info);
            heap_free(q);
            found = true;
        }
        if (!more) {
            p->set &= ~SIGNAL_BIT(signal);
        }
        return true;
    }
    return false;
}

void signal_ignored_drop(struct process *p, int signal)
{
    if (is_ignored(p, signal)) {
        pending_drop(&p->pending, SIGNAL_BIT(signal));
        LIST_FOR(l, &p->tasks)
        {
            pending_drop(&CONTAINER(l, struct task, peer)->signal.pending, SIGNAL_BIT(signal));
        }
    }
}

/* ---- processes come and go ---- */

int signal_fork(struct process *child, const struct process *parent, bool share_actions)
{
    pending_init(&child->pending);
    if (share_actions) {
        child->actions = parent->actions;
        child->actions->refs++;
        return 0;
    }
    child->actions = heap_alloc(sizeof *child->actions);
    if (!child->actions) {
        return -ENOMEM;
    }
    if (parent && parent->actions) {
        *child->actions = *parent->actions;
    }
    child->actions->refs = 1;
    return 0;
}

void signal_exec(struct process *p)
{
    struct signal_actions *own;

    if (p->actions->refs > 1 && (own = heap_alloc(sizeof *own))) {
        *own = *p->actions;
        own->refs = 1;
        p->actions->refs--;
        p->actions = own;
    }
    for (unsigned i = 0; i < SIGNALS; i++) {
        struct signal_action *a = &p->actions->action[i];

        *a = (struct signal_action){ .handler = a->handler == 1 ? 1 : 0 };
    }
    posix_timers_exec(p);
    LIST_FOR(l, &p->tasks)
    {
        struct task *t = CONTAINER(l, struct task, peer);

        t->signal.stack_at = t->signal.stack_bytes = 0;
        t->signal.stack_flags = SS_DISABLE;
    }
}

void signal_task_init(struct task *t, const struct task *parent)
{
    pending_init(&t->signal.pending);
    t->signal.stack_flags = SS_DISABLE;
    if (parent) {
        t->signal.blocked = parent->signal.blocked;
        if (parent->process != t->process) { /* threads begin without an alternate stack */
            t->signal.stack_at = parent->signal.stack_at;
            t->signal.stack_bytes = parent->signal.stack_bytes;
            t->signal.stack_flags = parent->signal.stack_flags;
        }
    }
}

void signal_task_exit(struct task *t)
{
    pending_drop(&t->signal.pending, ~0ull);
    if (t->process->task_count > 1) { /* others take over what was sent to the process */
        LIST_FOR(l, &t->process->tasks)
        {
            struct task *other = CONTAINER(l, struct task, peer);

            if (other != t && t->process->pending.set & ~other->signal.blocked) {
                task_interrupt(other);
                break;
            }
        }
    }
}

void signal_process_exit(struct process *p)
{
    posix_timers_exit(p);
    if (p->pending.queue.next) {
        pending_drop(&p->pending, ~0ull);
    }
    if (p->actions && --p->actions->refs == 0) {
        heap_free(p->actions);
    }
    p->actions = NULL;
}
