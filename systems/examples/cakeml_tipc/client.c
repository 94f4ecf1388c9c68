/* Adds one to what comes and sends it on; the first one begins, and ends it at twenty. */
#include "Client.h"
#include "../must.h"

struct self {
};

static void init(struct self *self)
{
    if (CLIENT_ID == 0) {
        printf("Client 0 sending first message\n");
        must(send_send(self, 1));
    }
}

static enum tess_err recv_send(struct self *self, uint32_t value)
{
    printf("Client %u recieved payload value: %u\n", (unsigned)CLIENT_ID, (unsigned)value);
    if (value < 20) {
        return send_send(self, value + 1);
    }
    finished_emit(self);
    return TESS_OK;
}
