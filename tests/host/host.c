/*
 * The kernel core on this machine: everything of kernel/ that is not one CPU architecture, with sanitizers, a simulated
 * processor and the same guardian and workers as on the target.  All invariants are verified after every entry.
 *
 * A thread's program is simulated by its pc: worker_entry, worker_spin and the two addresses of one system call of a
 * worker; everything else is not mapped.  Memory is "physical" memory at HOST_DIRECT; addresses of user programs are
 * translated by the page tables that the kernel wrote.  What the hardware may keep in its TLB is kept in a list, and
 * must not be used wrongly: an entry that the tables no longer say and that nobody invalidated is a failure.
 */
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../../kernel/boot/boot.h"
#include "../../kernel/cap/cnode.h"
#include "../../kernel/cap/invoke.h"
#include "../../kernel/debug/audit.h"
#include "../../kernel/debug/debug.h"
#include "../../kernel/dev/dev.h"
#include "../../kernel/ipc/path.h"
#include "../../kernel/trace.h"
#include "../fuzz/random.h"
#include "../fuzz/worker.h"

#include <tessera/bootinfo.h>

#define RAM_BASE    0x40000000ull
#define RAM_BYTES   0x2000000ull
#define PROGRAM     0x400000ull /* where the simulated root program lies */
#define TIMER_LINE  30u
#define LINES       64u
#define MESSAGES    16u         /* the last of them */
#define PC_SVC      0x410000ull /* a worker's svc instruction */
#define PC_ENTRY    0x420000ull
#define PC_SPIN     0x430000ull
#define TLB         64u
#define CHECK_STEPS 64u

uint64_t host_now = 1000, host_timer = UINT64_MAX, host_fpu_users;
uint64_t host_random, host_steps, host_verify = UINT64_MAX;
static uint64_t mask_bits[LINES];
static const char *last_entry = "boot";

static struct {
    char stack[64];
    struct cpu cpu;
} boot_cpu __attribute__((aligned(64)));

static struct thread *guardian;
const struct tess_bootinfo *tess_bootinfo;

/* ---- ends ---- */

static _Noreturn void stop(const char *what)
{
    printf("FAIL: step %lu, entry %s: %s\n", host_steps, last_entry, what);
    fflush(stdout);
    abort();
}

_Noreturn void panic(const char *what)
{
    stop(what);
}

_Noreturn void assert_failed(const char *expr, const char *file, int line)
{
    printf("FAIL: %s:%d: %s\n", file, line, expr);
    stop("assertion");
}

_Noreturn void arch_power_off(void)
{
    stop("power off");
}

_Noreturn void arch_reset(void)
{
    stop("reset");
}

_Noreturn void boot_die(const char *why)
{
    stop(why);
}

/* ---- the architecture ---- */

bool host_irq_pending(void)
{
    return host_now >= host_timer || random_chance(&host_random, 6);
}

void arch_thread_init(struct thread *t)
{
    t->svc_base = 0;
}

void arch_thread_set_foreign(struct thread *t, bool foreign)
{
    t->svc_base = foreign;
}

void arch_idle_init(struct cpu *cpu)
{
    cpu->idle.cpu = cpu;
    cpu->idle.state = TESS_THREAD_SUSPENDED;
    cpu->idle.space = &vspace_none;
}

void arch_trace_mode(bool on)
{
    (void)on;
}

void arch_fpu_save(struct thread *t)
{
    t->fpu.spare++;
}

void arch_fpu_load(const struct thread *t)
{
    (void)t;
}

void arch_message_word0(word_t *to)
{
    *to = cpu_boot->current->regs.x[10];
}

void arch_space_load(word_t space_word)
{
    (void)space_word;
}

/* An entry: bits 63..60 of a leaf say that it is one, 59..56 rights, 55..52 attribute; a table is its address + 1. */
#define LEAF      0xa000000000000000ull
#define LEAF_BAD  (1ull << 51) /* not aligned for its level: may be computed, not written */
#define LEAF_MARK (1ull << 55)

word_t arch_pte_table(word_t table_paddr)
{
    return table_paddr | 1;
}

word_t arch_pte_leaf(word_t paddr, unsigned level, unsigned rights, unsigned attr)
{
    word_t bad = level == 0 || paddr % (4096ull << 9 * (3 - level)) != 0 ? LEAF_BAD : 0;

    return LEAF | bad | (word_t)rights << 56 | (word_t)attr << 52 | paddr;
}

