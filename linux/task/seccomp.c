/* seccomp(2): filters of system calls. */
#include "seccomp.h"

#include <asm/siginfo.h>
#include <asm/unistd.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/ptrace.h>
#include <linux/seccomp.h>
#include <string.h>

#include "../mm/mm.h"
#include "core.h"
#include "process.h"
#include "trace.h"

#define CHAIN_MOST 32768u /* instructions of a chain, and four more for each filter */

struct filter {
    unsigned refs;
    struct filter *before; /* the next one of the chain; NULL: the oldest */
    unsigned length;
    struct sock_filter code[];
};

/* ---- the programs ---- */

/* Is it an instruction that a filter may have, at `at` of length? */
static bool is_valid(const struct sock_filter *i, unsigned at, unsigned length)
{
    unsigned behind = length - at - 1; /* instructions that can be jumped over or to */

    switch (i->code) {
    case BPF_LD | BPF_W | BPF_ABS:
        return i->k < sizeof(struct seccomp_data) && i->k % 4 == 0;
    case BPF_ALU | BPF_DIV | BPF_K:
        return i->k != 0;
    case BPF_ALU | BPF_LSH | BPF_K:
    case BPF_ALU | BPF_RSH | BPF_K:
        return i->k < 32;
    case BPF_LD | BPF_MEM:
    case BPF_LDX | BPF_MEM:
    case BPF_ST:
    case BPF_STX:
        return i->k < BPF_MEMWORDS;
    case BPF_JMP | BPF_JA:
        return i->k < behind;
    case BPF_JMP | BPF_JEQ | BPF_K:
    case BPF_JMP | BPF_JEQ | BPF_X:
    case BPF_JMP | BPF_JGE | BPF_K:
    case BPF_JMP | BPF_JGE | BPF_X:
    case BPF_JMP | BPF_JGT | BPF_K:
    case BPF_JMP | BPF_JGT | BPF_X:
    case BPF_JMP | BPF_JSET | BPF_K:
    case BPF_JMP | BPF_JSET | BPF_X:
        return i->jt < behind && i->jf < behind;
    case BPF_LD | BPF_W | BPF_LEN:
    case BPF_LDX | BPF_W | BPF_LEN:
    case BPF_LD | BPF_IMM:
    case BPF_LDX | BPF_IMM:
    case BPF_RET | BPF_K:
    case BPF_RET | BPF_A:
    case BPF_MISC | BPF_TAX:
    case BPF_MISC | BPF_TXA:
    case BPF_ALU | BPF_ADD | BPF_K:
    case BPF_ALU | BPF_ADD | BPF_X:
    case BPF_ALU | BPF_SUB | BPF_K:
    case BPF_ALU | BPF_SUB | BPF_X:
    case BPF_ALU | BPF_MUL | BPF_K:
    case BPF_ALU | BPF_MUL | BPF_X:
    case BPF_ALU | BPF_DIV | BPF_X:
    case BPF_ALU | BPF_AND | BPF_K:
    case BPF_ALU | BPF_AND | BPF_X:
    case BPF_ALU | BPF_OR | BPF_K:
    case BPF_ALU | BPF_OR | BPF_X:
    case BPF_ALU | BPF_XOR | BPF_K:
    case BPF_ALU | BPF_XOR | BPF_X:
    case BPF_ALU | BPF_LSH | BPF_X:
    case BPF_ALU | BPF_RSH | BPF_X:
    case BPF_ALU | BPF_NEG:
        return true;
    default:
        return false;
    }
}

/* Valid instructions only jump forwards, and the last one returns: every run ends. */
static bool is_program(const struct filter *f)
{
    for (unsigned at = 0; at < f->length; at++) {
        if (!is_valid(&f->code[at], at, f->length)) {
            return false;
        }
    }
    return BPF_CLASS(f->code[f->length - 1].code) == BPF_RET;
}

