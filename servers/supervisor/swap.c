/*
 * A phase of its own in the record of a domain (service.c):
 *
 *             swap_begin                it is quiet
 *     NONE ---------------> QUIETING --------------> TRIAL -------------------------> NONE
 *                              |             STOPPING, BACKOFF,  the first beat:
 *          1 s is over,        |             STARTING, RUNNING   it may go on
 *          or it is stopped    v                       |
 *                             NONE                     | any failure, or 300 ms are over
 *                                                      v
 *                                                     BACK -------------------------> NONE
 *                                            STOPPING, BACKOFF,  the first beat
 *                                            STARTING, RUNNING
 *
 *     QUIETING   it runs, and nothing has been done but to ask it; `other` is the alternative to come
 *     TRIAL      `image` is the new one, `other` the old one
 *     BACK       `image` is the old one again; its failures are counted as always
 *
 * In TRIAL and BACK it takes no calls until the record says NONE, and memory that it keeps is put back at each start of
 * BACK: so until then nothing has happened that a client or the old one could see.  Who dies of building what is on trial
 * has it rolled back, not parked.
 */
#include "swap.h"

#include "domain.h"
#include "say.h"

#include <tess/invoke.h>
#include <tess/time.h>

#define QUIET_NS 1000000000u /* from the request until it is quiet */
#define TRIAL_NS 300000000u  /* from the start to the first beat */
#define ASK_NS   10000000u   /* between two looks */
#define SOON_NS  50000u      /* when it says that it is quiet and does not wait yet */

/* "adder: not quiet; AdderV2 does not take its place" */
static void say_failed(uint32_t domain, uint32_t image, const char *why)
{
    say(sup.dist.domain[domain].name, ": ", why, "; ", domain_image_name(domain, image),
        " does not take its place", NULL);
}

enum tess_err swap_begin(uint32_t domain, uint32_t image)
{
    const struct dist_domain *m = &sup.dist.domain[domain];

    if (record(domain)->state != DOMAIN_RUNNING || record(domain)->swap != SWAP_NONE ||
        !m->alternative_count || m->flags & DIST_PASSIVE) {
        return TESS_STATE;
    }
    struct domain_record *r = record_open(sup.region, domain);

    r->swap = SWAP_QUIETING;
    r->other = image;
    r->swap_due = tess_deadline_ns(QUIET_NS);
    record_close(sup.region, domain);
    domain_quiet(domain, true);
    return TESS_OK;
}

void swap_leave(struct domain_record *r, enum failure why)
{
    if (r->swap == SWAP_QUIETING) {
        bool begins = why == FAILURE_SWAP;
        uint32_t image = r->other;

        r->other = r->image;
        r->image = begins ? image : r->image;
        r->swap = begins ? SWAP_TRIAL : SWAP_NONE;
    } else if (r->swap == SWAP_TRIAL && why != FAILURE_SWAP) {
        r->image = r->other;
        r->swap = SWAP_BACK;
    }
}

void swap_started(struct domain_record *r)
{
    r->swap_due = tess_deadline_ns(TRIAL_NS);
}

void swap_back(uint32_t domain, struct stop *how)
{
    uint32_t image = record(domain)->image;
    struct line l;

    how->goal = DOMAIN_BACKOFF;
    how->due = how->now;
    stop_mark(domain, how);
    stop_finish(domain);
    log_add(sup.region, LOG_ROLLED_BACK, domain, how->why, how->now);
    say_why(&l, domain);
    line_end(&l);
    say_failed(domain, image, "rolled back");
}

/* The record first: whoever reads that it says NONE tells the domain to go on (swap_look). */
static void end(uint32_t domain, enum log_event event, uint64_t detail)
{
    struct domain_record *r = record_open(sup.region, domain);

    r->swap = SWAP_NONE;
    record_close(sup.region, domain);
    domain_quiet(domain, false);
    log_add(sup.region, event, domain, detail, tess_now());
}

static void quieting(uint32_t domain, uint64_t now)
{
    const struct domain_record *r = record(domain);
    uint32_t image = r->other;

    if (domain_is_quiet(domain)) {
        struct stop how = { .goal = DOMAIN_BACKOFF, .why = FAILURE_SWAP, .now = now, .due = now };

        stop_mark(domain, &how);
        stop_finish(domain);
    } else if (now >= r->swap_due) {
        end(domain, LOG_NOT_QUIET, image);
        say_failed(domain, image, "not quiet");
    } else {
        domain_quiet(domain, true);
    }
}

static void trial(uint32_t domain, uint64_t now)
{
    const struct domain_record *r = record(domain);

    if (sup.pulse[domain].beats && sup.pulse[domain].state == COMP_QUIET) {
        sup.region->counters.swaps += r->swap == SWAP_TRIAL;
        end(domain, LOG_SWAPPED, r->image);
    } else if (now >= r->swap_due) {
        service_fail(domain, FAILURE_HANG, 0, 0);
    } else {
        (void)tess_signal(domain_slot(domain, DOM_PING));
    }
}

uint64_t swap_look(uint32_t domain, uint64_t until)
{
    bool soon = sup.pulse[domain].state == COMP_QUIET;
    uint64_t now = tess_now(), next = now + tess_ticks_of_ns(soon ? SOON_NS : ASK_NS);

    switch ((enum swap_phase)record(domain)->swap) {
    case SWAP_QUIETING:
        quieting(domain, now);
        return next < until ? next : until;
    case SWAP_TRIAL:
    case SWAP_BACK:
        trial(domain, now);
        return next < until ? next : until;
    default:
        if (sup.pulse[domain].quiet) {
            domain_quiet(domain, false); /* the end was cut short */
        }
        return until;
    }
}
