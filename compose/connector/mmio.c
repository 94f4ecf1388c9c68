/* mmio: the registers of a device in the address space of its driver. */
#include <tessera/cap.h>

#include "table.h"

/* Devices can lie closer together than a page: who shares a page shares the object. */
void mmio_lower(struct model *model, struct connection *c)
{
    uint64_t first = c->to_end->at & ~(PAGE - 1), end = pages(c->to_end->at + c->to_end->bytes);
    struct dist_object o = { .domain = DIST_NONE, .bytes = end - first, .where = first };
    uint32_t i = 0;

    c->memory_bytes = end - first;
    for (EACH(struct dist_object, old, &model->objects)) {
        if (old->kind == DIST_DEVICE && old->where == first && old->bytes == o.bytes) {
            c->memory = i;
            return;
        }
        if (old->kind == DIST_DEVICE && old->where < end && first < old->where + old->bytes) {
            error_at(&c->where, "%s: its pages overlap those of %s", c->name,
                     AT(const char, &model->object_names, i));
        }
        i++;
    }
    c->memory =
        object_add(model, DIST_DEVICE, text_format("%s.%s", c->to->path, c->to_end->name), &o);
}

void mmio_place(struct model *model, struct connection *c)
{
    c->from_at = map(model, c->from->domain, c->memory, 0, c->memory_bytes,
                     TESS_RIGHT_READ | TESS_RIGHT_WRITE, c->watch) +
                 (c->to_end->at & (PAGE - 1));
    if (c->from_end->is_guest) {
        c->from_slot = grant(model, c->from->domain, c->memory, TESS_RIGHT_READ | TESS_RIGHT_WRITE,
                             0, c->watch);
    }
}
