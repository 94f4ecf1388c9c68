#include "Target.h"

struct self {
    uint64_t came;
};

void flood_handle(struct self *self)
{
    self->came++;
}
