/* Snapshots on the build machine, under sanitizers: a machine without CPUs is saved and loaded; damaged ones, and disks that fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host.h"
#include "machine.h"
#include "snapshot.h"
#include "state.h"

#define RAM_BYTES  (1u << 20)
#define DISK_BYTES (RAM_BYTES + (1u << 20))
#define WINDOW     8u
#define PIECE      65536u

/* ---- the machine, and the component around it ---- */

struct machine machine;
static struct state state_of_all;
struct state *state = &state_of_all;

static uint8_t ram[RAM_BYTES], disk[DISK_BYTES], buffer[WINDOW * PIECE];
static struct {
    bool is_used;
    enum host_disk what;
    uint64_t sector, place;
    uint32_t sectors;
} asked[WINDOW];
static int result; /* -1: it is under way */
static bool overwritten;
static unsigned resets;
uint64_t host_now;
static uint64_t fails_at; /* the sector that the disk cannot read or write; else UINT64_MAX */

struct tess_msg host_svc(unsigned number, uint64_t x0, uint64_t x1, uint64_t x2,
                         const struct tess_words *w)
{
    (void)number, (void)x0, (void)x1, (void)x2, (void)w;
    fail();
    return (struct tess_msg){ .tag = 0 };
}

unsigned vdevice_count(void)
{
    return 0;
}

bool vdevices_idle(void)
{
    return true;
}

void vdevices_reset(void)
{
    resets++;
}

bool vdevices_fit(const struct vdevice *saved)
{
    return saved[0].device == 0;
}

void vdevice_check(struct vdevice *d)
{
    (void)d;
}

uint8_t *host_store_buffer(uint64_t *bytes)
{
    *bytes = sizeof buffer;
    return buffer;
}

uint64_t host_store_sectors(void)
{
    return DISK_BYTES / HOST_SECTOR;
}

bool host_store_start(uint64_t cookie, enum host_disk what, uint64_t sector, uint32_t sectors,
                      uint64_t place)
{
    assert_true(cookie < WINDOW && !asked[cookie].is_used);
    assert_true(sector + sectors <= DISK_BYTES / HOST_SECTOR);
    asked[cookie].is_used = true;
    asked[cookie].what = what;
    asked[cookie].sector = sector;
    asked[cookie].sectors = sectors;
    asked[cookie].place = place;
    return true;
}

void snapshot_overwrites(void)
{
    overwritten = true;
}

void snapshot_over(int how)
{
    result = how;
}

/* One request, any of them, is done. */
static void disk_works(void)
{
    unsigned i = (unsigned)rand() % WINDOW;

    if (!asked[i].is_used) {
        return;
    }
    uint64_t at = asked[i].sector * HOST_SECTOR, bytes = asked[i].sectors * (uint64_t)HOST_SECTOR;
    bool fails = fails_at - asked[i].sector < asked[i].sectors;

    asked[i].is_used = false;
    if (!fails && asked[i].what == HOST_READ) {
        memcpy(buffer + asked[i].place, disk + at, bytes);
    } else if (!fails && asked[i].what == HOST_WRITE) {
        memcpy(disk + at, buffer + asked[i].place, bytes);
    }
    snapshot_done(i, fails);
}

static int run(bool saves)
{
    result = -1;
    overwritten = false;
    machine.wish = MACHINE_RUNS;
    assert_true(snapshot_begin(saves));
    for (unsigned i = 0; i < 100000 && result < 0; i++) {
        disk_works();
    }
    assert_false(snapshot_is_busy());
    return result;
}

/* ---- tests ---- */

static uint8_t were[RAM_BYTES];

static int start(void **fixture)
{
    (void)fixture;
    machine = (struct machine){ .ram = ram, .ram_bytes = RAM_BYTES, .gic = 3 };
    memset(asked, 0, sizeof asked);
    memset(disk, 0, sizeof disk);
    resets = 0;
    fails_at = UINT64_MAX;
    for (unsigned i = 0; i < RAM_BYTES; i++) {
        ram[i] = (uint8_t)rand();
    }
    memcpy(were, ram, sizeof ram);
    state->watchdog.offset = 77;
    assert_int_equal(run(true), SNAPSHOT_OK);
    return 0;
}

static void test_loads(void **fixture)
{
    (void)fixture;
    memset(ram, 0, sizeof ram);
    state->watchdog.offset = 0;
    assert_int_equal(run(false), SNAPSHOT_OK);
    assert_true(overwritten);
    assert_memory_equal(ram, were, sizeof ram);
    assert_int_equal(state->watchdog.offset, 77);
    assert_int_equal(machine.wish, MACHINE_RUNS);
    assert_int_equal(resets, 1);
}

/* A byte or two pieces of the snapshot are not what they were: the machine stays what it is. */
static void test_damaged(void **fixture)
{
    static uint8_t piece[PIECE];

    (void)fixture;
    memset(ram, 0x5a, sizeof ram);
    for (unsigned i = 0; i < 200; i++) {
        uint8_t *byte = disk + PIECE + (unsigned)rand() % (RAM_BYTES + PIECE), was = *byte;

        *byte ^= (uint8_t)(1u << rand() % 8);
        assert_int_equal(run(false), SNAPSHOT_DAMAGED);
        assert_false(overwritten);
        *byte = was;
    }
    memcpy(piece, disk + 4 * PIECE, PIECE);
    memcpy(disk + 4 * PIECE, disk + 5 * PIECE, PIECE);
    memcpy(disk + 5 * PIECE, piece, PIECE);
    assert_int_equal(run(false), SNAPSHOT_DAMAGED);
    assert_int_equal(ram[0], 0x5a);
    assert_memory_equal(ram, ram + 1, sizeof ram - 1);
    assert_int_equal(machine.wish, MACHINE_RUNS);
    assert_int_equal(resets, 0);
}

static void test_fails(void **fixture)
{
    (void)fixture;
    fails_at = 3 * PIECE / HOST_SECTOR + 5;
    assert_int_equal(run(false), SNAPSHOT_FAILED);
    assert_int_equal(machine.wish, MACHINE_RUNS);
    assert_int_equal(run(true), SNAPSHOT_FAILED);
    fails_at = UINT64_MAX;
    assert_int_equal(run(false),
                     SNAPSHOT_NOT_SAVED); /* the old one is invalid, the new one not whole */
    machine.ram_bytes = RAM_BYTES / 2;
    assert_int_equal(run(true), SNAPSHOT_OK);
    machine.ram_bytes = RAM_BYTES;
    assert_int_equal(run(false), SNAPSHOT_NOT_SAVED); /* another machine's */
    machine.ram_bytes = DISK_BYTES;
    assert_int_equal(run(true), SNAPSHOT_NO_STORE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_loads, start),
        cmocka_unit_test_setup(test_damaged, start),
        cmocka_unit_test_setup(test_fails, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
