/*
 * The file system on this machine, on a device in memory that records every write.  e2fsck is asked after each scenario.
 *
 *     fs_test            all tests; the power cut with every STEP-th write, and with some of those before two of STEP flushes (STEP from
 *                        the environment, default 7)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../ext4.h"

#define DISK_BYTES (24u << 20)
#define FILES      12u
#define OP(n)      ((1ull << 48) | (n))

struct record {
    uint64_t sector;
    uint32_t n; /* 0: a flush */
    uint32_t mark;
    uint8_t *data;
};

static uint8_t *disk, *fresh;
static struct fs_keep *keep;
static struct record *log_of;
static uint32_t log_count, log_room, mark;
static bool is_recording;
static char image[] = "/tmp/fs_test.XXXXXX";

static int dev_read(void *context, uint64_t sector, uint32_t n, void *to)
{
    (void)context;
    memcpy(to, disk + sector * FS_SECTOR, n * FS_SECTOR);
    return 0;
}

static void record(uint64_t sector, uint32_t n, const void *from)
{
    if (!is_recording) {
        return;
    }
    if (log_count == log_room) {
        log_room = log_room * 2 + 1024;
        log_of = realloc(log_of, log_room * sizeof *log_of);
    }
    log_of[log_count] = (struct record){ sector, n, mark, n ? malloc(n * FS_SECTOR) : NULL };
    if (n) {
        memcpy(log_of[log_count].data, from, n * FS_SECTOR);
    }
    log_count++;
}

static int dev_write(void *context, uint64_t sector, uint32_t n, const void *from)
{
    (void)context;
    record(sector, n, from);
    memcpy(disk + sector * FS_SECTOR, from, n * FS_SECTOR);
    return 0;
}

static int dev_flush(void *context)
{
    (void)context;
    record(0, 0, NULL);
    return 0;
}

static const struct fs_device device = { NULL, DISK_BYTES / FS_SECTOR, dev_read, dev_write,
                                         dev_flush };

/* ---- images and e2fsck ---- */

static void save(void)
{
    FILE *f = fopen(image, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(disk, 1, DISK_BYTES, f), DISK_BYTES);
    fclose(f);
}

static void load(uint8_t *to)
{
    FILE *f = fopen(image, "rb");

    assert_non_null(f);
    assert_int_equal(fread(to, 1, DISK_BYTES, f), DISK_BYTES);
    fclose(f);
}

static int run(const char *format)
{
    char command[512];

    snprintf(command, sizeof command, format, image);
    return WEXITSTATUS(system(command));
}

/* What is on the disk is without a fault, as it is. */
static void check_disk(void)
{
    save();
    if (run("e2fsck -fn %s >/tmp/fs_test.log 2>&1") != 0) {
        run("cat /tmp/fs_test.log");
        fail_msg("e2fsck found faults");
    }
}

static void make(void)
{
    disk = disk ? disk : malloc(DISK_BYTES);
    fresh = fresh ? fresh : malloc(DISK_BYTES);
    keep = keep ? keep : malloc(sizeof *keep);
    memset(keep, 0, sizeof *keep);
    memcpy(disk, fresh, DISK_BYTES);
}

static struct fs *mount(bool read_only)
{
    const char *why = NULL;
    struct fs *f;
    int err = fs_mount(&f, &device, keep, 256, read_only, &why);

    if (err || (why && !read_only)) {
        fail_msg("mount: %d %s", err, why ? why : "");
    }
    return f;
}

static int make_once(void **state)
{
    int fd = mkstemp(image);

    (void)state;
    if (fd < 0 || ftruncate(fd, DISK_BYTES) != 0) {
        return 1;
    }
    close(fd);
    fresh = malloc(DISK_BYTES);
    if (run("mke2fs -q -F -t ext4 -O "
            "none,has_journal,ext_attr,resize_inode,filetype,extent,flex_bg,sparse_super,large_"
            "file,"
            "huge_file,dir_nlink,extra_isize -b 4096 -I 256 -J size=4 %s >/dev/null 2>&1") != 0) {
        return 1;
    }
    load(fresh);
    return 0;
}

static int remove_image(void **state)
{
    (void)state;
    return unlink(image);
}

/* ---- scenarios ---- */

static uint64_t next_op = 1;

static uint64_t create(struct fs *f, uint64_t dir, const char *name, uint32_t mode,
                       const char *target, int expected)
{
    struct fs_new n = { .time = 1700000000,
                        .mode = mode,
                        .uid = 70000,
                        .gid = 5,
                        .name_bytes = (uint32_t)strlen(name),
                        .target_bytes = target ? (uint32_t)strlen(target) : 0,
                        .rdev = 0x103 };
    uint64_t h = 0;

    assert_int_equal(fs_create(f, OP(next_op++), dir, &n, name, target, &h), expected);
    return h;
}

