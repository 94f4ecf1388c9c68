/* The event loop: messages of the programs' threads, signals of the component, timers. */
#include <asm/siginfo.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <tess/time.h>

#include "../mm/mm.h"
#include "clock.h"
#include "fiber.h"
#include "native.h"
#include "personality.h"
#include "seccomp.h"
#include "task.h"
#include "trace.h"

/* ---- the table of calls ---- */

/* A call that no file defines.  The name of its own keeps what is counted apart. */
#define CALL(number, name, text)                                                                   \
    __attribute__((weak)) long sys_##name(struct task *t, const uint64_t *a)                       \
    {                                                                                              \
        (void)t, (void)a;                                                                          \
        unimplemented(#name, number);                                                              \
        return -ENOSYS;                                                                            \
    }
#include "../calls.def"
#undef CALL

#define CALLS 512u
static system_call *const table[CALLS] = {
#define CALL(number, name, text) [number] = sys_##name,
#include "../calls.def"
#undef CALL
};

static struct missing {
    const char *what;
    uint64_t number, count;
} missing[128];

void unimplemented(const char *what, uint64_t number)
{
    for (unsigned i = 0; i < sizeof missing / sizeof *missing; i++) {
        struct missing *m = &missing[i];

        if (!m->what || (m->number == number && strcmp(m->what, what) == 0)) {
            m->what = what;
            m->number = number;
            m->count++;
            return;
        }
    }
}

size_t unimplemented_text(char *to, size_t most)
{
    size_t n = 0;

    for (unsigned i = 0; i < sizeof missing / sizeof *missing && missing[i].what && n < most; i++) {
        n += (size_t)snprintf(to + n, most - n, "%8lu %s %lu\n", (unsigned long)missing[i].count,
                              missing[i].what, (unsigned long)missing[i].number);
    }
    return n < most ? n : most;
}

void log_line(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    printf("linux: ");
    vprintf(format, list);
    printf("\n");
    va_end(list);
}

/* ---- registers ---- */

struct tess_regs *task_regs(struct task *t)
{
    if (t->regs_state == REGS_UNKNOWN) {
        native_read_regs(t->native, &t->regs);
        t->regs_state = REGS_READ;
    }
    return &t->regs;
}

/* ---- one message ---- */

void task_will_wait(struct task *t)
{
    if (!t->is_deferred && t->in_kernel) {
        native_defer(t->native);
        t->is_deferred = true;
    }
}

void task_interrupt(struct task *t)
{
    if (t->fiber) {
        if (t->fiber->is_sleeping && t->wait_mode != WAIT_UNINTERRUPTIBLE) {
            fiber_interrupt(t->fiber);
        }
    } else if (!t->in_kernel && t->native) {
        native_kick(t->native);
    }
}

/* What the hardware says (ESR_EL1, Arm ARM D17.2.37): the access of an abort. */
static uint32_t access_of(uint64_t esr, bool is_fetch)
{
    return is_fetch ? ACCESS_EXEC : esr & 1u << 6 && !(esr & 1u << 8) ? ACCESS_WRITE : ACCESS_READ;
}

static void fault(struct task *t, enum tess_fault kind, const uint64_t *w)
{
    int code = 0, signal;

    switch (kind) {
    case TESS_FAULT_page:
        t->pc = w[2];
        signal = space_fault(t->process->space, w[0], access_of(w[1], w[3]), &code);
        if (signal) {
            t->fault_esr = w[1];
            signal_fault(t, signal, code, w[0]);
        }
        break;
    case TESS_FAULT_undefined:
        signal_fault(t, SIGILL, ILL_ILLOPC, w[1]);
        break;
    case TESS_FAULT_alignment:
        signal_fault(t, SIGBUS, BUS_ADRALN, w[0]);
        break;
    case TESS_FAULT_debug:
        code = TRAP_BRKPT;
        t->pc = w[1];
        if (!trace_is_step(t, w[1], &code) || code) {
            signal_fault(t, SIGTRAP, code, w[1]);
        }
        break;
    case TESS_FAULT_hardware:
        signal_fault(t, SIGBUS, BUS_OBJERR, w[0]);
        break;
    default: /* a kick: to look at signals */
        break;
    }
}

long call_of_table(struct task *t, uint64_t number, const uint64_t *a)
{
    return number < CALLS && table[number] ? table[number](t, a) : -ENOSYS;
}

/* Serve one message of t; what it gets. */
static struct native_answer serve(struct task *t, uint64_t tag, const uint64_t *w)
{
    bool is_call = tess_tag_label(tag) == TESS_FAULT_syscall;
    long result = NO_RESULT;

    current = t;
    fiber_counted = tess_now();
    t->fiber = fiber_now;
    t->in_kernel = true;
    t->regs_state = REGS_UNKNOWN;
    if (COMP_LIKELY(is_call)) {
        uint64_t number = w[6];

        t->number = number;
        t->pc = w[7];
        t->first_argument = w[0];
        result = COMP_LIKELY(!t->trace && !t->seccomp_mode) ? call_of_table(t, number, w)
                 : t->trace                                 ? trace_call(t, w)
                                                            : seccomp_call(t, w);
    } else {
        fault(t, (enum tess_fault)tess_tag_label(tag), w);
    }
    t = current; /* execve may have put another one in its place */
    if (t && COMP_UNLIKELY(signal_is_pending(t) || t->signal.restore_blocked ||
                           (result < 0 && result <= -ERESTARTSYS && result > -600))) {
        result = signal_deliver(t, result, is_call);
        t = current;
    }
    if (!t) { /* it is no more */
        return (struct native_answer){ .kind = ANSWER_NONE };
    }
    struct native_answer answer = { .kind = ANSWER_VALUE,
                                    .reply = t->is_deferred ? t->native->reply : 0,
                                    .value = (uint64_t)result };

    if (t->regs_state == REGS_CHANGED) {
        if (result != NO_RESULT) {
            t->regs.x[0] = (uint64_t)result;
        }
        answer.kind = ANSWER_REGS;
        answer.regs = &t->regs;
    }
    t->system_ticks += tess_now() - fiber_counted;
    t->is_deferred = t->in_kernel = false;
    t->fiber = NULL;
    current = NULL;
    return answer;
}

bool answer_first;

_Noreturn void event_loop(void)
{
    struct native_answer answer = { .kind = ANSWER_NONE };

    for (;;) {
        if (COMP_UNLIKELY(!list_is_empty(&fibers_ready))) {
            answer_first |= answer.kind != ANSWER_NONE;
            native_answer(&answer);
            answer.kind = ANSWER_NONE;
            while (fiber_give_way()) {
            }
        }
        if (COMP_UNLIKELY(answer_first)) {
            native_answer(&answer);
            answer.kind = ANSWER_NONE;
            answer_first = false;
        }
        if (COMP_UNLIKELY(timers_changed())) {
            native_alarm(tess_ticks_of_ns(timers_next()) + 1);
        }
        struct tess_msg m = native_next(&answer);

        answer.kind = ANSWER_NONE;
        if (COMP_LIKELY(m.tag & TESS_TAG_FAULT)) {
            struct task *t = native_owner(m.badge);

            if (COMP_LIKELY(t != NULL)) {
                answer = serve(t, m.tag, m.w);
            }
        } else if (m.tag & TESS_TAG_SIGNAL) {
            if (m.badge & NATIVE_ALARM) {
                timers_fire();
            }
            personality_signal(m.badge & ~NATIVE_ALARM);
        }
    }
}
