/*
 * One verification of the whole kernel.  It goes in passes over what the pass before collected:
 *
 *      derivation forest --> capabilities --> objects (each once) and extents of memory --> sums
 *
 * Nothing here changes what it looks at.  No recursion, no allocation: what does not fit into the arrays below (a
 * system of more than AUDIT_MAX objects) is not compared, the rest is.
 */
#ifndef KERNEL_DEBUG_AUDIT_H
#define KERNEL_DEBUG_AUDIT_H

#include "../ipc/ipc.h"
#include "../mem/mem.h"
#include "../cap/cnode.h"

#define AUDIT_MAX 16384u

/* An object that has capabilities, found in the forest. */
struct seen {
    word_t object;        /* kernel address */
    const uint32_t *refs; /* what the object says */
    uint32_t caps;        /* capabilities found */
    uint16_t bucket;      /* of the hash table */
    uint8_t type;         /* enum tess_type */
};

/* Memory that something lives in. */
struct extent {
    word_t base, end; /* physical */
    word_t frame;     /* 1: a frame, which others may overlap; 0: nothing may */
};

struct audit {
    uint32_t object_count, extent_count;
    bool partial;   /* more objects than AUDIT_MAX */
    bool thorough;  /* asked for by machine.check: leave out nothing */
    uint32_t round; /* which of many gets its turn */
    word_t cost;    /* about how many objects were looked at */
    /* sums over the forest, each compared with the same sum taken from the other side: */
    word_t caps; /* full slots = nodes of the forest */
    word_t slots_full;
    word_t
        mapped_caps; /* frame and tables capabilities in use = members of the lists of address spaces */
    word_t mapped_listed;
    word_t ready, ready_queued;
    word_t sending, receiving, waiting, queued_send, queued_recv, queued_wait;
    word_t timers, timers_heaped;
    word_t zombies;
    word_t asids;
    struct seen object[AUDIT_MAX];
    struct extent extent[AUDIT_MAX];
};

extern struct audit audit;

/* The name of the invariant, the object that breaks it, two values that say how. */
_Noreturn void violated(const char *invariant, const void *object, word_t a, word_t b);

#define HOLDS(condition, invariant, object, a, b)                                                  \
    do {                                                                                           \
        if (unlikely(!(condition))) {                                                              \
            violated(invariant, (const void *)(object), (word_t)(a), (word_t)(b));                 \
        }                                                                                          \
    } while (0)

/* ---- check.c ---- */
struct seen *seen_find(const void *object);
/* `object` is alive: NULL is not; in a partial audit everything else is believed. */
bool alive(const void *object, enum tess_type type);

/* ---- objects.c, memory.c: one object each, then what concerns all ---- */
void audit_thread(const struct thread *t);
void audit_endpoint(const struct endpoint *e);
void audit_notification(const struct notification *n);
void audit_reply(const struct reply *r);
void audit_budget(const struct budget *b);
void audit_vcpu(const struct vcpu *v);
void audit_cpu(const struct cpu *cpu);
void audit_irqs(void);
void audit_untyped_child(const struct cap *parent, const struct cap *c);
void audit_frame(const struct cap *f);
void audit_vspace(const struct vspace *v, bool pages);
/* Bytes of memory that the object of c occupies by itself; 0 for what has none. */
word_t cap_extent(const struct cap *c, word_t *base);
void extent_add(const struct cap *c);
void audit_extents(void);

#endif
