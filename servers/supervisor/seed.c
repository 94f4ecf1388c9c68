/*
 * The root thread as it was booted: checks the distribution, makes what outlives domains and incarnations, starts the
 * two incarnations.  Nothing is allocated after it.  Then it only looks now and then whether one of them is alive: each
 * of the two watches the other, but if one dies while it builds the other nobody is left.
 */
#include "build.h"
#include "domain.h"
#include "gate.h"
#include "incarnation.h"
#include "main.h"
#include "say.h"
#include "service.h"

#include <string.h>
#include <tess/env.h>
#include <tess/error.h>
#include <tess/invoke.h>
#include <tess/start.h>
#include <tess/time.h>

#define LOOK_NS      150000000u /* how often the seed looks after the incarnations */
#define SILENT_LOOKS 3u
#define BLOCK                                                                                      \
    (2ull << 20) /* of the hardware's; a part of the rest is a multiple of it; one is for nobody */

static struct tess_env env;
static struct tess_slots slots;
static struct tess_pool pool;
static uint32_t links[TESS_ROOT_CNODE_SLOTS];
static struct dist dist;
static uint32_t rest_domains; /* that get what is left of the memory */

/* One line on the console and power-off: the system cannot be. */
static _Noreturn void die(const char *what, const char *name, const char *why)
{
    say(what, *name ? " " : "", name, ": ", why, NULL);
    (void)tess_machine_power_off(TESS_ROOT_MACHINE);
    for (;;) {
        (void)tess_thread_suspend(TESS_ROOT_THREAD);
    }
}

static void must(enum tess_err err, const char *what, const char *name)
{
    if (err) {
        die(what, name, tess_error_text(err));
    }
}

/* ---- memory ---- */

/* Make an object in that slot, of the first piece of RAM that has room.  Frames of at least a block of the hardware's begin at one: address
 * spaces and IOMMU map them with few entries. */
static enum tess_err carve(enum tess_type type, uint64_t size, tess_cap slot)
{
    enum tess_err err = TESS_NOMEM;

    for (unsigned i = 0; i < pool.count && err; i++) {
        const struct tess_pool_item *p = &pool.item[i];
        struct tess_untyped_info u = { 0 };
        uint64_t at = TESS_OFFSET_NEXT;

        if (type == TESS_TYPE_frame && size >= BLOCK && !tess_untyped_info(p->cap, &u)) {
            at = ((p->paddr + u.used + BLOCK - 1) & -BLOCK) - p->paddr;
        }
        if (!p->device) {
            err = tess_untyped_retype(p->cap, type, size, 0, slot, 1, at);
        }
    }
    return err;
}

/* A frame into the address space of the seed, and a capability to map it with in each incarnation. */
static enum tess_err share(tess_cap frame, uint64_t bytes, unsigned slot, uint64_t at,
                           uint64_t rights)
{
    enum tess_err err = TESS_OK;

    for (uint32_t i = 0; i <= SEED && !err; i++) {
        err = tess_frame_derive(frame, 0, bytes, 0, incarnation_slot(i, slot), rights);
    }
    return err ? err
               : tess_map_at(&env, incarnation_slot(SEED, slot), TESS_ROOT_VSPACE, at, rights,
                             TESS_ATTR_NORMAL);
}

/* ---- the distribution ---- */

static void read_distribution(void)
{
    uint64_t bytes = whole_pages(tess_bootinfo->modules_bytes), size = 0;
    struct dist_fault why;
    struct line index = { .used = 0 };

    if (!bytes || bytes > MODULES_MAX) {
        die("boot archive", "", "none, or too large");
    }
    must(share(TESS_ROOT_MODULES, bytes, INC_MODULES_MAP, MODULES_AT, TESS_RIGHT_READ),
         "boot archive", "");
    const void *block = module_find((const void *)MODULES_AT, bytes, DIST_MODULE, &size);

    if (!block) {
        die("distribution", "", "the boot archive has none");
    }
    if (!dist_ok(block, size, &dist, &why)) {
        line_number(&index, why.index);
        die(why.table, why.index == DIST_NONE ? "" : index.text, why.what);
    }
    if (!supervisor_init(SEED, &dist)) {
        die("distribution", "", "needs more slots than there are");
    }
}

static void check_image(uint32_t d, uint32_t image)
{
    const struct dist_domain *m = &dist.domain[d];
    struct domain_plan plan;
    const char *what = domain_plan(d, image, &plan);
    struct line l = { .used = 0 };

    if (what) {
        die("image", domain_image(d, image), what);
    }
    if (plan.bytes > m->mem) {
        line_text(&l, "needs ");
        line_number(&l, plan.bytes);
        line_text(&l, " bytes of memory, has ");
        line_number(&l, m->mem);
        die(m->name, "", l.text);
    }
}

