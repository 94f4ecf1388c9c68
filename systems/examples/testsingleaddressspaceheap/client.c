/* Tells where its state is. */
#include "Client.h"

struct self {
    uint8_t morecore_area[4096];
};

static int run(struct self *self)
{
    return m_morecore_range(self, (uintptr_t)self->morecore_area, sizeof self->morecore_area);
}
