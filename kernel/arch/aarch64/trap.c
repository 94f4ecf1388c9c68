/* Exceptions from user mode after everything has been saved (entry.S): what it was, who must know. */
#include "../../boot/handoff.h"
#include "../../debug/debug.h"
#include "../../dev/dev.h"
#include "../../ipc/ipc.h"
#include "../../panic.h"
#include "../../trace.h"
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

/* First use of FP registers since the switch: bring in the thread's. */
static void trap_fp(struct thread *t, struct cpu *cpu)
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

static void fault(struct thread *t, enum tess_fault kind, word_t w0, word_t w1, word_t w2, word_t w3, unsigned count)
{
    word_t words[4] = {w0, w1, w2, w3};
    ipc_fault(t, &t->slot[THREAD_FAULT], kind, words, count);
}

/* svc of a foreign thread: the arguments as Linux passes them, number in x8. */
static void foreign_svc(struct thread *t)
{
    word_t words[8] = {t->regs.x[0], t->regs.x[1], t->regs.x[2], t->regs.x[3],
                       t->regs.x[4], t->regs.x[5], t->regs.x[8], t->regs.pc};
    ipc_fault(t, &t->slot[THREAD_FAULT], TESS_FAULT_syscall, words, 8);
}

static void trap_abort(struct thread *t, word_t esr, word_t far, bool fetch)
{
    unsigned fsc = esr & FSC_MASK;
    enum tess_fault kind = TESS_FAULT_page;

    if (fsc == FSC_EXTERNAL || (fsc >= 0x14 && fsc <= 0x17)) {
        kind = TESS_FAULT_hardware;
    } else if (fsc == FSC_ALIGNMENT) {
        kind = TESS_FAULT_alignment;
    }
    fault(t, kind, far, esr, t->regs.pc, fetch, kind == TESS_FAULT_page ? 4 : 3);
}

void trap_sync(struct thread *t, struct cpu *cpu, word_t esr, word_t far)
{
    switch (esr >> 26) {
    case EC_SVC64:
        if (t->flags & THREAD_FOREIGN) {
            foreign_svc(t);
        } else {
            ipc_syscall(cpu, t, (unsigned)(esr & SVC_IMM));
        }
        break;
    case EC_DATA_LOWER:
        trap_abort(t, esr, far, false);
        break;
    case EC_FETCH_LOWER:
        trap_abort(t, esr, far, true);
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
    schedule(cpu);
}

void trap_syscall(struct thread *t, struct cpu *cpu, word_t esr)
{
    ipc_syscall(cpu, t, (unsigned)(esr & SVC_IMM));
    schedule(cpu);
}

void trap_irq(struct thread *t, struct cpu *cpu)
{
    uint32_t line = gic_ack();

    (void)t;
    if (line == timer_line) {
        timers_expire(cpu);
        gic_deactivate(line);
    } else if (line < irq_count) {
        irq_deliver(cpu, line);
    }
    schedule(cpu);
}

void trap_serror(struct thread *t, struct cpu *cpu, word_t esr)
{
    if (t == &cpu->idle) {
        panic("system error while idle");
    }
    fault(t, TESS_FAULT_hardware, 0, esr, t->regs.pc, 0, 3);
    schedule(cpu);
}