bool arch_pte_is_table(word_t pte, unsigned level)
{
    return level < 3 && pte >> 60 == 0 && (pte & 1);
}

bool arch_pte_is_leaf(word_t pte, unsigned level)
{
    return level > 0 && pte >> 60 == LEAF >> 60;
}

word_t arch_pte_paddr(word_t pte)
{
    return pte & 0x0000fffffffff000ull;
}

unsigned arch_pte_rights(word_t pte)
{
    return pte >> 56 & 0xf;
}

word_t arch_pte_mark(word_t pte)
{
    return pte | LEAF_MARK;
}

bool arch_pte_is_marked(word_t pte)
{
    return (pte & LEAF_MARK) != 0;
}

void arch_pte_write(word_t *pte, word_t value)
{
    if (value & LEAF_BAD) {
        stop("a leaf that the hardware does not have");
    }
    *pte = value;
}

void arch_tlb_publish(void)
{
}

void arch_tlb_sync(void)
{
}

word_t arch_space_word(word_t root_paddr, word_t asid)
{
    return asid << 48 | root_paddr;
}

void arch_zero_page(void *page)
{
    memset(page, 0, TESS_PAGE);
}

void arch_icache_sync(void *at, word_t bytes)
{
    (void)at, (void)bytes;
}

/* ---- the TLB ---- */

static struct {
    word_t asid, page, pte;
    word_t pages; /* a block is one entry: each address in it drops all of it */
} tlb[TLB];

void arch_tlb_range(word_t asid, word_t vaddr, unsigned pages)
{
    for (unsigned i = 0; i < TLB; i++) {
        word_t first = tlb[i].page & ~(tlb[i].pages - 1), from = vaddr / TESS_PAGE;
        if (tlb[i].asid == asid && first < from + pages && from < first + tlb[i].pages) {
            tlb[i].asid = 0;
        }
    }
}

void arch_tlb_asid(word_t asid)
{
    for (unsigned i = 0; i < TLB; i++) {
        if (tlb[i].asid == asid) {
            tlb[i].asid = 0;
        }
    }
}

/* The leaf for va under the table root, with the page of va in its address, and how many pages it maps; 0: none. */
static word_t translate_leaf(word_t root, word_t va, word_t *pages)
{
    word_t table = root;

    for (unsigned level = 0; level < 4 && table != 0; level++) {
        unsigned shift = 12 + 9 * (3 - level);
        word_t pte = ((word_t *)(HOST_DIRECT + table))[va >> shift & 511];
        if (arch_pte_is_leaf(pte, level)) {
            *pages = 1ull << (shift - 12);
            return pte + (va & ((1ull << shift) - 1) & ~0xfffull);
        }
        table = arch_pte_is_table(pte, level) ? arch_pte_paddr(pte) : 0;
    }
    return 0;
}

static word_t translate(word_t root, word_t va)
{
    word_t pages;

    return translate_leaf(root, va, &pages);
}

/* What is in the TLB must be what the tables of the number's present user say. */
static void tlb_check(void)
{
    for (unsigned i = 0; i < TLB; i++) {
        if (tlb[i].asid == 0) {
            continue;
        }
        const struct vspace *user = NULL;
        for (uint32_t n = 0; n < audit.object_count && !user; n++) {
            const struct vspace *v = (const struct vspace *)audit.object[n].object;
            if (audit.object[n].type == TESS_TYPE_vspace && v->asid == tlb[i].asid) {
                user = v;
            }
        }
        if (user == NULL || user->root == 0 ||
            translate(user->root, tlb[i].page * TESS_PAGE) != tlb[i].pte) {
            printf("asid %lx page %lx: %lx\n", tlb[i].asid, tlb[i].page, tlb[i].pte);
            stop("a stale translation may be used");
        }
    }
}

/* The hardware walks the tables of a space that has a number. */
static void tlb_fill(word_t root, word_t asid, word_t va)
{
    word_t pages, pte = translate_leaf(root, va, &pages);

    if (pte != 0) {
        unsigned i = (unsigned)random_below(&host_random, TLB);
        tlb[i].asid = asid;
        tlb[i].page = va / TESS_PAGE;
        tlb[i].pte = pte;
        tlb[i].pages = pages;
    }
}

