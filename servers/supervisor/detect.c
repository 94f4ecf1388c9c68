#include "detect.h"

#include "domain.h"
#include "say.h"
#include "service.h"

#include <comp/layout.h>
#include <tess/invoke.h>
#include <tess/time.h>

#define MISSES         2u /* pings unanswered for a whole period: 200 to 300 ms after the fact, of 100 */
#define HAD_TIME_NS    1000000u   /* who had that much processor time could have answered */
#define LENT_NS        200000u    /* how often the start of a passive domain is looked at */
#define LATE_NS        300000000u /* it must have received by then */
#define ATTENTION_MAX  100u       /* signals between two beats, then it is muted until the next */
#define STARVED_LONG   8u         /* pings after which that is said on the console */
#define EXCUSED        20u        /* limits: so long a server may say that it waits itself */
#define STRIKES_A_SCAN 16u        /* most that one look at a counter adds */

void detect_fault(uint32_t domain, const struct tess_msg *m)
{
    uint64_t kind = tess_tag_label(m->tag), address = 0, pc = m->w[1];

    if (domain >= sup.dist.domains) {
        return;
    }
    if (kind == TESS_FAULT_page || kind == TESS_FAULT_alignment || kind == TESS_FAULT_hardware) {
        address = m->w[0];
        pc = m->w[2];
    }
    service_fail(domain, (enum failure)kind, address, pc);
}

/* ---- pings ---- */

static struct domain_watch *watch_of(uint32_t domain)
{
    return &sup.region->watch[domain];
}

static bool waits_in_call(uint32_t domain)
{
    struct tess_thread_info info;

    return record(domain)->state == DOMAIN_RUNNING &&
           !tess_thread_info(domain_slot(domain, DOM_THREAD), &info) &&
           (info.state == TESS_THREAD_REPLY || info.state == TESS_THREAD_SEND);
}

/*
 * Does the domain wait in a call that leads back to itself?  Follows connections from client to server over those who are
 * late and wait themselves.  In every circle one waits to be received (SEND): the one whose server was already waiting.
 * That one is restarted: its call vanishes, and whom it serves continues with GONE.  Were it one that is being served,
 * the call still queued would close the circle again.
 */
static bool waits_for_itself(uint32_t domain)
{
    bool seen[DIST_DOMAINS_MAX] = { false };
    uint16_t todo[DIST_DOMAINS_MAX];
    uint32_t count = 1;

    todo[0] = (uint16_t)domain;
    while (count) {
        uint32_t d = todo[--count];

        for (uint32_t i = 0; i < sup.dist.connections; i++) {
            const struct dist_connection *c = &sup.dist.connection[i];
            uint32_t s = c->server;

            if (c->client != d || s == DIST_NONE || seen[s]) {
                continue;
            }
            if (s == domain) {
                return true;
            }
            if (watch_of(s)->missed >= MISSES && waits_in_call(s)) {
                seen[s] = true;
                todo[count++] = (uint16_t)s;
            }
        }
    }
    return false;
}

/* It had no time: that is the fault of whoever has it. */
static void report_starved(uint32_t domain)
{
    uint64_t times = ++watch_of(domain)->starved;

    if (times == 1) {
        sup.region->counters.starved++;
        log_add(sup.region, LOG_STARVED, domain, 0, tess_now());
    }
    if (times == STARVED_LONG) {
        say(sup.dist.domain[domain].name, ": gets no processor time", NULL);
    }
}

static bool had_time(uint32_t domain)
{
    uint64_t enough = tess_ticks_of_ns(HAD_TIME_NS);
    uint64_t half = tess_ticks_of_ns(sup.dist.domain[domain].budget_ns) / 2;

    return domain_consumed(domain) - watch_of(domain)->consumed >= (half < enough ? half : enough);
}

