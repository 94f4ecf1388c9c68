/*
 *               due            bus, then IOMMU: open        domain_start: OK
 *     BACKOFF -------> OPENING ---------------------> STARTING --------------> RUNNING
 *        ^               |                               |                        |
 *        |               | its gate is parked,           | error                  | service_fail, service_restart,
 *        |               | service_fail, ...             |                        | service_stop
 *        |               v                               v                        |
 *        +----------- STOPPING <--------------------------------------------------+
 *        |  goal         |
 *        |  BACKOFF      +---- goal DOWN:   on request (service_stop)
 *        |               +---- goal PARKED: failed too often (decide), or its gate is parked: then it stays as it is
 *        |                            |
 *        +----------------------------+
 *            service_start
 *
 * Nothing waits here.  OPENING and STOPPING are looked at again whenever something has come, among it the signal of a gate
 * that has answered (gate.h).  STOPPING goes through the death sequence (domain.h) and stays at the steps
 *     STOP_DMA      until the IOMMU has closed its devices: they reach no memory, nothing is in flight
 *     STOP_DEVICE   until the bus has reset them
 * so that no caller is released, and no memory used again, before that.  A gate that does not answer in time has failed
 * itself; its next incarnation finds the orders.  One that starts leaves alone what is open.
 *
 * The record says what state comes next before anything is done for it (region.h), and everything that is done may
 * be done again: so the other incarnation goes on from the record alone (service_resume).
 *     BACKOFF, OPENING, DOWN, PARKED   nothing exists that is made of the domain's memory
 *     BACKOFF, DOWN, PARKED            its devices are closed
 *     DOWN, PARKED                     its endpoint does not exist
 *     RUNNING                          all of it exists, its devices are open, and its thread is not suspended
 * but PARKED with a step before STOP_RELEASE (is_stuck): its devices could not be closed, all of it exists, suspended.
 *
 * What a swap adds is drawn in swap.c.
 *
 * How often a domain may fail: each failure is a debt of window / restart_max, which time pays back; more than a window
 * of debt is too much.  So the count decays by itself, and the debt says how long to back off.
 */
#include "service.h"

#include "domain.h"
#include "say.h"
#include "gate.h"
#include "swap.h"

#include <assert.h>
#include <tess/invoke.h>
#include <tess/time.h>

#define ESCALATION_WINDOWS 4u /* a second escalation within so many windows parks instead */
#define BACKOFF_SHIFT_MAX  20u

static const struct dist_domain *policy(uint32_t domain)
{
    return &sup.dist.domain[domain];
}

/* ---- transitions ---- */

static void enter(uint32_t domain, enum domain_state state)
{
    struct domain_record *r = record_open(sup.region, domain);

    r->state = state;
    r->closed =
        state != DOMAIN_RUNNING && (r->closed || state == DOMAIN_DOWN || state == DOMAIN_PARKED);
    record_close(sup.region, domain);
}

static void stop_step_note(uint32_t domain, uint32_t step)
{
    uint64_t consumed = step == STOP_RELEASE ? domain_consumed(domain) : 0;
    struct domain_record *r = record_open(sup.region, domain);

    r->step = step;
    r->cpu += consumed;
    record_close(sup.region, domain);
}

/* The steps that are left, up to one that must wait. */
static enum turn take_apart(uint32_t domain)
{
    enum turn turn = TURN_DONE;

    for (uint32_t step = record(domain)->step; step < STOP_STEPS && turn == TURN_DONE; step++) {
        stop_step_note(domain, step);
        turn = domain_stop_step(domain, (enum stop_step)step);
    }
    return turn;
}

void stop_finish(uint32_t domain)
{
    const struct domain_record *r = record(domain);

    assert(r->state == DOMAIN_STOPPING);
    enum turn turn = take_apart(domain);

    if (turn == TURN_WAITS) {
        return; /* service_run comes back to it */
    }
    enter(domain, turn == TURN_NEVER ? DOMAIN_PARKED : (enum domain_state)r->goal);
    if (r->state != DOMAIN_BACKOFF && !is_stuck(r)) {
        domain_close(domain);
    }
    log_add(sup.region, r->state == DOMAIN_PARKED ? LOG_PARKED : LOG_STOPPED, domain, r->why,
            tess_now());
    if (r->state == DOMAIN_PARKED) {
        sup.region->counters.parked++;
        say_parked(domain);
    }
}