static int look(struct fs *f, uint64_t dir, const char *name, uint64_t *h)
{
    uint32_t type;

    return fs_lookup(f, dir, name, (uint32_t)strlen(name), h, &type);
}

static void pattern(uint8_t *to, uint32_t n, uint32_t seed)
{
    for (uint32_t i = 0; i < n; i++) {
        seed = seed * 1664525 + 1013904223;
        to[i] = (uint8_t)(seed >> 24);
    }
}

static void write_all(struct fs *f, uint64_t file, uint64_t offset, uint32_t n, uint32_t seed)
{
    uint8_t *b = malloc(n);
    uint32_t put;

    pattern(b, n, seed);
    assert_int_equal(fs_write(f, OP(next_op++), file, offset, b, n, &put), 0);
    assert_int_equal(put, n);
    free(b);
}

static bool holds(struct fs *f, uint64_t file, uint64_t offset, uint32_t n, uint32_t seed)
{
    uint8_t *a = malloc(n), *b = malloc(n);
    uint32_t got;
    bool same;

    pattern(a, n, seed);
    same = fs_read(f, file, offset, b, n, &got) == 0 && got == n && memcmp(a, b, n) == 0;
    free(a);
    free(b);
    return same;
}

static int unlink_name(struct fs *f, uint64_t dir, const char *name, uint32_t how)
{
    return fs_unlink(f, OP(next_op++), dir, how, name, (uint32_t)strlen(name));
}

static int rename_name(struct fs *f, uint64_t a, const char *from, uint64_t b, const char *to,
                       uint32_t how)
{
    return fs_rename(f, OP(next_op++), a, from, (uint32_t)strlen(from), b, to, (uint32_t)strlen(to),
                     how);
}

static void operations(void **state)
{
    struct fs *f;
    struct fs_attr attr;
    struct fs_change c = { .set = FS_SET_SIZE | FS_SET_MODE | FS_SET_MTIME,
                           .size = 5000,
                           .mode = 0600,
                           .mtime = 5000000000,
                           .mtime_nsec = 7 };
    uint64_t root, d, e, a, b, h;
    uint8_t buf[8192];
    char target[200] = { 0 };
    uint32_t got, used, entries = 0;

    (void)state;
    make();
    f = mount(false);
    root = fs_root(f);
    d = create(f, root, "d", 0040755, NULL, 0);
    e = create(f, d, "e", 0040755, NULL, 0);
    a = create(f, d, "a", 0100644, NULL, 0);
    create(f, d, "a", 0100644, NULL, FS_EEXIST);
    create(f, root, "dev", 0020600, NULL, 0);
    memset(target, 'x', 150);
    b = create(f, root, "long", 0120777, target, 0);
    assert_int_equal(fs_readlink(f, b, buf, sizeof buf, &got), 0);
    assert_int_equal(got, 150);
    b = create(f, root, "short", 0120777, "d/a", 0);
    assert_int_equal(fs_readlink(f, b, buf, sizeof buf, &got), 0);
    assert_memory_equal(buf, "d/a", 3);

    write_all(f, a, 0, 40000, 1);
    write_all(f, a, 100000, 65536, 2);
    assert_true(holds(f, a, 0, 40000, 1) && holds(f, a, 100000, 65536, 2));
    assert_int_equal(fs_read(f, a, 50000, buf, 100, &got), 0);
    assert_int_equal(got, 100);
    assert_int_equal(buf[0] | buf[99], 0);
    assert_int_equal(fs_setattr(f, OP(next_op++), a, &c), 0);
    assert_int_equal(fs_stat(f, a, &attr), 0);
    assert_int_equal(attr.size, 5000);
    assert_int_equal(attr.mode, 0100600);
    assert_int_equal(attr.uid, 70000);
    assert_int_equal(attr.mtime, 5000000000);
    assert_int_equal(attr.mtime_nsec, 7);
    assert_true(holds(f, a, 0, 5000, 1));
    write_all(f, a, 9000, 1, 3);
    assert_int_equal(fs_read(f, a, 5000, buf, 4000, &got), 0);
    assert_int_equal(buf[0] | buf[3999], 0); /* what was cut off is zeros */

    assert_int_equal(fs_link(f, OP(next_op++), a, root, "a2", 2), 0);
    assert_int_equal(fs_link(f, OP(next_op++), d, root, "d2", 2), FS_EPERM);
    assert_int_equal(unlink_name(f, root, "d", FS_DIRECTORY), FS_ENOTEMPTY);
    assert_int_equal(unlink_name(f, root, "d", 0), FS_EISDIR);
    assert_int_equal(unlink_name(f, root, "a2", FS_DIRECTORY), FS_ENOTDIR);
    assert_int_equal(rename_name(f, root, "d", e, "in", 0), FS_EINVAL);
    assert_int_equal(rename_name(f, d, "e", root, "e", FS_NOREPLACE), 0);
    assert_int_equal(rename_name(f, root, "e", root, "d", FS_NOREPLACE), FS_EEXIST);
    assert_int_equal(rename_name(f, root, "e", d, "a", FS_EXCHANGE), 0);
    assert_int_equal(look(f, d, "a", &h), 0);
    assert_true(h == e);
    assert_int_equal(look(f, e, "..", &h), 0);
    assert_true(h == d);
    assert_int_equal(rename_name(f, root, "e", root, "dev", 0), 0);
    assert_int_equal(fs_sync(f), 0);
    check_disk();

    assert_int_equal(unlink_name(f, root, "a2", 0), 0);
    assert_int_equal(unlink_name(f, root, "dev", FS_KEEP), 0);
    assert_true(holds(f, a, 0, 5000, 1)); /* without a name, until forget */
    assert_int_equal(fs_forget(f, OP(next_op++), a), 0);
    assert_int_equal(fs_stat(f, a, &attr), FS_ESTALE);
    for (uint64_t next = 0; fs_readdir(f, root, next, buf, 64, &used, &next) == 0 && used;
         entries++) {
    }
    assert_in_range(entries, 3, 8);
    assert_int_equal(fs_sync(f), 0);
    check_disk();
    fs_unmount(f);
}

