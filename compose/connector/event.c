/* event: the emitter signals the notification of the consumer's domain; one bit for each consuming end (element). */
#include <tessera/cap.h>

#include "table.h"

/* All connections to one end have the same bit. */
static uint32_t bit_for(struct connection *c)
{
    for (EACH_TO(d, c->to, c->to_end)) {
        if (d->number < c->number && d->to_element == c->to_element) {
            return d->to_bit;
        }
    }
    return bit_of(c->to->domain, &c->where);
}

void event_place(struct model *model, struct connection *c)
{
    c->to_bit = bit_for(c);
    c->badge = 1ull << c->to_bit;
    c->from_slot = grant(model, c->from->domain, c->to->domain->notification, TESS_RIGHT_SEND,
                         c->badge, c->watch);
}
