/* The Server of audit.adl: Work for several clients. */
#include "Server.h"

struct self {
    uint64_t calls;
};

enum tess_err work_square(struct self *self, uint32_t client, uint64_t x, uint64_t *y)
{
    (void)client;
    self->calls++;
    *y = x * x;
    return TESS_OK;
}

enum tess_err work_digest(struct self *self, uint32_t client, const void *data, uint32_t bytes,
                          uint64_t *sum)
{
    (void)self;
    (void)client;
    *sum = bytes ? *(const uint8_t *)data : 0;
    return TESS_OK;
}

enum tess_err work_large(struct self *self, uint32_t client, uint64_t seed, void *buf)
{
    (void)self;
    (void)client;
    *(uint64_t *)buf = seed;
    return TESS_OK;
}

enum tess_err work_count(struct self *self, uint32_t client, uint64_t x, uint64_t *y)
{
    (void)self;
    (void)client;
    *y = x + 1;
    return TESS_OK;
}

enum tess_err work_add(struct self *self, uint32_t client, uint64_t x, uint64_t *sum)
{
    (void)client;
    total(self)->total += x;
    *sum = total(self)->total;
    return TESS_OK;
}

enum tess_err notes_put(struct self *self, uint64_t x)
{
    self->calls += x;
    done_emit(self);
    return TESS_OK;
}