/* Numbers of operations, and the death of the server after each of them, power on. */
/* What is told of the file's attributes: "name=value " of each. */
static void attributes_of(struct fs *f, uint64_t file, char *to)
{
    uint8_t buf[16384];
    struct fs_attribute a;
    uint32_t used;

    *to = 0;
    assert_int_equal(fs_attributes(f, file, buf, sizeof buf, &used), 0);
    for (uint32_t at = 0; at < used; at += a.record) {
        memcpy(&a, buf + at, sizeof a);
        to += sprintf(to, "%.*s=%.*s ", (int)a.name_bytes, (char *)buf + at + sizeof a,
                      (int)a.value_bytes, (char *)buf + at + sizeof a + a.name_bytes);
    }
}

static int set_attribute(struct fs *f, uint64_t file, uint32_t how, const char *name,
                         const char *value)
{
    return fs_set_attribute(f, OP(next_op++), file, how, name, value, (uint32_t)strlen(value));
}

static void attributes(void **state)
{
    static char large[3001], told[8192], expected[8192];
    struct fs_attr attr;
    uint64_t root, a, op;
    uint32_t used;
    struct fs *f;

    (void)state;
    make();
    f = mount(false);
    root = fs_root(f);
    a = create(f, root, "a", 0100644, NULL, 0);
    memset(large, 'x', sizeof large - 1);
    attributes_of(f, a, told);
    assert_string_equal(told, "");
    assert_int_equal(set_attribute(f, a, 0, "user.one", "1"), 0);
    assert_int_equal(set_attribute(f, a, FS_ATTRIBUTE_CREATE, "user.one", "2"), FS_EEXIST);
    assert_int_equal(set_attribute(f, a, FS_ATTRIBUTE_REPLACE, "user.two", "2"), FS_ENODATA);
    assert_int_equal(set_attribute(f, a, FS_ATTRIBUTE_REMOVE, "user.two", ""), FS_ENODATA);
    assert_int_equal(set_attribute(f, a, 0, "system.data", "2"), FS_EOPNOTSUPP);
    assert_int_equal(set_attribute(f, a, 0, "nothing", "2"), FS_EOPNOTSUPP);
    assert_int_equal(set_attribute(f, a, 0, "trusted.empty", ""), 0);
    attributes_of(f, a, told);
    assert_string_equal(told, "user.one=1 trusted.empty= ");
    assert_int_equal(fs_stat(f, a, &attr), 0);
    assert_int_equal(attr.blocks512, 0); /* they are in the inode */
    op = OP(next_op++);
    assert_int_equal(fs_set_attribute(f, op, a, FS_ATTRIBUTE_CREATE, "user.l", large, 3000), 0);
    assert_int_equal(fs_set_attribute(f, op, a, FS_ATTRIBUTE_CREATE, "user.l", large, 3000), 0);
    assert_int_equal(set_attribute(f, a, 0, "user.more", large), FS_ENOSPC);
    assert_int_equal(fs_stat(f, a, &attr), 0);
    assert_int_equal(attr.blocks512, 8);
    write_all(f, a, 0, 5000, 1);
    assert_int_equal(set_attribute(f, a, FS_ATTRIBUTE_REPLACE, "user.one", "eins"), 0);
    assert_int_equal(fs_attributes(f, a, told, 100, &used), FS_ERANGE);
    assert_int_equal(fs_sync(f), 0);
    check_disk();
    fs_unmount(f);
    f = mount(false);
    attributes_of(f, a, told);
    sprintf(expected, "user.one=eins trusted.empty= user.l=%s ", large);
    assert_string_equal(told, expected);
    assert_true(holds(f, a, 0, 5000, 1));
    assert_int_equal(set_attribute(f, a, FS_ATTRIBUTE_REMOVE, "user.l", ""), 0);
    assert_int_equal(fs_sync(f), 0);
    check_disk();
    attributes_of(f, a, told);
    assert_string_equal(told, "user.one=eins trusted.empty= ");
    assert_int_equal(set_attribute(f, a, 0, "user.l", large), 0);
    assert_int_equal(unlink_name(f, root, "a", 0), 0);
    assert_int_equal(fs_sync(f), 0);
    check_disk(); /* its block has gone, too */
    assert_int_equal(set_attribute(f, a, 0, "user.l", "x"), FS_ESTALE);
    fs_unmount(f);
}

