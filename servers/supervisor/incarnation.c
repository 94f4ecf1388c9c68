#include "incarnation.h"

#include "build.h"

#include <tess/invoke.h>
#include <tess/start.h>
#include <tess/time.h>
#include <tessera/bootinfo.h>

#define SLICE_NS    10000000u /* the primary's */
#define STANDBY_NS  5000000u /* the standby's budget in each period: if it loops, the others go on */
#define STANDBY_PER 20000000u

_Noreturn void tess_start(const struct tess_bootinfo *bootinfo); /* lib/tess/start.c */

static uint32_t self = SEED;

uint32_t incarnation_self(void)
{
    return self;
}

/* Where an incarnation begins.  The bootinfo page is page aligned: its address has room for the number. */
static _Noreturn void incarnation_entry(uint64_t bootinfo)
{
    self = bootinfo % TESS_PAGE;
    tess_start((const struct tess_bootinfo *)(bootinfo - self));
}

static void build_space(struct build *b)
{
    uint64_t ipc = tess_bootinfo->ipc_buffer;
    const struct {
        unsigned slot;
        uint64_t at, rights;
    } shared[] = {
        { INC_BOOTINFO_MAP, (uint64_t)tess_bootinfo, TESS_RIGHT_READ },
        { INC_REGION_MAP, REGION_AT, RW },
        { INC_PULSES_MAP, PULSES_AT, RW },
        { INC_MODULES_MAP, MODULES_AT, TESS_RIGHT_READ },
    };

    make(b, TESS_TYPE_vspace, 0, INC_VSPACE);
    b->err = b->err ? b->err
                    : tess_vspace_donate(b->slots + INC_VSPACE, b->slots + INC_UNTYPED,
                                         INCARNATION_TABLES, 0, b->slots + INC_TABLES);
    make_mapped(b, INCARNATION_STACK, INC_STACK, ipc - TESS_PAGE - INCARNATION_STACK, RW);
    make_mapped(b, TESS_PAGE, INC_IPC, ipc, RW);
    for (unsigned i = 0; i < sizeof shared / sizeof shared[0]; i++) {
        map(b, b->slots + shared[i].slot, shared[i].at, shared[i].rights, TESS_ATTR_NORMAL);
    }
}

static void load(struct build *b)
{
    uint64_t bytes = 0;
    const void *elf = module_find(sup.modules, sup.modules_bytes, "root", &bytes);
    struct image image = { .count = 0 };

    if (!elf ||
        image_read(elf, bytes, tess_bootinfo->image_first, tess_bootinfo->image_end, &image)) {
        b->err = TESS_ARG;
    }
    for (uint32_t i = 0; i < image.count && !b->err; i++) {
        make_filled(b, &image.segment[i], image.segment[i].bytes, INC_SEGMENT + i);
    }
}

/* The budget first: a standby has little time until then. */
static enum tess_err configure(uint32_t i, bool primary)
{
    tess_cap thread = incarnation_slot(i, INC_THREAD), budget = incarnation_slot(i, INC_BUDGET);
    tess_cap fault = primary ? SLOT_PRIMARY_FAULT : SLOT_STANDBY_FAULT;
    uint64_t ticks = tess_ticks_of_ns(primary ? SLICE_NS : STANDBY_NS);
    uint64_t period = tess_ticks_of_ns(primary ? SLICE_NS : STANDBY_PER);
    enum tess_err err = tess_budget_configure(budget, TESS_ROOT_CPU, ticks, period);

    err = err ? err
              : tess_thread_configure(thread, TESS_ROOT_CNODE, incarnation_slot(i, INC_VSPACE),
                                      fault, incarnation_slot(i, INC_IPC), 0, 0);
    return err ? err
               : tess_thread_set_priority(thread, primary ? PRIO_PRIMARY : PRIO_STANDBY,
                                          PRIO_STANDBY);
}

enum tess_err incarnation_start(uint32_t i, bool primary)
{
    struct build b = { .slots = incarnation_slot(i, 0) };
    tess_cap thread = incarnation_slot(i, INC_THREAD);
    uint64_t stack = tess_bootinfo->ipc_buffer - TESS_PAGE;

    build_space(&b);
    load(&b);
    make(&b, TESS_TYPE_thread, 0, INC_THREAD);
    make(&b, TESS_TYPE_budget, 0, INC_BUDGET);
    enum tess_err err = b.err ? b.err : configure(i, primary);

    err = err ? err : tess_budget_bind(incarnation_slot(i, INC_BUDGET), thread);
    err = err ? err : tess_thread_name(thread, i ? "supervisor 1" : "supervisor 0");
    err = err || !primary ? err : tess_thread_bind_notification(thread, SLOT_NOTE);
    return err ? err
               : tess_thread_start(thread, (uint64_t)incarnation_entry, stack,
                                   (uint64_t)tess_bootinfo + i, 0);
}

void incarnation_destroy(uint32_t i)
{
    (void)tess_thread_suspend(incarnation_slot(i, INC_THREAD));
    (void)tess_cnode_revoke(TESS_ROOT_CNODE, incarnation_slot(i, INC_UNTYPED));
}

enum tess_err incarnation_succeed(void)
{
    enum tess_err err = configure(sup.self, true);

    incarnation_destroy(incarnation_other());
    return err ? err
               : tess_thread_bind_notification(incarnation_slot(sup.self, INC_THREAD), SLOT_NOTE);
}
