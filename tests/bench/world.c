#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* From the linker script. */
extern char __tdata_source[], __tdata_size[], __heap_end[];

#define STACK_BYTES 8192u
#define PERIOD_NS   10000000000ull /* no budget ends within a measurement */
#define CLOCK_PADDR 0x09010000ull  /* PL031 of QEMU's virt machine (its device tree) */
#define CLOCK_IRQ   34u            /* its INTID: SPI 2 */

struct tess_env env;
struct caps caps;

static struct tess_slots slots;
static struct tess_pool pool;
static uint32_t slot_link[TESS_ROOT_CNODE_SLOTS];

void must(enum tess_err err, const char *what)
{
    if (err) {
        printf("bench: %s: error %d\n", what, err);
        exit(1);
    }
}

static tess_cap object(enum tess_type type, uint64_t size)
{
    tess_cap cap;
    must(tess_alloc(&env, type, size, &cap), "allocate");
    return cap;
}

static tess_cap slot(void)
{
    uint64_t s;
    must(tess_slot_alloc(&slots, &s), "slot");
    return s;
}

static void map(tess_cap frame, enum place place, uint64_t at, uint64_t rights, uint64_t attr)
{
    must(tess_map_at(&env, frame, caps.vspace[place], at, rights, attr), "map");
}

/* Another capability to part of a frame, since each has one mapping. */
static tess_cap part(tess_cap frame, uint64_t offset, uint64_t bytes, uint64_t rights)
{
    tess_cap cap = slot();
    must(tess_frame_derive(frame, offset, bytes, env.cnode, cap, rights), "derive");
    return cap;
}

/* Fill an address space with a copy of this program: text and constants not writable, the rest not executable. */
static void space_copy(enum place place)
{
    uint64_t first = tess_bootinfo->image_first, end = (uint64_t)__heap_end;
    uint64_t data = ((uint64_t)__tdata_source + (uint64_t)__tdata_size + TESS_PAGE - 1) &
                    ~(uint64_t)(TESS_PAGE - 1);
    tess_cap frame;
    void *copy;
    must(tess_alloc_memory(&env, end - first, &frame, &copy), "memory of a copy");
    memcpy(copy, (const void *)first, end - first);
    must(tess_frame_unmap(frame), "unmap the copy");
    map(part(frame, 0, data - first, TESS_RIGHT_READ | TESS_RIGHT_EXEC), place, first,
        TESS_RIGHT_READ | TESS_RIGHT_EXEC, TESS_ATTR_NORMAL);
    map(part(frame, data - first, end - data, TESS_RIGHT_READ | TESS_RIGHT_WRITE), place, data,
        TESS_RIGHT_READ | TESS_RIGHT_WRITE, TESS_ATTR_NORMAL);
}

/* The clock's registers, for who makes it interrupt (client) and who serves it (server). */
static void clock_map(void)
{
    tess_cap frame;
    must(tess_alloc_device(&env, CLOCK_PADDR, TESS_PAGE, &frame), "clock registers");
    for (enum place p = CLIENT; p <= SERVER; p++) {
        map(part(frame, 0, TESS_PAGE, TESS_RIGHT_READ | TESS_RIGHT_WRITE), p, CLOCK_AT,
            TESS_RIGHT_READ | TESS_RIGHT_WRITE, TESS_ATTR_DEVICE);
    }
    must(tess_irq_control_get(TESS_ROOT_IRQ_CONTROL, CLOCK_IRQ, 0, env.cnode, caps.irq), "irq");
    must(tess_irq_bind(caps.irq, caps.irq_note), "bind irq");
}

/* Page tables under RANGE_AT, so that no measured map runs out of them. */
static void tables_prepare(enum place place)
{
    must(tess_map_at(&env, caps.range, caps.vspace[place], RANGE_AT, TESS_RIGHT_READ,
                     TESS_ATTR_NORMAL),
         "first map");
    must(tess_frame_unmap(caps.range), "first unmap");
}

