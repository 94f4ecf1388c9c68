/* The control interface, idl/supervisor.idl: what shells, status pages and tests may ask of the supervisor. */
#ifndef SUPERVISOR_CONTROL_H
#define SUPERVISOR_CONTROL_H

#include <stdint.h>

#include <tess/syscall.h>

/* Serve a call that came with BADGE_CONTROL: the tag and words of the answer. */
uint64_t control_serve(const struct tess_msg *m, struct tess_words *answer);

#endif
