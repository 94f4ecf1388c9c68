/* Making something of an untyped memory: domains and incarnations of the supervisor. */
#ifndef SUPERVISOR_BUILD_H
#define SUPERVISOR_BUILD_H

#include "supervisor.h"

#include <tessera/error.h>

#define RW (TESS_RIGHT_READ | TESS_RIGHT_WRITE)

/* The first two slots of what is made. */
enum { BUILD_UNTYPED, BUILD_VSPACE };

/* In progress: after the first error nothing more is done. */
struct build {
    tess_cap slots; /* the first of them */
    enum tess_err err;
};

/* An object of the untyped memory in the slot `to`. */
void make(struct build *b, enum tess_type type, uint64_t size, unsigned to);
/* A frame into the address space. */
void map(struct build *b, tess_cap frame, uint64_t at, uint64_t rights, uint64_t attributes);
/* A new frame in the slot `to`, mapped as normal memory. */
void make_mapped(struct build *b, uint64_t bytes, unsigned to, uint64_t at, uint64_t rights);
/* A new frame in the slot `to` of `bytes`, filled with a segment's file part, mapped. */
void make_filled(struct build *b, const struct image_segment *s, uint64_t bytes, unsigned to);

/* The own address space, whichever incarnation this is. */
tess_cap own_vspace(void);
/* Instructions were written at: make the instruction cache see them. */
void caches_agree(uint64_t at, uint64_t bytes);

#endif