/* Every domain's images are some, and its memory suffices. */
static void check_domains(void)
{
    for (uint32_t d = 0; d < dist.domains; d++) {
        for (uint32_t image = 0; image < domain_images(d); image++) {
            check_image(d, image);
        }
    }
}

/* ---- what outlives the domains ---- */

static void make_region(void)
{
    uint64_t bytes = region_bytes(dist.connections),
             pulses = (uint64_t)(dist.domains + 2 * GATES) * TESS_PAGE;

    must(carve(TESS_TYPE_frame, bytes, SLOT_REGION), "region", "");
    must(share(SLOT_REGION, bytes, INC_REGION_MAP, REGION_AT, RW), "region", "");
    must(carve(TESS_TYPE_frame, pulses, SLOT_PULSES), "pulse pages", "");
    must(share(SLOT_PULSES, pulses, INC_PULSES_MAP, PULSES_AT, RW), "pulse pages", "");
    must(share(TESS_ROOT_BOOTINFO, TESS_PAGE, INC_BOOTINFO_MAP, WINDOW_AT, TESS_RIGHT_READ),
         "bootinfo", "");
    must(tess_frame_unmap(incarnation_slot(SEED, INC_BOOTINFO_MAP)), "bootinfo", "");
    for (uint32_t d = 0; d < dist.domains; d++) {
        service_init(sup.region, d);
    }
}

/* A capability to send there, with a badge. */
static void mint(tess_cap from, tess_cap to, uint64_t badge, const char *what, const char *name)
{
    must(tess_cnode_mint(TESS_ROOT_CNODE, 0, from, to, TESS_RIGHT_SEND, badge), what, name);
}

static void make_endpoints(void)
{
    must(carve(TESS_TYPE_endpoint, 0, SLOT_ENDPOINT), "endpoint", "");
    must(carve(TESS_TYPE_endpoint, 0, SLOT_STANDBY), "endpoint", "");
    must(carve(TESS_TYPE_notification, 0, SLOT_NOTE), "notification", "");
    mint(SLOT_STANDBY, SLOT_PRIMARY_FAULT, 1, "endpoint", "");
    mint(SLOT_ENDPOINT, SLOT_STANDBY_FAULT, BADGE_STANDBY, "endpoint", "");
}

/* Device memory that was given to an object before is shared with that. */
static enum tess_err make_device(uint32_t i)
{
    const struct dist_object *o = &dist.object[i];
    tess_cap frame;

    for (uint32_t j = 0; j < i; j++) {
        const struct dist_object *p = &dist.object[j];
        if (p->kind == DIST_DEVICE && p->where == o->where && p->bytes == o->bytes) {
            return tess_cnode_copy(TESS_ROOT_CNODE, 0, object_slot(j, OBJ_CAP),
                                   object_slot(i, OBJ_CAP), TESS_RIGHT_ALL);
        }
    }
    enum tess_err err = tess_alloc_device(&env, o->where, o->bytes, &frame);

    return err ? err : tess_cnode_move(TESS_ROOT_CNODE, 0, frame, object_slot(i, OBJ_CAP));
}

static void make_irq(uint32_t i)
{
    const struct dist_object *o = &dist.object[i];
    const char *name = dist.strings + o->name;

    must(tess_irq_control_get(TESS_ROOT_IRQ_CONTROL, o->where, o->edge, 0, object_slot(i, OBJ_CAP)),
         "object", name);
    mint(object_slot(dist.domain[o->domain].notification, OBJ_CAP), object_slot(i, OBJ_AUX),
         o->badge, "object", name);
}

/* Which of the pulse pages, and the gates' behind them, an object is; DIST_NONE: none of them. */
static uint32_t page_of(uint32_t i)
{
    uint32_t d = dist.object[i].domain;

    for (uint32_t gate = 0; gate < GATES; gate++) {
        const struct dist_gate *g = &dist.header->gate[gate];

        if (g->domain != DIST_NONE && (g->orders == i || g->answers == i)) {
            return dist.domains + 2 * gate + (g->answers == i);
        }
    }
    return d != DIST_NONE && dist.domain[d].pulse == i ? d : DIST_NONE;
}

static enum tess_err make_object(uint32_t i)
{
    const struct dist_object *o = &dist.object[i];
    tess_cap slot = object_slot(i, OBJ_CAP);
    enum tess_err err;

    switch ((enum dist_kind)o->kind) {
    case DIST_ENDPOINT:
        err = carve(TESS_TYPE_untyped, TESS_PAGE, object_slot(i, OBJ_AUX));
        return err ? err
                   : tess_untyped_retype(object_slot(i, OBJ_AUX), TESS_TYPE_endpoint, 0, 0, slot, 1,
                                         TESS_OFFSET_NEXT);
    case DIST_NOTIFICATION:
        return carve(TESS_TYPE_notification, 0, slot);
    case DIST_FRAME:
        return page_of(i) != DIST_NONE
                   ? tess_frame_derive(SLOT_PULSES, (uint64_t)page_of(i) * TESS_PAGE, TESS_PAGE, 0,
                                       slot, RW)
                   : carve(TESS_TYPE_frame, o->bytes, slot);
    case DIST_DEVICE:
        return make_device(i);
    default:
        return TESS_OK; /* interrupt lines come when all notifications exist */
    }
}

