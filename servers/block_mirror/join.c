/*
 * Which disks take part.
 *
 *             label of this mirror           silent, or errors, and the other is whole
 *     away ---------------------------> in ---------------------------------------------> behind
 *       |   no label: it lacks all      ^                                                   |
 *       |                               +--------------- label, looked at again ------------+
 *       +-- label of another one, or newer than ours, or it is too small --> refused
 */
#include "self.h"

#define ASK_MS  2000u /* so long an answer is waited for */
#define STEP_NS 50000u

/* Ask a disk: its capacity, or with n its sectors from lba on.  The answer lies in the disk. */
static enum tess_err ask(struct self *self, uint32_t d, uint64_t lba, uint32_t n)
{
    struct disk *k = &self->disk[d];
    uint64_t end = tess_deadline_ns(ASK_MS * MS);

    k->is_answered = false;
    k->asked = (k->asked + 1) % NOBODY;
    if (!order(self, d, ASK, k->asked, lba, n, NULL)) {
        return TESS_AGAIN;
    }
    while (!k->is_answered && tess_now() < end) {
        comp_sleep_until(tess_deadline_ns(STEP_NS));
    }
    return k->is_answered ? k->err : TESS_TIMEOUT;
}

enum look { AWAY, BLANK, OURS, REFUSED };
static const char *const look_name[] = { "away", "blank", "one of a mirror", "not to be used" };

static enum look refuse(struct self *self, uint32_t d, const char *why)
{
    if (!self->disk[d].is_refused) {
        printf("%s: disk %u %s; it is not used\n", SELF_PATH, (unsigned)d, why);
    }
    self->disk[d].is_refused = true;
    return REFUSED;
}

/* What is on it; its newest label, if it is OURS. */
static enum look look(struct self *self, uint32_t d)
{
    struct disk *k = &self->disk[d];
    struct label newest = { 0 };

    if (ask(self, d, 0, 0) != TESS_OK || k->sectors <= LABEL_ROOM) {
        return AWAY;
    }
    for (uint64_t place = 0; place < 2; place++) {
        enum tess_err err = ask(self, d, label_place(k->sectors, place), LABEL_BYTES / SECTOR);

        if (err != TESS_OK && err != TESS_CORRUPT) {
            return AWAY;
        }
        if (err == TESS_OK && label_is(&k->label, k->sectors) && k->label.number >= newest.number) {
            newest = k->label;
        }
    }
    k->label = newest;
    if (newest.number == 0) {
        return BLANK;
    }
    if (strcmp(newest.name, NAME) != 0) {
        return refuse(self, d, "belongs to another mirror");
    }
    return newest.disk == d ? OURS : refuse(self, d, "is the other disk of this mirror");
}

static void enter(struct self *self, uint32_t d)
{
    self->disk[d].is_in = true;
    self->is_changed = true; /* both have the same label from now on */
    self->is_again = true;
}

static void lack_all(struct self *self, uint32_t d)
{
    for (uint64_t i = 0; i < label_chunks(&self->label); i++) {
        set_chunk(self, i, lacks(d));
    }
}

/* The other one is in. */
static void join(struct self *self, uint32_t d, enum look what)
{
    struct disk *k = &self->disk[d];
    bool is_ours = what == OURS && k->label.sectors == self->label.sectors &&
                   k->label.chunk == self->label.chunk;

    if (k->sectors < LABEL_ROOM || (k->sectors - LABEL_ROOM) / 8 * 8 < self->label.sectors) {
        (void)refuse(self, d, "is too small");
        return;
    }
    if (what == OURS && k->label.number > self->label.number) {
        (void)refuse(self, d, "was written without the other one");
        return;
    }
    if (!is_ours) {
        lack_all(self, d);
    }
    enter(self, d);
    printf("%s: disk %u takes part, and lacks %llu of %llu KiB\n", SELF_PATH, (unsigned)d,
           (unsigned long long)self->chunks[lacks(d)] << self->label.chunk >> 1,
           (unsigned long long)self->label.sectors / 2);
}

static void count_chunks(struct self *self)
{
    memset(self->chunks, 0, sizeof self->chunks);
    for (uint64_t i = 0; i < label_chunks(&self->label); i++) {
        self->chunks[label_chunk(&self->label, (uint32_t)i)]++;
        unsettle(self, i);
    }
}

