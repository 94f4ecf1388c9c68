/* Snapshots; see snapshot.h. */
#include "snapshot.h"

#include <comp/crc32c.h>
#include <string.h>
#include <tess/time.h>

#include "host.h"
#include "machine.h"
#include "state.h"

#define MAGIC     0x7e55e7a05a9e5004ull
#define PIECE     65536u
#define SECTORS   (PIECE / HOST_SECTOR)
#define WINDOW    8u /* requests at once; the buffer has room for so many pieces */
#define HEAD_AT   0u /* sectors */
#define STATE_AT  SECTORS
#define MEMORY_AT (2 * SECTORS)
#define FP_WORDS  (2 * TESS_FPU_WORDS)

struct header {
    uint64_t magic, ram_bytes, cpus, gic, devices, state_bytes;
    uint64_t counter; /* when it was saved */
    uint64_t sum;     /* of all pieces */
};

struct saved_cpu {
    struct tess_regs regs;
    uint64_t fp[FP_WORDS];
    uint64_t vcpu[TESS_VCPU_LR_END];
};

struct saved {
    struct saved_cpu cpu[CPUS_MAX];
    struct state state; /* pointers in it mean nothing */
};
_Static_assert(sizeof(struct saved) <= PIECE, "it is one piece");

static enum step { NOTHING, DRAIN, WRITE, SEAL, HEAD, CHECK, READ } step;
static struct saved saved;
static uint64_t next, all, flying; /* pieces of memory, and one more: the state */
static uint64_t sum;               /* of those that have passed */
static bool failed;

bool snapshot_is_busy(void)
{
    return step != NOTHING;
}

static void over(enum snapshot_result result)
{
    if (step == READ && result != SNAPSHOT_OK) {
        machine.wish = MACHINE_RESET; /* its memory is half another machine's */
    }
    step = NOTHING;
    snapshot_over(result);
}

static uint8_t *place_of(uint64_t cookie)
{
    uint64_t bytes;

    return host_store_buffer(&bytes) + cookie * PIECE;
}

/* ---- the machine's state ---- */

static void cpus_take(void)
{
    for (unsigned i = 0; i < machine.cpus; i++) {
        const struct cpu *c = &machine.cpu[i];
        struct saved_cpu *s = &saved.cpu[i];

        (void)tess_thread_read_regs(c->thread, &s->regs);
        (void)tess_thread_fpu_read(c->thread, 0, s->fp);
        (void)tess_thread_fpu_read(c->thread, 1, s->fp + TESS_FPU_WORDS);
        for (unsigned r = 0; r < TESS_VCPU_LR_END; r++) {
            (void)tess_vcpu_read(c->vcpu, r, &s->vcpu[r]);
        }
    }
}

/* elapsed: what the counter has gone on since; the guest does not notice. */
static void cpus_put(uint64_t elapsed)
{
    for (unsigned i = 0; i < machine.cpus; i++) {
        struct cpu *c = &machine.cpu[i];
        struct saved_cpu *s = &saved.cpu[i];

        (void)tess_thread_write_regs(c->thread, &s->regs);
        (void)tess_thread_fpu_write(c->thread, 0, s->fp);
        (void)tess_thread_fpu_write(c->thread, 1, s->fp + TESS_FPU_WORDS);
        s->vcpu[TESS_VCPU_cntvoff] += elapsed;
        for (unsigned r = 0; r < TESS_VCPU_LR_END; r++) {
            (void)tess_vcpu_write(c->vcpu, r, s->vcpu[r]);
        }
    }
}

static void take(void)
{
    memset(&saved, 0, sizeof saved);
    cpus_take();
    saved.state = *state;
}

static enum snapshot_result apply(uint64_t counter)
{
    if (!vdevices_fit(saved.state.device)) {
        return SNAPSHOT_NOT_SAVED;
    }
    *state = saved.state;
    for (unsigned i = 0; i < vdevice_count(); i++) {
        struct vdevice *d = &state->device[i];

        vdevice_check(d);
        if (d->kind->loaded) {
            d->kind->loaded(d);
        }
    }
    cpus_put(tess_now() - counter);
    return SNAPSHOT_OK;
}

/* ---- saving ---- */

static struct header header_now(void)
{
    return (struct header){ MAGIC,           machine.ram_bytes,    machine.cpus, machine.gic,
                            vdevice_count(), sizeof(struct saved), tess_now(),   sum };
}

static bool fits_store(void)
{
    return host_store_sectors() >= MEMORY_AT + machine.ram_bytes / HOST_SECTOR;
}

static bool put_header(const struct header *h)
{
    memset(place_of(0), 0, HOST_SECTOR);
    memcpy(place_of(0), h, sizeof *h);
    return host_store_start(0, HOST_WRITE, HEAD_AT, 1, 0);
}

/* Piece n of state and memory: where it lies on the store, and in the monitor. */
static uint64_t sector_of(uint64_t n)
{
    return n == 0 ? STATE_AT : MEMORY_AT + (n - 1) * SECTORS;
}