void stop_mark(uint32_t domain, const struct stop *how)
{
    struct domain_record *r = record_open(sup.region, domain);

    swap_leave(r, how->why);
    r->state = DOMAIN_STOPPING;
    r->step = STOP_SUSPEND;
    r->goal = how->goal;
    r->why = how->why;
    r->detail[0] = how->detail[0];
    r->detail[1] = how->detail[1];
    r->failed_at = how->now;
    r->due = how->due;
    record_close(sup.region, domain);
}

static void stop(uint32_t domain, const struct stop *how)
{
    stop_mark(domain, how);
    stop_finish(domain);
}

/* What was seen of the connections of a domain begins anew with it. */
static void forget_connections(uint32_t domain)
{
    for (uint32_t i = 0; i < sup.dist.connections; i++) {
        const struct dist_connection *c = &sup.dist.connection[i];
        struct connection_watch *w = &sup.region->connection[i];

        if (c->client == domain) {
            w->timeouts = w->client_strikes = w->against_client = 0;
        }
        if (c->server == domain) {
            w->server_strikes = w->against_server = 0;
        }
    }
}

static void watch_begin(uint32_t domain)
{
    const struct dist_domain *m = policy(domain);
    bool passive = m->flags & DIST_PASSIVE;
    uint64_t now = tess_now();

    sup.region->watch[domain] = (struct domain_watch){
        .started = now,
        .ping_at = m->heartbeat_ns && !passive ? now + tess_ticks_of_ns(m->heartbeat_ns) : 0,
        .lent = passive,
    };
    forget_connections(domain);
}

static void start(uint32_t domain)
{
    struct domain_record *r = record_open(sup.region, domain);
    enum tess_err err;

    r->state = DOMAIN_STARTING;
    r->generation++;
    swap_started(r);
    record_close(sup.region, domain);
    sup.region->busy = domain + 1;
    watch_begin(domain);
    err = domain_start(domain);
    sup.region->busy = 0;
    if (err) {
        service_fail(domain, FAILURE_START, err, 0);
        return;
    }
    enter(domain, DOMAIN_RUNNING);
    sup.region->poison = sup.region->poison == domain + 1 ? 0 : sup.region->poison;
    sup.region->counters.starts++;
    log_add(sup.region, LOG_STARTED, domain, r->generation, tess_now());
    if (r->swap == SWAP_NONE) {
        say_started(domain);
    }
}

/* ---- failures ---- */

/* Does `other` stop when `domain` does?  group: the whole of it, else those it always restarts with. */
static bool together(uint32_t domain, uint32_t other, bool group)
{
    const struct dist_domain *a = policy(domain), *b = policy(other);

    return domain == other || (group ? a->group == b->group : a->restart_set == b->restart_set);
}

/* Stop the domain and those that go with it, the ones started last first. */
static void stop_together(uint32_t domain, const struct stop *how, bool group)
{
    struct stop companion = *how;

    if (how->why != FAILURE_REQUEST) {
        companion.why = FAILURE_COMPANION;
        companion.detail[0] = domain;
    }
    /*
     * First the records of all, that of the failed one last: if this incarnation dies between two of them, the failure is
     * found again, and with it all that has to be done.  Then the work.
     */
    for (uint32_t i = sup.dist.domains; i-- > 0;) {
        uint32_t d = sup.order[i], state = record(d)->state;

        if (d != domain && together(domain, d, group) &&
            (state == DOMAIN_RUNNING || state == DOMAIN_OPENING || state == DOMAIN_BACKOFF)) {
            stop_mark(d, &companion);
        }
    }
    stop_mark(domain, how);
    for (uint32_t i = sup.dist.domains; i-- > 0;) {
        if (record(sup.order[i])->state == DOMAIN_STOPPING) {
            stop_finish(sup.order[i]);
        }
    }
}

/* The debt after one more failure: how many windows' parts of it there are, rounded up. */
static uint64_t debt_add(const struct dist_domain *m, uint64_t *debt, uint64_t now)
{
    uint64_t unit = tess_ticks_of_ns(m->window_ns) / m->restart_max;

    *debt = (*debt > now ? *debt : now) + unit;
    return unit ? (*debt - now + unit - 1) / unit : 1;
}

