/*
 * Inside an address space: mappings (what addresses mean) and entries (which pages are there).  Both are sorted arrays.
 *
 * An entry is a page, of which it holds a reference, and whether the hardware has it:
 *     E_MAPPED   the process can read it without a fault
 *     E_WRITE    and write it: then it is a private page of nobody else, or a shared page that counts as dirty
 * A page without inode is anonymous.  It is private if it has one reference; with more, a write copies it (fork).
 */
#ifndef LINUX_MM_SPACE_H
#define LINUX_MM_SPACE_H

#include <asm/mman.h>
#include <linux/mman.h>

#include "../task/native.h"
#include "frames.h"

#define E_MAPPED     1ull
#define E_WRITE      2ull
#define E_FLAGS      15ull
#define CHUNK_PAGES  16u
#define STACK_TOP    0x7ffffffff000ull
#define SPACE_LOWEST 0x10000ull /* mmap_min_addr */

struct mapping {
    uint64_t start, end;
    uint64_t offset; /* in the file, bytes */
    struct file *file;
    struct inode *inode; /* the file's; its cache has the pages */
    struct space *space;
    struct list of_inode; /* in inode->mappings */
    uint32_t prot, flags; /* PROT_*, MAP_* */
    const char *name;     /* "[stack]" ...; NULL */
};

struct chunk {
    uint64_t key; /* address / 64 KiB */
    uint32_t used;
    uint64_t entry[CHUNK_PAGES];
};

/* Of an array of pointers: places before the first and in all.  Mappings mostly grow downwards, before all but a few. */
struct room {
    unsigned front, all;
};

struct space {
    uint32_t refs;
    uint32_t
        changes; /* counts changes of the mappings: what was looked up before a wait may be gone */
    struct native_space *native;
    struct mapping **mapping;
    unsigned mappings;
    struct room mapping_room;
    struct chunk **chunk;
    unsigned chunks;
    struct room chunk_room;
    /* From room_below up to room_top no gap has more than room_above bytes; room_below 0: not known. */
    uint64_t room_below, room_above, room_top;
    struct chunk *last; /* the chunk that was used last; NULL */
    uint64_t brk_start, brk_end;
    uint64_t pages_virtual, pages_resident, pages_peak, pages_locked;
    struct space_layout layout;
};

/* Runs of pages for the kernel, collected and done together. */
struct batch {
    struct space *space;
    unsigned count;
    bool failed; /* no memory for tables */
    struct tess_run run[TESS_VECTOR_MAX];
};
void batch_add(struct batch *b, uint64_t address, uint64_t op, uint64_t offset);
/* False: something could not be mapped; it faults again. */
bool batch_flush(struct batch *b);

/* The mapping that holds the address, or the first above it; NULL. */
struct mapping *mapping_at(const struct space *s, uint64_t address);
/* The place in the array of the first mapping that ends above the address. */
unsigned mapping_index(const struct space *s, uint64_t address);
/* The entry of a page, made if it is not there; NULL: no memory. */
uint64_t *entry_make(struct space *s, uint64_t address);
/* The entry, or NULL. */
uint64_t *entry_find(struct space *s, uint64_t address);
/* The next entry that has a page, from *address on and below end; *address becomes its address.  NULL: none. */
uint64_t *entry_next(struct space *s, uint64_t *address, uint64_t end);
/* Put a page into an empty entry, whose reference it takes over. */
void entry_set(struct space *s, uint64_t address, uint64_t *entry, struct page *p);
/* Empty it: the page is put, and unmapped by the batch. */
void entry_clear(struct batch *b, uint64_t address, uint64_t *entry);

static inline struct page *entry_page(uint64_t entry)
{
    return (struct page *)(entry & ~E_FLAGS);
}

/* PROT_* as rights of the kernel: what can be executed or written can be read. */
static inline uint64_t rights_of(uint32_t prot)
{
    return prot & (PROT_READ | PROT_WRITE | PROT_EXEC)
               ? TESS_RIGHT_READ | (prot & PROT_WRITE ? TESS_RIGHT_WRITE : 0) |
                     (prot & PROT_EXEC ? TESS_RIGHT_EXEC : 0)
               : 0;
}

static inline bool is_private(const struct mapping *m)
{
    return (m->flags & MAP_TYPE) == MAP_PRIVATE;
}

/* Forget the pages of a range: private ones are gone, those of files are found again. */
void space_drop_pages(struct space *s, uint64_t from, uint64_t to);
/* Grow the stack downwards to hold the address, if it is one just below a stack.  The mapping, or NULL. */
struct mapping *stack_grow(struct space *s, uint64_t address);
/* Map the pages of the chunk around the address that are there, as the mapping allows. */
void map_around(struct batch *b, struct mapping *m, uint64_t address);

#endif
