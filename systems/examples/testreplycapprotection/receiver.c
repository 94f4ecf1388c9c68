/* Before it answers its first call, it has others queue behind that, and calls on. */
#include "Receiver.h"
#include "../must.h"

struct self {
    bool called;
};

static enum tess_err a_switch_to(struct self *self, uint32_t element)
{
    static const char *const name[HOP_COUNT] = { "first hop", "second hop", "third hop",
                                                 "fourth (external) hop" };

    if (self->called) {
        return TESS_OK;
    }
    self->called = true;
    printf(SELF_PATH ": Received call from Receiver\n");
    p_emit(self);
    for (uint32_t i = 0; i < HOP_COUNT; i++) {
        printf(SELF_PATH ": Taking %s...\n", name[i]);
        must(hop_switch_to(self, i));
    }
    printf(SELF_PATH ": Returning (moment of truth)...\n");
    return TESS_OK;
}
