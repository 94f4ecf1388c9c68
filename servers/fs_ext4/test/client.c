/* Makes, writes, reads and removes files, and expects each call to succeed and each byte to be what it was. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../ext4.h"
#include "FsClient.h"

#define PIECE 16384u
#define OP(n) ((1ull << 48) | (n))

struct self {
    uint64_t root, op;
    uint32_t bad;
    uint8_t out[PIECE], in[PIECE];
};

static void expect(struct self *self, const char *what, uint32_t i, bool is_right)
{
    if (!is_right) {
        printf("client: FAILED %s %u\n", what, (unsigned)i);
        self->bad++;
    }
}

static void pattern(uint8_t *to, uint32_t seed)
{
    for (uint32_t i = 0; i < PIECE; i++) {
        seed = seed * 1664525 + 1013904223;
        to[i] = (uint8_t)(seed >> 24);
    }
}

static uint64_t create(struct self *self, uint64_t dir, const char *name, uint32_t mode)
{
    uint8_t buf[sizeof(struct fs_new) + 32];
    struct fs_new n = { .time = 1700000000, .mode = mode, .name_bytes = (uint32_t)strlen(name) };
    uint64_t handle = 0;

    memcpy(buf, &n, sizeof n);
    memcpy(buf + sizeof n, name, n.name_bytes);
    expect(self, name, 0,
           files_create(self, OP(++self->op), dir, sizeof n + n.name_bytes, buf, &handle) ==
               TESS_OK);
    return handle;
}

static void check(struct self *self, uint64_t file, uint32_t i)
{
    uint32_t got = 0;

    pattern(self->out, i);
    for (uint32_t k = 0; k < 2; k++) {
        memset(self->in, 0, PIECE);
        expect(self, "read", i,
               files_read(self, file, k * PIECE, PIECE, self->in, &got) == TESS_OK && got == PIECE);
        expect(self, "contents", i, memcmp(self->in, self->out, PIECE) == 0);
    }
}

static void one(struct self *self, uint64_t dir, uint32_t i)
{
    char name[32], names[64];
    uint64_t file, found = 0;
    uint32_t put = 0, n, type;

    n = (uint32_t)snprintf(name, sizeof name, "file%u", (unsigned)i);
    file = create(self, dir, name, 0100644);
    pattern(self->out, i);
    for (uint32_t k = 0; k < 2; k++) {
        expect(self, "write", i,
               files_write(self, OP(++self->op), file, k * PIECE, PIECE, self->out, &put) ==
                   TESS_OK);
    }
    expect(self, "lookup", i,
           files_lookup(self, dir, n, name, &found, &type) == TESS_OK && found == file);
    check(self, file, i);
    if (i % 2) {
        (void)snprintf(names, sizeof names, "file%uname%u", (unsigned)i, (unsigned)i);
        expect(self, "rename", i,
               files_rename(self, OP(++self->op), dir, self->root, 0, n, (uint32_t)strlen(names),
                            names) == TESS_OK);
    } else if (i % 4 == 0) {
        expect(self, "unlink", i,
               files_unlink(self, OP(++self->op), dir, FS_KEEP, n, name) == TESS_OK);
        check(self, file, i);
        expect(self, "forget", i, files_forget(self, OP(++self->op), file) == TESS_OK);
        expect(self, "forgotten", i,
               files_stat(self, file, PIECE > 4096 ? 4096 : PIECE, self->in) != TESS_OK);
    }
    if (i % 8 == 0) {
        expect(self, "sync", i, files_sync(self, 0) == TESS_OK);
    }
}

/* What is left in a directory, by its entries. */
static uint32_t entries(struct self *self, uint64_t dir)
{
    uint64_t next = 0;
    uint32_t used = 0, count = 0;

    do {
        expect(self, "readdir", count,
               files_readdir(self, dir, next, 512, self->in, &used, &next) == TESS_OK);
        for (uint32_t at = 0; at < used; at += ((struct fs_entry *)(self->in + at))->record) {
            count++;
        }
    } while (used);
    return count;
}

static int run(struct self *self)
{
    uint64_t dir;
    uint32_t block = 0;
    bool read_only = true;

    expect(self, "attach", 0,
           files_attach_client(self, 1, &self->root, &block, &read_only) == TESS_OK && !read_only);
    dir = create(self, self->root, "dir", 0040755);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        one(self, dir, i);
    }
    expect(self, "entries", entries(self, dir), entries(self, dir) == 2 + ROUNDS / 4);
    expect(self, "entries of the root", entries(self, self->root),
           entries(self, self->root) == 4 + ROUNDS / 2);
    expect(self, "sync", 0, files_sync(self, 0) == TESS_OK);
    printf("client: %u files, %u operations, block %u\n", (unsigned)ROUNDS, (unsigned)self->op,
           (unsigned)block);
    printf("client: %s\n", self->bad ? "FAILED" : "ok");
    return 0;
}
