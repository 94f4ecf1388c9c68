/*
 * The supervisor.  Three threads run this program, each in an address space of its own:
 *
 *     seed       the root thread; brings the system up, and again when both others are dead  seed.c
 *     primary    executes the distribution, watches and heals                             primary(), here
 *     standby    watches the primary, and takes its place when that dies                  standby(), here
 *
 * The primary has one receive, SLOT_ENDPOINT: faults of domains and of the standby, control calls, and the bound
 * notification with which domains want attention; its deadline is the next thing to do.  It never waits for a domain.
 */
#include "main.h"

#include "detect.h"
#include "gate.h"
#include "incarnation.h"
#include "say.h"
#include "service.h"
#include "wire.h"

#include <tess/error.h>
#include <tess/invoke.h>
#include <tess/start.h>
#include <tess/time.h>
#include <tessera/bootinfo.h>

#define BEAT_NS      100000000u   /* an incarnation shows at least so often that it is well */
#define SILENT_LOOKS 3u           /* so many beats without one of the other is death */
#define DECAY_NS     10000000000u /* strikes are halved so often */
#define FAREWELL_NS                                                                                \
    2000000u /* between the end of the last domain waited for and power-off: for output under way */

struct supervisor sup;

/* ---- what everybody needs ---- */

static void order_make(void)
{
    uint32_t n = 0;

    for (uint32_t d = 0; d < sup.dist.domains; d++) {
        uint32_t at = n++;
        for (; at > 0 && sup.dist.domain[sup.order[at - 1]].order > sup.dist.domain[d].order;
             at--) {
            sup.order[at] = sup.order[at - 1];
        }
        sup.order[at] = (uint16_t)d;
    }
}

bool supervisor_init(uint32_t self, const struct dist *dist)
{
    sup = (struct supervisor){
        .self = self,
        .dist = *dist,
        .region = (struct region *)REGION_AT,
        .pulse = (volatile struct comp_pulse *)PULSES_AT,
        .modules = (const void *)MODULES_AT,
        .modules_bytes = tess_bootinfo->modules_bytes,
    };
    sup.slot_domains = SLOT_INCARNATIONS + (SEED + 1) * INCARNATION_SLOTS;
    sup.slot_objects = domain_slot(dist->domains, 0);
    sup.slot_maps = object_slot(dist->objects, OBJ_CAP);
    sup.slot_end = map_slot(dist->maps);
    for (uint32_t i = 0; i < dist->objects; i++) {
        if (dist->object[i].kind == DIST_IRQ && sup.lines < LINES_MAX) {
            sup.line[sup.lines++] = (uint16_t)i;
        }
    }
    order_make();
    return sup.slot_end <= TESS_ROOT_CNODE_SLOTS;
}

/* ---- watching the other incarnation ---- */

/* What is known of the other one's beat. */
struct watch {
    uint64_t beat;
    uint64_t changed; /* tick */
    uint32_t looks;   /* since then */
};

static void watch_start(struct watch *w)
{
    *w = (struct watch){ sup.region->beat[incarnation_other()], tess_now(), 0 };
}

/*
 * Look, once a beat.  false: it has been silent for too long.  Counts looks, not time: when the whole machine stood
 * still, nobody has been silent.
 */
static bool other_is_well(struct watch *w)
{
    if (sup.region->beat[incarnation_other()] != w->beat) {
        watch_start(w);
        return true;
    }
    return ++w->looks < SILENT_LOOKS;
}

static void standby_build(struct watch *w)
{
    uint32_t other = incarnation_other();

    incarnation_destroy(other);
    enum tess_err err = incarnation_start(other, false);

    watch_start(w);
    sup.region->roles.rebuilt++;
    log_add(sup.region, LOG_STANDBY, DIST_NONE, err, tess_now());
    if (err) {
        say("standby: cannot be built: ", tess_strerror(err), NULL);
    }
}

static void standby_rebuild(struct watch *w, const char *why)
{
    standby_build(w);
    say("standby: ", why, "; built anew", NULL);
}

/* ---- primary ---- */

struct primary {
    struct watch standby;
    uint64_t scan_at;
    uint64_t off_at; /* tick of power-off; 0: not yet */
    uint64_t answer_tag;
    struct tess_words answer;
    bool answers; /* somebody waits for an answer */
};

static struct primary primary_state;

/* Everything that does not come as a message. */
static void scan(struct primary *p, uint64_t now)
{
    p->scan_at = now + tess_ticks_of_ns(BEAT_NS);
    detect_unmute();
    detect_strikes(DIST_NONE);
    if (now >= sup.region->decay_at) {
        sup.region->decay_at = now + tess_ticks_of_ns(DECAY_NS);
        for (uint32_t i = 0; i < sup.dist.connections; i++) {
            sup.region->connection[i].against_client /= 2;
            sup.region->connection[i].against_server /= 2;
        }
    }
    if (!other_is_well(&p->standby)) {
        standby_rebuild(&p->standby, "silent");
    }
}

static void end_system(struct primary *p, uint64_t now)
{
    if (!p->off_at && detect_finished()) {
        p->off_at = now + tess_ticks_of_ns(FAREWELL_NS);
    }
    if (p->off_at && now >= p->off_at) {
        (void)tess_machine_power_off(TESS_ROOT_MACHINE);
    }
}