static void tlb_speculate(void)
{
    word_t word = cpu_boot->space_word;
    word_t asid = word >> 48, root = word & 0xffffffffffffull;

    for (unsigned n = 0; asid != 0 && n < 4; n++) {
        word_t page = random_chance(&host_random, 70) ? random_below(&host_random, 64)
                                                      : random_below(&host_random, 2048);
        tlb_fill(root, asid, PLAY_BASE + page * TESS_PAGE);
    }
    if (asid != 0) {
        tlb_fill(root, asid, worker_address((unsigned)random_below(&host_random, WORKER_COUNT)));
    }
}

/* ---- devices ---- */

uint32_t gic_wires;

uint32_t gic_line(word_t intid)
{
    return intid < LINES ? (uint32_t)intid : UINT32_MAX;
}

void gic_deactivate(uint32_t line)
{
    (void)line;
}

void gic_mask(uint32_t line)
{
    mask_bits[line] = 1;
}

void gic_unmask(uint32_t line)
{
    mask_bits[line] = 0;
}

void gic_set_trigger(uint32_t line, bool edge)
{
    (void)line, (void)edge;
}

bool uart_put(char c)
{
    putchar(c);
    return true;
}

/* ---- exits of the message path ---- */

static unsigned path_number;

/* As the trap handlers do at their end. */
static void leave_kernel(struct cpu *cpu, struct thread *self)
{
    if (cpu->pending) {
        finish(cpu, self);
    }
}

void path_invoke(word_t slot, word_t tag, word_t unused, struct cap *c, struct thread *self,
                 struct cpu *cpu)
{
    (void)slot, (void)unused;
    invoke(cpu, self, c, tag);
    leave_kernel(cpu, self);
}

void path_slow(word_t slot, word_t tag, word_t deadline, word_t slot2, struct thread *self,
               struct cpu *cpu)
{
    const word_t arguments[4] = { slot, tag, deadline, slot2 };

    memcpy(self->regs.x, arguments, sizeof arguments);
    ipc_syscall(cpu, self, path_number);
    leave_kernel(cpu, self);
}

static void exit_native(struct thread *t, word_t badge, word_t tag)
{
    t->regs.x[0] = badge;
    t->regs.x[1] = tag;
    memset(&t->regs.x[2], 0, 8 * sizeof(word_t));
}

void exit_same(word_t badge, word_t tag, struct thread *self, struct cpu *cpu)
{
    (void)cpu;
    exit_native(self, badge, tag);
}

void switch_native(word_t badge, word_t tag, struct thread *to, word_t unused, struct thread *from)
{
    (void)unused;
    memcpy(&to->regs.x[10], &from->regs.x[10], 8 * sizeof(word_t));
    exit_native(to, badge, tag);
}

void switch_yield(word_t unused0, word_t unused1, struct thread *to, word_t unused3,
                  struct thread *from)
{
    (void)unused0, (void)unused1, (void)to, (void)unused3;
    exit_native(from, 0, 0);
}

void switch_signal(word_t bits, word_t tag, struct thread *to, word_t unused, struct thread *from)
{
    (void)unused;
    exit_native(from, 0, 0);
    exit_native(to, bits, tag);
}

void switch_full(word_t unused0, word_t unused1, struct thread *to, word_t unused3,
                 struct thread *from)
{
    (void)unused0, (void)unused1, (void)to, (void)unused3, (void)from;
}

/* ---- threads ---- */

void worker_entry(void)
{
}

void worker_spin(void)
{
}

/* Thorough only now and then: it walks every page table. */
static void leave(void)
{
    host_steps++;
    if (host_steps % CHECK_STEPS == 0 || host_steps >= host_verify) {
        kernel_check();
    } else {
        debug_exit_hook();
    }
    tlb_check();
}

static void fault(struct thread *t, enum tess_fault kind, word_t a)
{
    word_t words[8] = { a, 0, t->regs.pc };

    last_entry = "fault";
    ipc_fault(t, &t->slot[THREAD_FAULT], kind, words, kind == TESS_FAULT_syscall ? 8 : 4);
    leave_kernel(cpu_boot, t);
    leave();
}

