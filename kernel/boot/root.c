/*
 * The root thread: its objects, its address space, its capabilities (tessera/bootinfo.h).
 *
 * User addresses, from the top of the program's last segment: a page left free, the stack, a page left free, the IPC
 * buffer, the bootinfo page; all page tables they need come from boot memory too.  The pages of the program and the
 * stack are mapped without capabilities; the thread can give up neither, and needs neither name.
 */
#include "boot.h"
#include "../arch.h"
#include "../cap/cnode.h"
#include "../cap/derivation.h"
#include "../cap/invoke.h"
#include "../debug/debug.h"
#include "../dev/dev.h"
#include "../mem/mem.h"
#include "../trace.h"
#include <tessera/bootinfo.h>

#define PAGES_MAX     (1u << 24) /* of 64 GiB */
#define TABLE_LEVELS  4u
#define TIME_SLICES_S 100u /* 10 ms */
#define CEILING       255u

struct root {
    struct cnode *cnode;
    struct vspace *vspace;
    struct thread *thread;
    struct budget *budget;
    void *buffer;
    struct tess_bootinfo *info;
    word_t buffer_va, info_va, stack_top;
};

static struct cap *slot(const struct root *r, unsigned i)
{
    return &r->cnode->slot[i];
}

/* ---- memory ---- */

/* A page in the address space; tables are added as they are missed. */
static void map_page(struct vspace *v, word_t va, const void *page, unsigned rights)
{
    for (unsigned i = 0; i <= TABLE_LEVELS; i++) {
        LOOP_BOUND(TABLE_LEVELS + 1);
        if (vspace_map_page(v, va, boot_paddr(page), rights, TESS_ATTR_NORMAL)) {
            return;
        }
        vspace_add_table(v, boot_paddr(boot_alloc(TESS_PAGE)));
    }
    panic("the root program's pages cannot be mapped");
}

static void map_pages(struct vspace *v, word_t va, const char *pages, word_t bytes, unsigned rights)
{
    for (word_t at = 0; at < bytes; at += TESS_PAGE) {
        LOOP_BOUND(PAGES_MAX);
        map_page(v, va + at, pages + at, rights);
    }
}

/* Words while there are any: a large program is megabytes.  `from` may have any alignment (Normal memory allows it). */
static void copy(char *to, const char *from, word_t bytes)
{
    word_t i = 0;
    for (; i + 8 <= bytes; i += 8) {
        LOOP_BOUND(1u << 30);
        uint64_t word;
        __builtin_memcpy(&word, from + i, 8);
        __builtin_memcpy(to + i, &word, 8);
    }
    for (; i < bytes; i++) {
        LOOP_BOUND(7);
        to[i] = from[i];
    }
}

static void load_segment(struct vspace *v, const struct handoff_segment *s)
{
    char *to = boot_alloc(s->mem_bytes);
    const char *from = (const char *)(s->file_paddr + arch_direct_base());
    copy(to, from, s->file_bytes);
    unsigned rights = s->rights & (TESS_RIGHT_READ | TESS_RIGHT_WRITE | TESS_RIGHT_EXEC);
    if (rights & TESS_RIGHT_EXEC) {
        arch_icache_sync(to, s->mem_bytes);
    }
    map_pages(v, s->va, to, s->mem_bytes, rights);
}

/* Program, stack and the addresses of the two special pages; info->image_end is behind all of them. */
static void load_program(struct root *r, const struct handoff *h)
{
    for (uint64_t i = 0; i < h->root_segment_count; i++) {
        LOOP_BOUND(HANDOFF_SEGMENT);
        load_segment(r->vspace, &h->root_segment[i]);
    }
    const struct handoff_segment *last = &h->root_segment[h->root_segment_count - 1];
    word_t stack = last->va + last->mem_bytes + TESS_PAGE;
    map_pages(r->vspace, stack, boot_alloc(TESS_ROOT_STACK), TESS_ROOT_STACK,
              TESS_RIGHT_READ | TESS_RIGHT_WRITE);
    r->stack_top = stack + TESS_ROOT_STACK;
    r->buffer_va = r->stack_top + TESS_PAGE;
    r->info_va = r->buffer_va + TESS_PAGE;
    r->info->image_first = h->root_segment[0].va;
    r->info->image_end = r->info_va + TESS_PAGE;
}

