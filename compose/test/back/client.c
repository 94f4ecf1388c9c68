/* Only compiled: every function of the header is called once. */
#include "Client.h"

struct self {
    uint8_t buffer[512];
};

static void disk_media_changed_handle(struct self *self)
{
    self->buffer[0]++;
}

static int run(struct self *self)
{
    uint64_t sectors = OFFSET + sizeof LABEL;
    char actual[33];
    struct stat s;
    int16_t values[4] = { 1, -2, 3, -4 };
    int32_t ordered[4];
    uint32_t total = 0;
    double mean = LARGE;

    return disk_open(self) || disk_capacity(self, &sectors) ||
           disk_read(self, sectors, 1, self->buffer) || disk_write(self, 0, 1, self->buffer) ||
           names_add(self, 1, &total) || names_name(self, "name", true, actual, &s) ||
           names_blob(self, "blob", 4, self->buffer, &total) ||
           names_numbers(self, values, 1.5, &mean, ordered);
}
