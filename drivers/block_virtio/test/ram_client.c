/* Uses a disk, takes it away, and gives it back. */
#include <stdio.h>

#include <comp/sleep.h>

#include "RamClient.h"
#include "pattern.h"

#define ALL 128u /* sectors */

struct self {
    bool has_failed;
    uint64_t buffer[ALL * SECTOR_WORDS];
};

static void expect(struct self *self, bool is_so)
{
    self->has_failed |= !is_so;
}

static void use(struct self *self, uint64_t version)
{
    uint64_t sectors = 0;

    expect(self, disk_capacity(self, &sectors) == TESS_OK && sectors == ALL);
    pattern_fill(self->buffer, 0, ALL, version);
    expect(self, disk_write(self, 0, ALL, self->buffer) == TESS_OK);
    memset(self->buffer, 0, sizeof self->buffer);
    for (uint32_t lba = 0; lba < ALL; lba += 3) {
        uint32_t n = ALL - lba < 3 ? ALL - lba : 3;

        expect(self, disk_read(self, lba, n, self->buffer) == TESS_OK);
        expect(self, pattern_is(self->buffer, lba, n, version));
    }
    expect(self, disk_read(self, ALL - 1, 2, self->buffer) == TESS_RANGE);
    expect(self, disk_flush(self) == TESS_OK);
}

static int run(struct self *self)
{
    uint32_t ram = 0;

    use(self, 1);
    printf("client: written and read\n");
    expect(self, supervisor_find(self, "ram", &ram) == TESS_OK);
    expect(self, supervisor_stop(self, ram) == TESS_OK);
    expect(self, disk_write(self, 0, 1, self->buffer) == TESS_GONE);
    expect(self, disk_read(self, 0, 1, self->buffer) == TESS_GONE);
    printf("client: the disk is gone\n");
    expect(self, supervisor_start(self, ram) == TESS_OK);
    comp_sleep_until(tess_deadline_ns(10000000));
    use(self, 2);
    printf("client: the disk is back\n");
    printf("client: %s\n", self->has_failed ? "FAILED" : "ok");
    return 0;
}
