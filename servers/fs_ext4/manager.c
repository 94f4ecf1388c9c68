/* What libext2fs reads and writes goes through the store.  Its channels have no state but their block size. */
#include <stdlib.h>

#include "fs.h"

struct fs_store *fs_io_store;

static errcode_t io_open(const char *name, int flags, io_channel *to)
{
    io_channel c = calloc(1, sizeof *c);

    (void)flags;
    if (!c) {
        return EXT2_ET_NO_MEMORY;
    }
    c->magic = EXT2_ET_MAGIC_IO_CHANNEL;
    c->manager = fs_io_manager;
    c->name = strdup(name);
    c->block_size = 1024;
    c->refcount = 1;
    c->private_data = fs_io_store;
    *to = c;
    return c->name ? 0 : EXT2_ET_NO_MEMORY;
}

static errcode_t io_close(io_channel c)
{
    if (--c->refcount == 0) {
        free(c->name);
        free(c);
    }
    return 0;
}

static errcode_t io_set_blksize(io_channel c, int bytes)
{
    c->block_size = bytes;
    return 0;
}

/* Bytes anywhere: whole blocks of the store, the first and the last in part.  from: written; to: read. */
static errcode_t move(io_channel c, uint64_t offset, uint64_t n, uint8_t *to, const uint8_t *from)
{
    struct fs_store *s = c->private_data;
    uint8_t block[FS_BLOCK];

    while (n) {
        uint32_t in = (uint32_t)(offset % s->block_bytes), part = s->block_bytes - in;
        errcode_t err = 0;

        part = n < part ? (uint32_t)n : part;
        if (to || part != s->block_bytes) {
            err = store_read(s, offset / s->block_bytes, block);
        }
        if (err == 0 && from) {
            memcpy(block + in, from, part);
            err = store_stage(s, offset / s->block_bytes, block);
            from += part;
        } else if (err == 0) {
            memcpy(to, block + in, part);
            to += part;
        }
        if (err) {
            s->error = from && !s->error ? (int)err : s->error;
            return err;
        }
        offset += part;
        n -= part;
    }
    return 0;
}

static uint64_t bytes_of(io_channel c, int count)
{
    return count < 0 ? (uint64_t) - (int64_t)count : (uint64_t)count * (uint32_t)c->block_size;
}

static errcode_t io_read64(io_channel c, unsigned long long block, int count, void *to)
{
    return move(c, block * (uint32_t)c->block_size, bytes_of(c, count), to, NULL);
}

static errcode_t io_write64(io_channel c, unsigned long long block, int count, const void *from)
{
    return move(c, block * (uint32_t)c->block_size, bytes_of(c, count), NULL, from);
}

static errcode_t io_read(io_channel c, unsigned long block, int count, void *to)
{
    return io_read64(c, block, count, to);
}

static errcode_t io_write(io_channel c, unsigned long block, int count, const void *from)
{
    return io_write64(c, block, count, from);
}

/* Durable is what the journal makes durable. */
static errcode_t io_flush(io_channel c)
{
    (void)c;
    return 0;
}

static struct struct_io_manager manager = {
    .magic = EXT2_ET_MAGIC_IO_MANAGER,
    .name = "journalled",
    .open = io_open,
    .close = io_close,
    .set_blksize = io_set_blksize,
    .read_blk = io_read,
    .write_blk = io_write,
    .flush = io_flush,
    .read_blk64 = io_read64,
    .write_blk64 = io_write64,
};
io_manager fs_io_manager = &manager;
