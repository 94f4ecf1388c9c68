#include "Caller.h"

struct self {
    uint8_t buffer[512];
};

static int run(struct self *self)
{
    uint64_t sectors;
    bool is_writable;

    (void)disk_info(self, 1, &sectors, &is_writable);
    return disk_read(self, 0, 1, self->buffer);
}
