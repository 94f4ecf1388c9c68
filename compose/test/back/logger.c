/* Only compiled. */
#include "Logger.h"

struct self {
    uint64_t bytes;
};

static enum tess_err in_note(struct self *self, uint32_t kind, const void *text,
                             uint32_t text_bytes)
{
    self->bytes += text_bytes + *(const uint8_t *)text;
    return TESS_OK;
}