static void deaths(void **state)
{
    struct fs *f;
    uint64_t root, h[FILES], again;
    char name[32];

    (void)state;
    make();
    f = mount(false);
    root = fs_root(f);
    for (uint32_t i = 0; i < FILES; i++) {
        struct fs_new n = { .time = 1700000000, .mode = 0100644 };

        n.name_bytes = (uint32_t)snprintf(name, sizeof name, "file%u", i);
        assert_int_equal(fs_create(f, OP(next_op), root, &n, name, NULL, &h[i]), 0);
        fs_unmount(f);
        f = mount(false);
        assert_int_equal(fs_create(f, OP(next_op++), root, &n, name, NULL, &again),
                         0); /* the same, not EEXIST */
        assert_true(again == h[i]);
        write_all(f, h[i], 0, 10000 + i, i);
        if (i % 3 == 0) {
            assert_int_equal(unlink_name(f, root, name, FS_KEEP), 0);
        }
        fs_unmount(f);
        f = mount(false);
        for (uint32_t k = 0; k <= i; k++) {
            assert_true(holds(f, h[k], 0, 10000 + k, k));
        }
    }
    assert_int_equal(fs_attach(f, 1), 0); /* the client is another: what was kept goes */
    assert_int_equal(fs_sync(f), 0);
    check_disk();
    fs_unmount(f);
}

/* ---- loss of power ---- */

static void workload(struct fs *f)
{
    uint64_t root = fs_root(f), d = create(f, root, "dir", 0040755, NULL, 0), h;
    char name[32];

    for (uint32_t i = 0; i < FILES; i++) {
        snprintf(name, sizeof name, "synced%u", i);
        h = create(f, d, name, 0100644, NULL, 0);
        write_all(f, h, 0, 9000 + 5000 * i, i);
        assert_int_equal(fs_sync(f), 0);
        mark = i + 1;
        snprintf(name, sizeof name, "gone%u", i);
        h = create(f, root, name, 0100644, NULL, 0);
        write_all(f, h, 0, 30000, 100 + i);
        assert_int_equal(rename_name(f, root, name, d, name, 0), 0);
        assert_int_equal(unlink_name(f, d, name, i % 2 ? FS_KEEP : 0), 0);
    }
    assert_int_equal(fs_sync(f), 0);
}

static void check_synced(struct fs *f, uint32_t files)
{
    uint64_t d, h;
    char name[32];

    if (files == 0) {
        return;
    }
    assert_int_equal(look(f, fs_root(f), "dir", &d), 0);
    for (uint32_t i = 0; i < files; i++) {
        snprintf(name, sizeof name, "synced%u", i);
        assert_int_equal(look(f, d, name, &h), 0);
        assert_true(holds(f, h, 0, 9000 + 5000 * i, i));
    }
}

