/* What is said of a domain. */
#include "domain.h"
#include "say.h"

#include <tess/error.h>
#include <tess/time.h>

static const char *failure_text(uint32_t why)
{
    static const char *const text[] = {
#define WHY(why, text) [why] = text,
#include "../../idl/failure.def"
#undef WHY
    };
    return why < sizeof text / sizeof text[0] && text[why] ? text[why] : "failed";
}

void say_why(struct line *l, uint32_t domain)
{
    const struct domain_record *r = record(domain);

    line_begin(l, sup.dist.domain[domain].name);
    line_text(l, ": ");
    line_text(l, failure_text(r->why));
    if (r->why == TESS_FAULT_page || r->why == TESS_FAULT_alignment || r->why == FAILURE_DMA) {
        line_text(l, " at ");
        line_hex(l, r->detail[0]);
    }
    if (r->why < FAILURE_STOPPED) {
        line_text(l, ", pc ");
        line_hex(l, r->detail[1]);
    }
    if (r->why == FAILURE_STRIKES) {
        line_text(l, " on ");
        line_text(l, sup.dist.strings + sup.dist.connection[r->detail[0]].name);
    }
    if (r->why == FAILURE_START) {
        line_text(l, ": ");
        line_text(l, tess_strerror((enum tess_err)r->detail[0]));
    }
}

void say_started(uint32_t domain)
{
    const struct domain_record *r = record(domain);
    struct line l;

    if (r->why != FAILURE_NONE && r->why != FAILURE_COMPANION && r->why != FAILURE_REQUEST &&
        r->why != FAILURE_SWAP) {
        say_why(&l, domain);
        line_text(&l, "; generation ");
        line_number(&l, r->generation);
        line_text(&l, " after ");
        line_ms(&l, tess_now() - r->failed_at);
        line_end(&l);
    }
}

void say_parked(uint32_t domain)
{
    struct line l;

    say_why(&l, domain);
    line_text(&l, "; parked after ");
    line_number(&l, record(domain)->failures);
    line_text(&l, record(domain)->failures == 1 ? " failure" : " failures");
    line_text(&l, is_stuck(record(domain)) ? ", its device is not closed" : "");
    line_end(&l);
}
