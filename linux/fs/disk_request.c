/* Requests to the server of the disk, and the buffer that both share; disk.c says what for. */
#include "disk_request.h"

#include <asm/errno.h>
#include <assert.h>
#include <string.h>

#include "../task/personality.h"
#include "../task/wait.h"

#define UNIT         4096u /* what a piece of the buffer is a multiple of */
#define UNITS_MAX    256u
#define REQUESTS_MAX 64u

struct request {
    struct fiber *fiber;
    bool is_done;
    int err;
    uint64_t value[2];
};

static struct {
    uint8_t *buffer;
    unsigned units;
    bool is_used[UNITS_MAX];
    struct request *request[REQUESTS_MAX];
    struct wait_queue room; /* for a request or a piece of the buffer */
    uint64_t op;
} server;

void disk_request_start(void)
{
    wait_queue_init(&server.room);
}

int disk_buffer(void)
{
    size_t bytes = 0;

    server.buffer = personality_disk(&bytes);
    server.units = bytes / UNIT < UNITS_MAX ? (unsigned)(bytes / UNIT) : UNITS_MAX;
    return server.buffer ? 0 : -ENXIO;
}

uint64_t disk_next_op(void)
{
    return DISK_CLIENT << 48 | ++server.op;
}

/* ---- the buffer ---- */

static void wait_for_room(void)
{
    (void)wait_on(&server.room, TIME_NEVER, WAIT_UNINTERRUPTIBLE);
}

uint64_t disk_piece_take(uint32_t bytes)
{
    unsigned count = (bytes + UNIT - 1) / UNIT;

    assert(count <= server.units);
    for (;;) {
        for (unsigned at = 0, run = 0; at < server.units; at++) {
            run = server.is_used[at] ? 0 : run + 1;
            if (run == count) {
                memset(&server.is_used[at + 1 - count], true, count);
                return (uint64_t)(at + 1 - count) * UNIT;
            }
        }
        wait_for_room();
    }
}

void disk_piece_drop(uint64_t place, uint32_t bytes)
{
    memset(&server.is_used[place / UNIT], false, (bytes + UNIT - 1) / UNIT);
    wake_all(&server.room, 0);
}

void *disk_piece(uint64_t place)
{
    return server.buffer + place;
}

/* ---- requests ---- */

void disk_done(uint64_t cookie, int err, uint64_t first, uint64_t second)
{
    struct request *r = cookie < REQUESTS_MAX ? server.request[cookie] : NULL;

    if (!r) {
        return;
    }
    server.request[cookie] = NULL;
    *r = (struct request){ r->fiber, true, err, { first, second } };
    fiber_wake(r->fiber);
    wake_all(&server.room, 0);
    personality_trace_look();
}

int disk_ask(const struct disk_request *what, uint64_t *value)
{
    struct request r = { .fiber = fiber_running() };
    unsigned n;

    for (;;) {
        for (n = 0; n < REQUESTS_MAX && server.request[n]; n++) {
        }
        if (n < REQUESTS_MAX) {
            server.request[n] = &r;
            if (personality_disk_start(n, what)) {
                break;
            }
            server.request[n] = NULL;
        }
        wait_for_room();
    }
    while (!r.is_done) {
        (void)fiber_sleep(TIME_NEVER, WAIT_UNINTERRUPTIBLE);
    }
    if (value) {
        value[0] = r.value[0];
        value[1] = r.value[1];
    }
    return r.err;
}

int disk_ask_with(struct disk_request *what, const struct disk_bytes *in, void *out,
                  uint64_t *value)
{
    uint32_t bytes = what->bytes, at = 0;
    int err;

    for (const struct disk_bytes *p = in; p && p->data; p++) {
        bytes += (uint32_t)p->bytes;
    }
    what->bytes = bytes;
    what->buffer = disk_piece_take(bytes);
    for (const struct disk_bytes *p = in; p && p->data; p++) {
        memcpy(disk_piece(what->buffer + at), p->data, p->bytes);
        at += (uint32_t)p->bytes;
    }
    err = disk_ask(what, value);
    if (!err && out) {
        memcpy(out, disk_piece(what->buffer), bytes);
    }
    disk_piece_drop(what->buffer, bytes);
    return err;
}