/* A disk whose power went; by our replay, and by e2fsck's. */
static void cut(const uint8_t *with, uint32_t files)
{
    struct fs *f;

    memcpy(disk, with, DISK_BYTES);
    save();
    if (run("e2fsck -fp %s >/tmp/fs_test.log 2>&1") > 1 ||
        run("e2fsck -fn %s >>/tmp/fs_test.log 2>&1") != 0) {
        run("cat /tmp/fs_test.log");
        fail_msg("e2fsck cannot replay");
    }
    load(disk);
    memset(keep, 0, sizeof *keep);
    f = mount(true);
    check_synced(f, files);
    fs_unmount(f);

    memcpy(disk, with, DISK_BYTES);
    memset(keep, 0, sizeof *keep);
    f = mount(false);
    check_synced(f, files);
    assert_int_equal(fs_sync(f), 0);
    fs_unmount(f);
    check_disk();
}

/* with: as it was at the flush before number `flush`; some of the writes between the two have happened. */
static void cut_out_of_order(const uint8_t *with, uint32_t flush, uint32_t files)
{
    uint8_t *some = malloc(DISK_BYTES);
    uint32_t random = flush * 2654435761u + 1, i = flush;

    memcpy(some, with, DISK_BYTES);
    while (i > 0 && log_of[i - 1].n) {
        i--;
    }
    for (; i < flush; i++) {
        random = random * 1664525 + 1013904223;
        if (random >> 31) {
            memcpy(some + log_of[i].sector * FS_SECTOR, log_of[i].data, log_of[i].n * FS_SECTOR);
        }
    }
    cut(some, files);
    free(some);
}

static void power_cuts(void **state)
{
    const char *text = getenv("STEP");
    uint32_t step = text ? (uint32_t)strtoul(text, NULL, 10) : 7, cuts = 0, committed = 0;
    uint32_t flushes = 0;
    uint8_t *with = malloc(DISK_BYTES), *flushed = malloc(DISK_BYTES);
    struct fs *f;

    (void)state;
    make();
    f = mount(false);
    is_recording = true;
    mark = 0;
    workload(f);
    is_recording = false;
    fs_unmount(f);
    memcpy(with, fresh, DISK_BYTES);
    memcpy(flushed, fresh, DISK_BYTES);
    for (uint32_t i = 0; i < log_count; i++) {
        struct record *r = &log_of[i];

        committed = r->mark;
        if (!r->n) {
            if (flushes++ % step <= 1) {
                cut_out_of_order(flushed, i, committed);
                cuts++;
            }
            memcpy(flushed, with, DISK_BYTES);
            continue;
        }
        memcpy(with + r->sector * FS_SECTOR, r->data, r->n * FS_SECTOR);
        if (i % step == 0) {
            cut(with, committed);
            cuts++;
        }
    }
    printf("power cut %u times in %u writes and flushes\n", cuts, log_count);
    assert_true(cuts > 10 && committed == FILES);
    free(flushed);
    free(with);
}

/* Any bytes on the disk: an error or another content, never a crash. */
static void damage(void **state)
{
    uint8_t buf[4096];
    uint32_t seed = 1, refused = 0, rounds = 300;

    (void)state;
    for (uint32_t round = 0; round < rounds; round++) {
        const char *why;
        struct fs *f;
        uint64_t h, next = 0;
        uint32_t n;

        make();
        for (uint32_t i = 0; i < 40; i++) {
            seed = seed * 1664525 + 1013904223;
            disk[(seed >> 3) % (i % 4 == 0 ? 8192 : 1u << 20)] ^= (uint8_t)(1u << (seed >> 29));
        }
        if (fs_mount(&f, &device, keep, 64, false, &why) != 0) {
            refused++;
            assert_non_null(why);
            continue;
        }
        (void)fs_readdir(f, fs_root(f), 0, buf, sizeof buf, &n, &next);
        (void)fs_attributes(f, fs_root(f), buf, sizeof buf, &n);
        if (!fs_is_read_only(f)) {
            struct fs_new new = { .mode = 0100644, .name_bytes = 1 };

            if (fs_create(f, OP(next_op++), fs_root(f), &new, "n", NULL, &h) == 0) {
                (void)fs_write(f, OP(next_op++), h, 0, buf, sizeof buf, &n);
                (void)fs_set_attribute(f, OP(next_op++), h, 0, "user.n", buf, 2000);
            }
            (void)fs_unlink(f, OP(next_op++), fs_root(f), FS_DIRECTORY, "lost+found", 10);
            (void)fs_sync(f);
        }
        fs_unmount(f);
    }
    printf("%u of %u damaged file systems were refused\n", refused, rounds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operations), cmocka_unit_test(attributes), cmocka_unit_test(deaths),
        cmocka_unit_test(power_cuts), cmocka_unit_test(damage),
    };

    return cmocka_run_group_tests_name("fs_ext4", tests, make_once, remove_image);
}
