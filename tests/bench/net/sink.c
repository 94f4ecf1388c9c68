/* Takes frames and gives the buffers back, one frame at a time and sixteen at once. */
#include <stdio.h>

#include <comp/sleep.h>
#include <tess/mark.h>

#include "NetSink.h"

#define ROUNDS 64u
#define BATCH  16u
#define ROOM   2048u

#define MARK_ONE       1040 /* and with a multiplexer between */
#define MARK_BATCH     1041
#define MARK_MUX_ONE   1042
#define MARK_MUX_BATCH 1043

struct self {
    uint32_t missing; /* frames of this round */
    uint32_t failed;
};

static void post(struct self *self, uint64_t part)
{
    self->failed += frames_receive_start(self, part, ROOM, part * ROOM) != TESS_OK;
}

static void frames_receive_done(struct self *self, uint64_t part, enum tess_err err, uint32_t n)
{
    self->failed += err != TESS_OK || n != 1514;
    post(self, part);
    self->missing--;
}

static void begin(bool is_batch)
{
    if (MUXED && is_batch) {
        TESS_MARK_BEGIN(MARK_MUX_BATCH);
    } else if (MUXED) {
        TESS_MARK_BEGIN(MARK_MUX_ONE);
    } else if (is_batch) {
        TESS_MARK_BEGIN(MARK_BATCH);
    } else {
        TESS_MARK_BEGIN(MARK_ONE);
    }
}

/* The marks of rounds of other kinds have not begun. */
static void end(void)
{
    TESS_MARK_END(MARK_ONE);
    TESS_MARK_END(MARK_BATCH);
    TESS_MARK_END(MARK_MUX_ONE);
    TESS_MARK_END(MARK_MUX_BATCH);
}

/* Until the driver has the buffers back, and nobody has anything to do.  The handlers run in it. */
static void take_all(struct self *self)
{
    while (self->missing && comp_wait_signal(frames_0_queue_.at->bit, 0) == TESS_OK) {
    }
}

static int run(struct self *self)
{
    uint64_t mac = 0;

    self->failed += net_address(self, &mac) != TESS_OK;
    for (uint64_t part = 0; part < BATCH; part++) {
        post(self, part);
    }
    for (uint32_t i = 0; i < 2 * ROUNDS; i++) {
        bool is_batch = i >= ROUNDS;

        comp_sleep_until(tess_deadline_ns(100000));
        self->missing = is_batch ? BATCH : 1;
        self->failed += wire_put(self, self->missing, mac) != TESS_OK;
        begin(is_batch);
        take_all(self);
        end();
        self->failed += self->missing;
    }
    printf("net: %u failed\n", (unsigned)self->failed);
    return 0;
}