/* ---- capabilities: every one is a root of the derivation forest ---- */

/* A physical range. */
static void make_range(struct root *r, unsigned i, enum tess_type type, word_t paddr, word_t bytes,
                       unsigned rights, unsigned flags)
{
    cap_make(NULL, slot(r, i), type, paddr, bytes, flags);
    slot(r, i)->rights = (uint8_t)rights;
}

static void make_object(struct root *r, unsigned i, enum tess_type type, const void *object)
{
    cap_make(NULL, slot(r, i), type, (word_t)object, 0, 0);
}

/* The thread's own copy, so that revoking the capability in the CNode takes it away as from any other thread. */
static void give(struct root *r, enum thread_slot to, unsigned from)
{
    struct cap *c = slot(r, from);
    cap_copy(c, &r->thread->slot[to], c->rights, 0);
}

/* Map a frame as the thread itself would. */
static void map_frame(struct root *r, unsigned i, word_t va, unsigned rights)
{
    for (unsigned tries = 0; tries <= TABLE_LEVELS; tries++) {
        LOOP_BOUND(TABLE_LEVELS + 1);
        word_t arg[8] = { TESS_ROOT_VSPACE, va, rights, TESS_ATTR_NORMAL };
        struct invocation inv = {
            .cpu = r->thread->cpu,
            .self = r->thread,
            .cap = slot(r, i),
            .arg = arg,
            .result = arg,
            .label = TESS_LABEL_frame_map,
        };
        enum tess_err err = frame_invoke(&inv);
        if (err == TESS_OK) {
            return;
        }
        if (err == TESS_NOMEM) {
            vspace_add_table(r->vspace, boot_paddr(boot_alloc(TESS_PAGE)));
        }
    }
    panic("the root thread's frames cannot be mapped");
}

static void make_caps(struct root *r, const struct handoff *h)
{
    const unsigned ro = TESS_RIGHT_READ | TESS_RIGHT_PHYS, rw = ro | TESS_RIGHT_WRITE;
    make_object(r, TESS_ROOT_CNODE, TESS_TYPE_cnode, r->cnode);
    make_object(r, TESS_ROOT_VSPACE, TESS_TYPE_vspace, r->vspace);
    make_object(r, TESS_ROOT_THREAD, TESS_TYPE_thread, r->thread);
    make_object(r, TESS_ROOT_BUDGET, TESS_TYPE_budget, r->budget);
    make_range(r, TESS_ROOT_IPC_BUFFER, TESS_TYPE_frame, boot_paddr(r->buffer), TESS_PAGE, rw, 0);
    make_range(r, TESS_ROOT_BOOTINFO, TESS_TYPE_frame, boot_paddr(r->info), TESS_PAGE, ro, 0);
    make_range(r, TESS_ROOT_TRACE_RING, TESS_TYPE_frame, boot_paddr(trace_ring),
               sizeof(struct tess_trace_ring), ro, 0);
    make_range(r, TESS_ROOT_DTB, TESS_TYPE_frame, h->dtb_paddr,
               (h->dtb_bytes + TESS_PAGE - 1) & ~(word_t)(TESS_PAGE - 1), ro, 0);
    if (h->modules_bytes != 0) {
        make_range(r, TESS_ROOT_MODULES, TESS_TYPE_frame, h->modules_paddr,
                   (h->modules_bytes + TESS_PAGE - 1) & ~(word_t)(TESS_PAGE - 1), TESS_RIGHT_READ,
                   0);
    }
    make_object(r, TESS_ROOT_IRQ_CONTROL, TESS_TYPE_irq_control, NULL);
    make_object(r, TESS_ROOT_CPU, TESS_TYPE_cpu, NULL);
    make_object(r, TESS_ROOT_TRACE, TESS_TYPE_trace, NULL);
    make_object(r, TESS_ROOT_MACHINE, TESS_TYPE_machine, NULL);
}

