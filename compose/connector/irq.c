/* irq: an interrupt line signals the notification of the driver's domain; the driver acknowledges by its capability. */
#include <tessera/cap.h>

#include "table.h"

void irq_lower(struct model *model, struct connection *c)
{
    struct dist_object o = { .domain = c->from->domain->number,
                             .edge = c->to_end->is_edge,
                             .where = c->to_end->at };

    c->line = object_add(model, DIST_IRQ, text_format("%s.%s", c->to->path, c->to_end->name), &o);
}

void irq_place(struct model *model, struct connection *c)
{
    c->from_bit = bit_of(c->from->domain, &c->where);
    c->badge = 1ull << c->from_bit;
    AT(struct dist_object, &model->objects, c->line)->badge = c->badge;
    c->from_slot = grant(model, c->from->domain, c->line, TESS_RIGHT_ALL, 0, c->watch);
}
