/* A disk in memory that stalls: what it is asked until a time that the client says, it does then, and restarts do not help. */
#include <string.h>

#include <comp/sleep.h>

#include "StallingDisk.h"

#define SECTOR  512u
#define SECTORS 64u
#define LOOK_NS 10000000u /* how often it looks whether it may go on */

/* A request in hand, by its id. */
struct work {
    bool is_waiting;
    uint8_t *to;
    const uint8_t *from;
    uint32_t bytes;
};

struct self {
    uint8_t data[SECTORS * SECTOR];
    struct work work[BLK_DEPTH];
};

static enum tess_err blk_read_begin(struct self *self, uint32_t id, uint64_t lba, uint32_t n,
                                    void *buf)
{
    if (lba > SECTORS || n > SECTORS - lba) {
        return TESS_RANGE;
    }
    self->work[id] = (struct work){ true, buf, self->data + lba * SECTOR, n * SECTOR };
    return TESS_OK;
}

static enum tess_err blk_write_begin(struct self *self, uint32_t id, uint64_t lba, uint32_t n,
                                     const void *buf)
{
    if (lba > SECTORS || n > SECTORS - lba) {
        return TESS_RANGE;
    }
    self->work[id] = (struct work){ true, self->data + lba * SECTOR, buf, n * SECTOR };
    return TESS_OK;
}

static enum tess_err blk_flush_begin(struct self *self, uint32_t id)
{
    self->work[id] = (struct work){ .is_waiting = true };
    return TESS_OK;
}

static enum tess_err blk_capacity_begin(struct self *self, uint32_t id)
{
    blk_capacity_finish(self, id, TESS_OK, SECTORS);
    return TESS_OK;
}

static int run(struct self *self)
{
    for (;;) {
        for (uint32_t id = 0; id < BLK_DEPTH && tess_now() >= stall(self)->until; id++) {
            struct work *w = &self->work[id];

            if (w->is_waiting) {
                memcpy(w->to, w->from, w->bytes);
                w->is_waiting = false;
                blk_finish(self, id, TESS_OK);
            }
        }
        comp_sleep_until(tess_deadline_ns(LOOK_NS));
    }
    return 0;
}
