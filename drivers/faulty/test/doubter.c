/* An edge of lib/comp/include/comp/doubt.h:comp_doubt a line: what the disk does, what the client is told, and how often the disk was restarted for it. */
#include <stdio.h>

#include "Doubter.h"
#include "doubt.h"

struct self {
    uint8_t data[512];
    uint32_t server, failures;
};

static void try(struct self *self, const char *what, uint64_t lba)
{
    struct domain_info info = { 0 };
    enum tess_err err = disk_read(self, lba, 1, self->data);

    (void)supervisor_domain(self, self->server, &info);
    printf("doubt: %s: %d, restarts %u\n", what, (int)err,
           (unsigned)(info.failures - self->failures));
    self->failures = info.failures;
}

static void try_unwatched(struct self *self, const char *what, uint64_t lba)
{
    uint64_t before = 0, after = 0;
    enum tess_err err;

    (void)other_capacity(self, &before);
    err = other_read(self, lba, 1, self->data);
    (void)other_capacity(self, &after);
    printf("doubt: %s: %d, asked %u times\n", what, (int)err, (unsigned)(after - before));
}

static int run(struct self *self)
{
    (void)supervisor_find(self, "disk", &self->server);
    (void)disk_write(self, SCRAMBLED, 1, self->data);
    try(self, "this incarnation says so, the next does not", LIES);
    try(self, "the next says so, too", DAMAGED);
    try(self, "it is believed", DAMAGED);
    try(self, "it is believed, a wrong content is read again", SCRAMBLED);
    try(self, "it dies", DIES);
    try(self, "the one after it is not believed", LIES);
    try_unwatched(self, "strikes do not restart it", DAMAGED);
    try_unwatched(self, "it is believed", DAMAGED);
    return 0;
}
