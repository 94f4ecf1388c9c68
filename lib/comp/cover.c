/* Checksums of a connection: see comp/cover.h. */
#include <comp/cover.h>

#include <comp/crc32c.h>

_Static_assert(COMP_QUEUE_DEPTH <= 32, "a bit of busy for each request");

/* What is written before it is in memory before what is written behind it, for who comes after a crash. */
static void order(void)
{
    __asm__ volatile("" ::: "memory");
}

static uint32_t sum_of(const struct comp_cover *c, const struct comp_cover_slot *s, uint64_t block)
{
    uint32_t sum = comp_crc32c(s->data + (block - s->first) * c->block_bytes, c->block_bytes);

    return sum ? sum : 1;
}

/* Where `count` blocks end, as far as the table has them. */
static uint64_t end_of(const struct comp_cover *c, uint64_t first, uint64_t count)
{
    if (first >= c->blocks) {
        return first;
    }
    return count > c->blocks - first ? c->blocks : first + count;
}

static void forget(struct comp_cover *c, uint64_t first, uint64_t end)
{
    for (uint64_t block = first; block < end; block++) {
        c->memory->sum[block] = 0;
    }
}

void comp_cover_attach(struct comp_cover *c)
{
    for (uint32_t i = 0; i < COMP_QUEUE_DEPTH; i++) {
        struct comp_cover_mark *mark = &c->memory->mark[i];

        forget(c, mark->first, end_of(c, mark->first, mark->count));
        order();
        mark->count = 0;
    }
}

/* ---- a request ---- */

static void soften(struct comp_cover_slot *s, uint64_t first, uint64_t end)
{
    if (s->soft_first == s->soft_end) {
        s->soft_first = first;
        s->soft_end = end;
    } else {
        s->soft_first = first < s->soft_first ? first : s->soft_first;
        s->soft_end = end > s->soft_end ? end : s->soft_end;
    }
}

/* What others in flight write of it, and it of theirs. */
static void look_for_others(struct comp_cover *c, struct comp_cover_slot *s)
{
    for (uint32_t left = c->busy; left; left &= left - 1) {
        struct comp_cover_slot *other = &c->slot[__builtin_ctz(left)];
        uint64_t first = other->first > s->first ? other->first : s->first;
        uint64_t end = other->end < s->end ? other->end : s->end;

        if (first < end && other->kind == COMP_COVER_WRITE) {
            soften(s, first, end);
        }
        if (first < end && s->kind == COMP_COVER_WRITE) {
            soften(other, first, end);
        }
    }
}

void comp_cover_begin(struct comp_cover *c, uint32_t slot, enum comp_cover_kind kind,
                      uint64_t first, uint64_t count, const uint8_t *data)
{
    struct comp_cover_slot *s = &c->slot[slot];
    struct comp_cover_mark *mark = &c->memory->mark[slot];
    uint64_t end = end_of(c, first, count);

    if (kind == COMP_COVER_NONE || first == end) {
        return;
    }
    *s = (struct comp_cover_slot){ .kind = kind, .first = first, .end = end, .data = data };
    look_for_others(c, s);
    c->busy |= 1u << slot;
    if (kind == COMP_COVER_WRITE) {
        mark->first = first;
        order();
        mark->count = end - first;
        order();
        for (uint64_t block = first; block < end; block++) {
            c->memory->sum[block] = sum_of(c, s, block);
        }
        order();
    }
}

/* What is read for the first time is taken as it is. */
static bool compare(struct comp_cover *c, const struct comp_cover_slot *s, uint64_t first,
                    uint64_t end)
{
    bool is_same = true;

    for (uint64_t block = first; block < end; block++) {
        uint32_t *known = &c->memory->sum[block], sum = sum_of(c, s, block);

        if (*known == 0) {
            *known = sum;
        }
        is_same &= *known == sum;
    }
    return is_same;
}

bool comp_cover_end(struct comp_cover *c, uint32_t slot, bool is_ok)
{
    struct comp_cover_slot *s = &c->slot[slot];
    uint64_t soft_first = s->soft_first, soft_end = s->soft_end;

    if (!(c->busy >> slot & 1)) {
        return true;
    }
    c->busy &= ~(1u << slot);
    if (soft_first == soft_end) {
        soft_first = soft_end = s->end;
    }
    if (s->kind == COMP_COVER_READ) {
        return !is_ok || (compare(c, s, s->first, soft_first) & compare(c, s, soft_end, s->end));
    }
    if (is_ok) {
        forget(c, soft_first, soft_end);
    } else { /* any of it may have been written */
        forget(c, s->first, s->end);
    }
    order();
    c->memory->mark[slot].count = 0;
    return true;
}
