/* Building and taking apart what a domain consists of.  Every function may be repeated after it was cut short. */
#ifndef SUPERVISOR_DOMAIN_H
#define SUPERVISOR_DOMAIN_H

#include "gate.h"

#include <tessera/error.h>

/* The death sequence, in this order. */
enum stop_step {
    STOP_SUSPEND,   /* nothing of it runs any more */
    STOP_INTERRUPT, /* its interrupt lines are masked and bound to nothing */
    STOP_DMA,       /* its devices reach no memory any more: the IOMMU has said so */
    STOP_DEVICE,    /* its devices are reset: the bus has said so */
    STOP_RELEASE,   /* its thread is gone: callers in service continue with GONE */
    STOP_REVOKE,    /* its memory holds nothing any more */
    STOP_STEPS,
};

/* Given up before its devices were closed: its thread, memory and endpoint still exist, and none of them is used again. */
static inline bool is_stuck(const struct domain_record *r)
{
    return r->state == DOMAIN_PARKED && r->step < STOP_RELEASE;
}

/* What a start will need. */
struct domain_plan {
    struct image image;
    uint64_t tables; /* pages */
    uint64_t bytes;  /* of untyped memory, in all */
};

/* Images that it may run: at least one. */
uint32_t domain_images(uint32_t domain);
/* Module of the boot archive; name of the component, or of the module when that is not known. */
const char *domain_image(uint32_t domain, uint32_t image);
const char *domain_image_name(uint32_t domain, uint32_t image);

/* Work out what a domain needs with that image.  NULL, or what is wrong with it. */
const char *domain_plan(uint32_t domain, uint32_t image, struct domain_plan *plan);

/* Build the domain from its empty memory and let it run, as its record says. */
enum tess_err domain_start(uint32_t domain);

/* Tell it to become quiet, or to go on; again if it may have missed it. */
void domain_quiet(uint32_t domain, bool quiet);
/* It has been told to be quiet, is so, and waits: nothing is lost if it is stopped now. */
bool domain_is_quiet(uint32_t domain);

enum turn domain_stop_step(uint32_t domain, enum stop_step step);

/* Ticks that this generation has consumed. */
uint64_t domain_consumed(uint32_t domain);

/* Take away the capability with which it wants attention, or give it back. */
void domain_mute(uint32_t domain, bool mute);

/* Destroy its endpoint: who waits there continues with GONE, who calls later gets CAP. */
void domain_close(uint32_t domain);

/*
 * Replace the instruction at that address of a running domain by word; old: what was there.  The next start loads its image anew.
 * STATE: it does not run.  RANGE: no instruction of its image is there.
 */
enum tess_err domain_poke(uint32_t domain, uint64_t address, uint32_t word, uint64_t *old);

#endif
