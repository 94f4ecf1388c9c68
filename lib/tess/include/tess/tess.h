/* All of lib/tess. */
#ifndef TESS_TESS_H
#define TESS_TESS_H

#include <tess/env.h>
#include <tess/error.h>
#include <tess/invoke.h>
#include <tess/ipc.h>
#include <tess/slots.h>
#include <tess/start.h>
#include <tess/syscall.h>
#include <tess/thread.h>
#include <tess/time.h>

#endif
