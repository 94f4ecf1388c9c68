/*
 * The contract with one CPU architecture: everything generic code asks of it, one duty each.  A port implements
 * these and the entry path (arch/none shows the list compiles and links alone; docs/porting.md is the guide).
 */
#ifndef KERNEL_ARCH_H
#define KERNEL_ARCH_H

#include "types.h"

struct thread;
struct cpu;
struct handoff;

/* Defines arch_direct_base() (direct map: kernel address = physical + this), and, where marked below, functions that
 * must not cost a call. */
#include <arch_inline.h>

/* ---- time: one 64-bit counter that user programs can read too, one comparator per CPU ---- */
#ifndef ARCH_TIME_INLINE
uint64_t arch_now(void);            /* ticks */
void arch_timer_set(uint64_t when); /* interrupt once now >= when; UINT64_MAX = never */
#endif

/* ---- interrupts ---- */
#ifndef ARCH_IRQ_INLINE
bool arch_irq_pending(void); /* an interrupt would be taken if they were not masked */
#endif

/* ---- threads ---- */
void arch_thread_init(struct thread *t); /* fresh registers: user mode, interrupts on */
void arch_thread_set_foreign(struct thread *t, bool foreign);
void arch_idle_init(
    struct cpu *cpu); /* make cpu->idle a thread that waits for interrupts in the kernel */
void arch_cpu_init(struct cpu *cpu, const struct handoff *h);
void arch_trace_mode(bool on); /* every entry takes the recorded path */
#ifndef ARCH_FPU_INLINE
void arch_fpu_enable(bool on); /* user access to FP registers */
#endif
#ifndef ARCH_PATH_INLINE
void arch_message_word0(
    word_t *to); /* message path only: store the live register that carries message word 0 */
void arch_space_load(word_t space_word); /* make it the current user address space */
#endif
void arch_fpu_save(struct thread *t);
void arch_fpu_load(const struct thread *t);

/* ---- translation tables: 512 entries a page, levels 0 (root) .. 3; tables are named by physical address ---- */
#ifndef ARCH_PTE_INLINE
word_t arch_pte_table(word_t table_paddr);
word_t arch_pte_leaf(word_t paddr, unsigned level, unsigned rights, unsigned attr);
bool arch_pte_is_table(word_t pte, unsigned level);
bool arch_pte_is_leaf(word_t pte, unsigned level);
word_t arch_pte_paddr(word_t pte);
unsigned arch_pte_rights(word_t pte); /* TESS_RIGHT_READ | WRITE | EXEC of a leaf */
word_t arch_pte_mark(word_t pte);     /* the leaf with a mark that the hardware ignores */
bool arch_pte_is_marked(word_t pte);
void arch_pte_write(word_t *pte, word_t value); /* visible to the walker after arch_tlb_publish */
#endif
void arch_tlb_publish(void); /* after writing invalid -> valid entries */
void arch_tlb_range(word_t asid, word_t vaddr,
                    unsigned pages); /* drop translations; complete after arch_tlb_sync */
void arch_tlb_asid(word_t asid);     /* drop all of one address space */
void arch_tlb_sync(void);
word_t arch_space_word(word_t root_paddr, word_t asid); /* what the switch loads; never 0 */
void arch_zero_page(void *page);                        /* TESS_PAGE bytes, page aligned */
void arch_icache_sync(void *at, word_t bytes); /* newly written instructions may be executed */

#include "vm/arch_guest.h"

/* ---- machine ---- */
_Noreturn void arch_power_off(void);
_Noreturn void arch_reset(void);
_Noreturn void arch_halt(void);
void arch_backtrace(void (*print)(word_t pc)); /* the only callback of the kernel: used by panic */

#endif
