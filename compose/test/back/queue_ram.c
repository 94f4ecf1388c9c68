#include "Ram.h"

struct self {
    uint8_t data[4096];
};

static enum tess_err disk_read(struct self *self, uint64_t lba, uint32_t n, void *buf)
{
    memcpy(buf, self->data, n * 512);
    return lba ? TESS_RANGE : TESS_OK;
}

static enum tess_err disk_write(struct self *self, uint64_t lba, uint32_t n, const void *buf)
{
    memcpy(self->data, buf, n * 512);
    return lba ? TESS_RANGE : TESS_OK;
}

static enum tess_err disk_info(struct self *self, uint8_t which, uint64_t *sectors,
                               bool *is_writable)
{
    *sectors = which;
    *is_writable = true;
    return TESS_OK;
}
