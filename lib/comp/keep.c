/*
 * Memory that survives.  A header says which version's struct it is.  Where a component can be replaced there is a second
 * bank: before a swap the contents are copied there, so that a successor that is given up has changed nothing, and a
 * conversion reads from there.
 */
#include <comp/comp.h>

#define KEEP_MAGIC 0x7065656b73736574ull /* "tesskeep" */

static uint64_t keep_sum(const struct comp_keep *k)
{
    return ((k->magic * 31 + k->version) * 31 + k->bytes) * 31;
}

static bool is_whole(const struct comp_keep *k)
{
    return k->magic == KEEP_MAGIC && k->sum == keep_sum(k);
}

static void *contents(struct comp_keep *k)
{
    return (uint8_t *)k + COMP_KEEP_HEADER;
}

static void header_write(struct comp_keep *k, uint64_t version, uint64_t bytes)
{
    *k = (struct comp_keep){ .magic = KEEP_MAGIC, .version = version, .bytes = bytes };
    __asm__ volatile("" ::: "memory");
    k->sum = keep_sum(k);
}

static void header_clear(struct comp_keep *k)
{
    *(volatile uint64_t *)&k->sum = ~keep_sum(k);
    __asm__ volatile("" ::: "memory");
}

/* `to` is whole when all of it is there. */
static void copy(struct comp_keep *to, struct comp_keep *from)
{
    header_clear(to);
    memcpy(contents(to), contents(from), from->bytes);
    header_write(to, from->version, from->bytes);
}

static bool fits(const struct comp_kept *kept, const struct comp_keep *k)
{
    return is_whole(k) && COMP_KEEP_HEADER + k->bytes <= kept->bank;
}

void comp_keep_save(const struct comp_kept *kept)
{
    struct comp_keep *k = (struct comp_keep *)kept->at;

    if (fits(kept, k)) {
        copy((struct comp_keep *)(kept->at + kept->bank), k);
    }
}

/* What another version has left; a conversion that was cut short is done again from the copy. */
static bool convert(const struct comp_kept *kept, struct comp_keep *k)
{
    struct comp_keep *old = (struct comp_keep *)(kept->at + kept->bank);

    comp_keep_save(kept);
    header_clear(k);
    memset(contents(k), 0, kept->bytes);
    return kept->convert && fits(kept, old) && old->version != kept->version &&
           kept->convert(contents(k), (uint32_t)old->version, contents(old), (uint32_t)old->bytes);
}

void comp_keep_open(const struct comp_kept *kept)
{
    struct comp_keep *k = (struct comp_keep *)kept->at;
    struct comp_keep *old = (struct comp_keep *)(kept->at + kept->bank);

    if (comp_pulse->is_restore && kept->bank && fits(kept, old)) {
        copy(k, old);
    }
    if (is_whole(k) && k->version == kept->version && k->bytes == kept->bytes) {
        return;
    }
    if (!kept->bank || !convert(kept, k)) {
        memset(contents(k), 0, kept->bytes);
    }
    header_write(k, kept->version, kept->bytes);
}