static void make_objects(void)
{
    for (uint32_t i = 0; i < dist.objects; i++) {
        must(make_object(i), "object", dist.strings + dist.object[i].name);
    }
    for (uint32_t i = 0; i < sup.lines; i++) {
        make_irq(sup.line[i]);
    }
    for (uint32_t i = 0; i < dist.maps; i++) {
        const struct dist_map *m = &dist.map[i];
        must(tess_frame_derive(object_slot(m->object, OBJ_CAP), m->offset, m->bytes, 0, map_slot(i),
                               m->rights),
             "map of", dist.strings + dist.object[m->object].name);
    }
}

static tess_cap notification_of(uint32_t d)
{
    return object_slot(dist.domain[d].notification, OBJ_CAP);
}

/* What is left of the memory, in equal parts; but not less than that. */
static uint64_t rest(uint64_t least)
{
    struct tess_untyped_info u = { 0 };

    for (unsigned i = 0; i < pool.count; i++) {
        (void)tess_untyped_info(pool.item[i].cap, &u);
        uint64_t part = (u.bytes - u.used) / rest_domains & ~(BLOCK - 1);

        least = !u.device && part > least + BLOCK ? part - BLOCK : least;
    }
    rest_domains--;
    return least;
}

/* Of the domains that get the rest, or of the others. */
static void make_memory(bool is_rest)
{
    for (uint32_t d = 0; d < dist.domains; d++) {
        const struct dist_domain *m = &dist.domain[d];

        if (!!(m->flags & DIST_REST) == is_rest) {
            must(carve(TESS_TYPE_untyped, is_rest ? rest(m->mem) : m->mem,
                       domain_slot(d, DOM_UNTYPED)),
                 "domain", m->name);
        }
        rest_domains += !is_rest && m->flags & DIST_REST ? 1 : 0;
    }
}

static void make_domains(void)
{
    for (uint32_t d = 0; d < dist.domains; d++) {
        const struct dist_domain *m = &dist.domain[d];

        mint(SLOT_ENDPOINT, domain_slot(d, DOM_FAULT), d + 1, "domain", m->name);
        mint(notification_of(d), domain_slot(d, DOM_PING), COMP_BIT_PING, "domain", m->name);
        mint(notification_of(d), domain_slot(d, DOM_QUIET), COMP_BIT_QUIET, "domain", m->name);
        if (m->flags & DIST_SLOT) {
            domain_close(d);
        }
    }
    for (uint32_t gate = 0; gate < GATES; gate++) {
        const struct dist_gate *g = &dist.header->gate[gate];

        if (g->domain != DIST_NONE) {
            mint(notification_of(g->domain), object_slot(g->orders, OBJ_AUX), COMP_BIT_GATE(gate),
                 "gate", "");
        }
    }
}

/* ---- the incarnations ---- */

static void start_incarnations(void)
{
    sup.region->roles.primary = 0;
    must(incarnation_start(0, true), "primary", "");
    must(incarnation_start(1, false), "standby", "");
}

/* Both are dead when nothing has changed for some looks: each shows itself every 100 ms. */
static _Noreturn void last_resort(void)
{
    uint64_t seen = 0, looks = 0;

    (void)tess_thread_set_priority(TESS_ROOT_THREAD, PRIO_STANDBY, PRIO_STANDBY);
    for (;;) {
        uint64_t beats = sup.region->beat[0] + sup.region->beat[1];

        looks = beats == seen ? looks + 1 : 0;
        if (looks >= SILENT_LOOKS) {
            looks = 0;
            incarnation_destroy(0);
            incarnation_destroy(1);
            sup.region->roles.takeovers++;
            sup.region->roles.rebuilt += INCARNATIONS;
            start_incarnations();
            say("primary and standby: dead; built anew", NULL);
        }
        seen = beats;
        tess_sleep_until(&env, tess_deadline_ns(LOOK_NS));
    }
}

_Noreturn void seed(void)
{
    must(tess_env_init_root(&env, &slots, &pool, links, tess_bootinfo), "boot memory", "");
    slots.end = SLOT_FIRST;
    read_distribution();
    check_domains();
    make_region();
    make_endpoints();
    make_objects();
    make_memory(false);
    make_domains();
    for (uint32_t i = 0; i < INCARNATIONS; i++) {
        must(carve(TESS_TYPE_untyped, INCARNATION_BYTES, incarnation_slot(i, INC_UNTYPED)),
             "incarnations", "");
    }
    make_memory(true);
    start_incarnations();
    last_resort();
}