static uint64_t backoff(const struct dist_domain *m, uint64_t count)
{
    uint64_t shift = count - 1 < BACKOFF_SHIFT_MAX ? count - 1 : BACKOFF_SHIFT_MAX;
    uint64_t least = tess_ticks_of_ns(m->backoff_min_ns);
    uint64_t most = tess_ticks_of_ns(m->backoff_max_ns);

    return least << shift < most ? least << shift : most;
}

/* What to do about a failure; true: to the whole group. */
static bool decide(uint32_t domain, struct stop *how)
{
    const struct dist_domain *m = policy(domain);
    struct domain_record *r = record_open(sup.region, domain);
    uint64_t count = m->restart == DIST_RESTART ? debt_add(m, &r->debt, how->now) : 0;
    uint64_t lately = ESCALATION_WINDOWS * tess_ticks_of_ns(m->window_ns);
    bool group = false;

    r->failures++;
    how->goal = DOMAIN_BACKOFF;
    if (m->restart == DIST_RESTART_NEVER) {
        how->goal = DOMAIN_PARKED;
    } else if (count <= m->restart_max) {
        how->due = how->now + backoff(m, count);
    } else if (m->group != DIST_NONE && (!r->escalated || how->now - r->escalated > lately)) {
        group = true;
        r->escalated = how->now;
        r->debt = how->now;
        how->due = how->now + backoff(m, 1);
    } else {
        how->goal = DOMAIN_PARKED;
    }
    record_close(sup.region, domain);
    return group;
}

/* Before its callers get GONE: whose requests it served shall know whether it died of its own fault. */
static void tell_clients(uint32_t domain, enum failure why)
{
    for (uint32_t i = 0; i < sup.dist.connections && why < FAILURE_KILLED; i++) {
        volatile struct comp_watch *w = client_watch(&sup.dist.connection[i]);

        if (w && sup.dist.connection[i].server == domain) {
            w->crashes++;
        }
    }
}

void service_fail(uint32_t domain, enum failure why, uint64_t detail0, uint64_t detail1)
{
    struct stop how = { .why = why, .detail = { detail0, detail1 }, .now = tess_now() };
    uint32_t state = record(domain)->state;

    if (state != DOMAIN_RUNNING && state != DOMAIN_STARTING && state != DOMAIN_OPENING) {
        return; /* a message from before it was stopped */
    }
    if (record(domain)->swap == SWAP_TRIAL) {
        swap_back(domain, &how);
        return;
    }
    sup.region->counters.failures++;
    tell_clients(domain, why);
    bool group = decide(domain, &how);

    if (how.goal == DOMAIN_PARKED) {
        stop(domain, &how);
    } else {
        stop_together(domain, &how, group);
    }
}

/* ---- requests ---- */

void service_restart(uint32_t domain)
{
    uint64_t now = tess_now();
    struct stop how = { .goal = DOMAIN_BACKOFF, .why = FAILURE_REQUEST, .now = now, .due = now };

    stop_together(domain, &how, false);
}

enum tess_err service_stop(uint32_t domain)
{
    struct stop how = { .goal = DOMAIN_DOWN, .why = FAILURE_REQUEST, .now = tess_now() };
    uint32_t state = record(domain)->state;

    if (state == DOMAIN_DOWN || state == DOMAIN_PARKED) {
        return TESS_STATE;
    }
    stop(domain, &how);
    return TESS_OK;
}

enum tess_err service_start(uint32_t domain, uint32_t image)
{
    uint32_t state = record(domain)->state;

    if (state != DOMAIN_DOWN && state != DOMAIN_PARKED) {
        return TESS_STATE;
    }
    struct domain_record *r = record_open(sup.region, domain);

    r->image = image;
    r->state = is_stuck(r) ? DOMAIN_STOPPING : DOMAIN_BACKOFF;
    r->goal = DOMAIN_BACKOFF;
    r->why = FAILURE_REQUEST;
    r->due = r->debt = tess_now();
    r->escalated = 0;
    record_close(sup.region, domain);
    return TESS_OK;
}

