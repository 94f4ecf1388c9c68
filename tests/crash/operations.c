/*
 * operations FOLDER FIRST LAST: changes files step by step; each step is durable before the next one begins.  The same program makes, on the
 * build machine, what has to be there after a loss of power.
 *     operations --touched STEP    prints the names that the step changes
 * A step begins with its number in the file `mark`, made durable: whoever finds a mark on a disk knows that all steps before it had been
 * answered.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE  4096
#define KINDS 12
#define BLOCK 512u

static int folder;

static void must(int is_right, const char *what, unsigned step)
{
    if (!is_right) {
        fprintf(stderr, "operations: step %u: ", step);
        perror(what);
        exit(1);
    }
}

/* Each 512 bytes say which step wrote them. */
static void fill(char *to, size_t n, unsigned step)
{
    uint32_t random = step * 2654435761u + 1;

    for (size_t i = 0; i < n; i++) {
        random = random * 1664525 + 1013904223;
        to[i] = (char)('a' + (random >> 24) % 26);
        if (i % BLOCK == BLOCK - 1) {
            to[i] = '\n';
        }
    }
    for (size_t i = 0; i + 15 <= n; i += BLOCK) {
        char text[24];

        snprintf(text, sizeof text, "@STEP@%08u ", step);
        memcpy(to + i, text, 15);
    }
}

static void write_at(const char *name, int flags, off_t at, size_t n, unsigned step)
{
    char *text = malloc(n);
    int fd = openat(folder, name, O_RDWR | flags, 0644);

    must(fd >= 0 && text != NULL, name, step);
    fill(text, n, step);
    must(at < 0 ? write(fd, text, n) == (ssize_t)n : pwrite(fd, text, n, at) == (ssize_t)n, name,
         step);
    must(fsync(fd) == 0 && close(fd) == 0, name, step);
    free(text);
}

static void mapped_write(const char *name, unsigned step)
{
    int fd = openat(folder, name, O_RDWR | O_CREAT, 0644);
    char *at;

    must(fd >= 0 && ftruncate(fd, 3 * PAGE) == 0, name, step);
    at = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    must(at != MAP_FAILED, name, step);
    fill(at + PAGE, PAGE + 100, step);
    must(msync(at, 3 * PAGE, MS_SYNC) == 0 && munmap(at, 3 * PAGE) == 0, name, step);
    must(fsync(fd) == 0 && close(fd) == 0, name, step);
}

/* The names of the step. */
struct names {
    char own[32], other[32];
};

static struct names names_of(unsigned step)
{
    static const char *const own[KINDS] = { "new%u",  "log",   "middle", "current",
                                            "shrunk", "dir%u", "new%u",  "hard%u",
                                            "mapped", "large", "dir%u",  "soft%u" };
    static const char *const other[KINDS] = { "",    "", "", "current.new", "", "dir%u/file", "",
                                              "log", "", "", "moved%u",     "" };
    unsigned kind = step % KINDS;
    /* what a former step made */
    unsigned number = kind == 6 ? step - 6 : kind == 10 ? step - 5 : step;
    struct names n;

    snprintf(n.own, sizeof n.own, own[kind], number);
    snprintf(n.other, sizeof n.other, other[kind], number);
    return n;
}

static void one(unsigned step)
{
    struct names n = names_of(step);
    struct stat s;
    int fd;

    write_at("mark", O_CREAT, 0, 100, step);
    switch (step % KINDS) {
    case 0:
        write_at(n.own, O_CREAT | O_EXCL, 0, 1000 + step * 997 % 30000, step);
        break;
    case 1:
        write_at(n.own, O_CREAT | O_APPEND, -1, 700 + step % 100 * 13, step);
        break;
    case 2:
        write_at(n.own, O_CREAT, step * 1371 % 20000, 5000, step);
        break;
    case 3:
        write_at(n.other, O_CREAT | O_TRUNC, 0, 6000 + step, step);
        must(renameat(folder, n.other, folder, n.own) == 0, n.own, step);
        break;
    case 4:
        write_at(n.own, O_CREAT, 0, 20000, step);
        fd = openat(folder, n.own, O_RDWR);
        must(fd >= 0 && ftruncate(fd, 3000 + step) == 0 && fsync(fd) == 0 && close(fd) == 0, n.own,
             step);
        break;
    case 5:
        must(mkdirat(folder, n.own, 0755) == 0, n.own, step);
        write_at(n.other, O_CREAT, 0, 3000, step);
        sync();
        break;
    case 6:
        if (fstatat(folder, n.own, &s, 0) == 0) {
            must(unlinkat(folder, n.own, 0) == 0, n.own, step);
        }
        break;
    case 7:
        must(linkat(folder, n.other, folder, n.own, 0) == 0, n.own, step);
        break;
    case 8:
        mapped_write(n.own, step);
        break;
    case 9: /* more than one request */
        write_at(n.own, O_CREAT | O_TRUNC, 0, 300000 + step, step);
        break;
    case 10:
        if (fstatat(folder, n.own, &s, 0) == 0) {
            must(renameat(folder, n.own, folder, n.other) == 0, n.other, step);
        }
        break;
    case 11:
        must(symlinkat("mark", folder, n.own) == 0, n.own, step);
        break;
    }
    must(fsync(folder) == 0, "folder", step);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--touched") == 0) {
        struct names n = names_of((unsigned)atoi(argv[2]));

        printf("mark\n%s\n", n.own);
        for (unsigned i = 7; strcmp(n.own, "log") == 0 && i < (unsigned)atoi(argv[2]); i += KINDS) {
            printf("hard%u\n", i); /* other names of it */
        }
        if (*n.other && strcmp(n.other, "log") != 0) {
            printf("%s\n", n.other);
        }
        return 0;
    }
    if (argc != 4) {
        fprintf(stderr, "usage: operations FOLDER FIRST LAST | operations --touched STEP\n");
        return 2;
    }
    mkdir(argv[1], 0755);
    folder = open(argv[1], O_RDONLY | O_DIRECTORY);
    must(folder >= 0, argv[1], 0);
    for (unsigned step = (unsigned)atoi(argv[2]); step <= (unsigned)atoi(argv[3]); step++) {
        one(step);
    }
    printf("operations: %s steps\n", argv[3]);
    return 0;
}
