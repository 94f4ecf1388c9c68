#include <string.h>

#include "Worker.h"
#include "digest.h"

struct self {
    uint8_t scratch[512];
};

enum tess_err work_square(struct self *self, uint64_t x, uint64_t *y)
{
    (void)self;
    *y = x * x;
    return TESS_OK;
}

enum tess_err work_digest(struct self *self, const void *data, uint32_t bytes, uint64_t *sum)
{
    memcpy(self->scratch, data, bytes);
    *sum = digest(self->scratch, bytes);
    return TESS_OK;
}

enum tess_err work_large(struct self *self, uint64_t seed, void *buf)
{
    (void)self;
    fill(buf, 16384, seed);
    return TESS_OK;
}

enum tess_err work_count(struct self *self, uint64_t x, uint64_t *y)
{
    /* long enough to be hit */
    for (uint32_t i = 0; i < 64; i++) {
        self->scratch[i] = (uint8_t)digest(self->scratch, 100);
    }
    *y = x + 1;
    return TESS_OK;
}

enum tess_err work_add(struct self *self, uint64_t x, uint64_t *total_out)
{
    struct worker_total *kept = total(self);

    kept->total += x;
    *total_out = kept->total;
    return TESS_OK;
}
