/* Version 1, which can also come after version 2. */
#include "Turn1.h"
#define TURN 1
#include "turn.c"

bool kept_convert(struct self *self, struct turn_kept *to, uint32_t from_version, const void *from,
                  uint32_t from_bytes)
{
    const struct turn_kept2 *new = from;

    (void)self;
    if (from_version != 2 || from_bytes != sizeof *new) {
        return false;
    }
    *to = (struct turn_kept){ new->total, new->entered };
    return true;
}
