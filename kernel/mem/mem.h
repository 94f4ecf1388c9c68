/* Memory: untyped, frames, address spaces. */
#ifndef KERNEL_MEM_MEM_H
#define KERNEL_MEM_MEM_H

#include "../cap/cap.h"

struct cnode;
struct thread;
struct vcpu;

/* Hardware address-space numbers; any number of address spaces share them: the next one is taken from its user. */
#define ASID_COUNT 8192u

struct vspace {
    uint32_t refs;
    uint32_t asid;      /* 0: none at present */
    word_t switch_word; /* what the switch loads; 0: no ASID or no root table, take the slow path */
    word_t root;        /* physical address of the level-0 table; 0: none donated yet */
    word_t
        free_tables; /* physical address of a list of zeroed pages, linked by their first word; 0: none */
    word_t free_count;
    struct cap *mapped; /* frames mapped here, linked by map_next */
    struct cap *tables; /* tables capabilities, likewise */
    word_t mapped_count;
    struct cap *window; /* the tables capability with CAP_WINDOW; NULL: none */
    bool guest;         /* of guest-physical addresses: stage 2 (vspace.guest) */
    bool emptying; /* an emptying was preempted: to be finished before anything new is put in */
    const struct vcpu *last_vcpu; /* of a guest: whose translations the CPU may hold */
    word_t spare[5];
};
_Static_assert(sizeof(struct vspace) == TESS_SIZE_vspace, "vspace size is ABI");

extern struct vspace vspace_none; /* switch_word 0; what threads without a space point to */

/* Give v an ASID if it has a root table; true: v->switch_word != 0. */
bool vspace_activate(struct vspace *v);
/* Destruction, one step; true when nothing of it is left. */
bool vspace_empty_step(struct vspace *v);
/* The tables capability is going: its address space loses all mappings and tables.  One step; true when done. */
bool tables_drop_step(struct cap *tables);
/* Unmap some pages of a mapped frame; true when it is unmapped. */
bool frame_unmap_step(struct cap *frame);
/* Map a page by physical address, no capability: at boot, and the guests' virtual CPU interface.  False: out of tables, or something is there. */
bool vspace_map_page(struct vspace *v, word_t vaddr, word_t paddr, unsigned rights, unsigned attr);
/* Boot: give one zeroed page for tables. */
void vspace_add_table(struct vspace *v, word_t paddr);

/* Whole zeroed pages out of untyped RAM, for table memory.  The caller makes the capability that stands for them. */
enum tess_err untyped_take_pages(struct cap *ut, word_t pages, word_t *paddr);

/* What a thread and a CNode are in zeroed memory. */
void thread_create(struct thread *t);
void cnode_create(struct cnode *n, uint32_t slots);

bool untyped_ok(const struct cap *ut);
bool frame_ok(const struct cap *f);
bool vspace_ok(const struct vspace *v);

#endif
