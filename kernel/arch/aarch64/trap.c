/* Exceptions from user mode after everything has been saved (entry.S): what it was, who must know. */
#include "../../boot/handoff.h"
#include "../../debug/debug.h"
#include "../../dev/dev.h"
#include "../../cap/invoke.h"
#include "../../ipc/ipc.h"
#include "../../panic.h"
#include "../../sched/direct.h"
#include "../../trace.h"
#include "../../vm/vgic.h"
#include "arch_private.h"

/* Exception classes, ESR_ELx.EC (Arm ARM D17.2.37). */
enum {
    EC_FP = 0x07,
    EC_SVC64 = 0x15,
    EC_FETCH_LOWER = 0x20,
    EC_PC_ALIGN = 0x22,
    EC_DATA_LOWER = 0x24,
    EC_SP_ALIGN = 0x26,
    EC_BREAK_LOWER = 0x30,
    EC_STEP_LOWER = 0x32,
    EC_WATCH_LOWER = 0x34,
    EC_BRK = 0x3c,
};

#define FSC_MASK      0x3fu
#define FSC_EXTERNAL  0x10u /* synchronous external abort; 0x14..0x17 on a table walk */
#define FSC_ALIGNMENT 0x21u
#define SVC_IMM       0xffffu

static uint32_t timer_line;

void trap_init(const struct handoff *h)
{
    timer_line = (uint32_t)h->timer_irq;
}

void trap_fp(struct thread *t, struct cpu *cpu)
{
    if (cpu->fpu_owner == t) {
        arch_fpu_enable(true);
    } else {
        if (cpu->fpu_owner != NULL) {
            arch_fpu_save(cpu->fpu_owner);
        }
        arch_fpu_load(t);
        cpu->fpu_owner = t;
    }
    cpu->fpu_on = 1;
}

/* Before the exit: who runs, if that may have changed. */
ALWAYS_INLINE void leave(struct cpu *cpu, struct thread *self)
{
    if (unlikely(cpu->pending)) {
        finish(cpu, self);
    }
}

static void fault(struct thread *t, enum tess_fault kind, word_t w0, word_t w1, word_t w2,
                  word_t w3, unsigned count)
{
    word_t words[4] = { w0, w1, w2, w3 };

    ipc_fault(t, &t->slot[THREAD_FAULT], kind, words, count);
}

static void page_fault(struct thread *t, struct cpu *cpu, word_t far, word_t esr, bool fetch)
{
    struct thread *to = fault_directly(cpu, t, TESS_FAULT_page, 4);

    if (unlikely(to == NULL)) {
        return fault(t, TESS_FAULT_page, far, esr, t->regs.pc, fetch, 4);
    }
    word_t *w = &to->regs.x[10];
    w[0] = far;
    w[1] = esr;
    w[2] = t->regs.pc;
    w[3] = fetch;
    w[4] = w[5] = w[6] = w[7] = 0;
}

/* svc of a foreign thread: the arguments as Linux passes them, number in x8. */
static void foreign_svc(struct thread *t, struct cpu *cpu)
{
    struct thread *to = fault_directly(cpu, t, TESS_FAULT_syscall, 8);
    const word_t *x = t->regs.x;

    if (unlikely(to == NULL)) {
        word_t words[8] = { x[0], x[1], x[2], x[3], x[4], x[5], x[8], t->regs.pc };
        return ipc_fault(t, &t->slot[THREAD_FAULT], TESS_FAULT_syscall, words, 8);
    }
    word_t *w = &to->regs.x[10];
    w[0] = x[0];
    w[1] = x[1];
    w[2] = x[2];
    w[3] = x[3];
    w[4] = x[4];
    w[5] = x[5];
    w[6] = x[8];
    w[7] = t->regs.pc;
}