static void entry_svc(struct thread *t, unsigned number)
{
    static char name[32];
    struct cpu *cpu = cpu_boot;
    word_t *x = t->regs.x;

    snprintf(name, sizeof name, "svc %u cap %lx tag %lx", number, x[0], x[1]);
    last_entry = name;
    t->regs.pc += 4;
    if (t->flags & THREAD_FOREIGN) {
        return fault(t, TESS_FAULT_syscall, x[0]);
    }
    if (number >= TESS_SYS_COUNT) {
        t->regs.pc -= 4;
        return fault(t, TESS_FAULT_undefined, number);
    }
    path_number = number;
    switch (random_chance(&host_random, 90) ? number : 99) {
    case TESS_SYS_call:
        path_call(x[0], x[1], x[2], x[3], t, cpu);
        break;
    case TESS_SYS_reply_recv:
        path_reply_recv(x[0], x[1], x[2], x[3], t, cpu);
        break;
    case TESS_SYS_signal:
        path_signal(x[0], x[1], x[2], x[3], t, cpu);
        break;
    case TESS_SYS_yield:
        path_yield(x[0], x[1], x[2], x[3], t, cpu);
        break;
    case TESS_SYS_recv:
        path_recv(x[0], x[1], x[2], x[3], t, cpu);
        break;
    case TESS_SYS_ack_recv:
        path_ack_recv(x[0], x[1], x[2], x[3], t, cpu);
        break;
    case TESS_SYS_nop:
        path_nop(x[0], x[1], x[2], x[3], t, cpu);
        break;
    default:
        path_slow(x[0], x[1], x[2], x[3], t, cpu);
        break;
    }
    leave();
}

static struct worker *user_worker(const struct thread *t, word_t va)
{
    word_t pte = t->vspace != NULL && va % TESS_PAGE == 0 ? translate(t->vspace->root, va) : 0;
    word_t last = pte != 0 ? translate(t->vspace->root, va + WORKER_BYTES - TESS_PAGE) : 0;

    if (last == 0 || arch_pte_paddr(last) - arch_pte_paddr(pte) != WORKER_BYTES - TESS_PAGE ||
        !(arch_pte_rights(pte) & TESS_RIGHT_WRITE) || arch_pte_paddr(pte) < RAM_BASE ||
        arch_pte_paddr(pte) >= RAM_BASE + RAM_BYTES) {
        return NULL;
    }
    return (struct worker *)(HOST_DIRECT + arch_pte_paddr(pte));
}

/* The worker's svc is over, or this is its first: the next one. */
static void next_svc(struct thread *t, struct worker *w, bool first)
{
    struct svc_registers r;

    if (!first) {
        memcpy(r.x, t->regs.x, sizeof r.x);
        memcpy(r.kept, &t->regs.x[19], sizeof r.kept);
        worker_done(w, (unsigned)t->regs.x[30], &r, t->regs.tls);
    }
    w->now = host_now;
    uint64_t pattern = w->calls << 8;
    t->regs.x[30] = worker_next(w, &r);
    memcpy(t->regs.x, r.x, sizeof r.x);
    t->regs.tls = pattern;
    for (unsigned i = 0; i < 11; i++) {
        t->regs.x[19 + i] = pattern + 19 + i;
    }
    t->regs.pc = PC_SVC;
}

/* Its first FP instruction since the switch: as the trap handler does. */
static void use_fpu(struct thread *t)
{
    struct cpu *cpu = cpu_boot;

    if (cpu->fpu_owner != NULL && cpu->fpu_owner != t) {
        arch_fpu_save(cpu->fpu_owner);
    }
    cpu->fpu_owner = t;
    cpu->fpu_on = 1;
}

/* One system call, or fault, of the current thread. */
static void run_thread(struct thread *t)
{
    word_t pc = t->regs.pc;

    if (pc == (word_t)worker_entry) {
        struct worker *w = user_worker(t, t->regs.x[0]);
        if (w == NULL) {
            return fault(t, TESS_FAULT_page, t->regs.x[0]);
        }
        if (w->busy) {
            t->regs.pc = (word_t)worker_spin;
            return;
        }
        w->busy = 1;
        t->regs.sp = t->regs.x[0];
        next_svc(t, w, true);
    } else if (pc == PC_SVC + 4) {
        struct worker *w = user_worker(t, t->regs.sp);
        if (w == NULL) {
            return fault(t, TESS_FAULT_page, t->regs.sp);
        }
        next_svc(t, w, false);
    } else if (pc == (word_t)worker_spin) {
        return entry_svc(t, TESS_SYS_nop);
    } else if (pc == (word_t)worker_spin + 4) {
        return entry_svc(t, TESS_SYS_yield);
    } else if (pc == (word_t)worker_spin + 8) {
        return fault(t, TESS_FAULT_debug, 0);
    } else if (pc != PC_SVC) {
        return fault(t, TESS_FAULT_page, pc);
    }
    if (random_chance(&host_random, 20)) {
        use_fpu(t);
    }
    if (random_chance(&host_random, 2)) {
        return fault(t, TESS_FAULT_page, 0x1000);
    }
    entry_svc(t, (unsigned)t->regs.x[30]);
}

