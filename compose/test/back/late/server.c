/* Writes for longer than its client waits. */
#include "Server.h"

struct self {
    uint32_t calls;
};

static enum tess_err slow_work(struct self *self, uint32_t ms, uint32_t n, void *buf)
{
    uint64_t end = tess_deadline_ns(ms * 1000000ull);

    while (tess_now() < end) {
        memset(buf, 7, n);
    }
    return TESS_OK;
}

static enum tess_err slow_sum(struct self *self, uint32_t n, const void *buf, uint32_t *total)
{
    for (uint32_t i = 0; i < n; i++) {
        *total += ((const volatile uint8_t *)buf)[i];
    }
    return TESS_OK;
}
