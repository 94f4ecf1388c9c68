/* By hand what compose would generate from idl/supervisor.idl: docs/language.md, "The wire". */
#include "domain.h"
#include "main.h"
#include "service.h"
#include "swap.h"
#include "wire.h"

#include <string.h>
#include <comp/layout.h>
#include <tess/invoke.h>
#include <tess/time.h>
#include <tessera/bootinfo.h>

/* A call being served; the area is words 8.. of the message, in and out. */
struct request {
    const struct tess_msg *m;
    uint32_t first, second; /* its first two words */
    uint64_t *area;
    struct tess_words *answer;
    unsigned words; /* of the answer */
};

static void answer_struct(struct request *q, const void *from, unsigned bytes)
{
    memcpy(q->area, from, bytes);
    q->words = TESS_MSG_REGS + bytes / 8;
}

/* ---- looking ---- */

static enum tess_err info(struct request *q)
{
    const struct counters *c = &sup.region->counters;
    const struct roles *r = &sup.region->roles;
    struct supervisor_info i = {
        .domains = sup.dist.domains,
        .connections = sup.dist.connections,
        .starts = c->starts,
        .failures = c->failures,
        .hangs = c->hangs,
        .strikes = c->strikes,
        .parked = c->parked,
        .starved = c->starved,
        .calls = c->calls,
        .refused = c->refused,
        .takeovers = r->takeovers,
        .rebuilt = r->rebuilt,
        .events = c->log,
        .primary = r->primary,
        .swaps = c->swaps,
    };

    memcpy(i.system, sup.dist.header->system, DIST_NAME);
    answer_struct(q, &i, sizeof i);
    return TESS_OK;
}

static enum tess_err domain(struct request *q)
{
    uint32_t d = q->first;
    struct tess_untyped_info memory = { 0 };
    const struct domain_record *r = record(d);
    (void)tess_untyped_info(domain_slot(d, DOM_UNTYPED), &memory);
    struct domain_info i = {
        .memory = memory.bytes,
        .used = memory.used,
        .cpu_ns = tess_ns_of_ticks(r->cpu + domain_consumed(d)),
        .beats = sup.pulse[d].beats,
        .state = r->state,
        .generation = r->generation,
        .failures = r->failures,
        .why = r->why,
        .detail = { r->detail[0], r->detail[1] },
        .result = sup.pulse[d].result,
        .finished = sup.pulse[d].state == COMP_FINISHED,
        .missed = (uint32_t)sup.region->watch[d].missed,
        .image = r->image,
        .swap = r->swap,
        .budget_ns = sup.dist.domain[d].budget_ns,
        .period_ns = sup.dist.domain[d].period_ns,
    };
    memcpy(i.name, sup.dist.domain[d].name, DIST_NAME);
    answer_struct(q, &i, sizeof i);
    return TESS_OK;
}

static enum tess_err find(struct request *q)
{
    uint64_t bytes = q->m->w[0];

    if (bytes >= DIST_NAME || memchr(q->area, 0, bytes)) {
        return TESS_PROTOCOL;
    }
    for (uint32_t d = 0; d < sup.dist.domains; d++) {
        const char *name = sup.dist.domain[d].name;

        if (strlen(name) == bytes && memcmp(name, q->area, bytes) == 0) {
            q->answer->w[0] = d;
            q->words = 1;
            return TESS_OK;
        }
    }
    return TESS_RANGE;
}

static enum tess_err connection(struct request *q)
{
    uint32_t n = q->first;

    if (n >= sup.dist.connections) {
        return TESS_RANGE;
    }
    const struct dist_connection *c = &sup.dist.connection[n];
    volatile const struct comp_watch *w = client_watch(c);
    struct connection_info i = {
        .client = c->client,
        .server = c->server,
        .against_client = sup.region->connection[n].against_client,
        .against_server = sup.region->connection[n].against_server,
    };
    strncpy((char *)i.name, sup.dist.strings + c->name, sizeof i.name - 1);
    if (w) {
        uint64_t since = w->since, now = tess_now();

        i.calls = w->calls;
        i.gone = w->gone;
        i.timeouts = w->timeouts;
        i.since_ns = since && since < now ? tess_ns_of_ticks(now - since) : 0;
    }
    answer_struct(q, &i, sizeof i);
    return TESS_OK;
}

static enum tess_err capability(struct request *q)
{
    struct tess_cap_info i = { 0 };

    if (q->second >= sup.dist.domain[q->first].slots) {
        return TESS_RANGE;
    }
    enum tess_err err = tess_cnode_read(domain_slot(q->first, DOM_CNODE), q->second, &i);

