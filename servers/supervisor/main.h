#ifndef SUPERVISOR_MAIN_H
#define SUPERVISOR_MAIN_H

#include <stdint.h>
#include <tessera/error.h>

/* Fail as asked (enum supervisor_failure of idl/supervisor.idl), for tests.  ARG: there is no such way. */
enum tess_err supervisor_fail(uint32_t how, uint64_t after_ns);

#endif
