/* Options of a fuzzer: numbers in the kernel command line of the machine (-append "calls=1000 seed=7"). */
#ifndef FUZZ_OPTIONS_H
#define FUZZ_OPTIONS_H

#include <stdint.h>
#include <tess/env.h>

/* Look for name=NUMBER in the device tree, where the boot loader put the command line; fallback when it is not there. */
uint64_t option(struct tess_env *env, const char *name, uint64_t fallback);

#endif
