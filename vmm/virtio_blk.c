/*
 * A disk for the guest (Virtual I/O Device specification 5.2), behind the component's own.
 *
 *      chain --> request: reads out the header --> [pieces of the buffer] --> host_disk_start ... virtio_blk_done --> status, used
 *
 * The guest is told limits (SEG_MAX, SIZE_MAX) under which every request is one of the host's.
 */
#include <string.h>

#include "host.h"
#include "virtio_device.h"

#define F_SIZE_MAX (1ull << 1)
#define F_SEG_MAX  (1ull << 2)
#define F_BLK_SIZE (1ull << 6)
#define F_FLUSH    (1ull << 9)

enum { TYPE_IN = 0, TYPE_OUT = 1, TYPE_FLUSH = 4, TYPE_ID = 8 };
enum { STATUS_OK = 0, STATUS_ERROR = 1, STATUS_UNSUPPORTED = 2 };

#define REQUESTS_MAX 16u
#define UNIT         4096u
#define UNITS_MAX    256u
#define SEGMENTS     16u
#define ID_BYTES     20u

struct header {
    uint32_t type, reserved;
    uint64_t sector;
};

static struct request {
    bool is_used, is_started;
    uint32_t life; /* of the device: a request of a life before is forgotten when it ends */
    struct chain chain;
    enum host_disk what;
    uint64_t sector, place;
    uint32_t bytes;
} request[REQUESTS_MAX];

static bool unit_used[UNITS_MAX];
static uint32_t life;
static struct vdevice *disk;

static unsigned units_all(void)
{
    uint64_t bytes = 0;

    (void)host_disk_buffer(&bytes);
    return bytes / UNIT < UNITS_MAX ? (unsigned)(bytes / UNIT) : UNITS_MAX;
}

/* A piece of the buffer; false: none is free. */
static bool place_take(uint32_t bytes, uint64_t *place)
{
    unsigned need = (bytes + UNIT - 1) / UNIT, all = units_all();

    for (unsigned at = 0, run = 0; at < all && need; at++) {
        run = unit_used[at] ? 0 : run + 1;
        if (run == need) {
            memset(&unit_used[at + 1 - need], true, need);
            *place = (uint64_t)(at + 1 - need) * UNIT;
            return true;
        }
    }
    *place = 0;
    return need == 0;
}

static void place_drop(const struct request *r)
{
    memset(&unit_used[r->place / UNIT], false, (r->bytes + UNIT - 1) / UNIT);
}

/* The last byte that the device writes is the status. */
static void finish(const struct chain *c, uint8_t status, uint32_t data)
{
    uint32_t in = chain_bytes(c, true);

    if (in) {
        (void)chain_copy(c, true, in - 1, &status, 1);
    }
    chain_done(disk, 0, c->head, data + (in != 0));
}

/* What a request says; STATUS_OK: it is one for the disk. */
static uint8_t decode(struct request *r)
{
    struct header h;
    uint32_t out = chain_bytes(&r->chain, false), in = chain_bytes(&r->chain, true);

    if (chain_copy(&r->chain, false, 0, &h, sizeof h) != sizeof h || in == 0) {
        return STATUS_ERROR;
    }
    r->sector = h.sector;
    r->bytes = 0;
    switch (h.type) {
    case TYPE_FLUSH:
        r->what = HOST_FLUSH;
        r->sector = 0;
        return STATUS_OK;
    case TYPE_IN:
        r->what = HOST_READ;
        r->bytes = in - 1;
        break;
    case TYPE_OUT:
        r->what = HOST_WRITE;
        r->bytes = out - (uint32_t)sizeof h;
        break;
    default:
        return STATUS_UNSUPPORTED;
    }
    uint64_t all = host_disk_sectors();
    if (r->bytes == 0 || r->bytes % HOST_SECTOR || r->bytes > HOST_DISK_MAX || r->sector >= all ||
        r->bytes / HOST_SECTOR > all - r->sector) {
        return STATUS_ERROR;
    }
    return STATUS_OK;
}

static void try_start(struct request *r)
{
    r->is_started = host_disk_start((uint64_t)(r - request), r->what, r->sector,
                                    r->bytes / HOST_SECTOR, r->place);
}