void world_make(void)
{
    must(tess_env_init_root(&env, &slots, &pool, slot_link, tess_bootinfo), "environment");
    caps.vspace[ROOT] = TESS_ROOT_VSPACE;
    caps.vspace[CLIENT] = object(TESS_TYPE_vspace, 0);
    caps.vspace[SERVER] = object(TESS_TYPE_vspace, 0);
    tess_cap *endpoint[] = { &caps.serve,  &caps.own,   &caps.same,    &caps.words,  &caps.take,
                             &caps.listen, &caps.fault, &caps.foreign, &caps.person, &caps.exits };
    for (unsigned i = 0; i < sizeof(endpoint) / sizeof(endpoint[0]); i++) {
        *endpoint[i] = object(TESS_TYPE_endpoint, 0);
    }
    tess_cap *note[] = { &caps.done, &caps.wake, &caps.lonely, &caps.irq_note };
    for (unsigned i = 0; i < sizeof(note) / sizeof(note[0]); i++) {
        tess_cap plain = object(TESS_TYPE_notification, 0);
        *note[i] = slot();
        must(tess_cnode_mint(env.cnode, 0, plain, *note[i], TESS_RIGHT_ALL, 1), "mint");
    }
    caps.page = object(TESS_TYPE_frame, TESS_PAGE);
    caps.range = object(TESS_TYPE_frame, (uint64_t)RANGE_PAGES * TESS_PAGE);
    must(tess_alloc_many(&env, TESS_TYPE_frame, TESS_PAGE, TESS_VECTOR_MAX, &caps.scattered),
         "scattered pages");
    caps.window = object(TESS_TYPE_frame, (uint64_t)WINDOW_PAGES * TESS_PAGE);
    caps.reply = object(TESS_TYPE_reply, 0);
    caps.memory = object(TESS_TYPE_untyped, MEMORY);
    caps.irq = slot();
    must(tess_slot_alloc_range(&slots, SPARE_SLOTS, &caps.spare), "spare slots");
    space_copy(CLIENT);
    space_copy(SERVER);
    clock_map();
    tables_prepare(CLIENT);
    tables_prepare(SERVER);
    for (enum place p = CLIENT; p <= SERVER; p++) {
        must(tess_vspace_window(caps.vspace[p], caps.window, env.cnode, slot()), "window");
    }
}

/* The C runtime's part of a thread: it runs in the worker's own space. */
static _Noreturn void worker_entry(struct worker *self)
{
    self->main(self);
    for (;;) {
        (void)tess_signal(caps.done);
        (void)tess_thread_suspend(self->tcb);
    }
}

struct worker *worker_new(enum place place, void (*main)(struct worker *), unsigned prio,
                          tess_cap fault, uint64_t flags)
{
    uint64_t bytes = STACK_BYTES + TESS_PAGE, period = tess_ticks_of_ns(PERIOD_NS);
    tess_cap frame;
    void *base;
    must(tess_alloc_memory(&env, bytes, &frame, &base), "worker memory");
    /* Lowest first: stack, description, thread-local storage, IPC buffer. */
    struct worker *w = (struct worker *)((char *)base + STACK_BYTES);
    w->stack_top = (uint64_t)w;
    w->tls = ((uint64_t)(w + 1) + 63) & ~63ull;
    w->ipc = (struct tess_ipc_buffer *)((char *)base + bytes - sizeof(struct tess_ipc_buffer));
    w->main = main;
    tess_tls_init((void *)w->tls, w->ipc);
    if (place != ROOT) {
        map(part(frame, 0, bytes, TESS_RIGHT_READ | TESS_RIGHT_WRITE), place, (uint64_t)base,
            TESS_RIGHT_READ | TESS_RIGHT_WRITE, TESS_ATTR_NORMAL);
    }
    w->tcb = object(TESS_TYPE_thread, 0);
    w->budget = object(TESS_TYPE_budget, 0);
    must(tess_thread_configure(w->tcb, env.cnode, caps.vspace[place], fault, frame,
                               bytes - sizeof(struct tess_ipc_buffer), flags),
         "configure");
    must(tess_thread_set_priority(w->tcb, prio, prio), "priority");
    must(tess_budget_configure(w->budget, env.cpu, period, period), "budget");
    must(tess_budget_bind(w->budget, w->tcb), "bind budget");
    return w;
}

void worker_start(struct worker *w)
{
    must(tess_thread_start(w->tcb, (uint64_t)worker_entry, w->stack_top, (uint64_t)w, w->tls),
         "start");
}

void worker_start_active(struct worker *w)
{
    struct tess_thread_info info;
    worker_start(w);
    do {
        tess_sleep_until(&env, tess_deadline_ns(10000));
        must(tess_thread_info(w->tcb, &info), "thread info");
        must(info.state == TESS_THREAD_SUSPENDED ? TESS_STATE : TESS_OK, "worker stopped");
    } while (info.state != TESS_THREAD_RECV && info.state != TESS_THREAD_WAIT);
}

void worker_start_passive(struct worker *w)
{
    worker_start_active(w);
    must(tess_budget_unbind(w->budget), "unbind");
}

/* Let finished workers come to rest, so that none is ready when the next measurement runs. */
void worker_settle(void)
{
    tess_sleep_until(&env, tess_deadline_ns(1000000));
}

void worker_run(struct worker *w)
{
    worker_start(w);
    (void)tess_recv(caps.done, 0);
    worker_settle();
}
