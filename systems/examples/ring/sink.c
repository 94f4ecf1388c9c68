/* Adds the samples up. */
#include <stdio.h>

#include "Sink.h"

struct self {
    uint32_t samples;
    uint64_t sum;
};

static enum tess_err in_sample(struct self *self, uint32_t number, uint64_t value)
{
    self->samples++;
    self->sum += value;
    return TESS_OK;
}

static enum tess_err in_last(struct self *self)
{
    printf("%u samples, sum %llu\n", (unsigned)self->samples, (unsigned long long)self->sum);
    done_emit(self);
    return TESS_OK;
}