/* ---- interrupts ---- */

static void interrupt(void)
{
    struct cpu *cpu = cpu_boot;
    uint32_t line = (uint32_t)random_below(&host_random, LINES);

    if (host_now >= host_timer) {
        last_entry = "timer";
        timers_expire(cpu);
    } else if ((line >= gic_wires || (!mask_bits[line] && !(irq_lines[line].quiet & IRQ_ACTIVE))) &&
               line != TIMER_LINE) {
        last_entry = "interrupt";
        irq_deliver(cpu, line);
    } else {
        return;
    }
    leave_kernel(cpu, cpu->current);
    leave();
}

static void advance(void)
{
    uint64_t *r = &host_random;
    struct thread *t = cpu_boot->current;

    host_now += random_below(r, random_chance(r, 5) ? 8000 : 60);
    if (t == &cpu_boot->idle) {
        if (host_timer == UINT64_MAX) {
            stop("the system sleeps for ever: the guardian's deadline is lost");
        }
        host_now = host_now > host_timer ? host_now : host_timer;
    }
    if (host_now >= host_timer || random_chance(r, 3)) {
        interrupt();
        return;
    }
    tlb_speculate();
    if (t != &cpu_boot->idle && t != guardian) {
        run_thread(t);
    }
}

/* Everybody else until the guardian runs. */
static void run_until_guardian(void)
{
    uint64_t begin = host_steps;

    while (cpu_boot->current != guardian) {
        if (host_steps - begin > 10000000) {
            stop("the guardian does not get the processor");
        }
        advance();
    }
}

struct tess_msg host_svc(unsigned number, uint64_t x0, uint64_t x1, uint64_t x2,
                         const struct tess_words *w)
{
    struct tess_msg m;
    word_t *x = guardian->regs.x;

    x[0] = x0;
    x[1] = x1;
    x[2] = x2;
    x[3] = 0;
    memcpy(&x[10], w->w, sizeof w->w);
    guardian->regs.pc = PROGRAM;
    do { /* again while it is preempted */
        entry_svc(guardian, number);
        run_until_guardian();
        host_now += 20;
        interrupt();
        run_until_guardian();
    } while (guardian->regs.pc == PROGRAM);
    m = (struct tess_msg){ .badge = x[0], .tag = x[1] };
    memcpy(m.w, &x[10], sizeof m.w);
    return m;
}

void *host_pointer(uint64_t va)
{
    word_t pte = translate(guardian->vspace->root, va);

    if (pte == 0) {
        stop("the guardian uses an address that is not mapped");
    }
    return (void *)(HOST_DIRECT + arch_pte_paddr(pte) + va % TESS_PAGE);
}

/* ---- boot ---- */

struct cpu *const cpu_boot = &boot_cpu.cpu;

static char *boot_next;

void *host_alloc(uint64_t bytes)
{
    char *p = boot_next;

    boot_next += (bytes + TESS_PAGE - 1) & ~(uint64_t)(TESS_PAGE - 1);
    return p;
}

static void slot_of_guardian(struct thread *t, enum thread_slot to, struct cap *from)
{
    cap_copy(from, &t->slot[to], TESS_RIGHT_ALL, 0);
}

