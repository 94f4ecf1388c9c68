#include <tess/slots.h>

/* link[] of a slot that is given out.  No slot has this number: a CNode has at most 2^20. */
#define SLOT_TAKEN UINT32_MAX

void tess_slots_init(struct tess_slots *s, uint32_t first, uint32_t end, uint32_t *link)
{
    *s = (struct tess_slots){ .first = first, .end = end, .next = first, .link = link };
}

enum tess_err tess_slot_alloc(struct tess_slots *s, uint64_t *slot)
{
    if (!s->free) {
        return tess_slot_alloc_range(s, 1, slot);
    }
    *slot = s->free;
    s->free = s->link[*slot - s->first];
    s->link[*slot - s->first] = SLOT_TAKEN;
    s->used++;
    return TESS_OK;
}

enum tess_err tess_slot_alloc_range(struct tess_slots *s, uint32_t count, uint64_t *first)
{
    if (count > s->end - s->next) {
        return TESS_NOMEM;
    }
    *first = s->next;
    for (uint32_t i = 0; i < count; i++) {
        s->link[s->next++ - s->first] = SLOT_TAKEN;
    }
    s->used += count;
    return TESS_OK;
}

enum tess_err tess_slot_free(struct tess_slots *s, uint64_t slot)
{
    if (slot < s->first || slot >= s->end) {
        return TESS_RANGE;
    }
    if (slot >= s->next || s->link[slot - s->first] != SLOT_TAKEN) {
        return TESS_STATE;
    }
    s->link[slot - s->first] = s->free;
    s->free = (uint32_t)slot;
    s->used--;
    return TESS_OK;
}

enum tess_err tess_slot_free_range(struct tess_slots *s, uint64_t first, uint32_t count)
{
    enum tess_err err = TESS_OK;

    for (uint32_t i = 0; i < count && !err; i++) {
        err = tess_slot_free(s, first + i);
    }
    return err;
}
