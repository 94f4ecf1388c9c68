/*
 * What a disk held when its power went, from the log of its writes that QEMU's filter blklogwrites made (the format of the Linux kernel's
 * dm-log-writes: Documentation/admin-guide/device-mapper/log-writes.rst; numbers are little-endian).
 *     replay LOG list                     a line each entry: number, w or f (a write, a flush), sector, sectors, the highest mark so far
 *     replay LOG IMAGE FROM TO            entries FROM .. TO - 1 happen to IMAGE
 *     replay LOG IMAGE FROM TO SEED [BASE]
 *                                         some of them, at random: each is whole, in part, or has not happened; SEED 0: all
 *                                         BASE: IMAGE becomes a copy of it before
 * A mark is the number behind "@STEP@" in what is written.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC 0x6a736677736872ull
enum { FLUSH = 1, DISCARD = 4 };

struct super {
    uint64_t magic, version, entries;
    uint32_t sector_bytes;
};

struct entry {
    uint64_t sector, sectors, flags, data_bytes;
};

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "replay: %s\n", what);
    exit(2);
}

static uint64_t random_state;

static uint64_t below(uint64_t n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (random_state * 0x2545f4914f6cdd1dull >> 20) % n;
}

#define CHUNK ((size_t)65536)

/* From where on one of the two, or both, has contents: the beginning of a chunk. */
static off_t next_data(int a, int b, off_t from)
{
    off_t in_a = lseek(a, from, SEEK_DATA), in_b = lseek(b, from, SEEK_DATA);
    off_t least = in_b < 0 || (in_a >= 0 && in_a < in_b) ? in_a : in_b;

    return least < 0 ? INT64_MAX : least / (off_t)CHUNK * (off_t)CHUNK;
}

/* Makes `image` what `base` is.  Little differs: a disk that lost its power is compared with the last one, where a copy would write all of it. */
static void make_copy(const char *base, int image)
{
    static char a[CHUNK], b[CHUNK];
    int fd = open(base, O_RDONLY);
    struct stat s;

    if (fd < 0 || fstat(fd, &s) != 0 || ftruncate(image, s.st_size) != 0) {
        fail("the base cannot be copied");
    }
    for (off_t at = next_data(fd, image, 0); at < s.st_size; at = next_data(fd, image, at)) {
        ssize_t n = pread(fd, a, CHUNK, at);

        if (n <= 0 || pread(image, b, (size_t)n, at) != n ||
            (memcmp(a, b, (size_t)n) != 0 && pwrite(image, a, (size_t)n, at) != n)) {
            fail("the base cannot be copied");
        }
        at += n;
    }
    close(fd);
}

static unsigned mark_in(const char *data, size_t bytes, unsigned mark)
{
    const char *at = data, *end = data + bytes;

    while ((at = memmem(at, (size_t)(end - at), "@STEP@", 6))) {
        at += 6;
        unsigned n = 0, digits = 0;

        while (digits < 8 && at + digits < end && at[digits] >= '0' && at[digits] <= '9') {
            n = n * 10 + (unsigned)(at[digits++] - '0');
        }
        mark = digits == 8 && n > mark ? n : mark;
    }
    return mark;
}

int main(int argc, char **argv)
{
    int fd = argc > 2 ? open(argv[1], O_RDONLY) : -1, image = -1;
    bool is_list = argc == 3 && strcmp(argv[2], "list") == 0;
    uint64_t from = 0, to = UINT64_MAX;
    struct stat s;
    const char *log;
    unsigned mark = 0;

    if (fd < 0 || fstat(fd, &s) != 0 || (!is_list && (argc < 5 || argc > 7))) {
        fail("usage: replay LOG list | replay LOG IMAGE FROM TO [SEED [BASE]]");
    }
    log = mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    const struct super *super = (const struct super *)log;

    if (log == MAP_FAILED || super->magic != MAGIC || super->version != 1 ||
        super->sector_bytes < 512) {
        fail("this is no log of writes");
    }
    if (!is_list) {
        image = open(argv[2], O_RDWR | (argc == 7 ? O_CREAT : 0), 0666);
        from = strtoull(argv[3], NULL, 0);
        to = strtoull(argv[4], NULL, 0);
        uint64_t seed = argc >= 6 ? strtoull(argv[5], NULL, 0) : 0;

        random_state = seed ? seed * 0x9e3779b97f4a7c15ull + 1 : 0;
        if (image < 0 || to > super->entries) {
            fail("no image, or not so many entries");
        }
        if (argc == 7) {
            make_copy(argv[6], image);
        }
    }
    uint64_t at = super->sector_bytes;

    for (uint64_t i = 0; i < super->entries && i < to; i++) {
        const struct entry *e = (const struct entry *)(log + at);
        const char *data = log + at + super->sector_bytes;
        uint64_t bytes = e->flags & DISCARD ? 0 : e->sectors * super->sector_bytes;

        if (at + super->sector_bytes + bytes > (uint64_t)s.st_size) {
            fail("the log ends too early");
        }
        at += super->sector_bytes + bytes;
        if (is_list) {
            mark = mark_in(data, bytes, mark);
            printf("%lu %c %lu %lu %u\n", (unsigned long)i, e->flags & FLUSH ? 'f' : 'w',
                   (unsigned long)e->sector, (unsigned long)e->sectors, mark);
        } else if (i >= from && bytes) {
            uint64_t n = bytes;

            if (random_state) { /* a third each; of one in part the first sectors */
                uint64_t what = below(3);

                n = what == 0 ? 0 : what == 1 ? bytes : below(e->sectors) * super->sector_bytes;
            }
            if (pwrite(image, data, n, (off_t)(e->sector * super->sector_bytes)) != (ssize_t)n) {
                fail("the image cannot be written");
            }
        }
    }
    return 0;
}
