/*
 * Pools: the objects of a proof are separately named variables, never an array (a solver then tells them apart at once).
 * The file that includes this defines POOL_CAPS (1..6, capability slots) before, and gets
 *     cap_1 .. cap_n     slots; the link of cap_i is i
 *     pool_cap(i)        the slot with link i
 *     pool_any()         fills all slots with anything whose links are 0 or name a slot of the pool
 * and link_ptr/ptr_link, which replace the kernel's decoding of links.  An address space or another object that kernel
 * code names by a link is added with POOL_OTHER: an expression of type void *, link POOL_OTHER_LINK.
 */
#ifndef VERIFY_POOL_H
#define VERIFY_POOL_H

#include "verify.h"

#define LINK_DECODE
typedef uint32_t link_t;
static inline void *link_ptr(link_t l);
static inline link_t ptr_link(const void *p);

#include "cap/cap.h"
#include "arch.h"

#define POOL_OTHER_LINK 100u
#define POOL_NO_LINK    200u /* the link of what is in no pool */

#ifndef POOL_EACH
#if POOL_CAPS == 1
#define POOL_EACH(X) X(1)
#elif POOL_CAPS == 2
#define POOL_EACH(X) X(1) X(2)
#elif POOL_CAPS == 3
#define POOL_EACH(X) X(1) X(2) X(3)
#elif POOL_CAPS == 4
#define POOL_EACH(X) X(1) X(2) X(3) X(4)
#elif POOL_CAPS == 5
#define POOL_EACH(X) X(1) X(2) X(3) X(4) X(5)
#elif POOL_CAPS == 6
#define POOL_EACH(X) X(1) X(2) X(3) X(4) X(5) X(6)
#endif
#endif

#define X(i) static struct cap cap_##i;
POOL_EACH(X)
#undef X

static inline struct cap *pool_cap(link_t l)
{
    switch (l) {
#define X(i)                                                                                       \
    case i:                                                                                        \
        return &cap_##i;
        POOL_EACH(X)
#undef X
    }
    CHECK(false, "a link names an object that exists");
    ASSUME(false);
    return NULL;
}

#ifdef POOL_OTHER
static inline void *pool_other(void);
#endif

static inline void *link_ptr(link_t l)
{
#ifdef POOL_OTHER
    if (l == POOL_OTHER_LINK) {
        return pool_other();
    }
#endif
    return pool_cap(l);
}

static inline link_t ptr_link(const void *p)
{
#define X(i)                                                                                       \
    if (p == (const void *)&cap_##i) {                                                             \
        return i;                                                                                  \
    }
    POOL_EACH(X)
#undef X
#ifdef POOL_OTHER
    if (p == (const void *)pool_other()) {
        return POOL_OTHER_LINK;
    }
#endif
    return POOL_NO_LINK;
}

static inline bool pool_link_ok(link_t l)
{
    return l <= POOL_CAPS;
}

static inline void pool_any(void)
{
#define X(i)                                                                                       \
    {                                                                                              \
        struct cap any;                                                                            \
        cap_##i = any;                                                                             \
        ASSUME(pool_link_ok(cap_##i.parent) && pool_link_ok(cap_##i.child));                       \
        ASSUME(pool_link_ok(cap_##i.next) && pool_link_ok(cap_##i.prev));                          \
    }
    POOL_EACH(X)
#undef X
}

#endif
