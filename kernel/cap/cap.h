/*
 * A capability slot: 64 bytes, empty when type is null.  Slots lie in CNodes, in threads and in interrupt lines; each
 * is a node of the derivation tree (derivation.h).  All slots lie in the direct map, so a 32-bit link names one.
 */
#ifndef KERNEL_CAP_CAP_H
#define KERNEL_CAP_CAP_H

#include "../types.h"

typedef uint32_t link_t; /* (kernel address - direct base) / 64; 0 = none */

/* Who holds the slot: what must follow when the capability in it goes away. */
enum holder {
    HOLDER_CNODE = 0,
    HOLDER_THREAD = 1, /* + enum thread_slot */
    HOLDER_IRQ = 16,
};

#define CAP_DEVICE 0x1u /* untyped, frame: device memory */
#define CAP_WINDOW 0x2u /* tables: stands for a frame that is the window of an address space */

struct cap {
    word_t
        object; /* kernel address of the object; frame, untyped, tables: physical base; irq: INTID; else 0 */
    union {
        struct {
            uint8_t type;   /* enum tess_type */
            uint8_t rights; /* TESS_RIGHT_* */
        };
        uint16_t kind; /* both at once, for the message path: type | rights << 8 */
    };
    uint8_t flags;     /* CAP_DEVICE */
    uint8_t holder;    /* enum holder; kept while the slot is empty */
    uint32_t map_done; /* frame: pages mapped so far, from the start */
    union {
        word_t badge; /* endpoint, notification */
        word_t used;  /* untyped: bytes given out, from the start */
        word_t vaddr; /* frame: where mapped */
    };
    word_t size; /* frame, untyped, tables: bytes, whole pages */
    /* derivation tree */
    link_t parent, child, next, prev; /* prev of a first child is 0 */
    union {
        struct {
            word_t
                zeroed; /* untyped: bytes known to be zero or given out, from the start; >= used */
            word_t rest;
        };
        struct { /* frame: set iff mapped; tables: set iff in use */
            link_t vspace;
            link_t map_next, map_prev;    /* the address space's list of such capabilities */
            uint8_t map_rights, map_attr; /* frame: how mapped */
        };
    };
};
_Static_assert(sizeof(struct cap) == TESS_SLOT_BYTES, "slot size is ABI");

/* The one place that turns a link into a pointer (proofs replace it). */
#ifndef LINK_DECODE
#include "../arch.h"
ALWAYS_INLINE void *link_ptr(link_t l)
{
    return (void *)(arch_direct_base() + ((word_t)l << 6));
}
ALWAYS_INLINE link_t ptr_link(const void *p)
{
    return (link_t)(((word_t)p - arch_direct_base()) >> 6);
}
#endif

ALWAYS_INLINE struct cap *cap_at(link_t l)
{
    return l ? link_ptr(l) : NULL;
}

#endif
