#include "Two.h"
#define PAST a[0]
#include "door.c"

static bool past_convert(struct self *self, struct large *to, uint32_t from_version,
                         const void *from, uint32_t from_bytes)
{
    (void)self;
    to->a[0] =
        from_version == 1 && from_bytes == sizeof(struct small) ? *(const uint64_t *)from : 0;
    return from_version == 1;
}
