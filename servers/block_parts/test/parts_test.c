#include <stdio.h>

#include <comp/sleep.h>

#include "../../../drivers/block_virtio/test/pattern.h"
#include "PartsTest.h"
#include "gpt_make.h"

#define ARRAY_BYTES (MAKE_ENTRIES * GPT_ENTRY_MIN)

struct self {
    uint64_t sectors;
    uint32_t parts; /* domain */
    uint8_t array[ARRAY_BYTES], header[GPT_SECTOR];
    uint64_t data[16 * SECTOR_WORDS];
};

static void must(bool is_so, const char *what)
{
    if (!is_so) {
        printf("FAILED: %s\n", what);
    }
}

/* ---- tables ---- */

/* Entry 1 second, entry 3 first; both tables. */
static void format(struct self *self)
{
    memset(self->array, 0, sizeof self->array);
    make_entry(self->array, 0, 5000, 1000);
    make_entry(self->array, 2, 3000, 128);
}

static void write_table(struct self *self, bool is_primary)
{
    uint64_t at = is_primary ? GPT_PRIMARY : self->sectors - 1;
    uint64_t array = is_primary ? GPT_PRIMARY + 1 : self->sectors - 1 - MAKE_ARRAY;

    make_header(self->header, is_primary, self->sectors, self->array);
    must(disk_write(self, at, 1, self->header) == TESS_OK &&
             disk_write(self, array, MAKE_ARRAY, self->array) == TESS_OK,
         "to write a table");
}

static void destroy(struct self *self, uint64_t lba)
{
    uint8_t sector[GPT_SECTOR];

    must(disk_read(self, lba, 1, sector) == TESS_OK, "to read a table");
    sector[60] ^= 1;
    must(disk_write(self, lba, 1, sector) == TESS_OK, "to destroy a table");
}

/* The partitions are these, after a restart; 0: there is none. */
static void expect(struct self *self, const char *what, uint64_t first, uint64_t second,
                   enum tess_err err)
{
    uint64_t a = 0, b = 0;
    enum tess_err got;

    must(supervisor_restart(self, self->parts) == TESS_OK, "to restart");
    got = first_capacity(self, &a);
    (void)second_capacity(self, &b);
    printf("%s: %llu and %llu sectors%s\n", what, (unsigned long long)a, (unsigned long long)b,
           a == first && b == second && got == err ? "" : ": FAILED");
}

/* ---- what a client gets to ---- */

static void places(struct self *self)
{
    uint64_t room[SECTOR_WORDS];

    pattern_fill(self->data, 0, 16, 1);
    must(first_write(self, 0, 16, self->data) == TESS_OK, "to write the first sectors");
    must(first_write(self, 127, 1, self->data) == TESS_OK, "to write the last sector");
    must(second_write(self, 999, 1, self->data) == TESS_OK,
         "to write the last sector of the other");
    must(disk_read(self, 3000, 16, self->data) == TESS_OK && pattern_is(self->data, 0, 16, 1),
         "the first sectors are where they should be");
    must(disk_read(self, 3127, 1, room) == TESS_OK && pattern_is(room, 0, 1, 1),
         "the last sector is where it should be");
    must(disk_read(self, 5999, 1, room) == TESS_OK && pattern_is(room, 0, 1, 1),
         "that of the other is where it should be");
    must(first_flush(self) == TESS_OK, "to flush");
}

static void borders(struct self *self)
{
    must(first_read(self, 128, 1, self->data) == TESS_RANGE, "behind the end");
    must(first_read(self, 120, 16, self->data) == TESS_RANGE, "over the end");
    must(first_write(self, UINT64_MAX, 2, self->data) == TESS_RANGE, "around the end");
    must(first_write(self, UINT64_MAX - 2999, 1, self->data) == TESS_RANGE, "before the beginning");
    must(first_read(self, 128, 0, self->data) == TESS_OK, "nothing at the end");
}

static int run(struct self *self)
{
    must(supervisor_find(self, "parts", &self->parts) == TESS_OK, "to find the partitions");
    must(disk_capacity(self, &self->sectors) == TESS_OK, "to ask for the capacity");
    expect(self, "an empty disk", 0, 0, (enum tess_err)BLOCK_ERROR_IO);
    must(first_read(self, 0, 1, self->data) == (enum tess_err)BLOCK_ERROR_IO, "to be refused");
    format(self);
    write_table(self, true);
    write_table(self, false);
    expect(self, "both tables", 128, 1000, TESS_OK);
    places(self);
    borders(self);
    destroy(self, GPT_PRIMARY);
    expect(self, "the first header damaged", 128, 1000, TESS_OK);
    write_table(self, true);
    destroy(self, GPT_PRIMARY + 1);
    expect(self, "the first array damaged", 128, 1000, TESS_OK);
    destroy(self, self->sectors - 1);
    expect(self, "both damaged", 0, 0, (enum tess_err)BLOCK_ERROR_IO);
    make_entry(self->array, 0, 3127, 1000);
    write_table(self, true);
    expect(self, "one over the end of the other", 128, 0, TESS_OK);
    must(second_read(self, 0, 1, self->data) == TESS_RANGE, "a partition that is not there");
    printf("test: over\n");
    return 0;
}
