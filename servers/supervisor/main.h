/* What the threads of the supervisor have of each other. */
#ifndef SUPERVISOR_MAIN_H
#define SUPERVISOR_MAIN_H

#include <stdint.h>

#include <tess/syscall.h>

/* Bring the system up from the boot archive; what cannot be is said in one line, then power-off. */
_Noreturn void seed(void);

/* Serve a call that came with BADGE_CONTROL (idl/supervisor.idl): the tag and words of the answer. */
uint64_t control_serve(const struct tess_msg *m, struct tess_words *answer);

/* Fail as asked (enum supervisor_failure of idl/supervisor.idl), for tests.  ARG: there is no such way. */
enum tess_err supervisor_fail(uint32_t how, uint64_t after_ns);

#endif
