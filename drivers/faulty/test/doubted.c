/* A disk in memory that answers with errors: some incarnations of it, or all. */
#include <string.h>

#include "DoubtedDisk.h"
#include "doubt.h"

struct self {
    uint32_t reads; /* of this incarnation */
};

static enum tess_err blk_read(struct self *self, uint64_t lba, uint32_t n, void *buf)
{
    uint64_t generation = comp_pulse->generation;

    self->reads++;
    if (lba == DIES && generation == 3) {
        __builtin_trap();
    }
    if (lba == DAMAGED || (lba == LIES && (generation == 1 || generation == 4))) {
        return (enum tess_err)BLOCK_ERROR_IO;
    }
    memset(buf, lba == SCRAMBLED ? 0xff : 0, n * 512);
    return TESS_OK;
}

static enum tess_err blk_write(struct self *self, uint64_t lba, uint32_t n, const void *buf)
{
    (void)self, (void)lba, (void)n, (void)buf;
    return TESS_OK;
}

static enum tess_err blk_flush(struct self *self)
{
    (void)self;
    return TESS_OK;
}

/* How often it was asked. */
static enum tess_err blk_capacity(struct self *self, uint64_t *sectors)
{
    *sectors = self->reads;
    return TESS_OK;
}
