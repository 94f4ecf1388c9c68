/* Room for one letter. */
#include <string.h>

#include "Box.h"

struct self {
    bool full;
    char text[32];
};

static enum tess_err box_put(struct self *self, uint32_t element, const char *text)
{
    if (self->full) {
        return TESS_AGAIN;
    }
    self->full = true;
    strcpy(self->text, text);
    for (uint32_t i = 0; i < BOX_COUNT; i++) {
        if (i != element) {
            box_arrived_emit(self, i);
        }
    }
    return TESS_OK;
}

static enum tess_err box_take(struct self *self, uint32_t element, char *text)
{
    if (!self->full) {
        return TESS_AGAIN;
    }
    self->full = false;
    strcpy(text, self->text);
    return TESS_OK;
}
