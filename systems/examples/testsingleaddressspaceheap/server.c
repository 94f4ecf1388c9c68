/* Compares with where its own state is. */
#include <stdio.h>

#include "Server.h"

struct self {
    uint8_t morecore_area[4096];
};

static enum tess_err m_morecore_range(struct self *self, uint64_t base, uint64_t bytes)
{
    uintptr_t own = (uintptr_t)self->morecore_area;

    printf("Server's range is %p - %p\n", (void *)own, (void *)(own + sizeof self->morecore_area));
    printf("Client's range is %p - %p\n", (void *)(uintptr_t)base,
           (void *)(uintptr_t)(base + bytes));
    if (own < base + bytes && base < own + sizeof self->morecore_area) {
        return TESS_STATE;
    }
    printf("All OK\n");
    return TESS_OK;
}