static void *memory_of(uint64_t n, uint64_t *bytes)
{
    *bytes = n == 0 ? sizeof saved : PIECE;
    return n == 0 ? (void *)&saved : machine.ram + (n - 1) * PIECE;
}

static uint64_t piece_of[WINDOW]; /* that the request with this cookie is about */
static bool is_flying[WINDOW];

/* A summand for piece n: they pass in any order.  (The finalizer of SplitMix64: Steele, Lea, Flood, OOPSLA 2014.) */
static uint64_t sum_of(uint64_t n, const void *piece)
{
    uint64_t z = n << 32 | comp_crc32c(piece, PIECE);

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

/* As many requests as there is room for. */
static void pump(void)
{
    for (unsigned i = 0; i < WINDOW && next < all && !failed; i++) {
        uint64_t bytes;
        const void *from = memory_of(next, &bytes);

        if (is_flying[i]) {
            continue;
        }
        if (step == WRITE) {
            memcpy(place_of(i), from, bytes);
            sum += sum_of(next, place_of(i));
        }
        if (!host_store_start(i, step == WRITE ? HOST_WRITE : HOST_READ, sector_of(next), SECTORS,
                              i * (uint64_t)PIECE)) {
            return;
        }
        is_flying[i] = true;
        piece_of[i] = next++;
        flying++;
    }
}

static void begin_pieces(enum step what)
{
    step = what;
    next = flying = sum = 0;
    all = 1 + machine.ram_bytes / PIECE;
    failed = false;
    memset(is_flying, 0, sizeof is_flying);
    pump();
    if (!flying) {
        over(SNAPSHOT_FAILED);
    }
}

void snapshot_look(void)
{
    struct header nothing = { 0 };

    if (step == DRAIN && vdevices_idle()) {
        take();
        if (!put_header(&nothing)) {
            over(SNAPSHOT_FAILED);
        } else {
            step = SEAL; /* the old snapshot is invalid first */
            all = 0;
        }
    }
}

bool snapshot_begin(bool saves)
{
    uint64_t bytes;

    if (step != NOTHING) {
        return false;
    }
    if (!host_store_buffer(&bytes) || bytes < (uint64_t)WINDOW * PIECE || !fits_store()) {
        over(SNAPSHOT_NO_STORE);
    } else if (saves) {
        step = DRAIN;
        snapshot_look();
    } else {
        step = HEAD;
        if (!host_store_start(0, HOST_READ, HEAD_AT, 1, 0)) {
            over(SNAPSHOT_FAILED);
        }
    }
    return true;
}

/* ---- what comes back ---- */

static struct header loaded;

static void sealed(uint64_t cookie)
{
    if (all == 0) { /* the old one is invalid now */
        return begin_pieces(WRITE);
    }
    if (cookie == 0 && !host_store_start(1, HOST_FLUSH, 0, 0, 0)) {
        return over(SNAPSHOT_FAILED);
    }
    if (cookie == 1) {
        over(SNAPSHOT_OK);
    }
}

static void head_read(void)
{
    struct header now = header_now();

    memcpy(&loaded, place_of(0), sizeof loaded);
    now.counter = loaded.counter;
    now.sum = loaded.sum;
    if (memcmp(&loaded, &now, sizeof now) != 0) {
        return over(SNAPSHOT_NOT_SAVED);
    }
    begin_pieces(CHECK);
}

static void piece_done(uint64_t cookie, bool is_error)
{
    uint64_t bytes;

    if (cookie >= WINDOW || !is_flying[cookie]) {
        return;
    }
    is_flying[cookie] = false;
    flying--;
    failed = failed || is_error;
    if (step != WRITE && !is_error) {
        sum += sum_of(piece_of[cookie], place_of(cookie));
    }
    if (step == READ && !is_error) {
        void *to = memory_of(piece_of[cookie], &bytes);
        memcpy(to, place_of(cookie), bytes);
    }
    pump();
    if (flying) {
        return;
    }
    if (failed || next < all) {
        return over(SNAPSHOT_FAILED);
    }
    if (step != WRITE && sum != loaded.sum) {
        return over(SNAPSHOT_DAMAGED);
    }
    if (step == CHECK) {
        snapshot_overwrites();
        vdevices_reset(); /* what they have in hand belongs to the machine that goes: it must not come into the one that comes */
        return begin_pieces(READ);
    }
    if (step == READ) {
        return over(apply(loaded.counter));
    }
    struct header h = header_now();
    step = SEAL;
    if (!put_header(&h)) {
        over(SNAPSHOT_FAILED);
    }
}

void snapshot_done(uint64_t cookie, bool is_error)
{
    switch (step) {
    case SEAL:
        return is_error ? over(SNAPSHOT_FAILED) : sealed(cookie);
    case HEAD:
        return is_error ? over(SNAPSHOT_FAILED) : head_read();
    case WRITE:
    case CHECK:
    case READ:
        return piece_done(cookie, is_error);
    default:
        return;
    }
}