static void make_untyped(struct root *r, word_t base, word_t bytes, bool is_device)
{
    struct tess_bootinfo *info = r->info;
    if (info->untyped_count == TESS_UNTYPED_MAX) {
        return; /* the smallest are lost */
    }
    unsigned i = (unsigned)info->untyped_count++;
    info->untyped[i] = (struct tess_untyped_desc){ base, bytes, is_device };
    make_range(r, TESS_ROOT_UNTYPED + i, TESS_TYPE_untyped, base, bytes, TESS_RIGHT_ALL,
               is_device ? CAP_DEVICE : 0);
}

static void make_untypeds(struct root *r, const struct ranges *from, bool is_device)
{
    for (uint32_t i = 0; i < from->count; i++) {
        LOOP_BOUND(RANGES_MAX);
        make_untyped(r, from->at[i].base, from->at[i].bytes, is_device);
    }
}

/* ---- objects ---- */

static void make_thread(struct root *r, const struct handoff *h)
{
    struct thread *t = r->thread;
    thread_create(t);
    __builtin_memcpy(t->name, "root", 4);
    t->prio = TESS_ROOT_PRIO;
    t->ceiling = CEILING;
    give(r, THREAD_CNODE, TESS_ROOT_CNODE);
    give(r, THREAD_VSPACE, TESS_ROOT_VSPACE);
    give(r, THREAD_BUFFER, TESS_ROOT_IPC_BUFFER);
    give(r, THREAD_BUDGET, TESS_ROOT_BUDGET);
    t->slots = r->cnode->slot;
    t->slot_count = TESS_ROOT_CNODE_SLOTS;
    t->vspace = r->vspace;
    t->buffer = r->buffer;
    thread_update_space(t);
    t->regs.pc = h->root_entry;
    t->regs.sp = r->stack_top;
    t->regs.x[0] = r->info_va;
    word_t slice = h->timer_hz / TIME_SLICES_S;
    budget_configure(r->budget, slice, slice, arch_now());
    budget_bind(r->budget, t);
}

static void fill_info(struct root *r, const struct handoff *h)
{
    struct tess_bootinfo *info = r->info;
    info->magic = TESS_BOOTINFO_MAGIC;
    info->ipc_buffer = r->buffer_va;
    info->free_slot_first = TESS_ROOT_UNTYPED + info->untyped_count;
    info->timer_hz = h->timer_hz;
    for (uint32_t i = 0; i < h->ram_count; i++) {
        LOOP_BOUND(HANDOFF_RAM);
        info->ram_bytes += h->ram[i].bytes;
    }
    info->gic_version = h->gic_version;
    info->el = h->el;
    info->uart_paddr = h->uart_paddr;
    info->uart_irq = h->uart_irq;
    info->dtb_bytes = h->dtb_bytes;
    info->modules_bytes = h->modules_bytes;
    info->debug_kernel = debug_kernel;
}

void boot_root(const struct handoff *h)
{
    struct root r = {
        .cnode = boot_alloc(sizeof(struct cnode) + TESS_ROOT_CNODE_SLOTS * sizeof(struct cap)),
        .vspace = boot_alloc(TESS_SIZE_vspace),
        .thread = boot_alloc(TESS_SIZE_thread),
        .budget = boot_alloc(TESS_SIZE_budget),
        .buffer = boot_alloc(TESS_PAGE),
        .info = boot_alloc(TESS_PAGE),
    };
    cnode_create(r.cnode, TESS_ROOT_CNODE_SLOTS);
    load_program(&r, h);
    make_caps(&r, h);
    make_thread(&r, h);
    map_frame(&r, TESS_ROOT_IPC_BUFFER, r.buffer_va, TESS_RIGHT_READ | TESS_RIGHT_WRITE);
    map_frame(&r, TESS_ROOT_BOOTINFO, r.info_va, TESS_RIGHT_READ);
    make_untypeds(&r, boot_free(), false);
    make_untypeds(&r, boot_device(), true);
    fill_info(&r, h);
    thread_ready(r.thread);
}