static uint32_t alu(unsigned operation, uint32_t a, uint32_t b)
{
    switch (operation) {
    case BPF_ADD:
        return a + b;
    case BPF_SUB:
        return a - b;
    case BPF_MUL:
        return a * b;
    case BPF_DIV:
        return a / b;
    case BPF_AND:
        return a & b;
    case BPF_OR:
        return a | b;
    case BPF_XOR:
        return a ^ b;
    case BPF_LSH:
        return a << (b & 31);
    case BPF_RSH:
        return a >> (b & 31);
    default:
        return -a;
    }
}

static bool jumps(unsigned operation, uint32_t a, uint32_t b)
{
    switch (operation) {
    case BPF_JEQ:
        return a == b;
    case BPF_JGT:
        return a > b;
    case BPF_JGE:
        return a >= b;
    default:
        return a & b;
    }
}

static uint32_t run(const struct filter *f, const struct seccomp_data *data)
{
    uint32_t a = 0, x = 0, memory[BPF_MEMWORDS] = { 0 };

    for (const struct sock_filter *i = f->code;; i++) {
        uint32_t b = BPF_SRC(i->code) == BPF_X ? x : i->k;
        uint32_t *to = BPF_CLASS(i->code) == BPF_LDX ? &x : &a;

        switch (BPF_CLASS(i->code)) {
        case BPF_LD:
        case BPF_LDX:
            if (BPF_MODE(i->code) == BPF_ABS) {
                memcpy(to, (const char *)data + i->k, sizeof *to);
            } else if (BPF_MODE(i->code) == BPF_MEM) {
                *to = memory[i->k];
            } else {
                *to = BPF_MODE(i->code) == BPF_LEN ? sizeof *data : i->k;
            }
            break;
        case BPF_ST:
        case BPF_STX:
            memory[i->k] = BPF_CLASS(i->code) == BPF_ST ? a : x;
            break;
        case BPF_ALU:
            if (BPF_OP(i->code) == BPF_DIV && b == 0) {
                return SECCOMP_RET_KILL_THREAD;
            }
            a = alu(BPF_OP(i->code), a, b);
            break;
        case BPF_JMP:
            i += BPF_OP(i->code) == BPF_JA ? i->k : jumps(BPF_OP(i->code), a, b) ? i->jt : i->jf;
            break;
        case BPF_RET:
            return BPF_RVAL(i->code) == BPF_A ? a : i->k;
        default: /* BPF_MISC */
            *(BPF_MISCOP(i->code) == BPF_TAX ? &x : &a) = BPF_MISCOP(i->code) == BPF_TAX ? a : x;
            break;
        }
    }
}

/* Of all answers the strictest, of the newest filter that gives it. */
static uint32_t ask(const struct task *t, const uint64_t *a)
{
    struct seccomp_data data = { .nr = (int)a[6],
                                 .arch = AUDIT_ARCH_AARCH64,
                                 .instruction_pointer = t->pc };
    uint32_t answer = SECCOMP_RET_ALLOW;

    memcpy(data.args, a, sizeof data.args);
    for (const struct filter *f = t->filter; f; f = f->before) {
        uint32_t one = run(f, &data);

        if ((int32_t)(one & SECCOMP_RET_ACTION_FULL) <
            (int32_t)(answer & SECCOMP_RET_ACTION_FULL)) {
            answer = one;
        }
    }
    return answer;
}

/* ---- what becomes of a call ---- */

/* The registers stay as they are. */
static long no_result(struct task *t)
{
    (void)task_regs(t);
    task_regs_changed(t);
    return NO_RESULT;
}

static long send_sigsys(struct task *t, const uint64_t *a, uint32_t data)
{
    siginfo_t info = { .si_signo = SIGSYS, .si_code = SYS_SECCOMP, .si_errno = (int)data };

    info.si_call_addr = (void *)t->pc;
    info.si_syscall = (int)a[6];
    info.si_arch = AUDIT_ARCH_AARCH64;
    signal_force(t, &info);
    return no_result(t);
}

/* The task ends as by that signal, which nobody is asked about; with it its process, if that is wanted or it is the last. */
static long end_task(struct task *t, int signal, bool whole)
{
    struct process *p = t->process;

    if (whole || p->task_count == 1) {
        const siginfo_t info = { .si_signo = signal };

        process_exit(p, signal == SIGSYS && core_dump(t, &info) ? signal | CORE_DUMPED : signal);
    }
    task_die(t);
    return NO_RESULT;
}

