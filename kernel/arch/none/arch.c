/*
 * The port to nothing: every function of arch.h, in its order, with the least that fulfils its types.  It is compiled
 * and linked with all generic code, so what is missing here or there is found by the build; it never runs.  To begin
 * a port, copy this folder and replace each body; docs/porting.md says in which order.
 */
#include "../../arch.h"
#include "../../mem/mem.h"
#include "../../sched/cpu.h"

/* ---- time ---- */

uint64_t arch_now(void)
{
    return 0;
}

void arch_timer_set(uint64_t when)
{
    (void)when;
}

bool arch_irq_pending(void)
{
    return false;
}

/* ---- threads ---- */

void arch_thread_init(struct thread *t)
{
    t->regs.pstate = 0;
}

void arch_thread_set_foreign(struct thread *t, bool foreign)
{
    t->svc_base = foreign;
}

void arch_idle_init(struct cpu *cpu)
{
    cpu->idle.cpu = cpu;
    cpu->idle.space = &vspace_none;
}

void arch_cpu_init(struct cpu *cpu, const struct handoff *h)
{
    (void)cpu, (void)h;
}

void arch_trace_mode(bool on)
{
    (void)on;
}

void arch_fpu_enable(bool on)
{
    (void)on;
}

void arch_message_word0(word_t *to)
{
    *to = 0;
}

void arch_space_load(word_t space_word)
{
    (void)space_word;
}

void arch_fpu_save(struct thread *t)
{
    (void)t;
}

void arch_fpu_load(const struct thread *t)
{
    (void)t;
}

/* ---- translation tables: bit 0 leaf, bit 1 table, bits 4..2 rights, bit 5 mark ---- */

#define PTE_LEAF   1u
#define PTE_TABLE  2u
#define PTE_RIGHTS 2 /* shift */
#define PTE_MARK   32u

word_t arch_pte_table(word_t table_paddr)
{
    return table_paddr | PTE_TABLE;
}

word_t arch_pte_leaf(word_t paddr, unsigned level, unsigned rights, unsigned attr)
{
    (void)level, (void)attr;
    return paddr | PTE_LEAF | (word_t)rights << PTE_RIGHTS;
}

bool arch_pte_is_table(word_t pte, unsigned level)
{
    (void)level;
    return (pte & PTE_TABLE) != 0;
}

bool arch_pte_is_leaf(word_t pte, unsigned level)
{
    (void)level;
    return (pte & PTE_LEAF) != 0;
}

word_t arch_pte_paddr(word_t pte)
{
    return pte & ~(word_t)(TESS_PAGE - 1);
}

unsigned arch_pte_rights(word_t pte)
{
    return pte >> PTE_RIGHTS & 7;
}

word_t arch_pte_mark(word_t pte)
{
    return pte | PTE_MARK;
}

bool arch_pte_is_marked(word_t pte)
{
    return (pte & PTE_MARK) != 0;
}

void arch_pte_write(word_t *pte, word_t value)
{
    *pte = value;
}

void arch_tlb_publish(void)
{
}

void arch_tlb_range(word_t asid, word_t vaddr, unsigned pages)
{
    (void)asid, (void)vaddr, (void)pages;
}

void arch_tlb_asid(word_t asid)
{
    (void)asid;
}

void arch_tlb_sync(void)
{
}

word_t arch_space_word(word_t root_paddr, word_t asid)
{
    return root_paddr | asid;
}

void arch_zero_page(void *page)
{
    for (unsigned i = 0; i < TESS_PAGE / sizeof(word_t); i++) {
        LOOP_BOUND(TESS_PAGE / 8);
        ((volatile word_t *)page)[i] = 0;
    }
}

void arch_icache_sync(void *at, word_t bytes)
{
    (void)at, (void)bytes;
}

/* ---- machine ---- */

_Noreturn void arch_power_off(void)
{
    arch_halt();
}

_Noreturn void arch_reset(void)
{
    arch_halt();
}

_Noreturn void arch_halt(void)
{
    for (;;) {
    }
}

void arch_backtrace(void (*print)(word_t pc))
{
    print(0);
}