/* Nobody is in yet.  False: the disks that are there do not make a mirror, without the others. */
static bool assemble(struct self *self, const enum look what[2])
{
    uint32_t d = what[0] == OURS && what[1] == OURS
                     ? self->disk[1].label.number > self->disk[0].label.number
                     : what[1] == OURS;

    if (what[0] == BLANK && what[1] == BLANK) {
        uint64_t least = self->disk[0].sectors < self->disk[1].sectors ? self->disk[0].sectors
                                                                       : self->disk[1].sectors;

        if (!label_make(&self->label, NAME, least)) {
            return false;
        }
        printf("%s: a new mirror of %llu KiB\n", SELF_PATH,
               (unsigned long long)self->label.sectors / 2);
        count_chunks(self);
        enter(self, 0);
        join(self, 1, BLANK);
        return true;
    }
    if (what[d] != OURS) {
        return false;
    }
    self->label = self->disk[d].label;
    count_chunks(self);
    if (what[!d] == AWAY && !is_whole(self, d)) {
        return false;
    }
    enter(self, d);
    if (what[!d] == AWAY) {
        printf("%s: disk %u is missing; going on with disk %u\n", SELF_PATH, (unsigned)!d,
               (unsigned)d);
    } else if (what[!d] != REFUSED) {
        join(self, !d, what[!d]);
    }
    return true;
}

static void assemble_when_there(struct self *self)
{
    uint64_t end = tess_deadline_ns(MISSING_MS * MS);
    enum look what[2];

    do {
        what[0] = look(self, 0);
        what[1] = look(self, 1);
        if (what[0] != AWAY && what[1] != AWAY) {
            break;
        }
        comp_sleep_until(tess_deadline_ns(LOOK_MS * MS));
    } while (tess_now() < end);
    if (!assemble(self, what) && !self->is_ready) {
        printf("%s: no mirror yet: disk 0 is %s, disk 1 is %s\n", SELF_PATH, look_name[what[0]],
               look_name[what[1]]);
    }
    self->is_ready = true; /* else requests get errors */
}

/* ---- from time to time ---- */

static bool is_silent(const struct self *self, uint32_t d, uint64_t ns)
{
    const struct disk *k = &self->disk[d];

    return k->orders && tess_now() - k->since > tess_ticks_of_ns(ns);
}

static void look_after(struct self *self, uint32_t d)
{
    struct disk *k = &self->disk[d];

    if (k->is_in) {
        if (is_silent(self, d, LATE_MS * MS) && !is_silent(self, !d, LATE_MS * MS / 2) &&
            is_dispensable(self, d)) {
            leave(self, d, "is silent");
        }
        return;
    }
    if (in(self) && !k->is_refused && k->orders == 0 && tess_now() >= k->again) {
        enum look what = look(self, d);

        k->again = tess_deadline_ns(AGAIN_MS * MS);
        if (what == BLANK || what == OURS) {
            join(self, d, what);
        }
    }
}

/* What was written is the same on both disks when both have flushed. */
static void look_clean(struct self *self)
{
    if (in(self) != 3 || self->cleaning || self->copy.is_on ||
        self->chunks[CHUNK_WRITTEN] == self->unsettled ||
        tess_now() - self->last_write < tess_ticks_of_ns(IDLE_MS * MS)) {
        return;
    }
    self->is_dirty = false;
    for (uint32_t d = 0; d < 2; d++) {
        if (order(self, d, CLEAN, 0, 0, 0, NULL)) {
            self->cleaning |= 1u << d;
        } else {
            self->is_dirty = true;
        }
    }
}

static void say(struct self *self)
{
    if (report_connected()) {
        volatile struct mirror_report *r = report(self);

        for (uint32_t d = 0; d < 2; d++) {
            r->disk[d] = (self->disk[d].is_in ? MIRROR_DISK_PRESENT : 0) |
                         (is_whole(self, d) ? MIRROR_DISK_WHOLE : 0);
            r->behind[d] = (uint64_t)self->chunks[lacks(d)] << self->label.chunk << 9;
            r->copied[d] = self->copied[d];
            r->left[d] = self->left[d];
        }
        r->healed = self->healed;
    }
}

static void init(struct self *self)
{
    blockdrv_waiting_init(&self->line, self->next);
    room_init(&self->disk[0].room, DISK_BUFFER_BYTES);
    room_init(&self->disk[1].room, DISK_BUFFER_BYTES);
}

static int run(struct self *self)
{
    for (;;) {
        if (in(self) == 0) {
            assemble_when_there(self);
        }
        look_after(self, 0);
        look_after(self, 1);
        look_clean(self);
        pump(self);
        say(self);
        comp_sleep_until(tess_deadline_ns(LOOK_MS * MS));
    }
    return 0;
}
