/* mkimage: puts loader, kernel, root program and further modules into one bootable image (abi/include/tessera/archive.h). */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tessera/archive.h>

static const char usage[] =
    "usage: mkimage OUT LOADER KERNEL ROOT [NAME=FILE...]\n"
    "Writes OUT, a Linux arm64 Image: the flat LOADER, and behind it an archive of the ELF files "
    "KERNEL and ROOT\n"
    "(the root program) and of further modules, which the root program finds by NAME.\n";

enum {
    IMAGE_MAGIC_AT = 56,
    IMAGE_SIZE_AT = 16,
    IMAGE_HEADER = 64
}; /* Linux, booting.rst, section 4 */
enum { FILE_MAX = 1 << 30 };

static const char *out_path; /* removed when something fails after it was opened */

static _Noreturn void fail(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fputs("mkimage: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    if (out_path) {
        remove(out_path);
    }
    exit(1);
}

struct file {
    unsigned char *data; /* padded with zeros to whole pages */
    size_t bytes, padded;
};

static struct file file_read(const char *path)
{
    struct file f = { 0 };
    FILE *in = fopen(path, "rb");
    long size;

    if (!in) {
        fail("%s: %s", path, strerror(errno));
    }
    if (fseek(in, 0, SEEK_END) || (size = ftell(in)) < 0 || fseek(in, 0, SEEK_SET)) {
        fail("%s: cannot find out its size: %s", path, strerror(errno));
    }
    if (size == 0 || size > FILE_MAX) {
        fail("%s: %s", path, size ? "larger than 1 GiB" : "empty");
    }
    f.bytes = (size_t)size;
    f.padded = (f.bytes + ARCHIVE_PAGE - 1) / ARCHIVE_PAGE * ARCHIVE_PAGE;
    f.data = calloc(1, f.padded);
    if (!f.data) {
        fail("out of memory");
    }
    if (fread(f.data, 1, f.bytes, in) != f.bytes) {
        fail("%s: cannot read it: %s", path, strerror(errno));
    }
    fclose(in);
    return f;
}

static uint64_t get64(const unsigned char *at)
{
    uint64_t value = 0;

    for (int i = 7; i >= 0; i--) {
        value = value << 8 | at[i];
    }
    return value;
}

static void put64(unsigned char *at, uint64_t value)
{
    for (int i = 0; i < 8; i++) {
        at[i] = (unsigned char)(value >> 8 * i);
    }
}

static void check_loader(const char *path, const struct file *f)
{
    if (f->bytes < IMAGE_HEADER || memcmp(f->data + IMAGE_MAGIC_AT, "ARM\x64", 4) != 0) {
        fail("%s: not a loader (no arm64 Image header)", path);
    }
    if (f->bytes % ARCHIVE_PAGE || get64(f->data + IMAGE_SIZE_AT) != f->bytes) {
        fail("%s: not a loader (its size is not what its header says)", path);
    }
}

static void check_elf(const char *path, const struct file *f)
{
    /* class 64, little endian; machine 183: aarch64 */
    if (f->bytes < 64 || memcmp(f->data, "\177ELF\2\1", 6) != 0 || f->data[18] != 183 ||
        f->data[19] != 0) {
        fail("%s: not an aarch64 ELF file", path);
    }
}

/* NAME=FILE; the kernel and the root program have fixed names. */
static const char *entry_name(struct archive *a, unsigned n, const char *argument)
{
    const char *fixed[] = { "kernel", "root" }, *equals = strchr(argument, '=');
    struct archive_entry *e = &a->entry[n];

    if (n <= ARCHIVE_ROOT) {
        strcpy(e->name, fixed[n]);
        return argument;
    }
    if (!equals || equals == argument || !equals[1]) {
        fail("%s: a module is given as NAME=FILE", argument);
    }
    if ((size_t)(equals - argument) >= ARCHIVE_NAME) {
        fail("%s: the name is longer than %u characters", argument, ARCHIVE_NAME - 1);
    }
    memcpy(e->name, argument, (size_t)(equals - argument));
    for (unsigned i = 0; i < n; i++) {
        if (strcmp(a->entry[i].name, e->name) == 0) {
            fail("%s: a module of this name is already there", argument);
        }
    }
    return equals + 1;
}

static uint64_t body_sum(const struct file *files, uint64_t count)
{
    uint64_t words = 0, *all, sum, at = 0;

    for (uint64_t i = 0; i < count; i++) {
        words += files[i].padded / 8;
    }
    all = calloc(words, 8);
    if (!all) {
        fail("out of memory");
    }
    for (uint64_t i = 0; i < count; i++) {
        for (size_t j = 0; j < files[i].padded; j += 8) {
            all[at++] = get64(files[i].data + j);
        }
    }
    sum = archive_sum(all, words);
    free(all);
    return sum;
}

int main(int argc, char **argv)
{
    static struct archive a;
    static struct file files[ARCHIVE_ENTRIES];
    struct file loader;
    FILE *out;
    bool ok;

    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return 0;
    }
    if (argc < 5 || argc - 3 > (int)ARCHIVE_ENTRIES) {
        fputs(usage, stderr);
        return 2;
    }
    loader = file_read(argv[2]);
    check_loader(argv[2], &loader);
    a.magic = ARCHIVE_MAGIC;
    a.count = (uint64_t)argc - 3;
    a.bytes = ARCHIVE_HEADER;
    for (unsigned i = 0; i < a.count; i++) {
        const char *path = entry_name(&a, i, argv[i + 3]);

        files[i] = file_read(path);
        if (i <= ARCHIVE_ROOT) {
            check_elf(path, &files[i]);
        }
        a.entry[i].offset = a.bytes;
        a.entry[i].bytes = files[i].bytes;
        a.bytes += files[i].padded;
    }
    a.body_sum = body_sum(files, a.count);
    a.header_sum = archive_sum(&a.body_sum, ARCHIVE_HEADER_WORDS);
    put64(loader.data + IMAGE_SIZE_AT, loader.bytes + a.bytes);

    out = fopen(argv[1], "wb");
    if (!out) {
        fail("%s: %s", argv[1], strerror(errno));
    }
    out_path = argv[1];
    ok = fwrite(loader.data, 1, loader.bytes, out) == loader.bytes &&
         fwrite(&a, 1, sizeof(a), out) == sizeof(a);
    for (uint64_t i = 0; ok && i < a.count; i++) {
        ok = fwrite(files[i].data, 1, files[i].padded, out) == files[i].padded;
    }
    if (fclose(out) != 0 || !ok) {
        fail("%s: cannot write it: %s", argv[1], strerror(errno));
    }
    return 0;
}
