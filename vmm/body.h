/*
 * The kernel objects that a guest consists of, and how its monitor gets capabilities to them: from the component that holds them (guest_body.adl),
 * one a call on the endpoint `ask`.
 *
 *      call:    word 0 = which object, enum body_object; 1 = bytes of memory, whole 2 MiB, 0: none of the body's; 2 = virtual CPUs; 3 = their priority;
 *               4 = their time slice in nanoseconds.  The first call says what is made, the later ones must say the same.
 *      answer:  a copy of the capability; word 0 = when they were made (ticks; never the same again), 1 = version of the interrupt controller.
 *               Errors in its label: STATE: the kernel is no hypervisor, or they were made of another shape; NOMEM; RANGE: there is no such object.
 *
 * The fault messages of virtual CPU i come with badge BODY_BADGE(i).
 */
#ifndef VMM_BODY_H
#define VMM_BODY_H

#include <stdint.h>
#include <tess/env.h>

#include "board.h"

enum body_object {
    BODY_VSPACE, /* guest-physical addresses */
    BODY_PAGES,  /* a frame: what the guest reads of its virtio devices at VIRTIO_AT */
    BODY_RAM,    /* a frame: its memory at RAM_AT */
    BODY_THREAD, /* of CPU 0; then its vCPU; then those of CPU 1 ... */
    BODY_VCPU,
    BODY_OBJECTS = BODY_THREAD + 2 * CPUS_MAX,
};
#define BODY_BADGE(cpu) (1u + (cpu))

struct body_shape {
    uint64_t ram_bytes, cpus, priority, slice_ns;
};

struct body {
    struct body_shape shape;
    uint64_t when, gic;
    tess_cap object[BODY_OBJECTS];
};

#define BODY_FREE_AT  0x1000000000ull /* of the body's own addresses: env's */
#define BODY_FREE_END 0x1010000000ull

/* The body's side: make all of it in env, its memory with half the CPU; exits: the endpoint for the guest's exits.  NOMEM, ARG, STATE. */
enum tess_err body_make(struct tess_env *env, tess_cap exits, const struct body_shape *shape,
                        struct body *out);
/* The monitor's side: fetch all of it.  GONE, CAP: the body died meanwhile; TIMEOUT: it does not answer within a second; or as above. */
enum tess_err body_fetch(struct tess_env *env, tess_cap ask, const struct body_shape *shape,
                         struct body *out);

#endif
