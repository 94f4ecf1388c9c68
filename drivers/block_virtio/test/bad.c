/* No disk: sectors hold their pattern.  Each incarnation makes its own mistake. */
#include "BadDisk.h"
#include "bad.h"
#include "pattern.h"

struct self {
    uint32_t forgotten;
};

static enum tess_err blk_read_begin(struct self *self, uint32_t id, uint64_t lba, uint32_t n,
                                    void *buf)
{
    uint64_t generation = comp_pulse->generation;

    while (lba == LOOPS && generation == 1) {
        __asm__ volatile("");
    }
    if (lba == DIES) {
        __builtin_trap();
    }
    if (lba == FORGETS && generation == 2) {
        self->forgotten = id;
        return TESS_OK;
    }
    pattern_fill(buf, lba, n, 1);
    blk_finish(self, id, TESS_OK);
    return TESS_OK;
}

static enum tess_err blk_write_begin(struct self *self, uint32_t id, uint64_t lba, uint32_t n,
                                     const void *buf)
{
    (void)self;
    (void)id;
    (void)lba;
    (void)n;
    (void)buf;
    return (enum tess_err)BLOCK_ERROR_READ_ONLY;
}

static enum tess_err blk_flush_begin(struct self *self, uint32_t id)
{
    blk_finish(self, id, TESS_OK);
    return TESS_OK;
}

static enum tess_err blk_capacity_begin(struct self *self, uint32_t id)
{
    blk_capacity_finish(self, id, TESS_OK, 1u << 20);
    return TESS_OK;
}
