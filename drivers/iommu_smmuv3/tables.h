/*
 * The translation tables of one function: what it may reach has entries, all other addresses fault.  Stage 1 of VMSAv8-64
 * (Arm Architecture Reference Manual, D8.3): 48 bits, pages of 4 KiB, blocks of 2 MiB where a window has them whole.
 *
 * What is written depends on the windows and on where the tables lie, and on nothing else: built again, they are the same.
 */
#ifndef IOMMU_SMMUV3_TABLES_H
#define IOMMU_SMMUV3_TABLES_H

#include <stdbool.h>
#include <stdint.h>

#include <comp/gate.h>
#include <tessera/cap.h>

#define TABLES_MAX                                                                                 \
    16u /* of a function: one, and one for each 512 GiB, 1 GiB and 2 MiB in which it has pages */
#define TABLE_ENTRIES 512u /* of 8 bytes */
#define TABLE_PAGE    4096ull
#define TABLE_BLOCK   (2ull << 20)
#define TABLE_BITS    48u
#define TABLE_LEVELS  4u

enum table_entry { /* bits of an entry */
                   ENTRY_VALID = 1 << 0,
                   ENTRY_TABLE =
                       1 << 1, /* the next table, or on the last level a page; without it a block */
                   ENTRY_USER = 1 << 6,      /* AP[1]: accesses of a device are unprivileged */
                   ENTRY_READ_ONLY = 1 << 7, /* AP[2] */
                   ENTRY_SHARED =
                       3
                       << 8, /* inner shareable; attribute 0 is write-back, as the processor's mappings of it */
                   ENTRY_ACCESSED = 1 << 10,
                   ENTRY_OWN = 1 << 11, /* nG: of one ASID */
};
#define ENTRY_NEVER_EXECUTE (3ull << 53)
#define ENTRY_ADDRESS       0x0000fffffffff000ull
#define ENTRY_DEVICE        (1ull << 2) /* attribute 1 */
#define ENTRY_LEAF                                                                                 \
    (ENTRY_NEVER_EXECUTE | ENTRY_VALID | ENTRY_USER | ENTRY_SHARED | ENTRY_ACCESSED | ENTRY_OWN)

struct tables {
    uint64_t entry[TABLES_MAX][TABLE_ENTRIES]; /* the first is the root */
    uint64_t at;                               /* where they will lie */
    uint32_t count;                            /* in use */
};

static inline bool tables_add(struct tables *t, uint32_t *table)
{
    if (t->count == TABLES_MAX) {
        return false;
    }
    *table = t->count++;
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++) {
        t->entry[*table][i] = 0;
    }
    return true;
}

/* One leaf: a page on level 3, a block on level 2.  False: there is something already, or no room. */
static inline bool tables_leaf(struct tables *t, uint64_t seen, uint64_t address,
                               uint32_t leaf_level, uint64_t bits)
{
    uint32_t table = 0;

    for (uint32_t level = 0;; level++) {
        uint64_t *entry = &t->entry[table][seen >> (39 - 9 * level) & (TABLE_ENTRIES - 1)];

        if (level == leaf_level) {
            bool is_free = *entry == 0;

            *entry = address | bits;
            return is_free;
        }
        if (*entry == 0) {
            if (!tables_add(t, &table)) {
                return false;
            }
            *entry = (t->at + table * TABLE_PAGE) | ENTRY_VALID | ENTRY_TABLE;
        } else if (*entry & ENTRY_TABLE) {
            table = (uint32_t)(((*entry & ENTRY_ADDRESS) - t->at) / TABLE_PAGE);
        } else {
            return false;
        }
    }
}

/* Where the function sees the window. */
static inline uint64_t tables_seen(const struct gate_window *w)
{
    return w->seen_page ? w->seen_page * TABLE_PAGE : w->address;
}

static inline bool tables_window(struct tables *t, const struct gate_window *w)
{
    uint64_t bits = ENTRY_LEAF | (w->rights & TESS_RIGHT_WRITE ? 0 : ENTRY_READ_ONLY);

    uint64_t shift = w->address - tables_seen(w);

    for (uint64_t at = tables_seen(w), end = at + w->bytes; at < end;) {
        bool is_block = (at | shift) % TABLE_BLOCK == 0 && end - at >= TABLE_BLOCK;

        if (!tables_leaf(t, at, at + shift, is_block ? 2 : 3,
                         is_block ? bits : bits | ENTRY_TABLE)) {
            return false;
        }
        at += is_block ? TABLE_BLOCK : TABLE_PAGE;
    }
    return true;
}

/* Whole pages below 2^bits, at most 48, to be read, or read and written: stage 1 has nothing that is only written. */
static inline bool tables_window_ok(const struct gate_window *w, uint32_t bits)
{
    uint64_t end = 1ull << bits;

    return w->address % TABLE_PAGE == 0 && w->bytes % TABLE_PAGE == 0 && w->address < end &&
           w->bytes <= end - w->address && w->bytes <= (1ull << TABLE_BITS) - tables_seen(w) &&
           (w->rights == TESS_RIGHT_READ || w->rights == (TESS_RIGHT_READ | TESS_RIGHT_WRITE));
}

/* An address space of nothing, whose tables will lie at that physical address (whole page). */
static inline void tables_begin(struct tables *t, uint64_t at)
{
    uint32_t root;

    t->at = at;
    t->count = 0;
    (void)tables_add(t, &root);
}

/*
 * Add the page to which messages are written.  Stage 1 has nothing that is only written.  False: as for a window, before which this comes.
 */
static inline bool tables_doorbell(struct tables *t, uint64_t address)
{
    uint64_t page = address & ~(TABLE_PAGE - 1);

    return tables_leaf(t, page, page, 3, ENTRY_LEAF | ENTRY_DEVICE | ENTRY_TABLE);
}

/*
 * Add a window.  False: it is not one that the function can have, overlaps another, or there are not enough tables; then the
 * tables are not to be used.  `bits`: width of a physical address.
 */
static inline bool tables_map(struct tables *t, const struct gate_window *w, uint32_t bits)
{
    return tables_window_ok(w, bits < TABLE_BITS ? bits : TABLE_BITS) && tables_window(t, w);
}

#endif