/* ---- running and resuming ---- */

void service_init(struct region *r, uint32_t domain)
{
    bool slot = policy(domain)->flags & DIST_SLOT;

    *record_open(r, domain) = (struct domain_record){
        .state = slot ? DOMAIN_DOWN : DOMAIN_BACKOFF,
        .closed = slot,
    };
    record_close(r, domain);
}

/* One that always restarts with it is not taken apart yet. */
static bool is_held(uint32_t domain)
{
    for (uint32_t d = 0; d < sup.dist.domains; d++) {
        if (together(domain, d, false) && record(d)->state == DOMAIN_STOPPING) {
            return true;
        }
    }
    return false;
}

/* First the device answers, then it reaches memory, then its driver runs.  false: it waits. */
static bool open_and_start(uint32_t domain)
{
    struct stop how = {
        .goal = DOMAIN_PARKED, .why = FAILURE_START, .detail = { TESS_GONE }, .now = tess_now()
    };
    enum turn turn = gate_turn(domain, GATE_BUS, true);

    if (turn == TURN_DONE) {
        turn = gate_turn(domain, GATE_IOMMU, true);
    }
    if (turn == TURN_DONE) {
        start(domain);
    } else if (turn == TURN_NEVER) {
        stop(domain, &how);
    }
    return turn != TURN_WAITS;
}

/* What the state asks for; true: it is another one now. */
static bool advance(uint32_t domain)
{
    const struct domain_record *r = record(domain);

    if (r->state == DOMAIN_STOPPING) {
        stop_finish(domain);
        return r->state != DOMAIN_STOPPING;
    }
    if (r->state == DOMAIN_BACKOFF && r->due <= tess_now() && !is_held(domain)) {
        enter(domain, DOMAIN_OPENING);
    }
    return r->state == DOMAIN_OPENING && open_and_start(domain);
}

uint64_t service_run(uint64_t until)
{
    bool moved = false;

    until = gate_look(until);
    for (uint32_t i = 0; i < sup.dist.domains; i++) {
        uint32_t d = sup.order[i];
        const struct domain_record *r = record(d);

        if (r->state == DOMAIN_RUNNING) {
            until = swap_look(d, until);
        }
        moved |= advance(d);
        if (r->state == DOMAIN_BACKOFF && r->due < until && !is_held(d)) {
            until = r->due;
        }
    }
    return moved ? tess_now()
                 : until; /* others may be due now, what has been started has deadlines */
}

/* A start that was cut short is begun anew. */
static void resume_start(uint32_t domain)
{
    struct stop how = { .goal = DOMAIN_BACKOFF,
                        .why = (enum failure)record(domain)->why,
                        .now = tess_now() };

    how.due = how.now;
    if (record(domain)->swap == SWAP_TRIAL) {
        how.why =
            sup.region->poison == domain + 1 ? FAILURE_START : FAILURE_SWAP; /* or once more */
    } else if (sup.region->poison == domain + 1) {
        how.goal = DOMAIN_PARKED; /* the second primary that dies of it */
    }
    stop(domain, &how);
}

static void resume(uint32_t domain)
{
    struct tess_thread_info info;

    (void)record_repair(sup.region, domain);
    switch ((enum domain_state)record(domain)->state) {
    case DOMAIN_STARTING:
        resume_start(domain);
        break;
    case DOMAIN_STOPPING:
        stop_finish(domain);
        break;
    case DOMAIN_DOWN:
    case DOMAIN_PARKED:
        if (!is_stuck(record(domain))) {
            domain_close(domain);
        }
        break;
    case DOMAIN_RUNNING:
        if (tess_thread_info(domain_slot(domain, DOM_THREAD), &info) ||
            info.state == TESS_THREAD_SUSPENDED) {
            service_fail(domain, FAILURE_STOPPED, 0, 0);
        }
        break;
    case DOMAIN_BACKOFF:
    case DOMAIN_OPENING:
    case DOMAIN_STATES:
        break;
    }
}

void service_resume(void)
{
    uint64_t busy = sup.region->busy;

    for (uint32_t d = 0; d < sup.dist.domains; d++) {
        resume(d);
    }
    sup.region->poison = busy;
    sup.region->busy = 0;
}