/* What is due now; the tick at which something is next. */
static uint64_t work(struct primary *p)
{
    uint64_t now = tess_now(), until;

    sup.region->beat[sup.self]++;
    if (now >= p->scan_at) {
        scan(p, now);
    }
    end_system(p, now);
    until = p->off_at && p->off_at < p->scan_at ? p->off_at : p->scan_at;
    return service_run(detect_pings(until));
}

static void handle(struct primary *p, const struct tess_msg *m)
{
    if (tess_msg_err(m->tag)) {
        return; /* TIMEOUT: something is due.  STATE: the caller to be answered is gone */
    }
    if (m->tag & TESS_TAG_SIGNAL) {
        detect_attention(m->badge);
    } else if (m->tag & TESS_TAG_FAULT) {
        (void)tess_reply_0(tess_tag(TESS_FAULT_STOP, 0, 0), 0);
        if (m->badge == BADGE_STANDBY) {
            standby_rebuild(&p->standby, "died");
        } else if (
            !(m->badge &
              BADGE_CONTROL)) { /* else a domain's own thread, with this as its fault handler */
            detect_fault((uint32_t)(m->badge - 1), m);
        }
    } else {
        p->answer_tag =
            m->badge & BADGE_CONTROL ? control_serve(m, &p->answer) : tess_tag(TESS_DENIED, 0, 0);
        p->answers = true;
    }
}

static struct tess_msg answer_and_receive(struct primary *p, uint64_t until)
{
    if (!p->answers) {
        return tess_recv(SLOT_ENDPOINT, until);
    }
    p->answers = false;
    return tess_reply_recv(SLOT_ENDPOINT, p->answer_tag, until, 0, p->answer);
}

static _Noreturn void primary(void)
{
    struct primary *p = &primary_state;

    gate_init();
    service_resume(); /* nothing to do at boot */
    watch_start(&p->standby);
    for (;;) {
        uint64_t until = work(p);
        struct tess_msg m = answer_and_receive(p, until);

        handle(p, &m);
    }
}

/* ---- standby ---- */

/* Become the primary: first a new standby, so that a death in the rest of the work (service_resume) is survived, too. */
static void take_over(const char *why, uint64_t silent_since)
{
    struct roles *r = &sup.region->roles;
    uint64_t began = tess_now();
    struct line l;

    enum tess_err err = incarnation_succeed();

    r->primary = sup.self;
    r->takeovers++;
    r->taken_at = began;
    standby_build(&primary_state.standby);
    log_add(sup.region, LOG_TAKEOVER, DIST_NONE, err, began);
    line_begin(&l, "primary: ");
    line_text(&l, why);
    line_text(&l, "; the standby has taken over after ");
    line_ms(&l, tess_now() - silent_since);
    line_end(&l);
}

/* Other messages than faults only say that kill_at has changed. */
static void standby(void)
{
    struct watch w;

    watch_start(&w);
    for (;;) {
        uint64_t kill_at = sup.region->kill_at, until = tess_deadline_ns(BEAT_NS);

        sup.region->beat[sup.self]++;
        struct tess_msg m = tess_recv(SLOT_STANDBY, kill_at && kill_at < until ? kill_at : until);

        if (m.tag & TESS_TAG_FAULT) {
            take_over("died", tess_now());
            return;
        }
        if (kill_at && tess_now() >= kill_at) {
            sup.region->kill_at = 0;
            take_over("killed", tess_now());
            return;
        }
        if (tess_msg_err(m.tag) && !other_is_well(&w)) {
            take_over("silent", w.changed);
            return;
        }
    }
}

/* ---- deliberate failures ---- */

static _Noreturn void loop(void)
{
    for (;;) {
    }
}

/* The standby goes on at pc. */
static enum tess_err standby_at(uint64_t pc)
{
    tess_cap thread = incarnation_slot(incarnation_other(), INC_THREAD);

    (void)tess_thread_suspend(thread);
    return tess_thread_start(thread, pc, 0, 0, 0);
}

enum tess_err supervisor_fail(uint32_t how, uint64_t after_ns)
{
    switch (how) {
    case SUPERVISOR_FAILURE_BOTH:
        (void)standby_at(0);
        __builtin_trap();
    case SUPERVISOR_FAILURE_FAULT:
        __builtin_trap();
    case SUPERVISOR_FAILURE_LOOP:
        loop();
    case SUPERVISOR_FAILURE_STANDBY_FAULT:
        return standby_at(0);
    case SUPERVISOR_FAILURE_STANDBY_LOOP:
        return standby_at((uint64_t)loop);
    case SUPERVISOR_FAILURE_KILL:
        sup.region->kill_at = tess_deadline_ns(after_ns);
        return tess_try_send(SLOT_STANDBY, tess_tag(0, 0, 0), (struct tess_words){ { 0 } });
    default:
        return TESS_ARG;
    }
}

int main(void)
{
    struct dist dist;
    struct dist_fault why;
    uint64_t size = 0;

    if (incarnation_self() == SEED) {
        seed();
    }
    const void *block =
        module_find((const void *)MODULES_AT, tess_bootinfo->modules_bytes, DIST_MODULE, &size);

    if (!block || !dist_ok(block, size, &dist, &why) ||
        !supervisor_init(incarnation_self(), &dist)) {
        __builtin_trap(); /* the seed has checked it */
    }
    if (sup.region->roles.primary != sup.self) {
        standby();
    }
    primary();
}