/* True: the chain was dealt with; false: there is no room, it waits as it is. */
static bool take(struct request *r)
{
    static char id[ID_BYTES] = "tessera";
    uint64_t buffer_bytes;
    uint8_t *buffer = host_disk_buffer(&buffer_bytes), status = decode(r);

    if (status == STATUS_UNSUPPORTED) {
        struct header h;
        (void)chain_copy(&r->chain, false, 0, &h, sizeof h);
        if (h.type == TYPE_ID && chain_bytes(&r->chain, true) > ID_BYTES) {
            (void)chain_copy(&r->chain, true, 0, id, ID_BYTES);
            finish(&r->chain, STATUS_OK, ID_BYTES);
            return true;
        }
    }
    if (status != STATUS_OK || !buffer) {
        finish(&r->chain, status != STATUS_OK ? status : STATUS_ERROR, 0);
        return true;
    }
    if (!place_take(r->bytes, &r->place)) {
        return false;
    }
    if (r->what == HOST_WRITE) {
        (void)chain_copy(&r->chain, false, sizeof(struct header), buffer + r->place, r->bytes);
    }
    r->is_used = true;
    r->life = life;
    try_start(r);
    return true;
}

static struct chain waiting; /* taken out of the ring, without room so far */
static bool is_waiting;

static void work(struct vdevice *d)
{
    for (unsigned i = 0; i < REQUESTS_MAX; i++) {
        struct request *r = &request[i];

        if (r->is_used && !r->is_started && r->life == life) {
            try_start(r);
            if (!r->is_started) {
                return;
            }
        }
        if (r->is_used) {
            continue;
        }
        if (is_waiting) {
            r->chain = waiting;
        } else if (!chain_next(d, 0, &r->chain)) {
            return;
        }
        is_waiting = !take(r);
        if (is_waiting) {
            waiting = r->chain;
            return;
        }
        if (!r->is_used) { /* answered at once: the place is free for the next */
            i--;
        }
    }
}

static void notify(struct vdevice *d, unsigned queue)
{
    (void)queue;
    work(d);
}

void virtio_blk_done(uint64_t cookie, bool is_error)
{
    struct request *r = cookie < REQUESTS_MAX ? &request[cookie] : NULL;
    uint64_t bytes;
    uint8_t *buffer = host_disk_buffer(&bytes);

    if (!r || !r->is_used || !r->is_started) {
        return;
    }
    r->is_used = false;
    if (r->life == life) {
        uint32_t data = r->what == HOST_READ && !is_error ? r->bytes : 0;
        if (data) {
            (void)chain_copy(&r->chain, true, 0, buffer + r->place, data);
        }
        finish(&r->chain, is_error ? STATUS_ERROR : STATUS_OK, data);
    }
    place_drop(r);
    if (disk) {
        work(disk);
    }
}

/* Requests in flight belong to a life that is over: their places come back when they end. */
static void reset(struct vdevice *d)
{
    disk = d;
    life++;
    is_waiting = false;
    for (unsigned i = 0; i < REQUESTS_MAX; i++) {
        if (request[i].is_used && !request[i].is_started) {
            request[i].is_used = false;
            place_drop(&request[i]);
        }
    }
}

static uint32_t config(uint32_t offset)
{
    uint64_t sectors = host_disk_sectors();

    switch (offset) {
    case 0:
        return (uint32_t)sectors;
    case 4:
        return (uint32_t)(sectors >> 32);
    case 8:
        return UNIT; /* size_max */
    case 12:
        return SEGMENTS; /* seg_max */
    case 20:
        return HOST_SECTOR; /* blk_size */
    default:
        return 0;
    }
}

static bool idle(void)
{
    for (unsigned i = 0; i < REQUESTS_MAX; i++) {
        if (request[i].is_used) {
            return false;
        }
    }
    return !is_waiting;
}

const struct vdevice_kind virtio_blk = {
    .device = VIRTIO_BLOCK,
    .queues = 1,
    .features = F_SIZE_MAX | F_SEG_MAX | F_BLK_SIZE | F_FLUSH,
    .notify = notify,
    .reset = reset,
    .config = config,
    .idle = idle,
};