static long answer_call(struct task *t, const uint64_t *a, uint32_t answer);

/* The tracer looks at the call, and may put another in its place or answer it. */
static long ask_tracer(struct task *t, const uint64_t *a, uint32_t data)
{
    uint64_t changed[8];

    if (!t->trace || !(t->trace->options & PTRACE_O_TRACESECCOMP)) {
        return -ENOSYS;
    }
    memcpy(changed, a, sizeof changed);
    t->trace->number = (int)a[6];
    trace_event(t, PTRACE_EVENT_SECCOMP, data);
    if (signal_is_fatal_pending(t)) {
        return -EINTR;
    }
    memcpy(changed, task_regs(t)->x, 6 * sizeof *changed);
    changed[6] = t->trace ? (uint64_t)t->trace->number : a[6];
    t->number = changed[6];
    t->first_argument = changed[0];
    if ((int)changed[6] < 0) {
        return (long)task_regs(t)->x[0];
    }
    uint32_t answer =
        ask(t, changed); /* the call that it is now, which nobody is asked about again */

    return (answer & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_TRACE
               ? call_of_table(t, changed[6], changed)
               : answer_call(t, changed, answer);
}

static long answer_call(struct task *t, const uint64_t *a, uint32_t answer)
{
    uint32_t data = answer & SECCOMP_RET_DATA;

    switch (answer & SECCOMP_RET_ACTION_FULL) {
    case SECCOMP_RET_ALLOW:
    case SECCOMP_RET_LOG:
        return call_of_table(t, a[6], a);
    case SECCOMP_RET_ERRNO:
        return -(long)(data < 4095 ? data : 4095);
    case SECCOMP_RET_TRAP:
        return send_sigsys(t, a, data);
    case SECCOMP_RET_TRACE:
        return ask_tracer(t, a, data);
    case SECCOMP_RET_KILL_THREAD:
        return end_task(t, SIGSYS, false);
    default: /* SECCOMP_RET_KILL_PROCESS, and what nobody knows */
        return end_task(t, SIGSYS, true);
    }
}

long seccomp_call(struct task *t, const uint64_t *a)
{
    int number = (int)a[6];

    if (t->seccomp_mode == SECCOMP_MODE_STRICT) {
        return number == __NR_read || number == __NR_write || number == __NR_exit ||
                       number == __NR_rt_sigreturn
                   ? call_of_table(t, a[6], a)
                   : end_task(t, SIGKILL, false);
    }
    return answer_call(t, a, ask(t, a));
}

/* ---- chains ---- */

static void drop(struct filter *f)
{
    while (f && --f->refs == 0) {
        struct filter *before = f->before;

        heap_free(f);
        f = before;
    }
}

void seccomp_inherit(struct task *child, const struct task *parent)
{
    child->seccomp_mode = parent->seccomp_mode;
    child->filter = parent->filter;
    if (child->filter) {
        child->filter->refs++;
    }
}

void seccomp_task_exit(struct task *t)
{
    drop(t->filter);
    t->filter = NULL;
}

unsigned seccomp_filters(const struct task *t)
{
    unsigned count = 0;

    for (const struct filter *f = t->filter; f; f = f->before) {
        count++;
    }
    return count;
}

/* A filter that the caller describes, not yet in its chain. */
static int filter_from_user(struct task *t, uint64_t program, struct filter **out)
{
    struct sock_fprog p;
    struct filter *f;

    if (copy_from_user(&p, program, sizeof p)) {
        return -EFAULT;
    }
    if (p.len == 0 || p.len > BPF_MAXINSNS) {
        return -EINVAL;
    }
    if (!t->process->no_new_privileges && !is_capable(&t->process->cred, CAP_SYS_ADMIN)) {
        return -EACCES;
    }
    f = heap_alloc(sizeof *f + p.len * sizeof *f->code);
    if (!f) {
        return -ENOMEM;
    }
    *f = (struct filter){ .refs = 1, .length = p.len };
    int err = copy_from_user(f->code, (uint64_t)p.filter, p.len * sizeof *f->code) ? -EFAULT
              : !is_program(f)                                                     ? -EINVAL
                                                                                   : 0;

    if (err) {
        heap_free(f);
        return err;
    }
    *out = f;
    return 0;
}

static bool has_room(const struct task *t, const struct filter *more)
{
    unsigned total = more->length;

    for (const struct filter *f = t->filter; f; f = f->before) {
        total += f->length + 4;
    }
    return total <= CHAIN_MOST;
}

/* May other have the chain of t instead of its own, which then must be a part of it? */
static bool may_follow(const struct task *t, const struct task *other)
{
    const struct filter *f = t->filter;

    if (other->seccomp_mode == SECCOMP_MODE_STRICT) {
        return false;
    }
    while (f && f != other->filter) {
        f = f->before;
    }
    return f == other->filter;
}

/* Number of a task of the process that cannot follow t; 0: none. */
static int find_other_way(const struct task *t)
{
    LIST_FOR(l, &t->process->tasks)
    {
        const struct task *other = CONTAINER(l, struct task, peer);

        if (!may_follow(t, other)) {
            return other->tid;
        }
    }
    return 0;
}

static void follow(struct task *t)
{
    LIST_FOR(l, &t->process->tasks)
    {
        struct task *other = CONTAINER(l, struct task, peer);

        if (other != t) {
            struct filter *old = other->filter;

            seccomp_inherit(other, t);
            drop(old);
        }
    }
}

static long set_strict(struct task *t)
{
    if (t->seccomp_mode == SECCOMP_MODE_FILTER) {
        return -EINVAL;
    }
    t->seccomp_mode = SECCOMP_MODE_STRICT;
    return 0;
}

static long set_filter(struct task *t, uint64_t flags, uint64_t program)
{
    const uint64_t known = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH |
                           SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
    struct filter *f;
    int err, other;

    if (flags & ~known) { /* a listener among them */
        return -EINVAL;
    }
    err = filter_from_user(t, program, &f);
    if (err) {
        return err;
    }
    other = flags & SECCOMP_FILTER_FLAG_TSYNC ? find_other_way(t) : 0;
    err = t->seccomp_mode == SECCOMP_MODE_STRICT    ? -EINVAL
          : !has_room(t, f)                         ? -ENOMEM
          : !other                                  ? 0
          : flags & SECCOMP_FILTER_FLAG_TSYNC_ESRCH ? -ESRCH
                                                    : other;
    if (err) {
        heap_free(f);
        return err;
    }
    f->before = t->filter;
    t->filter = f;
    t->seccomp_mode = SECCOMP_MODE_FILTER;
    if (flags & SECCOMP_FILTER_FLAG_TSYNC) {
        follow(t);
    }
    return 0;
}

static long is_action_available(uint64_t from)
{
    uint32_t action;

    if (copy_from_user(&action, from, sizeof action)) {
        return -EFAULT;
    }
    switch (action) {
    case SECCOMP_RET_KILL_PROCESS:
    case SECCOMP_RET_KILL_THREAD:
    case SECCOMP_RET_TRAP:
    case SECCOMP_RET_ERRNO:
    case SECCOMP_RET_TRACE:
    case SECCOMP_RET_LOG:
    case SECCOMP_RET_ALLOW:
        return 0;
    default: /* SECCOMP_RET_USER_NOTIF too */
        return -EOPNOTSUPP;
    }
}

long sys_seccomp(struct task *t, const uint64_t *a)
{
    switch ((uint32_t)a[0]) {
    case SECCOMP_SET_MODE_STRICT:
        return a[1] || a[2] ? -EINVAL : set_strict(t);
    case SECCOMP_SET_MODE_FILTER:
        return set_filter(t, (uint32_t)a[1], a[2]);
    case SECCOMP_GET_ACTION_AVAIL:
        return a[1] ? -EINVAL : is_action_available(a[2]);
    default:
        return -EINVAL;
    }
}

long seccomp_set_mode(struct task *t, uint64_t mode, uint64_t program)
{
    return mode == SECCOMP_MODE_STRICT   ? set_strict(t)
           : mode == SECCOMP_MODE_FILTER ? set_filter(t, 0, program)
                                         : -EINVAL;
}