/* A domain has missed too many pings: is it to blame? */
static void judge(uint32_t domain)
{
    struct tess_thread_info info = { 0 };
    enum failure why = FAILURE_HANG;

    (void)tess_thread_info(domain_slot(domain, DOM_THREAD), &info);
    switch (info.state) {
    case TESS_THREAD_READY:
    case TESS_THREAD_NO_BUDGET:
        if (!had_time(domain)) {
            report_starved(domain);
            return;
        }
        break;
    case TESS_THREAD_REPLY:
        return; /* whom it waits for is judged */
    case TESS_THREAD_SEND:
        if (!waits_for_itself(domain)) {
            return;
        }
        why = FAILURE_DEADLOCK;
        break;
    case TESS_THREAD_SUSPENDED:
        why = FAILURE_STOPPED;
        break;
    case TESS_THREAD_IDLE: /* of guests only */
    case TESS_THREAD_RECV: /* receives, but not here, or forgets what it gets */
    case TESS_THREAD_WAIT:
        break;
    }
    sup.region->counters.hangs++;
    service_fail(domain, why, 0, 0);
}

static void ping(uint32_t domain, uint64_t now)
{
    struct domain_watch *w = watch_of(domain);
    uint64_t beats = sup.pulse[domain].beats;

    w->ping_at = now + tess_ticks_of_ns(sup.dist.domain[domain].heartbeat_ns);
    if (beats != w->beats || !w->asked) {
        w->beats = beats;
        w->missed = 0;
        w->starved = 0;
        w->consumed = domain_consumed(domain);
    } else {
        w->missed++;
    }
    w->asked = 1;
    if (w->missed >= MISSES) {
        judge(domain); /* before the next ping: that would wake it */
    }
    (void)tess_signal(domain_slot(domain, DOM_PING));
}

/* A passive domain that waits for its first message gives its budget back. */
static void settle(uint32_t domain, uint64_t now)
{
    struct domain_watch *w = watch_of(domain);
    struct tess_thread_info info;

    if (tess_thread_info(domain_slot(domain, DOM_THREAD), &info)) {
        return;
    }
    if (info.state == TESS_THREAD_RECV) {
        (void)tess_budget_unbind(domain_slot(domain, DOM_BUDGET));
        w->lent = 0;
    } else if (now - w->started > tess_ticks_of_ns(LATE_NS)) {
        service_fail(domain, FAILURE_LATE, 0, 0);
    }
}

uint64_t detect_pings(uint64_t until)
{
    for (uint32_t d = 0; d < sup.dist.domains; d++) {
        struct domain_watch *w = watch_of(d);
        uint64_t now = tess_now();

        if (record(d)->state != DOMAIN_RUNNING) {
            continue;
        }
        if (w->lent) {
            settle(d, now);
            uint64_t again = now + tess_ticks_of_ns(LENT_NS);
            until = w->lent && again < until ? again : until;
        }
        if (w->ping_at && now >= w->ping_at) {
            ping(d, now);
        }
        if (w->ping_at && w->ping_at < until) {
            until = w->ping_at;
        }
    }
    return until;
}

/* ---- strikes ---- */

/* How much a counter in a pulse page has grown; the page is not believed to be sane. */
static uint32_t growth(uint64_t now, uint64_t *seen)
{
    uint64_t more = now - *seen;

    *seen = now;
    return (uint32_t)(more < STRIKES_A_SCAN ? more : STRIKES_A_SCAN);
}

static bool runs(uint32_t domain)
{
    return domain != DIST_NONE && record(domain)->state == DOMAIN_RUNNING;
}

/* Has a request of its own been in flight for more than half of its limit? */
static bool waits_long(uint32_t domain, uint64_t now)
{
    for (uint32_t i = 0; i < sup.dist.connections; i++) {
        const struct dist_connection *c = &sup.dist.connection[i];
        uint64_t since = c->client == domain && client_watch(c) ? client_watch(c)->since : 0;

        if (since && c->within_ns && now > since + tess_ticks_of_ns(c->within_ns / 2)) {
            return true;
        }
    }
    return false;
}

/*
 * A call in flight for longer than it may be, and not because the server waits itself, which excuses it for some time, or has just been started; nor because the client
 * does not come to look for the answer, unless the server has taken more than half of the time since it was pinged.
 */
static bool too_long(const struct dist_connection *c, struct connection_watch *w, uint64_t since,
                     uint64_t now)
{
    const struct domain_watch *s = watch_of(c->server);
    uint64_t within = tess_ticks_of_ns(c->within_ns), from = w->struck > since ? w->struck : since;
    uint64_t pinged = s->ping_at - tess_ticks_of_ns(sup.dist.domain[c->server].heartbeat_ns);
    bool hogs = 2 * (domain_consumed(c->server) - s->consumed) > now - pinged;

    if (!c->within_ns || !since || record(c->server)->swap != SWAP_NONE || now <= from ||
        now - from <= within || now - s->started <= within || waits_in_call(c->server) ||
        (now - since <= EXCUSED * within && waits_long(c->server, now)) ||
        (watch_of(c->client)->starved && !hogs)) {
        return false;
    }
    w->struck = now;
    return true;
}