    *q->answer = (struct tess_words){ { i.type, i.rights, i.badge, i.id, i.size } };
    q->words = 5;
    return err ? TESS_STATE : TESS_OK;
}

static enum tess_err alternative(struct request *q)
{
    char name[DIST_NAME] = { 0 };

    strncpy(name, domain_image_name(q->first, q->second), DIST_NAME - 1);
    q->answer->w[0] = strlen(name);
    answer_struct(q, name, sizeof name);
    return TESS_OK;
}

static enum tess_err entry(struct request *q)
{
    uint64_t n = q->m->w[0], end = sup.region->counters.log;

    if (n >= end || end - n > LOG_ENTRIES) {
        return TESS_RANGE;
    }
    const struct log_entry *e = &sup.region->log[n % LOG_ENTRIES];
    struct log_info i = { tess_ns_of_ticks(e->tick), e->event, e->domain, e->detail };

    answer_struct(q, &i, sizeof i);
    return TESS_OK;
}

/* ---- doing ---- */

static enum tess_err restart(struct request *q)
{
    service_restart(q->first);
    return TESS_OK;
}

static enum tess_err kill(struct request *q)
{
    service_fail(q->first, FAILURE_KILLED, 0, 0);
    return TESS_OK;
}

static enum tess_err stop(struct request *q)
{
    return service_stop(q->first);
}

static enum tess_err start(struct request *q)
{
    return service_start(q->first, record(q->first)->image);
}

static enum tess_err start_as(struct request *q)
{
    return service_start(q->first, q->second);
}

static enum tess_err swap(struct request *q)
{
    return swap_begin(q->first, q->second);
}

static enum tess_err fail(struct request *q)
{
    return supervisor_fail(q->first, q->m->w[1]);
}

static enum tess_err poke(struct request *q)
{
    if (!(q->m->badge & DIST_CONTROL_POKE)) {
        return TESS_DENIED;
    }
    q->words = 1;
    return domain_poke(q->first, q->m->w[1], (uint32_t)q->m->w[2], &q->answer->w[0]);
}

/* ---- dispatch ---- */

/* Of whom a method is, by its words. */
enum of { OF_NONE, OF_DOMAIN, OF_ALTERNATIVE };

/* length: of the request.  full: needs full control. */
static const struct method {
    enum tess_err (*serve)(struct request *q);
    unsigned length;
    bool full;
    enum of of;
} methods[] = {
    { info, 0, false, OF_NONE },
    { domain, 1, false, OF_DOMAIN },
    { find, 12, false, OF_NONE },
    { connection, 1, false, OF_NONE },
    { capability, 2, false, OF_DOMAIN },
    { entry, 1, false, OF_NONE },
    { restart, 1, true, OF_DOMAIN },
    { kill, 1, true, OF_DOMAIN },
    { stop, 1, true, OF_DOMAIN },
    { start, 1, true, OF_DOMAIN },
    { fail, 2, true, OF_NONE },
    { alternative, 2, false, OF_ALTERNATIVE },
    { start_as, 2, true, OF_ALTERNATIVE },
    { swap, 2, true, OF_ALTERNATIVE },
    { poke, 3, true, OF_DOMAIN },
};

static enum tess_err serve(struct request *q)
{
    uint64_t method = tess_tag_label(q->m->tag);

    if (method >= sizeof methods / sizeof methods[0]) {
        return TESS_PROTOCOL;
    }
    const struct method *f = &methods[method];

    if (tess_tag_len(q->m->tag) != f->length) {
        return TESS_PROTOCOL;
    }
    if (f->full && !(q->m->badge & DIST_CONTROL_FULL)) {
        return TESS_DENIED;
    }
    if ((f->of != OF_NONE && q->first >= sup.dist.domains) ||
        (f->of == OF_ALTERNATIVE && q->second >= sup.dist.domain[q->first].alternative_count)) {
        return TESS_RANGE;
    }
    return f->serve(q);
}

uint64_t control_serve(const struct tess_msg *m, struct tess_words *answer)
{
    struct request q = {
        .m = m,
        .first = (uint32_t)m->w[0],
        .second = (uint32_t)m->w[1],
        .area = &tess_ipc_buffer()->word[TESS_MSG_REGS],
        .answer = answer,
    };

    *answer = (struct tess_words){ { 0 } };
    enum tess_err err = serve(&q);

    sup.region->counters.calls++;
    sup.region->counters.refused += err == TESS_PROTOCOL || err == TESS_DENIED;
    return err ? tess_tag(err, 0, 0) : tess_tag(0, q.words, 0);
}
