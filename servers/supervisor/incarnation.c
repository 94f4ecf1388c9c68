#include "incarnation.h"

#include "domain.h"

#include <tess/invoke.h>
#include <tess/start.h>
#include <tess/time.h>
#include <tessera/bootinfo.h>

#define RW          (TESS_RIGHT_READ | TESS_RIGHT_WRITE)
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

struct build {
    uint32_t i;
    enum tess_err err;
};

static tess_cap slot(const struct build *b, unsigned s)
{
    return incarnation_slot(b->i, s);
}

static void make(struct build *b, enum tess_type type, uint64_t size, unsigned to)
{
    if (!b->err) {
        b->err = tess_untyped_retype(slot(b, INC_UNTYPED), type, size, 0, slot(b, to), 1,
                                     TESS_OFFSET_NEXT);
    }
}

static void map(struct build *b, unsigned frame, uint64_t at, uint64_t rights)
{
    if (!b->err) {
        b->err =
            tess_frame_map(slot(b, frame), slot(b, INC_VSPACE), at, rights, TESS_ATTR_NORMAL, 0);
    }
}

static void make_mapped(struct build *b, uint64_t bytes, unsigned to, uint64_t at, uint64_t rights)
{
    make(b, TESS_TYPE_frame, bytes, to);
    map(b, to, at, rights);
}

static void build_space(struct build *b)
{
    uint64_t ipc = tess_bootinfo->ipc_buffer, info = (uint64_t)tess_bootinfo;

    make(b, TESS_TYPE_vspace, 0, INC_VSPACE);
    if (!b->err) {
        b->err = tess_vspace_donate(slot(b, INC_VSPACE), slot(b, INC_UNTYPED), INCARNATION_TABLES,
                                    0, slot(b, INC_TABLES));
    }
    make_mapped(b, INCARNATION_STACK, INC_STACK, ipc - TESS_PAGE - INCARNATION_STACK, RW);
    make_mapped(b, TESS_PAGE, INC_IPC, ipc, RW);
    map(b, INC_BOOTINFO_MAP, info, TESS_RIGHT_READ);
    map(b, INC_REGION_MAP, REGION_AT, RW);
    map(b, INC_PULSES_MAP, PULSES_AT, RW);
    map(b, INC_MODULES_MAP, MODULES_AT, TESS_RIGHT_READ);
}

static void load(struct build *b)
{
    uint64_t bytes = 0;
    const void *elf = module_find(sup.modules, sup.modules_bytes, "root", &bytes);
    tess_cap vspace = sup.self == SEED ? TESS_ROOT_VSPACE : incarnation_slot(sup.self, INC_VSPACE);
    struct image image;

    if (!elf ||
        image_read(elf, bytes, tess_bootinfo->image_first, tess_bootinfo->image_end, &image)) {
        b->err = TESS_ARG;
        return;
    }
    for (uint32_t i = 0; i < image.count; i++) {
        const struct image_segment *s = &image.segment[i];
        unsigned frame = INC_SEGMENT + i;

        make(b, TESS_TYPE_frame, s->bytes, frame);
        if (!b->err) {
            b->err = window_fill(vspace, slot(b, frame), s->file, s->file_bytes,
                                 s->rights & TESS_RIGHT_EXEC);
        }
        map(b, frame, s->at, s->rights);
    }
}

/* The budget first: a standby has little time until then. */
static enum tess_err configure(const struct build *b, bool primary)
{
    tess_cap fault = primary ? SLOT_PRIMARY_FAULT : SLOT_STANDBY_FAULT;
    uint64_t prio = primary ? PRIO_PRIMARY : PRIO_STANDBY;
    uint64_t budget = tess_ticks_of_ns(primary ? SLICE_NS : STANDBY_NS);
    uint64_t period = tess_ticks_of_ns(primary ? SLICE_NS : STANDBY_PER);
    tess_cap thread = slot(b, INC_THREAD);
    enum tess_err err = tess_budget_configure(slot(b, INC_BUDGET), TESS_ROOT_CPU, budget, period);

    if (!err) {
        err = tess_thread_configure(thread, TESS_ROOT_CNODE, slot(b, INC_VSPACE), fault,
                                    slot(b, INC_IPC), 0, 0);
    }
    return err ? err : tess_thread_set_priority(thread, prio, PRIO_STANDBY);
}

enum tess_err incarnation_start(uint32_t i, bool primary)
{
    struct build b = { .i = i };
    uint64_t stack = tess_bootinfo->ipc_buffer - TESS_PAGE;

    build_space(&b);
    load(&b);
    make(&b, TESS_TYPE_thread, 0, INC_THREAD);
    make(&b, TESS_TYPE_budget, 0, INC_BUDGET);
    if (!b.err) {
        b.err = configure(&b, primary);
    }
    if (!b.err) {
        b.err = tess_budget_bind(slot(&b, INC_BUDGET), slot(&b, INC_THREAD));
    }
    if (!b.err) {
        b.err = tess_thread_name(slot(&b, INC_THREAD), i ? "supervisor 1" : "supervisor 0");
    }
    if (!b.err && primary) {
        b.err = tess_thread_bind_notification(slot(&b, INC_THREAD), SLOT_NOTE);
    }
    return b.err ? b.err
                 : tess_thread_start(slot(&b, INC_THREAD), (uint64_t)incarnation_entry, stack,
                                     (uint64_t)tess_bootinfo + i, 0);
}

void incarnation_destroy(uint32_t i)
{
    (void)tess_thread_suspend(incarnation_slot(i, INC_THREAD));
    (void)tess_cnode_revoke(TESS_ROOT_CNODE, incarnation_slot(i, INC_UNTYPED));
}

enum tess_err incarnation_succeed(void)
{
    struct build b = { .i = sup.self };
    enum tess_err err = configure(&b, true);

    incarnation_destroy(incarnation_other());
    return err ? err : tess_thread_bind_notification(slot(&b, INC_THREAD), SLOT_NOTE);
}
