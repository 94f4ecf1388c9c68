/* A disk of 1 MiB in memory, with one partition in its middle. */
#include "../../../servers/block_parts/test/gpt_make.h"
#include "BenchRam.h"

#define SECTORS 2048u
#define FIRST   512u /* of the partition, with as many as lie before it */

struct self {
    uint8_t data[SECTORS][GPT_SECTOR];
};

static void init(struct self *self)
{
    make_entry(self->data[GPT_PRIMARY + 1], 0, FIRST, FIRST);
    make_header(self->data[GPT_PRIMARY], true, SECTORS, self->data[GPT_PRIMARY + 1]);
}

static bool is_there(uint64_t lba, uint32_t n)
{
    return lba <= SECTORS && n <= SECTORS - lba;
}

static enum tess_err blk_read(struct self *self, uint32_t element, uint64_t lba, uint32_t n,
                              void *buf)
{
    (void)element;
    if (!is_there(lba, n)) {
        return TESS_RANGE;
    }
    memcpy(buf, self->data[lba], n * GPT_SECTOR);
    return TESS_OK;
}

static enum tess_err blk_write(struct self *self, uint32_t element, uint64_t lba, uint32_t n,
                               const void *buf)
{
    (void)element;
    if (!is_there(lba, n)) {
        return TESS_RANGE;
    }
    memcpy(self->data[lba], buf, n * GPT_SECTOR);
    return TESS_OK;
}

static enum tess_err blk_flush(struct self *self, uint32_t element)
{
    (void)self;
    (void)element;
    return TESS_OK;
}

static enum tess_err blk_capacity(struct self *self, uint32_t element, uint64_t *sectors)
{
    (void)self;
    (void)element;
    *sectors = SECTORS;
    return TESS_OK;
}
