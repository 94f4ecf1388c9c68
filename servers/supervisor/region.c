/* Journals in the shared region.  Nothing here enters the kernel. */
#include "image.h"
#include "region.h"

#include <assert.h>
#include <stddef.h>

/* Keeps the compiler from moving writes over it; the other incarnation runs on the same CPU. */
#define WRITE_BARRIER() __asm__ volatile("" ::: "memory")

uint64_t region_bytes(uint32_t connections)
{
    return whole_pages(sizeof(struct region) + connections * sizeof(struct connection_watch));
}

static uint64_t record_sum(const struct domain_record *d)
{
    return dist_sum(&d->sum + 1, sizeof(*d) / 8 - 1);
}

static bool record_ok(const struct domain_record *d)
{
    return d->sum == record_sum(d) && d->state < DOMAIN_STATES && d->goal < DOMAIN_STATES &&
           d->swap < SWAP_PHASES;
}

struct domain_record *record_open(struct region *r, uint32_t domain)
{
    struct domain_journal *j = &r->domain[domain];

    j->before = j->now;
    WRITE_BARRIER();
    j->now.sum = ~j->now.sum;
    WRITE_BARRIER();
    return &j->now;
}

void record_close(struct region *r, uint32_t domain)
{
    struct domain_record *d = &r->domain[domain].now;

    WRITE_BARRIER();
    d->sum = record_sum(d);
    WRITE_BARRIER();
}

bool record_repair(struct region *r, uint32_t domain)
{
    struct domain_journal *j = &r->domain[domain];
    bool whole = record_ok(&j->now);

    if (!whole && record_ok(&j->before)) {
        j->now = j->before;
        return true;
    }
    if (!whole) {
        j->now = (struct domain_record){ .state = DOMAIN_STARTING, .why = FAILURE_RECORD };
        record_close(r, domain);
    }
    return whole;
}

void log_add(struct region *r, enum log_event event, uint32_t domain, uint64_t detail, uint64_t now)
{
    r->log[r->counters.log++ % LOG_ENTRIES] = (struct log_entry){ now, domain, event, detail };
}
