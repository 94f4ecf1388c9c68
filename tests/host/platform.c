/* In place of the target's platform.c, options.c and canary.c: the guardian on this machine. */
#include "../fuzz/platform.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <tess/tess.h>

#include "../fuzz/canary.h"
#include "../fuzz/options.h"
#include "host.h"

void *platform_pointer(void *address)
{
    return host_pointer((uint64_t)address);
}

uint64_t platform_program_bytes(void)
{
    return 0x8000;
}

void platform_program_copy(void *to, uint64_t bytes)
{
    (void)to, (void)bytes;
}

uint64_t option(struct tess_env *env, const char *name, uint64_t fallback)
{
    const char *text = getenv(name);

    (void)env;
    return text ? strtoull(text, NULL, 0) : fallback;
}

/* Registers are not simulated finely enough for one. */
enum tess_err canary_start(struct canary *c, struct tess_env *env, uint64_t priority)
{
    (void)env, (void)priority;
    c->rounds = 1;
    return TESS_OK;
}

__attribute__((constructor)) static void boot(void)
{
    host_verify = option(NULL, "verify", UINT64_MAX);
    host_boot(option(NULL, "seed", 1));
}

/* HOST_DIRECT and the RAM there. */
int platform_kernel_address(uint64_t value)
{
    return value >> 28 == 0x20004;
}
