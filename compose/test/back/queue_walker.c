#include "Walker.h"

struct self {
    uint32_t done;
};

static void disks_read_done(struct self *self, uint32_t element, uint64_t cookie, enum tess_err err)
{
    self->done += err == TESS_OK && element < DISKS_COUNT && cookie < DISKS_DEPTH;
}

static void disks_write_done(struct self *self, uint32_t element, uint64_t cookie,
                             enum tess_err err)
{
    self->done += err == TESS_OK;
}

static void disks_info_done(struct self *self, uint32_t element, uint64_t cookie, enum tess_err err,
                            uint64_t sectors, bool is_writable)
{
    self->done += err == TESS_OK && is_writable && sectors == cookie;
}

static int run(struct self *self)
{
    uint8_t *buffer = disks_buffer(self, 0);

    buffer[DISKS_BUFFER_BYTES - 1] = 1;
    (void)disks_read_start(self, 0, 1, 7, 2, 512);
    (void)disks_write_start(self, 1, 2, 7, 2, 0);
    (void)disks_info_start(self, 1, 3, 3);
    return disks_read(self, 1, 0, 1, buffer);
}