/* True: there were too many, and the domain was restarted. */
static bool strike(uint32_t i, uint32_t domain, uint32_t more, uint32_t *sum)
{
    uint32_t limit = sup.dist.connection[i].strikes;

    if (!more) {
        return false;
    }
    *sum += more;
    sup.region->counters.strikes += more;
    log_add(sup.region, LOG_STRIKE, i, *sum, tess_now());
    if (!limit || *sum < limit) {
        return false;
    }
    *sum = 0;
    service_fail(domain, FAILURE_STRIKES, i, 0);
    return true;
}

/* What the client says of its server. */
static void look_at_client(uint32_t i, uint64_t now)
{
    const struct dist_connection *c = &sup.dist.connection[i];
    struct connection_watch *w = &sup.region->connection[i];

    volatile const struct comp_watch *p = client_watch(c);

    if (!p || !runs(c->client) || !runs(c->server)) {
        return;
    }
    uint32_t more = growth(p->timeouts, &w->timeouts) + growth(p->strikes, &w->client_strikes) +
                    too_long(c, w, p->since, now);

    (void)strike(i, c->server, more, &w->against_server);
}

/*
 * What the server says of its client.  One that has gone mad accuses the innocent, so it is renewed first.  Its successor is believed
 * twice, then it is its turn again.
 */
static void look_at_server(uint32_t i)
{
    const struct dist_connection *c = &sup.dist.connection[i];
    struct connection_watch *w = &sup.region->connection[i];

    if (c->server_watch == DIST_NONE || !runs(c->client) || !runs(c->server)) {
        return;
    }
    uint64_t strikes = sup.pulse[c->server].watch[c->server_watch].strikes;

    uint32_t generation = record(c->server)->generation;
    bool is_believed = (w->renewed == generation && w->blamed < 2) ||
                       sup.dist.domain[c->server].restart == DIST_RESTART_NEVER;

    if (!strike(i, is_believed ? c->client : c->server, growth(strikes, &w->server_strikes),
                &w->against_client)) {
        return;
    }
    w->blamed = is_believed ? w->blamed + 1 : 0;
    w->renewed = is_believed ? w->renewed : generation + 1;
}

void detect_strikes(uint32_t domain)
{
    uint64_t now = tess_now();

    for (uint32_t i = 0; i < sup.dist.connections; i++) {
        const struct dist_connection *c = &sup.dist.connection[i];

        if (domain == DIST_NONE || c->client == domain || c->server == domain) {
            look_at_client(i, now);
            look_at_server(i);
        }
    }
}

void detect_attention(uint64_t bits)
{
    for (uint32_t d = 0; d < sup.dist.domains; d++) {
        if (!(bits & ATTENTION_BIT(d)) || record(d)->state != DOMAIN_RUNNING) {
            continue;
        }
        if (++watch_of(d)->attention == ATTENTION_MAX) {
            domain_mute(d, true);
            log_add(sup.region, LOG_MUTED, d, 0, tess_now());
        }
        detect_strikes(d);
    }
}

void detect_unmute(void)
{
    for (uint32_t d = 0; d < sup.dist.domains; d++) {
        struct domain_watch *w = watch_of(d);

        if (w->attention >= ATTENTION_MAX && record(d)->state == DOMAIN_RUNNING) {
            domain_mute(d, false);
        }
        w->attention = 0;
    }
}

/* ---- the end ---- */

static bool is_over(uint32_t domain)
{
    struct domain_watch *w = watch_of(domain);

    if (record(domain)->state == DOMAIN_RUNNING && sup.pulse[domain].state == COMP_FINISHED) {
        w->finished = 1;
    }
    return w->finished || record(domain)->state == DOMAIN_PARKED;
}

bool detect_finished(void)
{
    bool any = false, all = true;

    for (uint32_t d = 0; d < sup.dist.domains; d++) {
        if (sup.dist.domain[d].flags & DIST_UNTIL) {
            any = true;
            all = is_over(d) && all;
        }
    }
    return any && all;
}
