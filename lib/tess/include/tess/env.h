/*
 * What a program allocates from: slots, untyped memory, addresses of its own address space.
 *
 * struct tess_env is plain data; a program may have several, for instance one for each part that it must be able
 * to undo: objects of an env come only from its pool of untyped memory, hence revoking that undoes them all.
 * Not locked: one thread at a time.
 */
#ifndef TESS_ENV_H
#define TESS_ENV_H

#include <tess/slots.h>
#include <tess/syscall.h>
#include <tessera/bootinfo.h>

#define TESS_POOL_MAX    96u
#define TESS_TABLE_BYTES 65536u /* least page-table memory donated when an address space runs out */

/* Untyped memory to allocate from, RAM and device. */
struct tess_pool {
    struct tess_pool_item {
        tess_cap cap;
        uint64_t paddr;
        uint64_t bytes;
        uint64_t device;
    } item[TESS_POOL_MAX];
    unsigned count;
    unsigned last; /* where the last allocation succeeded: tried first */
};

struct tess_env {
    struct tess_slots *slots;
    struct tess_pool *pool;
    struct tess_pool *tables; /* page-table memory comes from here; usually = pool */
    tess_cap cnode;           /* the CNode that slots describes, as a capability */
    tess_cap vspace;          /* the own address space */
    tess_cap cpu;             /* to configure budgets with */
    tess_cap sleep;           /* notification that nobody signals, for tess_sleep_until() */
    uint64_t address;         /* addresses address .. address_end - 1 are free */
    uint64_t address_end;
};

/* No untyped memory yet. */
void tess_pool_init(struct tess_pool *p);

/* Allocate from this untyped memory too; asks the kernel for its place and size.  NOMEM: TESS_POOL_MAX reached. */
enum tess_err tess_pool_add(struct tess_pool *p, tess_cap untyped);

/*
 * The env of the root thread: all slots, memory and addresses that bootinfo says are free, and a sleep
 * notification.  link: TESS_ROOT_CNODE_SLOTS words for the slot allocator.  NOMEM.
 */
enum tess_err tess_env_init_root(struct tess_env *env, struct tess_slots *slots,
                                 struct tess_pool *pool, uint32_t *link,
                                 const struct tess_bootinfo *bootinfo);

/* Make one object; size as for untyped.retype.  NOMEM when slots or every piece of RAM is exhausted. */
enum tess_err tess_alloc(struct tess_env *env, enum tess_type type, uint64_t size, tess_cap *out);

/* Make count (up to TESS_RETYPE_MAX) objects in consecutive slots. */
enum tess_err tess_alloc_many(struct tess_env *env, enum tess_type type, uint64_t size,
                              uint32_t count, tess_cap *first);

/* The frame of device memory at paddr (pages).  RANGE: nobody gave this program that memory, or it is taken. */
enum tess_err tess_alloc_device(struct tess_env *env, uint64_t paddr, uint64_t bytes,
                                tess_cap *out);

/* Delete a capability and give its slot back.  Its memory comes back when its untyped memory is revoked. */
enum tess_err tess_free(struct tess_env *env, tess_cap cap);

/* Give vspace page-table memory from the first piece of RAM that has some. */
enum tess_err tess_donate(struct tess_env *env, tess_cap vspace);
/* Map a frame at address of any vspace; gives that vspace memory for page tables when it runs out. */
enum tess_err tess_map_at(struct tess_env *env, tess_cap frame, tess_cap vspace, uint64_t address,
                          uint64_t rights, uint64_t attributes);

/* Map a frame of that many bytes into the own address space, at an address chosen here. */
enum tess_err tess_map(struct tess_env *env, tess_cap frame, uint64_t bytes, uint64_t rights,
                       uint64_t attributes, void **address);

/* New zeroed memory, mapped read and write; bytes are rounded up to pages. */
enum tess_err tess_alloc_memory(struct tess_env *env, uint64_t bytes, tess_cap *frame,
                                void **address);

/* Wait until the deadline (absolute ticks). */
void tess_sleep_until(const struct tess_env *env, uint64_t deadline);

#endif
