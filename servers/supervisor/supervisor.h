/* What the parts of the supervisor share. */
#ifndef SUPERVISOR_SUPERVISOR_H
#define SUPERVISOR_SUPERVISOR_H

#include "image.h"
#include "layout.h"
#include "region.h"

#include <comp/dist_ok.h>
#include <comp/layout.h>
#include <stddef.h>
#include <tess/syscall.h>

_Static_assert(sizeof(struct comp_pulse) == TESS_PAGE, "pulse pages lie in a row");

#define LINES_MAX 1024u /* interrupt lines */

/* Of this incarnation: set at its start from what does not change, read only afterwards. */
struct supervisor {
    uint32_t self; /* incarnation, or SEED */
    struct dist dist;
    struct region *region;
    volatile struct comp_pulse *pulse; /* by domain; believed in nothing but their own health */
    const void *modules;
    uint64_t modules_bytes;
    uint64_t slot_domains, slot_objects, slot_maps, slot_end;
    uint16_t order[DIST_DOMAINS_MAX]; /* domains as they are started */
    uint16_t line[LINES_MAX];         /* objects that are interrupt lines */
    uint32_t lines;
};

extern struct supervisor sup;

static inline tess_cap incarnation_slot(uint32_t incarnation, unsigned slot)
{
    return SLOT_INCARNATIONS + incarnation * INCARNATION_SLOTS + slot;
}

static inline tess_cap domain_slot(uint32_t domain, unsigned slot)
{
    return sup.slot_domains + (uint64_t)domain * DOMAIN_SLOTS + slot;
}

static inline tess_cap object_slot(uint32_t object, enum object_slot slot)
{
    return sup.slot_objects + (uint64_t)object * OBJECT_SLOTS + slot;
}

static inline tess_cap map_slot(uint32_t map)
{
    return sup.slot_maps + map;
}

/* The record of a domain, to read. */
static inline const struct domain_record *record(uint32_t domain)
{
    return &sup.region->domain[domain].now;
}

/* What the client of a connection says of its server; NULL: nothing. */
static inline volatile struct comp_watch *client_watch(const struct dist_connection *c)
{
    return c->client_watch == DIST_NONE ? NULL : &sup.pulse[c->client].watch[c->client_watch];
}

/* Fill in what follows from the distribution: places of slots, order, lines.  False: more slots than there are. */
bool supervisor_init(uint32_t self, const struct dist *dist);

#endif
