/* A card whose first incarnation is deaf: it sends, and does not receive.  The second one gives back what is sent. */
#include <netdrv/fifo.h>
#include <string.h>

#include "NetMuteCard.h"

struct self {
    struct id_fifo receives;
    uint8_t *room[FRAMES_DEPTH];
};

static enum tess_err net_send_begin(struct self *self, uint32_t id, uint32_t n, const void *frame)
{
    if (comp_pulse->generation > COMP_GENERATION_FIRST && self->receives.count) {
        uint32_t to = id_fifo_take(&self->receives);

        memcpy(self->room[to], frame, n);
        frames_receive_finish(self, to, TESS_OK, n);
    }
    net_finish(self, id, TESS_OK);
    return TESS_OK;
}

static enum tess_err net_address_begin(struct self *self, uint32_t id)
{
    net_address_finish(self, id, TESS_OK, 0x010000005452ull);
    return TESS_OK;
}

static enum tess_err net_link_begin(struct self *self, uint32_t id)
{
    net_link_finish(self, id, TESS_OK, true);
    return TESS_OK;
}

static enum tess_err frames_receive_begin(struct self *self, uint32_t id, uint32_t room,
                                          void *frame)
{
    (void)room;
    self->room[id] = frame;
    id_fifo_put(&self->receives, id);
    return TESS_OK;
}

static void frames_cancel(struct self *self, uint32_t from, uint32_t to)
{
    id_fifo_drop(&self->receives, from, to);
}
