/* Writes sectors, reads them again, and tries to read behind the end. */
#include <string.h>

#include "Client.h"
#include "../must.h"

enum {
    SECTOR = 512,
    COUNT = 16,
};

struct self {
    uint8_t out[COUNT * SECTOR], in[COUNT * SECTOR];
};

static int run(struct self *self)
{
    uint64_t sectors;

    must(disk_capacity(self, &sectors));
    printf("%u sectors\n", (unsigned)sectors);
    for (uint32_t i = 0; i < sizeof self->out; i++) {
        self->out[i] = (uint8_t)(i * 7 + i / SECTOR);
    }
    must(disk_write(self, sectors - COUNT, COUNT, self->out));
    must(disk_read(self, sectors - COUNT, COUNT, self->in));
    printf("read what was written: %s\n",
           memcmp(self->in, self->out, sizeof self->in) == 0 ? "yes" : "no");
    printf("read behind the end: %s\n", tess_strerror(disk_read(self, sectors, 1, self->in)));
    printf("more than fits: %s\n", tess_strerror(disk_read(self, 0, COUNT + 1, self->in)));
    return 0;
}