static void trap_abort(struct thread *t, struct cpu *cpu, word_t esr, word_t far, bool fetch)
{
    unsigned fsc = esr & FSC_MASK;

    if (unlikely(fsc == FSC_EXTERNAL || (fsc >= 0x14 && fsc <= 0x17))) {
        fault(t, TESS_FAULT_hardware, far, esr, t->regs.pc, 0, 3);
    } else if (unlikely(fsc == FSC_ALIGNMENT)) {
        fault(t, TESS_FAULT_alignment, far, esr, t->regs.pc, 0, 3);
    } else {
        page_fault(t, cpu, far, esr, fetch);
    }
}

/* The rarer classes. */
static __attribute__((noinline)) void trap_other(struct thread *t, struct cpu *cpu, word_t esr,
                                                 word_t far)
{
    switch (esr >> 26) {
    case EC_SVC64: /* while tracing; a number that does not exist */
        ipc_syscall(cpu, t, (unsigned)(esr & SVC_IMM));
        break;
    case EC_FP:
        trap_fp(t, cpu);
        break;
    case EC_PC_ALIGN:
    case EC_SP_ALIGN:
        fault(t, TESS_FAULT_alignment, far, esr, t->regs.pc, 0, 3);
        break;
    case EC_BREAK_LOWER:
    case EC_STEP_LOWER:
    case EC_WATCH_LOWER:
    case EC_BRK:
        fault(t, TESS_FAULT_debug, esr, t->regs.pc, 0, 0, 2);
        break;
    default:
        fault(t, TESS_FAULT_undefined, esr, t->regs.pc, 0, 0, 2);
        break;
    }
}

void trap_sync(struct thread *t, struct cpu *cpu, word_t esr, word_t far)
{
    unsigned class = (unsigned)(esr >> 26);

    if (class == EC_SVC64 && (t->flags & THREAD_FOREIGN)) {
        foreign_svc(t, cpu);
    } else if (class == EC_DATA_LOWER || class == EC_FETCH_LOWER) {
        trap_abort(t, cpu, esr, far, class == EC_FETCH_LOWER);
    } else {
        trap_other(t, cpu, esr, far);
    }
    leave(cpu, t);
}

void trap_syscall(struct thread *t, struct cpu *cpu, word_t esr)
{
    ipc_syscall(cpu, t, (unsigned)(esr & SVC_IMM));
    leave(cpu, t);
}

void trap_finish(struct thread *t, struct cpu *cpu)
{
    finish(cpu, t);
}

/* An interrupt whose driver waits and is the most urgent goes straight to it; false: not directly. */
ALWAYS_INLINE bool irq_directly(struct cpu *cpu, struct thread *cur, uint32_t line)
{
    struct irq_line *l = &irq_lines[line];

    (void)lock_fpu(cpu);
    if (l->slot.type != TESS_TYPE_notification || (l->quiet && line >= gic_wires) ||
        cpu->trace_on) {
        return false;
    }
    struct notification *n = (struct notification *)l->slot.object;
    struct thread *to = signal_target(n);
    uint64_t now;
    if (to == NULL || !preempt_directly(cpu, cur, to, &now)) {
        return false;
    }
    /* ---- commit ---- */
    l->quiet = IRQ_ACTIVE;
    to->regs.x[0] = signal_take(n, to, l->slot.badge);
    to->regs.x[1] = TESS_TAG_SIGNAL;
    preempt_commit(cpu, cur, to, now);
    return true;
}

static __attribute__((noinline)) void irq_other(struct thread *t, struct cpu *cpu, uint32_t line)
{
    if (line == timer_line) {
        timers_expire(cpu);
        gic_deactivate(line);
    } else if (line < irq_count && !vgic_irq(cpu, line)) {
        irq_deliver(cpu, line);
    }
    leave(cpu, t);
}

void trap_irq(struct thread *t, struct cpu *cpu)
{
    uint32_t line = gic_ack();

    /* lines of the kernel itself have no notification */
    if (line >= irq_count || !irq_directly(cpu, t, line)) {
        irq_other(t, cpu, line);
    }
}

void trap_serror(struct thread *t, struct cpu *cpu, word_t esr)
{
    if (t == &cpu->idle) {
        panic("system error while idle");
    }
    fault(t, TESS_FAULT_hardware, 0, esr, t->regs.pc, 0, 3);
    leave(cpu, t);
}
