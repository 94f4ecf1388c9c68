/* What a mirror makes of the disks that it is given: label.h says what it goes by. */
#include <stdio.h>

#include <comp/sleep.h>
#include <tess/time.h>

#include "../label.h"
#include "MirrorJoin.h"

#define MS       1000000ull
#define LIMIT_MS 5000u
#define SECTORS  1968u /* that the mirror has: 2000 less its labels */
#define BLOCK    8u

struct self {
    uint32_t mirror, disk[2]; /* domains */
    uint8_t a[BLOCK * LABEL_SECTOR], b[BLOCK * LABEL_SECTOR];
    uint8_t place[LABEL_SECTORS * LABEL_SECTOR];
};

static const uint32_t capacity[2] = { 2000, 2100 };

static void sleep_ms(uint64_t ms)
{
    comp_sleep_until(tess_deadline_ns(ms * MS));
}

/* disk: as mirror_report says it; 3: whole, 0: it takes no part. */
static bool becomes(struct self *self, uint32_t disk0, uint32_t disk1)
{
    uint64_t limit = tess_deadline_ns(LIMIT_MS * MS);

    do {
        sleep_ms(10);
    } while (((report(self)->disk[0] & 3) != disk0 || (report(self)->disk[1] & 3) != disk1) &&
             tess_now() < limit);
    return tess_now() < limit;
}

static enum tess_err write_all(struct self *self, uint8_t with)
{
    enum tess_err err = TESS_OK;

    for (uint64_t lba = 0; lba < SECTORS && !err; lba += BLOCK) {
        memset(self->a, (int)(with + lba), sizeof self->a);
        err = disk_write(self, lba, BLOCK, self->a);
    }
    return err;
}

/* Is that what a disk has, read around the mirror? */
static bool has(struct self *self, uint32_t d, uint8_t with)
{
    for (uint64_t lba = 0; lba < SECTORS; lba += BLOCK) {
        memset(self->a, (int)(with + lba), sizeof self->a);
        if (raw_read(self, d, lba, BLOCK, self->b) != TESS_OK ||
            memcmp(self->a, self->b, sizeof self->a) != 0) {
            return false;
        }
    }
    return true;
}

static void restart(struct self *self)
{
    volatile struct mirror_report *r = report(self);

    r->disk[0] = r->disk[1] = 0;
    (void)supervisor_restart(self, self->mirror);
}

/* Its two labels; NULL: none. */
static void set_label(struct self *self, uint32_t d, struct label *l)
{
    memset(self->place, 0, sizeof self->place);
    if (l) {
        label_seal(l, l->disk);
        memcpy(self->place, l, sizeof *l);
    }
    for (uint64_t i = 0; i < 2; i++) {
        (void)raw_write(self, d, label_place(capacity[d], i), LABEL_SECTORS, self->place);
    }
}

static void say(const char *what, bool is_ok)
{
    printf("join: %s: %s\n", what, is_ok ? "ok" : "FAILED");
}

/* A label that disk 1 does not get on with; it is not touched, and disk 0 goes on. */
static void refused(struct self *self, const char *what, struct label *l, uint8_t with)
{
    bool is_refused;

    set_label(self, 1, l);
    restart(self);
    is_refused = becomes(self, 3, 0) || (report(self)->disk[1] & 1) == 0;
    say(what, is_refused && write_all(self, with) == TESS_OK && has(self, 0, with) &&
                  !has(self, 1, with) &&
                  raw_read(self, 1, label_place(capacity[1], 0), BLOCK, self->a) == TESS_OK &&
                  memcmp(self->a, l, sizeof self->a) == 0);
}

static void returns(struct self *self, const char *what, uint8_t with)
{
    set_label(self, 1, NULL);
    restart(self);
    say(what, becomes(self, 3, 3) && has(self, 0, with) && has(self, 1, with));
}

static int run(struct self *self)
{
    static struct label l;
    uint64_t sectors = 0, left;

    (void)supervisor_find(self, "mirror", &self->mirror);
    (void)supervisor_find(self, "disk1", &self->disk[1]);
    say("two blank disks", becomes(self, 3, 3) && disk_capacity(self, &sectors) == TESS_OK &&
                               sectors == SECTORS && write_all(self, 1) == TESS_OK &&
                               has(self, 0, 1) && has(self, 1, 1));
    sleep_ms(200);
    restart(self);
    say("started again, they are the same",
        becomes(self, 3, 3) && report(self)->copied[0] == 0 && report(self)->copied[1] == 0);
    for (uint64_t lba = 0; lba < SECTORS; lba += BLOCK) {
        memset(self->a, 0, sizeof self->a);
        (void)raw_write(self, 1, lba, BLOCK, self->a);
    }
    returns(self, "disk 1 is wiped", 1);
    (void)label_make(&l, "other", capacity[1]);
    l.number = 7;
    l.disk = 1;
    refused(self, "disk 1 is another mirror's", &l, 2);
    returns(self, "it is wiped", 2);
    (void)label_make(&l, "mirror", capacity[0]);
    l.number = 7;
    l.disk = 0;
    refused(self, "it is the other disk of this mirror", &l, 3);
    returns(self, "it is wiped again", 3);
    left = report(self)->left[1];
    (void)supervisor_stop(self, self->disk[1]);
    say("disk 1 is taken away",
        write_all(self, 4) == TESS_OK && has(self, 0, 4) && report(self)->left[1] == left + 1);
    (void)supervisor_start(self, self->disk[1]);
    say("an empty one takes its place", becomes(self, 3, 3) && has(self, 1, 4));
    say("and is written", write_all(self, 5) == TESS_OK && has(self, 0, 5) && has(self, 1, 5));
    return 0;
}
