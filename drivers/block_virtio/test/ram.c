/* Sectors in memory, as an ordinary provided end. */
#include "RamDisk.h"

struct self {
    uint8_t data[SECTORS][512];
};

static bool is_there(uint64_t lba, uint32_t n)
{
    return lba <= SECTORS && n <= SECTORS - lba;
}

static enum tess_err blk_read(struct self *self, uint64_t lba, uint32_t n, void *buf)
{
    if (!is_there(lba, n)) {
        return TESS_RANGE;
    }
    memcpy(buf, self->data[lba], n * 512);
    return TESS_OK;
}

static enum tess_err blk_write(struct self *self, uint64_t lba, uint32_t n, const void *buf)
{
    if (!is_there(lba, n)) {
        return TESS_RANGE;
    }
    memcpy(self->data[lba], buf, n * 512);
    return TESS_OK;
}

static enum tess_err blk_flush(struct self *self)
{
    (void)self;
    return TESS_OK;
}

static enum tess_err blk_capacity(struct self *self, uint64_t *sectors)
{
    (void)self;
    *sectors = SECTORS;
    return TESS_OK;
}
