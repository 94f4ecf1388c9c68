/* Counts the calls; leaves a text in the shared memory and tells everybody. */
#include "Echo.h"
#include "../shared.h"

struct self {
    uint32_t calls;
};

static enum tess_err s_echo_int(struct self *self, uint32_t *calls)
{
    shared_put_string(d(self), "This string is in the dataport.");
    e_emit(self);
    *calls = self->calls++;
    return TESS_OK;
}
