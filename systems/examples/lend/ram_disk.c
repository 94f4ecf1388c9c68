/* Sectors in memory.  That a buffer has its size is the glue's business; where the sectors are is ours. */
#include <string.h>

#include "RamDisk.h"

enum {
    SECTOR = 512,
};

struct self {
    uint8_t sector[SECTORS][SECTOR];
};

static bool is_inside(uint64_t sector, uint32_t count)
{
    return sector <= SECTORS && count <= SECTORS - sector;
}

static enum tess_err disk_capacity(struct self *self, uint64_t *sectors)
{
    *sectors = SECTORS;
    return TESS_OK;
}

static enum tess_err disk_read(struct self *self, uint64_t sector, uint32_t count, void *buf)
{
    if (!is_inside(sector, count)) {
        return TESS_RANGE;
    }
    memcpy(buf, self->sector[sector], (size_t)count * SECTOR);
    return TESS_OK;
}

static enum tess_err disk_write(struct self *self, uint64_t sector, uint32_t count, const void *buf)
{
    if (!is_inside(sector, count)) {
        return TESS_RANGE;
    }
    memcpy(self->sector[sector], buf, (size_t)count * SECTOR);
    return TESS_OK;
}