/* As boot/root.c, but small: 512 slots, one piece of RAM, one of device memory, no program. */
void host_boot(uint64_t seed)
{
    struct cpu *cpu = cpu_boot;
    static struct tess_bootinfo info;

    void *ram = mmap((void *)(HOST_DIRECT + RAM_BASE), RAM_BYTES, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_NORESERVE, -1, 0);
    if (ram == MAP_FAILED) {
        stop("no memory");
    }
    host_random = seed;
    boot_next = ram;
    memset(mask_bits, 1, sizeof mask_bits);
    irq_count = LINES;
    gic_wires = LINES - MESSAGES;
    irq_lines = host_alloc(LINES * sizeof(struct irq_line));
    for (unsigned i = 0; i < LINES; i++) {
        irq_lines[i].slot.holder = HOLDER_IRQ;
        irq_lines[i].quiet = IRQ_MASKED;
    }
    irq_lines[TIMER_LINE].kernel = 1;
    trace_ring = host_alloc(sizeof(struct tess_trace_ring));
    cpu->armed = cpu->budget_end = UINT64_MAX;
    cpu->space_none = cpu->space_word = 1;
    arch_idle_init(cpu);
    cpu->current = &cpu->idle;

    struct cnode *n = host_alloc(sizeof(struct cnode) + HOST_ROOT_SLOTS * sizeof(struct cap));
    struct vspace *v = host_alloc(sizeof *v);
    struct budget *b = host_alloc(sizeof *b);
    void *buffer = host_alloc(TESS_PAGE);
    guardian = host_alloc(sizeof *guardian);
    n->box.slots = n->slot;
    n->box.count = HOST_ROOT_SLOTS;
    for (unsigned i = 0; i < 32; i++) {
        vspace_add_table(v, (word_t)host_alloc(TESS_PAGE) - HOST_DIRECT);
    }
    for (unsigned i = 0; i < THREAD_SLOTS; i++) {
        guardian->slot[i].holder = (uint8_t)(HOLDER_THREAD + i);
    }
    struct cap *s = n->slot;
    cap_make(NULL, &s[TESS_ROOT_CNODE], TESS_TYPE_cnode, (word_t)n, 0, 0);
    cap_make(NULL, &s[TESS_ROOT_VSPACE], TESS_TYPE_vspace, (word_t)v, 0, 0);
    cap_make(NULL, &s[TESS_ROOT_THREAD], TESS_TYPE_thread, (word_t)guardian, 0, 0);
    cap_make(NULL, &s[TESS_ROOT_BUDGET], TESS_TYPE_budget, (word_t)b, 0, 0);
    cap_make(NULL, &s[TESS_ROOT_IPC_BUFFER], TESS_TYPE_frame, (word_t)buffer - HOST_DIRECT,
             TESS_PAGE, 0);
    cap_make(NULL, &s[TESS_ROOT_TRACE_RING], TESS_TYPE_frame, (word_t)trace_ring - HOST_DIRECT,
             sizeof(struct tess_trace_ring), 0);
    s[TESS_ROOT_TRACE_RING].rights = TESS_RIGHT_READ;
    cap_make(NULL, &s[TESS_ROOT_IRQ_CONTROL], TESS_TYPE_irq_control, 0, 0, 0);
    cap_make(NULL, &s[TESS_ROOT_CPU], TESS_TYPE_cpu, 0, 0, 0);
    cap_make(NULL, &s[TESS_ROOT_TRACE], TESS_TYPE_trace, 0, 0, 0);
    cap_make(NULL, &s[TESS_ROOT_MACHINE], TESS_TYPE_machine, 0, 0, 0);
    word_t used = (word_t)boot_next - (word_t)ram;
    cap_make(NULL, &s[TESS_ROOT_UNTYPED], TESS_TYPE_untyped, RAM_BASE + used, RAM_BYTES - used, 0);
    cap_make(NULL, &s[TESS_ROOT_UNTYPED + 1], TESS_TYPE_untyped, 0x8000000, 0x100000, CAP_DEVICE);
    struct thread *t = guardian;
    t->cpu = cpu;
    t->space = &vspace_none;
    t->prio = 254;
    t->ceiling = 255;
    t->state = TESS_THREAD_SUSPENDED;
    slot_of_guardian(t, THREAD_CNODE, &s[TESS_ROOT_CNODE]);
    slot_of_guardian(t, THREAD_VSPACE, &s[TESS_ROOT_VSPACE]);
    slot_of_guardian(t, THREAD_BUFFER, &s[TESS_ROOT_IPC_BUFFER]);
    slot_of_guardian(t, THREAD_BUDGET, &s[TESS_ROOT_BUDGET]);
    t->slots = n->slot;
    t->slot_count = HOST_ROOT_SLOTS;
    t->vspace = v;
    t->buffer = buffer;
    thread_update_space(t);
    budget_configure(b, 625000, 625000, host_now);
    budget_bind(b, t);
    thread_resume(t);
    schedule(cpu);
    info.free_slot_first = TESS_ROOT_UNTYPED + 2;
    info.image_first = PROGRAM;
    info.image_end = PROGRAM + 0x100000;
    info.untyped_count = 2;
    info.untyped[0] = (struct tess_untyped_desc){ RAM_BASE + used, RAM_BYTES - used, 0 };
    info.untyped[1] = (struct tess_untyped_desc){ 0x8000000, 0x100000, 1 };
    info.debug_kernel = 1;
    info.el = 1;
    tess_bootinfo = &info;
    leave();
}
